"""Makes filters and orders at random: any condition the schema offers, with values that occur."""

from dataclasses import dataclass
from random import Random

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLSchema,
    get_named_type,
    is_list_type,
)

from schema.catalogue import Catalogue, Kind

_DAYS = ("2020-01-01", "2026-03-09", "2026-09-01", "2026-11-02", "2026-12-01")
_MOMENTS = ("2019-01-01T00:00:00Z", "2026-09-01T00:00:00Z", "2026-09-20T08:00:00+08:00")
_SEEN = {
    "Alert.status": ("screened", "assigned", "visited", "queued"),
    "Alert.assignee": ("u17", "u18"),
    "Score.profile": ("ab" * 8, "cd" * 8),
    "MedicalEnrolment.scheme": ("390", "310"),
}
"""Values that some rows of the district have; others are any code of their list."""


@dataclass
class Filters:
    schema: GraphQLSchema
    random: Random

    def households(self) -> str:
        """Return the arguments of `households`."""
        given = f"first: {self.random.randint(1, 6)}" + self.order("HouseholdOrder")
        if self.random.random() < 0.75:
            given += f", filter: {self.households_filter()}"
        return given

    def alerts(self) -> str:
        """Return what `warnings` gets beside its plain arguments."""
        if self.random.random() < 0.5:
            return ""
        given = self.order("AlertOrder")
        if self.random.random() < 0.7:
            given += f", filter: {self.records('AlertFilter')}"
        return given

    def order(self, name: str) -> str:
        kind = self.schema.type_map[name]
        assert isinstance(kind, GraphQLEnumType)
        if self.random.random() < 0.2:
            return ""
        return f", orderBy: {self.random.choice(sorted(kind.values))}"

    def households_filter(self) -> str:
        kind = self.schema.type_map["HouseholdFilter"]
        assert isinstance(kind, GraphQLInputObjectType)
        likely = ("region", "regions", "has", "lacks", "changedSince", "score", "alerts")
        names = self.random.sample(likely, self.random.randint(0, 2))
        if self.random.random() < 0.3:
            names.append(self.random.choice(sorted(set(kind.fields) - set(likely))))
        stated = [f"{n}: {self.household_value(n, kind.fields[n].type)}" for n in names]
        return "{" + ", ".join(stated) + "}"

    def household_value(self, name: str, kind) -> str:
        if self.random.random() < 0.05:
            return "null"
        if name == "region":
            return self.random.choice(('"420106"', '"42010600100"', '"4201060020"', '"420107"'))
        if name == "regions":
            return self.random.choice(('["420106001"]', '["420106001001", "420106002"]', "[]"))
        if name in ("has", "lacks"):
            seen = ("SCORE", "ALERT", "DISABILITY_CERTIFICATE", "MEDICAL_SETTLEMENT", "RECOGNITION")
            facts = self.random.sample(seen, self.random.randint(1, 2))
            return "[" + ", ".join(facts) + "]"
        if name == "changedSince":
            return f'"{self.random.choice(_MOMENTS)}"'
        return self.records(get_named_type(kind).name)

    def records(self, name: str) -> str:
        """Return a filter of records."""
        kind = self.schema.type_map[name]
        assert isinstance(kind, GraphQLInputObjectType)
        type_name = name.removesuffix("Filter")
        chosen = self.random.sample(sorted(kind.fields), min(len(kind.fields), 2))
        stated = [f"{f}: {self.value(type_name, f, kind.fields[f].type)}" for f in chosen]
        return "{" + ", ".join(stated) + "}"

    def value(self, type_name: str, name: str, kind) -> str:
        low, day, at = (self.random.choice(v) for v in ((12, 44, 60, 61), _DAYS, _MOMENTS))
        drawn = {
            "IntRange": (f"{{from: {low}}}", f"{{to: {low}}}", "{}"),
            "DateRange": (f'{{from: "{day}"}}', f'{{from: null, to: "{day}"}}'),
            "MomentRange": (f'{{since: "{at}"}}', f'{{until: "{at}"}}'),
            "DateTime": (f'"{at}"',),
            "Boolean": ("true", "false"),
            "Band": ("[RED, ORANGE]", "[YELLOW]", "[]", "RED"),
        }.get(get_named_type(kind).name)
        if drawn is not None:
            return self.random.choice(drawn)
        assert is_list_type(kind)
        values = _SEEN.get(f"{type_name}.{name}") or self.codes(type_name, name)
        return "[" + ", ".join(f'"{self.random.choice(values)}"' for _ in range(2)) + "]"

    def codes(self, type_name: str, name: str) -> tuple[str, ...]:
        dataset = Catalogue.discover().by_type[type_name]
        declared = next(f for f in dataset.fields if f.graphql_name == name)
        if declared.kind is not Kind.CODE or declared.codes is None or declared.codes.pattern:
            return ("420106001001", "420106001002")
        return tuple(code.value for code in declared.codes.codes)
