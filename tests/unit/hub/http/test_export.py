"""An export that broke off is never taken for a whole one."""

import json
from dataclasses import replace

import anyio
import pytest
from starlette.testclient import TestClient

from hub.errors import NotGrantedError, StoreUnavailableError
from hub.http.limits import BusyError, Limits
from hub.http.quota import QuotaTold
from hub.http.routes import router
from hub.http.tokens import LIFETIME_S
from hub.http.trusted import DocumentFolder, TrustedDocuments
from hub.query.disclosure import Disclosures
from hub.query.quota import REFUSED, Quota, Quotas
from tests.fakes.audit_log import FakeLog
from tests.fakes.front_door import FakeFrontDoor, denial
from tests.fakes.quota_ledger import FakeLedger
from tests.support.edge import CLIENT, new_edge

QUERY = "query ($after: String) { households(after: $after) { edges { cursor node { id } } } }"


def export(edge, query=QUERY, headers=None, **members):
    return edge.http.post(
        "/export", json={"query": query} | members, headers=edge.bearer() | (headers or {})
    )


def lines(reply) -> list[dict]:
    return [json.loads(line) for line in reply.text.splitlines()]


def test_rows_come_as_lines_and_the_last_one_says_that_it_is_whole(edge):
    edge.front.rows = 450

    reply = export(edge)

    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/jsonl"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["hub-request-id"]
    assert "content-length" not in reply.headers
    told = lines(reply)
    assert [line["node"]["id"] for line in told if "node" in line] == [f"H{n}" for n in range(450)]
    assert (told[-1]["done"], told[-1]["count"]) == (True, 450)
    assert {request.request_id for request in edge.front.asked} == {reply.headers["hub-request-id"]}


def test_it_is_gone_on_with_by_the_cursor_of_the_last_line(edge):
    edge.front.rows = 450

    told = lines(export(edge, variables={"after": "447"}))

    assert [line["cursor"] for line in told if "cursor" in line] == ["448", "449"]


@pytest.mark.parametrize(
    ("accept", "sent"),
    [
        ("application/jsonl", "application/jsonl"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/plain, application/*;q=0.5", "application/jsonl"),
        ("*/*", "application/jsonl"),
    ],
)
def test_both_names_of_json_lines_are_sent(edge, accept, sent):
    assert export(edge, headers={"accept": accept}).headers["content-type"] == sent


def test_other_media_types_are_refused(edge):
    assert export(edge, headers={"accept": "application/json"}).status_code == 406
    sent = edge.bearer() | {"content-type": "text/plain"}
    assert edge.http.post("/export", content="{}", headers=sent).status_code == 415
    assert edge.http.get("/export", headers=edge.bearer()).status_code == 405
    assert edge.http.post("/export", json={"query": QUERY}).status_code == 401


def test_what_is_refused_at_once_has_its_status_and_no_line(edge):
    edge.front.problems = {0: NotGrantedError("no", ("Household.id",))}

    reply = export(edge)

    assert reply.status_code == 403
    assert reply.json()["errors"][0]["extensions"]["fields"] == ["Household.id"]
    assert export(edge, "{ __typename }").status_code == 400


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (NotGrantedError("withdrawn", ("Household.id",)), "NOT_GRANTED"),
        (StoreUnavailableError("gone"), "STORE_UNAVAILABLE"),
        (RuntimeError("a secret"), "INTERNAL"),
    ],
)
def test_what_fails_on_the_way_is_the_last_line(edge, problem, code):
    edge.front.rows, edge.front.problems = 450, {1: problem}

    told = lines(export(edge))

    assert told[-1]["error"]["extensions"]["code"] == code
    assert "secret" not in json.dumps(told[-1])
    assert not any("done" in line for line in told)
    assert sum("node" in line for line in told) == 200


def test_a_change_of_what_is_granted_is_the_last_line(edge):
    edge.front.rows, edge.front.denied = 450, {1: [denial("Household.region")]}

    assert lines(export(edge))[-1]["error"]["extensions"]["fields"] == ["Household.region"]


def test_a_token_that_ends_on_the_way_ends_the_export(edge):
    edge.front.rows = 450
    answer = edge.front.answer

    async def slow(request, smaller):
        edge.clock.forward(LIFETIME_S / 2)
        return await answer(request, smaller)

    edge.front.answer = slow
    told = lines(export(edge))

    assert told[-1]["error"]["extensions"]["code"] == "UNAUTHENTICATED"
    assert sum("node" in line for line in told) < 450


