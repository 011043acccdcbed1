"""Public security: the population register, a change feed over HTTP."""

from connectors.departments.public_security.register import DEPARTMENT

__all__ = ["DEPARTMENT"]
