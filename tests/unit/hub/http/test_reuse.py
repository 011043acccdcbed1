"""What was sent again is refused, and on record: once a minute for each client."""

import pytest

from audit.entry import EntryKind
from audit.indicator_rules import packaged_rules
from audit.indicators import applies, observed
from hub.http.reuse import EVERY_S, NotedReuse
from tests.fakes.audit_log import Break, FakeLog
from tests.support.edge import CLIENT, START, SetClock, new_edge
from tests.support.proofs import Prover

pytestmark = pytest.mark.anyio


class Ticks:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def noted():
    return NotedReuse(FakeLog(), SetClock(), Ticks())


@pytest.fixture
def edge(tmp_path, noted):
    return new_edge(tmp_path, reuse=noted)


async def test_a_proof_that_comes_again_is_refused_and_on_record(edge, noted):
    prover = Prover(edge)
    token = prover.token()
    proof = prover.proof(token=token)

    assert prover.ask(token, proof).status_code == 200
    again = prover.ask(token, proof)

    assert again.status_code == 401
    assert "invalid_dpop_proof" in again.headers["www-authenticate"]
    (entry,) = noted.journal.entries
    record = noted.journal.record()
    assert entry.kind is EntryKind.DENIAL
    assert (record["department"], record["client"]) == ("medical-insurance", CLIENT)
    assert (record["reason"], record["what"]) == ("USED_BEFORE", "proof")
    rule = next(rule for rule in packaged_rules() if rule.id == "used-again")
    assert applies(rule, observed(0, START, 4, entry.record, b""))


async def test_an_assertion_that_comes_again_is_refused_and_on_record(edge, noted):
    assertion = edge.assertion()

    assert edge.sign_in(assertion).status_code == 200
    assert edge.sign_in(assertion).status_code == 401
    assert noted.journal.record()["what"] == "assertion"


async def test_a_proof_that_is_wrong_in_another_way_is_no_replay(edge, noted):
    prover = Prover(edge)
    token = prover.token()
    assert prover.ask(token, prover.proof(token=token, htm="GET")).status_code == 401

    assert noted.journal.entries == []


async def test_one_client_fills_the_log_with_one_entry_a_minute(noted):
    for _ in range(3):
        await noted.seen("tax", "a", "proof")
    await noted.seen("tax", "b", "proof")
    await noted.seen("tax", "a", "assertion")
    assert len(noted.journal.entries) == 3

    noted.monotonic.now += EVERY_S
    await noted.seen("tax", "a", "proof")
    assert len(noted.journal.entries) == 4


@pytest.mark.parametrize("breaks", Break)
async def test_it_is_refused_too_where_it_cannot_be_put_on_record(edge, noted, breaks):
    assertion = edge.assertion()
    edge.sign_in(assertion)
    noted.journal.breaks = breaks

    assert edge.sign_in(assertion).status_code == 401
    noted.journal.breaks = None
    assert edge.sign_in(assertion).status_code == 401
    assert noted.journal.record()["reason"] == "USED_BEFORE"
