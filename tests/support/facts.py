"""Households as departments tell of them: records in our words, read by the scorer's readers."""

from datetime import UTC, date, datetime, time

from scoring.facts import Kind, Read, Row, micros, told
from scoring.facts.rows import DATASETS
from scoring.inputs import Silence, family, household_on

AS_OF = date(2026, 11, 1)
KNOWN = datetime(2026, 7, 1, tzinfo=UTC)
CHANGED = datetime(2026, 10, 1, tzinfo=UTC)
READ_AT = datetime(2026, 10, 31, tzinfo=UTC)
EVERYBODY = frozenset(dataset.department for dataset in DATASETS.values())


def read(values, *, changed=CHANGED, since=date(2020, 1, 1)):
    return Read(values, changed, since)


def person(records=(), *, relation="02", left_on=None, known=KNOWN):
    """Return one person: pairs of a dataset and the values of a record, or a ready `Read`."""
    return {"records": list(records), "relation": relation, "left_on": left_on, "known": known}


def silences(departments=EVERYBODY, *, read_at=READ_AT, whole_from=KNOWN):
    return {name: Silence(read_at, whole_from) for name in departments}


def rows_of(*people, region="420106001001"):
    """Return the rows of a household of `people`."""
    rows = []
    if region is not None:
        rows = [Row(Kind.REGION, a=1, c=int(region)), Row(Kind.REGION_SINCE, c=micros(KNOWN))]
    for index, one in enumerate(people):
        left = one["left_on"].toordinal() if one["left_on"] else 0
        rows.append(Row(Kind.PERSON, index, left, int(one["relation"]), micros(one["known"])))
        reads = {}
        for dataset, values in one["records"]:
            record = values if isinstance(values, Read) else read(values)
            reads.setdefault(dataset, []).append(record)
        rows += told(index, reads)
    return tuple(rows)


def seen(*people, as_of=AS_OF, asked=EVERYBODY, region="420106001001"):
    """Return the household as the score sees it; `asked` were read to their end."""
    return household_on(family(rows_of(*people, region=region), as_of, silences(asked)))


def value(known):
    """Return what is known, or None."""
    return None if known is None else known.value


def midnight(day):
    return datetime.combine(day, time(), UTC)
