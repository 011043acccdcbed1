"""Migrations that were written beside each other follow each other."""

from hub.store.migrate import newest_revision


def test_there_is_one_newest_revision():
    assert newest_revision() != "none"
