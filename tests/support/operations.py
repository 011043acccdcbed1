"""Makes operations at random: any selection the schema allows, with what GraphQL has to offer.

What an operation uses is told with it (`Made.features`), so that a test can insist that every
feature was met often enough.
"""

from dataclasses import dataclass, field
from random import Random

from graphql import (
    GraphQLInterfaceType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
    validate,
)

from tests.support.operation_arguments import Arguments
from tests.support.world import World

FEATURES = frozenset(
    {
        "alias",
        "argument of a list",
        "connection",
        "default of a variable",
        "directive with a variable",
        "entities",
        "field merged from two places",
        "fragment in a fragment",
        "fragment on a union",
        "fragment on an interface",
        "fragment without a type",
        "include and skip together",
        "inline fragment",
        "list of one value",
        "named fragment",
        "node",
        "null in a variable",
        "object within an interface",
        "records",
        "several operations",
        "spread twice",
        "type name",
        "variable",
        "variable within a value",
    }
)
CONSENT_FEATURES = frozenset({"consent asked", "records that need consent"})
"""Met where the policy opens something with consent."""
_DIRECTIVES = (
    "@include(if: $yes)",
    "@skip(if: $no)",
    "@include(if: $yes) @skip(if: $no)",
    "@skip(if: false)",
    "@include(if: true)",
)
_MAX_ALIASES = 40


@dataclass
class Made:
    document: str
    variables: dict
    operation_name: str | None = None
    features: set[str] = field(default_factory=set)


