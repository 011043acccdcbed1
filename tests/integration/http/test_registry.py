"""What is changed about a client is on record, and known to every worker within a second."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey

from audit.entry import EntryKind
from hub.errors import AuditUnavailableError, SetupError, StoreUnavailableError
from hub.http.client_desk import ClientDesk, Order, there
from hub.http.clients import load_clients, public_parts, registry_entry
from hub.http.looking import Looking
from hub.http.registrations import (
    DatedKey,
    Registration,
    disabled,
    enabled,
    registered,
    removed,
    with_key,
    without_key,
)
from hub.http.registry import FRESH_S, BoundClients, LiveClients
from hub.store.database import Database
from tests.fakes.audit_log import Break, FakeLog
from tests.fakes.database import BreakingDatabase, Commit
from tests.support.cutting import SILENT, UP, Cut, relayed
from tests.support.edge import CLIENT, START, SetClock, new_edge

pytestmark = [pytest.mark.anyio, pytest.mark.database]


class Ticks:
    """A clock that goes on when it is told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def pair(kid):
    return ECKey.generate_key("P-256", {"kid": kid})


def registration(key, **more):
    stated = {"department": "medical-insurance", "role": "clerk", "purposes": ["PUSH"]} | more
    return Registration(keys=[DatedKey(public_parts(key))], **stated)


@dataclass
class Scene:
    """A database, a desk in one process, and the registry of a worker in another."""

    database: Database
    log: FakeLog
    clock: SetClock
    ticks: Ticks
    clients: LiveClients
    listed: dict

    def desk(self, database=None):
        return ClientDesk(database or self.database, self.log, self.clock, self.listed)

    async def step(self, name, taking, client=CLIENT, by="op-7"):
        made = await self.desk().change(Order(client, name, by, "a reason"), taking)
        self.ticks.now += FRESH_S
        await self.clients.fresh()
        return made


@pytest.fixture
async def scene(hub_database):
    mine, theirs = Database(hub_database), Database(hub_database)
    listed = load_clients(registry_entry("listed", "tax", "clerk", ["PUSH"], pair("f")), str)
    ticks = Ticks()
    clients = LiveClients(listed, theirs, ticks)
    await clients.fresh()
    yield Scene(mine, FakeLog(), SetClock(), ticks, clients, listed)
    await mine.close()
    await theirs.close()


async def test_a_worker_hears_of_a_new_client_and_the_log_says_who_did_it(scene):
    told = []
    scene.clients.heard.append(lambda: told.append(scene.clients.revision))
    await scene.step("REGISTER", lambda known, _: registered(known, registration(pair("one"))))

    client = scene.clients[CLIENT]
    assert (client.department, client.purposes) == ("medical-insurance", {"PUSH"})
    assert set(scene.clients) == {"listed", CLIENT}
    (made,) = scene.log.entries
    entry = scene.log.record()
    assert made.kind is EntryKind.POLICY
    assert {name: entry[name] for name in ("client", "actor", "step", "why", "keys", "state")} == {
        "client": CLIENT,
        "actor": "op-7",
        "step": "REGISTER",
        "why": "a reason",
        "keys": ["one"],
        "state": "active",
    }
    assert told == [1]


async def test_two_real_processes_apart_it_takes_less_than_a_second(scene):
    there_ = LiveClients({}, scene.clients._database, time.monotonic)
    await there_.fresh()
    made = registration(pair("one"))
    await scene.desk().change(
        Order(CLIENT, "REGISTER", "op-7"), lambda known, _: registered(known, made)
    )
    began = time.monotonic()
    while CLIENT not in there_:
        await asyncio.sleep(0.01)
        await there_.fresh()

    assert time.monotonic() - began < 1


