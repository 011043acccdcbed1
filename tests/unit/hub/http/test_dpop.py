"""A token that is bound to a key is good for who has the key, once for each proof."""

import base64
import json
import subprocess
import sys
from dataclasses import replace

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.testclient import TestClient

from hub.http.dpop import MAX_PROOF_BYTES
from hub.http.oauth import METADATA_PATH
from hub.http.replay import EPOCH_S, MemoryFullError, ReplayMemory
from hub.http.routes import router
from tests.support.edge import ISSUER, new_edge
from tests.support.proofs import Prover, ath

OTHER_KEY = ECKey.generate_key("P-256")
RSA_KEY = RSAKey.generate_key(2048)


@pytest.fixture
def prover(edge):
    return Prover(edge)


def challenge(reply):
    """Return the error of a refusal, once it is as RFC 9449 7.1 has it."""
    assert reply.status_code == 401, reply.text
    told = reply.headers["www-authenticate"]
    assert told.startswith('DPoP realm="hub", algs="ES256", error="'), told
    return told.split('error="')[1].partition('"')[0]


def test_a_proof_without_a_nonce_is_told_one_and_the_assertion_is_not_used_up(edge, prover):
    assertion = edge.assertion()
    headers = {"dpop": prover.proof("/oauth/token")}
    first = edge.http.post("/oauth/token", data=edge.form(assertion), headers=headers)
    prover.heard(first)
    headers = {"dpop": prover.proof("/oauth/token")}
    second = edge.http.post("/oauth/token", data=edge.form(assertion), headers=headers)

    assert (first.status_code, first.json()["error"]) == (400, "use_dpop_nonce")
    assert second.json()["token_type"] == "DPoP"


def test_a_token_names_the_key_of_the_proof_and_is_good_with_it(edge, prover):
    token = prover.token()
    _, payload, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))

    assert claims["cnf"] == {"jkt": prover.key.thumbprint()}
    assert prover.ask(token).status_code == 200
    assert prover.ask(token).status_code == 200
    assert len(edge.queries.asked) == 2


def test_a_bound_token_is_refused_as_a_bearer_token(edge, prover):
    token = prover.token()
    headers = {"authorization": f"Bearer {token}"}
    reply = edge.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)

    assert challenge(reply) == "invalid_token"
    assert challenge(prover.ask(token, scheme="Bearer")) == "invalid_token"
    assert not edge.queries.asked


def test_a_token_that_is_not_bound_is_no_dpop(edge, prover):
    token = edge.sign_in().json()["access_token"]
    prover.token()
    reply = prover.ask(token)

    assert reply.status_code == 401
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]


def test_a_bound_token_without_a_proof_is_told_a_nonce(edge, prover):
    token = prover.token()
    headers = {"authorization": f"DPoP {token}"}
    reply = edge.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)

    assert challenge(reply) == "invalid_dpop_proof"
    assert reply.headers["dpop-nonce"] == prover.nonce


def test_a_proof_works_once(edge, prover):
    token = prover.token()
    proof = prover.proof(token=token)

    assert prover.ask(token, proof).status_code == 200
    assert challenge(prover.ask(token, proof)) == "invalid_dpop_proof"
    assert len(edge.queries.asked) == 1


def test_a_nonce_is_good_for_at_most_a_minute_and_the_next_one_comes_with_an_answer(edge, prover):
    token = prover.token()
    old = prover.nonce
    edge.clock.forward(EPOCH_S)
    reply = prover.ask(token)
    assert reply.status_code == 200
    assert prover.nonce != old
    assert "dpop-nonce" not in prover.ask(token).headers

    prover.nonce = old
    edge.clock.forward(EPOCH_S)
    assert challenge(prover.ask(token)) == "use_dpop_nonce"
    assert prover.ask(token).status_code == 200


def test_query_fragment_and_spelling_of_the_address_do_not_count(edge, prover):
    token = prover.token()
    for htu in (f"{ISSUER}/graphql?a=b#c", "HTTP://127.0.0.1:8700/graphql"):
        assert prover.ask(token, prover.proof(token=token, htu=htu)).status_code == 200


