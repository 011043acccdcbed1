"""The register's feed is read whole over real HTTP, whatever the register does."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import date

import httpx2
import pytest

from connectors.departments.public_security.register import POPULATION, SHAPE, connect
from connectors.errors import SourceFormatError, SourceRefusedError, SourceUnavailableError
from connectors.mapping import Record
from connectors.protocol import ReasonCode
from connectors.rest import Patience, RestFeed
from hub.demo.district import Places, build
from tests.support.systems import badly_packed, running

pytestmark = pytest.mark.anyio
TODAY = date(2026, 11, 23)
QUICK = Patience(timeout_s=0.5, attempts=2, wait_initial_s=0.01, wait_max_s=0.02)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    home = tmp_path_factory.mktemp("district")
    build(home, seed=3, today=TODAY, households=60)
    return Places(home)


@pytest.fixture
def register(places, tmp_path):
    def start(*options):
        return running(
            "hub.demo.systems.register", tmp_path, ["--data", str(places.register), *options]
        )

    return start


def feed(places, url, **more):
    token = places.register_token.read_text()
    more = {"limit": 40, "patience": QUICK, **more}
    return RestFeed(SHAPE, f"{url}/v1/residents/changes", token, **more)


async def kept(connector, pages):
    """Put each page aside as it comes, as the pipeline does."""
    async for page in connector.pull(None):
        pages += [page]


def changes(places):
    lines = (places.register / "changes.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


async def pulled(connector, cursor=None):
    return [page async for page in connector.pull(cursor)]


async def test_every_change_arrives_once_and_in_order(places, register):
    with register() as (url, _):
        pages = await pulled(feed(places, url))

    records = [record for page in pages for record in page.records]
    assert [record.words["序号"] for record in records] == [
        str(change["序号"]) for change in changes(places)
    ]
    assert all(len(page.records) <= 40 for page in pages)
    assert not any(page.unreadable for page in pages)


async def test_a_cursor_continues_behind_its_page(places, register):
    with register() as (url, _):
        pages = await pulled(feed(places, url))
        rest = await pulled(feed(places, url), pages[0].cursor)
        nothing = await pulled(feed(places, url), pages[-1].cursor)

    assert [[r.key for r in p.records] for p in rest] == [
        [r.key for r in p.records] for p in pages[1:]
    ]
    assert [page.records for page in nothing] in ([], [()])


async def test_the_connector_made_from_settings_reads_and_maps(places, register):
    with register() as (url, _):
        connector = connect(
            {
                "url": f"{url}/v1/residents/changes",
                "token_file": str(places.register_token),
            }
        )
        pages = await pulled(connector)

    mapped = [POPULATION.apply(r, today=TODAY) for page in pages for r in page.records]
    good = [record for record in mapped if isinstance(record, Record)]
    assert len(good) > 0.9 * len(mapped)
    assert all(record.household_key and record.region for record in good)


async def test_a_register_that_stumbles_is_asked_again(places, register):
    with register("--fault", "500-after=1x1") as (url, _):
        pages = await pulled(feed(places, url))

    assert sum(len(page.records) for page in pages) == len(changes(places))


async def test_a_register_that_dies_in_mid_page_once_loses_nothing(places, register):
    with register("--fault", "die-mid-page=1x1") as (url, _):
        pages = await pulled(feed(places, url))

    assert sum(len(page.records) for page in pages) == len(changes(places))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("500-after=1", "answered 500"),
        ("hang-after=1", "did not answer whole within 0.5 s"),
        ("die-mid-page=1", "broke off"),
    ],
)
async def test_the_pages_before_a_lasting_failure_are_kept(places, register, fault, reason):
    pages = []
    with register("--fault", fault) as (url, _), pytest.raises(SourceUnavailableError) as caught:
        await kept(feed(places, url), pages)

    assert [page.cursor for page in pages] == ["40"]
    assert reason in str(caught.value)
    assert "public-security: /v1/residents/changes after=40" in str(caught.value)


async def test_a_register_that_is_gone_is_unavailable(places, register):
    with register() as (url, _):
        pass

    with pytest.raises(SourceUnavailableError, match="ConnectError"):
        await pulled(feed(places, url))


async def test_a_register_that_drips_is_not_waited_for_byte_by_byte(places):
    gone = asyncio.Event()

    async def drip(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not reader.at_eof():
            writer.write(b" ")
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.1)
        writer.close()
        gone.set()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    once = Patience(timeout_s=0.4, attempts=1)
    begun = time.monotonic()
    with pytest.raises(SourceUnavailableError, match="whole within"):
        await pulled(feed(places, f"http://127.0.0.1:{port}", patience=once))
    assert time.monotonic() - begun < 2
    await asyncio.wait_for(gone.wait(), 5)
    server.close()
    await server.wait_closed()


async def test_an_answer_that_is_not_packed_as_it_says_is_no_answer():
    async with badly_packed() as url:
        with pytest.raises(SourceUnavailableError, match=r"packed .*2 attempts"):
            await pulled(RestFeed(SHAPE, url, "token", patience=QUICK))


async def test_a_wrong_token_is_refused_at_once(places, register):
    with register() as (url, _):
        connector = RestFeed(SHAPE, f"{url}/v1/residents/changes", "wrong", patience=QUICK)
        with pytest.raises(SourceRefusedError, match="401"):
            await pulled(connector)


async def test_an_address_that_serves_something_else_is_a_matter_of_form(places, register):
    with register() as (url, _):
        token = places.register_token.read_text()
        for path in ("/health", "/nothing"):
            with pytest.raises(SourceFormatError):
                await pulled(RestFeed(SHAPE, url + path, token, patience=QUICK))


async def test_a_cursor_of_another_source_is_a_matter_of_form(places, register):
    with register() as (url, _), pytest.raises(SourceFormatError, match="answered 400"):
        await pulled(feed(places, url), "no-cursor")


async def test_a_page_that_is_too_large_is_not_read_to_its_end(places, register):
    small = Patience(timeout_s=2, attempts=1, max_page_bytes=1000)
    with register() as (url, _), pytest.raises(SourceFormatError, match="longer than 1000 bytes"):
        await pulled(feed(places, url, patience=small))


async def test_the_register_ends_when_its_starter_does(places, register):
    with register() as (_, process):
        process.stdin.close()
        assert process.wait(timeout=10) in {0, -signal.SIGTERM}


def test_the_register_explains_a_fault_that_it_does_not_know(places):
    command = ["-m", "hub.demo.systems.register", "--data", ".", "--fault", "x=1"]

    done = subprocess.run([sys.executable, *command], capture_output=True, check=False)

    assert done.returncode == 2
    assert b"--fault" in done.stderr


class Canned:
    """A server that answers what it is told, once for each page."""

    def __init__(self, *bodies):
        self.bodies = list(bodies)

    async def __call__(self, scope, receive, send):
        body = self.bodies.pop(0)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def canned(monkeypatch):
    """Make the feed's HTTP client talk to a canned application in this process."""

    def use(*bodies):
        whole = httpx2.AsyncClient

        def client(**options):
            return whole(transport=httpx2.ASGITransport(app=Canned(*bodies)), **options)

        monkeypatch.setattr("connectors.rest.httpx2.AsyncClient", client)
        return RestFeed(SHAPE, "http://register.test/changes", "token", patience=QUICK)

    return use


