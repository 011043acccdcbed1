"""The hub shows its log to witnesses over real HTTP, and never waits for them to append."""

import asyncio
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import asyncpg
import pytest
from structlog.testing import capture_logs

from audit.checkpoint import Checkpoint, NoteVerifiers
from audit.cosignature import CosignatureVerifier, open_cosigned
from audit.entry import Entry, EntryKind, canonical
from audit.merkle import Frontier, hash_leaf
from audit.tlog_proof import read_proof
from hub.delivery.witnesses import Place, Witnesses, places_of
from hub.errors import SetupError
from hub.http.health import WitnessedWithin
from hub.store.witnessed import last_seen, newest_witnessed
from tests.support.audit_log import SIGNER
from tests.support.logged_edge import Hub, served
from tests.support.witnessing import COSIGNER, SECOND, serving_witness

pytestmark = [pytest.mark.anyio, pytest.mark.database]
KNOWN = CosignatureVerifier.from_vkey(COSIGNER.vkey)


@pytest.fixture
async def hub(hub_database, tmp_path):
    made = Hub(tmp_path, hub_database)
    yield made
    await made.database.close()


async def write(hub, count=10):
    async with hub.new_log() as log:
        for number in range(count):
            await log.append(Entry(EntryKind.COMMAND, canonical({"number": str(number)}), ()))


def witness(hub, folder, **given):
    given.setdefault("vkeys", (hub.vkey,))
    return serving_witness(folder / "witness.json", lambda: hub.clock().timestamp(), **given)


def asking(hub, *places, **given):
    given.setdefault("pauses_s", (0,))
    return Witnesses(hub.database, places, hub.clock, **given)


async def seen(hub):
    async with hub.database.connection() as connection:
        return {each.witness: each for each in await last_seen(connection)}


async def published(hub):
    async with hub.database.connection() as connection:
        return await newest_witnessed(connection)


async def test_a_log_that_grows_is_cosigned_and_published(hub, tmp_path):
    with witness(hub, tmp_path) as url, capture_logs() as told:
        witnesses = asking(hub, Place(KNOWN, url))
        await witnesses.round()  # nothing is there yet
        assert await published(hub) is None
        for size in (10, 20, 30):
            await write(hub)
            await witnesses.round()
            found = open_cosigned(
                (await published(hub)).note, NoteVerifiers.from_vkeys([hub.vkey]), [KNOWN]
            )
            assert (found.checkpoint.size, len(found.witnesses)) == (size, 1)

    assert told == []
    assert (await seen(hub))[COSIGNER.name].size == 30


async def test_the_pages_are_told_the_keys_and_what_each_witness_last_said(hub, tmp_path):
    with witness(hub, tmp_path) as url:
        await write(hub)
        await asking(hub, Place(KNOWN, url)).round()
    names = frozenset({COSIGNER.name, SECOND.name})
    keys = (COSIGNER.vkey, SECOND.vkey)
    expected = WitnessedWithin(names, timedelta(minutes=15), hub.clock, keys)

    async with served(hub, witnessed=expected, log_vkeys=lambda: (hub.vkey,)) as http:
        assert (await http.get("/console/log.json")).status_code == 401
        given = await hub.token(http)
        told = (await http.get("/console/log.json", headers=given)).json()
        hub.clock.forward(16 * 60)
        later = await http.get("/console/log.json", headers=await hub.token(http))

    assert (told["vkeys"], told["size"], told["lateAfterS"]) == ([hub.vkey], 10, 900)
    first, second = told["witnesses"]
    assert (first["name"], first["vkey"]) == (COSIGNER.name, COSIGNER.vkey)
    assert (first["size"], first["isLate"]) == (10, False)
    assert (second["at"], second["isLate"]) == (None, True)
    assert [each["isLate"] for each in later.json()["witnesses"]] == [True, True]
    async with served(hub, witnessed=None) as http:
        told = (await http.get("/console/log.json", headers=await hub.token(http))).json()
    assert (told["witnesses"], told["formerWitnesses"]) == ([], [COSIGNER.name])


async def test_several_witnesses_cosign_one_checkpoint(hub, tmp_path):
    (tmp_path / "second").mkdir()
    with (
        witness(hub, tmp_path) as one,
        witness(hub, tmp_path / "second", cosigner=SECOND) as two,
    ):
        await write(hub)
        other = CosignatureVerifier.from_vkey(SECOND.vkey)
        await asking(hub, Place(KNOWN, one), Place(other, two)).round()

    note = (await published(hub)).note
    found = open_cosigned(note, NoteVerifiers.from_vkeys([hub.vkey]), [KNOWN, other])
    assert len(found.witnesses) == 2


