"""What stored sources say of a family's income and property, as far as they were authorised.

A source answers about a person if the person authorised it today, its dataset is declared, its
fields are granted to whoever verifies, it was read to its end since the person became known, and
no record about the person waits in quarantine: only then does "no record" mean "none". Otherwise
it did not answer, and the report says why.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from hub.access import Entitlement, Reveal
from hub.casework.credit.work import Work, plain_value
from hub.sealing.seals import opener
from hub.store.cursors import silences
from hub.store.facts import Stored
from hub.store.people import Identity, PersonPlace, identities_of_people
from hub.store.sources import who_waits
from schema.catalogue import Dataset
from scoring.credit import Found, Item

Rows = Sequence[Mapping[str, object]]
Told = Callable[[Rows, date], int]
"""What the records of one person, valid on a day, come to."""

_KNOWN_SINCE: Final = """
SELECT person_id, known_from FROM person WHERE cell = any($1) AND person_id = any($2::uuid[])
"""


class Silence(StrEnum):
    """Why a source did not answer."""

    NOT_AUTHORISED = "not-authorised"
    NOT_DECLARED = "not-declared"
    NOT_GRANTED = "not-granted"
    NOT_READ = "not-read"
    IN_QUARANTINE = "in-quarantine"
    """A record about the person waits to be mended: what it says is unknown."""
    NOT_CONNECTED = "not-connected"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Asked:
    """One source for one item: its dataset, the fields that are read of it, what they come to."""

    item: Item
    source: str
    dataset: str
    fields: tuple[str, ...]
    told: Told


@dataclass(frozen=True, slots=True)
class SourceReport:
    """About how many people a source was to be asked, and about how many it answered."""

    source: str
    people: int
    answered: int
    reason: Silence | None

    @property
    def kept(self) -> dict[str, object]:
        """What is kept of it."""
        reason = None if self.reason is None else self.reason.value
        return {
            "source": self.source,
            "people": self.people,
            "answered": self.answered,
            "reason": reason,
        }


def _wages(rows: Rows, day: date) -> int:
    """Return the pay bases of spells that hold, one for each unit: schemes share a base.

    What residents pay in for their own pension is no wage.
    """
    by_unit: dict[object, int] = {}
    for row in rows:
        holds = row["status"] == "active" and row["scheme"] != "resident-pension"
        if holds and _covers(row["month_from"], row["month_to"], day.replace(day=1)):
            unit = row["unit"]
            by_unit[unit] = max(by_unit.get(unit, 0), _number(row["base_cents"]))
    return sum(by_unit.values())


def _benefits(rows: Rows, day: date) -> int:
    return sum(
        _number(row["monthly_cents"])
        for row in rows
        if _covers(row["start_date"], row["end_date"], day)
    )


def _current(*statuses: str) -> Told:
    return lambda rows, _day: sum(1 for row in rows if row["status"] in statuses)


def _covers(first: object, last: object, day: date) -> bool:
    """Whether days, both inclusive, cover one; an open end holds, an open beginning does too."""
    begins = not isinstance(first, date) or first <= day
    return begins and (not isinstance(last, date) or day <= last)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


_HR: Final = "human-resources"
STORED: Final = (
    Asked(
        Item.INCOME,
        _HR,
        "social_insurance",
        ("unit", "scheme", "status", "month_from", "month_to", "base_cents"),
        _wages,
    ),
    Asked(Item.INCOME, _HR, "pension", ("start_date", "end_date", "monthly_cents"), _benefits),
    Asked(
        Item.INCOME,
        _HR,
        "unemployment_benefit",
        ("start_date", "end_date", "monthly_cents"),
        _benefits,
    ),
    Asked(Item.VEHICLES, "public-security", "vehicle", ("status",), _current("normal")),
    Asked(
        Item.PROPERTIES,
        "natural-resources",
        "real_estate",
        ("status",),
        _current("current", "sealed-off"),
    ),
    Asked(
        Item.BUSINESSES, "market-regulation", "business_registration", ("status",), _current("open")
    ),
)
"""Every stored source of a verification."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the sources said of each item together, and which of them did not."""

    found: Mapping[Item, Found]
    reports: tuple[SourceReport, ...]
    used: tuple[str, ...]
    """The fields that were read, `Type.field`, sorted."""


async def read_stored(
    work: Work,
    people: Sequence[PersonPlace],
    authorised: Mapping[str, Collection[UUID]],
    entitlement: Entitlement,
) -> Answers:
    """Return what stored sources say of `people`; `authorised` says who authorised which source.

    Raises:
        SealBrokenError: A stored value does not authenticate.
    """
    reading = _Reading(work, people, authorised, entitlement)
    await reading.begin()
    for asked in STORED:
        await reading.ask(asked)
    return reading.answers()


