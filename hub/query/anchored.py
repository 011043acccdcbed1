"""Relations of members told to an anchor: recomputed from those to the head, which are stored.

Nothing but the codes of the household itself goes in, which the caller may read anyway: nobody's
sex is fetched for it. Where a word would need a sex that no code tells, the class is told (50, a
parent), and where the codes leave the tie open, that is told (97, 80); `schema.kinship` says how.
"""

from collections.abc import Sequence
from typing import Any

from hub.query.fetch import Columns
from hub.query.model import BoundRoot
from hub.query.reveal import Revealed
from schema.kinship import relations


def told_to_anchors(levels: Sequence[Revealed], bound: Sequence[BoundRoot]) -> Sequence[Revealed]:
    """Return the rows with the relations of each level that has an anchor told to that anchor."""
    anchors = {
        index: None if person is None else person.bytes
        for one in bound
        for index, person in one.anchors.items()
    }
    if not anchors:
        return levels
    return [
        Revealed(_told(level.columns, anchors[index]), level.opened)
        if index in anchors and "relation" in level.columns
        else level
        for index, level in enumerate(levels)
    ]


def _told(columns: Columns, anchor: bytes | None) -> Columns:
    """Return the columns of members with their relations to `anchor`, household by household."""
    homes: dict[Any, list[int]] = {}
    for row, home in enumerate(columns["parent"]):
        homes.setdefault(home, []).append(row)
    told: list[str | None] = [None] * len(columns["parent"])
    people, codes = columns["person_id"], columns["relation"]
    for rows in homes.values():
        seen = relations(_stored([(people[row], codes[row]) for row in rows]), anchor)
        for row in rows:
            told[row] = seen[people[row]]
    return {**columns, "relation": told}


def _stored(members: Sequence[tuple[bytes, str | None]]) -> dict[bytes | None, str | None]:
    """Return what each member is to the head; unknown where one person is two things to them."""
    stored: dict[bytes | None, str | None] = {}
    for person, code in members:
        stored[person] = code if stored.get(person, code) == code else None
    return stored
