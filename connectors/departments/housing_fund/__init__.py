"""The housing fund: accounts, CSV drops in UTF-16."""

from connectors.departments.housing_fund.drops import DEPARTMENT

__all__ = ["DEPARTMENT"]
