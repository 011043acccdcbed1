"""From our decision to a receiver: one module a receiver."""
