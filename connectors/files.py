"""Reads CSV drops in a folder: one record a line, files in the order of their names.

A wrong row costs that row and a wrong file that file; both are reported with their place.
The cursor is the last file and the last line of it that was read. A file appears under its
final name when it is complete (departments upload under another name and rename).
A corrected file comes as a new drop under a new name.
"""

import asyncio
import csv
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TextIO

import msgspec

from connectors.errors import SourceFormatError, SourceUnavailableError
from connectors.protocol import Page, ReasonCode, SourceRecord, Unreadable
from connectors.shape import Shape

_BOM: Final = b"\xef\xbb\xbf"
_MARK: Final = "\ufeff"
"""The same mark at the beginning, in whatever encoding."""
_WIDE: Final = "utf-16"
_LOST: Final = "\ufffd"
"""Stands for bytes that are not of the encoding."""


class _Lines(Protocol):
    def readline(self, size: int, /) -> bytes:
        """Return the next line, or its first `size` bytes or a few more; empty at the end."""
        ...


@dataclass(frozen=True, slots=True)
class _Wide:
    """Lines of a file whose line breaks are two bytes, as UTF-8."""

    text: TextIO

    def readline(self, size: int, /) -> bytes:
        return self.text.readline(size).encode()


class _Cursor(msgspec.Struct, frozen=True):
    file: str
    line: int


_CURSOR: Final = msgspec.json.Decoder(_Cursor)
_BEGINNING: Final = _Cursor("", 0)


@dataclass(frozen=True, slots=True)
class CsvDrops:
    """The connector of a department that drops CSV files into a folder."""

    shape: Shape
    folder: Path
    pattern: str
    header: tuple[str, ...]
    encoding: str
    limit: int = 1000
    max_line_bytes: int = 64 * 1024

    @property
    def department(self) -> str:
        """The department whose words these are."""
        return self.shape.department

    async def pull(self, cursor: str | None) -> AsyncIterator[Page]:
        """Yield the rows behind `cursor`; see `Connector.pull`."""
        done = self._parsed(cursor)
        for path in await asyncio.to_thread(self._files):
            if path.name < done.file:
                continue
            pages = self._pages(path, done.line if path.name == done.file else 0)
            while (page := await asyncio.to_thread(self._next, pages, path)) is not None:
                yield page

    def _files(self) -> list[Path]:
        if not self.folder.is_dir():
            raise SourceUnavailableError(self.department, "drop folder", "is not there")
        return sorted(path for path in self.folder.glob(self.pattern) if path.is_file())

    def _next(self, pages: Iterator[Page], path: Path) -> Page | None:
        try:
            return next(pages, None)
        except OSError as error:
            raise SourceUnavailableError(
                self.department, path.name, f"cannot be read ({type(error).__name__})"
            ) from None

    def _pages(self, path: Path, done: int) -> Iterator[Page]:
        """Yield the lines of one file behind line `done`; its header is line 1."""
        with self._opened(path) as lines:
            fault = self._header_fault(lines.readline(self.max_line_bytes))
            if fault is not None:
                if done == 0:
                    bad = self.shape.unreadable(path.name, ReasonCode.FILE_UNREADABLE, fault)
                    yield Page((), (bad,), _written(path.name, 1))
                return
            records: list[SourceRecord] = []
            unreadable: list[Unreadable] = []
            number, told = 1, done
            for number, line in enumerate(self._bounded(lines), start=2):
                if number <= done or not line.strip():
                    continue
                found = self._record(line, f"{path.name}:{number}")
                if isinstance(found, SourceRecord):
                    records.append(found)
                else:
                    unreadable.append(found)
                if len(records) + len(unreadable) >= self.limit:
                    yield Page(tuple(records), tuple(unreadable), _written(path.name, number))
                    records, unreadable, told = [], [], number
            if number > told:
                yield Page(tuple(records), tuple(unreadable), _written(path.name, number))

    @contextmanager
    def _opened(self, path: Path) -> Iterator[_Lines]:
        if self.encoding.startswith(_WIDE):
            with path.open(encoding=self.encoding, errors="replace", newline="\n") as text:
                yield _Wide(text)
        else:
            with path.open("rb") as lines:
                yield lines

    def _decoded(self, line: bytes) -> str | None:
        """Return the text of a line, None where it is not of the agreed encoding."""
        try:
            text = line.decode("utf-8" if self.encoding.startswith(_WIDE) else self.encoding)
        except UnicodeDecodeError:
            return None
        return None if _LOST in text else text.rstrip("\r\n")

    def _bounded(self, lines: _Lines) -> Iterator[bytes]:
        """Yield each line; of one that is too long, its first bytes stand for it."""
        longest = self.max_line_bytes + 1
        while line := lines.readline(longest):
            rest = line
            while len(rest) >= longest and not rest.endswith(b"\n"):
                rest = lines.readline(longest)
            yield line

    def _record(self, line: bytes, location: str) -> SourceRecord | Unreadable:
        cells = self._cells(line)
        if isinstance(cells, str):
            return self.shape.unreadable(location, ReasonCode.ROW_UNREADABLE, cells)
        if len(cells) != len(self.header):
            return self.shape.unreadable(
                location,
                ReasonCode.COLUMN_COUNT,
                f"{len(self.header)} columns were agreed, the row has {len(cells)}",
            )
        words = dict(zip(self.header, (cell or None for cell in cells), strict=True))
        return self.shape.record(words, location)

    def _cells(self, line: bytes) -> list[str] | str:
        """Return the cells of `line`, or why it has none."""
        if len(line) > self.max_line_bytes:
            return f"the row is longer than {self.max_line_bytes} bytes"
        text = self._decoded(line)
        if text is None:
            return f"the row is not {self.encoding}"
        if '"' not in text:
            return text.split(",")
        try:
            return next(csv.reader([text], strict=True))
        except csv.Error:
            return "the row's quotation marks do not close"

    def _header_fault(self, line: bytes) -> str | None:
        text = self._decoded(line.removeprefix(_BOM))
        if text is None:
            return f"the header is not {self.encoding}"
        cells = text.removeprefix(_MARK).split(",")
        if tuple(cell.strip().strip('"') for cell in cells) != self.header:
            return f"the header is not the agreed one of {len(self.header)} columns"
        return None

    def _parsed(self, cursor: str | None) -> _Cursor:
        try:
            return _CURSOR.decode(cursor) if cursor else _BEGINNING
        except msgspec.DecodeError:
            raise SourceFormatError(self.department, "cursor", "is not one of ours") from None


def _written(file: str, line: int) -> str:
    return msgspec.json.encode(_Cursor(file, line)).decode()
