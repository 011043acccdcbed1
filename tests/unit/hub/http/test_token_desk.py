"""A token can be asked about by a resource server, and given back by who has it."""

import json

import pytest
from joserfc.jwk import ECKey

from hub.errors import StoreUnavailableError
from hub.http.clients import load_clients, registry_entry
from hub.http.oauth import METADATA_PATH, TOKEN_PATH
from hub.http.token_desk import INTROSPECTION_PATH, REVOCATION_PATH
from tests.support.edge import CLIENT, ISSUER, new_edge
from tests.support.proofs import Prover

KEY = ECKey.generate_key("P-256", {"kid": "server"})
SERVER = "statistics-gateway"


@pytest.fixture
def edge(tmp_path):
    """An edge with a second client: a resource server without a purpose of its own."""
    edge = new_edge(tmp_path)
    own = registry_entry(CLIENT, "medical-insurance", "clerk", ["PUSH", "CASE"], edge.key)
    server = registry_entry(SERVER, "statistics", "server", [], KEY)
    server = server.replace("jwk =", "resource_server = true\njwk =")
    return new_edge(tmp_path, clients=load_clients(f"{own}\n{server}", str), key=edge.key)


def desk(edge, path, token, *, key=None, client=CLIENT, **more):
    assertion = edge.assertion(key=key, iss=client, sub=client)
    form = edge.form(assertion, token=token, grant_type=None, authorization_details=None)
    return edge.http.post(path, data=form | more)


def introspected(edge, token):
    reply = desk(edge, INTROSPECTION_PATH, token, key=KEY, client=SERVER)
    assert reply.status_code == 200, reply.text
    assert reply.headers["cache-control"] == "no-store"
    return reply.json()


def asked(edge, token):
    headers = {"authorization": f"Bearer {token}"}
    return edge.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)


def test_a_resource_server_hears_what_a_good_token_says(edge):
    told = introspected(edge, edge.sign_in().json()["access_token"])

    now = int(edge.clock.now.timestamp())
    assert told.pop("jti")
    assert told == {
        "active": True,
        "iss": ISSUER,
        "sub": CLIENT,
        "aud": f"{ISSUER}/graphql",
        "client_id": CLIENT,
        "token_type": "Bearer",
        "iat": now,
        "exp": now + 600,
        "department": "medical-insurance",
        "role": "clerk",
        "authorization_details": [{"type": "hub_query", "purpose": "PUSH"}],
    }


def test_it_hears_what_a_token_is_bound_to(edge):
    prover = Prover(edge)
    told = introspected(edge, prover.token())

    assert (told["token_type"], told["cnf"]) == ("DPoP", {"jkt": prover.key.thumbprint()})


def test_whatever_is_not_good_is_not_active_and_nothing_more(edge):
    token = edge.sign_in().json()["access_token"]
    edge.clock.forward(600)

    for one in (token, token[:-8] + "AAAAAAAA", "x", edge.assertion()):
        assert introspected(edge, one) == {"active": False}


def test_nobody_but_a_resource_server_is_told(edge):
    token = edge.sign_in().json()["access_token"]
    by_client = desk(edge, INTROSPECTION_PATH, token)
    by_nobody = edge.http.post(INTROSPECTION_PATH, data={"token": token})

    assert (by_client.status_code, by_client.json()["error"]) == (403, "unauthorized_client")
    assert (by_nobody.status_code, by_nobody.json()["error"]) == (401, "invalid_client")


def test_a_resource_server_gets_no_token_of_its_own(edge):
    reply = edge.http.post(
        TOKEN_PATH, data=edge.form(edge.assertion(key=KEY, iss=SERVER, sub=SERVER))
    )

    assert reply.json()["error"] == "invalid_authorization_details"


def test_a_token_that_was_given_back_is_taken_by_nobody(edge):
    token, other = (edge.sign_in().json()["access_token"] for _ in range(2))
    assert asked(edge, token).status_code == 200

    for _ in range(2):
        reply = desk(edge, REVOCATION_PATH, token)
        assert (reply.status_code, reply.json()) == (200, {})
    refused = asked(edge, token)

    assert refused.status_code == 401
    assert "it was revoked" in refused.headers["www-authenticate"]
    assert introspected(edge, token) == {"active": False}
    assert asked(edge, other).status_code == 200


