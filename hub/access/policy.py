"""Reads a policy's text, and refuses one that contradicts the catalogue or itself.

A policy is TOML under version control: `[[entitlement]]` says who may ask for what purpose, in
which regions, and its `[[entitlement.grant]]` which fields under which sharing agreement. The
message of a refusal names the place: which entitlement, which grant, which field.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import Annotated, Final

import msgspec

from hub.access.model import (
    EntitlementRule,
    Grant,
    Limits,
    Policy,
    Purpose,
    Rows,
)
from hub.access.regions import RegionChange
from hub.errors import SetupError
from schema.catalogue import Catalogue, CoreField, Subject

_COMMITMENT: Final = "CommitmentRecord"
_RECOGNITION: Final = "Recognition"
_REGION: Final = re.compile(r"[0-9]{1,12}")
_COUNTY_DIGITS: Final = 6
_NOTHING: Final = "entitlement = []"
_ROUND_ABOUT: Final = frozenset(
    {"Mutation", "AccessEntry", "AccessFacets", "AccessEntryDetail", "AccessTimeline", "AccessRule"}
    | {"AccessProfile"}
)
"""Commands and registers do not ask whose rows an entitlement opens."""
_OWN_LIST: Final = "UsageEntry"
"""Whose rows those are says the person who asks."""
_CORE_OWNER: Final = "civil-affairs"
"""Whose agreement opens the graph's own fields."""


class PolicyError(SetupError):
    """The policy cannot be put in force; the message names the place and the fault."""

    code = "POLICY"


