"""Whatever the hub answers is what graphql-core gives over the same rows, grant by grant."""

from random import Random

import pytest

from hub.access import Caller, default_policy_text
from tests.support.asking import ANALYST, INSURER, OFFICER, WARNER, asking
from tests.support.comparing import Comparison
from tests.support.operations import CONSENT_FEATURES, FEATURES, Maker

pytestmark = [pytest.mark.anyio, pytest.mark.database]
CENTRE = Caller("civil-affairs", "verification-centre", "VERIFY", "ca-centre", "u9", "case-1")
CALLERS = (OFFICER, WARNER, ANALYST, INSURER, CENTRE)
AT_A_TIME = 100


@pytest.fixture
async def comparison(consented, catalogue):
    dsn, world, keyring = consented
    ask = asking(dsn, keyring, catalogue)
    yield Comparison(ask, world, catalogue, default_policy_text())
    await ask.database.close()


async def ask_many(comparison, seed: int, count: int = AT_A_TIME, callers=CALLERS) -> None:
    maker = Maker(comparison.schema, comparison.world, Random(seed))
    for n in range(count):
        await comparison.ask_one(maker.operation(), callers[n % len(callers)])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(4))
async def test_the_plan_answers_what_graphql_core_answers(comparison, seed):
    await ask_many(comparison, seed)

    assert comparison.answered >= AT_A_TIME // 2
    assert comparison.errors
    assert not comparison.rare(FEATURES, 1)


@pytest.mark.timeout(300)
async def test_what_needs_consent_is_answered_of_those_whom_it_covers(comparison):
    await ask_many(comparison, 77, 60, (CENTRE,))

    assert not comparison.rare(CONSENT_FEATURES, 3)


@pytest.mark.prove
@pytest.mark.timeout(1800)
async def test_five_thousand_generated_operations_agree_with_graphql_core(comparison):
    for seed in range(1_000, 1_050):
        await ask_many(comparison, seed)

    assert comparison.asked == 5_000
    assert comparison.answered >= 5_000 // 2
    print(
        f"\n{comparison.asked} generated operations, {comparison.answered} answered and compared,"
    )
    print(f"{comparison.errors} denied selections told; all agree. Met among the answered:")
    print(", ".join(f"{name} {count}" for name, count in sorted(comparison.met.items())))
    assert not comparison.rare(FEATURES, 100)
    assert not comparison.rare(CONSENT_FEATURES, 50)
