r"""The life of a sharing request and of the agreement that comes of it: a fold over its acts.

    filed -> approved -> in force -> suspended <-> in force -> terminated -> purged
       |  \-> refused        ^
       |-> noticed -> filed   | only once a second person has confirmed, where it widens access
       \-> withdrawn

Pure. Domain: Government Data Sharing Regulations, arts. 20-22, 25, 27: a request that lacks
something is answered by one notice that names everything, never by a plain refusal. Beside it runs
what departments disagree about (art. 28): they talk, then the authority decides, then the
government; a refusal that does not stand is answered anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final

from hub.errors import RefusedError


class Step(StrEnum):
    """What somebody did."""

    FILE = "FILE"
    NOTICE = "NOTICE"
    COMPLETE = "COMPLETE"
    EXTEND = "EXTEND"
    APPROVE = "APPROVE"
    CONFIRM = "CONFIRM"
    REFUSE = "REFUSE"
    WITHDRAW = "WITHDRAW"
    SUSPEND = "SUSPEND"
    RESUME = "RESUME"
    TERMINATE = "TERMINATE"
    CERTIFY_PURGE = "CERTIFY_PURGE"
    CONSENT = "CONSENT"
    """The authority's consent to a longer time for the answer."""
    REMIND = "REMIND"
    """The source asks again for the certificate of disposal."""
    DISPUTE = "DISPUTE"
    ESCALATE = "ESCALATE"
    SETTLE = "SETTLE"
    REOPEN = "REOPEN"
    """A dispute ends with a refused request being answered anew."""


class Stage(StrEnum):
    """Before whom a dispute is."""

    TALK = "talk"
    AUTHORITY = "authority"
    GOVERNMENT = "government"


class State(StrEnum):
    """Where a request, or its agreement, stands."""

    FILED = "filed"
    NOTICED = "noticed"
    APPROVED = "approved"
    IN_FORCE = "in force"
    SUSPENDED = "suspended"
    RESUMING = "resuming"
    TERMINATED = "terminated"
    PURGED = "purged"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNCLEAR = "unclear"
    """Its record does not hold together; no step can be taken."""


class NotNowError(RefusedError):
    """The step does not fit where the request stands; the message says which steps do."""

    code = "SHARING_STEP"
    status = 409


class SamePersonError(RefusedError):
    """What widens access needs two people: another one must take this step."""

    code = "SECOND_PERSON"
    status = 409


_NEXT: Final = {
    State.FILED: {
        *(Step.NOTICE, Step.CONSENT, Step.EXTEND, Step.APPROVE, Step.REFUSE, Step.WITHDRAW),
    },
    State.NOTICED: {Step.COMPLETE, Step.WITHDRAW},
    State.APPROVED: {Step.CONFIRM, Step.WITHDRAW},
    State.IN_FORCE: {Step.SUSPEND, Step.TERMINATE},
    State.SUSPENDED: {Step.RESUME, Step.TERMINATE},
    State.RESUMING: {Step.CONFIRM, Step.TERMINATE},
    State.TERMINATED: {Step.CERTIFY_PURGE, Step.REMIND},
}
_ENDABLE: Final = frozenset({State.IN_FORCE, State.SUSPENDED, State.RESUMING})
_AFTER_THE_END: Final = frozenset({Step.CERTIFY_PURGE, Step.REMIND})
"""Steps that are also taken once an agreement has run out (`Agreement.has_run_out`)."""
DISPUTES: Final = frozenset({Step.DISPUTE, Step.ESCALATE, Step.SETTLE, Step.REOPEN})
_OVER: Final = frozenset({State.WITHDRAWN, State.PURGED, State.UNCLEAR})
_HIGHER: Final = {Stage.TALK: Stage.AUTHORITY, Stage.AUTHORITY: Stage.GOVERNMENT}
_LEADS_TO: Final = {
    Step.NOTICE: State.NOTICED,
    Step.COMPLETE: State.FILED,
    Step.EXTEND: State.FILED,
    Step.APPROVE: State.APPROVED,
    Step.CONFIRM: State.IN_FORCE,
    Step.REFUSE: State.REFUSED,
    Step.WITHDRAW: State.WITHDRAWN,
    Step.SUSPEND: State.SUSPENDED,
    Step.RESUME: State.RESUMING,
    Step.TERMINATE: State.TERMINATED,
    Step.CERTIFY_PURGE: State.PURGED,
}
_REASONED: Final = DISPUTES | {
    *(Step.NOTICE, Step.CONSENT, Step.EXTEND, Step.REFUSE, Step.SUSPEND, Step.TERMINATE),
    *(Step.CERTIFY_PURGE,),
}
"""Steps that must say why: to whom, or on whose word."""


@dataclass(frozen=True, slots=True)
class Act:
    """One step: who took it, on which day, and why."""

    step: Step
    by: str
    """An opaque id of the person, as the department names them."""
    on: date
    why: str = ""