def test_only_its_client_can_give_a_token_back(edge):
    token = edge.sign_in().json()["access_token"]
    reply = desk(edge, REVOCATION_PATH, token, key=KEY, client=SERVER)

    assert (reply.status_code, reply.json()["error"]) == (400, "unauthorized_client")
    assert asked(edge, token).status_code == 200


def test_giving_back_what_is_no_token_is_nothing(edge):
    assert desk(edge, REVOCATION_PATH, "x", token_type_hint="refresh_token").json() == {}
    assert desk(edge, REVOCATION_PATH, None).json()["error"] == "invalid_request"
    assert not edge.parts.revocations.revoked


def test_while_nobody_knows_what_was_revoked_no_token_is_taken(edge):
    token = edge.sign_in().json()["access_token"]
    assert asked(edge, token).status_code == 200
    edge.parts.revocations.problem = StoreUnavailableError("The database does not answer.")

    assert asked(edge, token).status_code == 503
    reply = desk(edge, REVOCATION_PATH, token)
    assert (reply.status_code, reply.json()["error"]) == (503, "temporarily_unavailable")


def test_a_token_reaches_as_far_as_it_was_asked_for(edge):
    details = {"type": "hub_query", "purpose": "PUSH", "regions": ["420106001", "420106"]}
    details |= {"datasets": ["Population", "Person"]}
    reply = edge.sign_in(authorization_details=json.dumps([details])).json()

    assert asked(edge, reply["access_token"]).status_code == 200
    (request,) = edge.queries.asked
    assert request.caller.area == ("420106", "420106001")
    assert request.caller.datasets == {"Population"}
    assert reply["authorization_details"] == [
        {
            "type": "hub_query",
            "purpose": "PUSH",
            "regions": ["420106", "420106001"],
            "datasets": ["Population"],
        }
    ]


def with_area(tmp_path, edge, area):
    entry = registry_entry(CLIENT, "medical-insurance", "clerk", ["PUSH"], edge.key, area)
    return new_edge(tmp_path, clients=load_clients(entry, str), key=edge.key)


def test_a_client_can_narrow_its_regions_and_not_widen_them(tmp_path, edge):
    narrow = with_area(tmp_path, edge, ["420106001"])

    def sign_in(*regions):
        one = {"type": "hub_query", "purpose": "PUSH", "regions": regions}
        return narrow.sign_in(authorization_details=json.dumps([one]))

    assert sign_in("420106001001").status_code == 200
    for wider in (("420106",), ("420106001001", "420106002")):
        assert sign_in(*wider).json()["error"] == "invalid_authorization_details"


def test_a_token_for_a_region_that_the_client_has_no_more_is_refused(tmp_path, edge):
    wide, narrow = with_area(tmp_path, edge, ["420106"]), with_area(tmp_path, edge, ["420106001"])
    one = {"type": "hub_query", "purpose": "PUSH", "regions": ["420106002"]}
    token = wide.sign_in(authorization_details=json.dumps([one])).json()["access_token"]

    assert asked(wide, token).status_code == 200
    assert asked(narrow, token).status_code == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"regions": []},
        {"regions": "420106"},
        {"regions": ["42%"]},
        {"regions": ["4" * 13]},
        {"regions": [420106]},
        {"regions": ["4"] * 101},
        {"regions": None},
        {"datasets": []},
        {"datasets": ["Population.name"]},
        {"datasets": {"Population": 1}},
        {"actions": ["read"]},
    ],
)
def test_details_that_are_not_understood_are_refused_and_never_ignored(edge, changed):
    details = [{"type": "hub_query", "purpose": "PUSH"} | changed]
    reply = edge.sign_in(authorization_details=json.dumps(details))

    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_authorization_details")


def test_the_metadata_names_both_endpoints_and_how_clients_prove_themselves(edge):
    told = edge.http.get(METADATA_PATH).json()

    for name, path in (("introspection", INTROSPECTION_PATH), ("revocation", REVOCATION_PATH)):
        assert told[f"{name}_endpoint"] == ISSUER + path
        assert told[f"{name}_endpoint_auth_methods_supported"] == ["private_key_jwt"]
