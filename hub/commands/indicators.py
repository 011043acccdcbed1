"""`hub audit indicators`: findings in the log, their life, the lists that rules read."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import asyncpg
import structlog
import typer

from audit.indicator_rules import Rule, newest_by_id, packaged_rules
from hub.app import Core, opened
from hub.casework.finding_lists import FindingLists
from hub.casework.indicator_desk import AUDITORS, Act, FindingAct, IndicatorDesk, Judge
from hub.commands.console import run, settings_or_fail
from hub.commands.options import Home
from hub.errors import HubError
from hub.query.indicators import step_line, told
from hub.store.indicator_counting import Counting
from hub.store.indicator_lists import Size, Whose, sizes
from hub.store.indicators import (
    Indicator,
    Judged,
    Note,
    Wanted,
    all_judged,
    indicators,
    judged,
    lives,
)

app = typer.Typer(
    invoke_without_command=True,
    help="Findings: what in the log is worth a look, the latest first, and what auditors made of "
    "it.",
)
_AT_A_TIME: Final = 5_000
_TELL_FINDINGS_EVERY_S: Final = 3_600.0
log = structlog.get_logger()
Finding = Annotated[str, typer.Argument(help="The finding's id, as it is listed.")]
By = Annotated[str, typer.Option("--by", help="Who does it: an opaque id, never a name.")]
Words = Annotated[str, typer.Option("--words", help="Why; no name, no number of a person.")]


class Format(StrEnum):
    """How findings are told."""

    TEXT = "text"
    JSON = "json"


class State(StrEnum):
    """Where a finding stands."""

    OPEN = "open"
    EXPLAINED = "explained"
    CONFIRMED = "confirmed"
    CLOSED = "closed"


class ListName(StrEnum):
    """Lists that rules read."""

    CLOSE = "close"
    WATCHED = "watched"


Which = Annotated[ListName, typer.Argument(help="close: a reader's; watched: of everybody.")]
OfDepartment = Annotated[
    str, typer.Option("--department", help="Of close: whose reader it is.", show_default=False)
]
OfActor = Annotated[
    str, typer.Option("--actor", help="Of close: which reader, an opaque id.", show_default=False)
]
As = Annotated[Format, typer.Option("--format", help="How to tell it.")]


@app.callback()
def listed(  # noqa: PLR0917 - what is listed is said in one line
    context: typer.Context,
    home: Home = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Not over by then, UTC."
        ),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Only what nobody acknowledged.")] = False,
    rule: Annotated[str | None, typer.Option("--rule", help="Only by this rule.")] = None,
    state: Annotated[State | None, typer.Option("--state", help="Only what stands there.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 100,
    form: As = Format.TEXT,
) -> None:
    """List findings, once what is new in the log has been counted."""
    if context.invoked_subcommand is not None:
        return
    settings = settings_or_fail(home=home)
    moment = None if since is None else since.replace(tzinfo=UTC)
    wanted = Wanted(since=moment, is_open=open_, rule=rule, limit=limit, state=state)

    async def work() -> tuple[list[Indicator], dict[str, list[Note]], list[Judged]]:
        async with opened(settings) as core:
            return await _found(core, wanted)

    rules = newest_by_id(packaged_rules())
    found, steps, decided = run(work())
    by_rule = {each.rule: each for each in decided}
    if form is Format.JSON:
        content = [told(each, rules, steps[each.id], by_rule.get(each.rule)) for each in found]
        typer.echo(json.dumps(content, ensure_ascii=False, indent=1))
        return
    for each in found:
        typer.echo(_line(each, rules))
        for step in steps[each.id]:
            typer.echo(f"    {step_line(step)}")


@app.command()
def acknowledge(
    indicator: Finding,
    by: By,
    note: Annotated[str, typer.Option("--note", help="What was found; no name, no number.")],
    home: Home = None,
) -> None:
    """Note something about a finding, for good; it stands where it stood."""
    _take(home, FindingAct(Act.NOTE, indicator, note), by)


@app.command()
def explain(
    finding: Finding,
    by: By,
    words: Words,
    words_of: Annotated[
        str | None, typer.Option("--words-of", help="Whose explanation it is: an opaque id.")
    ] = None,
    home: Home = None,
) -> None:
    """Explain a finding, in somebody's words: a false alarm."""
    _take(home, FindingAct(Act.EXPLAIN, finding, words, words_of), by)


@app.command()
def confirm(finding: Finding, by: By, words: Words, home: Home = None) -> None:
    """Confirm a finding: it was misuse."""
    _take(home, FindingAct(Act.CONFIRM, finding, words), by)


@app.command()
def close(finding: Finding, by: By, words: Words, home: Home = None) -> None:
    """Close a finding; one that nobody judged was harmless."""
    _take(home, FindingAct(Act.CLOSE, finding, words), by)


@app.command()
def reopen(finding: Finding, by: By, words: Words, home: Home = None) -> None:
    """Open a finding again: what was judged is not judged any more."""
    _take(home, FindingAct(Act.REOPEN, finding, words), by)


