"""What `hub keys` does to change a key, kind by kind: each opens the hub and says what was done."""

from datetime import timedelta

import typer

from hub.app import Core, opened
from hub.commands.console import progress, progress_done, run
from hub.commands.data_keys import rotate_data
from hub.commands.tag_keys import TagsRotated, retire_tags, rotate_tags
from hub.custody.epochs import retire_epoch
from hub.custody.replay_keys import ReplayCustodian
from hub.custody.resealing import Choice
from hub.custody.roots import renew_root, wrap_by
from hub.custody.rotation import Custodian, Rotated, Told
from hub.custody.signing import SigningCustodian
from hub.query.bind import day_of
from hub.sealing.keyring import Key, KeyKind, Keyring
from hub.sealing.roots import LocalRoot
from hub.sealing.suites import Suite
from hub.settings import Settings


def rotate_departments(
    settings: Settings, by: str, departments: list[str] | None, *, anew: bool, suite: Suite | None
) -> None:
    """Give departments, or all of them, a new key each, and say what was wrapped by it."""

    async def work() -> list[Rotated]:
        async with opened(settings) as core:
            return [
                await custodian_of(core, by).rotate(
                    each, day_of(core.clock()), _telling(each), anew=anew, suite=suite
                )
                for each in departments or _departments(core.keyring)
            ]

    former: list[str] = []
    for done in run(work()):
        progress_done()
        begun = "has a new key" if done.is_new else "went on with its key"
        typer.echo(
            f"{done.key.owner} {begun}, version {done.key.version} ({done.key.suite.word}); "
            f"{done.wrapped:,} data keys are wrapped by it now."
        )
        if done.other:
            former.append(done.key.owner)
            typer.echo(
                f"{done.other:,} data keys of {done.key.owner} are of another suite; they are made "
                "anew now, and what is sealed under them is sealed anew."
            )
    if former:
        rotate_data(settings, by, former, Choice(suite_not_current=True))


async def tags_rotated(
    settings: Settings, by: str, announce_s: int | None, *, anew: bool, suite: Suite | None
) -> TagsRotated:
    """Change the key of tags; return what was moved."""
    async with opened(settings) as core:
        return await rotate_tags(core, by, announce_s, anew=anew, suite=suite)


def tell_tags(done: TagsRotated) -> None:
    """Say what a change of the tags' key did."""
    progress_done()
    begun = "has a new version" if done.is_new else "went on with its version"
    typer.echo(f"The tag key {begun}, {done.version}; every tag that can be is under it now.")
    if done.left:
        typer.echo(f"Under an older version are still {done.left}.")


async def tags_retired(settings: Settings, by: str, version: int, *, drop_listed_only: bool) -> int:
    """Destroy versions of the tags' key; return how many entries of the list were dropped."""
    async with opened(settings) as core:
        return await retire_tags(core, by, version, drop_listed_only=drop_listed_only)


async def replays_rotated(settings: Settings, by: str) -> Key:
    """Return the new key of replays."""
    async with opened(settings) as core:
        return await _replays(core, by).rotate(day_of(core.clock()))


async def replays_retired(settings: Settings, by: str, version: int) -> None:
    """Destroy versions of the key of replays."""
    async with opened(settings) as core:
        await _replays(core, by).retire(version)


def _replays(core: Core, by: str) -> ReplayCustodian:
    return ReplayCustodian(core.database, core.keyring, core.log, by, side=core.log_side)


async def epoch_retired(settings: Settings, by: str, version: int) -> None:
    """Destroy epochs of the log's subjects."""
    async with opened(settings) as core:
        now = core.clock()
        await SigningCustodian(core.keyring, core.log, by).settle(now)
        await retire_epoch(core.keyring, core.log, now, version, by=by)


async def announced(settings: Settings, kind: KeyKind, by: str, seconds: int | None) -> Key:
    """Return the new key of a kind that changes by the clock."""
    async with opened(settings) as core:
        now, ahead = core.clock(), None if seconds is None else timedelta(seconds=seconds)
        custodian = SigningCustodian(core.keyring, core.log, by)
        await custodian.settle(now)
        return await custodian.announce(kind, now, ahead)


async def renewed(settings: Settings, by: str) -> str:
    """Return the name of the new root key."""
    async with opened(settings) as core:
        keyring = core.keyring
        if isinstance(keyring.root, LocalRoot):
            return (await renew_root(settings.key_folder, keyring, core.log, by)).id
        await wrap_by(keyring.root, keyring, core.log, by)
        return keyring.root.id


def custodian_of(core: Core, by: str) -> Custodian:
    """Return who changes the keys of departments."""
    return Custodian(core.database, core.keyring, core.log, by)


def _departments(keyring: Keyring) -> list[str]:
    return sorted({key.owner for key in keyring.all() if key.kind is KeyKind.DEPARTMENT})


def _telling(department: str) -> Told:
    """Return what says on the console how far the rotation of one department is."""

    def told(done: int, total: int) -> None:
        progress(f"{department}: {done:,} of {total:,} data keys")

    return told
