"""The statements of the second wall: roles, what each may read, and which rows (`hub.store.wall`).

Pure text. A role's name is made from what it may read, so a role never changes its meaning: another
policy asks for another role. Policies on tables belong to regions, not to entitlements, so that a
grant that is taken away needs no lock on a table that others are reading.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from hub.access import Reach
from hub.store.case_tables import CASE_NOW
from hub.store.tables import FIXED_TABLES, dataset_table
from schema.catalogue import Catalogue, CoreField, Subject
from schema.datasets.credit import AUTHORISATION

SERVICE: Final = "service"
"""The policy by which the hub's own role sees every row: what takes in, scores and decides."""
_WITHOUT_PEOPLE: Final = frozenset(
    {
        "known_time",
        "policy_revision",
        "policy_history",
        "policy_proposal",
        "sharing_act",
        "cursor",
        "assertion_seen",
        "quota_window",
        "client",
        "key_floor",
        "key_renewal",
        "seal_break",
        "indicator",
        "indicator_note",
        "indicator_progress",
        "replay_request",
        "log_stream",
    }
)
"""Tables that say nothing about anybody; every other one has row-level security."""
_GRAPH: Final = (
    *("person", "household", "household_place", "membership", "link", "data_key"),
    *("member_now", "identity_now", "case_subject"),
)
"""What every query may walk, of its own cells."""
_CONSENT: Final = (
    "cell", "identity_id", "source", "purpose", "revoked_at", "valid_from", "valid_to", "known_to"
)  # fmt: skip
"""What a query reads of authorisations: whom they cover (`hub.query.consent`)."""
_SOUGHT: Final = frozenset({"person_tag", CASE_NOW})
"""Tables that say nothing of a place: whoever looks into them names the very row, a number or a
case of their own department's; where it leads is shown by region."""
_STATE: Final = ("known_time", "policy_revision")
_REGISTERED: Final = ("sharing_act",)
"""What the register of sharing agreements reads, beside the policy: it is about nobody."""
_LOGGED: Final = ("person_tag", "person", "household", "membership")
"""What a look-up in the log reads: from a number's tag to the aliases that entries name."""
_INDICATED: Final = ("indicator", "indicator_note", "replay_request")
"""What an auditor is shown beside the log."""
KNOWN_PERSON: Final = "known_person"
KNOWN_HOUSEHOLD: Final = "known_household"
KNOWN_COMMITMENT: Final = "known_commitment"
ANNOUNCED: Final = "announced"
_KNOWN: Final = {
    ANNOUNCED: ("outbox", ("cell", "identity_id", "receiver")),
    KNOWN_PERSON: ("person", ("cell", "person_id")),
    KNOWN_HOUSEHOLD: ("household", ("cell", "household_id")),
    KNOWN_COMMITMENT: (
        "commitment",
        ("cell", "record_id", "valid_from", "valid_to", "known_from", "known_to"),
    ),
}
"""Views that say of an opaque id that it exists, in any region: for the log, which tells an unknown
subject from one outside the caller's rows. They show ids only. `announced` says to whom a message
about an identity was written, and nothing of what it says."""
_CELL_DIGITS: Final = 6
_AFTER_DIGITS: Final = ":"
_LONGEST_LOGIN: Final = 36
"""A name has 63 bytes at most; the hub adds up to 23 to that of its role."""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the roles that one role of the hub owns on its server."""

    login: str

    def _of(self, what: str) -> str:
        whose = self.login
        if len(whose.encode()) > _LONGEST_LOGIN:
            whose = f"hub_{hashlib.sha256(whose.encode()).hexdigest()[:12]}"
        return f"{whose}_{what}"

    @property
    def rows(self) -> str:
        """The role that every entitlement's role is a member of."""
        return self._of("rows")

    @property
    def nobody(self) -> str:
        """The role of a connection that answers nobody: it sees no row of a person."""
        return self._of("nobody")

    @property
    def log(self) -> str:
        """The role that looks up entries of the log."""
        return self._of("log")

    def within(self, region: str) -> str:
        """Return the role whose members see the rows of a region."""
        return self._of(f"in_{region}")

    @property
    def entitled(self) -> str:
        """Return what the names of entitlements' roles begin with."""
        return self._of("e_")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one entitlement's role may read: tables whole, or some of their columns."""

    regions: tuple[str, ...]
    tables: tuple[tuple[str, tuple[str, ...]], ...]
    """Names of datasets' tables, each with the columns it is cut down to; none: whole."""

    @property
    def digest(self) -> str:
        """Tells recipes apart, in 20 characters."""
        return hashlib.sha256(repr((self.regions, self.tables)).encode()).hexdigest()[:20]


