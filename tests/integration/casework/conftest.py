"""A migrated database a test, as ingest's tests have it."""

from tests.integration.ingest.conftest import keyring, migrated, store

__all__ = ["keyring", "migrated", "store"]
