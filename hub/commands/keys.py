"""`hub keys`: what state the keys are in, and to change them while the hub serves."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
import typer

from hub.app import Core, opened
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.data_keys import rotate_data
from hub.commands.key_rotation import (
    announced,
    custodian_of,
    epoch_retired,
    renewed,
    replays_retired,
    replays_rotated,
    rotate_departments,
    tags_retired,
    tags_rotated,
    tell_tags,
)
from hub.commands.options import Home
from hub.custody.resealing import Choice
from hub.custody.roots import wrap_by
from hub.custody.shredding import KEPT_YEARS, Shredded, Shredder
from hub.custody.status import KeyState, states
from hub.query.bind import day_of
from hub.sealing.keyring import KeyKind
from hub.sealing.roots import FORMS, root_at
from hub.sealing.suites import SUITES, Suite

app = typer.Typer(
    no_args_is_help=True,
    help="Keys: their versions and ages, rotation while the hub serves, the root key's place.",
)
By = Annotated[str, typer.Option("--by", help="Who does it: an opaque id, never a name.")]
_CLOCKED: Final = {
    str(kind): kind for kind in (KeyKind.SUBJECT, KeyKind.LOG, KeyKind.TOKEN, KeyKind.OUTBOUND)
}
_BEGINS: Final = {
    KeyKind.SUBJECT: "begins",
    KeyKind.LOG: "signs now (`hub audit key`); the one before signs beside it until 30 days after",
}
_REPLAY: Final = str(KeyKind.REPLAY)
_KINDS: Final = ("department", "data", "root", "tags", _REPLAY, *_CLOCKED)


@app.command()
def status(
    home: Home = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, one list.")] = False,
    overdue_days: Annotated[
        int | None,
        typer.Option(
            "--overdue-days",
            min=1,
            help="How old a key that seals may become. Left out: `key_overdue_days`.",
        ),
    ] = None,
) -> None:
    """Show every key's versions, age, what each still wraps; exit 1 if one is overdue."""
    settings = settings_or_fail(home=home)

    async def work() -> tuple[list[KeyState], str]:
        async with opened(settings) as core, core.database.connection() as connection:
            today = day_of(core.clock())
            longest = overdue_days or settings.key_overdue_days, settings.data_key_overdue_days
            now = core.clock(), today
            found = await states(connection, core.keyring, now, *longest)
            return found, core.keyring.root.id

    found, root = run(work())
    if as_json:
        listed = [msgspec.to_builtins(state) for state in found]
        typer.echo(msgspec.json.format(msgspec.json.encode(listed), indent=1).decode())
    else:
        typer.echo(f"root  {root}")
        for state in found:
            typer.echo(_line(state))
    if any(s.is_overdue or s.is_unfinished or s.is_renewing or s.overdue_data_keys for s in found):
        raise typer.Exit(1)


def _line(state: KeyState) -> str:
    age = "age unknown" if state.age_days is None else f"{state.age_days} days old"
    suite = "" if state.suite is None else f", {state.suite}"
    wraps = "" if state.data_keys is None else f", {state.data_keys:,} data keys"
    wraps += "" if state.tags is None else f", {state.tags:,} tags"
    if state.oldest_data_key_days is not None:
        wraps += f", the oldest {state.oldest_data_key_days} days old"
    if state.overdue_data_keys:
        wraps += f", {state.overdue_data_keys:,} of them OVERDUE: `hub keys rotate data`"
    if state.is_renewing:
        wraps += ", replacement of data keys not finished: run it again"
    late = ", OVERDUE: rotate it" if state.is_overdue else ""
    late += ", rotation not finished: run it again" if state.is_unfinished else ""
    anew = (
        ", of a former suite: `hub keys rotate data --suite-not-current` seals what it wraps anew"
    )
    late += anew * state.is_of_former_suite
    name = f"{state.kind}  {state.owner}  v{state.version}"
    return f"{name}  {state.status}{suite}, {age}{wraps}{late}"


