"""Makes operations at random: any selection the schema allows, with what GraphQL has to offer."""

from dataclasses import dataclass, field
from random import Random

from graphql import GraphQLSchema, get_named_type, is_leaf_type

from tests.support.filters import Filters
from tests.support.world import World


@dataclass
class Made:
    document: str
    variables: dict


@dataclass
class Maker:
    schema: GraphQLSchema
    world: World
    random: Random
    fragments: list[str] = field(default_factory=list)
    aliases: int = 0

    def operation(self) -> Made:
        """Return one operation and its variables."""
        self.fragments, self.aliases = [], 0
        roots = [self.root(n) for n in range(self.random.choice((1, 1, 2)))]
        flags = {"yes": self.random.random() < 0.5, "no": self.random.random() < 0.5}
        document = "query Made($yes: Boolean!, $no: Boolean = false) { used: __typename "
        document += "@include(if: $yes) @skip(if: $no) " + " ".join(roots) + " }"
        return Made("\n".join([document, *self.fragments]), flags)

    def root(self, n: int) -> str:
        name = self.random.choice(
            ("person", "people", "household", "households", "households", "warnings", "warnings")
        )
        times = self.times()
        if name == "person":
            given = f'nationalId: "{self.number()}"{times}'
        elif name == "people":
            numbers = ", ".join(f'"{self.number()}"' for _ in range(self.random.randint(0, 6)))
            given = f"nationalIds: [{numbers}]{times}"
        elif name == "household":
            homes = self.world.tables["household"]
            given = f'id: "{self.random.choice(homes)["household_id"]}"{times}'
        elif name == "households":
            given = Filters(self.schema, self.random).households() + times
        else:
            given = self.warning_arguments() + times
        target = get_named_type(self.schema.query_type.fields[name].type).name
        return f"r{n}: {name}({given}) {self.selection(target, 1)}"

    def warning_arguments(self) -> str:
        given = f"first: {self.random.randint(1, 5)}"
        if self.random.random() < 0.4:
            given += ", bands: [RED, ORANGE]"
        if self.random.random() < 0.3:
            given += ', region: "420106001"'
        return given + Filters(self.schema, self.random).alerts()

    def times(self) -> str:
        given = ""
        if self.random.random() < 0.4:
            day = self.random.choice(("2026-05-01", "2026-08-01", "2019-01-01", "2026-06-01"))
            given += f', asOf: "{day}"'
        if self.random.random() < 0.3:
            moment = self.random.choice(
                ("2026-09-15T00:00:00Z", "2026-10-01T08:00:00+08:00", "2026-08-01T00:00:00Z")
            )
            given += f', knownAt: "{moment}"'
        return given

    def number(self) -> str:
        if self.random.random() < 0.2:
            return self.random.choice(("690106199001019980", "nonsense", "69010619900101009X"))
        return self.random.choice(self.world.numbers)

    def selection(self, type_name: str, depth: int) -> str:
        fields = list(self.schema.type_map[type_name].fields.items())
        chosen = []
        for name, declared in self.random.sample(fields, min(len(fields), 5)):
            target = get_named_type(declared.type)
            if is_leaf_type(target):
                chosen.append(self.dressed(name, ""))
            elif depth < 7:
                anchored = name + self.anchor() if "anchor" in declared.args else name
                chosen.append(self.dressed(anchored, self.selection(target.name, depth + 1)))
        if self.random.random() < 0.2 or not chosen:
            chosen.append("__typename")
        if self.random.random() < 0.2:
            chosen.append(chosen[0])
        body = " ".join(chosen)
        draw = self.random.random()
        if draw < 0.15:
            return "{ ... on " + type_name + " { " + body + " } }"
        if draw < 0.3:
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {type_name} {{ {body} }}")
            return f"{{ ...{name} ...{name} }}"
        return "{ " + body + " }"

    def anchor(self) -> str:
        """Name somebody to whom members are related: mostly one of the district, or nobody."""
        draw = self.random.random()
        if draw < 0.4:
            return ""
        if draw < 0.5:
            return self.random.choice(("(anchor: null)", '(anchor: "nobody")'))
        member = self.random.choice(self.world.tables["membership"])
        return f'(anchor: "{member["person_id"]}")'

    def dressed(self, name: str, below: str) -> str:
        text = f"{name} {below}"
        if self.random.random() < 0.15 and self.aliases < 40:
            self.aliases += 1
            text = f"a{self.aliases}: {text}"
        draw = self.random.random()
        if draw < 0.06:
            directives = ("@include(if: $yes)", "@skip(if: $no)", "@skip(if: false)")
            directive = self.random.choice(directives)
            head, brace, rest = text.partition("{")
            text = f"{head} {directive} {brace}{rest}"
        return text
