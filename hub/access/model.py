"""Every decision about a field is a value: revealed under a grant, or denied with its reason.

An entitlement is what one department, in one role, for one purpose may read on one day. Its
digest covers every decision, so that a plan made under it can be kept; regions, case and actor
are not in the digest, they are bound when a plan is used.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final

from hub.access.regions import RegionChange, regions_ever, regions_on

_REMEMBERED: Final = 512
FRAME: Final = frozenset({"Person", "Household", "Member"})
"""Types that lead to the others; a token that is narrowed to some types still has them."""
_Key = tuple[str, str, str, bool, date, "frozenset[str] | None", "tuple[str, ...] | None"]


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
    SHARE = "SHARE"
    """Sharing agreements themselves: what departments ask, decide and stop; nobody's data."""
    TRANSPARENCY = "TRANSPARENCY"
    """What is on record about the very person who asks, through a portal."""


class Reason(StrEnum):
    """Why a field, or a whole request, is refused."""

    NOT_GRANTED = "NOT_GRANTED"
    EXPIRED = "EXPIRED"
    CONSENT_REQUIRED = "CONSENT_REQUIRED"
    CASE_REQUIRED = "CASE_REQUIRED"
    CASE_UNKNOWN = "CASE_UNKNOWN"
    CASE_CLOSED = "CASE_CLOSED"
    CASE_OTHER_PURPOSE = "CASE_OTHER_PURPOSE"
    CASE_NOT_IN_CASELOAD = "CASE_NOT_IN_CASELOAD"
    NO_ENTITLEMENT = "NO_ENTITLEMENT"
    SUSPENDED = "SUSPENDED"


class Rows(StrEnum):
    """Whose rows an entitlement opens, within its regions."""

    REGION = "region"
    """Those of everybody who lives there."""
    OWN_RECIPIENTS = "own-recipients"
    """A receiver's: those whose recognition holds and was announced to it."""
    OWN_CASE = "own-case"
    """Those of the households of the case that the request names, which is one of who acts."""
    CASELOAD = "caseload"
    """Those of the households of all open cases of who acts."""

    @property
    def is_of_cases(self) -> bool:
        """Whether the register of cases says whose they are."""
        return self in {Rows.OWN_CASE, Rows.CASELOAD}

    def is_within(self, other: "Rows") -> bool:
        """Whether whatever these are, `other` are too: a case of one's own is in the caseload."""
        return other in {self, Rows.REGION} or (self, other) == (Rows.OWN_CASE, Rows.CASELOAD)


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one request of an entitlement may reach, and how long its answer may be kept.

    None is no limit of the policy's; those of the hub hold beside (docs/limits.md).
    """

    people: int | None = None
    """Citizen numbers or ids that one request may name."""
    page: int | None = None
    """Rows of one page of a list."""
    retention_days: int | None = None
    """Days that what was answered may be kept; stated in every answer."""
    requests_a_day: int | None = None
    """Requests a day of all who ask under the entitlement; a day is a day in China."""
    officer_requests_a_day: int | None = None
    """The same of each officer who is named."""

    @property
    def counts_requests(self) -> bool:
        """Whether the requests of a day are counted."""
        return self.requests_a_day is not None or self.officer_requests_a_day is not None

    def loosens(self, before: "Limits") -> bool:
        """Whether anything is allowed that `before` did not allow: a widening of the policy."""
        pairs = (
            (self.people, before.people),
            (self.page, before.page),
            (self.retention_days, before.retention_days),
            (self.requests_a_day, before.requests_a_day),
            (self.officer_requests_a_day, before.officer_requests_a_day),
        )
        return any(old is not None and (new is None or new > old) for new, old in pairs)


UNLIMITED: Final = Limits()


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
    """Prefixes of the regions that the registry or its token narrows it to; None: no narrower."""
    datasets: frozenset[str] | None = None
    """The only types, beside `FRAME`, that its token is for; None: all that are granted."""
    is_actor_stated: bool = False
    """Whether `actor` was said in a header by the department's system, not by the token."""

    @property
    def subject(self) -> str:
        """Who acts as the token itself says: the person who signed in, or the client."""
        return self.client_id if self.actor is None or self.is_actor_stated else self.actor


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
    suspended: bool = False
    """Whether its agreement is suspended: nothing is read under it until it is resumed."""

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
    grant: Grant | None = None
    """Of CONSENT_REQUIRED: what opens it in the rows of people whose authorisation covers it."""


Decision = Reveal | Denied
_NOT_GRANTED: Final = Denied(Reason.NOT_GRANTED)


@dataclass(frozen=True, slots=True)
class Reach:
    """What an entitlement may touch on any day, in any case: the database holds it to that."""

    regions: tuple[str, ...]
    paths: frozenset[str]
    digest: str

    @classmethod
    def of(cls, regions: Iterable[str], paths: Iterable[str]) -> "Reach":
        """Return the reach over these regions and fields."""
        ordered, named = tuple(sorted(set(regions))), frozenset(paths)
        lines = "\n".join([*ordered, "", *sorted(named)])
        return cls(ordered, named, hashlib.sha256(lines.encode()).hexdigest())


