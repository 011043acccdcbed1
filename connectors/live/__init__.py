"""Sources that are asked about one person, under an authorisation, and never read into the hub."""

from connectors.live.protocol import Holding, LiveSource, Question

__all__ = ["Holding", "LiveSource", "Question"]
