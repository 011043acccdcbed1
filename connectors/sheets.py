"""Reads spreadsheets dropped in a folder: one record a row, files in the order of their names.

Each agreed sheet of a workbook is one dataset and begins with its agreed header. A wrong row
costs that row, a wrong sheet that sheet, a wrong file that file; all are reported with their
place. A number of more than fifteen digits that was typed as a number has lost its last digits
in the file already: the row is refused, never repaired. The cursor is the last file, sheet and
row that was read; a corrected workbook comes under a new name.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import msgspec
from python_calamine import CalamineError, CalamineWorkbook

from connectors.errors import SourceFormatError, SourceUnavailableError
from connectors.protocol import Page, ReasonCode, SourceRecord, Unreadable
from connectors.shape import Shape

_EXACT: Final = 1e15
"""Below it every whole number survives as a binary double."""
Cell = str | int | float | bool | date | datetime | time | timedelta


class _Cursor(msgspec.Struct, frozen=True):
    file: str
    sheet: int
    row: int


_CURSOR: Final = msgspec.json.Decoder(_Cursor)
_BEGINNING: Final = _Cursor("", 0, 0)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One agreed sheet: its name, its header, and what its rows are."""

    name: str
    header: tuple[str, ...]
    shape: Shape


@dataclass(frozen=True, slots=True)
class SheetDrops:
    """The connector of a department that drops workbooks (xlsx, xls, ods) into a folder."""

    department: str
    folder: Path
    pattern: str
    sheets: tuple[Sheet, ...]
    limit: int = 1000

    async def pull(self, cursor: str | None) -> AsyncIterator[Page]:
        """Yield the rows behind `cursor`; see `Connector.pull`."""
        done = self._parsed(cursor)
        for path in await asyncio.to_thread(self._files):
            if path.name < done.file:
                continue
            pages = self._pages(path, done if path.name == done.file else _BEGINNING)
            while (page := await asyncio.to_thread(next, pages, None)) is not None:
                yield page

    def _files(self) -> list[Path]:
        if not self.folder.is_dir():
            raise SourceUnavailableError(self.department, "drop folder", "is not there")
        return sorted(path for path in self.folder.glob(self.pattern) if path.is_file())

    def _pages(self, path: Path, done: _Cursor) -> Iterator[Page]:
        try:
            workbook = CalamineWorkbook.from_path(str(path))
        except (CalamineError, OSError, ValueError) as error:
            if not path.exists():
                raise SourceUnavailableError(self.department, path.name, "is gone") from None
            if done.row == 0:
                yield self._lost(path, 0, f"the workbook cannot be read ({type(error).__name__})")
            return
        with workbook:
            for index, sheet in enumerate(self.sheets):
                if index >= done.sheet:
                    first = done.row if index == done.sheet else 0
                    yield from self._sheet_pages(path, workbook, (index, sheet), first)

    def _sheet_pages(
        self, path: Path, workbook: CalamineWorkbook, agreed: tuple[int, Sheet], done: int
    ) -> Iterator[Page]:
        """Yield the rows of one sheet behind row `done`; its header is row 1."""
        index, sheet = agreed
        rows = self._rows(workbook, sheet)
        if isinstance(rows, str):
            if done == 0:
                yield self._lost(path, index, rows)
            return
        found: list[SourceRecord | Unreadable] = []
        number, told = 1, max(done, 1)
        for number, row in enumerate(rows, start=2):
            if number <= done or not any(cell != "" for cell in row):
                continue
            found.append(_record(sheet, row, f"{path.name} {sheet.name}:{number}"))
            if len(found) >= self.limit:
                yield _page(found, _Cursor(path.name, index, number))
                found, told = [], number
        if number > told:
            yield _page(found, _Cursor(path.name, index, number))

    def _rows(self, workbook: CalamineWorkbook, sheet: Sheet) -> Iterator[Sequence[Cell]] | str:
        """Return the rows below the header, or why there are none."""
        if sheet.name not in workbook.sheet_names:
            return f"there is no sheet {sheet.name}"
        try:
            rows = iter(workbook.get_sheet_by_name(sheet.name).iter_rows())
        except (CalamineError, OSError, ValueError) as error:
            return f"the sheet cannot be read ({type(error).__name__})"
        header = tuple(str(cell).strip() for cell in _filled(next(rows, ()), 0))
        if header != sheet.header:
            return f"the header is not the agreed one of {len(sheet.header)} columns"
        return (_filled(row, len(header)) for row in rows)

    def _lost(self, path: Path, index: int, why: str) -> Page:
        shape = self.sheets[index].shape
        bad = shape.unreadable(path.name, ReasonCode.FILE_UNREADABLE, why)
        return Page((), (bad,), _written(_Cursor(path.name, index, 1)))

    def _parsed(self, cursor: str | None) -> _Cursor:
        try:
            return _CURSOR.decode(cursor) if cursor else _BEGINNING
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise SourceFormatError(self.department, "cursor", "is not one of ours") from None


def _record(sheet: Sheet, row: Sequence[Cell], location: str) -> SourceRecord | Unreadable:
    if len(row) != len(sheet.header):
        return sheet.shape.unreadable(
            location,
            ReasonCode.COLUMN_COUNT,
            f"{len(sheet.header)} columns were agreed, the row has {len(row)}",
        )
    words: dict[str, str | None] = {}
    for column, cell in zip(sheet.header, row, strict=True):
        word = _word(cell)
        if word is None:
            return sheet.shape.unreadable(
                location,
                ReasonCode.ROW_UNREADABLE,
                f"{column} holds a number of more than 15 digits: its digits are gone; "
                "store it as text",
            )
        words[column] = word or None
    return sheet.shape.record(words, location)


def _filled(row: Sequence[Cell], least: int) -> Sequence[Cell]:
    """Return a row without empty cells behind its `least` first: one wide row widens them all."""
    width = len(row)
    while width > least and row[width - 1] == "":
        width -= 1
    return row[:width]


def _word(cell: Cell) -> str | None:
    """Return a cell as a word; None where its digits cannot be trusted."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, (int, float)):
        if abs(cell) >= _EXACT:
            return None
        return str(int(cell)) if float(cell).is_integer() else repr(cell)
    return cell.isoformat() if isinstance(cell, (datetime, date, time)) else str(cell)


def _page(found: list[SourceRecord | Unreadable], cursor: _Cursor) -> Page:
    return Page(
        tuple(item for item in found if isinstance(item, SourceRecord)),
        tuple(item for item in found if isinstance(item, Unreadable)),
        _written(cursor),
    )


def _written(cursor: _Cursor) -> str:
    return msgspec.json.encode(cursor).decode()
