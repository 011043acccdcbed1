"""Every decision about a field is a value: revealed under a grant, or denied with its reason.

An entitlement is what one department, in one role, for one purpose may read on one day. Its
digest covers every decision, so that a plan made under it can be kept; regions, case and actor
are not in the digest, they are bound when a plan is used.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

_REMEMBERED: Final = 512


class Purpose(StrEnum):
    """The declared, lawful reason of a request."""

    VERIFY = "VERIFY"
    REVIEW = "REVIEW"
    WARN = "WARN"
    CASE = "CASE"
    PUSH = "PUSH"
    CREDIT = "CREDIT"
    AUDIT = "AUDIT"
    STAT = "STAT"


class Reason(StrEnum):
    """Why a field, or a whole request, is refused."""

    NOT_GRANTED = "NOT_GRANTED"
    EXPIRED = "EXPIRED"
    CONSENT_REQUIRED = "CONSENT_REQUIRED"
    CASE_REQUIRED = "CASE_REQUIRED"
    NO_ENTITLEMENT = "NO_ENTITLEMENT"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the department as its token names it, and what it says about this request."""

    department: str
    role: str
    purpose: str
    client_id: str
    actor: str | None = None
    case: str | None = None
    area: tuple[str, ...] | None = None
    """Prefixes of the regions that the registry narrows this client to; None: no narrower."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The right to read one field under one agreement, on the days of [start, end)."""

    path: str
    agreement: str
    source: str
    legal_basis: str
    consent: bool
    start: date
    end: date

    def is_live(self, today: date) -> bool:
        """Whether it is in force on `today`."""
        return self.start <= today < self.end


@dataclass(frozen=True, slots=True)
class Reveal:
    """The field may be read."""

    grant: Grant


@dataclass(frozen=True, slots=True)
class Denied:
    """The field may not be read."""

    reason: Reason


Decision = Reveal | Denied
_NOT_GRANTED: Final = Denied(Reason.NOT_GRANTED)


class ConsentCheck(Protocol):
    """Whether an authorisation covers a source's field today; called once for a field."""

    def is_on_file(self, grant: Grant, caller: Caller, today: date) -> bool:
        """Return whether one does."""


class NoConsentOnFile:
    """The hub keeps no authorisations: no consent is ever on file."""

    def is_on_file(self, grant: Grant, caller: Caller, today: date) -> bool:
        """Return that there is none."""
        del grant, caller, today
        return False


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a caller may read: a decision for each field that a grant names, and whose rows."""

    department: str
    role: str
    purpose: str
    decisions: Mapping[str, Decision]
    regions: tuple[str, ...]
    """Prefixes of the regions whose households may be read; none: nobody's."""
    digest: str
    policy_digest: str
    may_introspect: bool = True
    """Whether the schema itself is told: its types and fields, nobody's data."""

    def decide(self, path: str) -> Decision:
        """Return the decision about `Type.field`."""
        return self.decisions.get(path, _NOT_GRANTED)

    def is_granted(self, path: str) -> bool:
        """Whether the field may be read."""
        return isinstance(self.decide(path), Reveal)

    def within(self, area: tuple[str, ...] | None) -> "Entitlement":
        """Return the same rights over the rows that also lie in `area`; None narrows nothing."""
        if area is None:
            return self
        both = {own for own in area for given in self.regions if own.startswith(given)}
        both |= {given for given in self.regions for own in area if given.startswith(own)}
        return replace(self, regions=tuple(sorted(both)))

    def granted_types(self) -> frozenset[str]:
        """Return the types of which at least one field may be read."""
        return frozenset(p.partition(".")[0] for p in self.decisions if self.is_granted(p))


@dataclass(frozen=True, slots=True)
class Refusal:
    """There is no entitlement to plan with."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class EntitlementRule:
    """One entitlement as the policy states it."""

    department: str
    role: str
    purpose: Purpose
    legal_basis: str
    start: date
    end: date
    regions: tuple[str, ...]
    case_required: bool
    grants: tuple[Grant, ...]
    introspection: bool = True

    @property
    def key(self) -> tuple[str, str, str]:
        """Whom it is for."""
        return self.department, self.role, self.purpose


@dataclass(frozen=True, slots=True)
class Policy:
    """Every entitlement, as loaded from one text; the digest is that of the text."""

    digest: str
    rules: tuple[EntitlementRule, ...]
    consent: ConsentCheck = field(default_factory=NoConsentOnFile)
    _known: dict[tuple[str, str, str, bool, date], Entitlement | Refusal] = field(
        default_factory=dict, repr=False, compare=False
    )

    def entitlement(self, caller: Caller, today: date) -> Entitlement | Refusal:
        """Return what `caller` may read on `today`; the second time it is a look-up."""
        key = (
            caller.department,
            caller.role,
            caller.purpose,
            caller.case is not None,
            today,
        )
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._decide(caller, today)
        return known.within(caller.area) if isinstance(known, Entitlement) else known

    def _decide(self, caller: Caller, today: date) -> Entitlement | Refusal:
        wanted = (caller.department, caller.role, caller.purpose)
        stated = [rule for rule in self.rules if rule.key == wanted]
        live = [rule for rule in stated if rule.start <= today < rule.end]
        if not live:
            return Refusal(Reason.EXPIRED if stated else Reason.NO_ENTITLEMENT)
        (rule,) = live  # load_policy refuses two at a time
        if rule.case_required and caller.case is None:
            decisions: dict[str, Decision] = {
                grant.path: Denied(Reason.CASE_REQUIRED) for grant in rule.grants
            }
        else:
            decisions = _decisions(rule.grants, caller, today, self.consent)
        return Entitlement(
            caller.department,
            caller.role,
            caller.purpose,
            decisions,
            rule.regions,
            _digest(rule, decisions),
            self.digest,
            rule.introspection,
        )

    def live_fields(self, department: str, role: str, purpose: str, today: date) -> frozenset[str]:
        """Return what such a caller may read without a case: what a scoring profile may use."""
        caller = Caller(department, role, purpose, client_id="")
        found = self.entitlement(caller, today)
        if isinstance(found, Refusal):
            return frozenset()
        return frozenset(path for path in found.decisions if found.is_granted(path))


def _decisions(
    grants: Sequence[Grant], caller: Caller, today: date, consent: ConsentCheck
) -> dict[str, Decision]:
    decisions: dict[str, Decision] = {}
    for grant in grants:
        if not grant.is_live(today):
            decisions.setdefault(grant.path, Denied(Reason.EXPIRED))
        elif grant.consent and not consent.is_on_file(grant, caller, today):
            decisions[grant.path] = Denied(Reason.CONSENT_REQUIRED)
        else:
            decisions[grant.path] = Reveal(grant)
    return decisions


def _digest(rule: EntitlementRule, decisions: Mapping[str, Decision]) -> str:
    """Return a digest of every decision, so that two equal ones can share a plan."""
    lines = [*rule.key] if rule.introspection else [*rule.key, "introspection\0False"]
    for path, decision in sorted(decisions.items()):
        if isinstance(decision, Reveal):
            grant = decision.grant
            lines.append(f"{path}\0{grant.agreement}\0{grant.legal_basis}\0{grant.consent}")
        else:
            lines.append(f"{path}\0{decision.reason}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
