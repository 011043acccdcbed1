"""Which state may follow which: the simplified path, and the way out of it."""

from itertools import pairwise

import pytest

from scoring.credit import CreditState, CreditTransitionError, follow
from scoring.credit.states import NEXT

S = CreditState
PATH = (
    S.NOTIFIED, S.COMMITTED, S.VERIFIED, S.CONFIRMED_SIMPLIFIED, S.PUSHED, S.SUPERVISED,
    S.DETERMINED,
)  # fmt: skip


def test_the_simplified_path_leads_to_a_determination():
    for state, after in pairwise(PATH):
        assert follow(state, after) is after


def test_the_normal_procedure_is_open_until_the_confirmation():
    ways = {state for state in S if S.FALLBACK_NORMAL in NEXT[state]}

    assert ways == {S.NOTIFIED, S.COMMITTED, S.VERIFIED}


def test_nothing_is_skipped_but_what_receivers_do():
    for state, allowed in NEXT.items():
        skipped = allowed - {S.FALLBACK_NORMAL, S.DETERMINED, state}
        assert skipped <= {dict(pairwise(PATH)).get(state)}


@pytest.mark.parametrize("state", [S.DETERMINED, S.FALLBACK_NORMAL])
def test_what_has_ended_goes_nowhere(state):
    with pytest.raises(CreditTransitionError, match="nothing: it has ended"):
        follow(state, S.VERIFIED)


def test_a_refused_step_says_where_the_commitment_can_go():
    with pytest.raises(
        CreditTransitionError,
        match="notified cannot become verified; it can become committed, fallback-normal",
    ):
        follow(S.NOTIFIED, S.VERIFIED)


def test_every_state_has_its_row():
    assert NEXT.keys() == set(S)
