import json
from dataclasses import replace

import anyio
import pytest

from hub.errors import (
    AuditUnavailableError,
    CorruptError,
    InvalidDocumentError,
    Location,
    NotGrantedError,
    TooCostlyError,
)
from hub.http.graphql import is_mutation
from hub.http.limits import BusyError, Limits, Places
from hub.http.quota import QuotaTold
from hub.query.quota import REFUSED, Quota, QuotaExceededError, Quotas
from tests.fakes.quota_ledger import FakeLedger
from tests.support.edge import FakeAnswer, new_edge

GRAPHQL = "application/graphql-response+json"
UNSTATED = "application/json; charset=utf-8"
PLAIN = "application/json"


def post(edge, content, **headers):
    sent = edge.bearer() | {"content-type": PLAIN} | headers
    return edge.http.post("/graphql", content=content, headers=sent)


def test_an_answer_is_sent_as_it_came_and_is_never_cached(edge):
    edge.queries.body = b'{"data":{"person":{"region":"690101"}}}'

    reply = edge.ask("query Q($n: String!) { x }", variables={"n": "a"}, operationName="Q")

    assert (reply.status_code, reply.content) == (200, edge.queries.body)
    assert reply.headers["content-type"] == UNSTATED
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"
    (request,) = edge.queries.asked
    assert request.document == "query Q($n: String!) { x }"
    assert (request.variables, request.operation_name) == ({"n": "a"}, "Q")
    assert request.at == edge.clock.now
    assert request.request_id == reply.headers["hub-request-id"]


def test_a_request_id_of_the_callers_own_comes_back(edge):
    assert edge.ask(headers={"hub-request-id": "req-7"}).headers["hub-request-id"] == "req-7"


@pytest.mark.parametrize("given", ["690101199001011234", "two words", "x" * 65])
def test_a_request_id_that_cannot_be_put_on_record_is_replaced(edge, given):
    assert edge.ask(headers={"hub-request-id": given}).headers["hub-request-id"] != given


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_post_and_get_are_offered(edge, method):
    reply = edge.http.request(method, "/graphql?query={x}", headers=edge.bearer())

    assert (reply.status_code, reply.headers["allow"]) == (405, "POST, GET")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (GRAPHQL, GRAPHQL),
        (PLAIN, PLAIN),
        ("*/*", UNSTATED),
        ("application/*", UNSTATED),
        (f"*/*, {GRAPHQL}", GRAPHQL),
        (f"*/*, {PLAIN}", PLAIN),
        ("text/html, */*;q=0.1", UNSTATED),
        (f"{GRAPHQL}, {PLAIN};q=0.9", GRAPHQL),
        (f"{GRAPHQL};q=0.8, {PLAIN}", PLAIN),
        (f"text/html, {PLAIN}; charset=utf-8", PLAIN),
        (f"{GRAPHQL}; q=much", GRAPHQL),
    ],
)
def test_the_answer_has_a_media_type_that_the_caller_accepts(edge, accept, expected):
    assert edge.ask(headers={"accept": accept}).headers["content-type"] == expected


@pytest.mark.parametrize("accept", ["text/html", f"{PLAIN};q=0"])
def test_a_caller_who_accepts_neither_media_type_is_told_so(edge, accept):
    assert edge.ask(headers={"accept": accept}).status_code == 406


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (PLAIN, 200),
        ("application/json; charset=utf-8", 200),
        ('Application/JSON; charset="UTF-8"', 200),
        ("application/json; charset=gb18030", 415),
        ("application/graphql", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ],
)
def test_a_question_is_json_in_utf_8(edge, sent, status):
    assert edge.ask(headers={"content-type": sent}).status_code == status


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"NaN",
        b"null",
        b'"x"',
        b"[]",
        b'[{"query": "{ x }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": 7}',
        b'{"query": ["{ x }"]}',
        b'{"query": "{ x }", "variables": []}',
        b'{"query": "{ x }", "variables": "{}"}',
        b'{"query": "{ x }", "operationName": 7}',
        b'{"query": "{ x }", "extensions": []}',
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize("accept", [GRAPHQL, PLAIN])
def test_what_is_no_graphql_request_is_400_under_both_media_types(edge, content, accept):
    reply = post(edge, content, accept=accept)

    assert (reply.status_code, reply.headers["content-type"]) == (400, accept)
    (error,) = reply.json()["errors"]
    too_deep = content.startswith(b"[[")
    assert error["extensions"]["code"] == ("BODY_TOO_COMPLEX" if too_deep else "BAD_REQUEST")
    assert not edge.queries.asked


