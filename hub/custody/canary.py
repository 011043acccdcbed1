"""Looks in the database and in files for values that ought to lie there sealed only.

The hub's own process opens a bounded random sample of what is sealed, on record, keeps those values
that can be told from anything else, and searches for them, in many forms: every table and the
statistics through SQL, as they come after decompression; and, where the database is the embedded
one, every file of it and of the home, the write-ahead log, temporary files, logs. What is found is
told by place and by what it is a value of; the value itself is never shown, kept or sent.
"""

import json
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from audit.entry import EntryKind
from hub.custody.search import Hit, Planted, Search, Stream, files_below
from hub.errors import CorruptError, KeysUnavailableError
from hub.sealing.datakeys import DataKeys
from hub.sealing.seals import bytes_opener
from hub.store.database import Connection, Database, snapshot
from hub.store.intake import intake_owner
from hub.store.journal import Journal, recorded
from hub.store.log_side import IN_HUB, LogSide
from hub.store.sealed_places import OF_ROW, SealedTable, sealed_tables
from schema.catalogue import Catalogue, Kind

ROWS: Final = 25
"""Rows that are opened of each table."""
MOST: Final = 1_500
"""Values that are searched for."""
_CONTROL: Final = "control"
_SIZES: Final = """
select c.oid::regclass::text as place, greatest(c.reltuples, 0)::bigint as rows
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
  and n.nspname not like 'pg\\_toast%' and n.nspname not like 'pg\\_temp%' order by 1
"""
_KEYS: Final = """
select identity_id, key_version, wrapped, commitment from data_key
where department = $1 and identity_id = any($2::uuid[])
"""
_BESIDE: Final = {
    "statistics (pg_stats)": (
        "select schemaname, tablename, attname, most_common_vals::text, histogram_bounds::text "
        "from pg_stats where schemaname not in ('pg_catalog', 'information_schema')"
    ),
    "statements (pg_stat_activity)": (
        "select query from pg_stat_activity where pid <> pg_backend_pid()"
    ),
}
"""What is not in tables and is shown by SQL."""
_WHICH: Final = """
select coalesce(
    (select 'table ' || o.oid::regclass from pg_class o where o.reltoastrelid = c.oid),
    case c.relkind when 'i' then 'index ' else 'table ' end || c.oid::regclass)
from pg_class c where c.oid = pg_filenode_relation(0, $1)
"""
_DATABASE: Final = "select oid::int from pg_database where datname = current_database()"
_DAY: Final = re.compile(r"\d{4}[-/.]?\d{2}[-/.]?\d{2}([ T].*)?")
_NUMBER: Final = re.compile(r"[\d.,:+-]+")
_DIGITS: Final = re.compile(r"\d")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_LEAST_HAN: Final = 3
_LONGEST: Final = 200
_LEAST_SIGNS: Final = 9
_LEAST_DIGITS: Final = 6
_PERSONAL_DIGITS: Final = frozenset({11, *range(15, 20)})
"""Lengths of phones, citizen numbers, accounts; others are regions, amounts and codes."""
Told = Callable[[str], None]
"""Hears what is being searched."""


@dataclass(frozen=True, slots=True)
class Clear:
    """What was found in clear: values of which dataset, where."""

    label: str
    place: str
    count: int


@dataclass(slots=True)
class Searched:
    """What a search came to."""

    values: int = 0
    tables: int = 0
    files: int = 0
    read: int = 0
    """Bytes."""
    found: list[Clear] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """Files that could not be read."""
    is_sharp: bool = True
    """Whether the search found what it had put there itself."""

    def add(self, hits: Iterable[Hit], place: str) -> None:
        """Note what was found in one place."""
        counted = Counter(hit.label for hit in hits)
        self.found += [Clear(label, place, n) for label, n in sorted(counted.items())]