@app.command()
def rotate(
    kind: Annotated[str, typer.Argument(help=f"What is changed: {' or '.join(_KINDS)}.")],
    *,
    by: By,
    home: Home = None,
    department: Annotated[
        list[str] | None,
        typer.Option("--department", help="Whose key; again for several. Left out: everybody's."),
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Begin another rotation where one is not finished.")
    ] = False,
    suite: Annotated[
        str | None,
        typer.Option(
            "--suite",
            help="aes or sm: of the new key, a department's or of tags. Left out: as it is.",
        ),
    ] = None,
    announce_s: Annotated[
        int | None,
        typer.Option("--announce-s", min=5, help="Seconds until a key that is announced is used."),
    ] = None,
    person: Annotated[
        str | None, typer.Option("--person", help="data: only those of this person, Person.id.")
    ] = None,
    older_than_days: Annotated[
        int | None, typer.Option("--older-than-days", min=0, help="data: only those that old.")
    ] = None,
    suite_not_current: Annotated[
        bool,
        typer.Option("--suite-not-current", help="data: only those of another suite than the key."),
    ] = False,
) -> None:
    """Change keys while the hub serves; safe to stop, and to run again to go on.

    `department`: a new key for each department, and every data key wrapped by it. What is sealed
    stays as it is; the old key opens until `hub keys retire`. With another `--suite` than before,
    data keys of the former one, and what is sealed under them, are made anew as `data` does it.
    `data`: a new data key for each identity, in the suite of its department's key, and everything
    that the old one sealed is sealed anew.
    `root`: a new key above all others; only the keyring is written anew.
    `tags`: a new key of the tags by which sealed values are found; used after half a minute, when
    every process looks up by it. Then all tags are computed anew, from what is sealed.
    `replay`: a new key of what is kept of requests; what is sealed already stays under the old one.
    `log-subject`: a new epoch of the tags that name people in the log, from midnight in China on.
    `log-signing`: a new key of the log's checkpoints; both sign, until 30 days after the moment.
    `token-signing`, `outbound-signing`: a new key, published at once, that signs when everybody
    has seen it (after ten minutes, seven days); the old one goes when what it signed has ended.
    """
    settings = settings_or_fail(home=home)
    if kind not in _KINDS:
        fail(f"there is no kind of key {kind} to rotate; it is {' or '.join(_KINDS)}.", 2)
    chosen = _suite(suite, kind)
    if kind in _CLOCKED:
        key = run(announced(settings, _CLOCKED[kind], by, announce_s))
        verb = _BEGINS.get(key.kind, "is published now and signs from")
        typer.echo(f"{kind}, version {key.version}, {verb} {key.begins}.")
        return
    if kind == "data":
        who = None if person is None else _id(person)
        rotate_data(settings, by, department, Choice(who, older_than_days, suite_not_current, anew))
        return
    if kind == "tags":
        tell_tags(run(tags_rotated(settings, by, announce_s, anew=anew, suite=chosen)))
        return
    if kind == _REPLAY:
        made = run(replays_rotated(settings, by))
        typer.echo(f"replay, version {made.version}, seals what is asked from now on.")
        return
    if kind == "root":
        typer.echo(f"The keyring is wrapped by {run(renewed(settings, by))} now.")
        return

    rotate_departments(settings, by, department, anew=anew, suite=chosen)


@app.command()
def retire(
    version: Annotated[int, typer.Option("--version", help="This one and those before it.")],
    by: By,
    department: Annotated[str | None, typer.Option("--department", help="Whose key.")] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="Which key: department, tags, log-subject or replay.")
    ] = "department",
    home: Home = None,
    drop_listed_only: Annotated[
        bool,
        typer.Option(
            "--drop-listed-only",
            help="Of tags: drop numbers that only the list of whom to keep told.",
        ),
    ] = False,
) -> None:
    """Destroy old versions of a key, under which nothing may be any more.

    From then on no process can store anything under them. Backups of the database from before the
    rotation do not open any more, and nobody is found in them by their number.
    """
    settings = settings_or_fail(home=home)
    if kind == "tags" and department is None:
        dropped = run(tags_retired(settings, by, version, drop_listed_only=drop_listed_only))
        dropped_too = f" {dropped:,} entries of the list were dropped." if dropped else ""
        typer.echo(f"There is no tag key of version {version} or before any more.{dropped_too}")
        return
    if kind == str(KeyKind.SUBJECT) and department is None:
        run(epoch_retired(settings, by, version))
        typer.echo(f"Nobody can tell any more whom entries of epoch {version} or before are about.")
        return
    if kind == _REPLAY and department is None:
        run(replays_retired(settings, by, version))
        typer.echo(f"There is no replay key of version {version} or before any more.")
        return
    if kind != "department" or department is None:
        fail("say --department, or --kind tags, log-subject or replay; others go by themselves.", 2)

    async def work() -> None:
        async with opened(settings) as core:
            await custodian_of(core, by).retire(department, version)

    run(work())
    typer.echo(f"{department} has no key of version {version} or before any more.")


