"""Lines of the log stay whole when several workers write to one file."""

import json
import sys

import pytest
import structlog

from hub.commands.worker import write_log
from hub.supervision.supervisor import note


class Unbuffered:
    """Standard output that keeps nothing back, as with PYTHONUNBUFFERED."""

    def __init__(self):
        self.writes = []

    def write(self, text):
        self.writes.append(text)

    def flush(self):
        pass


@pytest.fixture
def configured():
    before = structlog.get_config()
    write_log()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize(
    "say", [lambda: structlog.get_logger("hub.test").info("said", n=1), lambda: note("said", n=1)]
)
@pytest.mark.usefixtures("configured")
def test_a_line_is_written_at_once_and_whole(monkeypatch, say):
    stream = Unbuffered()
    monkeypatch.setattr(sys, "stdout", stream)
    say()

    (line,) = stream.writes
    assert line.endswith("\n")
    assert (json.loads(line)["event"], json.loads(line)["n"]) == ("said", 1)
