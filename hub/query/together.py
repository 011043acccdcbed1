"""People who are asked for at the same moment by the same plan are found together.

`person(nationalId:)` is what departments ask most, by one document again and again, many at once.
Those who ask it under one entitlement as of one day (`hub.store.convoy`) are one statement over all
their numbers, opened once and shaped once, as `people(nationalIds:)` is; each then gets the object
of its own person, and its record is made of the rows that lead to that object and no others.

What may meet: the same plan, so the same fields and the same document; the same entitlement, so the
same rows and the same reach; one root that finds a person by number, known now. Nothing that is
asked under a case, a consent or for a receiver alone meets anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from hub.access import Entitlement
from hub.query.fetch import Columns, Fetcher, Sealed
from hub.query.generated import OWN_KEY
from hub.query.model import BoundRoot, Plan
from hub.query.plans import Prepared
from hub.query.reveal import Revealer
from hub.query.shape import Tree, row_finder
from hub.store.convoy import Convoys

_MOST: Final = 8
"""People of a statement. With more, the hub has nothing to do while the database works."""


class Alike(NamedTuple):
    """What those who go together have in common."""

    prepared: Prepared
    entitlement: Entitlement
    parameters: Mapping[str, object]
    """Of the statement, all but the numbers' tags."""
    as_of: date


@dataclass(frozen=True, slots=True)
class Shown:
    """What one of them gets."""

    data: Tree
    sealed: Sealed
    """Of its rows, what its record is made of: whom they are about."""


class Together:
    """Finds people together; lives as long as the application, on one event loop."""

    def __init__(self, fetcher: Fetcher, revealer: Revealer) -> None:
        """Find nobody yet."""
        self._fetcher = fetcher
        self._revealer = revealer
        self._convoys: Convoys[Alike, BoundRoot, Shown] = Convoys(self._shown, _MOST)

    @property
    def is_idle(self) -> bool:
        """Whether nobody is being found."""
        return self._convoys.is_idle

    async def shown(self, alike: Alike, one: BoundRoot) -> Shown:
        """Return what a request gets that asks for one person.

        Raises:
            UnavailableError: Try again.
            CorruptError: A stored value of this person's does not authenticate, or contradicts.
            WallError: The database opens nothing to such an entitlement, or not all of this.
        """
        key = (id(alike.prepared), id(alike.entitlement), alike.as_of)  # both live while it waits
        return await self._convoys.join(key, alike, one)

    async def _shown(self, alike: Alike, asked: Sequence[BoundRoot]) -> list[Shown]:
        prepared = alike.prepared
        plan, (index,) = prepared.plan, {one.root.index for one in asked}
        tags = dict.fromkeys(tag for one in asked for number in one.numbers for tag in number.tags)
        sealed = await self._fetcher.fetch_for(
            len(asked),
            prepared.statement,
            len(plan.levels),
            {**alike.parameters, f"r{index}_tags": list(tags)},
            alike.entitlement.reach,
        )
        if sealed.policy_digest != alike.entitlement.policy_digest:
            return [Shown({}, sealed)] * len(asked)  # nothing is opened; each sees why
        revealed = self._revealer.reveal(plan, prepared.openers, sealed)
        apart = Apart(plan, sealed)
        rows = [apart.row(one) for one in asked]
        data = prepared.shaper.each(revealed, rows)
        return [
            Shown(tree, apart.told(one, row))
            for one, tree, row in zip(asked, data, rows, strict=True)
        ]


class Apart:
    """Tells apart whose rows are whose, along the keys by which objects are put together."""

    def __init__(self, plan: Plan, sealed: Sealed) -> None:
        """Go once through the levels that are subjects, and those that lead to them."""
        (root,) = plan.roots
        assert root.level is not None  # noqa: S101 - people are rows
        self._sealed, self._level = sealed, root.level
        levels = sealed.levels
        people = self._people = levels[root.level]["person_id"]
        search = sealed.searches[root.index]
        self._row, self._root = row_finder(search, people), root.index
        self._known = dict(zip(search["tag"], search["person_id"], strict=True))
        self._aliases = levels[root.level]["log_alias"]
        self._below = [
            (
                level.index,
                parent,
                levels[parent][OWN_KEY[level.kind]],
                _by_key(levels[level.index]["parent"]),
                levels[level.index].get("log_alias"),
            )
            for level, parent in plan.led_to_subjects
        ]

    def row(self, one: BoundRoot) -> int | None:
        """Return the row of who is asked for; None where nobody may be seen."""
        (number,) = one.numbers
        return self._row(number)

    def told(self, one: BoundRoot, row: int | None) -> Sealed:
        """Return whom the rows of one person's object are about, and what its number led to."""
        sealed, root, known = self._sealed, self._level, self._known
        (number,) = one.numbers
        tags = [tag for tag in number.tags if tag in known]
        search = {self._root: {"tag": tags, "person_id": [known[tag] for tag in tags]}}
        told: list[Columns] = [_NOBODY] * len(sealed.levels)
        if row is None:
            told[root] = {"person_id": (), "log_alias": ()}
            return Sealed(sealed.policy_digest, sealed.known_at, tuple(told), search)
        told[root] = {"person_id": (self._people[row],), "log_alias": (self._aliases[row],)}
        own: dict[int, Sequence[int]] = {root: (row,)}
        for index, parent, above, rows, aliases in self._below:
            found = own[parent]
            if len(found) == 1:
                mine = rows.get(above[found[0]], _NONE)
            else:
                keys = dict.fromkeys([above[each] for each in found])
                mine = [each for key in keys for each in rows.get(key, _NONE)]
            own[index] = mine
            if mine and aliases is not None:
                told[index] = {"log_alias": [aliases[each] for each in mine]}
        return Sealed(sealed.policy_digest, sealed.known_at, tuple(told), search)


_NONE: Final[list[int]] = []
_NOBODY: Final[Columns] = {"log_alias": ()}


def _by_key(keys: Sequence[bytes]) -> Mapping[bytes, list[int]]:
    """Return the rows of each key, in their order."""
    rows: dict[bytes, list[int]] = {}
    for row, key in enumerate(keys):
        if key in rows:
            rows[key].append(row)
        else:
            rows[key] = [row]
    return rows
