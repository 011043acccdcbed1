"""Veterans affairs: preferential treatment, CSV drops."""

from connectors.departments.veterans_affairs.drops import DEPARTMENT

__all__ = ["DEPARTMENT"]
