"""What banks answered to a verification, kept sealed under the authorisation it was asked under.

It may be read by whoever is granted it with consent, about people whose authorisation covers it on
that day. Only the newest answer about a person is kept. It holds no longer than the authorisation,
and is deleted when that ends or is withdrawn (`hub.store.consents.forget`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from connectors.live import Holding
from hub.casework.credit.work import Work
from hub.casework.household import Resident
from hub.store.consents import forget_answers
from schema.datasets.banks import BANK_DEPOSIT
from schema.datasets.credit import AUTHORISATION


@dataclass(frozen=True, slots=True)
class Answered:
    """Everything that banks hold of one person."""

    resident: Resident
    authorisation_id: UUID
    holdings: tuple[Holding, ...] = field(repr=False)

    @property
    def cents(self) -> int:
        """The sum; negative where the person owes more than they have."""
        return sum(h.amount_cents for h in self.holdings)


async def keep_answers(
    work: Work, answered: Sequence[Answered], verification_id: UUID, step: UUID
) -> None:
    """Store what was answered in place of what was known; nothing under an ended authorisation."""
    residents = [one.resident for one in answered]
    identities = await work.made_identities(residents, BANK_DEPOSIT.department)
    own = [i.identity_id for i in identities.values()]
    await forget_answers(work.connection, BANK_DEPOSIT.name, own)
    for one in answered:
        person = one.resident.person
        given = await work.held(AUTHORISATION, person.cell, one.authorisation_id)
        if given is None or given.values["revoked_at"] is not None:
            continue
        until = given.spans[-1].valid_to
        for n, holding in enumerate(one.holdings):
            values = {
                "kind": holding.kind,
                "amount_cents": holding.amount_cents,
                "amount_on": holding.amount_on,
            }
            record_id = uuid5(verification_id, f"{person.person_id}\0{n}")
            identity = identities[person.person_id]
            await work.add(BANK_DEPOSIT, identity, record_id, values, step, (work.today, until))