async def test_an_entry_of_the_file_is_taken_over_and_does_not_come_back(scene):
    await scene.step("DISABLE", lambda known, now: disabled(there(known), now), "listed")
    assert "listed" not in scene.clients
    await scene.step("ENABLE", lambda known, _: enabled(there(known)), "listed")
    assert scene.clients["listed"].department == "tax"
    await scene.step("REMOVE", lambda known, now: removed(there(known), now), "listed")

    again = LiveClients(scene.listed, scene.database, scene.ticks)
    await again.fresh()
    assert (list(again), set(again.known)) == ([], {"listed"})


async def test_what_cannot_be_done_is_neither_stored_nor_on_record(scene):
    for by, client, taking in (
        ("Zhang San", CLIENT, lambda known, _: registered(known, registration(pair("one")))),
        ("op-7", "nobody", lambda known, now: disabled(there(known), now)),
        ("op-7", CLIENT, lambda known, _: registered(known, registration(pair("one"), quota=0))),
        ("op-7", CLIENT, lambda known, _: registered(known, registration(pair("k"), role="Ä"))),
    ):
        with pytest.raises(SetupError):
            await scene.step("STEP", taking, client, by)

    scene.ticks.now += FRESH_S
    await scene.clients.fresh()
    assert (scene.clients.revision, scene.log.entries) == (0, [])


@pytest.mark.parametrize("breaks", Break)
async def test_what_is_not_on_record_is_not_stored(scene, breaks):
    scene.log.breaks = breaks
    with pytest.raises(AuditUnavailableError):
        await scene.step("REGISTER", lambda known, _: registered(known, registration(pair("one"))))

    scene.ticks.now += FRESH_S
    await scene.clients.fresh()
    assert CLIENT not in scene.clients


@pytest.mark.parametrize("breaks", Commit)
async def test_a_change_that_broke_is_there_or_not_and_can_be_made_again(scene, breaks):
    made = registration(pair("one"))

    def taking(known, _):
        return registered(known, made)

    broken = BreakingDatabase(scene.database, breaks, 1)
    with pytest.raises(StoreUnavailableError):
        await scene.desk(broken).change(Order(CLIENT, "REGISTER", "op-7"), taking)
    scene.ticks.now += FRESH_S
    await scene.clients.fresh()
    assert (CLIENT in scene.clients) is (breaks is Commit.UNHEARD)

    if breaks is Commit.LOST:
        await scene.step("REGISTER", taking)
    else:
        with pytest.raises(SetupError, match="already"):
            await scene.step("REGISTER", taking)
    assert CLIENT in scene.clients


async def test_while_the_database_is_away_nobody_signs_in_and_no_token_is_taken(scene, tmp_path):
    edge, token = await served(scene, tmp_path, pair("one"))
    scene.ticks.now += FRESH_S
    scene.clients._database = Database("postgresql://nobody@127.0.0.1:1/none")

    assert edge.sign_in().status_code == 503
    assert asked(edge, token).status_code == 503


async def test_what_this_version_cannot_read_is_no_client(scene):
    await scene.step("REGISTER", lambda known, _: registered(known, registration(pair("one"))))
    async with scene.database.connection() as connection:
        await connection.execute("""update client set document = '{"a": 1}', revision = 2""")
    scene.ticks.now += FRESH_S
    await scene.clients.fresh()

    assert CLIENT not in scene.clients


async def test_a_client_is_held_to_registered_documents_as_soon_as_it_is_said(scene):
    bound = BoundClients(scene.clients)
    assert CLIENT not in bound
    made = registration(pair("one"), documents="trusted")
    await scene.step("REGISTER", lambda known, _: registered(known, made))

    assert CLIENT in bound
    assert "listed" not in bound


async def served(scene, folder, key):
    """Return an edge with the scene's registry and a token of the client with that key."""
    made = registration(key)
    await scene.step("REGISTER", lambda known, _: registered(known, made))
    edge = new_edge(folder, key=key, clients=scene.clients, registry=scene.clients)
    edge.clock.now = scene.clock.now
    return edge, edge.sign_in().json()["access_token"]


def asked(edge, token):
    headers = {"authorization": f"Bearer {token}"}
    return edge.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)


