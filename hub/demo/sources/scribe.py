"""Writes what a department knows, record by record, with the faults that real systems have.

A department says how each of its records reads in its own words (`Translation`) and where the
words go (`Sink`). The scribe goes over a life, disguises numbers, plants faults and tells the
truth of every one, so that the truth knows which records the hub cannot have.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final, Generic, Protocol, TypeVar

from hub.demo.lives import MemberLife
from hub.demo.people import Person
from hub.demo.sources.disguise import miswritten, written
from hub.demo.truth import Fault, PersonTruth
from hub.demo.writing import Workshop

Words = dict[str, str | None]
NUMBER_FAULTS: Final = (Fault.WRONG_CHECK_DIGIT, Fault.NUMBER_MISSING)
_LATEST_DAYS: Final = 20


class Keyed(Protocol):
    """A record of a life: it has the key by which its department tells it from others."""

    @property
    def key(self) -> str:
        """The record's key."""
        ...


R = TypeVar("R", bound=Keyed)


class Sink(Protocol):
    """Where a department's words go."""

    def write(self, dataset: str, words: Mapping[str, str | None]) -> None:
        """Write one record."""
        ...

    def close(self) -> None:
        """Write what is left, and close."""
        ...


@dataclass(slots=True)
class Pen:
    """The department's hand: its chance, the day, and how it writes moments and amounts."""

    rng: Random
    today: date

    def changed(self, since: date) -> date:
        """Return a day on which a record of `since` was last changed, before today."""
        day = since + timedelta(days=self.rng.randint(1, _LATEST_DAYS))
        return min(day, self.today - timedelta(days=1))

    def moment(self, since: date) -> str:
        """Return such a day with a time in the small hours."""
        rng = self.rng
        clock = f"{rng.randint(0, 5):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}"
        return f"{self.changed(since):%Y-%m-%d} {clock}"


def yuan(cents: int) -> str:
    """Return an amount in yuan with two decimals."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def day(known: date | None, form: str = "%Y-%m-%d") -> str | None:
    """Return a day as it is written, None where it is not known."""
    return None if known is None else f"{known:{form}}"


def some(known: R | None) -> Sequence[R]:
    """Return a record that may be missing as the records there are."""
    return () if known is None else (known,)


@dataclass(frozen=True, slots=True)
class Translation(Generic[R]):
    """How the records of one dataset read in the department's words."""

    dataset: str
    records: Callable[[MemberLife], Iterable[R]]
    words: Callable[[R, Person, Pen], Words]
    number: str
    """The column of the citizen number; `words` fills it with the whole number."""
    spoilt: Sequence[tuple[Fault, str, str]] = ()
    """Faults beside those of the number: what is written into which column."""
    gone: tuple[str, str] | None = None
    """What is written into which column where the department takes a record back."""


class Scribe:
    """The writer of one department; owns its random numbers and its sink."""

    def __init__(
        self,
        shop: Workshop,
        department: str,
        translations: Sequence[Translation[Any]],
        sink: Sink,
        *,
        rate: float = 0.01,
    ) -> None:
        """Spoil about `rate` of the records that may be spoilt."""
        self._pen = Pen(Random(f"{department} {shop.seed}"), shop.today)
        self._department = department
        self._translations = translations
        self._sink = sink
        self._rate = rate

    def add(self, life: MemberLife, truth: PersonTruth) -> None:
        """Write what the department knows of a person."""
        for translation in self._translations:
            for record in translation.records(life):
                truth.add(translation.dataset, record.key)
                self._write(translation, record, truth)
                truth.row(translation.dataset)

    def close(self) -> None:
        """Close the sink."""
        self._sink.close()

    def _write(self, translation: Translation[Any], record: Keyed, truth: PersonTruth) -> None:
        words = translation.words(record, truth.person, self._pen)
        fault = self._fault(translation, words, truth)
        self._sink.write(translation.dataset, words)
        if fault is not None:
            truth.plant(self._department, translation.dataset, record.key, fault)

    def _fault(
        self, translation: Translation[Any], words: Words, truth: PersonTruth
    ) -> Fault | None:
        """Spoil or disguise `words`; return what was done."""
        rng, number = self._pen.rng, words[translation.number] or ""
        if truth.is_open_to_faults and rng.random() < self._rate:
            return self._spoil(translation, words, truth)
        if truth.household.listed is not None and not truth.household.label:
            words[translation.number], disguise = written(rng, number, truth.person.birth_date)
            return disguise
        return None

    def _spoil(
        self, translation: Translation[Any], words: Words, truth: PersonTruth
    ) -> Fault | None:
        rng = self._pen.rng
        taken_back = [(Fault.TAKEN_BACK, *translation.gone)] if translation.gone else []
        kinds = [
            *((fault, translation.number, "") for fault in NUMBER_FAULTS),
            *translation.spoilt,
            *taken_back,
        ]
        fault, column, word = rng.choice(kinds)
        match fault:
            case Fault.WRONG_CHECK_DIGIT:
                words[column] = miswritten(rng, truth.person.number)
            case Fault.NUMBER_MISSING:
                words[column] = None
            case _:
                words[column] = word
        return fault
