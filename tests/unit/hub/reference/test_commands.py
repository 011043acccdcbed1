"""The page of the command line has every command, argument and option, each with its help."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hub.cli import application
from hub.reference import commands_page


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def two_commands():
    """Return a program with one command and one below a group."""
    root, below = typer.Typer(name="tool", help="A tool."), typer.Typer(help="Below.")

    @root.command("take")
    def take(
        what: Annotated[Path, typer.Argument(help="What to take | or leave.")],
        tries: Annotated[int, typer.Option("--tries", min=1, help="How often.")] = 3,
        names: Annotated[list[str] | None, typer.Option("--name", help="Names.")] = None,
        dry: Annotated[bool, typer.Option("--dry", help="Only say.")] = False,  # noqa: FBT002 - as typer has flags
    ):
        """Take it.

        And keep it.
        """

    @below.command("look")
    def look(
        hub: Annotated[str, typer.Option("--hub", help="Where.")],
        colour: Annotated[Colour, typer.Option("--colour", help="Which.")] = Colour.RED,
    ):
        """Look."""

    root.add_typer(below, name="group")
    return root


def test_a_command_has_its_usage_its_help_and_a_row_for_each_parameter():
    page = commands_page(two_commands())

    assert "## tool take\n\nTake it.\n\nAnd keep it.\n" in page
    assert "\ntool take WHAT [OPTIONS]\n" in page
    assert "| `WHAT` | path | needed | What to take \\| or leave. |\n" in page
    assert "| `--tries` | number, at least 1 | `3` | How often. |\n" in page
    assert "| `--name` | text, repeatable |  | Names. |\n" in page
    assert "| `--dry` |  |  | Only say. |\n" in page


def test_a_command_of_a_group_is_called_by_both_words():
    page = commands_page(two_commands())

    assert "| [`tool group look`](#tool-group-look) | Look. |\n" in page
    assert "| `--hub` | text | needed | Where. |\n" in page


def test_an_option_of_few_values_names_them():
    page = commands_page(two_commands())

    assert "| `--colour` | one of `red`, `blue` | `red` | Which. |\n" in page


def test_every_parameter_of_the_hub_says_what_it_is_for():
    rows = [line for line in commands_page(application()).splitlines() if line.startswith("| `")]

    assert len(rows) > 30
    assert [row for row in rows if row.endswith("|  |")] == []
