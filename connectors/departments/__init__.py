"""The departments, one package each; `discover` finds them by itself."""

from connectors.department import Department, discover

__all__ = ["Department", "discover"]
