"""What came in with a commitment: its declaration, and who signed outside the household."""

from typing import Final
from uuid import uuid5

from hub.casework.credit.work import Held, Work
from hub.casework.household import HomeNow
from hub.store.people import PersonPlace, identities_by_id
from schema.datasets.credit import AUTHORISATION, DECLARATION
from scoring.credit import Declared

_SIGNED_WITH_IT: Final = """
SELECT DISTINCT cell, identity_id FROM consent
WHERE source_record_id = $1 AND known_to = 'infinity'
"""
"""Whose authorisations came in by one step."""


async def declaration_of(work: Work, held: Held) -> Held:
    """Return what was declared with a commitment."""
    record_id = uuid5(held.record_id, DECLARATION.name)
    declaration = await work.held(DECLARATION, held.identity.person.cell, record_id)
    assert declaration is not None  # noqa: S101 - it was stored with the commitment
    return declaration


async def signed_outside(
    work: Work, held: Held, declaration: Held, home: HomeNow
) -> tuple[str, ...]:
    """Return who signed with a commitment as a supporter outside and does not live there now.

    Whether their authorisation still holds is not asked here: nobody is forgotten when it ends.
    """
    step = declaration.spans[-1].value.source_record_id
    rows = await work.connection.fetch(_SIGNED_WITH_IT, step)
    cells, ids = [row["cell"] for row in rows], [row["identity_id"] for row in rows]
    own = await identities_by_id(work.connection, work.desk.office.keys, cells, ids)
    inside = {r.person.person_id for r in home.residents}
    places: list[PersonPlace] = [i.person for i in own.values() if i.person.person_id not in inside]
    found = {
        str(one.identity.person.person_id)
        for one in await work.all_of(AUTHORISATION, places)
        if one.text("commitment_ref") == str(held.record_id) and one.values["outside"] is True
    }
    return tuple(sorted(found))


def declared_in(declaration: Held) -> Declared:
    """Return a stored declaration as it is compared."""
    values = declaration.values
    members = values["members"]
    assert isinstance(members, list)  # noqa: S101 - it was stored so
    return Declared(
        members=frozenset(str(member["person_ref"]) for member in members),
        others=_int(values["others"]),
        monthly_income_cents=_int(values["monthly_income_cents"]),
        vehicles=_int(values["vehicles"]),
        properties=_int(values["properties"]),
        businesses=_int(values["businesses"]),
        deposit_cents=_int(values["deposit_cents"]),
    )


def _int(value: object) -> int:
    assert isinstance(value, int)  # noqa: S101 - it was stored so
    return value
