"""Market regulation: roles in businesses, a GraphQL server."""

from connectors.departments.market_regulation.registry import DEPARTMENT

__all__ = ["DEPARTMENT"]
