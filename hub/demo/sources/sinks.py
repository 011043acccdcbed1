"""Where made-up departments write: change feeds, CSV drops, workbooks, SQLite tables."""

import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final, TextIO

_BATCH: Final = 2_000
TOKEN_FILE: Final = "token"  # noqa: S105 - a file's name
Words = Mapping[str, str | None]


def new_token(folder: Path) -> Path:
    """Write a new credential that only its owner may read; it is random, not from the seed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / TOKEN_FILE
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(secrets.token_urlsafe(32), encoding="ascii")
    return path


class FeedSink:
    """Change feeds: one file of JSON lines a dataset, served by `hub.demo.systems.feeds`."""

    def __init__(self, folder: Path, datasets: Sequence[str]) -> None:
        """Make the files, and a new credential beside them."""
        new_token(folder)
        self._files: dict[str, TextIO] = {
            name: (folder / f"{name}.jsonl").open("w", encoding="utf-8") for name in datasets
        }

    def write(self, dataset: str, words: Words) -> None:
        """Write one item."""
        self._files[dataset].write(json.dumps(words, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()


@dataclass(frozen=True, slots=True)
class Drop:
    """One CSV file: its name and its header."""

    name: str
    header: Sequence[str]


class CsvSink:
    """CSV drops, one file a dataset, in one encoding; no cell of theirs needs quoting."""

    def __init__(self, folder: Path, drops: Mapping[str, Drop], encoding: str) -> None:
        """Begin each file with its header; files of the same kind from before are replaced."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.csv"):
            old.unlink()
        self._files = {
            dataset: (folder / drop.name).open("w", encoding=encoding, newline="")
            for dataset, drop in drops.items()
        }
        for dataset, file in self._files.items():
            file.write(",".join(drops[dataset].header) + "\r\n")

    def write(self, dataset: str, words: Words) -> None:
        """Write one line."""
        self._files[dataset].write(",".join(word or "" for word in words.values()) + "\r\n")

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()


class BookSink:
    """One workbook with a sheet for each dataset; rows go to disk as they come."""

    def __init__(self, folder: Path, name: str, sheets: Mapping[str, Drop], *, made: date) -> None:
        """Begin each sheet with its header; workbooks from before are removed."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.xlsx"):
            old.unlink()
        import xlsxwriter  # 14 MB that only who makes a workbook needs

        self._book = xlsxwriter.Workbook(str(folder / name), {"constant_memory": True})
        self._book.set_properties({"created": datetime(made.year, made.month, made.day)})  # noqa: DTZ001 - the format has no zone
        self._pages = {
            dataset: self._book.add_worksheet(sheet.name) for dataset, sheet in sheets.items()
        }
        self._rows = dict.fromkeys(sheets, 0)
        for dataset, page in self._pages.items():
            page.write_row(0, 0, list(sheets[dataset].header))

    def write(self, dataset: str, words: Words) -> None:
        """Write one row, every cell as text."""
        self._rows[dataset] += 1
        row, page = self._rows[dataset], self._pages[dataset]
        for column, word in enumerate(words.values()):
            if word is not None:
                page.write_string(row, column, word)

    def close(self) -> None:
        """Write the workbook."""
        self._book.close()


@dataclass(frozen=True, slots=True)
class SqlTable:
    """A table: its name, columns, key column and column of the time of change."""

    name: str
    columns: Sequence[str]
    key: str
    updated: str


class SqliteSink:
    """Tables of a SQLite database; a part of a batch is never left behind."""

    def __init__(self, path: Path, tables: Mapping[str, SqlTable]) -> None:
        """Make the database anew."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._tables = tables
        self._connection = sqlite3.connect(path)
        for table in tables.values():
            columns = ", ".join(f"{name} TEXT" for name in table.columns)
            self._connection.execute(f"CREATE TABLE {table.name} ({columns})")
        self._rows: dict[str, list[tuple[str | None, ...]]] = {name: [] for name in tables}

    def write(self, dataset: str, words: Words) -> None:
        """Write one row."""
        rows, table = self._rows[dataset], self._tables[dataset]
        rows.append(tuple(words[name] for name in table.columns))
        if len(rows) >= _BATCH:
            self._flush(dataset)

    def close(self) -> None:
        """Write what is left, index for the order in which the hub reads, and close."""
        for dataset, table in self._tables.items():
            self._flush(dataset)
            self._connection.execute(
                f"CREATE INDEX {table.name}_GX ON {table.name} ({table.updated}, {table.key})"
            )
        self._connection.commit()
        self._connection.close()

    def _flush(self, dataset: str) -> None:
        rows, table = self._rows[dataset], self._tables[dataset]
        if rows:
            marks = ", ".join("?" for _ in table.columns)
            self._connection.executemany(
                f"INSERT INTO {table.name} VALUES ({marks})",  # noqa: S608 - our own tables
                rows,
            )
            rows.clear()
