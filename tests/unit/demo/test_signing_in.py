"""Signing in without a key is for a page of the demonstration's own hub, and for nobody else."""

from dataclasses import replace

import pytest
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from hub.access import Purpose
from hub.demo.installation import AUDITOR, OFFICER
from hub.demo.signing_in import SIGN_IN_PATH, with_signing_in
from hub.errors import SetupError
from hub.http.clients import load_clients, registry_entry
from hub.http.routes import router, token_issuer
from tests.support.edge import new_edge

BOUND = ("127.0.0.1", 8700)
HOST = "127.0.0.1:8700"
OURS = {"host": HOST, "origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}
CHOICE = {"client": OFFICER.id, "purpose": "CASE"}


@pytest.fixture
def parts(tmp_path):
    edge = new_edge(tmp_path)
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"})
    key.ensure_kid()
    entries = [
        registry_entry(who.id, who.department, who.role, who.purposes, key)
        for who in (OFFICER, AUDITOR)
    ]
    entries.append(registry_entry("a-real-system", "medical-insurance", "clerk", ["PUSH"], key))
    return replace(edge.parts, clients=load_clients("\n".join(entries), str))


@pytest.fixture
def demo(parts):
    return TestClient(router(*with_signing_in(parts, BOUND)))


def test_a_page_of_the_demonstration_gets_a_token_that_names_the_chosen_client(demo, parts):
    reply = demo.post(SIGN_IN_PATH, json=CHOICE, headers=OURS)

    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    verified = token_issuer(parts).verified(reply.json()["access_token"], parts.clock())
    assert verified.caller.client_id == OFFICER.id
    assert (verified.caller.department, verified.caller.role) == ("civil-affairs", "officer")
    assert verified.caller.purpose is Purpose.CASE


def test_only_demo_clients_are_offered_though_others_are_registered(demo):
    offered = demo.get(SIGN_IN_PATH, headers=OURS).json()["clients"]

    assert {client["id"] for client in offered} == {OFFICER.id, AUDITOR.id}
    assert offered[0]["purposes"] == ["CASE", "WARN"]


@pytest.mark.parametrize("host", ["rebound.example:8700", "127.0.0.1", "127.0.0.1:80", ""])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_that_was_pointed_at_this_machine_is_refused(demo, host, method):
    headers = OURS | {"host": host, "origin": f"http://{host}"}

    reply = demo.request(method, SIGN_IN_PATH, json=CHOICE, headers=headers)

    assert (reply.status_code, reply.json()["code"]) == (403, "FOREIGN_REQUEST")


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:8700"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://localhost:8700"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_page_of_another_origin_is_refused(demo, changed):
    reply = demo.post(SIGN_IN_PATH, json=CHOICE, headers=OURS | changed)

    assert (reply.status_code, reply.json()["code"]) == (403, "FOREIGN_REQUEST")


def test_a_request_without_an_origin_is_refused(demo):
    headers = {"host": HOST}

    assert demo.post(SIGN_IN_PATH, json=CHOICE, headers=headers).status_code == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_what_a_form_of_another_site_can_send_is_refused(demo, kind):
    reply = demo.post(SIGN_IN_PATH, content=b"{}", headers=OURS | {"content-type": kind})

    assert reply.status_code == 415


@pytest.mark.parametrize(
    "choice",
    [
        {"client": "a-real-system", "purpose": "PUSH"},
        {"client": OFFICER.id, "purpose": "AUDIT"},
        {"client": "nobody", "purpose": "WARN"},
        {"client": OFFICER.id, "purpose": "PARTY"},
        {"client": OFFICER.id},
        [],
    ],
)
def test_nothing_but_a_demo_client_for_a_purpose_of_its_own_gets_a_token(demo, choice):
    reply = demo.post(SIGN_IN_PATH, json=choice, headers=OURS)

    assert reply.status_code == 400
    assert "access_token" not in reply.json()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])  # noqa: S104 - what must be refused
def test_nothing_is_mounted_on_an_address_that_others_reach(parts, host):
    with pytest.raises(SetupError, match="loopback"):
        with_signing_in(parts, (host, 8700))


@pytest.mark.parametrize("issuer", ["https://hub.example", "http://192.0.2.7:8700"])
def test_nothing_is_mounted_where_departments_know_the_hub_by_another_address(parts, issuer):
    with pytest.raises(SetupError, match="loopback"):
        with_signing_in(replace(parts, issuer=issuer), BOUND)


def test_an_edge_without_the_extension_has_no_such_path(parts):
    plain = TestClient(router(parts))

    assert plain.post(SIGN_IN_PATH, json=CHOICE, headers=OURS).status_code == 404
    assert plain.get(SIGN_IN_PATH, headers=OURS).status_code == 404
    assert parts.sign_in_path is None