def test_only_so_many_exports_go_on_at_a_time_and_each_gives_its_place_back(tmp_path):
    edge = new_edge(tmp_path, limits=Limits(max_exports=1))
    edge.front.rows = 450
    inside = []
    answer = edge.front.answer

    async def asking_for_another(request, smaller):
        if not inside:
            inside.append(None)
            another = TestClient(router(edge.parts))
            inside[0] = another
        return await answer(request, smaller)

    edge.front.answer = asking_for_another
    for _ in range(3):
        assert lines(export(edge))[-1]["count"] == 450
    edge.front.problems = {len(edge.front.asked): StoreUnavailableError("gone")}
    assert export(edge).status_code == 503
    assert lines(export(edge))[-1]["count"] == 450
    assert export(edge, "{ __typename }").status_code == 400
    assert lines(export(edge))[-1]["count"] == 450


def test_without_a_place_an_export_is_refused_at_once(tmp_path):
    edge = new_edge(tmp_path, limits=Limits(max_exports=0))

    reply = export(edge)

    assert (reply.status_code, reply.json()["errors"][0]["extensions"]["code"]) == (
        503,
        BusyError.code,
    )


@pytest.fixture
def quotas():
    return Quotas(FakeLedger(), Quota(64_000, 60), {}, lambda: 5.0)


@pytest.fixture
def metered(tmp_path, quotas):
    return new_edge(tmp_path, quota=QuotaTold(quotas))


def owed(quotas):
    """Return what was taken from a worker that has leased nothing."""
    return -sum(pocket.left for pocket in quotas._shared.values())


@pytest.mark.parametrize(
    ("query", "problems", "cost"),
    [
        (None, {}, REFUSED),
        ("{ nothing", {}, REFUSED),
        ("{ __typename }", {}, REFUSED),
        (QUERY, {0: NotGrantedError("no")}, REFUSED),
        (QUERY, {1: NotGrantedError("withdrawn")}, REFUSED),
        (QUERY, {0: StoreUnavailableError("gone")}, 0),
        (QUERY, {}, 0),
    ],
)
def test_whatever_is_refused_costs_what_a_refused_question_does(
    metered, quotas, query, problems, cost
):
    metered.front.rows, metered.front.problems = 450, problems

    export(metered, query)

    assert owed(quotas) == cost


def test_a_registered_document_that_is_not_there_costs_as_much(tmp_path, quotas):
    nothing = TrustedDocuments(
        DocumentFolder(tmp_path), (CLIENT,), Disclosures(FakeLog(), None), lambda: 5.0
    )
    edge = new_edge(tmp_path, quota=QuotaTold(quotas), trusted=nothing)

    assert export(edge).status_code == 403
    assert owed(quotas) == REFUSED


@pytest.mark.anyio
async def test_a_client_that_goes_away_ends_the_work(edge):
    edge.front.rows = 100_000
    sent, messages = [], [_request()]
    answer = edge.front.answer

    async def answer_in_a_while(request, smaller):
        await anyio.sleep(0.001)
        return await answer(request, smaller)

    edge.front.answer = answer_in_a_while
    gone = anyio.Event()

    async def receive():
        if messages:
            return messages.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)
        if len(sent) == 4:
            gone.set()

    await router(edge.parts)(_scope(edge), receive, send)

    assert sent[-1]["more_body"] is True
    assert len(edge.front.asked) <= 5


@pytest.mark.anyio
async def test_no_chunk_is_asked_for_before_the_one_before_has_left(edge):
    edge.front.rows = 1_000
    asked_when_sent = []
    messages = [_request()]

    async def receive():
        if not messages:
            await anyio.sleep_forever()
        return messages.pop()

    async def send(message):
        await anyio.sleep(0.005)
        if message.get("more_body"):
            asked_when_sent.append(len(edge.front.asked))

    await router(edge.parts)(_scope(edge), receive, send)

    assert asked_when_sent == [1, 2, 3, 4, 5]


@pytest.mark.anyio
async def test_a_client_that_takes_nothing_is_left(tmp_path):
    edge = new_edge(tmp_path, limits=replace(Limits(), send_timeout_s=0.05))
    edge.front.rows = 1_000
    messages = [_request()]

    async def receive():
        if not messages:
            await anyio.sleep_forever()
        return messages.pop()

    async def send(message):
        if message.get("more_body"):
            await anyio.sleep_forever()
        assert message["type"] == "http.response.start"

    with anyio.fail_after(5):
        await router(edge.parts)(_scope(edge), receive, send)
    assert len(edge.front.asked) == 1


def _request() -> dict:
    body = json.dumps({"query": QUERY}).encode()
    return {"type": "http.request", "body": body, "more_body": False}


def _scope(edge) -> dict:
    headers = {"content-type": "application/json", **edge.bearer()}
    return {
        "type": "http",
        "method": "POST",
        "path": "/export",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }


def test_the_made_up_list_pages_as_the_hub_does():
    assert FakeFrontDoor(rows=3)._page({"hub_after": None, "hub_first": 2})["households"][
        "pageInfo"
    ] == {"hasNextPage": True, "endCursor": "1"}
