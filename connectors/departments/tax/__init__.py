"""Tax: taxed income as bands, a change feed over HTTP."""

from connectors.departments.tax.feed import DEPARTMENT

__all__ = ["DEPARTMENT"]
