"""A migrated database a test, as ingest's tests have it."""

from tests.integration.ingest.conftest import keyring, store

__all__ = ["keyring", "store"]