async def test_an_item_that_is_no_record_costs_only_itself(canned):
    good = b'{"\xe4\xba\xba\xe5\x91\x98\xe7\xbc\x96\xe5\x8f\xb7":"R1"}'
    items = b",".join([good, b"[]", b'{"a":1.5}', b'{"a":{}}', b"{}", good])
    feed = canned(b'{"items":[' + items + b'],"next":"6","more":false}')

    (page,) = await pulled(feed)

    assert len(page.records) == 2
    assert [bad.reason for bad in page.unreadable] == [ReasonCode.ROW_UNREADABLE] * 4
    assert page.unreadable[0].location == "/changes after=the beginning item 2"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"items":[],"next":1,"more":false}',
        b'{"items":{},"next":"1","more":false}',
        b'{"items":[],"more":false}',
        b'{"items":["\xff"],"next":"1","more":fal',
    ],
)
async def test_an_answer_of_another_form_is_named_and_not_shown(canned, body):
    with pytest.raises(SourceFormatError, match="is not a page of items, next and more"):
        await pulled(canned(body))


async def test_a_feed_that_goes_in_circles_is_stopped(canned):
    page = b'{"items":[],"next":"5","more":true}'
    with pytest.raises(SourceFormatError, match="promises more behind the same cursor"):
        await pulled(canned(page, page))
