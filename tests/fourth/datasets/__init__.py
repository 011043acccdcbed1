"""Declarations that a setting adds to the hub's own."""