def test_what_one_value_of_a_header_says_is_not_taken_for_another(edge):
    def statuses(name, *values):
        return [edge.ask(headers={name: value}).status_code for value in values * 2]

    accepted = statuses("accept", GRAPHQL, "text/html", PLAIN, f"{PLAIN};q=0")
    taken = statuses("content-type", PLAIN, f"{PLAIN}; charset=latin-1", f"{PLAIN};charset=utf-8")

    assert accepted == [200, 406, 200, 406] * 2
    assert taken == [200, 415, 200] * 2


def test_a_batch_is_told_to_come_one_by_one(edge):
    reply = post(edge, b'[{"query": "{ x }"}]')

    assert reply.json()["errors"][0]["message"].startswith("Batches are not taken")


def test_members_that_nobody_knows_are_ignored_and_nulls_count_as_left_out(edge):
    body = {"query": "{ x }", "variables": None, "operationName": None, "extensions": None}

    assert post(edge, json.dumps(body | {"id": 7})).status_code == 200
    (request,) = edge.queries.asked
    assert (request.variables, request.operation_name) == ({}, None)


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (InvalidDocumentError("The document does not parse.", (Location(1, 3),)), 400),
        (TooCostlyError("It costs 9 of 5; ask for less."), 400),
        (NotGrantedError("Not for this purpose.", ("Alert.total",)), 403),
    ],
)
def test_a_refused_operation_has_its_status_under_the_new_type_and_200_under_plain_json(
    edge, problem, status
):
    edge.queries.problem = problem

    new = edge.ask(headers={"accept": GRAPHQL})
    plain = edge.ask(headers={"accept": PLAIN})

    assert (new.status_code, plain.status_code) == (status, 200)
    for reply in (new, plain):
        (error,) = reply.json()["errors"]
        assert error["message"] == str(problem)
        assert error["extensions"]["code"] == problem.code
        assert "data" not in reply.json()


def test_places_and_fields_of_a_refusal_are_told(edge):
    edge.queries.problem = InvalidDocumentError("It does not parse.", (Location(2, 5),))
    assert edge.ask().json()["errors"][0]["locations"] == [{"line": 2, "column": 5}]

    edge.queries.problem = NotGrantedError("Not for this purpose.", ("Alert.total",))
    assert edge.ask().json()["errors"][0]["extensions"]["fields"] == ["Alert.total"]


@pytest.mark.parametrize("accept", [GRAPHQL, PLAIN])
def test_an_answer_that_cannot_be_put_on_record_is_503_with_a_hint_when_to_come_back(edge, accept):
    edge.queries.problem = AuditUnavailableError("The access could not be put on record.")

    reply = edge.ask(headers={"accept": accept})

    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
    assert reply.json()["errors"][0]["extensions"]["code"] == "AUDIT_UNAVAILABLE"


def test_what_is_broken_inside_is_told_by_an_id_only(edge):
    edge.queries.problem = CorruptError("Row 17 contradicts row 18.")

    reply = edge.ask()

    assert reply.status_code == 500
    assert "Row 17" not in reply.text
    told = reply.json()["errors"][0]["extensions"]
    assert told == {"code": "CORRUPT", "requestId": reply.headers["hub-request-id"]}


def test_a_body_longer_than_the_limit_is_refused(tmp_path):
    edge = new_edge(tmp_path, limits=Limits(max_body_bytes=64))

    assert post(edge, b'{"query": "{ x }"}').status_code == 200
    reply = post(edge, b'{"query": "{ x }", "padding": "' + b"x" * 64 + b'"}')

    assert reply.status_code == 413
    assert "64 bytes" in reply.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("document", "name", "expected"),
    [
        ("{ mutation }", None, False),
        ("mutation M { recognise { id } }", None, True),
        ("mutation M { a } query Q { b }", "M", True),
        ("mutation M { a } query Q { b }", "Q", False),
        ("mutation M { a } query Q { b }", None, False),
        ("mutation M { a } query Q { b }", "X", False),
        ("mutation {", None, False),
        ("mutation { " + "a {" * 2_000 + "a" + "}" * 2_001, None, False),
        ("mutation { " + "a " * 9_000 + "}", None, False),
    ],
)
def test_only_the_operation_that_would_run_decides_who_gets_it(document, name, expected):
    assert is_mutation(document, name) is expected


def test_mutations_go_to_the_commands_and_queries_to_the_answers(edge):
    edge.ask("mutation M { recognise { id } }")
    edge.ask("query Q { person { id } }")

    assert [request.document[:8] for request in edge.commands.asked] == ["mutation"]
    assert [request.document[:5] for request in edge.queries.asked] == ["query"]


class SlowAnswers:
    """Never answers; says when it was asked and when it was cancelled."""

    def __init__(self):
        self.asked = anyio.Event()
        self.cancelled = anyio.Event()

    async def answer(self, request, /):
        self.asked.set()
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            self.cancelled.set()
            raise
        return FakeAnswer(b"")


