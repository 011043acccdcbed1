"""Make the lists that the log commits to, bucket by bucket, from the index of subjects.

One bucket is in memory at a time: a 256th of all postings. What is done stays done: a run that was
killed goes on where it was. A list is of the entries that the index had when it began.
"""

import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import asyncpg
import numpy as np

from audit.entry import EPOCH
from audit.lists import BUCKETS, HEAD, SALT, Bucket, leaf_of, root_over
from audit.search import index_behind
from audit.segments import POSTING_SIZE

_SECRET: Final = 32
_AT_A_TIME: Final = 5_000
_POSTING: Final = np.dtype([("head", ">u8"), ("distance", ">u4")])
_OPEN: Final = """
    SELECT list.stop, list.start, list.salt, list.secret, pruned.minimum
    FROM audit.list, audit.pruned WHERE list.entry IS NULL ORDER BY list.stop DESC LIMIT 1
"""
_BEGIN: Final = """
    INSERT INTO audit.list (stop, start, salt, secret, begun_at)
    SELECT progress.next, pruned.minimum, $1, $2, $3
    FROM audit.index_progress AS progress, audit.pruned
    ON CONFLICT (stop) DO NOTHING
"""
_ABANDON: Final = "DELETE FROM audit.list WHERE entry IS NULL AND stop = $1"
_LOCK: Final = "SELECT entry FROM audit.list WHERE stop = $1 FOR UPDATE"
_DONE: Final = "SELECT bucket FROM audit.list_bucket WHERE stop = $1"
_POSTINGS: Final = """
    SELECT start, postings FROM audit.subject_segment WHERE bucket = $1 AND start < $2
    ORDER BY start
"""
_KEEP: Final = """
    INSERT INTO audit.list_bucket (stop, bucket, count, root, keys, contents)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""
_ROOTS: Final = "SELECT count, root FROM audit.list_bucket WHERE stop = $1 ORDER BY bucket"
_FINISH: Final = "UPDATE audit.list SET entry = $2, made_at = $3 WHERE stop = $1"
_FORGET: Final = """
    DELETE FROM audit.list WHERE stop < (
        SELECT min(stop) FROM (
            SELECT stop FROM audit.list WHERE entry IS NOT NULL ORDER BY stop DESC LIMIT 2
        ) AS newest)
"""
_NEWEST: Final = "SELECT stop, start, salt, secret FROM audit.list ORDER BY stop DESC LIMIT 1"
_LAST: Final = "SELECT max(made_at) FROM audit.list"

Append = Callable[[dict[str, object]], Awaitable[int]]
"""Puts a `lists` record on the log and returns its number once it is durable."""
Progress = Callable[[int, int], None]


async def last_made(connection: asyncpg.Connection) -> datetime | None:
    """Return when the newest list was committed to."""
    found: datetime | None = await connection.fetchval(_LAST)
    return found


async def commit_lists(
    connection: asyncpg.Connection,
    append: Append,
    now: datetime,
    progress: Progress | None = None,
) -> int:
    """Commit to everybody's list; return the number of the entry that does.

    1. The index is brought up to the end of the log.  2. A list begins there, or the one that was
    begun goes on, unless entries went out of it meanwhile.  3. Bucket by bucket is made and stored,
    each in its own transaction.  4. The entry is durable before the list is called made: after a
    crash between the two there is a second entry of the same root.
    """
    while await index_behind(connection, _AT_A_TIME):
        pass
    stop, start, salt, secret = await _begun(connection, now)
    done = {row[0] for row in await connection.fetch(_DONE, stop)}
    for bucket in range(BUCKETS):
        if bucket not in done:
            rows = await connection.fetch(_POSTINGS, bucket, stop)
            made = _made([(row[0], row[1]) for row in rows], salt, secret)
            keys = b"".join(key for key, _ in made.leaves)
            contents = b"".join(content for _, content in made.leaves)
            await connection.execute(
                _KEEP, stop, bucket, len(made.leaves), made.root(), keys, contents
            )
        if progress is not None:
            progress(bucket + 1, BUCKETS)
    async with connection.transaction():
        known: int | None = await connection.fetchval(_LOCK, stop)
        if known is not None:
            return known
        roots = [(row[0], row[1]) for row in await connection.fetch(_ROOTS, stop)]
        record: dict[str, object] = {
            "at": int((now - EPOCH).total_seconds() * 1000),
            "start": start,
            "stop": stop,
            "salt": salt.hex(),
            "root": root_over(roots).hex(),
            "subjects": sum(count for count, _ in roots),
            "outcome": "announced",
        }
        entry = await append(record)
        await connection.execute(_FINISH, stop, entry, now)
        await connection.execute(_FORGET)
    return entry


async def _begun(connection: asyncpg.Connection, now: datetime) -> tuple[int, int, bytes, bytes]:
    """Return the list that is being made: end, start, salt, secret."""
    while True:
        row = await connection.fetchrow(_OPEN)
        if row is not None and row["start"] == row["minimum"]:
            return row["stop"], row["start"], row["salt"], row["secret"]
        if row is not None:
            await connection.execute(_ABANDON, row["stop"])
        made = await connection.execute(_BEGIN, os.urandom(SALT), os.urandom(_SECRET), now)
        if made == "INSERT 0 0":
            # Another process began and finished this one: its own entry is behind the end.
            (row,) = await connection.fetch(_NEWEST)
            return row["stop"], row["start"], row["salt"], row["secret"]


def _made(segments: list[tuple[int, bytes]], salt: bytes, secret: bytes) -> Bucket:
    """Return the leaves of one bucket, from its postings in the order of the log."""
    entries: dict[bytes, list[int]] = {}
    for start, postings in segments:
        distances = np.frombuffer(postings, _POSTING)["distance"].tolist()
        for place, distance in enumerate(distances):
            head = postings[place * POSTING_SIZE : place * POSTING_SIZE + HEAD]
            entries.setdefault(head, []).append(start + distance)
    return Bucket(sorted(leaf_of(salt, secret, head, listed) for head, listed in entries.items()))
