"""Several feeds below one address are read one after the other, over real HTTP."""

import json

import pytest

from connectors.errors import (
    ConnectorConfigError,
    SourceFormatError,
    SourceRefusedError,
    SourceUnavailableError,
)
from connectors.feeds import feeds_of
from connectors.shape import Shape
from tests.support.systems import running

pytestmark = [pytest.mark.anyio, pytest.mark.system]
SHAPES = [Shape("testing", name, key="id", updated="at") for name in ("people", "deaths")]
NUMBER = "690203197406120011"
MANY = 1_500  # more than one page of a feed


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("feeds")
    for name, count in (("people", 2), ("deaths", MANY)):
        items = [
            {"id": f"{name[0]}{n}", "number": NUMBER, "at": "2026-10-01 08:00:00"}
            for n in range(count)
        ]
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, items)))
    (folder / "token").write_text("a-made-up-token", encoding="ascii")
    return folder


@pytest.fixture(scope="module")
def address(data):
    with running("hub.demo.systems.feeds", data, ["--data", str(data)]) as (url, _):
        yield url


def feeds(data, address, shapes=SHAPES):
    return feeds_of("testing", shapes, {"url": f"{address}/v1/", "token_file": str(data / "token")})


async def pulled(connector, cursor=None):
    return [page async for page in connector.pull(cursor)]


async def kept(connector, pages):
    async for page in connector.pull(None):
        pages += [page]


def keys(pages):
    return [record.key for page in pages for record in page.records]


async def test_every_feed_is_read_to_its_end_in_the_order_of_the_shapes(data, address):
    pages = await pulled(feeds(data, address))

    assert keys(pages) == ["p0", "p1", *(f"d{n}" for n in range(MANY))]
    assert [page.records[0].dataset for page in pages] == ["people", "deaths", "deaths"]


async def test_reading_goes_on_behind_every_cursor(data, address):
    pages = await pulled(feeds(data, address))

    for index, page in enumerate(pages):
        rest = await pulled(feeds(data, address), page.cursor)
        assert keys(pages[: index + 1]) + keys(rest) == keys(pages)


async def test_a_feed_that_breaks_off_keeps_what_was_read_of_it_and_of_those_before(data, tmp_path):
    options = ["--data", str(data), "--fault", "die-mid-page=1"]
    pages = []
    with (
        running("hub.demo.systems.feeds", tmp_path, options) as (url, _),
        pytest.raises(SourceUnavailableError) as caught,
    ):
        await kept(feeds(data, url), pages)

    assert keys(pages) == ["p0", "p1", *(f"d{n}" for n in range(1_000))]
    assert "testing: /v1/deaths/changes after=1000: broke off" in str(caught.value)
    assert NUMBER not in str(caught.value)


async def test_a_feed_that_is_not_served_is_named_and_those_before_it_are_read(data, address):
    pages = []
    strange = Shape("testing", "births", key="id", updated="at")

    with pytest.raises(SourceFormatError, match=r"/v1/births/changes .*answered 404"):
        await kept(feeds(data, address, [SHAPES[0], strange]), pages)

    assert keys(pages) == ["p0", "p1"]


async def test_a_wrong_token_is_refused_at_the_first_feed(address, tmp_path):
    (tmp_path / "token").write_text("another", encoding="ascii")

    with pytest.raises(SourceRefusedError, match=r"/v1/people/changes .*answered 401"):
        await pulled(feeds(tmp_path, address))


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"token_file": "/dev/null"}, "url is missing"),
        ({"url": "http://127.0.0.1:1"}, "token_file is missing"),
        ({"url": "http://127.0.0.1:1", "token_file": "/nowhere/token"}, "cannot be read"),
        ({"url": "http://127.0.0.1:1", "token_file": "/dev/null"}, "is empty"),
    ],
)
def test_what_is_missing_in_the_settings_is_named(settings, why):
    with pytest.raises(ConnectorConfigError, match=f"testing: settings: .*{why}"):
        feeds_of("testing", SHAPES, settings)
