"""What a list is asked for: which records must exist or not, in which regions, in which order.

`asked` reads the arguments of one request. What decides the plan (which fields are compared, and
how) becomes a `Choice`; what is compared with becomes parameters. Every field of a choice steers:
`steering` names them, and the planner refuses the operation whole if one of them is denied.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from hub.errors import InvalidDocumentError, TooCostlyError
from hub.query.documents import masked
from hub.query.given import moment_given, region_given
from hub.query.orders import ALERT_ORDERS, HOUSEHOLD_ORDERS, Order, digest_of
from schema.catalogue import Catalogue, Dataset, Field, Kind, Subject, camel
from schema.graph_lists import filterable

_Given = Mapping[str, object]
_REGION_DIGITS: Final = 12
_STREET_DIGITS: Final = 9
"""Of a region code: county 6, street or township 9, community or village 12."""
_STREETS: Final = 20
MAX_VALUES: Final = 1_000
"""Values in the lists that one operation chooses by: each row is compared with all of them."""
_PLAIN: Final = frozenset({"first", "after", "asOf", "knownAt", "filter", "orderBy"})
"""Arguments of a list that are not conditions of their own."""


class Comparison(StrEnum):
    """How a column is compared with what was given; an unknown value passes none of them."""

    ANY = "any"
    SAME = "same"
    FROM = "from"
    TO = "to"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a clear field; `parameter` names the value."""

    path: str
    column: str
    kind: Kind
    test: Comparison
    parameter: str


@dataclass(frozen=True, slots=True)
class Clause:
    """Records of one dataset, of which all conditions are true, exist or do not."""

    dataset: Dataset
    conditions: tuple[Condition, ...]
    exists: bool = True

    @property
    def text(self) -> str:
        """The clause as a plan shows it."""
        stated = ", ".join(f"{c.column} {c.test}" for c in self.conditions)
        return f"{'has' if self.exists else 'lacks'} {self.dataset.name}({stated})"


