"""Natural resources: real estate, over the county-city exchange."""

from connectors.departments.natural_resources.exchange import DEPARTMENT

__all__ = ["DEPARTMENT"]
