"""`hub explain`: what one operation would do, for an operator who asks why it is slow or refused.

It opens nothing and reads no value of a person. `--analyze` lets the database run the statement and
tell what it met; that says whether somebody is known, so it is on record like a look-up.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from audit.entry import EntryKind
from hub.access import Caller, Policy, Purpose
from hub.app import Core, opened
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.options import Home
from hub.errors import InvalidDocumentError, NotGrantedError, RefusedError
from hub.http.limits import Limits, with_statement_timeout
from hub.query.explain import Asking, Bound, Explained, Explainer
from hub.service import rooms_of
from hub.settings import Settings
from hub.store.explained import plan_of
from hub.store.journal import recorded
from hub.store.wall import Wall

_ALIASES: Final = """
    SELECT person.log_alias FROM person_tag
    JOIN person ON person.cell = person_tag.cell AND person.person_id = person_tag.person_id
    WHERE person_tag.tag = ANY ($1::bytea[])
    UNION SELECT log_alias FROM person WHERE person_id = ANY ($2::uuid[])
    UNION SELECT log_alias FROM household WHERE household_id = ANY ($2::uuid[])
"""


Given = tuple[str | None, Mapping[str, object] | None]
"""The operation's name and its variables, as far as they were given."""


class Format(StrEnum):
    """How it is told."""

    TEXT = "text"
    JSON = "json"


def explain(  # noqa: PLR0917 - each is an option with a name
    document: Annotated[Path, typer.Argument(help="File with the GraphQL document.")],
    as_: Annotated[
        str,
        typer.Option(
            "--as", help="Who would ask: a department, or DEPARTMENT:ROLE if it has several."
        ),
    ],
    purpose: Annotated[Purpose, typer.Option("--purpose", help="The purpose it would declare.")],
    variables: Annotated[
        str | None,
        typer.Option("--variables", help="The variables: JSON, or a file that holds it."),
    ] = None,
    operation: Annotated[
        str | None, typer.Option("--operation", help="Which operation, if there are several.")
    ] = None,
    case: Annotated[
        str | None, typer.Option("--case", help="A case, where the purpose demands one.")
    ] = None,
    analyze: Annotated[
        bool,
        typer.Option("--analyze", help="Let the database run it; needs the variables; on record."),
    ] = False,
    format_: Annotated[Format, typer.Option("--format", help="How to tell it.")] = Format.TEXT,
    home: Home = None,
) -> None:
    """Say what DOCUMENT would do: its plan, the grants that decide, SQL, cost, the database's plan.

    Nothing is opened, no row and no value of a person is shown. Exits 1 if the operation would be
    refused, with the reason and the place.
    """
    settings = settings_or_fail(home=home)
    text = _read(document)
    given = None if variables is None else _variables(variables)
    if analyze and given is None:
        given = {}
    whose = Whose(as_, purpose, case)
    told = run(explained(settings, whose, text, (operation, given), analyze=analyze))
    if isinstance(told, RefusedError):
        fail(_refusal(document, told))
    if format_ is Format.JSON:
        typer.echo(json.dumps(told.content(), ensure_ascii=False, indent=1))
    else:
        typer.echo(told.text(), nl=False)


async def explained(
    settings: Settings, whose: "Whose", document: str, given: Given, *, analyze: bool
) -> Explained | RefusedError:
    """Return what the operation would do, or why it would be refused.

    Raises:
        SetupError: No policy is in force.
        UnavailableError: The database gave up, or the look-up cannot be put on record.
    """
    async with opened(settings) as core, rooms_of(core) as rooms:
        policy = await rooms.policies.current()
        explainer = Explainer(
            core.catalogue, rooms.documents, policy, core.tagger, settings.max_cost
        )
        operation, variables = given
        try:
            caller = caller_of(policy, whose)
            asking = Asking(document, operation, caller, variables, core.clock())
            bound = await explainer.explain(asking)
        except RefusedError as refused:
            return refused
        told = bound.told
        if told.plan.asks_register:
            return told
        if analyze:
            await _on_record(core, bound)
        dsn = with_statement_timeout(core.dsn, Limits().statement_timeout_ms)
        values = bound.parameters if analyze else None
        role = await Wall(core.database, core.catalogue).role(told.rule.reach)
        return replace(told, database=await plan_of(dsn, told.statement.text, values, role=role))


class Whose(NamedTuple):
    """Whose question it would be."""

    who: str
    """A department, or DEPARTMENT:ROLE."""
    purpose: Purpose
    case: str | None = None


def caller_of(policy: Policy, whose: Whose) -> Caller:
    """Return whose question it would be.

    Raises:
        NotGrantedError: The department has several roles for the purpose, and none was named.
    """
    department, _, role = whose.who.partition(":")
    roles = sorted(
        {
            rule.role
            for rule in policy.rules
            if (rule.department, rule.purpose) == (department, whose.purpose)
        }
    )
    if not role and len(roles) > 1:
        raise NotGrantedError(
            f"{department} has several roles for {whose.purpose}: name one, such as "
            f"--as {department}:{roles[0]} ({', '.join(roles)})."
        )
    chosen = role or "".join(roles) or "any role"
    return Caller(department, chosen, whose.purpose, "hub explain", case=whose.case)


async def _on_record(core: Core, bound: Bound) -> None:
    """Put on record that the database is asked about whoever the variables name.

    Raises:
        AuditUnavailableError: It is not on record; nothing is run.
    """
    told = bound.told
    tags = [tag for one in bound.roots for number in one.numbers for tag in number.tags]
    ids: list[object] = [key for one in bound.roots for _, key in one.ids if key is not None]
    ids += [key for one in bound.roots if (key := one.parameters.get("id")) is not None]
    async with core.database.connection() as connection:
        aliases = [row[0] for row in await connection.fetch(_ALIASES, tags, ids)]
    record = {
        "department": "civil-affairs",
        "role": "operator",
        "purpose": told.asked.caller.purpose,
        "operation": "explain",
        "as": f"{told.asked.caller.department}:{told.asked.caller.role}",
        "document": told.plan.document_hash,
        "outcome": "announced",
    }
    subjects = [core.tagger.subject(alias) for alias in aliases]
    await recorded(core.log, EntryKind.LOOKUP, record, subjects, told.plan.answered)


def _read(document: Path) -> str:
    try:
        return document.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        fail(f"{document} cannot be read as a text in UTF-8.")


def _variables(given: str) -> Mapping[str, object]:
    """Return the variables; nothing of them is repeated in a message."""
    try:
        text = given if given.lstrip().startswith("{") else Path(given).read_text("utf-8")
        found: Any = json.loads(text)
    except (OSError, ValueError):
        fail("--variables is neither a JSON object nor a file that holds one.")
    if not isinstance(found, dict):
        fail("--variables must be a JSON object.")
    return found


def _refusal(document: Path, refused: RefusedError) -> str:
    """Return the message, after the place where there is one."""
    locations = refused.locations if isinstance(refused, InvalidDocumentError) else ()
    places = [f"{document}:{place.line}:{place.column}: " for place in locations[:1]]
    return f"{''.join(places)}{refused} ({refused.code})"
