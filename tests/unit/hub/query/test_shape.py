"""A tree is built in the order asked; what must be there and is not stops the answer."""

from datetime import UTC, datetime

import pytest

from hub.errors import CorruptError
from hub.query.fetch import Sealed
from hub.query.model import Level, LevelKind, Plan
from hub.query.reveal import Revealer, openers_of
from hub.query.shape import page_told
from schema.catalogue import Catalogue

POPULATION = Catalogue.discover().by_name["population"]
HOME = Level(0, LevelKind.HOUSEHOLD, 0, None, None, (), (), ())
MEMBERS = Level(1, LevelKind.MEMBERS, 0, 0, None, (), (), ())
RECORDS = Level(2, LevelKind.RECORDS_OF_PERSON, 0, 1, POPULATION, (), ("who",), ())
PLAN = Plan("h", None, "d", (HOME, MEMBERS, RECORDS), (), (), ())


def test_an_empty_page_has_no_cursors():
    assert list(page_told([], has_next=False, has_previous=False).values()) == [
        False,
        False,
        None,
        None,
    ]


def test_a_sealed_row_without_a_key_is_corrupt_and_nothing_is_opened():
    class NoKeys:
        def open_all(self, *_given):
            raise AssertionError

    row = {"identity_id": [b"i"], "version_id": [b"v"], "sealed_who": [b"x"]}
    (parent,) = {level.parent for level in PLAN.levels if level.groups}
    links = {parent: {b"i": (b"p", (None, None, None))}}
    sealed = Sealed("d", datetime(2026, 1, 1, tzinfo=UTC), ({}, {}, row), {}, links)

    with pytest.raises(CorruptError, match="no data key"):
        Revealer(NoKeys()).reveal(PLAN, openers_of(PLAN), sealed)
