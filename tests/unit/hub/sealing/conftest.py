import pytest

from hub.sealing.keyring import KeyKind, Keyring


@pytest.fixture
def keyring(tmp_path):
    """Return a keyring with every kind of key, and department keys of two departments."""
    ring = Keyring.open_or_create(tmp_path / "keys")
    for kind in set(KeyKind) - {KeyKind.DEPARTMENT}:
        ring.ensure(kind)
    ring.ensure(KeyKind.DEPARTMENT, "public-security")
    ring.ensure(KeyKind.DEPARTMENT, "medical-insurance")
    return ring
