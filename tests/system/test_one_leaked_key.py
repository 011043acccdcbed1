"""One department's keys and the whole database: that department's fields open, and nothing else."""

import asyncio
import sqlite3

import pytest

from hub.demo.district import Places
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.tags import Tagger
from hub.store.embedded import EmbeddedServer
from hub.store.sealed_places import sealed_tables
from schema.catalogue import Catalogue
from tests.support.attacker import guesses, looted, met, opened, stored, unwrapped
from tests.support.installation import hub_command

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]
LEAKED = "medical-insurance"
SEALED = sealed_tables(Catalogue.discover())


@pytest.fixture(scope="module")
def loot(demo_run):
    """Everything in the database of a demonstration whose leaked department has two versions."""
    home, done = demo_run
    assert done.returncode == 0, done.stdout + done.stderr
    rotated = ("keys", "rotate", "department", "--department", LEAKED, "--anew", "--by", "op-7")
    assert hub_command(*rotated, "--home", home).returncode == 0
    with EmbeddedServer.attach_sync(home) as server:
        yield home, asyncio.run(looted(server.admin_dsn("hub"), SEALED))


def stolen(home):
    """Return all versions of the leaked department's key."""
    found = [
        key
        for key in Keyring.open(home / "keys").all()
        if (key.kind, key.owner) == (KeyKind.DEPARTMENT, LEAKED)
    ]
    assert len(found) >= 2
    return found


def numbers(home):
    """Return citizen numbers that the attacker knows from elsewhere: the insurer's own."""
    connection = sqlite3.connect(Places(home / "district").insurance_database)
    try:
        rows = connection.execute("select distinct SFZH from CBXX").fetchall()
    finally:
        connection.close()
    return [number.encode() for (number,) in rows if number]


def test_all_of_that_department_opens_and_nothing_of_any_other(loot):
    home, everything = loot
    there = stored(everything, SEALED)
    keys = unwrapped(everything, stolen(home))
    found = opened(everything, SEALED, keys)

    assert {department for department, _ in keys} == {LEAKED}
    assert found == {place: n for place, n in there.items() if place[0] == LEAKED}
    assert sum(found.values()) > 500
    # The rest is there to be opened: others' fields, words, scores, quarantine, messages, places.
    others = {table for owner, table, _ in there if owner != LEAKED}
    wanted = (
        "population",
        "source_record",
        "score",
        "score_input",
        "quarantine",
        "outbox",
        "cursor",
    )
    assert others >= set(wanted)


def test_no_stolen_key_opens_a_value_of_another_identity_or_is_a_key_of_another_kind(loot):
    home, everything = loot
    keys = unwrapped(everything, stolen(home))
    secrets = [key.secret for key in stolen(home)]
    some = [*secrets, *list(keys.values())[:20]]
    found = opened(everything, SEALED, {}, more=some)

    mine = set(some[len(secrets) :])
    assert set(found) <= {place for place in found if place[0] == LEAKED}
    assert sum(found.values()) > 0, "twenty data keys open what is theirs"
    assert len(mine) == 20


def test_no_tag_and_no_subject_of_the_log_can_be_told_with_them(loot):
    home, everything = loot
    aliases = everything.bytes_by_place["public.person.log_alias"]
    words = numbers(home)
    keys = unwrapped(everything, stolen(home))
    tried = [*(key.secret for key in stolen(home)), *list(keys.values())[:20]]

    assert met(everything, guesses(tried, [*words[:100], *aliases[:100]])) == {}
    # With the hub's own keys for tags the same numbers and aliases are told: they are there.
    tagger = Tagger(Keyring.open(home / "keys"))
    right = {tagger.person(word.decode()) for word in words}
    assert met(everything, right)["public.person_tag.tag"] > 50
    named = met(everything, {tagger.subject(alias) for alias in aliases})
    assert any(place.startswith("audit.") for place in named)
