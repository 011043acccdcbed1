import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, KeySet

from hub.http.jose import InvalidTokenError, peek, sign, verify

KEY = ECKey.generate_key("P-256", {"kid": "one"})
KEYS = KeySet([KEY])
GOOD = sign({"sub": "x"}, KEY, "at+jwt")
LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.={}[]"é户'


@given(st.text(LETTERS, max_size=200))
def test_nothing_but_a_refusal_comes_of_any_text(text):
    with pytest.raises(InvalidTokenError):
        verify(text, KEYS, {"at+jwt"})
    with pytest.raises(InvalidTokenError):
        peek(text + "!")


@given(st.integers(0, len(GOOD) - 1), st.sampled_from(LETTERS))
def test_a_token_with_one_character_changed_is_refused_or_says_the_same(place, letter):
    changed = GOOD[:place] + letter + GOOD[place + 1 :]
    try:
        claims = verify(changed, KEYS, {"at+jwt"})
    except InvalidTokenError:
        return
    # The last letter of a part has bits that mean nothing.
    assert claims == {"sub": "x"}


def test_the_type_may_be_written_with_its_prefix_and_in_capitals():
    assert verify(sign({"sub": "x"}, KEY, "application/AT+JWT"), KEYS, {"at+jwt"}) == {"sub": "x"}


def test_of_several_keys_the_one_that_the_token_names_is_used():
    second = ECKey.generate_key("P-256", {"kid": "two"})

    assert verify(sign({}, second, "JWT"), KeySet([KEY, second]), {"jwt"}) == {}
