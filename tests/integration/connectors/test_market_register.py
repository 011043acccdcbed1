"""A GraphQL connection is read whole from the demonstration's market register, or says why not."""

import json

import pytest

from connectors.asking import Patience
from connectors.departments.market_regulation.registry import DOCUMENT, SHAPE, connect
from connectors.errors import SourceFormatError, SourceRefusedError, SourceUnavailableError
from connectors.graphql import GraphqlConnection
from connectors.protocol import ReasonCode
from hub.demo.systems.market import FEED_FILE
from tests.support.relay import after, broken_off, relaying, saying
from tests.support.systems import running

pytestmark = [pytest.mark.anyio, pytest.mark.system]
TOKEN = "a-made-up-token"
NUMBER, NAME = "690203197406120011", "虚王一"
QUICK = Patience(timeout_s=2, attempts=2, wait_initial_s=0.01, wait_max_s=0.02)
KEYS = [f"P{n}" for n in range(7)]
PLACE = "market-regulation: positions after="


def position(key):
    return {
        "positionId": key,
        "personNumber": NUMBER,
        "personName": NAME,
        "creditCode": "91420106MA4KTEST0X",
        "businessName": "虚构商店",
        "role": "OWNER",
        "capitalYuan": None,
        "registeredOn": "2020-01-01",
        "status": "OPEN",
        "updatedAt": "2026-10-01 08:00:00",
    }


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("market")
    (folder / FEED_FILE).write_text("\n".join(json.dumps(position(key)) for key in KEYS))
    (folder / "token").write_text(TOKEN, encoding="ascii")
    return folder


@pytest.fixture(scope="module")
def address(data):
    with running("hub.demo.systems.market", data, ["--data", str(data)]) as (url, _):
        yield url


def register(address, token=TOKEN, **more):
    agreed = {"document": DOCUMENT, "limit": 3, "patience": QUICK, **more}
    return GraphqlConnection(SHAPE, f"{address}/graphql", root="positions", token=token, **agreed)


async def pulled(connector, cursor=None):
    return [page async for page in connector.pull(cursor)]


async def kept(connector, pages):
    """Put each page aside as it comes, as the pipeline does."""
    async for page in connector.pull(None):
        pages += [page]


def keys(pages):
    return [record.key for page in pages for record in page.records]


def names_nobody(error):
    return NUMBER not in str(error) and "虚" not in str(error) and TOKEN not in str(error)


async def test_every_position_arrives_once_in_order_and_in_the_registers_words(address):
    pages = await pulled(register(address))

    assert keys(pages) == KEYS
    assert [len(page.records) for page in pages] == [3, 3, 1]
    assert dict(pages[0].records[0].words) == position("P0")


async def test_reading_goes_on_behind_every_cursor(address):
    pages = await pulled(register(address))

    for index, page in enumerate(pages):
        rest = await pulled(register(address), page.cursor)
        assert keys(pages[: index + 1]) + keys(rest) == KEYS
    assert await pulled(register(address), pages[-1].cursor) == []


async def test_the_connector_made_from_settings_reads_the_register(data, address):
    settings = {"url": f"{address}/graphql", "token_file": str(data / "token")}

    assert keys(await pulled(connect(settings))) == KEYS


async def test_an_answer_with_errors_is_counted_and_not_quoted(address):
    with pytest.raises(SourceFormatError) as caught:
        await pulled(register(address), f"{NUMBER}x")  # the register quotes what it cannot use

    assert str(caught.value).endswith("answered with 1 GraphQL errors")
    assert names_nobody(caught.value)


async def test_a_field_that_the_register_lost_is_an_error_and_not_an_empty_column(address):
    document = DOCUMENT.replace("capitalYuan", "shareYuan")

    with pytest.raises(SourceFormatError, match="the beginning: answered with 1 GraphQL errors"):
        await pulled(register(address, document=document))


async def test_data_beside_errors_is_not_used(address):
    def torn(answer):
        _, _, body = answer.partition(b"\r\n\r\n")
        return saying(json.dumps({**json.loads(body), "errors": [{"message": NAME}]}).encode())

    pages = []
    async with relaying(address, after(1, torn)) as url:
        with pytest.raises(SourceFormatError, match="answered with 1 GraphQL errors") as caught:
            await kept(register(url), pages)

    assert keys(pages) == KEYS[:3]
    assert names_nobody(caught.value)


