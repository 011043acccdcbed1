"""Tells sharing agreements and requests over GraphQL: where each stands, and what is due.

Nothing of it is about a person in the graph, so nobody's rows are asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import asyncpg

from hub.casework.sharing.clocks import Clock
from hub.casework.sharing.standing import Agreement, agreements_of
from hub.errors import StoreUnavailableError
from hub.query.documents import masked
from hub.query.model import BoundRoot
from hub.query.registers import Found
from hub.query.shape import Tree
from hub.store.database import Connections, snapshot
from hub.store.sharing import acts_of
from schema.catalogue import Catalogue

_IN_FORCE: Final = "select digest, document from policy_revision"


@dataclass(frozen=True, slots=True)
class Agreements:
    """Reads agreements, and the policy that is in force with them."""

    database: Connections
    catalogue: Catalogue
    clock: Clock

    async def find(self, bound: BoundRoot) -> Found:
        """Return a page of agreements, by name.

        Raises:
            StoreUnavailableError: The database gave up.
        """
        try:
            # One snapshot, so that the policy is the one in force when the acts were read.
            async with (
                self.database.connection() as connection,
                snapshot(connection),
            ):
                row = await connection.fetchrow(_IN_FORCE)
                stored = await acts_of(connection)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise StoreUnavailableError("The database did not answer the look-up.") from problem
        digest, document = row or (None, "")
        known = agreements_of(document, stored, self.catalogue)
        today, asked = bound.as_of, bound.parameters
        lines = [_line(a, self.clock, today) for a in _wanted(known, asked, self.clock, today)]
        skipped = asked["skipped"]
        assert isinstance(skipped, int)  # noqa: S101 - bound from a cursor
        page = lines[skipped : skipped + bound.first]
        cursors = tuple(str(skipped + n) for n in range(1, len(page) + 1))
        return Found(
            digest, tuple(page), cursors, _record(asked, page), len(lines) > skipped + len(page)
        )


def _record(asked: Mapping[str, object], page: Sequence[Tree]) -> Mapping[str, object]:
    """Return what the log is told; an agreement's name is no person's."""
    told: dict[str, object] = {
        n: str(given) for n in ("agreement", "overdue") if (given := asked[n])
    }
    told |= {n: masked(str(given)) for n in ("source", "department") if (given := asked[n])}
    return {"found": len(page), "filter": told}


def _wanted(
    known: Sequence[Agreement], asked: Mapping[str, object], clock: Clock, today: date
) -> Iterator[Agreement]:
    states = asked["states"]
    for each in known:
        if (
            asked["agreement"] in {None, each.name}
            and asked["source"] in {None, each.source}
            and (asked["department"] is None or asked["department"] in each.departments)
            and (not isinstance(states, tuple) or each.state(today) in states)
            and (not asked["overdue"] or each.overdue(clock, today))
        ):
            yield each


def _line(each: Agreement, clock: Clock, today: date) -> Tree:
    dues = each.dues(clock, today)
    dispute = each.life.dispute
    return {
        **_asked(each),
        "agreement": each.name,
        "state": each.state(today),
        "step": each.steps,
        "source": each.source,
        "departments": list(each.departments),
        "fields": list(each.fields),
        "startDate": None if each.start is None else each.start.isoformat(),
        "endDate": None if each.end is None else each.end.isoformat(),
        "due": dues[0][0] if dues else None,
        "dueOn": dues[0][1].isoformat() if dues else None,
        "overdue": bool(each.overdue(clock, today)),
        "problem": each.problem or None,
        "dispute": None if dispute is None else str(dispute.stage),
        "history": [
            f"{act.on} {act.step} by {act.by}{': ' + act.why if act.why else ''}"
            for act in each.life.acts
        ],
    }


def _asked(each: Agreement) -> Tree:
    """Return what only a request says; the operator's own agreements have none."""
    if each.request is None:
        words = ("role", "purpose", "sharing", "legalBasis", "scene", "method")
        return {**dict.fromkeys(words), "regions": [], "lacks": []}
    text = each.request.text
    return {
        "role": text.role,
        "purpose": text.purpose,
        "sharing": str(each.request.sharing),
        "legalBasis": text.basis,
        "scene": text.scene,
        "method": text.method,
        "regions": list(text.scope),
        "lacks": list(each.request.lacks()),
    }
