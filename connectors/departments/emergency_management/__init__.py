"""Emergency management: damage by disasters, fires and accidents, as workbooks."""

from connectors.departments.emergency_management.workbooks import DEPARTMENT

__all__ = ["DEPARTMENT"]