@dataclass(frozen=True, slots=True)
class Watched:
    """Of what a change counts: what the caller may read, and nothing else."""

    place: bool
    members: bool
    datasets: tuple[Dataset, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """What it tells that these changed, as `Type.field`."""
        own = ("Household.region",) * self.place + ("Household.members",) * self.members
        return (*own, *(f"{d.type_name}.knownFrom" for d in self.datasets))


@dataclass(frozen=True, slots=True)
class Choice:
    """What a list is chosen and ordered by; equal texts make equal plans."""

    order: Order
    clauses: tuple[Clause, ...]
    own: tuple[Condition, ...]
    """Conditions of the listed records themselves, where a list is of records."""
    in_regions: bool
    changed: bool
    watched: Watched | None = None
    """Set by the planner, where `changed`."""

    @property
    def text(self) -> str:
        """The choice as a plan shows it, and as plans are told apart by it."""
        parts = [self.order.name, *(clause.text for clause in self.clauses)]
        parts += [f"{c.column} {c.test}" for c in self.own]
        parts += ["in regions"] * self.in_regions + ["changed since"] * self.changed
        return "; ".join(parts)


@dataclass(slots=True)
class Asked:
    """One request's choice with its values; `told` is what the log is told of them."""

    choice: Choice
    values: dict[str, object] = field(default_factory=dict)
    told: dict[str, object] = field(default_factory=dict)
    below: tuple[str, ...] | None = None
    """Prefixes of the regions that were asked for; None: all."""
    digest: str = ""
    is_stated: bool = True
    """Whether a filter or another order than the usual one was stated."""


def values_in(given: object) -> int:
    """Return how many values the lists in an argument, or in all of a field's, have."""
    if isinstance(given, Mapping):
        return sum(map(values_in, given.values()))
    return len(given) if isinstance(given, list) else 0


def check_values(count: int) -> None:
    """Let lists be chosen by `count` values, before the first of them is looked at.

    Raises:
        TooCostlyError: With the limit and what to do.
    """
    if count > MAX_VALUES:
        raise TooCostlyError(
            f"Lists are chosen by {count} values; {MAX_VALUES} are allowed in one operation. Name "
            "wider regions, or ask in several.",
            limit="values",
            allowed=MAX_VALUES,
        )


def unfiltered(order: Order) -> Choice:
    """Return the choice of everything, in an order."""
    return Choice(order, (), (), in_regions=False, changed=False)


def steering(choice: Choice) -> Iterator[str]:
    """Go through the fields that decide what is listed and in which order, `Type.field`."""
    if choice.order.path is not None:
        yield choice.order.path
    if choice.in_regions:
        yield "Household.region"
    for clause in choice.clauses:
        if clause.dataset.subject is Subject.PERSON:
            yield "Household.members"
        yield from (c.path for c in clause.conditions)
        yield f"{clause.dataset.type_name}.__typename"
    yield from (c.path for c in choice.own)


def asked(catalogue: Catalogue, name: str, given: _Given) -> Asked:
    """Return what the root field `name` is asked for by its coerced arguments.

    Raises:
        InvalidDocumentError: A value cannot be one of its field.
    """
    reading = _Reading(catalogue)
    stated = given.get("filter")
    filters: _Given = stated if isinstance(stated, Mapping) else {}
    orders = HOUSEHOLD_ORDERS if name == "households" else ALERT_ORDERS
    order = orders[str(given["orderBy"])]
    if name == "households":
        choice = reading.households(order, filters)
    else:
        choice = unfiltered(order)
        if filters:
            own = tuple(reading.conditions(catalogue.by_name["alert"], filters, ("filter",)))
            choice = replace(choice, own=own)
    below = reading.below
    if name == "warnings" and given.get("region"):
        below = (region_given(given["region"]),)
    plain = {key: value for key, value in given.items() if key not in _PLAIN}
    digest = digest_of([order.name, choice.text, reading.values, below, plain])
    is_stated = bool(reading.told) or order is not next(iter(orders.values()))
    return Asked(choice, reading.values, reading.told, below, digest, is_stated)


def both(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    """Return the prefixes of what lies below one of each, none of them below another."""
    kept: list[str] = []
    for prefix in sorted({*_below(one, other), *_below(other, one)}):
        if not kept or not prefix.startswith(kept[-1]):  # what lies below one follows it at once
            kept.append(prefix)
    return tuple(kept)


def _below(inner: Sequence[str], outer: Sequence[str]) -> Iterator[str]:
    """Go through those of `inner` that lie below one of `outer`, or are one."""
    wide = frozenset(outer)
    return (p for p in inner if any(p[:length] in wide for length in range(len(p) + 1)))


def areas(one: Asked, regions: Sequence[str]) -> dict[str, object]:
    """Return where a list looks: below the caller's `regions` and those that were asked for.

    It is narrow where all of it lies in a few streets (prefixes of 9 digits and more): then their
    households are gone through, and not the index of the order.
    """
    below = both(regions, regions if one.below is None else one.below)
    return {
        "below": [f"{prefix}%" for prefix in below],
        "low": list(below),
        "high": [prefix.ljust(_REGION_DIGITS, "9") for prefix in below],
        "narrow": len(below) <= _STREETS and all(len(p) >= _STREET_DIGITS for p in below),
    }


class _Reading:
    """Reads one filter; parameters get their names in the order in which they are read."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.values: dict[str, object] = {}
        self.told: dict[str, object] = {}
        self.below: tuple[str, ...] | None = None

    def households(self, order: Order, given: _Given) -> Choice:
        if not given:
            return unfiltered(order)
        in_regions = self._regions(given)
        since = moment_given(given.get("changedSince"), "filter.changedSince")
        if since is not None:
            self.values["since"] = since
            self.told["changedSince"] = since.isoformat()
        clauses = [*self._facts(given, "has"), *self._facts(given, "lacks")]
        for dataset in self.catalogue:
            name = dataset.navigation
            stated = given.get(name) if filterable(dataset) else None
            if isinstance(stated, Mapping):
                conditions = tuple(self.conditions(dataset, stated, ("filter", name)))
                if conditions:
                    clauses.append(Clause(dataset, conditions))
        return Choice(order, tuple(clauses), (), in_regions, changed=since is not None)

    def _regions(self, given: _Given) -> bool:
        """Keep the regions below which all are that were given in both ways."""
        one, several = region_given(given.get("region"), "filter.region"), given.get("regions")
        if not isinstance(several, list):
            prefixes = [one] if one else None
        else:
            listed = [region_given(text, "filter.regions") for text in several]
            prefixes = list(both([one], listed))
        if prefixes is None:
            return False
        self.below = tuple(prefixes)
        self.told["regions"] = prefixes
        return True

    def _facts(self, given: _Given, name: str) -> Iterator[Clause]:
        stated = given.get(name)
        chosen = sorted(set(stated)) if isinstance(stated, list) else []
        if chosen:
            self.told[name] = chosen
        for dataset in chosen:
            yield Clause(self.catalogue.by_name[dataset], (), exists=name == "has")

    def conditions(self, dataset: Dataset, given: _Given, at: Sequence[str]) -> Iterator[Condition]:
        """Go through what is stated of a dataset's records."""
        for f in filterable(dataset):
            stated = given.get(f.graphql_name)
            if stated is not None:
                place = ".".join((*at, f.graphql_name))
                yield from self._of_field(dataset, f, stated, place)
        place = ".".join((*at, "changedSince"))
        since = moment_given(given.get("changedSince"), place)
        if since is not None:
            yield self._condition(
                dataset, "known_from", Kind.MOMENT, Comparison.AFTER, since, since.isoformat()
            )

    def _of_field(
        self, dataset: Dataset, f: Field, stated: object, place: str
    ) -> Iterator[Condition]:
        if isinstance(stated, Mapping):
            for name, test in _ENDS[f.kind]:
                end = stated.get(name)
                if isinstance(end, datetime):
                    end = moment_given(end, f"{place}.{name}")
                if end is not None:
                    yield self._condition(dataset, f.name, f.kind, test, end, _shown(end))
        elif isinstance(stated, list):
            if f.codes is not None and not all(value in f.codes for value in stated):
                raise InvalidDocumentError(f"`{place}` are codes of the list {f.codes.name}.")
            texts = [str(value) for value in stated]
            if any("\0" in text for text in texts):
                raise InvalidDocumentError(f"`{place}` has a character that no value has.")
            told = texts if f.codes is not None else [masked(text) for text in texts]
            yield self._condition(dataset, f.name, f.kind, Comparison.ANY, texts, told)
        else:
            yield self._condition(dataset, f.name, f.kind, Comparison.SAME, stated, stated)

    def _condition(
        self,
        dataset: Dataset,
        column: str,
        kind: Kind,
        test: Comparison,
        value: object,
        told: object,
    ) -> Condition:
        parameter = f"w{len(self.values)}"
        self.values[parameter] = value
        path = f"{dataset.type_name}.{camel(column)}"
        self.told[f"{path} {test}"] = told
        return Condition(path, column, kind, test, parameter)


_BOTH_ENDS: Final = (("from", Comparison.FROM), ("to", Comparison.TO))
_ENDS: Final[Mapping[Kind, tuple[tuple[str, Comparison], ...]]] = {
    Kind.INTEGER: _BOTH_ENDS,
    Kind.DATE: _BOTH_ENDS,
    Kind.MOMENT: (("since", Comparison.FROM), ("until", Comparison.BEFORE)),
}


def _shown(end: object) -> object:
    return end.isoformat() if isinstance(end, date) else end
