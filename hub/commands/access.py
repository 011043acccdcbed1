"""`hub access`: who may read what, for which purpose, and which agreement says so."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

import typer

from hub.access import Cell, Explanation, Policy, Purpose, Question, explain_access, matrix
from hub.access.explained import roles_of
from hub.app import opened
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.options import Home
from hub.query.bind import day_of
from hub.query.policies import Policies
from hub.settings import Settings
from schema.catalogue import Catalogue, CoreField

app = typer.Typer(
    no_args_is_help=True,
    help="Who may read what, for which purpose: the grant that decides, or the missing piece.",
)
COLUMNS: Final = (
    "department", "role", "purpose", "field", "class", "source", "state", "agreement",
    "legal_basis", "from", "until", "regions",
)  # fmt: skip
"""Of the matrix as CSV; `until` is the first day on which the field is not granted any more."""
_NAMED: Final = 8
_WIDTH: Final = 14


class Format(StrEnum):
    """How an explanation is told."""

    TEXT = "text"
    JSON = "json"


class Table(StrEnum):
    """How the matrix is told."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"


On = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help="The day it is asked of; default: today."),
]


@app.command()
def explain(
    department: Annotated[str, typer.Option("--department", help="Who would read it.")],
    purpose: Annotated[Purpose, typer.Option("--purpose", help="The purpose it would declare.")],
    field: Annotated[str, typer.Option("--field", help="The field, such as Population.phone.")],
    role: Annotated[
        str | None, typer.Option("--role", help="In which role; default: each that it has.")
    ] = None,
    on: On = None,
    format_: Annotated[Format, typer.Option("--format", help="How to tell it.")] = Format.TEXT,
    home: Home = None,
) -> None:
    """Say whether a department may read a field for a purpose, by which grant, or what is missing.

    Exits 0 if it may in any of the roles, 1 if not, and tells why either way.
    """
    day = on.date() if on else None
    wanted = Wanted(department, role, purpose, field, day)
    told = run(_explained(settings_or_fail(home=home), wanted))
    if format_ is Format.JSON:
        content = [explanation_content(each) for each in told]
        typer.echo(json.dumps(content, ensure_ascii=False, indent=1))
    else:
        typer.echo("\n\n".join("\n".join(_lines(each)) for each in told))
    if not any(each.is_granted for each in told):
        raise typer.Exit(1)


@app.command("matrix")
def matrix_(
    department: Annotated[
        str | None, typer.Option("--department", help="Only this department's.")
    ] = None,
    purpose: Annotated[Purpose | None, typer.Option("--purpose", help="Only for this.")] = None,
    field: Annotated[
        str | None, typer.Option("--field", help="Only this field, or this type's fields.")
    ] = None,
    on: On = None,
    format_: Annotated[Table, typer.Option("--format", help="How to tell it.")] = Table.TEXT,
    home: Home = None,
) -> None:
    """Tell the matrix department x purpose x field, with the agreement and the days of each grant.

    As CSV it has one line a field, for a spreadsheet (UTF-8 with a byte order mark).
    """
    held = run(_in_force(settings_or_fail(home=home)))
    day = on.date() if on else held.today
    cells = [
        cell
        for cell in matrix(held.policy, day)
        if (department is None or cell.rule.department == department)
        and (purpose is None or cell.rule.purpose is purpose)
        and (field is None or field in {cell.grant.path, cell.grant.path.partition(".")[0]})
    ]
    rows = [row_of(cell, held.catalogue) for cell in cells]
    if not rows:
        fail("no entitlement names anything like that; leave an option out to see more.")
    match format_:
        case Table.CSV:
            typer.echo("\ufeff" + as_csv(rows), nl=False)
        case Table.JSON:
            typer.echo(json.dumps([dict(zip(COLUMNS, r, strict=True)) for r in rows],
                                  ensure_ascii=False, indent=1))  # fmt: skip
        case Table.TEXT:
            typer.echo("\n".join(_table(rows)))


@dataclass(frozen=True, slots=True)
class _Held:
    policy: Policy
    catalogue: Catalogue
    today: date


async def _in_force(settings: Settings) -> _Held:
    """Return the policy in force.

    Raises:
        SetupError: There is none.
    """
    async with opened(settings) as core:
        policy = await Policies(core.database, core.catalogue).current()
        return _Held(policy, core.catalogue, day_of(core.clock()))


