"""Civil affairs' own registers: seven tables of its PostgreSQL database."""

from connectors.departments.civil_affairs.database import DEPARTMENT

__all__ = ["DEPARTMENT"]
