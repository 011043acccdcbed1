"""Disabled Persons' Federation: certificates, as CSV drops in GB18030."""

from connectors.departments.disabled_federation.drops import DEPARTMENT

__all__ = ["DEPARTMENT"]
