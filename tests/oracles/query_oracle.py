"""The slow truth about a query: graphql-core's executor, one row and one grant at a time.

It shares nothing with the planner but the catalogue: rows are plain Python dictionaries, each field
is decided and resolved on its own by a `Reading` of the policy's text. Consent is looked for person
by person, for today, whatever day the rows are of.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from graphql import (
    GraphQLError,
    NullValueNode,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    print_schema,
)
from graphql.execution.values import get_argument_values, get_variable_values

from schema.catalogue import Catalogue, Kind, Subject
from schema.graph_types import PROVENANCE_NAMES
from schema.ids import CitizenNumber, parse_citizen_number
from schema.kinship import ONESELF, SELF, head_sex_told, relative
from tests.oracles.list_oracle import listed, steering
from tests.oracles.policy_oracle import Reading, covers, is_announced
from tests.support.world import NOW, TODAY, World


@dataclass(frozen=True)
class Thing:
    """One object: its type, its row, and the times it is seen at."""

    type_name: str
    row: dict
    as_of: date
    known: datetime


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


class Oracle:
    def __init__(self, catalogue: Catalogue, world: World, core_schema) -> None:
        self.catalogue = catalogue
        self.world = world
        self.core = core_schema
        self.schema = build_schema(print_schema(core_schema))
        self.visited: set[tuple[tuple[str, ...], str]] = set()
        """Where a field was resolved, without places in lists, and on which type."""
        self.refused: set[str] = set()
        """Denied fields that would choose or order what comes back: it is refused whole."""
        self.people = self.page = 0
        """How many people it names, and how long its longest page is."""
        self.today, self.now, self.purpose = TODAY, NOW, ""

    def run(self, document: str, variables: dict, entitlement: Reading, name=None, *, caller=None):
        """Return graphql-core's result over the district's rows."""
        self.visited, self.refused, self.people, self.page = set(), set(), 0, 0
        self.purpose = caller.purpose if caller else ""
        parsed = parse(document)
        operation = get_operation_ast(parsed, name)
        declared = operation.variable_definitions or ()
        self.values = get_variable_values(self.core, declared, variables)
        return execute_sync(
            self.schema,
            parsed,
            variable_values=variables,
            operation_name=name,
            field_resolver=lambda source, info, **given: self.resolve(
                source, info, given, entitlement
            ),
            type_resolver=lambda thing, _info, _abstract: thing.type_name,
        )

    # Rows.

    def rows(self, table: str, thing_or_times) -> list[dict]:
        as_of, known = thing_or_times.as_of, thing_or_times.known
        return [
            row
            for row in self.world.tables.get(table, [])
            if row["valid_from"] <= as_of < row["valid_to"]
            and row["known_from"] <= known < row["known_to"]
        ]

    def region_of(self, household, at, entitlement) -> str | None:
        """Return where a household lives, if the caller may see it."""
        for row in self.rows("household_place", at):
            if row["household_id"] == household and entitlement.sees(row["region"]):
                return row["region"]
        return None

    def household(self, household, at, entitlement):
        region = self.region_of(household, at, entitlement)
        if region is None:
            return None
        return Thing("Household", {"id": household, "region": region}, at.as_of, at.known)

    def person(self, person, at, entitlement):
        if entitlement.rows == "own-recipients" and not is_announced(
            self, person, at, entitlement.department
        ):
            return None
        for row in self.rows("membership", at):
            if row["person_id"] == person and self.region_of(row["household_id"], at, entitlement):
                return Thing("Person", {"id": person}, at.as_of, at.known)
        return None

    # Fields.

    def resolve(self, source, info, given, entitlement):
        type_name, name = info.parent_type.name, info.field_name
        path = tuple(part for part in info.path.as_list() if isinstance(part, str))
        self.visited.add((path, type_name))
        if type_name == "Query":
            return self.root(name, given, entitlement, info.field_nodes[0])
        if isinstance(source, dict):
            return source[name] if name in source else source[snake(name)]
        self.check(type_name, name, entitlement)
        if name == "members" and given.get("anchor") is not None:
            if not entitlement.is_granted("Person.id"):
                self.refused.add("Person.id")
            return self.seen_by(given["anchor"], self.members(source))
        return self.field(source, name, entitlement)

    def check(self, type_name: str, name: str, entitlement: Reading) -> None:
        """Refuse a field that is not granted."""
        path = f"{type_name}.{name}"
        if self.catalogue.field(path) is not None:
            if not entitlement.is_granted(path) and not entitlement.opens_with_consent(path):
                raise GraphQLError(path)
            return
        if type_name in self.catalogue.by_type and name in PROVENANCE_NAMES:
            return
        if name == "records":
            if not self.granted_datasets(type_name, entitlement):
                raise GraphQLError(path)
            return
        target = self.target(type_name, name)
        if target not in entitlement.opened_with_consent():
            self.check_type(target, entitlement)

    def check_type(self, target: str, entitlement: Reading) -> None:
        if not self.reads(target, entitlement):
            raise GraphQLError(target)

    def reads(self, target: str, entitlement: Reading) -> bool:
        """Whether anything of a type may be read, be it with consent."""
        types = {target}
        for subject, subject_type in ((Subject.PERSON, "Person"), (Subject.HOUSEHOLD, "Household")):
            if target == subject_type:
                types |= {d.type_name for d in self.catalogue.of(subject)}
        return bool(types & (entitlement.granted_types() | entitlement.opened_with_consent()))

    def target(self, type_name: str, name: str) -> str:
        fixed = {"Member.person": "Person", "Alert.household": "Household"}
        known = fixed.get(f"{type_name}.{name}")
        if known:
            return known
        return next(d.type_name for d in self.catalogue if d.navigation == name)

    def root(self, name, given, entitlement, node):
        known = given.get("knownAt")
        at = Thing(
            "",
            {},
            date.fromisoformat(given["asOf"]) if given.get("asOf") else self.today,
            datetime.fromisoformat(known) if known else self.now,
        )
        if name in ("node", "_entities"):
            return self.entities(name, given, at, entitlement)
        if name in ("households", "warnings"):
            type_name = "Alert" if name == "warnings" else "Household"
            typed = get_argument_values(self.core.query_type.fields[name], node, self.values)
            self.page = max(self.page, typed["first"])
            stated = {
                one.name.value for one in node.arguments if not isinstance(one.value, NullValueNode)
            }
            denied = set(steering(self, name, typed, stated, entitlement))
            self.refused |= denied
            if denied:
                raise GraphQLError(name)
            self.check_type(type_name, entitlement)
            return listed(
                self,
                name,
                typed,
                at,
                entitlement,
                lambda row: Thing(type_name, row, at.as_of, at.known),
            )
        if name == "household":
            self.check_type("Household", entitlement)
            homes = [row["household_id"] for row in self.world.tables["household"]]
            found = [home for home in homes if str(home) == given["id"]]
            return self.household(found[0], at, entitlement) if found else None
        self.check_type("Person", entitlement)
        self.people += 1 if name == "person" else len(given["nationalIds"])
        if name == "person":
            return self.lookup(given["nationalId"], at, entitlement)[1]
        found = [self.lookup(text, at, entitlement) for text in given["nationalIds"]]
        return [
            {"index": n, "status": status, "person": person}
            for n, (status, person) in enumerate(found)
        ]

    def entities(self, name, given, at, entitlement):
        """Find people and households by their ids; who may not know ids finds nobody."""
        types = [t for t in ("Person", "Household") if entitlement.is_granted(f"{t}.id")]
        if not types:
            raise GraphQLError(name)
        self.people += (
            1
            if name == "node"
            else len([one for one in given["representations"] if one["__typename"] in types])
        )
        if name == "node":
            found = [self.entity(kind, given["id"], at, entitlement) for kind in types]
            return next((one for one in found if one), None)
        return [
            self.entity(one["__typename"], one["id"], at, entitlement)
            if one["__typename"] in types
            else None
            for one in given["representations"]
        ]

    def entity(self, kind, key, at, entitlement):
        table, column, find = {
            "Person": ("person", "person_id", self.person),
            "Household": ("household", "household_id", self.household),
        }[kind]
        found = [row[column] for row in self.world.tables[table] if str(row[column]) == key]
        return find(found[0], at, entitlement) if found else None

    def granted_datasets(self, type_name: str, entitlement: Reading):
        granted = entitlement.granted_types()
        subject = Subject.PERSON if type_name == "Person" else Subject.HOUSEHOLD
        return [d for d in self.catalogue.of(subject) if d.stored and d.type_name in granted]

    def lookup(self, text, at, entitlement):
        number = parse_citizen_number(text)
        if not isinstance(number, CitizenNumber):
            return "INVALID", None
        person = self.world.person_by_number.get(number.text)
        found = self.person(person, at, entitlement) if person else None
        return ("FOUND" if found else "NOT_FOUND"), found

    def field(self, thing: Thing, name: str, entitlement):
        if thing.type_name in self.catalogue.by_type and name != "household":
            return self.record_field(thing, name)
        if name in ("id", "region", "relation"):
            value = thing.row[name]
            return None if value is None else str(value)
        if name == "person":
            return Thing("Person", {"id": thing.row["person_id"]}, thing.as_of, thing.known)
        if name == "household":
            return self.household_of(thing, entitlement)
        if name == "records":
            return self.all_records(thing, entitlement)
        self.check_consent(thing, name, entitlement)
        return self.members(thing) if name == "members" else self.records(thing, name)

    def check_consent(self, thing: Thing, name: str, entitlement: Reading) -> None:
        """Refuse records that need the leave of the person whose they are, where there is none."""
        if name == "members":
            return
        target = self.target(thing.type_name, name)
        if target not in entitlement.opened_with_consent():
            return
        source = self.catalogue.by_type[target].department
        if not covers(self.world, thing.row["id"], source, self.purpose, self.today):
            raise GraphQLError(target)

    def all_records(self, thing: Thing, entitlement) -> list[Thing]:
        datasets = self.granted_datasets(thing.type_name, entitlement)
        found: list[Thing] = []
        for dataset in sorted(datasets, key=lambda one: one.type_name):
            told = self.records(thing, dataset.navigation)
            found += told if dataset.many else [told] if told else []
        return found

    def members(self, thing: Thing):
        all_rows = self.rows("membership", thing)
        mine = [row for row in all_rows if row["household_id"] == thing.row["id"]]
        mine.sort(key=lambda row: row["person_id"])
        return [Thing("Member", row, thing.as_of, thing.known) for row in mine]

    def seen_by(self, anchor: str, members: list[Thing]) -> list[Thing]:
        """Tell what everybody is to one member, pair by pair, from what both are to the head."""
        codes: dict[str, set] = {}
        for member in members:
            codes.setdefault(str(member.row["person_id"]), set()).add(member.row["relation"])
        told = {person: min(found) for person, found in codes.items() if len(found) == 1}
        own = told.get(anchor)
        heads = [code for code in told.values() if code in SELF]

        def relation(person: str) -> str | None:
            code = told.get(person)
            if anchor not in codes:
                return None
            if own in SELF:
                return code
            if person == anchor:
                return ONESELF
            if own is None or code is None or len(heads) > 1:
                return None
            return relative(code, own, head=head_sex_told(told.values()))

        return [
            replace(one, row={**one.row, "relation": relation(str(one.row["person_id"]))})
            for one in members
        ]

    def household_of(self, thing: Thing, entitlement):
        if thing.type_name == "Alert":
            return self.household(thing.row["identity_id"], thing, entitlement)
        mine = [
            row
            for row in self.rows("membership", thing)
            if row["person_id"] == thing.row["id"]
            and self.region_of(row["household_id"], thing, entitlement)
        ]
        if not mine:
            return None
        mine.sort(key=lambda row: row["version_id"])
        mine.sort(key=lambda row: (row["valid_from"], row["known_from"]), reverse=True)
        return self.household(mine[0]["household_id"], thing, entitlement)

    def records(self, thing: Thing, name: str):
        subject = Subject.PERSON if thing.type_name == "Person" else Subject.HOUSEHOLD
        dataset = next(d for d in self.catalogue.of(subject) if d.navigation == name)
        owners = {thing.row["id"]}
        if subject is Subject.PERSON:
            links = self.rows("link", thing)
            owners = {row["identity_id"] for row in links if row["person_id"] == thing.row["id"]}
        found = [row for row in self.rows(dataset.name, thing) if row["identity_id"] in owners]
        found.sort(key=lambda row: (row["valid_from"], row["record_id"]))
        things = [Thing(dataset.type_name, row, thing.as_of, thing.known) for row in found]
        if dataset.many:
            return things
        return things[-1] if things else None

    def record_field(self, thing: Thing, name: str):
        dataset = self.catalogue.by_type[thing.type_name]
        if name == "provider":
            return dataset.department
        if name in PROVENANCE_NAMES:
            value = thing.row[snake(name)]
            return None if value == date.max else written(value)
        if name == "overdue":
            return overdue(thing)
        declared = next(f for f in dataset.fields if f.graphql_name == name)
        value = thing.row["values"][declared.name]
        if declared.kind is Kind.STRUCTURE:
            return value
        return written(value)


def overdue(alert: Thing) -> bool | None:
    """Whether nobody came until the day that was set."""
    due, status = alert.row["values"]["due_on"], alert.row["values"]["status"]
    if due is None:
        return None
    return due < alert.as_of and status in ("screened", "assigned", "unreachable")


def written(value):
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
