"""Reads what `node` and `_entities` ask for: opaque ids, each at its place in the list.

What is malformed is refused before a row is read, named by its place and never by its value. What
is well formed but no id of ours names nobody.

Spec: Apollo Federation 2, subgraph specification, `_Any`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from hub.errors import InvalidDocumentError, TooCostlyError
from hub.query.abstract import ENTITY_TYPES
from hub.query.model import BoundRoot, Root, RootKind

MAX_REPRESENTATIONS: Final = 5_000
BY_ID: Final = {RootKind.PERSON_BY_ID: "person_id", RootKind.HOUSEHOLD_BY_ID: "household_id"}
"""The roots that find objects by their ids, and the column that has them."""
_TYPES: Final = {one.name: one.root for one in ENTITY_TYPES}
_NAMES: Final = " or ".join(_TYPES)


_Ids = tuple[tuple[int, UUID | None], ...]
"""Ids of one type, each with its place in the list; None is nobody's id."""
_Named = tuple[_Ids, Mapping[str, object]]
"""Ids of one type, and what the statement is given of them."""


def ids_by_kind(listed: object) -> dict[RootKind, _Named]:
    """Return the ids that are represented, by the kind of root that finds them.

    Raises:
        InvalidDocumentError: A representation is malformed.
        TooCostlyError: There are more than are allowed.
    """
    assert isinstance(listed, list)  # noqa: S101 - the schema says so
    if len(listed) > MAX_REPRESENTATIONS:
        raise TooCostlyError(
            f"{len(listed)} representations are given; {MAX_REPRESENTATIONS} are allowed at a "
            "time.",
            limit="representations",
            allowed=MAX_REPRESENTATIONS,
        )
    found: dict[RootKind, list[tuple[int, UUID | None]]] = {kind: [] for kind in BY_ID}
    for place, one in enumerate(listed):
        kind, key = _read(place, one)
        found[_TYPES[kind]].append((place, key))
    return {kind: _named(tuple(ids)) for kind, ids in found.items()}


def _named(ids: _Ids) -> _Named:
    return ids, {"ids": list({key: None for _, key in ids if key is not None})}


def bound_by_id(
    root: Root,
    given: Mapping[str, object],
    day: date,
    known_at: datetime | None,
    read: Callable[[object], Mapping[RootKind, _Named]] = ids_by_kind,
) -> BoundRoot:
    """Return a root of one type with the ids that are of that type; `read` is how they are read.

    Raises:
        InvalidDocumentError: A representation is malformed.
        TooCostlyError: There are more than are allowed.
    """
    if "id" in given:
        ids, parameters = _named(((0, uuid_of(given["id"])),))
        length = 1
    else:
        by_kind = read(given["representations"])
        ids, parameters = by_kind[root.kind]
        length = sum(len(named) for named, _ in by_kind.values())
    return BoundRoot(root, day, known_at, (), parameters, ids=ids, length=length)


def _read(place: int, given: object) -> tuple[str, UUID | None]:
    """Return the type and the id of one representation."""
    if not isinstance(given, dict):
        raise _malformed(place, "is an object with __typename and id")
    kind, key = given.get("__typename"), given.get("id")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise _malformed(place, f"needs __typename: {_NAMES}")
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise _malformed(place, f"needs the id of a {kind}, a text")
    return kind, uuid_of(key)


def _malformed(place: int, what: str) -> InvalidDocumentError:
    return InvalidDocumentError(f"representations[{place}] {what}.")


def uuid_of(text: object) -> UUID | None:
    """Return the id, or None: what is no id of ours names nobody."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def rows_by_place(bound: BoundRoot, row_by_id: Mapping[bytes, int]) -> Iterator[tuple[int, int]]:
    """Go through the places of what was found, each with its row."""
    for place, key in bound.ids:
        row = None if key is None else row_by_id.get(key.bytes)
        if row is not None:
            yield place, row


def counted(bound: BoundRoot, seen: Iterable[bytes], known: Iterable[bytes]) -> dict[str, int]:
    """Return what became of each id: one that is known but may not be seen is `outside`."""
    found, existing = set(seen), set(known)
    counts = {"found": 0, "outside": 0, "unknown": 0}
    for _, key in bound.ids:
        own = b"" if key is None else key.bytes
        if own in found:
            counts["found"] += 1
        else:
            counts["outside" if own in existing else "unknown"] += 1
    return counts
