"""What state the keys are in: versions, ages, what is still under old ones, what is overdue."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from asyncpg import Record

from hub.sealing.keyring import KeyKind, Keyring, KeyStatus
from hub.sealing.signing import begins_at
from hub.store.data_keys import ages, renewing
from hub.store.database import Connection
from hub.store.tags import STAYING, left_under

CHANGED: Final = frozenset(set(KeyKind) - {KeyKind.IDENTIFIER})
"""Kinds of keys that `hub keys rotate` changes; of no other it is said that it should be."""
_OF_A_SUITE: Final = frozenset(
    {KeyKind.DEPARTMENT, KeyKind.TAG, KeyKind.IDENTIFIER, KeyKind.SUBJECT}
)
OVERDUE_DAYS: Final = 365
"""After so many days a primary key should have been changed: our proposal, a setting changes it."""
DATA_OVERDUE_DAYS: Final = 1_095
"""The same of a data key, which seals little."""


@dataclass(frozen=True, slots=True)
class KeyState:
    """One version of one key."""

    kind: KeyKind
    owner: str
    version: int
    status: KeyStatus
    suite: str | None
    """`aes` or `sm`: what is wrapped, sealed or tagged with under it; None of a key that signs."""
    since: date | None
    """The day on which it was made; None of a key from before days were kept."""
    age_days: int | None
    data_keys: int | None
    """How many data keys it wraps; None of a key that wraps none by its kind."""
    tags: int | None
    """How many tags are under it or an older version; None of a primary key and of other kinds."""
    oldest_data_key_days: int | None
    """How old the oldest data key under it is; None where there is none."""
    overdue_data_keys: int | None
    """How many data keys under it are older than they should become."""
    is_overdue: bool
    """A primary key that is older than it should become."""
    is_unfinished: bool
    """An older key that still has something under it, or an announced one whose moment has passed:
    its rotation has not come to its end."""
    is_of_former_suite: bool
    """An older key that wraps something, and is of another suite than the one that seals now."""
    is_renewing: bool
    """A primary key whose department's data keys are being replaced, all, or were when that was
    stopped."""


@dataclass(frozen=True, slots=True)
class _Under:
    """What is under the versions of keys."""

    data_keys: Mapping[tuple[str, int], Record]
    tags: Mapping[int, Mapping[str, int]]
    renewing: set[str]


async def states(
    connection: Connection,
    keyring: Keyring,
    now: tuple[datetime, date],
    overdue_days: int = OVERDUE_DAYS,
    data_overdue_days: int = DATA_OVERDUE_DAYS,
) -> list[KeyState]:
    """Return the state of every version that was not retired, and of those that were.

    `now` is the moment, and the day in China.
    """
    under = {
        (row["department"], row["key_version"]): row
        for row in await ages(connection, data_overdue_days)
    }
    tags = {
        key.version: await left_under(connection, key.version + 1, now[0])
        for key in keyring.versions(KeyKind.TAG)
        if key.status is KeyStatus.DECRYPT_ONLY
    }
    begun = await renewing(connection)
    return list(_states(keyring, _Under(under, tags, begun), now, timedelta(overdue_days)))


def _states(
    keyring: Keyring,
    under: _Under,
    now: tuple[datetime, date],
    longest: timedelta,
) -> Iterator[KeyState]:
    (moment, today), keys = now, keyring.all()
    seals = {(k.kind, k.owner): k.suite for k in keys if k.status is KeyStatus.PRIMARY}
    for key in keys:
        since = date.fromisoformat(key.since) if key.since else None
        wraps = key.kind is KeyKind.DEPARTMENT
        row = under.data_keys.get((key.owner, key.version)) if wraps else None
        count = (row["keys"] if row else 0) if wraps else None
        is_primary = key.status is KeyStatus.PRIMARY
        is_old = key.status is KeyStatus.DECRYPT_ONLY and bool(count)
        is_former = is_old and seals.get((key.kind, key.owner), key.suite) is not key.suite
        left = under.tags.get(key.version) if key.kind is KeyKind.TAG else None
        is_left = left is not None and any(left[table] for table in STAYING)
        is_announced = key.kind is KeyKind.TAG and key.status is KeyStatus.ANNOUNCED
        is_late = is_announced and begins_at(key) < moment
        yield KeyState(
            kind=key.kind,
            owner=key.owner,
            version=key.version,
            status=key.status,
            suite=key.suite.word if key.kind in _OF_A_SUITE else None,
            since=since,
            age_days=(today - since).days if since else None,
            data_keys=count,
            tags=None if left is None else sum(left.values()),
            oldest_data_key_days=row["oldest_days"] if row else None,
            overdue_data_keys=(row["overdue"] if row else 0) if wraps else None,
            is_overdue=key.kind in CHANGED
            and is_primary
            and since is not None
            and today - since > longest,
            is_unfinished=(is_old and not is_former) or is_left or is_late,
            is_of_former_suite=is_former,
            is_renewing=wraps and is_primary and key.owner in under.renewing,
        )