@app.command()
def rates(home: Home = None, form: As = Format.TEXT) -> None:
    """Tell of each rule how many findings there are, how many were judged, and false alarms."""
    settings = settings_or_fail(home=home)

    async def work() -> list[Judged]:
        async with opened(settings) as core:
            await _count(core)
            async with core.database.connection() as connection:
                return await judged(connection)

    found = run(work())
    lines = [*found, all_judged(found)]
    if form is Format.JSON:
        content = [
            {
                "rule": each.rule,
                "raised": each.raised,
                "open": each.open,
                "decided": each.decided,
                "harmless": each.harmless,
                "falseAlarmsBasisPoints": each.false_alarms,
            }
            for each in lines
        ]
        typer.echo(json.dumps(content, indent=1))
        return
    for each in lines:
        rate = "-" if each.false_alarms is None else f"{each.false_alarms / 100:.2f} %"
        typer.echo(
            f"{each.rule:32}  raised {each.raised:6}  open {each.open:6}  decided "
            f"{each.decided:6}  harmless {each.harmless:6}  false alarms {rate}"
        )


@app.command("list-add")
def list_add(
    which: Which, by: By, department: OfDepartment = "", actor: OfActor = "", home: Home = None
) -> None:
    """Put people on a list: citizen numbers from standard input, one a line.

    On a reader's list come with them, by themselves, whoever lives or lived with them.
    """
    settings = settings_or_fail(home=home)
    numbers = [line.strip().upper() for line in sys.stdin if line.strip()]

    async def work() -> int:
        async with opened(settings) as core:
            lists = FindingLists(core.database, core.log, core.tagger, core.clock)
            return await lists.add(Whose(which.value, department, actor), numbers, by)

    typer.echo(f"{run(work())} of {len(numbers)} are known and on the list.")


@app.command("list-clear")
def list_clear(
    which: Which, by: By, department: OfDepartment = "", actor: OfActor = "", home: Home = None
) -> None:
    """Take everybody from a list."""
    settings = settings_or_fail(home=home)

    async def work() -> None:
        async with opened(settings) as core:
            lists = FindingLists(core.database, core.log, core.tagger, core.clock)
            await lists.clear(Whose(which.value, department, actor), by)

    run(work())


@app.command("lists")
def lists_(home: Home = None) -> None:
    """Tell which lists there are and how many they name; never whom."""
    settings = settings_or_fail(home=home)

    async def work() -> list[Size]:
        async with opened(settings) as core, core.database.connection() as connection:
            return await sizes(connection)

    for each in run(work()):
        whose = " ".join(filter(None, (each.whose.department, each.whose.actor)))
        typer.echo(f"{each.whose.list:8}  {whose or 'everybody':40}  {each.people}")


def _take(home: Path | None, act: FindingAct, by: str) -> None:
    settings = settings_or_fail(home=home)

    async def work() -> Indicator:
        async with opened(settings) as core:
            desk = IndicatorDesk(core.database, core.log, core.clock, core.log_side)
            await desk.take(act, Judge(AUDITORS, by))
            async with core.database.connection() as connection:
                (found,) = await indicators(connection, Wanted(id=act.finding, limit=1))
            return found

    typer.echo(_line(run(work()), newest_by_id(packaged_rules())))


async def tell_findings(core: Core) -> None:
    """Write into our own log how many findings are false alarms, for as long as we serve."""
    while True:
        try:
            async with core.database.connection() as connection:
                found = await judged(connection)
            for each in (*found, all_judged(found)):
                log.info(
                    "findings.judged",
                    rule=each.rule,
                    raised=each.raised,
                    open=each.open,
                    decided=each.decided,
                    harmless=each.harmless,
                    false_alarms_bp=each.false_alarms,
                )
        except (HubError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            log.warning("findings.judged.waits")
        await asyncio.sleep(_TELL_FINDINGS_EVERY_S)


async def _count(core: Core) -> None:
    counting, moved = Counting(packaged_rules(), core.tagger.subjects), _AT_A_TIME
    while moved == _AT_A_TIME:
        async with (
            core.database.transaction() as connection,
            core.log_side.beside(connection) as there,
        ):
            moved = await counting.behind(connection, _AT_A_TIME, there)


async def _found(
    core: Core, wanted: Wanted
) -> tuple[list[Indicator], dict[str, list[Note]], list[Judged]]:
    await _count(core)
    async with core.database.connection() as connection:
        found = await indicators(connection, wanted)
        steps = await lives(connection, [each.id for each in found])
        return found, steps, await judged(connection)


def _line(each: Indicator, rules: dict[str, Rule]) -> str:
    rule = rules.get(each.rule)
    who = " ".join(filter(None, (each.department, each.actor, each.client))) or "several"
    noted = "" if each.note is None else f"  {each.note.by}: {each.note.text}"
    usual = ""
    if each.usual is not None:
        usual = f" (usual of the {each.usual_of}: {each.usual}, {each.usual_days} days)"
    return (
        f"{each.id}  {each.severity}  {each.rule}  {who}  {each.count} of {each.threshold}{usual}  "
        f"entries {each.first}-{each.last}  {each.started_at:%Y-%m-%dT%H:%M}Z  {each.state}  "
        f"{'' if rule is None else rule.said_of(each.started_at)[0]}{noted}"
    )
