"""What the pages are told of the hub: declarations to everybody, rights and counts to callers."""

from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from hub.access import default_policy_text, load_policy
from hub.http.console.answers import profile_told
from hub.http.console.files import HEADERS
from hub.http.routes import router
from schema.catalogue import Catalogue
from tests.support.edge import ISSUER, FakePolicies, new_edge

OPEN = ["/console/hub.json", "/console/catalogue.json", "/console/examples.json"]
CLOSED = ["/console/granted.json", "/console/holdings.json", "/console/log.json"]


@pytest.mark.parametrize("path", OPEN)
def test_declarations_need_no_token_and_carry_the_headers_of_a_page(edge, path):
    reply = edge.http.get(path)

    assert reply.status_code == 200
    for name, value in HEADERS:
        assert reply.headers[name] == value


@pytest.mark.parametrize("path", CLOSED)
def test_rights_and_counts_need_a_token(edge, path):
    assert edge.http.get(path).status_code == 401
    assert edge.http.get(path, headers={"authorization": "Bearer x"}).status_code == 401


def test_the_hub_says_where_it_is_known_and_that_there_is_no_way_in_without_a_key(edge):
    told = edge.http.get("/console/hub.json").json()

    assert told["issuer"] == ISSUER
    assert told["signInPath"] is None


def test_the_profile_is_that_of_the_day_and_none_before_the_first(edge):
    before = edge.http.get("/console/hub.json").json()["profile"]
    edge.clock.forward(timedelta(days=200).total_seconds())
    after = edge.http.get("/console/hub.json").json()["profile"]

    assert before is None
    assert after["from"] == "2026-07-01"


def test_the_profile_is_read_once_a_day_however_often_anybody_asks(edge):
    profile_told.cache_clear()
    for _ in range(3):
        edge.http.get("/console/hub.json")

    assert profile_told.cache_info().misses == 1


def test_a_demonstration_says_where_one_may_sign_in(edge):
    parts = replace(edge.parts, sign_in_path="/demo/sign-in")

    told = TestClient(router(parts)).get("/console/hub.json").json()

    assert told["signInPath"] == "/demo/sign-in"


def test_a_caller_is_told_what_it_may_read_for_the_purpose_of_its_token(edge):
    edge.clock.forward(timedelta(days=200).total_seconds())

    told = edge.http.get("/console/granted.json", headers=edge.bearer()).json()

    assert (told["department"], told["role"], told["purpose"]) == (
        "medical-insurance", "clerk", "PUSH",
    )  # fmt: skip
    assert "MedicalEnrolment.scheme" in told["fields"]
    assert "DisabilityCertificate.level" not in told["fields"]
    policy = load_policy(default_policy_text(), Catalogue.discover())
    assert set(told["fields"]) <= {g.path for rule in policy.rules for g in rule.grants}


def test_before_the_first_day_of_the_grants_nothing_is_granted(edge):
    told = edge.http.get("/console/granted.json", headers=edge.bearer()).json()

    assert told["refusal"] == "EXPIRED"
    assert told["fields"] == []


def test_rights_are_those_of_the_policy_that_is_in_force_now(tmp_path):
    catalogue = Catalogue.discover()
    other = default_policy_text().replace('role = "clerk"', 'role = "desk"')
    policies = FakePolicies(changed=load_policy(other, catalogue))
    edge = new_edge(tmp_path, policies=policies)
    edge.clock.forward(timedelta(days=200).total_seconds())

    told = edge.http.get("/console/granted.json", headers=edge.bearer()).json()

    assert told["refusal"] == "NO_ENTITLEMENT"
