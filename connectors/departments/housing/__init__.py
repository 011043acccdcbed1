"""Housing: public rental, subsidies, filings, dangerous dwellings, as CSV drops."""

from connectors.departments.housing.drops import DEPARTMENT

__all__ = ["DEPARTMENT"]
