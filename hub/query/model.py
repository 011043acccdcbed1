"""What a plan is made of: levels to fetch, shapes to build, refusals to tell.

A *level* is one set of rows: the people asked for, their households, one dataset's records of
them. A *shape* says how one object of the answer is built from a row of a level. Nothing of a
field that is denied is in either; it is a constant null in the shape and one planned error.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from graphql import FieldNode, GraphQLField

from hub.access import Reason, Rows
from hub.errors import Location
from hub.query.coercion import Arguments
from hub.query.lists import Asked, Choice
from hub.query.orders import Order
from schema.catalogue import Dataset


class LevelKind(StrEnum):
    """How the rows of a level are found."""

    PEOPLE = "people-by-number"
    HOUSEHOLD = "household-by-id"
    HOUSEHOLDS = "households-chosen"
    WARNINGS = "open-alerts"
    CREDIT_RECORD = "commitment-by-code"
    PEOPLE_BY_ID = "people-by-id"
    HOUSEHOLDS_BY_ID = "households-by-id"
    MEMBERS = "members-of-household"
    HOUSEHOLD_OF_PERSON = "household-of-person"
    HOUSEHOLD_OF_RECORD = "household-of-record"
    RECORDS_OF_PERSON = "records-of-person"
    RECORDS_OF_HOUSEHOLD = "records-of-household"


SUBJECT_KINDS = frozenset(LevelKind) - {
    LevelKind.RECORDS_OF_PERSON,
    LevelKind.RECORDS_OF_HOUSEHOLD,
}
"""Levels whose every row is one person or household; the others belong to their parent's."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the argument is that says to whom the relations of a level of members are told."""

    node: FieldNode = field(repr=False)
    definition: GraphQLField = field(repr=False)
    arguments: Arguments = field(default_factory=Arguments, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Level:
    """One set of rows; `columns` are clear columns, `groups` sealed ones, both only if granted."""

    index: int
    kind: LevelKind
    root: int
    parent: int | None
    dataset: Dataset | None
    columns: tuple[str, ...]
    groups: tuple[str, ...]
    answered: tuple[str, ...]
    """The fields that are answered from this level, `Type.field`, sorted."""
    anchor: Anchor | None = None
    choice: Choice | None = None
    """Of a list: what it is chosen and ordered by; None where it has neither filter nor order."""
    counted: bool = False
    """Of a list: whether all of it is counted too."""
    uncovered: "PlannedError | None" = None
    """Of records that need consent: what is told once, if somebody's authorisation is not on file.
    Their rows are read for those people of the level above whose authorisation covers them."""

    @property
    def is_subject(self) -> bool:
        """Whether each row stands for one person or household."""
        return self.kind in SUBJECT_KINDS


class Form(StrEnum):
    """How a clear value is written in JSON."""

    PLAIN = "plain"
    ID = "id"
    DATE = "date"
    END = "end"
    """A date whose 'infinity' is null."""
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value in every row: a type's name, a department, or null for what is denied."""

    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Clear:
    """A value that is stored as it is."""

    key: str
    column: str
    form: Form


@dataclass(frozen=True, slots=True)
class Opened:
    """A value out of a sealed group, at its place in the group."""

    key: str
    group: str
    place: int


@dataclass(frozen=True, slots=True)
class Items:
    """A list of small objects out of a sealed group; each part is (key, name in the item).

    A name of None stands for the type's name, `type_name`.
    """

    key: str
    group: str
    place: int
    type_name: str
    parts: tuple[tuple[str, str | None], ...]
    needed: tuple[str, ...] = ()
    """Parts that the schema has non-null: where one is missing, what is stored contradicts it."""


@dataclass(frozen=True, slots=True)
class Nested:
    """An object, or a list of them, from another level, or from the same row of this one."""

    key: str
    how: "How"
    shape: "Shape"


class How(StrEnum):
    """How rows of the nested level belong to a row of this one."""

    SAME_ROW = "same-row"
    ONE = "one"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class Gathered:
    """A list of objects of several types: those of one level, then those of the next."""

    key: str
    shapes: "tuple[Shape, ...]"


Output = Constant | Clear | Opened | Items | Nested | Gathered


@dataclass(frozen=True, slots=True)
class Shape:
    """How one object is built from one row of `level`, its keys in response order."""

    type_name: str
    level: int
    outputs: tuple[Output, ...]


class Given(StrEnum):
    """What the answerer itself knows about an item of a list or about a page."""

    INDEX = "index"
    STATUS = "status"
    CURSOR = "cursor"
    HAS_NEXT = "hasNextPage"
    HAS_PREVIOUS = "hasPreviousPage"
    START = "startCursor"
    END = "endCursor"
    COUNT = "totalCount"


@dataclass(frozen=True, slots=True)
class Told:
    """A value that comes with the item or the page, not from a row."""

    key: str
    what: Given


@dataclass(frozen=True, slots=True)
class Node:
    """The item's own object: `PersonLookup.person`, or `node` of an edge."""

    key: str
    shape: Shape | None
    """None: an entry of the access log, or nothing of it is granted."""
    entry: "EntryShape | None" = None


@dataclass(frozen=True, slots=True)
class EntryShape:
    """How an entry of a register is shown: (key, field name, how what it holds is shown).

    The name is None for the type's name; the shape is None for a plain value.
    """

    type_name: str
    parts: "tuple[tuple[str, str | None, EntryShape | None], ...]"


ItemOutput = Constant | Told | Node


@dataclass(frozen=True, slots=True)
class Edges:
    """The `edges` of a connection."""

    key: str
    outputs: tuple[ItemOutput, ...]


@dataclass(frozen=True, slots=True)
class PageOutput:
    """The `pageInfo` of a connection."""

    key: str
    outputs: tuple[ItemOutput, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """The `totalCount` of a connection."""

    key: str


ConnectionOutput = Constant | Edges | PageOutput | Counted


class RootKind(StrEnum):
    """The fields of Query that are answered from rows."""

    PERSON = "person"
    PEOPLE = "people"
    HOUSEHOLD = "household"
    HOUSEHOLDS = "households"
    WARNINGS = "warnings"
    CREDIT_RECORD = "creditRecord"
    ACCESS_LOG = "accessLog"
    ACCESS_FACETS = "accessFacets"
    ACCESS_ENTRY = "accessEntry"
    ACCESS_TIMELINE = "accessTimeline"
    ACCESS_PROFILE = "accessProfile"
    ACCESS_RULES = "accessRules"
    SHARING_AGREEMENTS = "sharingAgreements"
    INDICATORS = "indicators"
    USAGES = "usages"
    REPLAYS = "replays"
    PERSON_BY_ID = "Person.id"
    """People that `node` or `_entities` asks for; no field of Query has that name."""
    HOUSEHOLD_BY_ID = "Household.id"


@dataclass(frozen=True, slots=True)
class Root:
    """One root field: where its arguments are, its level, what a unit of it costs."""

    index: int
    kind: RootKind
    key: str
    node: FieldNode = field(repr=False)
    definition: GraphQLField = field(repr=False)
    level: int | None
    shape: Shape | None
    items: tuple[ItemOutput, ...]
    """For `people`: what each item of the list shows."""
    connection: tuple[ConnectionOutput, ...]
    unit_cost: int
    arguments: Arguments = field(default_factory=Arguments, repr=False, compare=False)
    """How they are read."""
    fixed_cost: int = 0
    """What it costs however many rows there are."""
    is_chosen: bool = False
    """Of a list: whether `hub.query.lists_sql` finds it, by what it is chosen and ordered by."""
    order: Order | None = None
    """Of a list: the order that its cursors belong to."""
    read: Callable[[Mapping[str, object]], Asked] | None = None
    """Of a list: how its arguments are read."""
    entry: EntryShape | None = None
    """Of a register that gives one object and no connection: how that is shown."""

    @property
    def is_register(self) -> bool:
        """Whether it is answered from what the hub tells of itself, not from levels of rows."""
        return self.level is None


@dataclass(frozen=True, slots=True)
class Entities:
    """`node` or `_entities`: every object comes from the root of its type, if there is one."""

    key: str
    is_list: bool
    roots: tuple[Root, ...]


@dataclass(frozen=True, slots=True)
class PlannedError:
    """One denied selection, told once however many rows there are."""

    message: str
    locations: tuple[Location, ...]
    path: tuple[str, ...]
    code: Reason
    field: str


@dataclass(frozen=True)
class Plan:
    """Everything one operation will touch, and what it will not.

    What follows from it is worked out once and kept with it, which slots would not allow.
    """

    document_hash: str
    operation_name: str | None
    entitlement_digest: str
    levels: tuple[Level, ...]
    roots: tuple[Root, ...]
    outputs: "tuple[RootOutput, ...]"
    """The keys of `data`, in order."""
    errors: tuple[PlannedError, ...]
    rows: Rows = Rows.REGION
    """Whose rows are shown, within the regions."""
    checks_case: bool = False
    """Whether the request named a case that must hold in the snapshot of the rows."""

    @cached_property
    def asks_cases(self) -> bool:
        """Whether the register of cases decides what is shown (`hub.query.cases`)."""
        return self.checks_case or self.rows.is_of_cases

    @cached_property
    def asks_register(self) -> bool:
        """Whether it is answered from what the hub tells of itself (`hub.query.registers`)."""
        return any(root.is_register for root in self.roots)

    @cached_property
    def introspected(self) -> frozenset[str]:
        """The keys of `data` that the schema itself answers; nearly no plan has one."""
        return frozenset(one.key for one in self.outputs if isinstance(one, Introspected))

    @cached_property
    def anchors(self) -> "tuple[tuple[Level, Anchor], ...]":
        """The levels whose relations may be told to somebody else than the head."""
        return tuple((level, level.anchor) for level in self.levels if level.anchor is not None)

    @cached_property
    def answered(self) -> tuple[str, ...]:
        """Every field that is answered whoever consented, `Type.field`, sorted."""
        return tuple(
            sorted({p for one in self.levels if one.uncovered is None for p in one.answered})
        )

    @cached_property
    def consents(self) -> "tuple[Level, ...]":
        """The levels that need consent; nearly no plan has one."""
        return tuple(level for level in self.levels if level.uncovered is not None)

    @cached_property
    def subjects(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """The levels whose rows are subjects, each with every field answered about them, sorted.

        What needs consent is left out: it is answered about some of them.
        """
        return tuple(
            (level.index, fields_about(self, level)) for level in self.levels if level.is_subject
        )

    @cached_property
    def led_to_subjects(self) -> "tuple[tuple[Level, int], ...]":
        """The levels below a root that are subjects or lead to some, each with the one above it.

        Those above come first.
        """
        wanted: set[int] = set()
        for level in reversed(self.levels):
            if level.parent is not None and (level.is_subject or level.index in wanted):
                wanted |= {level.index, level.parent}
        return tuple(
            (level, level.parent)
            for level in self.levels
            if level.index in wanted and level.parent is not None
        )

    @cached_property
    def denied(self) -> list[str]:
        """The refused fields with their reasons, sorted, each once."""
        return sorted({f"{error.field} {error.code}" for error in self.errors})


def fields_about(plan: Plan, level: Level) -> tuple[str, ...]:
    """Return every field that is answered about the subjects of a level, sorted."""
    names = set(level.answered)
    for other in plan.levels:
        if other.parent == level.index and not other.is_subject and other.uncovered is None:
            names.update(other.answered)
    return tuple(sorted(names))


@dataclass(frozen=True, slots=True)
class Introspected:
    """`__schema`, `__type` or `_service`: answered by graphql-core from the schema alone."""

    key: str


RootOutput = Constant | Introspected | Root | Entities


@dataclass(slots=True)
class Number:
    """One asked-for citizen number: its tags under living versions; none if it is no number."""

    # Nobody changes it, nor a BoundRoot. Neither is frozen, for each request makes some, and that
    # would take five times as long.

    tags: tuple[bytes, ...]

    @property
    def is_valid(self) -> bool:
        """Whether it is a citizen number at all."""
        return bool(self.tags)


@dataclass(slots=True)
class BoundRoot:
    """A root with the arguments of one request; times are resolved."""

    root: Root
    as_of: date
    known_at: datetime | None
    numbers: tuple[Number, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)
    """The rest of what its part of the statement is given, by name."""
    first: int = 0
    has_after: bool = False
    asked: Asked | None = None
    """Of a list: what it was chosen by."""
    ids: tuple[tuple[int, UUID | None], ...] = ()
    """For entities of one type: the place in the list and the id; None is nobody's id."""
    length: int = 0
    """For entities: how many were asked for, of whatever type."""
    is_of_the_past: bool = False
    """Whether it is a list as of a stated day or moment: most of what it is sorted by may be of
    others, and is gone through in vain."""
    anchors: Mapping[int, UUID | None] = field(default_factory=dict)
    """Levels of members with the person to whom their relations are told; None is nobody's id."""
