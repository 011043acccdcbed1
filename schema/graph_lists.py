"""What a list of the graph can be asked for: filters made from the catalogue, and orders.

Only what is stored clear and of class G can be filtered, and nothing else is offered here. A list
of values means any of them, two conditions mean both, and what is left out or null means nothing.
A value that is not known matches no condition. Which columns a filter reads, `hub/query/lists.py`
takes from the same catalogue; there is no second list of them.
"""

from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

import strawberry

from schema.catalogue import Catalogue, Classification, Dataset, Field, Kind, Subject
from schema.codes import BAND
from schema.graph_types import Band, list_of, optional

_CHANGED_SINCE: Final = (
    "Only households of which something that the caller may read became known, or ceased to be "
    "held true, after this moment: `extensions.knownAt` of the answer before."
)
_LEARNED_SINCE: Final = "Became known after this moment (knownFrom)."


@strawberry.input(description="Whole numbers; both ends count in.")
class IntRange:
    """An end that is left out is open."""

    from_: int | None = strawberry.field(name="from", default=None, description="At least.")
    to: int | None = strawberry.field(default=None, description="At most.")


@strawberry.input(description="Days; both ends count in.")
class DateRange:
    """An end that is left out is open."""

    from_: date | None = strawberry.field(name="from", default=None, description="First day.")
    to: date | None = strawberry.field(default=None, description="Last day.")


@strawberry.input(description="Moments, each with its offset from UTC.")
class MomentRange:
    """An end that is left out is open."""

    since: datetime | None = strawberry.field(default=None, description="From this moment on.")
    until: datetime | None = strawberry.field(default=None, description="Before this moment.")


@strawberry.enum(
    description="How a list of households is ordered; equal ones by Household.id, the unknown last."
)
class HouseholdOrder(Enum):
    """Each value is a stored order with an index of its own."""

    ID = strawberry.enum_value("id", description="By Household.id alone.")
    TOTAL_DESC = strawberry.enum_value("total-desc", description="The highest score first.")
    TOTAL_ASC = strawberry.enum_value("total-asc", description="The lowest score first.")
    REGION = strawberry.enum_value("region", description="By the code of the region.")
    SCORED_DESC = strawberry.enum_value(
        "scored-desc", description="Whose score changed last comes first (Score.knownFrom)."
    )


@strawberry.enum(
    description="How alerts are ordered; equal ones by Alert.recordId, the unknown last."
)
class AlertOrder(Enum):
    """Each value is a stored order with an index of its own."""

    TOTAL_DESC = strawberry.enum_value("total-desc", description="The highest score first.")
    TOTAL_ASC = strawberry.enum_value("total-asc", description="The lowest score first.")
    DUE_ASC = strawberry.enum_value("due-asc", description="Whose visit is due first comes first.")
    OPENED_DESC = strawberry.enum_value("opened-desc", description="The newest alert first.")


def filterable(dataset: Dataset) -> tuple[Field, ...]:
    """Return the fields that a filter may name: general, stored clear or told from what is."""
    return tuple(
        f
        for f in dataset.fields
        if dataset.stored
        and not f.sealed
        and not f.consent
        and f.classification is Classification.GENERAL
        and f.kind in _KINDS
    )


def tellable(catalogue: Catalogue) -> tuple[Dataset, ...]:
    """Return the datasets of which `has` and `lacks` may ask.

    Not those with class X fields: that such a row exists says nothing, and is not to begin to. Nor
    those that need consent: that there are rows would be told of people who gave none.
    """
    return tuple(
        d
        for d in catalogue.stored
        if not any(f.classification is Classification.RESTRICTED or f.consent for f in d.fields)
    )


_KINDS: Final[dict[Kind, object]] = {
    Kind.CODE: list[str],
    Kind.TEXT: list[str],
    Kind.INTEGER: IntRange,
    Kind.DATE: DateRange,
    Kind.MOMENT: MomentRange,
    Kind.FLAG: bool,
}
"""What is stated of a field of each kind."""


def _stated(f: Field) -> tuple[str, object, Any]:
    text = f"{f.zh}: {f.en}"
    kind = _KINDS[f.kind]
    if f.codes is not None:
        text += f"; any of these, code list {f.codes.name}"
        kind = list[Band] if f.codes is BAND else kind
    elif f.kind is Kind.TEXT:
        text += "; any of these"
    return f.name, optional(kind), strawberry.field(default=None, description=text + ".")


def _input(name: str, description: str, fields: list[tuple[str, object, Any]]) -> Any:
    body: dict[str, Any] = {"__annotations__": {n: a for n, a, _ in fields}, "__doc__": description}
    body.update({n: f for n, _, f in fields})
    return strawberry.input(type(name, (), body), description=description)


def _changed_since(text: str) -> tuple[str, object, Any]:
    return "changed_since", datetime | None, strawberry.field(default=None, description=text)


def record_filters(catalogue: Catalogue) -> dict[str, Any]:
    """Return an input for each dataset that has something to filter by, by the dataset's name."""
    return {
        d.name: _input(
            f"{d.type_name}Filter",
            f"{d.zh}: one record of which all of it is true on the day asked.",
            [*map(_stated, filterable(d)), _changed_since(_LEARNED_SINCE)],
        )
        for d in catalogue
        if filterable(d)
    }


def household_filter(catalogue: Catalogue, filters: dict[str, Any]) -> Any:
    """Return the input that chooses households; `filters` are those of `record_filters`."""
    facts = _facts(catalogue)
    return _input(
        "HouseholdFilter",
        "Only households of which all of it is true on the day asked.",
        [
            _chooser("region", str | None, "Below this region: the first 1 to 12 digits."),
            _chooser("regions", optional(list_of(str)), "Below any of these regions."),
            _chooser(
                "has",
                optional(list_of(facts)),
                "Records of each of these exist, of the household or of one of its members.",
            ),
            _chooser("lacks", optional(list_of(facts)), "Records of none of these exist."),
            _changed_since(_CHANGED_SINCE),
            *_record_choosers(catalogue, filters),
        ],
    )


def _chooser(name: str, annotation: object, text: str) -> tuple[str, object, Any]:
    return name, annotation, strawberry.field(default=None, description=text)


def _record_choosers(
    catalogue: Catalogue, filters: dict[str, Any]
) -> Iterator[tuple[str, object, Any]]:
    for d in catalogue:
        if d.name in filters:
            whose = "the household" if d.subject is Subject.HOUSEHOLD else "one of its members"
            text = f"{d.zh}: a record of {whose} of which this is true."
            yield _chooser(d.plural or d.name, optional(filters[d.name]), text)


def _facts(catalogue: Catalogue) -> Any:
    members = {
        d.name.upper(): strawberry.enum_value(d.name, description=f"{d.zh}: {d.en}.")
        for d in tellable(catalogue)
    }
    make: Any = Enum  # mypy wants the members of an enumeration spelled out
    made = make("HouseholdFact", members)
    return strawberry.enum(
        made, name="HouseholdFact", description="What may be known of a household or a member."
    )
