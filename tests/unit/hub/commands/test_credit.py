"""The banks' channel is set up by name, and a fault in it names no secret."""

import pytest

from hub.commands.credit import bank_channel
from hub.commands.places import read_places
from hub.errors import SetupError


def test_the_channel_is_asked_and_no_source_that_ingest_reads(tmp_path):
    (tmp_path / "departments.toml").write_text(
        '[live.banks]\nurl = "http://127.0.0.1:1/v1/holdings"\ntoken_file = "banks.token"\n'
    )
    (tmp_path / "banks.token").write_text("t0ken\n")

    places = read_places(tmp_path / "departments.toml")
    channel = bank_channel(places.live["banks"])

    assert (channel.url, channel.token) == ("http://127.0.0.1:1/v1/holdings", "t0ken")
    assert "banks" not in places.sources
    assert "t0ken" not in repr(channel)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"url": "http://bank.example/v1"}, "https"),
        ({}, "https"),
        ({"url": "https://bank.example/v1"}, "token_file"),
        ({"url": "https://bank.example/v1", "token_file": "/nowhere/t"}, "token_file"),
        ({"url": "https://bank.example/v1", "token_file": "/dev/null"}, "token_file"),
    ],
)
def test_a_channel_that_cannot_be_used_is_refused(settings, why):
    with pytest.raises(SetupError, match=why):
        bank_channel(settings)
