"""Why a field may be read or not: the grant that decides, or the missing piece, in plain words.

The decision itself is asked of `Policy.entitlement`, the one that answers questions; nothing is
decided here a second time. Domain: Government Data Sharing Regulations, arts. 13-15, 20, 25.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from hub.access.model import (
    Caller,
    Denied,
    EntitlementRule,
    Grant,
    Limits,
    Policy,
    Purpose,
    Reason,
    Refusal,
    Reveal,
    Rows,
)
from hub.errors import SetupError
from schema.catalogue import Catalogue, CoreField

_ANY_CASE: Final = "any case"
_CORE_OWNER: Final = "civil-affairs"
_NAMED: Final = 6
"""How many others are named before the rest is counted."""


class State(StrEnum):
    """Where one field of one agreement stands on a day."""

    OPEN = "open"
    WITH_CASE = "with a case"
    WITH_CONSENT = "with consent"
    WITH_BOTH = "with a case and consent"
    ENDED = "ended"
    SUSPENDED = "suspended"
    NOT_YET = "not yet"


class UnknownFieldError(SetupError):
    """The catalogue has no such field; the message names what comes near."""

    code = "UNKNOWN_FIELD"


@dataclass(frozen=True, slots=True)
class Question:
    """Who would read which field, for which purpose, on which day."""

    department: str
    role: str
    purpose: Purpose
    path: str
    day: date


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of one grant: a line of the matrix department x purpose x field."""

    rule: EntitlementRule
    grant: Grant
    state: State

    @property
    def until(self) -> date:
        """The first day on which it does not hold any more."""
        return min(self.grant.end, self.rule.end)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is decided about one field, what decides it, and what would be needed."""

    question: Question
    owner: str
    """The department whose agreement opens the field."""
    is_granted: bool
    reason: Reason | None
    rule: EntitlementRule | None
    """The entitlement it was asked of, if one is in force on that day."""
    grant: Grant | None
    """The grant that decides; of a refusal the one that fails, if there is any."""
    conditions: tuple[str, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    elsewhere: tuple[str, ...]
    """Who may read the field on that day: department (role) for purpose."""


def matrix(policy: Policy, day: date) -> Iterator[Cell]:
    """Go through every field that any entitlement names, as it stands on `day`."""
    for rule in policy.rules:
        for grant in rule.grants:
            yield Cell(rule, grant, _state(rule, grant, day))


def roles_of(policy: Policy, department: str, purpose: Purpose) -> tuple[str, ...]:
    """Return the roles in which a department may have something for a purpose."""
    wanted = (department, purpose)
    return tuple(
        sorted({r.role for r in policy.rules if (r.department, r.purpose) == wanted}),
    )


def explain(policy: Policy, catalogue: Catalogue, asked: Question) -> Explanation:
    """Return what is decided about a field, and why.

    The decision is the one that a request with a case gets; that it needs one is a condition.

    Raises:
        UnknownFieldError: The catalogue has no such field.
    """
    owner, notes = _about(asked.path, catalogue)
    caller = Caller(asked.department, asked.role, asked.purpose, "", case=_ANY_CASE)
    found = policy.entitlement(caller, asked.day)
    stated = [
        rule for rule in policy.rules if rule.key == (asked.department, asked.role, asked.purpose)
    ]
    live = next((rule for rule in stated if rule.start <= asked.day < rule.end), None)
    grant = _nearest(stated, asked.path, asked.day)
    decision = Denied(found.reason) if isinstance(found, Refusal) else found.decide(asked.path)
    reason = decision.reason if isinstance(decision, Denied) else None
    if isinstance(decision, Reveal):
        grant = decision.grant
    return Explanation(
        asked,
        owner,
        reason is None,
        reason,
        live,
        grant,
        () if live is None else tuple(conditions(live, grant)),
        () if reason is None else tuple(_missing(reason, asked, stated, grant, owner)),
        notes,
        _elsewhere(policy, asked),
    )


def _state(rule: EntitlementRule, grant: Grant, day: date) -> State:
    if day >= min(rule.end, grant.end):
        return State.ENDED
    if day < max(rule.start, grant.start):
        return State.NOT_YET
    if grant.suspended:
        return State.SUSPENDED
    if rule.case_required:
        return State.WITH_BOTH if grant.consent else State.WITH_CASE
    return State.WITH_CONSENT if grant.consent else State.OPEN


def _about(path: str, catalogue: Catalogue) -> tuple[str, tuple[str, ...]]:
    """Return whose a field is, and what its declaration says of sharing it."""
    found = catalogue.field(path)
    if found is None:
        near = _near(path, catalogue)
        hint = f" Did you mean {', '.join(near)}?" if near else " `hub access matrix` lists them."
        raise UnknownFieldError(f"The catalogue has no field {path}.{hint}")
    if isinstance(found, CoreField):
        return _CORE_OWNER, ()
    dataset, declared = found
    notes = [f"{dataset.type_name} is shared {dataset.sharing}: {dataset.legal_basis}"]
    if declared.group is not None:
        together = sorted(
            f"{dataset.type_name}.{f.graphql_name}"
            for f in dataset.groups[declared.group]
            if f.name != declared.name
        )
        if together:
            notes.append(f"It is sealed together with {', '.join(together)}: all, or none.")
    if not dataset.stored:
        notes.append("It is not stored: it is asked live, in the verification of a commitment.")
    return dataset.department, tuple(notes)


def _near(path: str, catalogue: Catalogue) -> tuple[str, ...]:
    wanted = path.rpartition(".")[2].casefold()
    names = [
        f"{dataset.type_name}.{field.graphql_name}"
        for dataset in catalogue
        for field in dataset.fields
    ]
    return tuple(sorted(n for n in names if n.rpartition(".")[2].casefold() == wanted))[:_NAMED]


def _nearest(rules: Sequence[EntitlementRule], path: str, day: date) -> Grant | None:
    """Return the grant of a field that is in force, or else the one that ends last."""
    grants = [grant for rule in rules for grant in rule.grants if grant.path == path]
    live = [grant for grant in grants if grant.is_live(day)]
    return max(live or grants, key=lambda grant: grant.end, default=None)


def conditions(rule: EntitlementRule, grant: Grant | None) -> Iterator[str]:
    """Go through what a request must also fulfil, in plain words."""
    if rule.case_required:
        yield (
            "the request names a case (Hub-Case) that the department has open that day, for that "
            "purpose, in the caseload of who acts"
        )
    if grant is not None and grant.consent:
        yield f"the person's authorisation of {grant.source} covers that person and that day"
    if rule.rows is Rows.OWN_RECIPIENTS:
        yield "rows of people whose recognition holds and was announced to the department"
    if rule.rows is Rows.OWN_CASE:
        yield "rows of the households of that case, for who acts in it (Hub-Actor)"
    if rule.rows is Rows.CASELOAD:
        yield "rows of the households of all open cases of who acts (Hub-Actor)"
    yield from _bounds(rule.limits)
    if rule.regions:
        yield f"rows of the regions {', '.join(rule.regions)}"
    else:
        yield "no rows of people: no region is named"


def _bounds(limits: Limits) -> Iterator[str]:
    if limits.people is not None:
        yield f"at most {limits.people} people in one request"
    if limits.page is not None:
        yield f"at most {limits.page} rows on one page"
    if limits.requests_a_day is not None:
        yield f"at most {limits.requests_a_day} requests a day"
    if limits.officer_requests_a_day is not None:
        yield f"at most {limits.officer_requests_a_day} requests a day of each officer"
    if limits.retention_days is not None:
        yield f"kept for at most {limits.retention_days} days"


def _missing(
    reason: Reason,
    asked: Question,
    stated: Sequence[EntitlementRule],
    grant: Grant | None,
    owner: str,
) -> Iterator[str]:
    who = f"{asked.department} ({asked.role}) for {asked.purpose}"
    match reason:
        case Reason.NO_ENTITLEMENT:
            yield f"an entitlement of {who}: an approved request to {owner}"
        case Reason.EXPIRED if grant is not None and grant.start > asked.day:
            yield f"its beginning: agreement {grant.agreement} holds from {grant.start}"
        case Reason.EXPIRED if grant is not None and not grant.is_live(asked.day):
            yield f"a renewal: agreement {grant.agreement} ended on {grant.end}"
        case Reason.EXPIRED:
            days = ", ".join(f"{rule.start} to {rule.end}" for rule in stated)
            yield f"an entitlement of {who} that holds on {asked.day}; stated: {days}"
        case Reason.CONSENT_REQUIRED:
            yield f"the person's authorisation of {owner}, in force on that day"
        case Reason.SUSPENDED if grant is not None:
            yield f"agreement {grant.agreement}, which is suspended, to be resumed by {owner}"
        case Reason.CASE_REQUIRED:
            yield "an open case in the caller's caseload (Hub-Case)"
        case _:
            yield f"an agreement of {owner} that names {asked.path} for {who}"


def _elsewhere(policy: Policy, asked: Question) -> tuple[str, ...]:
    mine = (asked.department, asked.role, asked.purpose)
    closed = {State.ENDED, State.NOT_YET, State.SUSPENDED}
    return tuple(
        sorted(
            {
                f"{cell.rule.department} ({cell.rule.role}) for {cell.rule.purpose}"
                for cell in matrix(policy, asked.day)
                if cell.grant.path == asked.path
                and cell.rule.key != mine
                and cell.state not in closed
            }
        )
    )