class _Reading:
    """The work on one set of people. Thrown away when it is done."""

    def __init__(
        self,
        work: Work,
        people: Sequence[PersonPlace],
        authorised: Mapping[str, Collection[UUID]],
        entitlement: Entitlement,
    ) -> None:
        self._work = work
        self._people = people
        self._authorised = authorised
        self._entitlement = entitlement
        self._identities: Sequence[Identity] = ()
        self._covered: dict[UUID, datetime] = {}
        self._whole_from: Mapping[str, datetime] = {}
        self._amounts: dict[Item, int] = {}
        self._complete: dict[Item, bool] = {}
        self._silent: dict[str, dict[UUID, Silence]] = {}
        self._used: set[str] = set()

    async def begin(self) -> None:
        """Find out who is known at which source, and what silence means."""
        work, people = self._work, self._people
        connection = work.connection
        self._identities = await identities_of_people(connection, work.desk.office.keys, people)
        rows = await connection.fetch(
            _KNOWN_SINCE, sorted({p.cell for p in people}), [p.person_id for p in people]
        )
        self._covered = {r["person_id"]: r["known_from"] for r in rows}
        self._whole_from = {d: s.whole_from for d, s in (await silences(connection)).items()}

    async def ask(self, asked: Asked) -> None:
        """Add what one source says of one item."""
        silent = self._silent.setdefault(asked.source, {})
        amount, complete = 0, True
        ids = [person.person_id for person in self._people]
        waiting = await who_waits(self._work.connection, asked.dataset, ids)
        for person in self._people:
            reason = self._silence(asked, person)
            if reason is None and person.person_id in waiting:
                reason = Silence.IN_QUARANTINE
            if reason is None:
                amount += await self._told(asked, person)
            else:
                complete = False
                silent.setdefault(person.person_id, reason)
        self._amounts[asked.item] = self._amounts.get(asked.item, 0) + amount
        self._complete[asked.item] = self._complete.get(asked.item, True) and complete

    def _silence(self, asked: Asked, person: PersonPlace) -> Silence | None:
        dataset = self._work.desk.facts.catalogue.by_name.get(asked.dataset)
        if person.person_id not in self._authorised.get(asked.source, ()):
            return Silence.NOT_AUTHORISED
        if dataset is None:
            return Silence.NOT_DECLARED
        if not all(may_read(self._entitlement, path) for path in _paths(dataset, asked)):
            return Silence.NOT_GRANTED
        whole_from = self._whole_from.get(asked.source)
        if whole_from is None or self._covered[person.person_id] > whole_from:
            return Silence.NOT_READ
        return None

    async def _told(self, asked: Asked, person: PersonPlace) -> int:
        work = self._work
        dataset = work.desk.facts.catalogue.by_name[asked.dataset]
        own = {
            i.identity_id: i
            for i in self._identities
            if i.department == dataset.department and i.person.person_id == person.person_id
        }
        stored = await work.desk.facts.of_identities(work.connection, dataset, [person.cell], own)
        today = work.today
        rows = [
            _read(dataset, asked.fields, own[identity_id].key, span)
            for identity_id, spans in stored.items()
            for span in spans
            if span.valid_from <= today < span.valid_to
        ]
        self._used.update(_paths(dataset, asked))
        return asked.told(rows, today)

    def answers(self) -> Answers:
        """Return everything that was said."""
        found = {
            item: Found(self._amounts[item], complete=self._complete[item])
            for item in self._amounts
        }
        reports = tuple(
            report_of(source, len(self._people), silent)
            for source, silent in sorted(self._silent.items())
        )
        return Answers(found, reports, tuple(sorted(self._used)))


def _read(dataset: Dataset, names: Sequence[str], key: bytes, span: Stored) -> dict[str, object]:
    """Return some fields of a record; no group is opened that holds none of them."""
    version, opened = span.value, dict(span.value.columns)
    for group, fields in dataset.groups.items():
        if not any(f.name in names for f in fields):
            continue
        sealed = version.columns[f"sealed_{group}"]
        values = opener(dataset.department, dataset.name, group)(
            key,
            version.identity_id.bytes,
            version.version_id.bytes,
            sealed if isinstance(sealed, bytes) else b"",
        )
        opened.update(zip((f.name for f in fields), values, strict=True))
    return {name: plain_value(dataset.field_named(name).kind, opened[name]) for name in names}


def may_read(entitlement: Entitlement, path: str) -> bool:
    """Whether a field is granted, if only with the authorisation that is on file."""
    decision = entitlement.decide(path)
    return isinstance(decision, Reveal) or decision.grant is not None


def report_of(source: str, people: int, silent: Mapping[UUID, Silence]) -> SourceReport:
    """Return how a source answered; the first reason stands for all."""
    reason = next(iter(silent.values()), None)
    return SourceReport(source, people, people - len(silent), reason)


def _paths(dataset: Dataset, asked: Asked) -> list[str]:
    return [
        f"{dataset.type_name}.{dataset.field_named(name).graphql_name}" for name in asked.fields
    ]
