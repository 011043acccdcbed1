"""Human resources: insurance, pensions, benefits, registrations, four tables of its database."""

from connectors.departments.human_resources.database import DEPARTMENT

__all__ = ["DEPARTMENT"]