SPOILT = {
    "another method": {"method": "GET"},
    "another path": {"path": "/export"},
    "another host": {"htu": "http://127.0.0.1:8701/graphql"},
    "another scheme": {"htu": "https://127.0.0.1:8700/graphql"},
    "a user in the address": {"htu": "http://a@127.0.0.1:8700/graphql"},
    "an address that is none": {"htu": "http://[/graphql"},
    "an address that is a number": {"htu": 7},
    "no address": {"htu": None, "path": ""},
    "too old": {"iat": 1_500_000_000},
    "too far ahead": {"iat": 9_999_999_999},
    "a time that is a text": {"iat": "now"},
    "a time that is a flag": {"iat": True},
    "no hash of the token": {"ath": None},
    "the hash of another token": {"ath": ath("another")},
    "a hash that is a number": {"ath": 7},
    "no id": {"jti": None},
    "an id that is a number": {"jti": 7},
    "an empty id": {"jti": ""},
    "a long id": {"jti": "x" * 256},
    "another type": {"header": {"typ": "at+jwt"}},
    "no type": {"header": {"typ": None}},
    "no key": {"header": {"jwk": None}},
    "a key that is none": {"header": {"jwk": "key"}},
    "a private key": {"header": {"jwk": OTHER_KEY.as_dict(private=True)}, "key": OTHER_KEY},
    "a critical parameter": {"header": {"crit": ["exp"], "exp": 1}},
    "a key by address": {"header": {"jku": "https://elsewhere.example/jwks"}},
    "a certificate": {"header": {"x5u": "https://elsewhere.example/x5u"}},
    "a key id": {"header": {"kid": "one"}},
    "signed by another key": {"key": OTHER_KEY},
    "an RSA key": {
        "header": {"alg": "RS256", "jwk": RSA_KEY.as_dict(private=False)}, "key": RSA_KEY,
    },
    "a shared secret": {
        "header": {"alg": "HS256", "jwk": {"kty": "oct", "k": "c2VjcmV0"}},
        "key": b"secret",
    },
    "long": {"padding": "x" * MAX_PROOF_BYTES},
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILT)
def test_a_proof_that_is_not_of_this_request_and_this_key_is_refused(edge, prover, what):
    changed = {"token": None, **SPOILT[what]}
    token = prover.token()
    if changed["token"] is None and "ath" not in changed:
        changed["token"] = token

    assert challenge(prover.ask(token, prover.proof(**changed))) == "invalid_dpop_proof"
    assert not edge.queries.asked


def test_a_proof_of_another_key_than_the_tokens_is_refused(edge, prover):
    token = prover.token()
    thief = Prover(edge, nonce=prover.nonce)

    assert challenge(thief.ask(token)) == "invalid_token"


@pytest.mark.parametrize(
    "proof", ["x", "a.b", "a.b.c", "....", "e30.e30.AAAA", "é.é.é", "W10.W10.W10"]
)
def test_what_is_no_proof_is_refused(edge, prover, proof):
    token = prover.token()

    assert challenge(prover.ask(token, proof.encode())) == "invalid_dpop_proof"
    form = edge.form()
    reply = edge.http.post("/oauth/token", data=form, headers={"dpop": proof.encode()})
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_dpop_proof")


def test_none_and_a_signature_of_zeros_are_refused(edge, prover):
    token = prover.token()
    head, payload, _ = prover.proof(token=token).split(".")
    none = base64.urlsafe_b64encode(b'{"typ":"dpop+jwt","alg":"none","jwk":{}}').rstrip(b"=")

    for proof in (
        f"{none.decode()}.{payload}.",
        f"{head}.{payload}.",
        f"{head}.{payload}.{'A' * 86}",
    ):
        assert challenge(prover.ask(token, proof)) == "invalid_dpop_proof"


def test_two_proofs_in_one_request_are_a_bad_request(edge, prover):
    token = prover.token()
    pairs = [("authorization", f"DPoP {token}")]
    pairs += [("dpop", prover.proof(token=token)), ("dpop", prover.proof(token=token))]

    assert edge.http.post("/graphql", json={}, headers=pairs).status_code == 400


def test_a_client_whose_tokens_must_be_bound_gets_none_without_a_proof(tmp_path):
    edge = new_edge(tmp_path)
    free = edge.sign_in().json()["access_token"]
    bound = {name: replace(c, sender_constraint="dpop") for name, c in edge.parts.clients.items()}
    edge.parts = replace(edge.parts, clients=bound)
    edge.http = TestClient(router(edge.parts))
    refused = edge.sign_in()
    prover = Prover(edge)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")
    assert prover.ask(prover.token()).status_code == 200
    headers = {"authorization": f"Bearer {free}"}
    assert edge.http.post("/graphql", json={}, headers=headers).status_code == 401


def test_the_metadata_names_the_algorithm_of_proofs(edge):
    told = edge.http.get(METADATA_PATH).json()

    assert told["dpop_signing_alg_values_supported"] == ["ES256"]


