"""The mutations of sharing: their words on the way in and out; the token says who acts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from hub.access import is_opaque
from hub.casework.rooms import CommandRoom, Order
from hub.casework.sharing.clocks import Clock
from hub.casework.sharing.desk import Done, SharingDesk, Word
from hub.casework.sharing.life import NotNowError, Step
from hub.casework.sharing.policy_desk import PolicyChange, PolicyDesk
from hub.casework.sharing.request import InvalidRequestFileError, written

_LONGEST: Final = 2_000
_MOST: Final = 200
"""Fields, or regions, of one request."""
STEPS: Final[Mapping[str, Step]] = {
    "requestSharing": Step.FILE,
    "completeSharing": Step.COMPLETE,
    "withdrawSharing": Step.WITHDRAW,
    "noticeSharing": Step.NOTICE,
    "extendSharing": Step.EXTEND,
    "approveSharing": Step.APPROVE,
    "confirmSharing": Step.CONFIRM,
    "refuseSharing": Step.REFUSE,
    "suspendSharing": Step.SUSPEND,
    "resumeSharing": Step.RESUME,
    "terminateSharing": Step.TERMINATE,
    "certifyPurge": Step.CERTIFY_PURGE,
    "remindPurge": Step.REMIND,
    "consentToExtension": Step.CONSENT,
    "openDispute": Step.DISPUTE,
    "escalateDispute": Step.ESCALATE,
    "settleDispute": Step.SETTLE,
    "reopenSharing": Step.REOPEN,
}
"""The step that each mutation takes, by its name in GraphQL."""
_TEXT: Final[Mapping[str, str]] = {
    "agreement": "agreement",
    "source": "source",
    "role": "role",
    "purpose": "purpose",
    "fields": "fields",
    "basis": "legalBasis",
    "scene": "scene",
    "scope": "regions",
    "method": "method",
    "from": "startDate",
    "until": "endDate",
    "consent": "consent",
    "case_required": "caseRequired",
}
"""What a request's text calls what GraphQL states."""


@dataclass(frozen=True, slots=True)
class SharingRoom:
    """One mutation about an agreement, by its name in GraphQL."""

    step: Step
    desk: SharingDesk
    clock: Clock
    uses: Sequence[str] = ()

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `SharingStep`.

        Raises:
            RefusedError: As `SharingDesk.take`; nothing was done.
            UnavailableError: Ask again; nothing is done twice.
        """
        stated = _stated(arguments)
        agreement, seen = str(stated["agreement"]), stated["step"]
        assert isinstance(seen, int)  # noqa: S101 - the schema says so
        if not is_opaque(agreement):
            raise NotNowError("An agreement's name is letters, digits and ._:/-, at most 64.")
        department = order.caller.department
        text = None
        if self.step in {Step.FILE, Step.COMPLETE}:
            text = _text(stated, department)
        why = _line("why", stated.get("why", ""))
        word = Word(self.step, order.caller.subject, why, text, department, seen)
        return self._told(await self.desk.take(agreement, word), order.today)

    def _told(self, done: Done, today: date) -> Mapping[str, object]:
        agreement = done.agreement
        dues = agreement.dues(self.clock, today)
        return {
            "agreement": agreement.name,
            "state": agreement.state(today),
            "step": agreement.steps,
            "lacks": [] if agreement.request is None else list(agreement.request.lacks()),
            "due": dues[0][0] if dues else None,
            "dueOn": dues[0][1].isoformat() if dues else None,
            "policy": done.policy_digest,
        }


@dataclass(frozen=True, slots=True)
class ProposeRoom:
    """The room of `proposePolicy`."""

    desk: PolicyDesk
    uses: Sequence[str] = ()

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `PolicyStep`.

        Raises:
            RefusedError, SetupError: As `PolicyDesk.propose`.
        """
        why = _line("why", _stated(arguments).get("why", ""))
        return _policy(await self.desk.propose(order.caller.subject, why))


@dataclass(frozen=True, slots=True)
class ConfirmRoom:
    """The room of `confirmPolicy`."""

    desk: PolicyDesk
    uses: Sequence[str] = ()

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `PolicyStep`.

        Raises:
            RefusedError, SetupError: As `PolicyDesk.confirm`.
        """
        digest = str(_stated(arguments)["digest"])
        return _policy(await self.desk.confirm(digest, order.caller.subject))


def sharing_rooms(desk: SharingDesk, policies: PolicyDesk, clock: Clock) -> dict[str, CommandRoom]:
    """Return the room of each mutation of sharing."""
    return {
        **{name: SharingRoom(step, desk, clock) for name, step in STEPS.items()},
        "proposePolicy": ProposeRoom(policies),
        "confirmPolicy": ConfirmRoom(policies),
    }


def _stated(arguments: Mapping[str, object]) -> Mapping[str, object]:
    stated = arguments["input"]
    assert isinstance(stated, Mapping)  # noqa: S101 - the schema says so
    return stated


def _text(stated: Mapping[str, object], department: str) -> str:
    """Return the request as it is kept, asked for the department of the token."""
    for name in ("source", "role", "purpose", "legalBasis", "scene", "method"):
        _line(name, stated.get(name, ""))
    for name in ("fields", "regions"):
        several = stated.get(name) or ()
        assert isinstance(several, Iterable)  # noqa: S101 - the schema says so
        listed = [_line(name, each) for each in several]
        if len(listed) > _MOST:
            raise InvalidRequestFileError(f"{name} has at most {_MOST} entries.")
    said = {key: stated.get(name) for key, name in _TEXT.items()}
    return written({**said, "department": department})


def _line(name: str, value: object) -> str:
    text = str(value)
    if len(text) > _LONGEST or not text.replace("\n", " ").isprintable():
        raise InvalidRequestFileError(f"{name} has at most {_LONGEST} printable characters.")
    return text


def _policy(change: PolicyChange) -> Mapping[str, object]:
    return {"digest": change.digest, "changes": [change.told() for change in change.changes]}
