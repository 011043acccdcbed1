"""A quota that is spent, or that nobody can tell, ends a request before it is parsed, on record."""

import orjson
import pytest

from audit.entry import EntryKind
from hub.errors import StoreUnavailableError
from hub.query.quota import Quota, QuotaExceededError, Quotas
from tests.fakes.audit_log import FakeLog
from tests.fakes.quota_ledger import FakeLedger
from tests.support.asking import asking
from tests.support.edge import new_keyring

pytestmark = pytest.mark.anyio
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture
def ledger():
    return FakeLedger()


@pytest.fixture
def asked(ledger, tmp_path, catalogue):
    quotas = Quotas(ledger, Quota(100, 60), {}, lambda: 1_000.0)
    return asking(NOWHERE, new_keyring(tmp_path / "keys"), catalogue, log=FakeLog(), meter=quotas)


async def test_a_spent_quota_is_a_refusal_on_record_and_nothing_was_parsed(asked, ledger):
    ledger.leased["department:civil-affairs"] = 100

    with pytest.raises(QuotaExceededError):
        await asked.body("{ this does not even parse")

    (entry,) = asked.log.entries
    record = orjson.loads(entry.record)
    assert entry.kind is EntryKind.DENIAL
    assert (record["outcome"], record["reason"]) == ("refused", "QUOTA_EXCEEDED")
    assert record["department"] == "civil-affairs"


async def test_without_a_ledger_the_request_fails_and_that_is_on_record(asked, ledger):
    ledger.problem = StoreUnavailableError("The database does not accept connections.")

    with pytest.raises(StoreUnavailableError):
        await asked.body("{ __typename }")

    (entry,) = asked.log.entries
    assert orjson.loads(entry.record)["outcome"] == "failed"