async def test_the_tokens_of_a_disabled_client_stop_at_once_and_stay_worthless(scene, tmp_path):
    edge, token = await served(scene, tmp_path, pair("one"))
    assert asked(edge, token).status_code == 200

    await scene.step("DISABLE", lambda known, now: disabled(there(known), now))
    assert asked(edge, token).status_code == 401
    assert edge.sign_in().status_code == 401
    await scene.step("ENABLE", lambda known, _: enabled(there(known)))
    assert asked(edge, token).status_code == 401
    edge.clock.forward(2)
    assert asked(edge, edge.sign_in().json()["access_token"]).status_code == 200


async def test_either_of_two_keys_signs_in_and_a_retired_one_does_not(scene, tmp_path):
    old, new = pair("old"), pair("new")
    edge, token = await served(scene, tmp_path, old)

    def signed(key, kid=None):
        header = {} if kid is None else {"kid": kid}
        return edge.sign_in(edge.assertion(key=key, header=header)).status_code

    assert (signed(old, "old"), signed(new, "new")) == (200, 401)
    dated = DatedKey(public_parts(new))
    await scene.step("ADD_KEY", lambda known, now: with_key(there(known), dated, now))
    assert [signed(old, "old"), signed(new, "new"), signed(old), signed(new)] == [200] * 4
    assert signed(new, "old") == signed(pair("x")) == 401
    await scene.step(
        "RETIRE_KEY", lambda known, now: without_key(there(known), "old", now, now, revoke=False)
    )
    assert (signed(old, "old"), signed(old), signed(new, "new"), signed(new)) == (
        401,
        401,
        200,
        200,
    )
    assert asked(edge, token).status_code == 200


async def test_a_key_is_good_from_its_first_moment_until_its_last(scene, tmp_path):
    old, new = pair("old"), pair("new")
    edge, _ = await served(scene, tmp_path, old)
    begins = START + timedelta(seconds=60)
    dated = DatedKey(public_parts(new), begins, begins + timedelta(seconds=60))
    await scene.step("ADD_KEY", lambda known, now: with_key(there(known), dated, now))

    seen = []
    for seconds in (0, 60, 59, 1):
        edge.clock.forward(seconds)
        seen.append(edge.sign_in(edge.assertion(key=new, header={"kid": "new"})).status_code)
    assert seen == [401, 200, 200, 401]


async def test_a_token_is_bound_to_a_registered_certificate_only(scene, tmp_path):
    key = pair("one")
    made = registration(key, sender_constraint="mtls", certificates=["A" * 43])
    await scene.step("REGISTER", lambda known, _: registered(known, made))

    class Showing:
        are_offered = True
        shown = "B" * 43

        def of(self, incoming):
            return self.shown

    showing = Showing()
    edge = new_edge(
        tmp_path, key=key, clients=scene.clients, registry=scene.clients, certificates=showing
    )
    assert edge.sign_in().status_code == 401
    showing.shown = "A" * 43
    token = edge.sign_in().json()["access_token"]
    assert asked(edge, token).status_code == 200
    await scene.step("REMOVE", lambda known, now: removed(there(known), now))
    other = registration(key, sender_constraint="mtls", certificates=["B" * 43])
    await scene.step("REGISTER", lambda known, _: registered(known, other))
    assert asked(edge, token).status_code == 401


async def test_one_connection_whose_network_is_gone_keeps_nobody_waiting(hub_database):
    async with relayed(hub_database) as (relay, address):
        store, ticks = Database(address, size=1), Ticks()
        clients = LiveClients({}, store, ticks)
        clients._looking = Looking(clients._is_fresh, clients._look, 0.3)
        await clients.fresh()
        ticks.now += FRESH_S
        relay.arm(Cut(UP, 1, SILENT))

        asked = [asyncio.create_task(clients.fresh()) for _ in range(9)]
        await asyncio.wait(asked, timeout=5)

        assert {type(task.exception()) for task in asked} == {StoreUnavailableError}
        await asyncio.wait_for(clients.fresh(), 5)
        await store.close()
