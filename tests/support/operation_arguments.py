"""Arguments of generated operations: literals, variables, defaults, and what is coerced."""

import json
from dataclasses import dataclass, field
from random import Random

from graphql import GraphQLSchema

from tests.support.filters import Filters
from tests.support.world import World

_DAYS = ("2026-05-01", "2026-08-01", "2019-01-01", "2026-06-01")
_MOMENTS = ("2026-09-15T00:00:00Z", "2026-10-01T08:00:00+08:00", "2026-08-01T00:00:00Z")
_NOBODY = ("690106199001019980", "nonsense", "69010619900101009X")
_ROOTS = ("person", "people", "household", "households", "households", "warnings", "warnings")
_ROOTS += ("node", "_entities", "_entities")


def literal(value) -> str:
    """Return a value as GraphQL writes it; names of enumerations are given as `Enum`."""
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(one)}" for name, one in value.items()) + "}"
    return json.dumps(value)


class Enum(str):
    """The name of an enumeration's value, and other text that is not quoted."""

    __slots__ = ()


@dataclass
class Arguments:
    schema: GraphQLSchema
    world: World
    random: Random
    features: set[str]
    declared: list[str] = field(default_factory=list)
    given: dict = field(default_factory=dict)

    def root(self) -> tuple[str, str]:
        """Return a field of Query and its arguments."""
        name = self.random.choice(_ROOTS)
        given = getattr(self, f"_{name.strip('_')}")()
        times = "" if name == "_entities" else self._times()
        return name, given + times

    # Roots.

    def _person(self) -> str:
        return "nationalId: " + self.value("String!", self._number())

    def _people(self) -> str:
        self.features.add("argument of a list")
        numbers = [self._number() for _ in range(self.random.randint(0, 6))]
        if self.random.random() < 0.3:
            self.features.add("list of one value")
            return "nationalIds: " + self.value("[String!]!", self._number())
        return "nationalIds: " + self.value("[String!]!", numbers)

    def _household(self) -> str:
        return "id: " + self.value("ID!", self._home())

    def _node(self) -> str:
        self.features.add("node")
        return "id: " + self.value(
            "ID!", self._home() if self.random.random() < 0.5 else self._id()
        )

    def _entities(self) -> str:
        self.features.add("entities")
        self.features.add("argument of a list")
        many = [self._representation() for _ in range(self.random.randint(0, 6))]
        if self.random.random() < 0.5:
            return "representations: " + self.value("[_Any!]!", many)
        for one in many:
            if self.random.random() < 0.3:
                self.features.add("variable within a value")
                one["id"] = Enum(self.variable("ID!", one["id"]))
        return "representations: " + literal(many)

    def _warnings(self) -> str:
        self.features.add("connection")
        first = self.random.randint(1, 5)
        given = [f"first: {self.value('Int!', first)}"]
        if self.random.random() < 0.1:
            # Neither a value nor a default of its own: the argument's default holds.
            given = [f"first: {self._absent('Int')}"]
        if self.random.random() < 0.5:
            self.features.add("argument of a list")
            given.append("bands: " + self._bands())
        if self.random.random() < 0.3:
            given.append("region: " + self.value("String", "420106001"))
        if self.random.random() < 0.1:
            given.append("assignee: " + self._nothing("String"))
        if self.random.random() < 0.15:
            given.append("statuses: " + self.value("[String!]", ["screened", "visited"]))
        return " ".join(given) + Filters(self.schema, self.random).alerts()

    def _households(self) -> str:
        self.features.add("connection")
        return Filters(self.schema, self.random).households()

    def _bands(self) -> str:
        if self.random.random() < 0.3:
            self.features.add("list of one value")
            return self.value("[Band!]", Enum("RED"))
        return self.value("[Band!]", [Enum("RED"), Enum("ORANGE")])

    def _times(self) -> str:
        given = ""
        if self.random.random() < 0.4:
            given += ", asOf: " + self.value("Date", self.random.choice(_DAYS))
        if self.random.random() < 0.3:
            given += ", knownAt: " + self.value("DateTime", self.random.choice(_MOMENTS))
        if not given and self.random.random() < 0.4:
            given += ", asOf: " + self._nothing("Date")
        return given

    # Values.

    def value(self, kind: str, value) -> str:
        """Return a value as a literal or through a variable, which may have a default."""
        draw = self.random.random()
        if draw < 0.5:
            return literal(value)
        if draw < 0.75:
            return self.variable(kind, value)
        self.features.add("default of a variable")
        name = self._name()
        self.declared.append(f"${name}: {kind.rstrip('!')} = {literal(value)}")
        if draw > 0.9:
            self.given[name] = value
        return f"${name}"

    def variable(self, kind: str, value) -> str:
        """Return a new variable that has a value."""
        self.features.add("variable")
        name = self._name()
        self.declared.append(f"${name}: {kind}")
        self.given[name] = value
        return f"${name}"

    def _nothing(self, kind: str) -> str:
        """Return null, as a literal, as a variable's value, or as none at all."""
        if self.random.random() < 0.25:
            return "null"
        if self.random.random() < 0.3:
            return self._absent(kind)
        self.features.add("null in a variable")
        return self.variable(kind, None)

    def _absent(self, kind: str) -> str:
        name = self._name()
        self.declared.append(f"${name}: {kind}")
        return f"${name}"

    def _name(self) -> str:
        return f"v{len(self.declared)}"

    # Whom.

    def _number(self) -> str:
        if self.random.random() < 0.2:
            return self.random.choice(_NOBODY)
        return self.random.choice(self.world.numbers)

    def _home(self) -> str:
        return str(self.random.choice(self.world.tables["household"])["household_id"])

    def _id(self) -> str:
        if self.random.random() < 0.1:
            return self.random.choice(("nobody", "00000000-0000-4000-8000-000000000000"))
        return str(self.random.choice(list(self.world.person_by_number.values())))

    def _representation(self) -> dict:
        kind = self.random.choice(("Person", "Household"))
        key = self._id() if kind == "Person" or self.random.random() < 0.1 else self._home()
        return {"__typename": kind, "id": key}