@dataclass
class Maker:
    schema: GraphQLSchema
    world: World
    random: Random
    fragments: list[str] = field(default_factory=list)
    features: set[str] = field(default_factory=set)
    aliases: int = 0
    records: int = 0

    def operation(self) -> Made:
        """Return one valid operation and its variables.

        Fields of different types may clash under one key; what does not validate is made anew.
        """
        while True:
            made = self._operation()
            if not validate(self.schema, parse(made.document), max_errors=1):
                return made

    def _operation(self) -> Made:
        self.fragments, self.features, self.aliases, self.records = [], set(), 0, 0
        arguments = Arguments(self.schema, self.world, self.random, self.features)
        roots = [self.root(n, arguments) for n in range(self.random.choice((1, 1, 2)))]
        flags = {"yes": self.random.random() < 0.7}
        if self.random.random() < 0.5:
            flags["no"] = self.random.random() < 0.3
        used = "used: __typename @include(if: $yes) @skip(if: $no)"
        declared = " ".join(["$yes: Boolean! $no: Boolean = false", *arguments.declared])
        definitions = [f"query Made({declared}) {{ {used} {' '.join(roots)} }}", *self.fragments]
        name = None
        if self.random.random() < 0.15:
            self.features.add("several operations")
            definitions.insert(self.random.randrange(2), "query Other { other: __typename }")
            name = "Made"
        given = {**flags, **arguments.given}
        return Made("\n".join(definitions), given, name, set(self.features))

    def root(self, n: int, arguments: Arguments) -> str:
        name, given = arguments.root()
        target = get_named_type(self.schema.query_type.fields[name].type).name
        body = self.selection(target, 1)
        if self.random.random() < 0.08:
            self.features.add("field merged from two places")
            return f"r{n}: {name}({given}) {body} r{n}: {name}({given}) {self.selection(target, 1)}"
        return f"r{n}: {name}({given}) {body}"

    # Selections.

    def selection(self, type_name: str, depth: int) -> str:
        """Return a selection on any type that has fields or members."""
        kind = self.schema.type_map[type_name]
        if is_abstract_type(kind):
            chosen = self.abstract(kind, depth)
        else:
            chosen = self.fields(type_name, depth, 5)
            wider = [one.name for one in kind.interfaces]
            if wider and self.random.random() < 0.25:
                self.features.add("fragment on an interface")
                chosen.append(self.fragment(self.random.choice(wider), depth))
            if type_name in ("Person", "Household") and self.random.random() < 0.05:
                self.features.add("fragment on a union")
                chosen.append("... on _Entity { __typename ... on Node { id } }")
        if self.random.random() < 0.2 or not chosen:
            self.features.add("type name")
            chosen.append("__typename")
        if self.random.random() < 0.15:
            chosen.append(chosen[0])
        self.random.shuffle(chosen)
        return self.wrapped(type_name, " ".join(chosen))

    def wrapped(self, type_name: str, body: str) -> str:
        """Return a selection as it is, or within a fragment on its own type."""
        draw = self.random.random()
        if draw < 0.1:
            self.features.add("inline fragment")
            return f"{{ ... on {type_name} {self.directive(0.3)} {{ {body} }} }}"
        if draw < 0.16:
            self.features.add("fragment without a type")
            return f"{{ ... {self.directive(0.5)} {{ {body} }} }}"
        if draw < 0.26:
            name = self.named(type_name, body)
            self.features.add("spread twice")
            return f"{{ ...{name} {self.directive(0.2)} ...{name} }}"
        return "{ " + body + " }"

    def named(self, type_name: str, body: str) -> str:
        self.features.add("named fragment")
        name = f"F{len(self.fragments)}"
        self.fragments.append(f"fragment {name} on {type_name} {{ {body} }}")
        return name

    def abstract(self, kind, depth: int) -> list[str]:
        """Return what is selected on an interface or a union: its fields, and some of its types."""
        is_interface = isinstance(kind, GraphQLInterfaceType)
        self.features.add("object within an interface" if is_interface else "fragment on a union")
        chosen = self.fields(kind.name, depth, 3) if is_interface else []
        possible = [one.name for one in self.schema.get_possible_types(kind)]
        some = self.random.sample(possible, min(len(possible), self.random.randint(1, 3)))
        chosen += [self.fragment(name, depth) for name in some]
        if kind.name == "_Entity" and self.random.random() < 0.6:
            self.features.add("fragment on an interface")
            chosen.append(self.fragment("Node", depth))
        return chosen

    def fragment(self, type_name: str, depth: int) -> str:
        """Return a fragment on a type that the object around it may have."""
        kind = self.schema.type_map[type_name]
        body = self.fields(type_name, depth, 3)
        if is_abstract_type(kind) and self.random.random() < 0.3:
            possible = [one.name for one in self.schema.get_possible_types(kind)]
            self.features.add("fragment in a fragment")
            narrow = self.random.choice(possible)
            body.append(f"... on {narrow} {{ {' '.join(self.fields(narrow, depth, 2))} }}")
        text = " ".join(body)
        if self.random.random() < 0.4:
            return f"...{self.named(type_name, text)} {self.directive(0.2)}"
        self.features.add("inline fragment")
        return f"... on {type_name} {self.directive(0.2)} {{ {text} }}"

    def fields(self, type_name: str, depth: int, most: int) -> list[str]:
        """Return some fields of a type, at least one."""
        fields = list(self.schema.type_map[type_name].fields.items())
        chosen = []
        for name, declared in self.random.sample(fields, min(len(fields), most)):
            target = get_named_type(declared.type)
            if is_leaf_type(target):
                chosen.append(self.dressed(name, ""))
            elif depth < 7 and self.is_wanted(name):
                chosen.append(self.below(name, declared, depth))
        if type_name == "Person" and depth < 6 and self.random.random() < 0.2:
            chosen.append(self.consented(depth))
        return chosen or ["__typename"]

    def consented(self, depth: int) -> str:
        """Select what is read with consent alone, under a name of its own while there are any."""
        self.features.add("records that need consent")
        text = f"bankDeposits {self.selection('BankDeposit', depth + 1)}"
        if self.aliases >= _MAX_ALIASES:
            return text
        self.aliases += 1
        return f"c{self.aliases}: {text}"

    def is_wanted(self, name: str) -> bool:
        """Whether a way is taken; `records` are of fifty types, which takes a while."""
        if name != "records":
            return True
        self.records += 1
        return self.records == 1 and self.random.random() < 0.3

    def below(self, name: str, declared, depth: int) -> str:
        body = self.selection(get_named_type(declared.type).name, depth + 1)
        if name == "records":
            self.features.add("records")
        if "anchor" in declared.args and self.random.random() < 0.6:
            # The same field with two arguments would clash, so each goes by a name of its own.
            self.aliases += 1
            return f"m{self.aliases}: {name}{self.anchor()} {body}"
        return self.dressed(name, body)

    def anchor(self) -> str:
        """Name somebody to whom members are related: mostly one of the district, or nobody."""
        if self.random.random() < 0.15:
            return self.random.choice(("(anchor: null)", '(anchor: "nobody")'))
        member = self.random.choice(self.world.tables["membership"])
        return f'(anchor: "{member["person_id"]}")'

    def dressed(self, name: str, below: str) -> str:
        """Return a field, with an alias or a directive now and then."""
        text = f"{name} {self.directive(0.06)} {below}"
        if self.random.random() < 0.2 and self.aliases < _MAX_ALIASES:
            self.features.add("alias")
            self.aliases += 1
            text = f"a{self.aliases}: {text}"
        return text

    def directive(self, often: float) -> str:
        if self.random.random() >= often:
            return ""
        chosen = self.random.choice(_DIRECTIVES)
        if "$" in chosen:
            self.features.add("directive with a variable")
        if chosen.count("@") > 1:
            self.features.add("include and skip together")
        return chosen
