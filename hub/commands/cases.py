"""`hub cases`: the register of cases, by the departments' own numbers and opaque ids."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from hub.access import Caller, Purpose
from hub.app import opened
from hub.casework.case_acts import stated
from hub.casework.cases import EVERYWHERE, CaseDesk, Whose
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.options import Home
from hub.query.bind import day_of
from hub.store.cases import ASSIGNED, CLOSED, OPENED, SUBJECTS, Act, Case, acts_of, cases_of

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "Cases of departments: opened, assigned, closed. A purpose that demands a case is answered "
        "only for one that is open, for that purpose, in the caseload of who acts."
    ),
)
_CLIENT: Final = "hub-cases"
Number = Annotated[str, typer.Argument(help="The case's number, as the department gave it.")]
Department = Annotated[
    str, typer.Option("--department", "-d", help="Whose case it is.", show_default=True)
]
By = Annotated[str, typer.Option("--by", help="Who does it: an opaque id, never a name.")]
Officers = Annotated[
    list[str] | None,
    typer.Option("--officer", help="Who works on it, as Hub-Actor has it; may be repeated."),
]
Roles = Annotated[
    list[str] | None, typer.Option("--role", help="Or everybody in this role; may be repeated.")
]
People = Annotated[
    list[str] | None, typer.Option("--person", help="Person.id of whom it is about; repeated.")
]
Households = Annotated[
    list[str] | None,
    typer.Option("--household", help="Household.id of whom it is about; may be repeated."),
]
On = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help="The day from which it holds; default: today."),
]


class Format(StrEnum):
    """How cases are told."""

    TEXT = "text"
    JSON = "json"


As = Annotated[Format, typer.Option("--format", help="How to tell it.")]


@app.command("open")
def open_(  # noqa: PLR0917 - a case is said in one line
    number: Number,
    purpose: Annotated[
        list[str], typer.Option("--purpose", help="What it is for; may be repeated.")
    ],
    by: By,
    department: Department = "civil-affairs",
    officer: Officers = None,
    role: Roles = None,
    person: People = None,
    household: Households = None,
    on: On = None,
    home: Home = None,
) -> None:
    """Open a case: from that day on, who works on it may name it."""
    said = {
        "purposes": purpose, "officers": officer, "roles": role,
        "people": person, "households": household,
    }  # fmt: skip
    _act(home, department, OPENED, (number, by, on), said)


@app.command()
def assign(
    number: Number,
    by: By,
    department: Department = "civil-affairs",
    officer: Officers = None,
    role: Roles = None,
    on: On = None,
    home: Home = None,
) -> None:
    """Give a case to other officers or roles; who had it may work on it no more, at once."""
    _act(home, department, ASSIGNED, (number, by, on), {"officers": officer, "roles": role})


@app.command()
def add(
    number: Number,
    by: By,
    department: Department = "civil-affairs",
    person: People = None,
    household: Households = None,
    home: Home = None,
) -> None:
    """Add people or households to those that a case is about."""
    if not person and not household:
        fail("name a --person or a --household.", 2)
    _act(
        home, department, SUBJECTS, (number, by, None), {"people": person, "households": household}
    )


@app.command()
def close(
    number: Number,
    by: By,
    department: Department = "civil-affairs",
    on: On = None,
    home: Home = None,
) -> None:
    """Close a case: from that day on nothing is answered in it, at once and in every worker."""
    _act(home, department, CLOSED, (number, by, on), {})


@app.command("list")
def list_(
    home: Home = None,
    department: Annotated[
        str | None, typer.Option("--department", "-d", help="Only of this department.")
    ] = None,
    officer: Annotated[str | None, typer.Option("--officer", help="Only of this officer.")] = None,
    closed: Annotated[bool, typer.Option("--closed", help="Those too that are closed.")] = False,
    format_: As = Format.TEXT,
) -> None:
    """List cases, those of one department side by side, the oldest first; at most a thousand."""
    settings = settings_or_fail(home=home)

    async def work() -> list[Case]:
        async with opened(settings) as core, core.database.connection() as connection:
            return await cases_of(connection, department, officer=officer, closed=closed)

    _tell(run(work()), format_)


@app.command()
def show(
    number: Number,
    department: Department = "civil-affairs",
    format_: As = Format.TEXT,
    home: Home = None,
) -> None:
    """Show one case with everything that was done about it; people and households by their ids."""
    settings = settings_or_fail(home=home)

    async def work() -> tuple[list[Case], list[Act]]:
        async with opened(settings) as core, core.database.connection() as connection:
            found = await cases_of(connection, department, number=number, closed=True)
            return found, await acts_of(connection, department, number)

    found, acts = run(work())
    if not found:
        fail(f"{department} has registered no case of this number.")
    if format_ is Format.JSON:
        told = {**_content(found[0]), "acts": [_act_content(act) for act in acts]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    typer.echo(_line(found[0]))
    for act in acts:
        typer.echo(f"  {act.day} {act.act} by {act.by}{_about(act)}")


def _act(
    home: Path | None,
    department: str,
    act: str,
    how: tuple[str, str, datetime | None],
    said: Mapping[str, Sequence[str] | None],
) -> None:
    number, by, on = how
    settings = settings_or_fail(home=home)
    given = {name: list(values or ()) for name, values in said.items()}

    async def work() -> Case:
        async with opened(settings) as core:
            today = day_of(core.clock())
            desk = CaseDesk(core.database, core.log, core.tagger, core.clock)
            caller = Caller(department, "operator", Purpose.CASE, _CLIENT, by)
            whose = Whose(caller, EVERYWHERE, is_operator=True)
            day = today if on is None else on.date()
            return await desk.take(stated(act, number, day, today, **given), whose)

    _tell([run(work())], Format.TEXT)


def _tell(cases: Sequence[Case], format_: Format) -> None:
    if format_ is Format.JSON:
        typer.echo(json.dumps([_content(case) for case in cases], ensure_ascii=False, indent=1))
        return
    for case in cases:
        typer.echo(_line(case))


def _line(case: Case) -> str:
    until = "open" if case.closed_on is None else f"closed {case.closed_on}"
    who = ", ".join((*case.officers, *(f"role {role}" for role in case.roles)))
    return (
        f"{case.department}  {case.number}  {', '.join(case.purposes)}  since {case.opened_on}  "
        f"{until}  {who}  about {case.subjects}"
    )


def _content(case: Case) -> dict[str, object]:
    return {
        "department": case.department,
        "number": case.number,
        "purposes": list(case.purposes),
        "officers": list(case.officers),
        "roles": list(case.roles),
        "openedOn": case.opened_on.isoformat(),
        "closedOn": None if case.closed_on is None else case.closed_on.isoformat(),
        "subjects": case.subjects,
    }


def _act_content(act: Act) -> dict[str, object]:
    return {
        "act": act.act,
        "by": act.by,
        "at": act.at.isoformat(),
        "day": act.day.isoformat(),
        "purposes": list(act.purposes),
        "officers": list(act.officers),
        "roles": list(act.roles),
        "people": [str(one) for one in act.people],
        "households": [str(one) for one in act.households],
    }


def _about(act: Act) -> str:
    who = ", ".join((*act.officers, *(f"role {role}" for role in act.roles)))
    about = len(act.people) + len(act.households)
    return f"{f': to {who}' if who else ''}{f', about {about}' if about else ''}"