async def test_a_wrong_token_is_refused_at_once(address):
    with pytest.raises(SourceRefusedError) as caught:
        await pulled(register(address, token="another"))

    assert str(caught.value) == f"{PLACE}the beginning: answered 401 to our credential"


async def test_a_page_that_breaks_off_once_is_asked_for_again(address):
    def once(number, answer):
        return broken_off(answer) if number == 1 else answer

    async with relaying(address, once) as url:
        assert keys(await pulled(register(url))) == KEYS


async def test_the_pages_before_a_lasting_break_stand_and_reading_goes_on_behind_them(address):
    pages = []
    async with relaying(address, after(1, broken_off)) as url:
        with pytest.raises(SourceUnavailableError) as caught:
            await kept(register(url), pages)

    assert keys(pages) == KEYS[:3]
    assert str(caught.value).startswith(f"{PLACE}3: broke off (")
    assert str(caught.value).endswith("(2 attempts)")
    assert keys(await pulled(register(address), pages[-1].cursor)) == KEYS[3:]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>\xe8\x99\x9a</html>",
        b"[]",
        b'{"data":{"positions":{"nodes":[]}}}',
        b'{"data":{"positions":{"nodes":["\xff"],"pageInfo":{}}}}',
    ],
)
async def test_an_answer_of_another_form_is_named_with_its_page_and_not_shown(address, body):
    pages = []
    async with relaying(address, after(1, lambda _: saying(body))) as url:
        with pytest.raises(SourceFormatError) as caught:
            await kept(register(url), pages)

    assert keys(pages) == KEYS[:3]
    assert str(caught.value) == f"{PLACE}3: is not an answer with the agreed connection"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("body", [b"{}", b'{"data":null}', b'{"data":{"positions":null}}'])
async def test_an_answer_without_the_connection_is_not_the_end_of_the_register(address, body):
    async with relaying(address, after(1, lambda _: saying(body))) as url:
        with pytest.raises(SourceFormatError, match="after=3: has no positions"):
            await pulled(register(url))


@pytest.mark.parametrize("end", [b'"3"', b"null"])
async def test_a_register_that_goes_in_circles_is_stopped(address, end):
    page = b'{"nodes":[],"pageInfo":{"endCursor":%b,"hasNextPage":true}}' % end
    body = b'{"data":{"positions":%b}}' % page
    async with relaying(address, after(1, lambda _: saying(body))) as url:
        with pytest.raises(SourceFormatError, match="after=3: gives no cursor to go on from"):
            await pulled(register(url))


async def test_a_node_that_is_no_record_costs_only_itself(address):
    nodes = [position("A"), None, position("") | {"positionId": None}, [NAME], position("B")]
    answer = {"nodes": nodes, "pageInfo": {"endCursor": "5", "hasNextPage": False}}
    body = json.dumps({"data": {"positions": answer}}).encode()
    async with relaying(address, after(0, lambda _: saying(body))) as url:
        (page,) = await pulled(register(url))

    assert keys([page]) == ["A", "B"]
    assert [(bad.location, bad.reason) for bad in page.unreadable] == [
        (f"positions after=the beginning item {n}", ReasonCode.ROW_UNREADABLE) for n in (2, 3, 4)
    ]
    assert all(names_nobody(bad.detail) for bad in page.unreadable)


@pytest.mark.parametrize("cursor", [NUMBER, "cursor:虚王一", "b3JkZXI6NjkwMjAz"])
async def test_an_opaque_cursor_is_not_shown_for_it_may_be_made_of_a_persons_number(
    address, cursor
):
    answer = {"nodes": [None], "pageInfo": {"endCursor": "9", "hasNextPage": False}}
    body = json.dumps({"data": {"positions": answer}}).encode()
    async with relaying(address, after(0, lambda _: saying(body))) as url:
        (page,) = await pulled(register(url), cursor)

    assert cursor not in page.unreadable[0].location
    assert page.unreadable[0].location.startswith("positions after=cursor ")
