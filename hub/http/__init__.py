"""The edge: what departments send becomes requests, and what the hub says becomes answers."""
