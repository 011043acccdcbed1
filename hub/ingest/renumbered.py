"""A record that comes with another number than before: the same person, or somebody else's record.

Citizen numbers are for life, and yet some are issued anew: a wrong birth place, two people with
one number. The register keeps its own key of the person (docs/decisions/0008 and its successor):
where the same record comes with a number that nobody has yet, and neither name nor birth date
has changed, it is the same person, who is found by either number from then on. With another name
or birth date it is a correction of whose record it is.
"""

from connectors.mapping import Record
from hub.ingest.known import Known
from hub.ingest.prepared import Prepared
from hub.store.people import Identity


def kept_identity(
    prepared: Prepared, record: Record, known: Known, *, from_register: bool
) -> Identity | None:
    """Return the identity that a stored record stays with; None if it is new, or another's now."""
    stored = known.sources.get(prepared.key_tag)
    if stored is None or stored.identity_id is None:
        return None
    former = known.identities_by_id.get(stored.identity_id)
    if former is None:
        return None
    person = known.people.get(prepared.number_tag or b"")
    if person is not None:
        return former if person.person_id == former.person.person_id else None
    registered = known.registered.get(former.person_tag)
    is_same = registered is not None and registered.is_same(record.name, record.birth_date)
    return former if from_register and is_same else None