@dataclass(frozen=True, slots=True)
class Canary:
    """Searches for values of its own sample. It changes nothing that is stored."""

    database: Database
    catalogue: Catalogue
    keys: DataKeys
    journal: Journal
    known: frozenset[str] = frozenset()
    """Words that may stand in clear although sealed values have them: those of settings."""
    side: LogSide = IN_HUB

    async def search(
        self, folders: Sequence[Path], leave_out: Sequence[Path], data: Path | None, told: Told
    ) -> Searched:
        """Search the database through SQL, then the files below `folders` but `leave_out`.

        `data` is the data directory of the embedded database, if that is among them.

        Raises:
            AuditUnavailableError: It cannot be put on record, so nothing was opened.
            StoreUnavailableError: The database broke.
        """
        tables = sealed_tables(self.catalogue)
        about = {"act": "canary search", "tables": len(tables), "rows of each": ROWS}
        await recorded(
            self.journal, EntryKind.KEY, {**about, "by": "doctor", "outcome": "announced"}
        )
        control = Planted(_CONTROL, f"canary-{secrets.token_hex(12)}")
        values = await self.sample(tables)
        search, done = Search([*values, control]), Searched(len(values))
        async with self.database.connection() as connection:
            await self._tables(connection, search, done, told)
            if self.side.own is not None:
                async with self.side.beside(connection) as there:
                    await self._tables(there, search, done, told)
            names = _Names(connection, data, await connection.fetchval(_DATABASE))
            with _Control(folders, control) as where:
                for path in _files(folders, leave_out):
                    await self._file(path, search, done, names, where)
                    told(f"{done.files:,} files, {done.read >> 20:,} MiB")
            done.is_sharp = done.is_sharp or not folders
        return done

    async def sample(self, tables: Sequence[SealedTable]) -> list[Planted]:
        """Return telling values of a few random rows of each table."""
        met: dict[str, set[str]] = {}
        owners: dict[str, set[object]] = {}
        async with (
            self.database.connection() as connection,
            snapshot(connection),
        ):  # values and their keys are of one moment
            sizes = {row["place"]: row["rows"] for row in await connection.fetch(_SIZES)}
            for table in tables:
                for label, owner, text in await self._opened(connection, table, sizes):
                    met.setdefault(text, set()).add(label)
                    owners.setdefault(text, set()).add(owner)
            allowed = await self._allowed(connection, tables, met)
        telling = [
            Planted(min(labels), text)
            for text, labels in met.items()
            if len(owners[text]) == 1 and text not in self.known and text not in allowed
        ]
        secrets.SystemRandom().shuffle(telling)
        return telling[:MOST]

    async def _allowed(
        self, connection: Connection, tables: Sequence[SealedTable], met: dict[str, set[str]]
    ) -> set[str]:
        """Return texts of a source's own words that the declaration keeps in clear: a model."""
        kept = tuple(f"{each.table}: " for each in tables if each.dataset is OF_ROW)
        words = [text for text, labels in met.items() if all(x.startswith(kept) for x in labels)]
        found: set[str] = set()
        for dataset in self.catalogue.stored:
            for name in (each.name for each in dataset.clear if each.kind is Kind.TEXT):
                query = f"select distinct {name} from {dataset.name} where {name} = any($1)"  # noqa: S608 - declared names
                found.update(row[0] for row in await connection.fetch(query, words))
        return found

    async def _opened(
        self, connection: Connection, table: SealedTable, sizes: dict[str, int]
    ) -> list[tuple[str, object, str]]:
        """Return (what it is of, whose it is, the text) of the telling values of some rows."""
        rows = await connection.fetch(_sampling(table, sizes.get(table.table, 0)), ROWS)
        by_owner: dict[str, list[Record]] = {}
        for row in rows:
            by_owner.setdefault(_of(table.owner, row, "department"), []).append(row)
        found = []
        for owner, mine in by_owner.items():
            stored = await connection.fetch(_KEYS, owner, [_holder(table, row) for row in mine])
            by_holder = {row["identity_id"]: row for row in stored}
            for row in mine:
                key = by_holder.get(_holder(table, row))
                if key is not None:
                    found += list(self._texts(table, owner, row, key))
        return found

    def _texts(
        self, table: SealedTable, owner: str, row: Record, key: Record
    ) -> Iterator[tuple[str, object, str]]:
        dataset, holder = _of(table.dataset, row, "dataset"), _holder(table, row)
        version = UUID(int=0) if table.version is None else row[table.version]
        label = (
            f"{dataset} of {owner}"
            if table.dataset is not OF_ROW
            else f"{table.table}: {dataset} of {owner}"
        )
        for column, group in table.columns.items():
            if row[column] is None:
                continue
            try:
                raw = self.keys.open(owner, key["key_version"], key["wrapped"], key["commitment"])
                opened = bytes_opener(owner, dataset, group)(
                    raw, holder.bytes, version.bytes, row[column]
                )
                plain = json.loads(opened)
            except (CorruptError, KeysUnavailableError):
                return  # counted, and a finding of its own
            except ValueError:
                continue  # packed numbers, no text
            for text in filter(is_telling, _words(plain)):
                yield label, holder if table.identity else text, text

    async def _tables(
        self, connection: Connection, search: Search, done: Searched, told: Told
    ) -> None:
        places = [row["place"] for row in await connection.fetch(_SIZES)]
        queries = {f"table {place}": f"select * from {place}" for place in places}  # noqa: S608 - the catalogue's own names
        for place, query in {**queries, **_BESIDE}.items():
            stream = Stream(search, place)

            async def take(content: bytes, stream: Stream = stream) -> None:
                stream.take(content)
                told(f"{place}, {(done.read + stream.read) >> 20:,} MiB")  # noqa: B023 - awaited within

            await connection.copy_from_query(query, output=take, format="binary")
            done.tables += 1
            done.read += stream.read
            done.add(stream.hits, place)

    async def _file(
        self, path: Path, search: Search, done: Searched, names: "_Names", control: Path | None
    ) -> None:
        try:
            hits = search.in_file(path)
            done.read += path.stat().st_size  # noqa: ASYNC240 - nobody else waits on this loop
        except FileNotFoundError:
            return  # a temporary file that is gone already
        except OSError:
            done.unreadable.append(str(path))
            return
        if path == control:
            done.is_sharp = any(hit.label == _CONTROL for hit in hits)
            return
        done.files += 1
        if hits:
            done.add(hits, await names.of(path))


