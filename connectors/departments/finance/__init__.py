"""Finance: the public payroll and subsidy cards, two tables of its SQL database."""

from connectors.departments.finance.database import DEPARTMENT

__all__ = ["DEPARTMENT"]
