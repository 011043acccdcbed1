"""How reference pages are written: a note that they are made, a head, tables."""

from collections.abc import Iterable, Sequence
from typing import Final

_NOTE: Final = "<!-- Made from the code by `make golden`; do not edit. -->\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a bar or the end of a line in a cell does not break it."""
    lines = [head, ["---"] * len(head), *rows]
    cells = ([_cell(cell) for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def page(title: str, *parts: str) -> str:
    """Return a whole page with its parts, which end in a line's end each."""
    return "\n".join([_NOTE, f"# {title}\n", *parts])
