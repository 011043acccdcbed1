"""Working days of sharing, over HTTP: answers, extensions, disputes, and what is purged in the end.

The clock stands at 23 November 2026, a Monday; there is no holiday until the end of the year.
"""

import asyncio
from datetime import date
from urllib.parse import urlsplit

import pytest

from schema.catalogue import Catalogue
from tests.support.postgres import fresh_database
from tests.support.sharing import NAME, REQUEST, publish_packaged, sharing_edge

pytestmark = pytest.mark.database
TENTH = date(2026, 12, 7)
TWENTIETH = date(2026, 12, 21)


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.discover()


@pytest.fixture(scope="module")
def ready(postgres_server, catalogue):
    """Name of a database with the packaged policy in force, to be copied."""
    with fresh_database(postgres_server) as dsn:
        asyncio.run(publish_packaged(dsn, catalogue))
        yield urlsplit(dsn).path.removeprefix("/")


@pytest.fixture
def hub(postgres_server, ready, catalogue, keyring, tmp_path):
    with (
        fresh_database(postgres_server, ready) as dsn,
        sharing_edge(tmp_path, dsn, catalogue, keyring) as made,
    ):
        yield made


def in_force(hub):
    hub.give("ed-officer", "requestSharing", **REQUEST | {"endDate": "2026-12-01"})
    hub.give("ps-head", "approveSharing", step=1)
    return hub.give("ps-deputy", "confirmSharing", step=2)


def test_a_provider_that_misses_ten_working_days_is_on_the_board_until_the_authority_consents(hub):
    """Scenario 7: extension only with the authority's consent (Regulations, art. 21)."""
    asked = hub.give("ed-officer", "requestSharing", **REQUEST)
    hub.on(TENTH)
    in_time = hub.board()
    hub.on(date(2026, 12, 8))
    late = hub.board("ed-officer")[NAME]
    alone = hub.give("ps-head", "extendSharing", step=1, why="a difficult case")
    forged = [
        hub.give(who, "consentToExtension", step=1, why="letter 7")
        for who in ("ps-head", "ed-officer", "da-clerk")
    ]
    consented = hub.give("da-head", "consentToExtension", step=1, why="letter 7")
    still = hub.board()
    extended = hub.give("ps-head", "extendSharing", step=2, why="a difficult case")
    once_more = hub.give("ps-head", "extendSharing", step=3, why="a difficult case")
    after = hub.board()
    hub.on(date(2026, 12, 22))

    assert (asked["due"], asked["dueOn"]) == ("answer", TENTH.isoformat())
    assert in_time == {}
    assert (late["state"], late["due"], late["dueOn"]) == ("filed", "answer", TENTH.isoformat())
    assert (late["sharing"], late["overdue"]) == ("conditional", True)
    assert alone == "SHARING_STEP"
    assert forged == ["NOT_GRANTED", "NOT_GRANTED", "SHARING_HEAD"]
    assert consented["dueOn"] == TENTH.isoformat()
    assert list(still) == [NAME]
    assert (extended["state"], extended["dueOn"]) == ("filed", TWENTIETH.isoformat())
    assert once_more == "SHARING_STEP"
    assert after == {}
    assert hub.board()[NAME]["dueOn"] == TWENTIETH.isoformat()
    assert [line.split()[1] for line in hub.board()[NAME]["history"]] == [
        "FILE",
        "CONSENT",
        "EXTEND",
    ]


def test_a_header_makes_nobody_the_authority(hub):
    hub.give("ed-officer", "requestSharing", **REQUEST)

    for who in ("da-clerk", "ps-head"):
        said = hub.give(
            who, "consentToExtension", step=1, why="x", headers={"hub-actor": "da-head"}
        )
        assert said in {"SHARING_HEAD", "NOT_GRANTED"}