class _GrantText(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    agreement: str
    source: str
    fields: list[str]
    legal_basis: str
    start: date = msgspec.field(name="from")
    end: date = msgspec.field(name="until")
    consent: bool = False


class _LimitsText(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    people: Annotated[int, msgspec.Meta(ge=1)] | None = None
    page: Annotated[int, msgspec.Meta(ge=1)] | None = None
    retention_days: Annotated[int, msgspec.Meta(ge=1)] | None = None
    requests_a_day: Annotated[int, msgspec.Meta(ge=1)] | None = None
    officer_requests_a_day: Annotated[int, msgspec.Meta(ge=1)] | None = None


class _EntitlementText(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    department: str
    role: str
    purpose: Purpose
    legal_basis: str
    start: date = msgspec.field(name="from")
    end: date = msgspec.field(name="until")
    regions: list[str]
    grant: list[_GrantText]
    case_required: bool = False
    introspection: bool = True
    rows: Rows = Rows.REGION
    limits: _LimitsText = _LimitsText()


class _SuspensionText(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    agreement: str


class _PurposeText(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    code: Purpose
    visible_after_days: Annotated[int, msgspec.Meta(ge=0, le=3_650)]
    legal_basis: str


class _RegionChangeText(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    old: str
    new: str
    legal_basis: str
    start: date = msgspec.field(name="from")


class _PolicyText(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    entitlement: list[_EntitlementText]
    addition: list[_EntitlementText] = []
    """Grants that join the entitlement of the same department, role and purpose, if there is one:
    what came of sharing requests."""
    region_change: list[_RegionChangeText] = []
    """Codes of regions that took the place of others."""
    suspension: list[_SuspensionText] = []
    """Agreements under which nothing is read until they are resumed."""
    purpose: list[_PurposeText] = []
    """Purposes of which people are told later that their data was read for them."""


def default_policy_text() -> str:
    """Return the policy that a new hub starts with: its packaged parts, in order of name."""
    parts = (files("hub") / "policies" / "district").iterdir()
    packaged = sorted((part for part in parts if part.name.endswith(".toml")), key=lambda p: p.name)
    return "\n".join(part.read_text("utf-8") for part in packaged)


def load_policy(text: str, catalogue: Catalogue) -> Policy:
    """Return the policy that `text` states.

    Raises:
        PolicyError: It is no policy, names an unknown field, splits a seal group, contradicts
            itself, lacks a legal basis, or has its dates reversed.
    """
    try:
        stated = msgspec.convert(tomllib.loads(text), _PolicyText)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as problem:
        raise PolicyError(f"The policy cannot be read: {problem}") from None
    rules = tuple(_rule(entry, catalogue) for entry in stated.entitlement)
    for entry in stated.addition:
        rules = _joined(rules, _rule(entry, catalogue), catalogue)
    _refuse_two_at_a_time(rules)
    changes = _region_changes(stated.region_change)
    if changes:
        rules = tuple(replace(rule, region_changes=changes) for rule in rules)
    rules = _suspended(rules, {each.agreement for each in stated.suspension})
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Policy(digest, rules, _delays(stated.purpose))


def load_former(text: str, catalogue: Catalogue) -> Policy:
    """Return the policy that was in force: it grants nothing where it fits the catalogue no more.

    So whatever takes its place is compared with what anybody could still read under it.
    """
    try:
        return load_policy(text, catalogue)
    except PolicyError:
        return load_policy(_NOTHING, catalogue)


def _rule(stated: _EntitlementText, catalogue: Catalogue) -> EntitlementRule:
    place = f"entitlement {stated.department}/{stated.role}/{stated.purpose}"
    _check_dates(stated.start, stated.end, place)
    _check_legal_basis(stated.legal_basis, place)
    for region in stated.regions:
        if not _REGION.fullmatch(region):
            raise PolicyError(f"{place}: a region is 1 to 12 digits, not {region!r}.")
    grants = tuple(grant for g in stated.grant for grant in _grants(g, catalogue, place))
    _refuse_contradictions(grants, place)
    if stated.rows is Rows.OWN_RECIPIENTS:
        _check_recipients(grants, catalogue, place)
    if stated.rows.is_of_cases:
        _check_cases(stated.rows, grants, place, case_required=stated.case_required)
    return EntitlementRule(
        stated.department,
        stated.role,
        stated.purpose,
        stated.legal_basis,
        stated.start,
        stated.end,
        tuple(stated.regions),
        stated.case_required,
        grants,
        stated.introspection,
        stated.rows,
        Limits(**msgspec.structs.asdict(stated.limits)),
    )


def _check_recipients(grants: Sequence[Grant], catalogue: Catalogue, place: str) -> None:
    """See that a receiver reads people one by one, and the recognitions by which it may."""
    for grant in grants:
        kind = grant.path.partition(".")[0]
        dataset = catalogue.by_type.get(kind)
        is_persons = dataset is not None and dataset.subject is Subject.PERSON
        if grant.path != "Person.id" and not (is_persons and kind != _COMMITMENT):
            raise PolicyError(
                f'{place}: rows = "own-recipients" opens people and their records; '
                f"{grant.path} is none of these."
            )
    if not any(grant.path.startswith(f"{_RECOGNITION}.") for grant in grants):
        raise PolicyError(
            f'{place}: rows = "own-recipients" needs a grant of {_RECOGNITION}, by which they '
            "are told."
        )


def _check_cases(rows: Rows, grants: Sequence[Grant], place: str, *, case_required: bool) -> None:
    """See that the rows of cases can be told, and that nothing leads around them."""
    if rows is Rows.OWN_CASE and not case_required:
        raise PolicyError(f'{place}: rows = "own-case" needs case_required = true.')
    for grant in grants:
        kind = grant.path.partition(".")[0]
        if kind in _ROUND_ABOUT or kind == _OWN_LIST:
            raise PolicyError(
                f'{place}: rows = "{rows}" opens what queries show of people; {grant.path} is '
                "none of it."
            )


def _joined(
    rules: tuple[EntitlementRule, ...], added: EntitlementRule, catalogue: Catalogue
) -> tuple[EntitlementRule, ...]:
    """Return the rules with an addition: its grants join the entitlement that it belongs to.

    Whose rows are read, and how far a request may reach, is as the entitlement says. An addition
    has days of its own, and what it grants holds on no other.
    """
    for n, rule in enumerate(rules):
        if rule.key == added.key and rule.start < added.end and added.start < rule.end:
            place = f"addition to {'/'.join(rule.key)}"
            if set(rule.regions) != set(added.regions):
                raise PolicyError(f"{place}: its regions must be {', '.join(rule.regions)}.")
            if (rule.case_required, rule.introspection) != (
                added.case_required,
                added.introspection,
            ):
                raise PolicyError(f"{place}: case_required and introspection must be the same.")
            grants = (*rule.grants, *added.grants)
            _refuse_contradictions(grants, place)
            if rule.rows is Rows.OWN_RECIPIENTS:
                _check_recipients(grants, catalogue, place)
            if rule.rows.is_of_cases:
                _check_cases(rule.rows, grants, place, case_required=rule.case_required)
            own = tuple(_within(grant, added.start, added.end) for grant in added.grants)
            joined = replace(rule, grants=(*rule.grants, *own))
            return (*rules[:n], joined, *rules[n + 1 :])
    return (*rules, added)


def _within(grant: Grant, start: date, end: date) -> Grant:
    """Return a grant that holds on its days between `start` and `end`, if there are any."""
    first = max(grant.start, start)
    return replace(grant, start=first, end=max(first, min(grant.end, end)))


def _suspended(
    rules: tuple[EntitlementRule, ...], agreements: set[str]
) -> tuple[EntitlementRule, ...]:
    if not agreements:
        return rules
    known = {grant.agreement for rule in rules for grant in rule.grants}
    if unknown := sorted(agreements - known):
        raise PolicyError(f"No grant is under the suspended agreement {unknown[0]}.")
    return tuple(
        replace(
            rule,
            grants=tuple(replace(g, suspended=g.agreement in agreements) for g in rule.grants),
        )
        for rule in rules
    )


def _grants(stated: _GrantText, catalogue: Catalogue, place: str) -> Iterator[Grant]:
    place = f"{place}, grant {stated.agreement}"
    _check_dates(stated.start, stated.end, place)
    _check_legal_basis(stated.legal_basis, place)
    for path in stated.fields:
        _check_field(path, stated, catalogue, place)
        yield Grant(
            path,
            stated.agreement,
            stated.source,
            stated.legal_basis,
            stated.consent,
            stated.start,
            stated.end,
        )


def _check_field(path: str, stated: _GrantText, catalogue: Catalogue, place: str) -> None:
    found = catalogue.field(path)
    if found is None:
        raise PolicyError(f"{place}: the catalogue has no field {path}.")
    if isinstance(found, CoreField):
        owner = _CORE_OWNER
    else:
        dataset, declared = found
        owner = dataset.department
        if declared.consent and not stated.consent:
            raise PolicyError(f"{place}: {path} can only be granted with consent = true.")
        if declared.group is not None:
            group = {
                f"{dataset.type_name}.{f.graphql_name}" for f in dataset.groups[declared.group]
            }
            missing = sorted(group.difference(stated.fields))
            if missing:
                raise PolicyError(
                    f"{place}: {path} is sealed together with {', '.join(missing)}; "
                    "grant all of them, or none."
                )
    if stated.source != owner:
        raise PolicyError(f"{place}: {path} belongs to {owner}, not to {stated.source}.")


def _region_changes(stated: Sequence[_RegionChangeText]) -> tuple[RegionChange, ...]:
    for each in stated:
        place = f"region_change {each.old} to {each.new}"
        _check_legal_basis(each.legal_basis, place)
        for code in (each.old, each.new):
            if not _REGION.fullmatch(code) or len(code) <= _COUNTY_DIGITS:
                raise PolicyError(f"{place}: a code below a county has 7 to 12 digits.")
        if each.old[:_COUNTY_DIGITS] != each.new[:_COUNTY_DIGITS] or len(each.old) != len(each.new):
            raise PolicyError(f"{place}: both are codes of one county, of the same length.")
    changes = [RegionChange(each.old, each.new, each.start) for each in stated]
    if len(set(changes)) < len(changes):
        raise PolicyError("A region_change is stated twice.")
    return tuple(sorted(changes, key=lambda change: (change.start, change.old, change.new)))


def _delays(stated: Sequence[_PurposeText]) -> dict[str, int]:
    delays: dict[str, int] = {}
    for each in stated:
        place = f"purpose {each.code}"
        _check_legal_basis(each.legal_basis, place)
        if each.code in delays:
            raise PolicyError(f"{place} is stated twice.")
        delays[each.code.value] = each.visible_after_days
    return delays


def _check_dates(start: date, end: date, place: str) -> None:
    if start >= end:
        raise PolicyError(f"{place}: `from` {start} is not before `until` {end}.")


def _check_legal_basis(text: str, place: str) -> None:
    if not text.strip():
        raise PolicyError(f"{place}: the legal basis is missing.")


def _refuse_contradictions(grants: Sequence[Grant], place: str) -> None:
    by_path: dict[str, list[Grant]] = {}
    for grant in grants:
        for other in by_path.setdefault(grant.path, []):
            if grant.start < other.end and other.start < grant.end:
                raise PolicyError(
                    f"{place}: {grant.path} is granted twice at a time, by "
                    f"{other.agreement} and {grant.agreement}."
                )
        by_path[grant.path].append(grant)


def _refuse_two_at_a_time(rules: Sequence[EntitlementRule]) -> None:
    for n, rule in enumerate(rules):
        for other in rules[:n]:
            if rule.key == other.key and rule.start < other.end and other.start < rule.end:
                raise PolicyError(
                    f"entitlement {'/'.join(rule.key)} is stated twice at a time; merge the two."
                )
