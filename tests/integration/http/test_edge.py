"""The edge as departments meet it: a real server on loopback, a real database, a real log."""

import asyncio

import pytest

from audit.checkpoint import NoteVerifier
from audit.entry import Entry, EntryKind, canonical
from audit.merkle import hash_leaf, root_of
from audit.tiles import decode_bundle, split_hashes, tile_path, tile_root, widths
from tests.support.logged_edge import Hub, served

pytestmark = [pytest.mark.anyio, pytest.mark.database]
ENTRIES = 600


async def test_a_department_signs_in_and_asks(hub_database, tmp_path):
    hub = Hub(tmp_path, hub_database)
    async with served(hub) as http:
        headers = await hub.token(http)
        reply = await http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
        ready = await http.get("/health/ready")

    await hub.database.close()
    assert reply.json() == {"data": {"person": None}}
    assert hub.edge.queries.asked[0].caller.purpose == "CASE"
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


async def test_a_caller_that_hangs_up_stops_the_work(hub_database, tmp_path):
    hub = Hub(tmp_path, hub_database)
    started, stopped = asyncio.Event(), asyncio.Event()

    async def never(request, /):
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    hub.edge.queries.answer = never
    async with served(hub) as http:
        headers = await hub.token(http)
        asking = asyncio.create_task(
            http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
        )
        await started.wait()
        asking.cancel()
        async with asyncio.timeout(5):
            await stopped.wait()
    await hub.database.close()


async def test_the_log_can_be_rebuilt_from_what_is_served(hub_database, tmp_path):
    hub = Hub(tmp_path, hub_database)
    async with hub.log as log, asyncio.TaskGroup() as group:
        for number in range(ENTRIES):
            record = canonical({"number": str(number)})
            group.create_task(log.append(Entry(EntryKind.COMMAND, record, ())))

    async with served(hub) as http:
        headers = await hub.token(http)
        note = await http.get("/log/checkpoint", headers=headers)
        found = {}
        checkpoint = NoteVerifier.from_vkey(hub.vkey).open(note.text)
        for level, full, width in [("entries", 2, 88), *widths(checkpoint.size)]:
            for n in range(full + bool(width)):
                path = tile_path(level, n, 256 if n < full else width)
                reply = await http.get(f"/log/{path}", headers=headers)
                assert reply.status_code == 200, path
                assert "immutable" in reply.headers["cache-control"]
                found[level, n] = reply.content
        beyond = await http.get(f"/log/{tile_path(0, 2, 89)}", headers=headers)

    await hub.database.close()
    assert checkpoint.size == ENTRIES
    assert beyond.status_code == 404
    leaves = [hash_leaf(entry) for n in range(3) for entry in decode_bundle(found["entries", n])]
    assert leaves == [node for n in range(3) for node in split_hashes(found[0, n])]
    assert split_hashes(found[1, 0]) == [tile_root(found[0, n]) for n in range(2)]
    assert checkpoint.root == expected_root(leaves)


def expected_root(leaves):
    """Return the root of RFC 9162 2.1.1, by recursion."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return root_of([expected_root(leaves[:split]), expected_root(leaves[split:])])


async def test_an_empty_log_has_no_checkpoint_yet(hub_database, tmp_path):
    hub = Hub(tmp_path, hub_database)
    async with served(hub) as http:
        headers = await hub.token(http)
        reply = await http.get("/log/checkpoint", headers=headers)

    await hub.database.close()
    assert reply.status_code == 404
