"""`hub demo`: a made-up district, its departments, the main job end to end, and a hub to try."""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import httpx2
import typer

from audit.verify import Verdict, report
from connectors.shape import BEIJING
from hub.app import Core, apply_policy, catalogue_of, opened, prepare
from hub.clock import utc_now
from hub.commands.audit import verified, verifier_key
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.ingest import read_departments, summary
from hub.commands.migrate import first_policy
from hub.commands.options import Home
from hub.demo import bank_channel, installation
from hub.demo.cases import open_cases
from hub.demo.commitment_walk import commit_a_family, taken_by_platform
from hub.demo.district import DEFAULT_HOUSEHOLDS, Places
from hub.demo.processes import end
from hub.demo.receivers import PLATFORM, RunningReceiver, receivers
from hub.demo.registry import SOURCES
from hub.demo.score_check import expected_scores, stored_scores
from hub.demo.signing_in import check_is_local
from hub.demo.walk import Walk, WalkError, known_family, must
from hub.errors import SetupError
from hub.ingest.report import IngestReport
from hub.ingest.scope import load_scope
from hub.settings import Settings
from hub.store.database import Connection
from hub.store.embedded.client import wait_until_stopped
from hub.store.facts import Facts
from hub.store.outbox import revive
from scoring.profile import BANDS

_READY_S: Final = 60.0
_POLL_S: Final = 0.05


def demo(
    home: Home = None,
    households: Annotated[
        int, typer.Option("--households", min=80, help="Size of the made-up district.")
    ] = DEFAULT_HOUSEHOLDS,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, another district.")] = 1,
    port: Annotated[
        int | None, typer.Option("--port", help="Port of the hub (HUB_PORT); default: 8700.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check the outcome and exit instead of serving on.")
    ] = False,
) -> None:
    """Set up a made-up district and run the main job end to end; then keep serving.

    Everything lies in the home (default .hub): delete it to start afresh. Nobody in it is real.
    Ctrl-C ends the hub and the departments' systems.
    """
    settings = settings_or_fail(home=home, port=0 if check and port is None else port)
    began = time.monotonic()
    with ExitStack() as stack:
        try:
            check_is_local(settings.host, settings.public_url)
            places = _set_up(settings, seed, households)
            told = _start_systems(stack, settings, places)
            run(_fill(settings, places, told))
            hub = stack.enter_context(_served(settings))
            with closing(Walk(hub, settings.home)) as walk:
                _walk(walk, places, told)
            _verify(settings)
        except (WalkError, SetupError) as problem:
            fail(f"the demonstration did not come out as it must: {problem}")
        typer.echo(f"\nAll of it took {time.monotonic() - began:.0f} s.")
        if not check:
            _invite(settings, hub)
            _wait()
    if settings.database_url is None:
        wait_until_stopped(settings.home)


def _set_up(settings: Settings, seed: int, households: int) -> Places:
    _title("Setting up")
    first_policy(settings)
    today = utc_now().astimezone(BEIJING).date()
    places, is_new = installation.district(
        settings.home, seed=seed, households=households, today=today
    )
    word = "built" if is_new else "there already"
    typer.echo(f"a made-up district of {households:,} households, seed {seed}: {word}")
    revision = run(prepare(settings, catalogue_of(settings)))
    installation.register_clients(settings)
    typer.echo(f"keys in {settings.key_folder}, database at revision {revision}")
    return places


def _start_systems(
    stack: ExitStack, settings: Settings, places: Places
) -> Mapping[str, RunningReceiver]:
    """Start every department's system and the receivers; tell the hub where they are."""
    today = utc_now().astimezone(BEIJING).date()
    keys = installation.publish_outbound_keys(settings)
    sources = installation.start_sources(stack, settings, places)
    running = stack.enter_context(receivers(settings.home, keys, places.insurance_database))
    banks = bank_channel.started(stack, settings.home, places.truth, today)
    asked = {**sources, bank_channel.SECTION: banks}
    installation.write_departments(settings, asked, running)
    typer.echo(
        f"systems of {len(sources)} departments, the banks' channel, "
        f"{len(running)} receivers of messages: running"
    )
    return running


