"""Where every agreement and request stands: folded from the acts, over the operator's own policy.

Pure, but for what is remembered of the operator's policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final

from hub.access import Policy, load_policy
from hub.access.model import FRAME, Grant
from hub.casework.sharing.clocks import Clock
from hub.casework.sharing.life import Act, Life, NotNowError, State, Step, lived
from hub.casework.sharing.request import Request, RequestText, base_of, read_request
from hub.errors import RefusedError
from hub.query.bind import day_of
from hub.store.sharing import StoredAct
from schema.catalogue import CORE_FIELDS, Catalogue

RUN_OUT: Final = "run out"
_LIVING: Final = frozenset({State.IN_FORCE, State.SUSPENDED, State.RESUMING})
_NOBODYS: Final = frozenset({field.type_name for field in CORE_FIELDS}) - FRAME
"""Types that tell nothing of people in the graph."""
_HELD: Final = frozenset({State.SUSPENDED, State.RESUMING})
_STOPS: Final = frozenset({Step.SUSPEND, Step.TERMINATE})
"""Steps that only ever narrow access."""
_TAKEN: Final = "the operator's policy has an agreement of this name: give that one another name"


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement, or the request that may become one."""

    name: str
    life: Life
    request: Request | None
    """None for what the operator's own policy has."""
    source: str
    """Who shares."""
    departments: tuple[str, ...]
    """Who may read under it, or asks to."""
    fields: tuple[str, ...]
    start: date | None
    end: date | None
    """The first day on which it does not hold any more."""
    steps: int
    """How many acts there are."""
    problem: str = ""
    """What is wrong with its record; nothing of it widens access until that is mended."""

    def has_run_out(self, today: date) -> bool:
        """Whether it was in force, and its last day has passed without anybody ending it."""
        return (
            self.life.in_force_on is not None
            and self.life.state in _LIVING
            and self.end is not None
            and self.end <= today
        )

    def state(self, today: date) -> str:
        """Return where it stands, in a word; one whose last day has passed has run out."""
        return RUN_OUT if self.has_run_out(today) else str(self.life.state)

    def ended_on(self, today: date) -> date | None:
        """Return the day from which nothing is read under it any more, if that has come."""
        return self.end if self.has_run_out(today) else self.life.ended_on

    @property
    def passes_data_on(self) -> bool:
        """Whether anybody but its source reads of people under it: only then a purge is due."""
        types = {path.partition(".")[0] for path in self.fields}
        return bool(set(self.departments) - {self.source}) and not types <= _NOBODYS

    def dues(self, clock: Clock, today: date) -> tuple[tuple[str, date], ...]:
        """Return what is due, and on which day, the first day first."""
        life, found = self.life, []
        if life.state is State.FILED and self.request is not None:
            sharing, extended = self.request.sharing, life.extended
            found.append(("answer", clock.answer_due(life.complete_on, sharing, extended=extended)))
        if life.state is State.APPROVED and life.decided_on is not None:
            found.append(("delivery", clock.delivery_due(life.decided_on)))
        ended = self.ended_on(today)
        is_over = life.state is State.TERMINATED or self.has_run_out(today)
        if is_over and ended is not None and self.passes_data_on:
            found.append(("purge certificate", clock.purge_due(ended)))
        if life.dispute is not None:
            stage, since = life.dispute.stage, life.dispute.since
            found.append((f"dispute: {stage}", clock.dispute_due(since, stage)))
        return tuple(sorted(found, key=lambda due: due[1]))

    def overdue(self, clock: Clock, today: date) -> tuple[tuple[str, date], ...]:
        """Return what should have happened, and when."""
        return tuple(due for due in self.dues(clock, today) if due[1] < today)


def agreements_of(
    document: str, stored: Sequence[StoredAct], catalogue: Catalogue
) -> list[Agreement]:
    """Return every agreement and request, by name; `document` is the policy in force.

    One whose record does not hold together says so (`Agreement.problem`) and hides no other.
    """
    grants = _granted(document, catalogue)
    by_name: dict[str, list[StoredAct]] = {}
    for each in stored:
        by_name.setdefault(each.agreement, []).append(each)
    return [
        _marked(name, by_name.get(name, []), grants.get(name, ()), catalogue)
        for name in sorted({*grants, *by_name})
    ]


def agreement_of(
    document: str, stored: Sequence[StoredAct], catalogue: Catalogue, name: str
) -> Agreement | None:
    """Return one agreement with its last act, whose turn it must be; None if there is none.

    Raises:
        NotNowError, SamePersonError, InvalidRequestFileError: Its acts do not follow from each
            other, its text does not fit, or the operator's policy has its name. What that policy
            has can be stopped all the same.
    """
    acts, granted = _acts_of(stored, name), _granted(document, catalogue).get(name, ())
    if not acts and not granted:
        return None
    if _is_taken(acts, granted) and acts[-1].step not in _STOPS:
        raise NotNowError(f"An agreement {name} is there already; choose another name.")
    return _agreement(name, acts, granted, catalogue)


