"""Agriculture: machinery, land, subsidies and the relapse list, as workbooks."""

from connectors.departments.agriculture.workbooks import DEPARTMENT

__all__ = ["DEPARTMENT"]
