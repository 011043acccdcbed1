"""Health: births, deaths and the status of major diseases, change feeds over HTTP."""

from connectors.departments.health.feeds import DEPARTMENT

__all__ = ["DEPARTMENT"]
