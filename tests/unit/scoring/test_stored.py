import pytest
from hypothesis import given

from scoring.score import score
from scoring.stored import StoredScoreError, read_score, serialise_score
from tests.support.households import REGION, full_profile, household
from tests.unit.scoring.test_properties import EXAMPLES, known_households

PROFILE = full_profile()


@EXAMPLES
@given(known_households())
def test_a_stored_score_reads_back_to_the_same_score(facts):
    scored = score(facts, PROFILE)

    assert read_score(serialise_score(scored)) == scored


def test_the_stored_form_is_one_for_one_value():
    facts = household({}, region=REGION, dangerous_housing=True)

    assert serialise_score(score(facts, PROFILE)) == serialise_score(score(facts, PROFILE))


@pytest.mark.parametrize("alter", ["version", "cut", "text"])
def test_other_bytes_are_refused_without_being_quoted(alter):
    stored = serialise_score(score(household({}, dangerous_housing=True), PROFILE))
    altered = {
        "version": stored.replace(b'"version":1', b'"version":2'),
        "cut": stored[:-20],
        "text": b"\xff\xfe",
    }[alter]

    with pytest.raises(StoredScoreError) as caught:
        read_score(altered)

    assert str(caught.value) == "not a stored score of version 1"
    assert caught.value.__cause__ is None
