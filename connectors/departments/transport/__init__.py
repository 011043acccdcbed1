"""Transport and maritime affairs: ride-hailing permits and ships, as CSV drops."""

from connectors.departments.transport.drops import DEPARTMENT

__all__ = ["DEPARTMENT"]
