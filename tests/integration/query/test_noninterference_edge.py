"""Over HTTP too: status, headers with what is left of the quota, and the lines of an export.

And what is told after all, on purpose: that a record was told anew, and when, to whoever may read
anything of it (docs/decisions/0038-what-is-not-inferred.md).
"""

import asyncio
import copy
from datetime import timedelta

import orjson
import pytest

from hub.http.quota import QuotaTold
from hub.query.export import Exporter
from hub.query.quota import Quota, Quotas
from hub.sealing.keyring import Keyring
from tests.fakes.quota_ledger import FakeLedger
from tests.support.asking import asking
from tests.support.edge import SetClock
from tests.support.postgres import fresh_database
from tests.support.putting import put_in_force
from tests.support.questions import questions
from tests.support.served import Whole
from tests.support.twins import READER, ask_all, one_world
from tests.support.world import CORRECTED, NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database, pytest.mark.timeout(300)]


async def exchanged(whole, path: str, question) -> tuple:
    """Return status, headers and body of one request."""
    _, document, variables = question
    body = orjson.dumps({"query": document, "variables": variables})
    accept = {"accept": "application/jsonl"} if path == "/export" else {}
    headers = {"content-type": "application/json", **accept, **whole.headers}
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "query_string": b"",
        "root_path": "",
    }
    sent, messages = [], [{"type": "http.request", "body": body, "more_body": False}]

    async def receive():
        if messages:
            return messages.pop()
        await asyncio.Event().wait()
        return None

    async def send(message):
        sent.append(message)

    await whole.app(scope, receive, send)
    start, *rest = sent
    return start["status"], start["headers"], b"".join(m.get("body", b"") for m in rest)


@pytest.mark.parametrize("path", ["/graphql", "/export"])
async def test_status_headers_and_bytes_are_the_same_over_http(twins, catalogue, tmp_path, path):
    places, world, outsider = twins
    asked = questions(world, outsider)
    if path == "/export":
        asked = [one for one in asked if one[0].startswith("export")]
    else:
        asked = asked[::4]
    told = []
    for n, (dsn, keyring) in enumerate(places):
        quotas = Quotas(FakeLedger(), Quota(100_000_000, 3_600), {}, lambda: 0.0)
        ask = asking(dsn, keyring, catalogue, meter=quotas)
        answerer = ask.answerer
        exporter = Exporter(answerer.documents, answerer, answerer.disclosures, answerer.meter)
        (folder := tmp_path / str(n)).mkdir()
        whole = Whole(
            folder, answerer, role=(READER.department, READER.role), purpose="VERIFY",
            regions=READER.area, exports=exporter, clock=SetClock(NOW), quota=QuotaTold(quotas),
            new_id=lambda: "request-1",
        )  # fmt: skip
        told.append([await exchanged(whole, path, one) for one in asked])
        await ask.database.close()

    assert told[0] == told[1]
    statuses = {status for status, _, _ in told[0]}
    assert 200 in statuses
    if path == "/graphql":
        assert 403 in statuses
        assert all(any(name == b"ratelimit" for name, _ in headers) for _, headers, _ in told[0])
    else:
        assert any(b'"done":true' in body for _, _, body in told[0])


# What is told.


@pytest.fixture(scope="module")
def later(postgres_server, migrated, catalogue, tmp_path_factory):
    """The first district, in which a record of everybody was told anew: denied fields differ."""
    world = one_world(catalogue)
    for name, field in (("population", "ethnic_group"), ("score", "profile")):
        for row in list(world.tables[name]):
            if row["known_to"].year > 9998 and row["known_from"] < CORRECTED:
                anew = copy.deepcopy(row)
                row["known_to"] = anew["known_from"] = CORRECTED - timedelta(days=1)
                anew["version_id"] = world.uuid()
                anew["values"][field] = "another"
                world.tables[name].append(anew)
    keyring = Keyring.open_or_create(tmp_path_factory.mktemp("later-keys"))
    with fresh_database(postgres_server, migrated) as dsn:
        asyncio.run(world.write(dsn, keyring))
        asyncio.run(put_in_force(dsn, catalogue))
        yield dsn, keyring


async def test_that_a_record_was_told_anew_shows_in_its_times_and_in_nothing_else(
    twins, later, catalogue
):
    places, world, outsider = twins
    asked = [one for one in questions(world, outsider) if not _asks_of_times(one)]
    since = "2026-09-15T00:00:00Z"
    of_times = [
        ("since", f'{{ households(filter: {{changedSince: "{since}"}}) {{ totalCount }} }}', {}),
        ("known", "{ households(first: 9) { edges { node { score { knownFrom } } } } }", {}),
        ("order", "{ households(first: 9, orderBy: SCORED_DESC) { edges { node { id } } } }", {}),
    ]
    told, times = [], []
    for dsn, keyring in (places[0], later):
        ask = asking(dsn, keyring, catalogue)
        told.append([one.said for one in await ask_all(ask, asked, READER)])
        times.append(
            [one.said.partition(b',"ext')[0] for one in await ask_all(ask, of_times, READER)]
        )
        await ask.database.close()

    assert told[0] == told[1]
    assert [one != other for one, other in zip(*times, strict=True)][:2] == [True, True]


def _asks_of_times(question) -> bool:
    """Whether a question asks when something was told: `knownFrom` or `changedSince`."""
    return any(word in question[1] for word in ("knownFrom", "changedSince", "SCORED_DESC"))
