"""The exchange is asked in batches over real HTTP; who did not answer is told."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.asking import Patience
from connectors.errors import SourceFormatError, SourceRefusedError, SourceUnavailableError
from connectors.exchange import Asked, BatchExchange, Terms
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from tests.support.relay import after, broken_off, relaying, saying
from tests.support.systems import running

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
ESTATE = Shape("natural-resources", "real_estate", key="证号", updated="更新")
NUMBERS = [f"6901061979031500{n}" for n in range(10, 20)]
TOKEN = "a-made-up-token"
BATCH = "420106001000202611230001"
QUICK = Patience(timeout_s=2, attempts=2, wait_initial_s=0.01, wait_max_s=0.02)


@pytest.fixture
def exchange(tmp_path):
    answers = [
        {
            "number": number,
            "resources": {"EX_BDCXX": [{"证号": f"Z{n}", "更新": "2026-10-01 08:00:00"}]},
            "silent": ["EX_BDCXX"] if n == 3 else [],
        }
        for n, number in enumerate(NUMBERS[:5])
    ]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)))
    (tmp_path / "token").write_text(TOKEN)
    with running("hub.demo.systems.exchange", tmp_path, ["--data", str(tmp_path)]) as (url, _):
        yield url


class Sleeping:
    def __init__(self):
        self.slept = []

    async def __call__(self, seconds):
        self.slept.append(seconds)


def connector(url, *, people=10, token=TOKEN, at=NOW, **terms):
    async def roster():
        return [Asked(f"r{n}", number) for n, number in enumerate(NUMBERS[:people])]

    agreed = {"batch_size": 4, "page_size": 3, "poll_s": 300.0, **terms}
    return BatchExchange(
        "natural-resources",
        url,
        token,
        {"EX_BDCXX": ESTATE},
        roster,
        Terms("420106001000", "武昌区民政局", **agreed),
        QUICK,
        clock=lambda: at,
        sleep=Sleeping(),
    )


async def pulled(source, cursor=None):
    return [page async for page in source.pull(cursor)]


async def kept(source, pages):
    """Put each page aside as it comes, as the pipeline does."""
    async for page in source.pull(None):
        pages += [page]


def keys(pages):
    return [r.key for page in pages for r in page.records]


async def test_everybody_on_the_roster_is_asked_about_in_batches(exchange):
    source = connector(exchange)

    pages = await pulled(source)

    assert keys(pages) == ["Z0", "Z1", "Z2", "Z4"]
    assert source.sleep.slept == [300.0] * 9  # three batches, four polls each


async def test_a_resource_that_did_not_answer_is_told_and_not_taken_for_nothing(exchange):
    pages = await pulled(connector(exchange))

    ((bad),) = [bad for page in pages for bad in page.unreadable]
    assert bad.reason is ReasonCode.SOURCE_SILENT
    assert bad.detail == "EX_BDCXX was requested and did not answer"
    assert not any(number in bad.location for number in NUMBERS)


async def test_reading_goes_on_behind_every_cursor(exchange):
    pages = await pulled(connector(exchange))

    for index, page in enumerate(pages):
        rest = await pulled(connector(exchange), page.cursor)
        assert keys(pages[: index + 1]) + keys(rest) == keys(pages)


async def test_a_batch_under_way_is_kept_and_gone_on_with(exchange):
    impatient = connector(exchange, polls=2, people=2)
    pages = []

    async def keep():
        async for page in impatient.pull(None):
            pages.append(page)  # noqa: PERF401 - what came before the error stands

    with pytest.raises(SourceUnavailableError, match="still in verification"):
        await keep()

    assert len(pages) == 1
    assert keys(await pulled(impatient, pages[-1].cursor)) == ["Z0", "Z1"]


async def test_a_roster_that_was_read_is_not_asked_about_again_for_some_days(exchange):
    (*_, last) = await pulled(connector(exchange))

    assert await pulled(connector(exchange), last.cursor) == []
    later = connector(exchange, at=NOW + timedelta(days=7))
    assert keys(await pulled(later, last.cursor)) == ["Z0", "Z1", "Z2", "Z4"]


async def test_a_changed_roster_is_asked_about_anew(exchange):
    (*_, last) = await pulled(connector(exchange, people=1))

    assert keys(await pulled(connector(exchange, people=2), last.cursor)) == ["Z0", "Z1"]


async def test_a_lost_cursor_takes_the_next_free_number(exchange):
    await pulled(connector(exchange, people=1))

    assert keys(await pulled(connector(exchange, people=3))) == ["Z0", "Z1", "Z2"]


async def test_a_batch_that_the_exchange_lost_is_asked_about_again(exchange):
    impatient = connector(exchange, polls=1, people=2)
    pages = []
    with pytest.raises(SourceUnavailableError):
        await kept(impatient, pages)
    lost = pages[-1].cursor.replace("202611230001", "202611230009")
    assert lost != pages[-1].cursor

    rest = await pulled(connector(exchange, people=2), lost)

    assert keys(rest) == ["Z0", "Z1"]
    assert await pulled(connector(exchange, people=2), rest[-1].cursor) == []


async def test_a_batch_that_is_lost_as_soon_as_it_is_taken_ends_the_pull(exchange):
    async with relaying(exchange, after(1, lambda _: saying(b"{}", "404 Not Found"))) as url:
        with pytest.raises(SourceFormatError, match=r"batch \d{24}: was taken and is unknown"):
            await pulled(connector(url))


async def test_an_answer_that_breaks_off_once_is_asked_for_again(exchange):
    def often(number, answer):
        return broken_off(answer) if number % 2 == 0 else answer

    async with relaying(exchange, often) as url:
        assert keys(await pulled(connector(url, people=3))) == ["Z0", "Z1", "Z2"]


async def test_results_that_break_off_keep_the_page_before_and_reading_goes_on(exchange):
    pages = []
    first_page = 6  # behind the submission and four polls
    async with relaying(exchange, after(first_page, broken_off)) as url:
        with pytest.raises(SourceUnavailableError) as caught:
            await kept(connector(url, people=4), pages)

    assert keys(pages) == ["Z0", "Z1", "Z2"]
    assert str(caught.value).startswith(f"natural-resources: batch {BATCH} after=3: broke off (")
    rest = await pulled(connector(exchange, people=4), pages[-1].cursor)
    assert [bad.reason for page in rest for bad in page.unreadable] == [ReasonCode.SOURCE_SILENT]


@pytest.mark.parametrize(
    ("good", "place", "why"),
    [
        (1, f"batch {BATCH}", "has no agreed status"),
        (5, f"batch {BATCH} after=the beginning", "is not a page of results"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"status":"99","items":[1]}', b"\xff"])
async def test_an_answer_of_another_form_is_named_with_its_batch_and_not_shown(
    exchange, good, place, why, body
):
    async with relaying(exchange, after(good, lambda _: saying(body))) as url:
        with pytest.raises(SourceFormatError) as caught:
            await pulled(connector(url, people=1))

    assert str(caught.value) == f"natural-resources: {place}: {why}"
    assert caught.value.__cause__ is None


async def test_results_that_go_in_circles_are_stopped(exchange):
    page = b'{"items":[],"next":"","more":true}'
    async with relaying(exchange, after(5, lambda _: saying(page))) as url:
        with pytest.raises(SourceFormatError, match="promises more behind the same cursor"):
            await pulled(connector(url, people=1))


async def test_an_exchange_that_takes_no_number_is_left(exchange, monkeypatch):
    monkeypatch.setattr("connectors.exchange._SERIALS", 4)
    async with relaying(exchange, after(0, lambda _: saying(b"{}", "409 Conflict"))) as url:
        with pytest.raises(SourceFormatError, match="batches: takes no number of today any more"):
            await pulled(connector(url))


async def test_a_row_that_is_no_record_costs_only_itself(exchange):
    def spoilt(answer):
        return saying(answer.partition(b"\r\n\r\n")[2].replace(b'"Z1"', b"[]"))

    async with relaying(exchange, after(5, spoilt)) as url:
        pages = await pulled(connector(url, people=3))

    assert keys(pages) == ["Z0", "Z2"]
    ((bad),) = [bad for page in pages for bad in page.unreadable]
    assert bad.reason is ReasonCode.ROW_UNREADABLE
    assert bad.location == f"batch {BATCH} after=the beginning report 2 EX_BDCXX item 1"


async def test_a_wrong_credential_is_refused(exchange):
    with pytest.raises(SourceRefusedError):
        await pulled(connector(exchange, token="another"))


async def test_a_cursor_of_another_form_is_refused(exchange):
    with pytest.raises(SourceFormatError, match="not one of ours"):
        await pulled(connector(exchange), "17")
