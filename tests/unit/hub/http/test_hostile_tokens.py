"""Whatever is done to a token or a proof: nobody is let in, everybody is told so, nothing is told.

A thousand in `make prove`, two hundred in each run.
"""

import pytest
from structlog.testing import capture_logs

from tests.support.edge import new_edge
from tests.support.hostile_tokens import KINDS, Attacker, hostile_headers
from tests.support.proofs import Prover

ERRORS = ("invalid_token", "invalid_dpop_proof", "use_dpop_nonce")


def refused(folder, seeds):
    """Send what each seed makes; return how many of each kind were refused as they must be."""
    edge = new_edge(folder)
    attacker = Attacker(edge, Prover(edge))
    counts = dict.fromkeys((kind.__name__ for kind in KINDS), 0)
    for seed in seeds:
        kind, headers = hostile_headers(seed, attacker)
        edge.queries.asked.clear()
        with capture_logs() as logs:
            reply = edge.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
        check(reply, headers, logs, f"{kind}, seed {seed}")
        assert not edge.queries.asked, f"{kind}, seed {seed}"
        counts[kind] += 1
    return counts


def check(reply, headers, logs, what):
    assert reply.status_code == 401, f"{what}: {reply.status_code} {reply.text}"
    told = reply.headers["www-authenticate"]
    assert told.startswith(("Bearer realm=", "DPoP realm=")), what
    assert any(f'error="{error}"' in told for error in ERRORS), f"{what}: {told}"
    (event,) = [log for log in logs if log["event"] == "not signed in"]
    assert event["log_level"] == "warning"
    for secret in (*headers.values(), *b".".join(headers.values()).split(b".")):
        shown = secret.decode("latin-1")
        assert len(shown) < 12 or shown not in str(logs) + reply.text + told, what


def test_of_two_hundred_spoilt_tokens_and_proofs_none_is_taken(tmp_path):
    counts = refused(tmp_path, range(210))

    assert set(counts.values()) == {15}


@pytest.mark.prove
def test_of_a_thousand_spoilt_tokens_and_proofs_none_is_taken(tmp_path):
    counts = refused(tmp_path, range(1_000, 2_022))

    assert min(counts.values()) >= 70
    assert sum(counts.values()) == 1_022
