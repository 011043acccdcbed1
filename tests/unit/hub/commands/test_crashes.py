"""A fault of the program is told by its place; no word of what was being worked on is."""

import asyncio
from datetime import date

import pytest
import typer
from typer.testing import CliRunner

from hub.commands.console import fail, run
from hub.commands.doctor import memory
from hub.dumps import Guarded
from hub.errors import SetupError

SECRET = "690106199001010014"


def command_of(work):
    app = typer.Typer(pretty_exceptions_show_locals=False)
    app.command()(lambda: run(work()))
    return CliRunner().invoke(app, [])


async def quoted():
    kept_here = SECRET
    try:
        date.fromisoformat(kept_here)
    except ValueError as problem:
        raise KeyError(kept_here) from problem


async def grouped():
    async with asyncio.TaskGroup() as group:
        group.create_task(quoted())


@pytest.mark.parametrize("work", [quoted, grouped])
def test_a_fault_is_told_without_a_value(work):
    done = command_of(work)

    assert done.exit_code == 70
    assert SECRET not in done.output
    assert "KeyError from ValueError" in done.stderr
    assert "quoted" in done.stderr
    assert "fault of the program" in done.stderr


async def refused():
    raise SetupError("Set it.")


async def left():
    fail("no", 2)


@pytest.mark.parametrize(("work", "status", "said"), [(refused, 1, "Set it."), (left, 2, "no")])
def test_what_can_be_said_clearly_is_said_as_before(work, status, said):
    done = command_of(work)

    assert (done.exit_code, done.stderr) == (status, f"hub: {said}\n")


@pytest.mark.parametrize(
    ("found", "mark", "said"),
    [
        ((True, True, False, 0), "ok", "no core dumps, closed to other programs, no swap"),
        ((True, True, True, 0), "ok", "no core dumps"),
        ((True, True, False, 2), "note", "2 swap areas"),
        ((True, None, False, None), "note", "not on Linux"),
        ((True, False, True, 0), "BAD", "a crash may write a core dump"),
        ((False, False, False, 0), "BAD", "a crash may write a core dump"),
    ],
)
def test_the_doctor_says_what_the_platform_gives(found, mark, said):
    finding = memory(Guarded(*found))

    assert (finding.mark, said in finding.found) == (mark, True)
