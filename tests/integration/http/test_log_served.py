"""The log as the hub serves it: read by a client of the specification, checked by `hub-audit`."""

import asyncio
import gzip
import json

import pytest

from audit.cli import main
from audit.entry import Entry, EntryKind, canonical
from audit.tlog_proof import read_opening, read_proof
from tests.oracles.tlog_tiles import DistrustError, read_log, resources, unbundled, verify_proof
from tests.support.logged_edge import Hub, served

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def write(hub, count):
    """Append entries and return their receipts."""
    async with hub.log as log, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                log.append(Entry(EntryKind.COMMAND, canonical({"number": str(number)}), ()))
            )
            for number in range(count)
        ]
    return [task.result() for task in tasks]


def raw(http, headers, loop):
    """Return what fetches a path for a client that runs in a thread, as it comes over the wire."""

    async def fetch(path):
        request = http.build_request("GET", f"/log/{path}", headers=headers)
        reply = await http.send(request, stream=True)
        body = b"".join([part async for part in reply.aiter_raw()])
        await reply.aclose()
        return reply.status_code, dict(reply.headers), body

    return lambda path: asyncio.run_coroutine_threadsafe(fetch(path), loop).result()


def test_the_resources_are_those_of_the_specification():
    found = resources(70_000)

    assert sum(path.startswith("tile/0/") for path in found) == 274
    assert found["tile/0/273.p/112"] == 112
    assert found["tile/1/001.p/17"] == 17
    assert found["tile/2/000.p/1"] == 1
    assert resources(256)["tile/1/000.p/1"] == 1


@pytest.mark.parametrize("count", [1, 255, 256, 257, 600])
async def test_a_client_of_the_specification_reads_the_log(hub_database, tmp_path, count):
    hub = Hub(tmp_path, hub_database)
    receipts = await write(hub, count)
    async with served(hub, log_is_public=True) as http:
        read = {}
        for coding in ("identity", "gzip"):
            get = raw(http, {"accept-encoding": coding}, asyncio.get_running_loop())
            read[coding] = await asyncio.to_thread(read_log, get, hub.vkey)
        status, headers, packed = await asyncio.to_thread(get, "tile/entries/000.p/1")
        proofs = []
        login = await hub.token(http)
        for receipt in receipts[:: max(1, count // 7)]:
            reply = await http.get(f"/log/proof/{receipt.index}", headers=login)
            assert reply.status_code == 200
            proofs.append((receipt.index, reply.text))

    await hub.database.close()
    assert len(read["identity"]) == count
    assert read["identity"] == read["gzip"]
    assert headers["content-encoding"] == "gzip"
    assert (status, unbundled(gzip.decompress(packed))) == (200, read["gzip"][:1])
    for index, text in proofs:
        assert verify_proof(text, hub.vkey, read["gzip"][index]) == index
        with pytest.raises(DistrustError):
            verify_proof(text, hub.vkey, b"another entry")


async def test_a_public_log_is_cached_by_anybody_and_asks_no_token(hub_database, tmp_path):
    hub = Hub(tmp_path, hub_database)
    await write(hub, 3)
    async with served(hub, log_is_public=True) as http:
        public = await http.get("/log/tile/0/000.p/3")
        proof = await http.get("/log/proof/0")
    async with served(hub) as http:
        private = await http.get("/log/tile/0/000.p/3", headers=await hub.token(http))
        refused = await http.get("/log/checkpoint")

    await hub.database.close()
    assert public.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert private.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert refused.status_code == proof.status_code == 401


async def test_hub_audit_verifies_what_a_hub_serves(hub_database, tmp_path, capsys):
    hub = Hub(tmp_path, hub_database)
    receipts = await write(hub, 600)
    token, answer, proof = (tmp_path / name for name in ("token", "answer", "41.tlog-proof"))
    told = {
        "log": receipts[41].origin,
        "index": receipts[41].index,
        "treeSize": receipts[41].tree_size,
        "checkpoint": receipts[41].checkpoint,
    }
    answer.write_text(json.dumps({"extensions": {"receipt": told}}))
    async with served(hub) as http:
        headers = await hub.token(http)
        token.write_text(headers["authorization"].removeprefix("Bearer "))
        proof.write_text((await http.get(f"/log/proof/{told['index']}", headers=headers)).text)
        for wrong in ("600", "-1", "01", "x", "9" * 30):
            reply = await http.get(f"/log/proof/{wrong}", headers=headers)
            assert reply.status_code == 404, wrong
        vkey = ("--vkey", hub.vkey, "--json")
        over = (*vkey, "--token-file", str(token))
        url = f"{str(http.base_url).rstrip('/')}/log"
        statuses = [
            await asyncio.to_thread(main, ["verify-log", url, *over]),
            await asyncio.to_thread(main, ["verify-log", url, *vkey]),
            await asyncio.to_thread(main, ["verify-receipt", str(answer), "--log", url, *over]),
        ]
    statuses.append(await asyncio.to_thread(main, ["verify-receipt", str(proof), *vkey]))

    await hub.database.close()
    assert statuses == [0, 2, 0, 0]  # without a token there is no verdict
    out = capsys.readouterr().out
    assert "--token-file" in out
    opening = read_opening(read_proof(proof.read_text()).extra)
    assert opening.record is None  # what stands under the commitment is for auditors