async def test_an_idle_log_is_shown_again_when_the_last_word_is_half_as_old_as_allowed(
    hub, tmp_path
):
    with witness(hub, tmp_path) as url:
        witnesses = asking(hub, Place(KNOWN, url), late=timedelta(minutes=10))
        await write(hub)
        await witnesses.round()
        first = (await seen(hub))[COSIGNER.name].at
        hub.clock.forward(60)
        await witnesses.round()
        assert (await seen(hub))[COSIGNER.name].at == first
        hub.clock.forward(300)
        await witnesses.round()

    assert (await seen(hub))[COSIGNER.name].at > first


async def test_a_witness_that_knows_another_size_is_told_from_there(hub, tmp_path):
    """The answer was lost: the witness has cosigned more than the hub knows of."""
    with witness(hub, tmp_path) as url:
        await write(hub)
        await asking(hub, Place(KNOWN, url)).round()
        await write(hub)
        connection = await asyncpg.connect(hub.dsn)
        await connection.execute("ALTER TABLE audit.cosignature DISABLE TRIGGER USER")
        await connection.execute("DELETE FROM audit.cosignature")
        await connection.close()

        await asking(hub, Place(KNOWN, url)).round()

    assert (await seen(hub))[COSIGNER.name].size == 20


async def rewrite(hub, size):
    """Cut the log to `size` entries with a head that its key signed, as an operator could."""
    connection = await asyncpg.connect(hub.dsn)
    for table in ("record", "tile", "checkpoint", "head", "cosignature"):
        await connection.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER USER")
    frontier = Frontier()
    rows = await connection.fetch("SELECT commitment FROM audit.record ORDER BY seq")
    for row in rows[:size]:
        frontier = frontier.append(hash_leaf(row[0]))
    note = hub.signer.sign(Checkpoint(hub.signer.name, size, frontier.root()))
    await connection.execute("DELETE FROM audit.record WHERE seq >= $1", size)
    await connection.execute("DELETE FROM audit.checkpoint WHERE size > $1", size)
    await connection.execute(
        "UPDATE audit.head SET size = $1, frontier = $2, note = $3",
        size,
        b"".join(frontier.hashes),
        note,
    )
    await connection.close()


@pytest.mark.parametrize(
    ("again", "why"),
    [
        (0, "it has cosigned 20 entries and the log has 5"),  # cut, or an old backup
        (15, "it answers 422"),  # another history of the same size
        (40, "it answers 422"),  # another history that has outgrown it
    ],
)
async def test_a_log_that_was_rewritten_is_refused_and_that_is_an_alarm(hub, tmp_path, again, why):
    with witness(hub, tmp_path) as url:
        await write(hub, 20)
        await asking(hub, Place(KNOWN, url)).round()
        hub.clock.forward(10)
        await rewrite(hub, 5)
        await write(hub, again)
        hub.clock.forward(3_600)
        with capture_logs() as told:
            await asking(hub, Place(KNOWN, url)).round()

    refused, late = told
    assert (refused["event"], refused["log_level"]) == ("log.witness.refuses", "error")
    assert why in refused["why"]
    assert (late["event"], late["witness"]) == ("log.witness.late", COSIGNER.name)
    assert (await seen(hub))[COSIGNER.name].size == 20


