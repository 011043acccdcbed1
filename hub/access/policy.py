"""Reads a policy's text, and refuses one that contradicts the catalogue or itself.

A policy is TOML under version control: `[[entitlement]]` says who may ask for what purpose, in
which regions, and its `[[entitlement.grant]]` which fields under which sharing agreement. The
message of a refusal names the place: which entitlement, which grant, which field.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date
from importlib.resources import files
from typing import Final

import msgspec

from hub.access.model import ConsentCheck, EntitlementRule, Grant, NoConsentOnFile, Policy, Purpose
from hub.errors import SetupError
from schema.catalogue import Catalogue, CoreField

_REGION: Final = re.compile(r"[0-9]{1,12}")
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


class _PolicyText(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    entitlement: list[_EntitlementText]


def default_policy_text() -> str:
    """Return the policy that a new hub starts with: its packaged parts, in order of name."""
    parts = (files("hub") / "policies" / "district").iterdir()
    packaged = sorted((part for part in parts if part.name.endswith(".toml")), key=lambda p: p.name)
    return "\n".join(part.read_text("utf-8") for part in packaged)


def load_policy(text: str, catalogue: Catalogue, consent: ConsentCheck | None = None) -> Policy:
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
    _refuse_two_at_a_time(rules)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Policy(digest, rules, consent or NoConsentOnFile())


def _rule(stated: _EntitlementText, catalogue: Catalogue) -> EntitlementRule:
    place = f"entitlement {stated.department}/{stated.role}/{stated.purpose}"
    _check_dates(stated.start, stated.end, place)
    _check_legal_basis(stated.legal_basis, place)
    for region in stated.regions:
        if not _REGION.fullmatch(region):
            raise PolicyError(f"{place}: a region is 1 to 12 digits, not {region!r}.")
    grants = tuple(grant for g in stated.grant for grant in _grants(g, catalogue, place))
    _refuse_contradictions(grants, place)
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
