"""One recognition on its way into the store: records, messages, the closing of an alert."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid5

from connectors.outbound.recognition import KIND, Change, Recognition, event
from hub.casework.decision import Decision
from hub.casework.errors import ConflictingDecisionError
from hub.casework.household import HomeNow, Resident
from hub.ingest.alerting import CLOSED, closed_by_recognition, newest_alert
from hub.sealing.datakeys import DataKeys
from hub.sealing.seals import opener
from hub.sealing.tags import Tagger
from hub.store.database import Connection
from hub.store.decisions import OwnRecord, own_version, superseding
from hub.store.facts import Facts, Stored
from hub.store.outbox import Letter, existing_letters, last_sequence, write_letter
from hub.store.people import Identity, NewPeople, identities_of_people, keys_of
from schema.datasets.civil_affairs import ALERT, RECOGNITION
from scoring.alert_life import AlertOutcome

OWNER: Final = RECOGNITION.department
RECOGNISED: Final = AlertOutcome.RECOGNISED.value


@dataclass(frozen=True, slots=True)
class DecidingUnit:
    """Who decides: the bureau's name and its unified social credit code."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class RecognitionReceiver:
    """Who is told of recognitions; `encrypt` makes a citizen number readable to it alone."""

    name: str
    encrypt: Callable[[bytes], str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RecognitionOutcome:
    """What a recognition did, or what it had done the first time."""

    people: int
    message_ids: tuple[UUID, ...]
    closed_alert_id: UUID | None


@dataclass(frozen=True, slots=True)
class Office:
    """What recognitions are written with: keys, tags, who decides and who is told."""

    facts: Facts
    keys: DataKeys
    tagger: Tagger
    unit: DecidingUnit
    receivers: Sequence[RecognitionReceiver]


def decision_id(tagger: Tagger, number: str, household_id: UUID) -> UUID:
    """Return the id of a decision about a household; it tells nothing of its number."""
    return UUID(bytes=tagger.identifier(KIND, f"{number}\0{household_id}")[:16], version=4)


def message_id(decision: UUID, receiver: str, person_id: UUID) -> UUID:
    """Return the id of the message that tells a receiver what was decided about a person."""
    return uuid5(decision, f"{receiver}\0{person_id}")


class Writing:
    """One recognition on its way into the store. Belongs to one transaction."""

    def __init__(
        self,
        office: Office,
        connection: Connection,
        home: HomeNow,
        decision: Decision,
        times: tuple[datetime, datetime],
    ) -> None:
        """`times` are the known time of the transaction, and now."""
        self._office = office
        self._connection = connection
        self._home = home
        self._decision = decision
        self._at, self._now = times
        self._decision_id = decision_id(office.tagger, decision.decision_number, home.household_id)

    async def earlier(self) -> RecognitionOutcome | None:
        """Return what this very decision did before, None if it is new."""
        found = await identities_of_people(
            self._connection, self._office.keys, self._home.everybody
        )
        own = {i.identity_id: i for i in found if i.department == OWNER}
        stored = await self._office.facts.of_identities(
            self._connection, RECOGNITION, [self._home.cell], own
        )
        same = {
            identity_id: span
            for identity_id, spans in stored.items()
            for span in spans
            if span.value.source_record_id == self._decision_id
        }
        if not same:
            return None
        if any(self._differs(own[key], span) for key, span in same.items()):
            raise ConflictingDecisionError("This decision number was used with other contents.")
        ids = [
            self._message_id(own[key].person.person_id, r.name)
            for key in same
            for r in self._office.receivers
        ]
        messages = await existing_letters(self._connection, ids)
        closed = await self._alert()
        was_closed = closed is not None and closed.value.columns["outcome"] == RECOGNISED
        alert_id = closed.value.record_id if closed is not None and was_closed else None
        return RecognitionOutcome(len(same), tuple(messages), alert_id)

    def _differs(self, identity: Identity, span: Stored) -> bool:
        version = span.value
        said = self._decision.values
        for group, fields in RECOGNITION.groups.items():
            sealed = version.columns[f"sealed_{group}"]
            opened = opener(OWNER, RECOGNITION.name, group)(
                identity.key,
                version.identity_id.bytes,
                version.version_id.bytes,
                sealed if isinstance(sealed, bytes) else b"",
            )
            for f, value in zip(fields, opened, strict=True):
                wanted = said.get(f.name, value)
                if value != (wanted.isoformat() if isinstance(wanted, date) else wanted):
                    return True
        return False

    async def all(self, today: date) -> RecognitionOutcome:
        """Write recognitions, messages and the closing of the alert."""
        new = NewPeople(self._office.keys, self._office.tagger.version, self._at)
        identities = await self._identities(new)
        await new.write(self._connection)
        added = [
            self._recognition(resident, identities[resident.person.person_id])
            for resident in self._home.residents
        ]
        await self._office.facts.write(self._connection, RECOGNITION, [], added, self._at)
        messages = await self._letters(identities)
        alert_id = await self._close_alert(today)
        return RecognitionOutcome(len(added), tuple(messages), alert_id)

    async def _identities(self, new: NewPeople) -> dict[UUID, Identity]:
        people = [resident.person for resident in self._home.residents]
        found = await identities_of_people(self._connection, self._office.keys, people)
        own = {i.person.person_id: i for i in found if i.department == OWNER}
        for resident in self._home.residents:
            person = resident.person
            if person.person_id not in own:
                own[person.person_id] = new.identity(
                    OWNER, resident.person_tag, person, resident.tag_version
                )
        return own

    def _recognition(self, resident: Resident, identity: Identity) -> Stored:
        """Return the record; it holds from the first day of the month, the exact day is sealed."""
        values: dict[str, object] = {
            **self._decision.values,
            "deciding_unit": self._office.unit.name,
            "region": self._home.region,
        }
        tag = self._office.tagger.identifier(
            KIND, f"{self._decision_id}\0{resident.person.person_id}"
        )
        record_id = UUID(bytes=tag[:16], version=4)
        owner = (RECOGNITION, self._home.cell, identity.identity_id, identity.key)
        start = self._decision.start_date.replace(day=1)
        own = OwnRecord(*owner, record_id, values, start, self._at, self._decision_id)
        return own_version(own)

    async def _letters(self, identities: Mapping[UUID, Identity]) -> list[UUID]:
        written: list[UUID] = []
        for receiver in sorted(self._office.receivers, key=lambda r: r.name):
            sequence = await last_sequence(self._connection, receiver.name)
            for resident in self._home.residents:
                sequence += 1
                identity = identities[resident.person.person_id]
                letter = self._letter(receiver, resident, identity, sequence)
                await write_letter(self._connection, letter, identity.key, self._now)
                written.append(letter.message_id)
        return written

    def _letter(
        self, receiver: RecognitionReceiver, resident: Resident, identity: Identity, sequence: int
    ) -> Letter:
        person_id, decision = resident.person.person_id, self._decision
        message_id = self._message_id(person_id, receiver.name)
        person_key = self._office.tagger.identifier(f"receiver {receiver.name}", str(person_id))
        recognition = Recognition(
            change=Change.ADD,
            household_id=str(self._home.household_id),
            person_key=person_key.hex(),
            document_number=resident.number,
            name=resident.name,
            category=decision.category,
            start=decision.start_date,
            end=decision.end_date,
            region=self._home.region,
            decision_number=decision.decision_number,
            decided_on=decision.decided_on,
            deciding_unit=self._office.unit.name,
            deciding_unit_code=self._office.unit.code,
        )
        text = event(
            recognition,
            event_id=message_id,
            sequence=sequence,
            at=self._now,
            encrypt=receiver.encrypt,
        )
        place = (message_id, receiver.name, sequence, KIND, self._home.cell)
        return Letter(*place, identity.identity_id, text)

    def _message_id(self, person_id: UUID, receiver: str) -> UUID:
        return message_id(self._decision_id, receiver, person_id)

    async def _alert(self) -> Stored | None:
        home = self._home
        found = await self._office.facts.of_identities(
            self._connection, ALERT, [home.cell], [home.household_id]
        )
        return newest_alert(found.get(home.household_id, []))

    async def _close_alert(self, today: date) -> UUID | None:
        """Close the household's open alert, if there is one, and return its id."""
        home, current = self._home, await self._alert()
        if current is None or current.value.columns["status"] == CLOSED:
            return None
        cells = [home.cell]
        keys = await keys_of(self._connection, self._office.keys, OWNER, cells, [home.household_id])
        record_id = current.value.record_id
        stored = await self._office.facts.of_records(self._connection, ALERT, cells, [record_id])
        values = closed_by_recognition(current, today)
        owner = (ALERT, home.cell, home.household_id, keys[home.household_id])
        own = OwnRecord(*owner, record_id, values, today, self._at)
        closed, added = superseding(own, stored[record_id])
        await self._office.facts.write(self._connection, ALERT, closed, added, self._at)
        return record_id