@contextmanager
def answering(status, text, content_type="text/plain", hold=None):
    """Be a server that answers every request alike, when `hold` is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            if hold is not None:
                hold.wait(20)
            self.send_response(status)
            self.send_header("content-type", content_type)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *arguments):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        if hold is not None:
            hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("status", "text", "kind", "why"),
    [
        (200, "", "text/plain", "no cosignature of the known key"),
        (200, "nonsense\n", "text/plain", "malformed"),
        (200, SECOND.cosign("x\n1\nA\n", 5), "text/plain", "no cosignature of the known key"),
        (200, COSIGNER.cosign("x\n1\nA\n", 5), "text/plain", "does not verify"),
        (409, "5\n", "text/x.tlog.size", "another size each time"),
        (409, "99\n", "text/x.tlog.size", "the log was cut"),
        (409, "5\n", "text/plain", "it answers 409"),
        (409, "-5\n", "text/x.tlog.size", "it answers 409"),
        (404, "", "text/plain", "it answers 404"),
        (403, "", "text/plain", "it answers 403"),
        (500, "", "text/plain", "it answers 500"),
        (200, "x" * 70_000, "text/plain", "more than a cosignature"),
    ],
)
async def test_nothing_is_believed_that_does_not_verify(hub, status, text, kind, why):
    await write(hub)
    with answering(status, text, kind) as url, capture_logs() as told:
        await asking(hub, Place(KNOWN, url)).round()

    assert [each["event"] for each in told] == ["log.witness.refuses"]
    assert why in told[0]["why"]
    assert await seen(hub) == {}
    assert await published(hub) is None


async def test_a_cosignature_from_the_future_is_not_believed(hub, tmp_path):
    await write(hub)
    ahead = serving_witness(
        tmp_path / "w", lambda: hub.clock().timestamp() + 7_200, vkeys=(hub.vkey,)
    )
    with ahead as url, capture_logs() as told:
        await asking(hub, Place(KNOWN, url)).round()

    assert "ahead" in told[0]["why"]
    assert await seen(hub) == {}


async def test_entries_are_written_while_a_witness_does_not_answer(hub):
    """One witness hangs, one is gone: the log takes entries, and the round ends by its timeout."""
    hold = threading.Event()
    other = CosignatureVerifier.from_vkey(SECOND.vkey)
    await write(hub)
    with answering(200, "") as gone:
        pass
    with answering(200, "", hold=hold) as url, capture_logs() as told:
        places = (Place(KNOWN, url), Place(other, gone))
        witnesses = asking(hub, *places, timeout_s=1.0, pauses_s=())
        under_way = asyncio.create_task(witnesses.round())
        await asyncio.sleep(0)
        await write(hub)
        assert not under_way.done()
        await under_way

    events = {(each["event"], each["witness"]) for each in told}
    assert events == {
        ("log.witness.unreachable", COSIGNER.name),
        ("log.witness.unreachable", SECOND.name),
    }


async def test_what_fails_in_passing_is_tried_again(hub, tmp_path):
    await write(hub)
    with witness(hub, tmp_path) as url, breaking_once(url) as relay, capture_logs() as told:
        await asking(hub, Place(KNOWN, relay), pauses_s=(0, 0)).round()

    assert (await seen(hub))[COSIGNER.name].size == 10
    assert told == []


@contextmanager
def breaking_once(url):
    """Hang up on the first request, say 503 to the second, pass on the others."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            asked.append(body)
            if len(asked) == 1:
                self.close_connection = True
                return
            status, content = 503, b""
            if len(asked) > 2:
                connection = HTTPConnection(url.removeprefix("http://"))
                connection.request("POST", self.path, body=body)
                reply = connection.getresponse()
                status, content = reply.status, reply.read()
                connection.close()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert len(asked) == 3


async def test_the_cosigned_checkpoint_is_served_with_its_tiles_and_proofs(hub, tmp_path):
    log = NoteVerifiers.from_vkeys([hub.vkey])
    expected = WitnessedWithin(frozenset({COSIGNER.name}), timedelta(minutes=10), hub.clock)
    with witness(hub, tmp_path) as url:
        await write(hub)
        async with served(hub, log_is_public=True, witnessed=expected) as http:
            assert (await http.get("/log/witnessed/checkpoint")).status_code == 404
            words = [(await http.get("/health/ready")).json()["witness"]]
            await asking(hub, Place(KNOWN, url)).round()
            await write(hub)
            note = (await http.get("/log/witnessed/checkpoint")).text
            newest = (await http.get("/log/checkpoint")).text
            tile = await http.get("/log/witnessed/tile/0/000.p/10")
            login = await hub.token(http)
            proofs = [(await http.get(f"/log/proof/{n}", headers=login)).text for n in (3, 15)]
            words.append((await http.get("/health/ready")).json()["witness"])
            hub.clock.forward(3_600)
            late = await http.get("/health/ready")
    async with served(hub) as http:
        words.append((await http.get("/health/ready")).json()["witness"])

    found = open_cosigned(note, log, [KNOWN])
    assert (found.checkpoint.size, len(found.witnesses)) == (10, 1)
    assert log.open(newest).size == 20
    assert tile.status_code == 200
    witnessed, unwitnessed = (read_proof(text).checkpoint for text in proofs)
    assert witnessed == note
    assert log.open(unwitnessed).size == 20
    assert words == ["late", "ok", "none"]
    assert (late.status_code, late.json()["witness"]) == (200, "late")  # it answers all the same


def test_a_wrong_setting_is_refused():
    with pytest.raises(SetupError, match="wrong key"):
        places_of({SIGNER.vkey: "http://127.0.0.1:1"})
    again = COSIGNER.vkey
    with pytest.raises(SetupError, match="one name"):
        places_of({again: "http://127.0.0.1:1", f"{again} ": "http://127.0.0.1:2"})
