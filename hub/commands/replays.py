"""`hub audit replay`: have an answer asked again as of then; it takes two people."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from hub.access import Caller, Purpose, is_opaque
from hub.app import Core, opened
from hub.casework.replay_desk import ReplayDesk, Run
from hub.casework.replay_rooms import request_id
from hub.clock import utc_now
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.options import Home
from hub.query.replays import told
from hub.service import replay_desk, rooms_of
from hub.settings import Settings
from hub.store.replays import ReplayRequest, State, requests

app = typer.Typer(
    no_args_is_help=True,
    help="Have an answer asked again as of then: one person asks, another approves.",
)
_OFFICE: Final = "audit-office"
By = Annotated[str, typer.Option("--by", help="Who does it: an opaque id, never a name.")]
Id = Annotated[str, typer.Argument(help="The request's id, as it is listed.")]


@app.command()
def ask(
    index: Annotated[int, typer.Argument(min=0, help="Number of the answer's entry.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why; no name, no number.")],
    home: Home = None,
) -> None:
    """Ask that an answer be asked again; somebody else approves it within a day."""
    caller = _caller(by, "auditor")

    async def work() -> ReplayRequest:
        async with _desk(settings_or_fail(home=home)) as (_, desk):
            return await desk.ask(index, reason, caller)

    typer.echo(run(work()).id)


@app.command()
def approve(id_: Id, by: By, home: Home = None) -> None:
    """Approve somebody else's request: it may be run once, within half an hour."""
    _decide(id_, by, settings_or_fail(home=home), is_approved=True)


@app.command()
def refuse(id_: Id, by: By, home: Home = None) -> None:
    """Refuse somebody else's request."""
    _decide(id_, by, settings_or_fail(home=home), is_approved=False)


@app.command("run")
def run_(id_: Id, by: By, home: Home = None) -> None:
    """Run an approved request of one's own; shows, as JSON, what was asked and what it shows now.

    Exit status 1 where that is not what was shown then, 2 where it cannot be asked again.
    """
    caller = _caller(by, "auditor")

    async def work() -> Run:
        async with _desk(settings_or_fail(home=home)) as (_, desk):
            return await desk.run(request_id(id_), caller)

    done = run(work())
    shown = done.replayed
    outcome = {
        "entry": done.receipt.index,
        "of": done.request.index,
        "verdict": str(shown.verdict),
        "why": list(shown.why),
        "document": shown.document,
        "operation": shown.operation,
        "variables": None if shown.variables is None else json.loads(shown.variables),
        "data": None if shown.data is None else json.loads(shown.data),
    }
    typer.echo(json.dumps(outcome, ensure_ascii=False, indent=1))
    status = {"same": 0, "differs": 1}.get(str(shown.verdict), 2)
    if status:
        raise typer.Exit(status)


@app.command("list")
def list_(
    home: Home = None,
    index: Annotated[int | None, typer.Option("--index", help="Only of this entry.")] = None,
    state: Annotated[State | None, typer.Option("--state", help="Only in this state.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 100,
) -> None:
    """List requests as JSON, the newest first."""

    async def work() -> list[ReplayRequest]:
        async with opened(settings_or_fail(home=home)) as core:
            now = core.clock()
            async with core.database.connection() as connection:
                return await requests(connection, now, index=index, state=state, limit=limit)

    now = utc_now()
    found = [told(each, now) for each in run(work())]
    typer.echo(json.dumps(found, ensure_ascii=False, indent=1))


@app.command()
def forget(
    before: Annotated[
        datetime,
        typer.Option("--before", formats=["%Y-%m-%d"], help="What was asked before this day, UTC."),
    ],
    by: By,
    agreed: Annotated[str, typer.Option("--agreed", help="Who agreed: another opaque id.")],
    home: Home = None,
) -> None:
    """Destroy what is kept of requests, for good; their entries and proofs stay whole."""

    async def work() -> int:
        async with _desk(settings_or_fail(home=home)) as (_, desk):
            return await desk.forget(before.replace(tzinfo=UTC), by, agreed)

    typer.echo(f"What was asked is destroyed for {run(work()):,} entries.")


def _decide(id_: str, by: str, settings: Settings, *, is_approved: bool) -> None:
    caller = _caller(by, "audit-lead")

    async def work() -> ReplayRequest:
        async with _desk(settings) as (_, desk):
            return await desk.decide(request_id(id_), caller, is_approved=is_approved)

    done = run(work())
    until = "" if done.expires_at is None else f" until {done.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    typer.echo(f"{done.id} is {'approved' if is_approved else 'refused'}{until}")


@asynccontextmanager
async def _desk(settings: Settings) -> AsyncIterator[tuple[Core, ReplayDesk]]:
    async with opened(settings) as core, rooms_of(core) as rooms:
        yield core, replay_desk(core, rooms.queries)


def _caller(by: str, role: str) -> Caller:
    if not is_opaque(by):
        fail("name who does it by an opaque id: letters, digits and ._:/- only.", 2)
    return Caller(_OFFICE, role, Purpose.AUDIT, "operator", by)
