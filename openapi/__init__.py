"""Contracts as documents: the OpenAPI descriptions of what the hub offers and expects."""