async def _fill(settings: Settings, places: Places, told: Collection[str]) -> None:
    """Read everything into the graph, and say what is in it."""
    async with opened(settings) as core:
        async with core.database.connection() as connection:
            for receiver in told:  # they were away while an earlier run's messages were tried
                await revive(connection, receiver, core.clock())
        policy = await apply_policy(core)
        scope = await load_scope(core.database, core.log, core.tagger, places.monitoring_list)
        typer.echo(f"policy {policy.digest[:12]} in force, {scope.rows:,} families on the roll")
        _title(f"Reading {len(SOURCES)} departments")
        reports = await read_departments(core, ())
        for done in reports:
            typer.echo(summary(done))
        bands: set[str] = set()
        if any(done.accepted for done in reports):
            _check_quarantine(reports, places)
            bands = await _check_scores(core, places)
        await open_cases(core)
        async with core.database.connection() as connection:
            await _graph(connection, bands)


def _check_quarantine(reports: list[IngestReport], places: Places) -> None:
    """What waits in quarantine is what was planted, reason by reason."""
    planted: Counter[str] = Counter()
    with places.truth.open(encoding="utf-8") as lines:
        for line in lines:
            row: dict[str, Any] = json.loads(line)
            if row["kind"] == "fault" and row["expected"] != "accepted":
                planted[row["expected"]] += 1
    held = sum((done.quarantined for done in reports), Counter())
    apart = {reason: (held[reason], planted[reason]) for reason in held.keys() | planted.keys()}
    wrong = [f"{a} {reason}, planted {b}" for reason, (a, b) in sorted(apart.items()) if a != b]
    must(not wrong, f"quarantine differs from the faults that were planted: {'; '.join(wrong)}")
    typer.echo(f"quarantine: {held.total():,} records, exactly the faults that were planted")


