"""Migrations that were written beside each other follow each other."""

from alembic.script import ScriptDirectory

from hub.store.revision import SCRIPTS, newest_revision


def test_there_is_one_newest_revision_and_a_start_asks_for_it():
    assert newest_revision() == ScriptDirectory(str(SCRIPTS)).get_current_head()