class _Control:
    """Puts a control value into a file of the first folder while the files are searched."""

    def __init__(self, folders: Sequence[Path], control: Planted) -> None:
        self._path = folders[0] / control.text[:15] if folders else None
        self._control = control

    def __enter__(self) -> Path | None:
        if self._path is not None:
            self._path.write_text(self._control.text, "utf-8")
        return self._path

    def __exit__(self, *_: object) -> None:
        if self._path is not None:
            self._path.unlink(missing_ok=True)


@dataclass(slots=True)
class _Names:
    """Tells files of the database by what they hold."""

    connection: Connection
    data: Path | None
    oid: int

    async def of(self, path: Path) -> str:
        """Return what a file is, for people."""
        if self.data is None or not path.is_relative_to(self.data):
            return str(path)
        inside = path.relative_to(self.data)
        node = re.match(r"\d+", path.name)
        if inside.parts[0] == "pg_wal":
            return f"write-ahead log {path}"
        if inside.parts[:2] == ("base", str(self.oid)) and node:
            which = await self.connection.fetchval(_WHICH, int(node[0]))
            return f"{which or 'a table that is gone'} ({path})"
        return f"database file {path}"


def _files(folders: Sequence[Path], leave_out: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from [folder] if folder.is_file() else files_below(folder, leave_out)


def _sampling(table: SealedTable, rows: int) -> str:
    """Return a query for random rows; of large tables random pages are read, not all of them."""
    columns = {*table.columns, *table.key, table.identity, table.version} - {None}
    if table.owner is OF_ROW:
        columns.add("department")
    if table.dataset is OF_ROW:
        columns.add("dataset")
    listed = ", ".join(sorted(str(column) for column in columns))
    sampled = (
        "" if rows < 100 * ROWS else f"tablesample system ({min(100, 20_000 * ROWS / rows):.4f})"
    )
    return f"select {listed} from {table.table} {sampled} order by random() limit $1"  # noqa: S608 - declared names


def _of(declared: str, row: Record, column: str) -> str:
    return str(row[column]) if declared is OF_ROW else declared


def _holder(table: SealedTable, row: Record) -> UUID:
    """Return whose data key sealed a row."""
    if table.identity is None:
        return intake_owner(_of(table.owner, row, "department"))
    held: UUID = row[table.identity]
    return held


def _words(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value, but not the names in objects."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


def is_telling(text: str) -> bool:
    """Whether a text, found somewhere in clear, can only be this one's: no day, region or code."""
    if len(text) > _LONGEST or _DAY.fullmatch(text):
        return False
    if _NUMBER.fullmatch(text):
        return text.isdigit() and len(text) in _PERSONAL_DIGITS
    if len(_HAN.findall(text)) >= _LEAST_HAN:
        return True
    return len(text) >= _LEAST_SIGNS and len(_DIGITS.findall(text)) >= _LEAST_DIGITS
