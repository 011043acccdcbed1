"""What the doctor says of keys that answers are encrypted to."""

from dataclasses import replace
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey

from hub.commands.doctor import encryption
from hub.http.clients import load_clients, registry_entry
from tests.support.edge import START
from tests.support.receivers import new_pair, registered_key

DAY = timedelta(days=1)


def client(form, *spans):
    entry = registry_entry("a-client", "tax", "clerk", ["PUSH"], ECKey.generate_key("P-256"))
    (made,) = load_clients(entry, str).values()
    keys = [registered_key(new_pair(kid=f"e{n}"), *span) for n, span in enumerate(spans)]
    return replace(made, encryption=form, encryption_keys=tuple(keys))


@pytest.mark.parametrize(
    ("spans", "mark", "found"),
    [
        ([(None, None)], "ok", "1 clients must be encrypted to"),
        ([(None, START + 31 * DAY)], "ok", "can be for 30 days"),
        ([(None, START + 30 * DAY)], "note", "a-client has none from 2026-04-01 08:30 on"),
        ([(None, START + 5 * DAY), (START + 5 * DAY, None)], "ok", ""),
        ([(None, START + 5 * DAY), (START + 6 * DAY, None)], "note", "from 2026-03-07 08:30 on"),
        ([(None, START)], "BAD", "a-client has none from 2026-03-02 08:30 on"),
        ([(START + DAY, None)], "BAD", "a-client has none"),
    ],
)
def test_a_client_whose_keys_end_soon_is_named_before_it_is_refused(spans, mark, found):
    finding = encryption({"a-client": client("fields", *spans)}, START, {})

    assert finding.mark == mark
    assert found in finding.found
    assert finding.is_bad is (mark == "BAD")


def test_keys_of_who_need_not_be_encrypted_to_are_nobodys_trouble():
    assert encryption({"a-client": client("none", (None, START))}, START, {}).mark == "ok"


def test_a_receiver_of_messages_needs_a_key_whatever_its_answers_need():
    clients = {"a-client": client("none", (None, START))}

    finding = encryption(clients, START, {"housing": "a-client", "education": "nobody"})

    assert finding.is_bad
    assert "a-client has none" in finding.found
    assert "nobody has none" in finding.found