def test_of_two_workers_one_takes_a_proof_and_the_other_refuses_it(tmp_path):
    file = tmp_path / "dpop.seen"
    one = new_edge(tmp_path, replay=ReplayMemory.at(file, 1 << 12))
    other = TestClient(router(replace(one.parts, replay=ReplayMemory.at(file, 1 << 12))))
    prover = Prover(one)
    token = prover.token()
    proof, second = prover.proof(token=token), prover.proof(token=token)

    assert prover.ask(token, proof).status_code == 200
    assert challenge(prover.ask(token, proof, http=other)) == "invalid_dpop_proof"
    assert prover.ask(token, second, http=other).status_code == 200
    assert challenge(prover.ask(token, second)) == "invalid_dpop_proof"


def test_a_worker_with_another_memory_knows_none_of_the_nonces(tmp_path):
    one = new_edge(tmp_path)
    elsewhere = TestClient(router(replace(one.parts, replay=ReplayMemory.of_this_process(64))))
    prover = Prover(one)
    token = prover.token()
    proof = prover.proof(token=token)

    assert prover.ask(token, proof).status_code == 200
    assert challenge(prover.ask(token, proof, http=elsewhere)) == "use_dpop_nonce"
    assert prover.ask(token, http=elsewhere).status_code == 200


RACER = """
import sys
from pathlib import Path
from hub.http.replay import ReplayMemory
memory = ReplayMemory.at(Path(sys.argv[1]), 1 << 14)
print("ready", flush=True)
firsts = 0
for line in sys.stdin:  # a round at a time, so that both are at work whatever else the machine does
    firsts += sum(memory.use(7, "key", f"{line}{number}") for number in range(500))
    print(firsts, flush=True)
"""


def test_of_two_processes_that_race_exactly_one_is_first_with_each_proof(tmp_path):
    command = [sys.executable, "-c", RACER, str(tmp_path / "dpop.seen")]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for number in range(20):
        for racer in racers[:: 1 if number % 2 else -1]:
            racer.stdin.write(f"{number}\n")
            racer.stdin.flush()
        firsts = [int(racer.stdout.readline()) for racer in racers]
        assert sum(firsts) == 500 * (number + 1)
    for racer in racers:
        racer.communicate(timeout=30)

    assert min(firsts) > 0, "they did not race"


def test_a_memory_that_is_full_takes_nothing_and_is_empty_again_for_another_epoch():
    memory = ReplayMemory.of_this_process(64)
    taken = [memory.use(3, "key", str(number)) for number in range(48)]

    with pytest.raises(MemoryFullError):
        memory.use(3, "key", "one more")
    assert not memory.use(3, "key", "7")
    assert all(taken)
    assert memory.use(4, "key", "7")
    assert memory.use(6, "key", "7")
    with pytest.raises(MemoryFullError):
        memory.use(3, "key", "7")


def test_a_memory_of_another_form_is_made_anew_and_its_nonces_end(tmp_path):
    file = tmp_path / "dpop.seen"
    memory = ReplayMemory.at(file, 64)
    nonce = memory.nonce(1000)
    memory.close()
    again = ReplayMemory.at(file, 64)
    assert again.epoch(nonce, 1000) is not None
    again.close()
    file.write_bytes(b"something else")

    assert ReplayMemory.at(file, 64).epoch(nonce, 1000) is None
    assert file.stat().st_mode & 0o077 == 0


def test_an_export_goes_on_with_the_proof_that_it_began_with(edge, prover):
    token = prover.token()
    headers = {"authorization": f"DPoP {token}", "dpop": prover.proof("/export", token=token)}
    document = '{ people(nationalIds: ["690106197903150012"]) { index status person { id } } }'
    reply = edge.http.post("/export", json={"query": document}, headers=headers)

    assert reply.status_code == 200, reply.text


def test_any_library_makes_proofs_that_are_taken(edge, prover):
    """The bytes of the header differ from library to library; only what they say counts."""
    token = prover.token()
    public = prover.key.as_dict(private=False)
    head = {"alg": "ES256", "jwk": dict(sorted(public.items(), reverse=True)), "typ": "dpop+jwt"}
    claims = {"jti": "a", "htm": "POST", "htu": f"{ISSUER}/graphql", "ath": ath(token)}
    claims |= {"iat": edge.clock.now.timestamp(), "nonce": prover.nonce}

    assert prover.ask(token, jwt.encode(head, claims, prover.key)).status_code == 200
