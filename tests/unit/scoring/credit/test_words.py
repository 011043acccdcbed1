"""The rules and the code lists have the same words."""

import pytest

from connectors.outbound.commitment_record import FIELDS
from hub.casework.credit.record import NAMES
from schema.codes.credit import CREDIT_GRADE, CREDIT_STATE, SIGNED_BY
from schema.datasets.credit import COMMITMENT
from scoring.credit import CreditState, Grade, Signer


@pytest.mark.parametrize(
    ("code_list", "words"),
    [(CREDIT_STATE, CreditState), (CREDIT_GRADE, Grade), (SIGNED_BY, Signer)],
)
def test_every_word_of_the_rules_is_in_its_list_and_no_other(code_list, words):
    assert {code.value for code in code_list.codes} == {word.value for word in words}


def test_a_stored_record_has_the_twenty_fields_of_the_platform_in_their_order():
    stored = [f.name for f in COMMITMENT.groups["record"]]

    assert stored == [f.name for f in FIELDS] == list(NAMES)
    assert len(stored) == 20
