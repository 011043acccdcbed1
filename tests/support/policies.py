"""Makes policies at random over the real catalogue, and callers who ask under them.

Each is one that the loader takes: sealed-together fields are granted together, consent-bound ones
with consent, nothing twice at a time. Days lie around `TODAY`, some of them on its very edge.
"""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from hub.access import Caller
from schema.catalogue import CORE_FIELDS, Catalogue, Subject
from tests.support.world import TODAY

DEPARTMENTS = ("civil-affairs", "medical-insurance", "housing")
ROLES = ("clerk", "officer")
PURPOSES = ("CASE", "WARN", "VERIFY", "REVIEW")
REGIONS = (
    ["420106"],
    ["420106"],
    ["420106001", "420107"],
    ["420106001001"],
    ["420106002"],
    ["4201"],
    [],
)
AREAS = (("420106001",), ("420106001002", "420107"), ("420",))
_LIKELY = ("Person", "Household", "Member", "Alert", "Score", "Population", "Recognition")
_CLOSED = {"Mutation", "AccessEntry", "AccessRule"}
"""Types of which no generated question asks."""


@dataclass(frozen=True)
class Unit:
    """Fields of one owner that are granted together or not at all."""

    source: str
    paths: tuple[str, ...]
    needs_consent: bool = False

    @property
    def kind(self) -> str:
        return self.paths[0].partition(".")[0]


@dataclass
class Written:
    """A policy's text, and who may ask under it."""

    text: str
    callers: list[Caller]


def units_of(catalogue: Catalogue) -> list[Unit]:
    """Return every piece that a grant may name."""
    found = [Unit("civil-affairs", (f.path,)) for f in CORE_FIELDS if f.type_name not in _CLOSED]
    for dataset in catalogue:
        groups: dict[str, list] = {}
        for f in dataset.fields:
            groups.setdefault(f.group or f".{f.name}", []).append(f)
        for together in groups.values():
            paths = tuple(f"{dataset.type_name}.{f.graphql_name}" for f in together)
            consent = any(f.consent for f in together)
            found.append(Unit(dataset.department, paths, consent))
    return found


