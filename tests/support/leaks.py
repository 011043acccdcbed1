"""The search that `hub doctor --canary` runs, for values that tests have planted."""

from hub.custody.search import Hit, Planted, Search, forms

__all__ = ["Hit", "Planted", "Search", "forms"]
