"""Civil affairs: marriage, assistance before and now, support, children."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from scoring.facts.reads.reading import Read, Reader, flagged
from scoring.facts.rows import Kind, Row, Source

_DIBAO: Final = "DB"


def _marriage(records: Sequence[Read]) -> Iterable[Row]:
    status = records[-1].code("status")
    return () if status is None else (Row(Kind.MARITAL, a=status),)


def _rolls(records: Sequence[Read]) -> Iterator[Row]:
    yield Row(Kind.ROLL, a=1)
    for r in records:
        ended = r.day("end_date")
        lost = r.values.get("category") == _DIBAO and r.values.get("end_reason") != "deceased"
        if lost and ended is not None:
            yield Row(Kind.DIBAO_ENDED, a=ended)


def _history(records: Sequence[Read]) -> Iterable[Row]:
    return (Row(Kind.HISTORY, a=int(True in flagged(records, "ever_assisted"))),)


def _supporters(records: Sequence[Read]) -> Iterable[Row]:
    return (Row(Kind.SUPPORTS, a=1),) if True in flagged(records, "supports") else ()


def _child(records: Sequence[Read]) -> Iterable[Row]:
    said = flagged(records[-1:], "unattended_verdict")
    return (Row(Kind.UNATTENDED, a=int(flag)) for flag in said)


READERS: Final[dict[Source, Reader]] = {
    Source.MARITAL_STATUS: _marriage,
    Source.ASSISTANCE_ROLL: _rolls,
    Source.ASSISTANCE_HISTORY: _history,
    Source.SUPPORTER: _supporters,
    Source.CHILD_STATUS: _child,
}
