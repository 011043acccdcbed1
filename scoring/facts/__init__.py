"""What departments told of a household, in integers: what a score is computed from.

Records are read once, by the reader of their dataset (`scoring.facts.reads`), into rows of five
integers. Nothing in a row depends on the day: days are ordinals, amounts cents, and a window or an
age is counted when a score is computed (`scoring.inputs`). So what was written on one day gives the
score of another day too, until a record's own interval begins or ends.
"""

from scoring.facts.reads import READERS, Read, told
from scoring.facts.rows import FOREVER, Kind, Row, Source, micros, moment
from scoring.facts.vector import (
    LAYOUT,
    FactsError,
    Vector,
    decoded,
    encoded,
    fields_number,
    is_usable,
)

__all__ = [
    "FOREVER",
    "LAYOUT",
    "READERS",
    "FactsError",
    "Kind",
    "Read",
    "Row",
    "Source",
    "Vector",
    "decoded",
    "encoded",
    "fields_number",
    "is_usable",
    "micros",
    "moment",
    "told",
]