NO_REACH: Final = Reach.of((), ())


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
    reach: Reach = NO_REACH
    """What the database lets it touch, whatever the plan says; wider than what is granted today."""
    rows: Rows = Rows.REGION
    limits: Limits = UNLIMITED
    region_changes: tuple[RegionChange, ...] = ()
    """By which a prefix is led to the codes of another day."""
    checks_case: bool = False
    """Whether the case that was named must be in the register, open, and one of the caller's."""

    def decide(self, path: str) -> Decision:
        """Return the decision about `Type.field`."""
        return self.decisions.get(path, _NOT_GRANTED)

    def is_granted(self, path: str) -> bool:
        """Whether the field may be read."""
        return isinstance(self.decide(path), Reveal)

    def opened_with_consent(self) -> frozenset[str]:
        """Return the types that may be read in the rows of people whose authorisation covers them.

        A dataset is granted with consent as a whole: where some of its fields are granted without,
        those that wait for consent stay denied.
        """
        waiting: set[str] = set()
        revealed: set[str] = set()
        for path, decision in self.decisions.items():
            if isinstance(decision, Reveal):
                revealed.add(path.partition(".")[0])
            elif decision.grant is not None:
                waiting.add(path.partition(".")[0])
        return frozenset(waiting - revealed)

    def regions_on(self, day: date) -> tuple[str, ...]:
        """Return the prefixes of the regions whose households may be read as of `day`."""
        if not self.region_changes:
            return self.regions
        return regions_on(self.regions, self.region_changes, day)

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
    rows: Rows = Rows.REGION
    limits: Limits = UNLIMITED
    region_changes: tuple[RegionChange, ...] = ()

    def only(self, datasets: frozenset[str]) -> "EntitlementRule":
        """Return the rule without its grants for types that are neither in `datasets` nor frame."""
        kept = datasets | FRAME
        grants = tuple(g for g in self.grants if g.path.partition(".")[0] in kept)
        return replace(self, grants=grants)

    @property
    def key(self) -> tuple[str, str, str]:
        """Whom it is for."""
        return self.department, self.role, self.purpose

    @property
    def reach(self) -> Reach:
        """What it may touch on any day, in any case."""
        regions = regions_ever(self.regions, self.region_changes)
        return Reach.of(regions, (grant.path for grant in self.grants))


@dataclass(frozen=True, slots=True)
class Policy:
    """Every entitlement, as loaded from one text; the digest is that of the text."""

    digest: str
    rules: tuple[EntitlementRule, ...]
    delays: Mapping[str, int] = field(default_factory=dict)
    """By purpose, for how many days people are not shown that their data was read for it."""
    _known: dict[_Key, Entitlement | Refusal] = field(
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
            caller.datasets,
            caller.area,
        )
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._decide(caller, today)
            if isinstance(known, Entitlement):
                known = known.within(caller.area)
            self._known[key] = known
        return known

    def _decide(self, caller: Caller, today: date) -> Entitlement | Refusal:
        wanted = (caller.department, caller.role, caller.purpose)
        stated = [rule for rule in self.rules if rule.key == wanted]
        live = [rule for rule in stated if rule.start <= today < rule.end]
        if not live:
            return Refusal(Reason.EXPIRED if stated else Reason.NO_ENTITLEMENT)
        (rule,) = live  # load_policy refuses two at a time
        reach = rule.reach  # that of the role in the database, which a token does not narrow
        if caller.datasets is not None:
            rule = rule.only(caller.datasets)
        if rule.case_required and caller.case is None:
            decisions: dict[str, Decision] = {
                grant.path: Denied(Reason.CASE_REQUIRED) for grant in rule.grants
            }
        else:
            decisions = _decisions(rule.grants, today)
        return Entitlement(
            caller.department,
            caller.role,
            caller.purpose,
            decisions,
            rule.regions,
            _digest(rule, decisions),
            self.digest,
            rule.introspection,
            reach,
            rule.rows,
            rule.limits,
            rule.region_changes,
            rule.case_required and caller.case is not None,
        )

    def live_fields(self, department: str, role: str, purpose: str, today: date) -> frozenset[str]:
        """Return what such a caller may read without a case: what a scoring profile may use."""
        caller = Caller(department, role, purpose, client_id="")
        found = self.entitlement(caller, today)
        if isinstance(found, Refusal):
            return frozenset()
        return frozenset(path for path in found.decisions if found.is_granted(path))


def _decisions(grants: Sequence[Grant], today: date) -> dict[str, Decision]:
    decisions: dict[str, Decision] = {}
    for grant in grants:
        if not grant.is_live(today):
            decisions.setdefault(grant.path, Denied(Reason.EXPIRED))
        elif grant.suspended:
            decisions[grant.path] = Denied(Reason.SUSPENDED)
        elif grant.consent:
            decisions[grant.path] = Denied(Reason.CONSENT_REQUIRED, grant)
        else:
            decisions[grant.path] = Reveal(grant)
    return decisions


def _digest(rule: EntitlementRule, decisions: Mapping[str, Decision]) -> str:
    """Return a digest of every decision, so that two equal ones can share a plan."""
    lines = [*rule.key] if rule.introspection else [*rule.key, "introspection\0False"]
    lines += [f"rows\0{rule.rows}"] if rule.rows is not Rows.REGION else []
    lines += ["case"] if rule.case_required else []
    for path, decision in sorted(decisions.items()):
        grant = decision.grant
        if grant is not None:
            lines.append(f"{path}\0{grant.agreement}\0{grant.legal_basis}\0{grant.consent}")
        elif isinstance(decision, Denied):
            lines.append(f"{path}\0{decision.reason}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
