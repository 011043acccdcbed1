"""Looks for known values in files and streams, in every form that a careless program leaves.

Text as UTF-8, GB18030, UTF-16 (both orders), hex (both cases), base64 (all three alignments) and
JSON with escapes; numbers and dates also as 8-byte integers in both orders. Everything is read in
windows, so a data directory of any size is searched in constant memory. What was found is told by
its label and place, never by the value.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import ahocorasick  # type: ignore[import-not-found, unused-ignore]  # it has no types

WINDOW: Final = 8 << 20
SHORTEST: Final = 6
"""Fewer bytes are met by chance: one in 2^48 places of a random file has these six."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A value that must not be found; `label` says what it is without saying it."""

    label: str
    text: str = field(repr=False)
    number: int | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a value was found, and in which form."""

    label: str
    form: str
    path: str
    offset: int


def forms(value: Planted) -> Iterator[tuple[str, bytes]]:
    """Yield the ways in which `value` could lie in a file."""
    raw = value.text.encode()
    yield "utf-8", raw
    for name in ("gb18030", "utf-16-le", "utf-16-be"):
        encoded = value.text.encode(name)
        if encoded != raw:
            yield name, encoded
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    escaped = json.dumps(value.text)[1:-1].encode()
    if escaped != raw:
        yield "json", escaped
        yield "JSON", escaped.upper().replace(b"\\U", b"\\u")
    for shift in range(3):
        # Characters that depend on neighbouring bytes are cut off on both sides.
        encoded = base64.b64encode(b"\0" * shift + raw)
        start = (shift * 8 + 5) // 6
        whole = (shift + len(raw)) * 8 // 6
        yield f"base64+{shift}", encoded[start:whole]
    if value.number is not None:
        yield "int8-little", value.number.to_bytes(8, "little")
        yield "int8-big", value.number.to_bytes(8, "big")


class Search:
    """Thousands of values looked for in one pass over each file."""

    def __init__(self, values: Iterable[Planted]) -> None:
        """Take the values.

        Raises:
            ValueError: One is too short to be telling.
        """
        self._automaton = ahocorasick.Automaton()
        self.patterns = 0
        self.longest = 1
        for value in values:
            for form, pattern in forms(value):
                if len(pattern) < SHORTEST:
                    raise ValueError(f"{value.label} as {form} is too short to be telling")
                self._automaton.add_word(pattern.decode("latin-1"), (value.label, form))
                self.longest = max(self.longest, len(pattern))
                self.patterns += 1
        self._automaton.make_automaton()

    def in_bytes(self, content: bytes) -> list[tuple[int, str, str]]:
        """Return (end, label, form) of everything found."""
        found = self._automaton.iter(content.decode("latin-1"))
        return [(end, label, form) for end, (label, form) in found]

    def in_file(self, path: Path, window: int = WINDOW) -> list[Hit]:
        """Return every hit in one file."""
        stream = Stream(self, str(path))
        with path.open("rb") as file:
            while content := file.read(window):
                stream.take(content)
        return stream.hits

    def in_tree(self, folder: Path, leave_out: Iterable[Path] = ()) -> tuple[list[Hit], int]:
        """Return every hit below `folder`, and how many bytes were read."""
        hits: list[Hit] = []
        read = 0
        for path in files_below(folder, leave_out):
            try:
                hits.extend(self.in_file(path))
                read += path.stat().st_size
            except FileNotFoundError:
                continue  # a temporary file of the server that is gone already
        return hits, read


class Stream:
    """One file, or one table, that comes in pieces; they overlap by the longest pattern."""

    def __init__(self, search: Search, place: str) -> None:
        """Begin at the beginning of `place`."""
        self._search = search
        self._place = place
        self._tail = b""
        self._offset = 0
        self._found: dict[tuple[int, str, str], Hit] = {}

    def take(self, content: bytes) -> None:
        """Look at the next piece."""
        whole = self._tail + content
        start = self._offset - len(self._tail)
        for end, label, form in self._search.in_bytes(whole):
            at = (start + end, label, form)
            self._found[at] = Hit(label, form, self._place, start + end)
        self._offset += len(content)
        self._tail = whole[-self._search.longest :]

    @property
    def hits(self) -> list[Hit]:
        """What was found so far."""
        return list(self._found.values())

    @property
    def read(self) -> int:
        """How many bytes came."""
        return self._offset


def files_below(folder: Path, leave_out: Iterable[Path] = ()) -> Iterator[Path]:
    """Yield the files below `folder`, in order, but not those below `leave_out`."""
    left_out = tuple(path.resolve() for path in leave_out)
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        if not any(path.resolve().is_relative_to(out) for out in left_out):
            yield path