@app.command("move-root")
def move_root(
    to: Annotated[str, typer.Option("--to", help=f"The new place: {FORMS}.")],
    by: By,
    home: Home = None,
) -> None:
    """Wrap the keyring by a root key in another place, which must have been made there.

    Then set `root_key` to that place and start the hub anew; one that serves goes on with what it
    has in memory. The old root key opens old copies of the keyring: destroy both together.
    """
    settings = settings_or_fail(home=home)

    async def work() -> str:
        async with opened(settings) as core:
            root = root_at(to, settings.key_folder)
            await wrap_by(root, core.keyring, core.log, by)
            return root.id

    typer.echo(f"The keyring is wrapped by {run(work())} now. Set root_key to {to}.")


def _suite(word: str | None, kind: str) -> Suite | None:
    if word is None:
        return None
    if kind not in {"department", "tags"}:
        fail(f"--suite is for a department's key or that of tags, not for {kind}.", 2)
    if word not in SUITES:
        fail(f"there is no suite {word}; it is {' or '.join(SUITES)}.", 2)
    return SUITES[word]


Person = Annotated[str, typer.Option("--person", help="Person.id of whom it is about.")]
Why = Annotated[str, typer.Option("--why", help="The reason, without anything about the person.")]


@app.command()
def shred(
    person: Person,
    by: By,
    agreed: Annotated[str, typer.Option("--agreed", help="Who agreed: another opaque id.")],
    why: Why,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask once more.")] = False,
    home: Home = None,
) -> None:
    """Destroy a person: all their keys, records, tags and links. It cannot be undone.

    Refused while assistance is given, a commitment has not ended, an alert or a case is open, a
    message waits, or there is a legal hold. Who read their data stays on the log for its legal
    time (`hub keys forget`). Backups still hold what they held: docs/keys.md.
    """
    settings, who = settings_or_fail(home=home), _id(person)
    if not yes:
        typer.confirm("Destroy this person for good?", abort=True)

    async def work() -> Shredded:
        async with opened(settings) as core:
            return await _shredder(core).shred(who, core.clock(), by=by, agreed=agreed, why=why)

    done = run(work())
    typer.echo(f"Destroyed: {done.identities} identities, {done.data_keys} data keys.")
    typer.echo("Backups and the write-ahead log of the database hold them until they expire.")


@app.command()
def hold(person: Person, by: By, why: Why, home: Home = None) -> None:
    """Let nobody destroy a person, until it is lifted."""
    settings, who = settings_or_fail(home=home), _id(person)

    async def work() -> None:
        async with opened(settings) as core:
            await _shredder(core).hold(who, core.clock(), by=by, why=why)

    run(work())
    typer.echo("The person is held.")


@app.command()
def lift(person: Person, by: By, why: Why, home: Home = None) -> None:
    """Lift the hold on a person."""
    settings, who = settings_or_fail(home=home), _id(person)

    async def work() -> None:
        async with opened(settings) as core:
            await _shredder(core).lift(who, core.clock(), by=by, why=why)

    run(work())
    typer.echo("The person is held no more.")


@app.command()
def forget(
    by: By,
    home: Home = None,
    years: Annotated[
        int, typer.Option("--years", min=KEPT_YEARS, help="Since when they must be destroyed.")
    ] = KEPT_YEARS,
) -> None:
    """Destroy the log aliases of people who were destroyed long ago; run it once a month.

    From then on nobody can tell whose accesses those were; the log itself does not change.
    """
    settings = settings_or_fail(home=home)

    async def work() -> int:
        async with opened(settings) as core:
            return await _shredder(core).forget(core.clock(), by=by, years=years)

    typer.echo(f"{run(work()):,} people cannot be told from the log any more.")


def _shredder(core: Core) -> Shredder:
    return Shredder(core.database, core.catalogue, core.tagger, core.log)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        fail("--person is the id of a person, as Person.id gives it.", 2)
