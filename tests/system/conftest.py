"""One small installation a session, made by the very command that the README names."""

import pytest

from tests.support.installation import hub_command
from tests.support.postgres import temporary_home


@pytest.fixture(scope="session")
def demo_run():
    """The home of a demonstration that was run with its checks, and what it printed."""
    with temporary_home() as home:
        done = hub_command("demo", "--check", "--home", home, "--households", "80")
        yield home, done


@pytest.fixture
def demo_home(demo_run):
    """The home of a demonstration that came out as it must."""
    home, done = demo_run
    assert done.returncode == 0, done.stdout + done.stderr
    return home