def _acts_of(stored: Sequence[StoredAct], name: str) -> list[StoredAct]:
    return [each for each in stored if each.agreement == name]


def _is_taken(acts: Sequence[StoredAct], granted: Sequence[tuple[str, Grant]]) -> bool:
    """Whether the operator's policy has the name of a request."""
    return bool(granted) and any(act.step == Step.FILE for act in acts)


def _marked(
    name: str,
    acts: Sequence[StoredAct],
    granted: Sequence[tuple[str, Grant]],
    catalogue: Catalogue,
) -> Agreement:
    """Return an agreement as it stands, or what can be told of it and what is wrong."""
    try:
        found = _agreement(name, acts, granted, catalogue)
    except (RefusedError, ValueError) as problem:
        return _unclear(name, acts, granted, str(problem))
    return replace(found, problem=_TAKEN) if _is_taken(acts, granted) else found


def _unclear(
    name: str, acts: Sequence[StoredAct], granted: Sequence[tuple[str, Grant]], problem: str
) -> Agreement:
    known = [Act(Step(a.step), a.by, day_of(a.at), a.why) for a in acts if a.step in list(Step)]
    first = acts[0]
    life = Life(State.UNCLEAR, first.by, day_of(first.at), acts=tuple(known))
    source, departments, fields, start, end = _operators_part(granted)
    return Agreement(name, life, None, source, departments, fields, start, end, len(acts), problem)


def _operators_part(
    granted: Sequence[tuple[str, Grant]],
) -> tuple[str, tuple[str, ...], tuple[str, ...], date | None, date | None]:
    """Return source, departments, fields, first day and end of what the policy grants."""
    return (
        granted[-1][1].source if granted else "",
        tuple(sorted({department for department, _ in granted})),
        tuple(sorted({grant.path for _, grant in granted})),
        min((grant.start for _, grant in granted), default=None),
        max((grant.end for _, grant in granted), default=None),
    )


def _agreement(
    name: str,
    acts: Sequence[StoredAct],
    granted: Sequence[tuple[str, Grant]],
    catalogue: Catalogue,
) -> Agreement:
    text = next((a.content for a in reversed(acts) if a.content is not None), None)
    begin = None
    if granted and not _is_taken(acts, granted):
        start = min(grant.start for _, grant in granted)
        begin = Life(State.IN_FORCE, "operator", start, in_force_on=start)
    life = lived([Act(Step(a.step), a.by, day_of(a.at), a.why) for a in acts], begin)
    if text is not None:
        request = read_request(text, catalogue)
        said = request.text
        whose = (said.source, (said.department,), tuple(said.fields), said.start, said.end)
        return Agreement(name, life, request, *whose, len(acts))
    return Agreement(name, life, None, *_operators_part(granted), len(acts))


@lru_cache(maxsize=2)
def _operators(text: str, catalogue: Catalogue) -> Policy:
    """Return the operator's own policy; reading its text takes a while, and it seldom changes."""
    return load_policy(text, catalogue)


def _granted(document: str, catalogue: Catalogue) -> dict[str, list[tuple[str, Grant]]]:
    """Return the grants of the operator's own policy with their departments, by agreement."""
    own = base_of(document)
    found: dict[str, list[tuple[str, Grant]]] = {}
    for rule in _operators(own, catalogue).rules if own else ():
        for grant in rule.grants:
            found.setdefault(grant.agreement, []).append((rule.department, grant))
    return found


def additions_of(agreements: Sequence[Agreement]) -> list[RequestText]:
    """Return the requests whose grants stand in the policy, suspended ones among them."""
    return [
        a.request.text
        for a in agreements
        if a.request is not None
        and a.life.in_force_on is not None
        and a.life.state in {State.IN_FORCE, *_HELD}
    ]


def suspended_of(agreements: Sequence[Agreement]) -> list[str]:
    """Return the agreements under which nothing is read: suspended, or ended in the policy.

    One whose record is unclear is among them: what it grants cannot be told from what it ended.
    """
    ended = {State.TERMINATED, State.PURGED}
    return [
        a.name
        for a in agreements
        if (a.life.state in _HELD and a.life.in_force_on is not None)
        or (a.life.state in ended and (a.request is None or a.problem))
        or (a.life.state is State.UNCLEAR and a.fields)
    ]
