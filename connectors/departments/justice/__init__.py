"""Justice: one status of everybody who is asked about, a change feed over HTTP."""

from connectors.departments.justice.feed import DEPARTMENT

__all__ = ["DEPARTMENT"]
