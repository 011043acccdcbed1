"""Education: the stage at which a pupil is enrolled, and what a school reported."""

from collections.abc import Iterable, Sequence
from typing import Final

from scoring.facts.reads.reading import Read, Reader
from scoring.facts.rows import Kind, Row, Source
from scoring.household import Schooling

STAGES: Final = (
    Schooling.NONE,
    Schooling.COMPULSORY,
    Schooling.UPPER_SECONDARY,
    Schooling.UNIVERSITY,
)
_STAGE_OF: Final = {
    "primary": Schooling.COMPULSORY,
    "junior": Schooling.COMPULSORY,
    "senior": Schooling.UPPER_SECONDARY,
    "vocational": Schooling.UPPER_SECONDARY,
    "college": Schooling.UNIVERSITY,
    "university": Schooling.UNIVERSITY,
}
"""Code list `school_stage` to the stages that the score tells apart."""


def _roll(records: Sequence[Read]) -> Iterable[Row]:
    enrolled = [r for r in records if r.values.get("status") == "enrolled"]
    stage = _STAGE_OF.get(str(enrolled[-1].values.get("stage"))) if enrolled else None
    return () if stage is None else (Row(Kind.SCHOOL, a=STAGES.index(stage)),)


def _alerts(records: Sequence[Read]) -> Iterable[Row]:
    days = {day for r in records if (day := r.day("reported_on")) is not None}
    return (Row(Kind.SCHOOL_ALERT, a=day) for day in days)


READERS: Final[dict[Source, Reader]] = {
    Source.SCHOOL_ROLL: _roll,
    Source.SCHOOL_ALERT: _alerts,
}