class Recipes:
    """Makes recipes over the tables of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Declare no table yet: few are cut down."""
        self._catalogue = catalogue
        self._columns: dict[str, tuple[str, ...]] = {}

    def of(self, reach: Reach) -> Recipe:
        """Return what the role of `reach` may read: datasets it has a field of, no more seals."""
        groups = _groups(reach, self._catalogue)
        return Recipe(
            reach.regions, tuple((name, self._cut(name, groups[name])) for name in sorted(groups))
        )

    def _cut(self, name: str, groups: set[str]) -> tuple[str, ...]:
        dataset = self._catalogue.by_name[name]
        if groups.issuperset(dataset.groups):
            return ()
        if name not in self._columns:
            table = dataset_table(dataset, sa.MetaData())
            self._columns[name] = tuple(column.name for column in table.columns)
        hidden = {f"sealed_{group}" for group in dataset.groups if group not in groups}
        return tuple(column for column in self._columns[name] if column not in hidden)


def _groups(reach: Reach, catalogue: Catalogue) -> dict[str, set[str]]:
    """Return the datasets that a reach has a field of, each with the seals of those fields."""
    groups: dict[str, set[str]] = {}
    for path in reach.paths:
        found = catalogue.field(path)
        if found is None or isinstance(found, CoreField):
            continue
        dataset, field = found
        if dataset.stored:
            own = groups.setdefault(dataset.name, set())
            own.update([field.group] if field.group is not None else [])
    return groups


def new_role(name: str, login: str) -> tuple[str, str]:
    """Return what makes a role if there is none; its maker may take it on, and nobody logs in."""
    made = f"""do $$ begin
    if to_regrole({_literal(_quoted(name))}) is null then
        create role {_quoted(name)} nologin;
    end if;
exception when duplicate_object or unique_violation then null;
end $$"""
    return made, f"grant {_quoted(name)} to {_quoted(login)}"


def entitlement_role(names: Names, name: str, recipe: Recipe) -> Iterator[str]:
    """Return what makes the role of an entitlement."""
    role = _quoted(name)
    yield from new_role(name, names.login)
    groups = [names.rows, *(names.within(region) for region in recipe.regions)]
    yield f"grant {', '.join(map(_quoted, groups))} to {role}"
    whole = [_quoted(table) for table, columns in recipe.tables if not columns]
    if whole:
        yield f"grant select on {', '.join(whole)} to {role}"
    for table, columns in recipe.tables:
        if columns:
            cut = ", ".join(map(_quoted, columns))
            yield f"grant select ({cut}) on {_quoted(table)} to {role}"
    yield f"grant select on {', '.join(_STATE)} to {role}"


def end_of_role(name: str) -> str:
    """Return what takes every right from a role, and the role away unless it is used elsewhere."""
    return f"""do $$ begin
    drop owned by {_quoted(name)};
    drop role {_quoted(name)};
exception when dependent_objects_still_exist then null;
end $$"""


def protected(catalogue: Catalogue) -> tuple[str, ...]:
    """Return the tables with row-level security: all that could say something about somebody."""
    return tuple(name for name in _tables(catalogue) if name not in _WITHOUT_PEOPLE)


