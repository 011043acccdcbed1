"""`hub audit indicators`: what in the log is worth a look, and an auditor's note about it."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

import typer

from audit.indicators import Rule, packaged_rules
from hub.app import Core, opened
from hub.casework.indicator_desk import IndicatorDesk
from hub.commands.console import run, settings_or_fail
from hub.commands.options import Home
from hub.query.indicators import told
from hub.store.indicators import Indicator, Wanted, count_behind, indicators

app = typer.Typer(
    invoke_without_command=True,
    help="What in the log is worth a look, the latest first, and auditors' notes about it.",
)
_AT_A_TIME: Final = 5_000


class Format(StrEnum):
    """How indicators are told."""

    TEXT = "text"
    JSON = "json"


@app.callback()
def listed(
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
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 100,
    form: Annotated[Format, typer.Option("--format", help="How to tell it.")] = Format.TEXT,
) -> None:
    """List indicators, once what is new in the log has been counted."""
    if context.invoked_subcommand is not None:
        return
    settings = settings_or_fail(home=home)
    moment = None if since is None else since.replace(tzinfo=UTC)
    wanted = Wanted(since=moment, is_open=open_, rule=rule, limit=limit)

    async def work() -> list[Indicator]:
        async with opened(settings) as core:
            return await _found(core, wanted)

    rules = {each.id: each for each in packaged_rules()}
    found = run(work())
    if form is Format.JSON:
        content = [told(each, rules) for each in found]
        typer.echo(json.dumps(content, ensure_ascii=False, indent=1))
        return
    for each in found:
        typer.echo(_line(each, rules))


@app.command()
def acknowledge(
    indicator: Annotated[str, typer.Argument(help="The indicator's id, as it is listed.")],
    by: Annotated[str, typer.Option("--by", help="Who does it: an opaque id, never a name.")],
    note: Annotated[str, typer.Option("--note", help="What was found; no name, no number.")],
    home: Home = None,
) -> None:
    """Note what became of an indicator, for good; another note can be added later."""
    settings = settings_or_fail(home=home)

    async def work() -> Indicator:
        async with opened(settings) as core:
            desk = IndicatorDesk(core.database, core.log, core.clock)
            return await desk.acknowledge(indicator, by, note)

    typer.echo(_line(run(work()), {each.id: each for each in packaged_rules()}))


async def _found(core: Core, wanted: Wanted) -> list[Indicator]:
    rules, moved = packaged_rules(), _AT_A_TIME
    while moved == _AT_A_TIME:
        async with core.database.transaction() as connection:
            moved = await count_behind(connection, rules, _AT_A_TIME)
    async with core.database.connection() as connection:
        return await indicators(connection, wanted)


def _line(each: Indicator, rules: dict[str, Rule]) -> str:
    rule = rules.get(each.rule)
    who = " ".join(filter(None, (each.department, each.actor, each.client))) or "several"
    noted = "" if each.note is None else f"  acknowledged by {each.note.by}: {each.note.text}"
    return (
        f"{each.id}  {each.severity}  {each.rule}  {who}  {each.count} of {each.threshold}  "
        f"entries {each.first}-{each.last}  {each.started_at:%Y-%m-%dT%H:%M}Z  "
        f"{'' if rule is None else rule.says}{noted}"
    )
