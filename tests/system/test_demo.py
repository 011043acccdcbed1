"""The one command of the README does what the README says."""

import pytest

from hub.demo.registry import SOURCES
from tests.support.installation import database_processes, hub_command
from tests.support.postgres import wait_until_unguarded

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]


def test_the_demonstration_checks_itself_and_exits_with_zero(demo_run):
    _, done = demo_run

    assert done.returncode == 0, done.stdout + done.stderr
    for said in (
        "exactly the faults that were planted",
        "people in",
        "open alerts",
        "is told",
        "the score is 67, orange, as the worked example says",
        "acknowledged",
        "A family commits instead of bringing papers",
        "declared and found: consistent",
        "the credit platform: RECORD ACCEPTED, CORRECT ACCEPTED",
        "everything fits",
    ):
        assert said in done.stdout


def test_a_second_run_changes_nothing_and_still_comes_out(demo_home):
    done = hub_command("demo", "--check", "--home", demo_home, "--households", "80")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "there already" in done.stdout
    read = [line for line in done.stdout.splitlines() if " read, " in line]
    assert len(read) == len(SOURCES)
    assert all(" 0 accepted" in line for line in read)


def test_the_doctor_finds_the_installation_whole(demo_home):
    done = hub_command("doctor", "--home", demo_home)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "BAD" not in done.stdout


def test_no_process_is_left_when_the_commands_have_ended(demo_home):
    wait_until_unguarded(demo_home)

    assert database_processes(demo_home) == []


def test_help_teaches_every_command():
    done = hub_command("--help")

    assert done.returncode == 0
    for command in ("demo", "serve", "migrate", "scope", "ingest", "deliver", "audit", "doctor"):
        assert command in done.stdout


def test_a_wrong_setting_is_named_and_its_value_is_not(demo_home):
    done = hub_command("doctor", "--home", demo_home / "nowhere")

    assert done.returncode == 1
    assert "root.key" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