def call(edge):
    """Return an ASGI call of POST /graphql: its scope and its body."""
    body = b'{"query": "{ x }"}'
    headers = {"content-type": PLAIN} | edge.bearer()
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": pairs}
    return scope | {"query_string": b"", "root_path": ""}, body


@pytest.mark.anyio
async def test_a_caller_who_goes_away_stops_the_work_and_gets_nothing(tmp_path):
    slow = SlowAnswers()
    edge = await anyio.to_thread.run_sync(lambda: new_edge(tmp_path, queries=slow))
    scope, body = await anyio.to_thread.run_sync(call, edge)
    is_first = True
    sent = []

    async def receive():
        nonlocal is_first
        if is_first:
            is_first = False
            return {"type": "http.request", "body": body}
        await slow.asked.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    with anyio.fail_after(5):
        await edge.http.app(scope, receive, send)

    assert slow.cancelled.is_set()
    assert sent == []


@pytest.mark.anyio
async def test_a_caller_who_goes_away_in_mid_body_is_not_answered(tmp_path):
    edge = await anyio.to_thread.run_sync(new_edge, tmp_path)
    scope, body = await anyio.to_thread.run_sync(call, edge)
    messages = [
        {"type": "http.request", "body": body[:5], "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    await edge.http.app(scope, receive, send)

    assert sent == []
    assert edge.queries.asked == []


def test_an_answer_that_takes_too_long_is_503(tmp_path):
    slow = SlowAnswers()
    edge = new_edge(tmp_path, queries=slow)
    limits = replace(edge.parts.limits, answer_timeout_s=0.05)
    edge = new_edge(tmp_path, queries=slow, limits=limits)

    reply = edge.ask()

    assert (reply.status_code, reply.json()["errors"][0]["extensions"]["code"]) == (503, "TIMEOUT")
    assert slow.cancelled.is_set()


@pytest.mark.anyio
async def test_a_body_that_does_not_arrive_is_408(tmp_path):
    limits = Limits(body_timeout_s=0.05)
    edge = await anyio.to_thread.run_sync(lambda: new_edge(tmp_path, limits=limits))
    scope, _ = await anyio.to_thread.run_sync(call, edge)
    sent = []

    async def send(message):
        sent.append(message)

    with anyio.fail_after(5):
        await edge.http.app(scope, anyio.sleep_forever, send)

    assert sent[0]["status"] == 408


@pytest.mark.anyio
async def test_one_operation_more_than_may_wait_is_told_to_try_again(tmp_path):
    slow = SlowAnswers()
    limits = Limits(max_waiting=1)
    edge = await anyio.to_thread.run_sync(lambda: new_edge(tmp_path, queries=slow, limits=limits))
    scope, body = await anyio.to_thread.run_sync(call, edge)

    async def status():
        messages, sent = [{"type": "http.request", "body": body}], []

        async def receive():
            if not messages:
                await anyio.sleep_forever()
            return messages.pop()

        async def send(message):
            sent.append(message)

        await edge.http.app(scope, receive, send)
        return sent[0]["status"]

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(status)
            await slow.asked.wait()
            assert await status() == 503
            group.cancel_scope.cancel()


def test_a_place_is_free_again_however_its_holder_ended():
    places = Places(1)

    for _ in range(2):
        with pytest.raises(ZeroDivisionError), places:
            raise ZeroDivisionError
    with places, pytest.raises(BusyError), places:
        pass


@pytest.mark.parametrize("accept", [GRAPHQL, PLAIN])
def test_a_spent_quota_is_429_under_both_media_types_and_says_when_to_come_back(edge, accept):
    edge.queries.problem = QuotaExceededError("Spent.", 17, "department")

    reply = edge.ask(headers={"accept": accept})

    assert (reply.status_code, reply.headers["retry-after"]) == (429, "17")
    assert reply.json()["errors"][0]["extensions"]["code"] == "QUOTA_EXCEEDED"


def test_every_answer_tells_the_quota_and_a_refused_request_costs(tmp_path):
    quotas = Quotas(FakeLedger(), Quota(100_000, 60), {}, lambda: 5.0)
    edge = new_edge(tmp_path, quota=QuotaTold(quotas))

    assert edge.ask().headers["ratelimit"] == '"department";r=100000;t=60'
    edge.queries.problem = NotGrantedError("No.")
    assert edge.ask().status_code == 403
    assert post(edge, b"no JSON").status_code == 400

    (pocket,) = quotas.pockets(edge.queries.asked[0].caller)
    assert pocket.left == -REFUSED * 2
    policy = edge.ask().headers["ratelimit-policy"]
    assert policy == '"department";q=100000;w=60;hub-unit="cost"'