def _tables(catalogue: Catalogue) -> tuple[str, ...]:
    return (*FIXED_TABLES, *(dataset.name for dataset in catalogue.stored))


def base_roles(names: Names) -> Iterator[str]:
    """Return what makes the roles that there always are."""
    for name in (names.rows, names.nobody, names.log):
        yield from new_role(name, names.login)


def base_grants(names: Names, catalogue: Catalogue) -> Iterator[str]:
    """Return what every query may read, what the log's look-up may, and what nobody may."""
    rows, log, nobody = map(_quoted, (names.rows, names.log, names.nobody))
    tables = _tables(catalogue)
    views = [view for view, (table, _) in _KNOWN.items() if table in tables]
    for view in views:
        table, columns = _KNOWN[view]
        yield f"create or replace view {view} as select {', '.join(columns)} from {table}"  # noqa: S608 - names of this module
    yield f"grant select on {', '.join([*_GRAPH, *views])} to {rows}"
    yield f"grant select (tag, cell, person_id) on person_tag to {rows}"
    yield f"grant select on {CASE_NOW} to {rows}"
    if AUTHORISATION.name in tables:
        yield f"grant select ({', '.join(_CONSENT)}) on {AUTHORISATION.name} to {rows}"
    yield f"grant select on {', '.join([*_LOGGED, *_STATE, *_INDICATED])} to {log}"
    yield f"grant select on {', '.join([*_STATE, *_REGISTERED])} to {nobody}"


def log_grants(names: Names) -> Iterator[str]:
    """Return what lets the log's look-up read the log."""
    log = _quoted(names.log)
    yield f"grant usage on schema audit to {log}"
    yield f"grant select on all tables in schema audit to {log}"


def table_policies(names: Names, table: str) -> Mapping[str, str]:
    """Return the policies that a table has whatever is granted, by name."""
    policies = {SERVICE: f"for all to {_quoted(names.login)} using (true) with check (true)"}
    if table in _SOUGHT:
        policies["seek"] = f"for select to {_quoted(names.rows)} using (true)"
    if table in _LOGGED:
        policies["log"] = f"for select to {_quoted(names.log)} using (true)"
    return policies


def region_policies(
    names: Names, catalogue: Catalogue, region: str
) -> Iterator[tuple[str, str, str]]:
    """Return table, name and text of the policies that show a region's rows to its role.

    What is compared is constant, so that a row costs a comparison. A table that knows no region is
    shown by the county that manages its rows; households below a county are found by their places.
    """
    role = _quoted(names.within(region))
    cell = (
        f"cell = {_literal(region[:_CELL_DIGITS])}"
        if len(region) >= _CELL_DIGITS
        else f"cell ^@ {_literal(region)}"
    )
    low, high = _literal(region), _literal(region + _AFTER_DIGITS)
    for table in (*_GRAPH, *(d.name for d in catalogue.stored)):
        shown = cell
        if table == "household_place":
            shown = f"region ~>=~ {low} and region ~<~ {high}"
        elif len(region) > _CELL_DIGITS and (home := _home_of(table, catalogue)):
            shown = (
                f"{cell} and exists (select from household_place p where p.cell = "
                f"{_quoted(table)}.cell and p.household_id = {_quoted(table)}.{home})"
            )
        yield table, f"in_{region}", f"for select to {role} using ({shown})"


def _home_of(table: str, catalogue: Catalogue) -> str | None:
    """Return the column that names the household of a table's rows, where they are one's."""
    if table in {"household", "membership", "member_now"}:
        return "household_id"
    dataset = catalogue.by_name.get(table)
    is_home = dataset is not None and dataset.subject is Subject.HOUSEHOLD
    return "identity_id" if is_home else None


def create_policy(table: str, name: str, text: str) -> str:
    """Return what gives a table a policy."""
    return f"create policy {_quoted(name)} on {_quoted(table)} {text}"
