"""The departments' systems read what they are told, and clerks write numbers in every form."""

from datetime import date
from random import Random

import pytest

from hub.demo.sources.disguise import miswritten, written
from hub.demo.systems.envelope import HubKeys, UntrustedError
from hub.demo.systems.register import Fault, Trouble
from schema.ids import CitizenNumber, NumberFault, parse_citizen_number


def repeatable(seed):
    return Random(seed)


def test_a_fault_of_the_register_is_read_from_one_word():
    assert Fault.parse("hang-after=3") == Fault(Trouble.HANG, 3)
    assert Fault.parse("500-after=0x2") == Fault(Trouble.ANSWER_500, 0, 2)


@pytest.mark.parametrize("word", ["", "hang-after", "x=1", "hang-after=a"])
def test_a_fault_that_is_not_known_is_an_error(word):
    with pytest.raises(ValueError):
        Fault.parse(word)


def test_a_fault_hits_from_its_first_request_as_often_as_it_was_told():
    twice = Fault(Trouble.DIE, after=1, times=2)

    assert [twice.hits(request) for request in range(4)] == [False, True, True, False]
    assert Fault(Trouble.DIE, after=1).hits(1000)


@pytest.mark.parametrize("number", ["690106197903150012", "69010619590108004X"])
def test_every_form_that_a_clerk_writes_is_the_same_number(number):
    parsed = parse_citizen_number(number)
    assert isinstance(parsed, CitizenNumber)
    forms = {written(repeatable(seed), number, parsed.birth_date) for seed in range(2000)}

    assert len(forms) >= 3
    assert {parse_citizen_number(form) for form, _ in forms} == {parsed}


def test_nobody_of_this_century_has_fifteen_digits():
    forms = {written(repeatable(n), "69020320130501004X", date(2013, 5, 1)) for n in range(2000)}

    assert all(len(form) == 18 for form, _ in forms)


@pytest.mark.parametrize("number", ["690106197903150012", "69010619590108004X"])
def test_a_miswritten_number_is_never_valid(number):
    for seed in range(50):
        wrong = miswritten(repeatable(seed), number)
        assert parse_citizen_number(wrong) is NumberFault.CHECK_DIGIT


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"keys":[{"kty":"EC"}]}'])
def test_a_key_set_that_cannot_be_read_trusts_nobody(tmp_path, content):
    (tmp_path / "jwks").write_bytes(content)

    for source in (str(tmp_path / "jwks"), str(tmp_path / "absent"), "http://127.0.0.1:1/jwks"):
        with pytest.raises(UntrustedError):
            HubKeys(source).payload(b"a.b.c")
