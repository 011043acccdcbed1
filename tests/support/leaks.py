"""Finds planted values in files, in every form in which a careless program leaves them.

Text as UTF-8, GB18030, UTF-16 (both orders), hex (both cases), base64 (all three
alignments); numbers and dates also as 8-byte integers in both orders. The files are read in
windows, so a data directory of any size is searched in constant memory.
"""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import ahocorasick

WINDOW = 8 << 20


@dataclass(frozen=True)
class Planted:
    """A value that must not be found; `label` says what it is without saying it."""

    label: str
    text: str
    number: int | None = None


@dataclass(frozen=True)
class Hit:
    """Where a planted value was found, and in which form."""

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

    def __init__(self, values: Iterable[Planted]):
        self._automaton = ahocorasick.Automaton()
        self.patterns = 0
        self._longest = 1
        for value in values:
            for form, pattern in forms(value):
                assert len(pattern) >= 6, f"{value.label} as {form} is too short to be telling"
                self._automaton.add_word(pattern.decode("latin-1"), (value.label, form))
                self._longest = max(self._longest, len(pattern))
                self.patterns += 1
        self._automaton.make_automaton()

    def in_bytes(self, content: bytes) -> list[tuple[int, str, str]]:
        """Return (end, label, form) of everything found."""
        found = self._automaton.iter(content.decode("latin-1"))
        return [(end, label, form) for end, (label, form) in found]

    def in_file(self, path: Path) -> list[Hit]:
        """Return every hit in one file; windows overlap by the longest pattern."""
        hits: dict[tuple[int, str, str], Hit] = {}
        with path.open("rb") as file:
            offset, tail = 0, b""
            while window := file.read(WINDOW):
                content = tail + window
                start = offset - len(tail)
                for end, label, form in self.in_bytes(content):
                    place = (start + end, label, form)
                    hits[place] = Hit(label, form, str(path), start + end)
                offset += len(window)
                tail = content[-self._longest :]
        return list(hits.values())

    def in_tree(self, folder: Path, leave_out: Iterable[Path] = ()) -> tuple[list[Hit], int]:
        """Return every hit below `folder`, and how many bytes were read."""
        left_out = tuple(path.resolve() for path in leave_out)
        hits: list[Hit] = []
        read = 0
        for path in sorted(folder.rglob("*")):
            if not path.is_file() or path.is_symlink():
                continue
            if any(path.resolve().is_relative_to(out) for out in left_out):
                continue
            try:
                hits.extend(self.in_file(path))
                read += path.stat().st_size
            except FileNotFoundError:
                continue  # a temporary file of the server that is gone already
        return hits, read