class Wanted(NamedTuple):
    """What was asked on the command line."""

    department: str
    role: str | None
    purpose: Purpose
    path: str
    day: date | None


async def _explained(settings: Settings, wanted: Wanted) -> list[Explanation]:
    """Return one explanation for each role.

    Raises:
        SetupError: No policy is in force, or the catalogue has no such field.
    """
    held = await _in_force(settings)
    department, role, purpose, path, day = wanted
    roles = (role,) if role else roles_of(held.policy, department, purpose) or ("any role",)
    asked = [Question(department, each, purpose, path, day or held.today) for each in roles]
    return [explain_access(held.policy, held.catalogue, each) for each in asked]


def row_of(cell: Cell, catalogue: Catalogue) -> tuple[str, ...]:
    """Return one line of the matrix, in the order of `COLUMNS`."""
    rule, grant = cell.rule, cell.grant
    found = catalogue.field(grant.path)
    classification = (
        "" if found is None or isinstance(found, CoreField) else found[1].classification
    )
    return (
        rule.department, rule.role, str(rule.purpose), grant.path, str(classification),
        grant.source, str(cell.state), grant.agreement, grant.legal_basis,
        str(max(rule.start, grant.start)), str(cell.until), " ".join(rule.regions),
    )  # fmt: skip


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    """Return the matrix as CSV; a text that a spreadsheet would take for a formula is quoted."""
    out = io.StringIO()
    written = csv.writer(out)
    written.writerow(COLUMNS)
    written.writerows(
        [f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text for text in row] for row in rows
    )
    return out.getvalue()


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Go through lines for a person: fields of one entitlement, agreement and state together."""
    together: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        department, role, purpose, path, _, source, state, agreement, _, start, until, regions = row
        head = f"{department} ({role}) for {purpose}; rows: {regions or 'nobody'}"
        given = f"  {state}: {agreement} of {source}, {start} to {until}"
        together.setdefault((head, given), []).append(path)
    shown = None
    for (head, given), paths in together.items():
        if head != shown:
            shown = head
            yield head
        yield f"{given}: {', '.join(paths)}"


def explanation_content(told: Explanation) -> dict[str, object]:
    """Return an explanation as data."""
    asked, grant = told.question, told.grant
    return {
        "department": asked.department,
        "role": asked.role,
        "purpose": str(asked.purpose),
        "field": asked.path,
        "day": asked.day.isoformat(),
        "owner": told.owner,
        "granted": told.is_granted,
        "reason": None if told.reason is None else str(told.reason),
        "grant": None
        if grant is None
        else {
            "agreement": grant.agreement,
            "source": grant.source,
            "legalBasis": grant.legal_basis,
            "from": grant.start.isoformat(),
            "until": grant.end.isoformat(),
            "consent": grant.consent,
        },
        "conditions": list(told.conditions),
        "missing": list(told.missing),
        "notes": list(told.notes),
        "elsewhere": list(told.elsewhere),
    }


def _lines(told: Explanation) -> Iterator[str]:
    asked, grant = told.question, told.grant
    who = f"{asked.department} ({asked.role})"
    verdict = "may read" if told.is_granted else "may not read"
    reason = "" if told.reason is None else f" ({told.reason})"
    yield f"{who} {verdict} {asked.path} for {asked.purpose} on {asked.day}{reason}."
    if grant is not None:
        yield _line("agreement", f"{grant.agreement}, of {grant.source}")
        yield _line("legal basis", grant.legal_basis)
        yield _line("days", f"{grant.start} to {grant.end}, the last day not included")
    if told.rule is not None:
        rule = told.rule
        yield _line("entitlement", f"{rule.start} to {rule.end}: {rule.legal_basis}")
    for name, texts in (
        ("on condition", told.conditions),
        ("missing", told.missing),
        ("note", told.notes),
    ):
        for text in texts:
            yield _line(name, text)
    if not told.is_granted and told.elsewhere:
        more = len(told.elsewhere) - _NAMED
        named = "; ".join(told.elsewhere[:_NAMED]) + (f"; and {more} more" if more > 0 else "")
        yield _line("others may", named)


def _line(name: str, text: str) -> str:
    return f"  {name:<{_WIDTH}}{text}"
