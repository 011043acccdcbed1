"""findUsage over HTTP: what it takes, what it asks, and in which shape it answers."""

import json

import orjson
import pytest

from hub.errors import AuditUnavailableError, NotGrantedError
from hub.http.quota import QuotaTold
from hub.query.citizens import CitizenNotAssertedError
from hub.query.quota import REFUSED, Quota, Quotas
from tests.fakes.quota_ledger import FakeLedger
from tests.support.edge import new_edge

NODE = {
    "index": 7, "at": "2026-03-01T00:00:00+00:00", "kind": "answer",
    "department": "civil-affairs", "receiver": "civil affairs", "receiverZh": "民政",
    "system": "ca-officer", "purpose": "CASE", "action": "visit and services",
    "actionZh": "走访与帮扶", "fields": ["population"], "fieldsZh": ["人口"],
    "legalBasis": "社会救助暂行办法", "isOwn": False, "isHousehold": False,
    "proof": '{"index":7}',
}  # fmt: skip
BODY = {
    "data": {"usages": {"edges": [{"node": NODE}]}},
    "extensions": {
        "receipt": {"index": 9},
        "usage": {
            "total": 3,
            "shown": 1,
            "delayed": 2,
            "treeSize": 9,
            "checkpoint": "note",
            "lists": None,
        },
    },
}


@pytest.fixture
def edge(tmp_path):
    edge = new_edge(tmp_path)
    edge.queries.body = orjson.dumps(BODY)
    return edge


def find(edge, path="/v2/findUsage", **members):
    return edge.http.post(path, json={"assertion": "a.b.c"} | members, headers=edge.bearer())


def test_an_answer_has_the_shape_of_the_data_tracker(edge):
    reply = find(edge, periodStart="2026-01-01T00:00:00Z", offset=3, limit=5)

    told = reply.json()
    (usage,) = told["usages"]
    assert (reply.status_code, told["totalUsages"], told["delayedUsages"]) == (200, 3, 2)
    assert usage["logtime"] == NODE["at"]
    assert (usage["action"], usage["receiverCode"]) == ("走访与帮扶", "civil-affairs")
    assert (usage["receiverName"], usage["receiverSystem"]) == ("民政", "ca-officer")
    assert usage["proof"] == {"index": 7}
    assert (told["checkpoint"], told["receipt"]) == ("note", {"index": 9})
    (asked,) = edge.queries.asked
    assert asked.variables == {
        "assertion": "a.b.c", "since": "2026-01-01T00:00:00Z", "until": None, "first": 5,
        "offset": 3,
    }  # fmt: skip
    assert asked.channel == "usage"


@pytest.mark.parametrize(
    "members",
    [
        {"limit": 0},
        {"limit": 201},
        {"offset": -1},
        {"userCode": "690102199001010017"},
        {"assertion": 1},
        {"assertion": "a" * 4_097},
    ],
)
def test_what_may_not_be_asked_is_refused_and_not_repeated(edge, members):
    reply = find(edge, **members)

    assert reply.status_code == 400
    assert "690102199001010017" not in reply.text
    assert edge.queries.asked == []


def test_nobody_is_named_in_an_address(edge):
    reply = find(edge, "/v2/findUsage?userCode=690102199001010017")

    assert reply.status_code == 400
    assert "690102199001010017" not in reply.text
    assert edge.http.get("/v2/findUsage", headers=edge.bearer()).status_code == 405


def test_without_a_token_nothing_is_asked(edge):
    assert edge.http.post("/v2/findUsage", json={"assertion": "a"}).status_code == 401
    assert edge.http.get("/v2/usagePeriod").status_code == 401
    assert edge.queries.asked == []


@pytest.mark.parametrize(
    ("problem", "status"),
    [(CitizenNotAssertedError("it is old"), 400), (AuditUnavailableError("no log"), 503)],
)
def test_a_refusal_is_a_problem_document(edge, problem, status):
    edge.queries.problem = problem
    reply = find(edge)

    assert reply.status_code == status
    assert json.loads(reply.text)["code"] == problem.code


@pytest.mark.parametrize(
    ("members", "problem", "cost"),
    [
        ({"limit": 0}, None, REFUSED),
        ({}, NotGrantedError("no"), REFUSED),
        ({}, AuditUnavailableError("no log"), 0),
        ({}, None, 0),
    ],
)
def test_what_is_refused_costs_what_a_refused_question_does(tmp_path, members, problem, cost):
    quotas = Quotas(FakeLedger(), Quota(64_000, 60), {}, lambda: 5.0)
    edge = new_edge(tmp_path, quota=QuotaTold(quotas))
    edge.queries.body, edge.queries.problem = orjson.dumps(BODY), problem

    find(edge, **members)

    assert -sum(pocket.left for pocket in quotas._shared.values()) == cost


def test_the_heartbeat_says_when_the_database_does_not_answer(edge):
    reply = edge.http.get("/v2/heartbeat")

    assert (reply.status_code, reply.json()["status"]) == (200, "FAIL")
