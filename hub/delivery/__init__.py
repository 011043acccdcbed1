"""Sends what was decided: at least once, in order for each receiver, acknowledged."""