@dataclass(frozen=True, slots=True)
class Dispute:
    """What departments disagree about, while it is open."""

    stage: Stage
    opened_by: str
    since: date
    """The day on which it came before who has it now."""


@dataclass(frozen=True, slots=True)
class Life:
    """What the acts so far come to."""

    state: State
    filed_by: str
    complete_on: date
    """From when the time for the answer runs: the day it was filed, or completed."""
    decided_by: str | None = None
    """Who took the step that a second person has to confirm."""
    decided_on: date | None = None
    in_force_on: date | None = None
    ended_on: date | None = None
    noticed: bool = False
    extended: bool = False
    consented: bool = False
    """Whether the authority consented to a longer time for this answer."""
    dispute: Dispute | None = None
    acts: tuple[Act, ...] = field(default=(), repr=False)

    def after(self, act: Act) -> "Life":
        """Return the life once `act` is done.

        Raises:
            NotNowError: It does not fit, was done already, or does not say why.
            SamePersonError: Who filed cannot approve; who approved, or resumes, cannot confirm.
        """
        if act.step in DISPUTES:
            self._check(act)
            return replace(self, acts=(*self.acts, act), **self._disputed(act))  # type: ignore[arg-type]  # names of its own fields
        self._check_possible(act.step)
        self._check(act)
        changed: dict[str, object] = {}
        match act.step:
            case Step.NOTICE:
                changed = {"noticed": True}
            case Step.COMPLETE:
                changed = {"complete_on": act.on}
            case Step.CONSENT:
                changed = {"consented": True}
            case Step.EXTEND:
                changed = {"extended": True}
            case Step.APPROVE | Step.RESUME:
                changed = {"decided_by": act.by, "decided_on": act.on}
            case Step.CONFIRM:
                changed = {"in_force_on": self.in_force_on or act.on}
            case Step.TERMINATE:
                changed = {"ended_on": act.on}
            case _:
                pass
        state = _LEADS_TO.get(act.step, self.state)
        return replace(self, state=state, acts=(*self.acts, act), **changed)  # type: ignore[arg-type]  # names of its own fields

    def _check_possible(self, step: Step) -> None:
        possible = _NEXT.get(self.state, set())
        if step not in possible and not (self.state in _ENDABLE and step in _AFTER_THE_END):
            steps = ", ".join(sorted(possible)) or "nothing more"
            raise NotNowError(f"It is {self.state}: possible are {steps}, not {step}.")

    def _disputed(self, act: Act) -> dict[str, object]:
        """Return what changes by a step about a dispute."""
        dispute = self.dispute
        if act.step is Step.DISPUTE:
            if dispute is not None or self.state in _OVER:
                raise NotNowError("A dispute is open already, or there is nothing left of it.")
            return {"dispute": Dispute(Stage.TALK, act.by, act.on)}
        if dispute is None:
            raise NotNowError(f"{act.step} ends or moves a dispute, and none is open.")
        if act.step is Step.ESCALATE:
            higher = _HIGHER.get(dispute.stage)
            if higher is None:
                raise NotNowError("It is before the government already; nobody is above it.")
            return {"dispute": replace(dispute, stage=higher, since=act.on)}
        if act.step is Step.SETTLE:
            return {"dispute": None}
        if self.state is not State.REFUSED:
            raise NotNowError("Only a request that was refused is answered anew; settle it.")
        anew = {"complete_on": act.on, "extended": False, "consented": False}
        return {"dispute": None, "state": State.FILED, **anew}

    def _check(self, act: Act) -> None:
        if act.step in _REASONED and not act.why.strip():
            raise NotNowError(f"{act.step} needs its reason.")
        if act.step is Step.NOTICE and self.noticed:
            raise NotNowError("There is one notice only: what lacks had to be named at once.")
        if act.step is Step.CONSENT and self.consented:
            raise NotNowError("The authority has consented already.")
        if act.step is Step.EXTEND and self.extended:
            raise NotNowError("The time for the answer is extended once only.")
        if act.step is Step.APPROVE and act.by == self.filed_by:
            raise SamePersonError("Who filed a request cannot approve it.")
        if act.step is Step.CONFIRM and act.by in {self.decided_by, self.filed_by}:
            raise SamePersonError("Who filed or decided cannot confirm: a second person must.")


def begun(act: Act) -> Life:
    """Return the life that begins with a request's filing.

    Raises:
        NotNowError: It begins with another step.
    """
    if act.step is not Step.FILE:
        raise NotNowError(f"It begins with {Step.FILE}, not with {act.step}.")
    return Life(State.FILED, act.by, act.on, acts=(act,))


def lived(acts: Iterable[Act], begin: Life | None = None) -> Life:
    """Return what the acts come to, the first one first; `begin` is where it stood before them.

    Raises:
        NotNowError, SamePersonError: They do not follow from each other.
    """
    life = begin
    for act in acts:
        life = begun(act) if life is None else life.after(act)
    if life is None:
        raise NotNowError("There is no such agreement, and nobody has asked for one.")
    return life