async def _check_scores(core: Core, places: Places) -> set[str]:
    """Every household's score is what its members' lives give: nobody's more, nobody's fewer.

    Return the bands that are among them.
    """
    expected = expected_scores(places.truth, core.tagger)
    if {score.day for score in expected.values()} != {core.clock().astimezone(BEIJING).date()}:
        typer.echo("scores: not compared, the district is of another day")
        return set()
    async with (
        core.database.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        stored = await stored_scores(connection, Facts(core.catalogue), core.data_keys)
    differing = sum(
        stored.get(home) != expected.get(home) for home in stored.keys() | expected.keys()
    )
    must(not differing, f"the scores of {differing:,} households are not as expected")
    typer.echo(f"scores: {len(expected):,} households, all as expected")
    return {score.band for score in expected.values()}


async def _graph(connection: Connection, bands: set[str]) -> None:
    """Tell how many there are, and that every band in which a family must be is warned of."""
    people = await connection.fetchval("select count(*) from person")
    households = await connection.fetchval("select count(*) from household")
    warned = await connection.fetch(
        "select band, count(*) as n from alert where known_to = 'infinity' and status <> 'closed' "
        "group by band order by band"
    )
    missing = bands.intersection(BANDS) - {row["band"] for row in warned}
    must(not missing, f"no family is warned of as {', '.join(sorted(missing))}")
    counted = ", ".join(f"{row['n']:,} {row['band']}" for row in warned) or "none"
    typer.echo(f"the graph: {people:,} people in {households:,} households; open alerts: {counted}")


@contextmanager
def _served(settings: Settings) -> Iterator[str]:
    """Run the hub, with the demonstration's way to sign in, in a process; give its address."""
    place = settings.home / "hub.address"
    place.unlink(missing_ok=True)
    command = [sys.executable, "-m", "hub.commands.demo_serving", "--home", str(settings.home)]
    command += ["--port", str(settings.port), "--port-file", str(place)]
    with (settings.home / "hub.log").open("ab") as words:
        hub = subprocess.Popen(command, stdout=words, stderr=words)  # noqa: S603 - our own module
        try:
            yield _address(hub, place)
        finally:
            end(hub)


def _address(hub: "subprocess.Popen[bytes]", place: Path) -> str:
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline and hub.poll() is None:
        if place.exists() and (address := place.read_text("ascii")):
            with contextlib.suppress(httpx2.HTTPError):
                if httpx2.get(f"{address}/health/ready", trust_env=False).is_success:
                    return address
        time.sleep(_POLL_S)
    raise SetupError(f"the hub did not start; its words are in {place.with_name('hub.log')}.")


def _walk(walk: Walk, places: Places, told: Mapping[str, RunningReceiver]) -> None:
    number = known_family(places.truth)
    _title("One question, three departments")
    answers = walk.same_question(number)
    for name, answer in (
        ("civil affairs", answers.officer),
        ("insurance", answers.insurer),
        ("education", answers.education),
    ):
        person = answer["data"]["person"]
        shown = [field for field, value in person.items() if value is not None]
        refused = sorted({error["extensions"]["field"] for error in answer.get("errors", [])})
        typer.echo(f"{name:>14} is told: {', '.join(shown)}")
        typer.echo(f"{'':>14} refused: {', '.join(refused) or 'nothing'}")
    score = answers.officer["data"]["person"]["household"]["score"]
    typer.echo(
        f"{'the score':>14} is {score['total']}, {score['band']}, as the worked example says"
    )
    _title("A family in difficulty")
    known = answers.officer["data"]["person"]["household"]["id"]
    # Stable: the most urgent first. The family of docs/tutorial.md is left for whoever reads it.
    families = sorted(walk.worklist(), key=lambda family: family["household"]["id"] == known)
    first = families[0]
    typer.echo(
        f"{len(families)} on the worklist; the first is {first['band']}, "
        f"visit due by {first['dueOn']}"
    )
    score = first["household"]["score"]
    typer.echo(f"{score['coverage']} of 100 points could be decided. Reasons:")
    for reason in score["reasons"]:
        typer.echo(f"  {reason['points']:>3}  {reason['textZh']}  ({reason['source']})")
    _title("A decision, and who is told")
    receipt = walk.recognise(first["household"]["id"], utc_now().date())
    typer.echo(f"{receipt['people']} people recognised; acknowledged by")
    for name, taken in walk.acknowledged(told, receipt["messageIds"]).items():
        statuses = Counter(item["status"] for item in taken)
        counted = ", ".join(f"{n} {status}" for status, n in sorted(statuses.items()))
        typer.echo(f"{name:>22}: {counted}")
    others = [family["household"]["id"] for family in (*families[1:], first)]
    _commitment(walk, others, told)
    _title("Who read about the family that was asked about")
    for entry in walk.who_read(number)[:10]:
        typer.echo(
            f"  #{entry['index']} {entry['kind']}: {entry['department']} ({entry['role']}) "
            f"for {entry['purpose']}, {len(entry['fields'] or [])} fields"
        )

    _title("What the person is told of it, through a portal")
    log = answers.officer["extensions"]["receipt"]["log"]
    own = walk.told_to_themselves(number, log)
    for usage in own["usages"][:10]:
        typer.echo(
            f"  #{usage['index']} {usage['receiverName']}：{usage['action']}"
            f"（{usage['actionEn']}），{'、'.join(usage['fields'][:3])}"
        )
    later = own["delayedUsages"]
    typer.echo(f"  each with its proof; {later} of {own['totalUsages']} are shown later")


def _commitment(walk: Walk, households: list[str], told: Mapping[str, RunningReceiver]) -> None:
    _title("A family commits instead of bringing papers")
    done = commit_a_family(walk, households, utc_now().astimezone(BEIJING).date())
    made, verified = done.commitment, done.verification
    typer.echo(
        f"{made['code']}: {made['authorisations']} authorisations of {done.people} people, "
        f"to be decided by {made['dueOn']}"
    )
    typer.echo(f"declared and found: {verified['grade']}")
    taken = taken_by_platform(told[PLATFORM], made["code"], 2)
    typer.echo(f"{done.confirmation['people']} people recognised on the simplified path")
    typer.echo(f"the credit platform: {', '.join(taken)}")


def _verify(settings: Settings) -> None:
    _title("The access log")

    async def work() -> Verdict:
        return await verified(settings, verifier_key(settings))

    verdict = run(work())
    typer.echo(report(verdict))
    must(verdict.ok, "the access log does not verify")


def _invite(settings: Settings, hub: str) -> None:
    home = settings.home
    _title("Try it")
    typer.echo(
        f"The hub serves {hub}/graphql until Ctrl-C.\n\n"
        f"  TOKEN=$(.venv/bin/hub token {installation.OFFICER.id} --purpose WARN --home {home})\n"
        f'  curl -s {hub}/graphql -H "authorization: Bearer $TOKEN" '
        "-H 'content-type: application/json' \\\n"
        '    -d \'{"query": "{ warnings(first: 3) { edges { node { band total '
        "household { region } } } } }\"}'\n\n"
        f"  .venv/bin/hub audit verify --home {home}\n"
        f"  .venv/bin/hub doctor --home {home}\n\n"
        f"Open {hub}/ in a browser. See also: {hub}/health/ready, docs/tour.md, {home}/clients/"
    )


def _wait() -> None:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(asyncio.Event().wait())


def _title(text: str) -> None:
    typer.secho(f"\n== {text}", bold=True)