def test_a_dispute_goes_from_talk_to_the_authority_to_the_government(hub):
    hub.give("ed-officer", "requestSharing", **REQUEST)
    hub.give("ps-head", "refuseSharing", step=1, why="not needed for that")
    opened = hub.give("ed-officer", "openDispute", step=2, why="it is needed")
    too_early = hub.give("da-head", "settleDispute", step=3, why="order 1")
    not_theirs = hub.give("ps-head", "settleDispute", step=3, why="as we said")
    hub.on(date(2026, 12, 8))
    talked = hub.board()[NAME]
    higher = hub.give("ed-officer", "escalateDispute", step=3, why="no answer")
    alone = hub.give("ps-head", "reopenSharing", step=4, why="of my own")
    highest = hub.give("ed-second", "escalateDispute", step=4, why="the authority hesitates")
    nobody_above = hub.give("ed-officer", "escalateDispute", step=5, why="higher still")
    anew = hub.give("da-head", "reopenSharing", step=5, why="government decision 9")

    assert (opened["state"], opened["due"], opened["dueOn"]) == (
        "refused",
        "dispute: talk",
        TENTH.isoformat(),
    )
    assert (too_early, not_theirs) == ("SHARING_PARTY", "SHARING_PARTY")
    assert (talked["dispute"], talked["overdue"]) == ("talk", True)
    assert (higher["due"], higher["dueOn"]) == ("dispute: authority", "2026-12-22")
    assert alone == "SHARING_PARTY"
    assert highest["due"] == "dispute: government"
    assert nobody_above == "SHARING_STEP"
    assert (anew["state"], anew["due"], anew["dueOn"]) == ("filed", "answer", "2026-12-22")


def test_a_dispute_is_settled_by_who_opened_it_or_ended_by_the_source(hub):
    hub.give("ed-officer", "requestSharing", **REQUEST)
    hub.give("ed-officer", "openDispute", step=1, why="it takes too long")
    colleague = hub.give("ed-second", "settleDispute", step=2, why="never mind")
    settled = hub.give("ed-officer", "settleDispute", step=2, why="they will answer")
    hub.give("ps-head", "refuseSharing", step=3, why="not needed for that")
    hub.give("ed-officer", "openDispute", step=4, why="it is needed")
    anew = hub.give("ps-head", "reopenSharing", step=5, why="it is, indeed")

    assert colleague == "SHARING_PARTY"
    assert settled["state"] == "filed"
    assert anew["state"] == "filed"


@pytest.mark.parametrize("ended", ["terminated", "run out"])
def test_what_was_shared_is_purged_at_the_end_and_asked_for_until_it_is(hub, ended):
    in_force(hub)
    too_early = hub.give("ed-officer", "certifyPurge", step=3, why="certificate 7")
    not_yet = hub.give("ps-head", "remindPurge", step=3)
    steps = 3
    if ended == "terminated":
        hub.give("ed-officer", "terminateSharing", step=3, why="the purpose has ended")
        steps = 4
    else:
        hub.on(date(2026, 12, 1))
    due = hub.board(agreement=f'"{NAME}"')[NAME]
    reminded = hub.give("ps-head", "remindPurge", step=steps)
    by_the_reader = hub.give("ed-officer", "remindPurge", step=steps + 1)
    by_the_source = hub.give("ps-head", "certifyPurge", step=steps + 1, why="certificate 7")
    purged = hub.give("ed-officer", "certifyPurge", step=steps + 1, why="certificate 7")

    assert (too_early, not_yet) == ("SHARING_STEP", "SHARING_STEP")
    assert (due["state"], due["due"]) == (ended, "purge certificate")
    # Twenty working days after the day on which it ended.
    assert due["dueOn"] == {"terminated": "2026-12-21", "run out": "2026-12-29"}[ended]
    assert reminded["due"] == "purge certificate"
    assert (by_the_reader, by_the_source) == ("NOT_GRANTED", "NOT_GRANTED")
    assert (purged["state"], purged["due"]) == ("purged", None)


def test_a_certificate_that_does_not_come_is_on_the_board(hub):
    in_force(hub)
    hub.give("ps-head", "terminateSharing", step=3, why="the purpose has ended")
    hub.on(date(2026, 12, 22))

    late = hub.board("ps-head")[NAME]

    assert (late["state"], late["due"], late["dueOn"]) == (
        "terminated",
        "purge certificate",
        "2026-12-21",
    )