@dataclass
class PolicyMaker:
    catalogue: Catalogue
    random: Random
    units: list[Unit] = field(init=False)
    agreements: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.units = units_of(self.catalogue)

    def policy(self) -> Written:
        """Return a policy of four entitlements, and eight callers."""
        self.agreements = []
        keys = [(d, r, p) for d in DEPARTMENTS for r in ROLES for p in PURPOSES]
        chosen = self.random.sample(keys, 4)
        parts: list[str] = []
        additions: list[str] = []
        for key in chosen:
            stated, added = self.entitlement(key)
            parts.append(stated)
            additions += added
        if self.random.random() < 0.4:
            # The same rights in another role: what is remembered of one is not the other's.
            role = next(r for r in ROLES if (chosen[0][0], r, chosen[0][2]) != chosen[0])
            other = (chosen[0][0], role, chosen[0][2])
            if other not in chosen:
                parts.append(parts[0].replace(table({"role": chosen[0][1]}), table({"role": role})))
                chosen += [other, chosen[0]]
        if self.random.random() < 0.15:
            alone = self.random.choice([k for k in keys if k not in chosen])
            additions.append(self.alone(alone))
            chosen.append(alone)
        callers = [self.caller(self.random.choice(chosen)) for _ in range(7)]
        callers.append(self.caller(self.random.choice(keys)))
        text = "\n".join([*parts, *additions, *self.suspensions()])
        return Written(text, callers)

    # Who asks.

    def caller(self, key: tuple[str, str, str]) -> Caller:
        draw = self.random.random
        case = "case-1" if draw() < 0.6 else None
        if case and draw() < 0.3:
            case = f"case-{self.random.randint(2, 7)}"
        area = self.random.choice(AREAS) if draw() < 0.15 else None
        datasets = None
        if draw() < 0.1:
            names = [d.type_name for d in self.catalogue]
            datasets = frozenset({*_LIKELY[3:], *self.random.sample(names, 10)})
        return Caller(*key, "client", "u17", case, area, datasets)

    # What is granted.

    def entitlement(self, key: tuple[str, str, str]) -> tuple[str, list[str]]:
        """Return an entitlement, and what is added to it."""
        whole = self.whole(key)
        units = self.units
        if self.random.random() < 0.12:
            whole["rows"] = "own-recipients"
            units = self.of_recipients()
        often = self.random.choice((0.9, 0.75, 0.4))
        picked = [u for u in units if self.is_wanted(u, often)]
        if whole.get("rows"):
            picked = list(dict.fromkeys([*picked, *(u for u in units if u.kind == "Recognition")]))
        added: list[str] = []
        if self.random.random() < 0.4:
            more = [u for u in units if u not in picked and self.random.random() < 0.5]
            later = {**whole}
            later.pop("rows", None)
            later.pop("limits", None)
            start, end = self.days(0.6)
            if start < whole["until"] and whole["from"] < end:
                later["from"], later["until"] = start, end
            if more:
                added.append(self.block("addition", later, more))
        return self.block("entitlement", whole, picked), added

    def alone(self, key: tuple[str, str, str]) -> str:
        """Return an addition that has no entitlement to join."""
        picked = [u for u in self.units if self.is_wanted(u, 0.6)]
        return self.block("addition", self.whole(key), picked)

    def whole(self, key: tuple[str, str, str]) -> dict:
        start, end = self.days(0.9)
        found: dict = dict(zip(("department", "role", "purpose"), key, strict=True))
        found |= {"legal_basis": "basis", "from": start, "until": end}
        found["regions"] = self.random.choice(REGIONS)
        if self.random.random() < 0.3:
            found["case_required"] = True
        if self.random.random() < 0.25:
            found["introspection"] = False
        if self.random.random() < 0.2:
            found["limits"] = {"people": self.random.choice((1, 2, 4)), "page": 3}
        return found

    def of_recipients(self) -> list[Unit]:
        people = {
            d.type_name
            for d in self.catalogue.of(Subject.PERSON)
            if d.type_name != "CommitmentRecord"
        }
        return [u for u in self.units if u.kind in people or u.paths == ("Person.id",)]

    def is_wanted(self, unit: Unit, often: float) -> bool:
        return self.random.random() < (max(often, 0.8) if unit.kind in _LIKELY else often)

    def block(self, name: str, whole: dict, units: list[Unit]) -> str:
        """Return an entitlement or an addition with its grants."""
        text = [f"[[{name}]]", table({k: v for k, v in whole.items() if k != "limits"})]
        if "limits" in whole:
            text.append(f"[{name}.limits]\n{table(whole['limits'])}")
        held: dict[tuple, list[str]] = {}
        for unit in units:
            for start, end in self.spans():
                consent = unit.needs_consent or self.in_turn(unit)
                agreement = f"A-{unit.source}-{self.random.randrange(3)}"
                held.setdefault((agreement, unit.source, consent, start, end), []).extend(
                    unit.paths
                )
        for (agreement, source, consent, start, end), paths in held.items():
            self.agreements.append(agreement)
            grant = {
                "agreement": agreement, "source": source, "legal_basis": "basis",
                "from": start, "until": end, "consent": consent, "fields": paths,
            }  # fmt: skip
            text.append(f"[[{name}.grant]]\n{table(grant)}")
        return "\n".join(text)

    def in_turn(self, unit: Unit) -> bool:
        """Whether a unit that needs no consent is granted with it: mostly a whole dataset."""
        if unit.kind in ("Person", "Household", "Member", "Alert", "Score"):
            return self.random.random() < 0.01
        whole = (hash_of(unit.kind) + len(self.agreements) // 40) % 9 == 0
        return self.random.random() < (0.95 if whole else 0.02)

    def spans(self) -> list[tuple[date, date]]:
        """Return the days of a grant; now and then it was granted before too, up to then."""
        start, end = self.days(0.8)
        if self.random.random() < 0.05:
            return [(start - timedelta(days=90), start), (start, end)]
        return [(start, end)]

    def days(self, live: float) -> tuple[date, date]:
        """Return a span of days, `live` of them in force on `TODAY`."""
        if self.random.random() < live:
            return self.random.choice(
                (
                    (date(2026, 1, 1), date(2028, 1, 1)),
                    (date(2026, 1, 1), date(2028, 1, 1)),
                    (TODAY, date(2028, 1, 1)),
                    (date(2026, 1, 1), TODAY + timedelta(days=1)),
                )
            )
        return self.random.choice(
            (
                (date(2025, 1, 1), date(2026, 6, 1)),
                (date(2026, 1, 1), TODAY),
                (TODAY + timedelta(days=1), date(2028, 1, 1)),
                (date(2027, 1, 1), date(2028, 1, 1)),
            )
        )

    def suspensions(self) -> list[str]:
        if self.random.random() < 0.6 or not self.agreements:
            return []
        stopped = sorted({self.random.choice(self.agreements) for _ in range(2)})
        return [f"[[suspension]]\n{table({'agreement': name})}" for name in stopped]


def hash_of(text: str) -> int:
    """Return a number that is the same in every process."""
    return sum(map(ord, text))


def table(values: dict) -> str:
    return "\n".join(f"{name} = {written(value)}" for name, value in values.items())


def written(value) -> str:
    """Return a value as TOML."""
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
