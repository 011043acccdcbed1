"""An attacker with the whole database and the keys of one department, and what they can make of it.

The formats are public; what is not theirs is every other key. They try what they have on
everything: each stolen key on each wrapped key, each data key on each sealed value in its own place
and in no place, and each as the key of tags.
"""

import hmac
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

import asyncpg

from hub.errors import SealBrokenError
from hub.sealing.datakeys import wrap_aad
from hub.sealing.keyring import Key
from hub.sealing.seals import bytes_opener
from hub.sealing.suites import ALGORITHMS, BROKEN
from hub.store.sealed_places import OF_ROW, SealedTable

LABELS = ("person", "household", "record", "content", "once", "subject")
_BYTES = """
select format('%I.%I', c.table_schema, c.table_name) as place, format('%I', c.column_name) as name
from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
where c.data_type = 'bytea' and t.table_type = 'BASE TABLE'
  and c.table_schema not in ('pg_catalog', 'information_schema')
"""


@dataclass
class Loot:
    """The whole database, as far as it holds bytes."""

    data_keys: list[dict]
    rows: dict[str, list[dict]]
    """Of each declared table."""
    bytes_by_place: dict[str, list[bytes]] = field(repr=False, default_factory=dict)
    """Every value of bytes, by table and column, the log's among them."""


async def looted(admin_dsn: str, sealed: Iterable[SealedTable]) -> Loot:
    """Read everything, as a superuser."""
    connection = await asyncpg.connect(admin_dsn)
    try:

        async def rows(table):
            return [dict(row) for row in await connection.fetch(f"select * from {table}")]  # noqa: S608 - our own names

        found = Loot(
            await rows("data_key"), {each.table: await rows(each.table) for each in sealed}
        )
        for place, name in await connection.fetch(_BYTES):
            values = await connection.fetch(
                f"select {name} from {place} where {name} is not null"  # noqa: S608 - quoted above
            )
            found.bytes_by_place[f"{place}.{name}"] = [value for (value,) in values]
        return found
    finally:
        await connection.close()


def unwrapped(loot: Loot, stolen: Iterable[Key]) -> dict[tuple, bytes]:
    """Return every data key that a stolen key opens, by department and identity."""
    found = {}
    for row in loot.data_keys:
        for key in stolen:
            try:
                raw = ALGORITHMS[key.suite].unwrap(key.secret, row["wrapped"], wrap_aad(key))
            except BROKEN:
                continue
            found[row["department"], row["identity_id"]] = raw
    return found


def opened(loot: Loot, sealed: Iterable[SealedTable], keys: dict[tuple, bytes], more=()) -> Counter:
    """Count the values that open, by department, table and group.

    Each is tried in its own place under the data keys of its identity, whichever department they
    are of, and under `more`.
    """
    by_identity: dict = {}
    for (_, identity), raw in keys.items():
        by_identity.setdefault(identity, []).append(raw)
    counted: Counter = Counter()
    for each in sealed:
        for row in loot.rows[each.table]:
            owner = row["department"] if each.owner is OF_ROW else each.owner
            dataset = row["dataset"] if each.dataset is OF_ROW else each.dataset
            identity = None if each.identity is None else row[each.identity]
            version = bytes(16) if each.version is None else row[each.version].bytes
            if identity is None:
                mine = [(i, raw) for (_, i), raw in keys.items()]
            else:
                mine = [(identity, raw) for raw in by_identity.get(identity, ())]
                mine += [(identity, raw) for raw in more]
            for column, group in each.columns.items():
                if row[column] is None:
                    continue
                open_one = bytes_opener(owner, dataset, group)
                if any(_opens(open_one, raw, i, version, row[column]) for i, raw in mine):
                    counted[owner, each.table, group] += 1
    return counted


def _opens(open_one, raw, identity, version, value) -> bool:
    try:
        open_one(raw, identity.bytes, version, value)
    except SealBrokenError:
        return False
    return True


def stored(loot: Loot, sealed: Iterable[SealedTable]) -> Counter:
    """Count the values that there are, by department, table and group."""
    counted: Counter = Counter()
    for each in sealed:
        for row in loot.rows[each.table]:
            owner = row["department"] if each.owner is OF_ROW else each.owner
            counted.update(
                (owner, each.table, group)
                for column, group in each.columns.items()
                if row[column] is not None
            )
    return counted


def guesses(keys: Iterable[bytes], words: Iterable[bytes]) -> set[bytes]:
    """Return the tags that `words` would have if one of `keys` were the key of tags."""
    made = set()
    for key in keys:
        for label in LABELS:
            head = f"hub/tag/{label}/v1\0".encode()
            for word in words:
                sized = len(word).to_bytes(4, "big") + word
                made.add(hmac.digest(key, head + sized, sha256))
                made.add(hmac.digest(key, head + word, sha256))
    return made


def met(loot: Loot, tags: set[bytes]) -> Counter:
    """Count the places in which one of `tags` stands, whole or within a longer value."""
    counted: Counter = Counter()
    for place, values in loot.bytes_by_place.items():
        for value in values:
            if len(value) == 32:
                counted[place] += value in tags
            elif len(value) > 32:
                ends = range(len(value) - 31)
                counted[place] += any(value[at : at + 32] in tags for at in ends)
    return +counted
