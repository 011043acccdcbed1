"""The exchange is asked in batches over real HTTP; who did not answer is told."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.asking import Patience
from connectors.errors import SourceFormatError, SourceRefusedError, SourceUnavailableError
from connectors.exchange import Asked, BatchExchange, Terms
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from tests.support.systems import running

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
ESTATE = Shape("natural-resources", "real_estate", key="证号", updated="更新")
NUMBERS = [f"6901061979031500{n}" for n in range(10, 20)]
TOKEN = "a-made-up-token"
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


async def test_a_wrong_credential_is_refused(exchange):
    with pytest.raises(SourceRefusedError):
        await pulled(connector(exchange, token="another"))


async def test_a_cursor_of_another_form_is_refused(exchange):
    with pytest.raises(SourceFormatError, match="not one of ours"):
        await pulled(connector(exchange), "17")
