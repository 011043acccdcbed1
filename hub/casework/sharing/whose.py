"""Whose step it is: the source's, the reader's, the authority's; and who is named for it.

Pure. The department is the token's; who works at the hub's own machine has none, and is checked by
name only. Source: Government Data Sharing Regulations, arts. 11, 20-21, 27-28.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from hub.casework.sharing.life import Act, Dispute, Life, NotNowError, Stage, Step
from hub.casework.sharing.standing import RUN_OUT, Agreement
from hub.errors import RefusedError, SetupError

HUB: Final = "hub"
"""What the hub itself is called where it notices what a request lacks."""
KEEPER: Final = "civil-affairs"
"""Who runs the hub, and may stop any sharing at once."""
AUTHORITY: Final = "data-authority"
"""The authority of government data sharing, as a department."""
_SOURCES: Final = frozenset(
    {Step.NOTICE, Step.EXTEND, Step.APPROVE, Step.REFUSE, Step.CONFIRM, Step.RESUME, Step.REMIND}
)
"""Steps for who is named for the source; anybody may stop sharing at once."""
_RECEIVERS: Final = frozenset({Step.FILE, Step.COMPLETE, Step.WITHDRAW, Step.CERTIFY_PURGE})
"""Steps for the department that reads, or asks to."""
_ENDINGS: Final = frozenset({Step.SETTLE, Step.REOPEN})


class NotTheHeadError(RefusedError):
    """Only who is named for it answers for a department; the message says where they are named."""

    code = "SHARING_HEAD"
    status = 403


class NotAPartyError(RefusedError):
    """The step is another department's; the message says whose."""

    code = "SHARING_PARTY"
    status = 403


@dataclass(frozen=True, slots=True)
class Named:
    """Who may answer, by opaque ids, as sharing.toml names them."""

    heads: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """For each department."""
    authority: Sequence[str] = ()
    """For the authority of government data sharing."""


def check_whose(
    named: Named, agreement: Agreement, before: Life | None, act: Act, department: str | None
) -> None:
    """Let a step be taken by whose it is; `agreement` is as it would stand after it.

    Raises:
        NotAPartyError: It is another department's, or another person's.
        NotTheHeadError: The person is not named for who decides.
    """
    dispute = None if before is None else before.dispute
    parties = _parties(agreement, act.step, dispute)
    if department is not None and department not in parties:
        raise NotAPartyError(f"{act.step} is for {', '.join(sorted(parties))}.")
    if act.step is Step.NOTICE and act.by == HUB:
        return
    if _is_authoritys(act.step, dispute):
        if act.by not in named.authority:
            raise NotTheHeadError(
                f"{act.step} is for the authority of data sharing: name them in sharing.toml, "
                'authority = ["..."].'
            )
    elif act.step in _SOURCES or act.step is Step.REOPEN:
        source = agreement.source
        if act.by not in named.heads.get(source, ()):
            raise NotTheHeadError(
                f"{act.step} is for who answers for {source}: name them in sharing.toml, "
                f'[heads] {source} = ["..."].'
            )
    elif act.step is Step.SETTLE and dispute is not None and act.by != dispute.opened_by:
        raise NotAPartyError("While they talk, who opened a dispute settles it; or escalate it.")


def check_when(agreement: Agreement, before: Agreement | None, step: Step, today: date) -> None:
    """Refuse what needs the authority's consent, or the end of the agreement, before that.

    Raises:
        NotNowError: It is not there yet.
    """
    if step is Step.EXTEND and not agreement.life.consented:
        raise NotNowError("The authority of data sharing has not consented to an extension (21).")
    if step in {Step.CERTIFY_PURGE, Step.REMIND} and before is not None:
        is_over = before.life.ended_on is not None or before.has_run_out(today)
        if not is_over:
            raise NotNowError(f"It is {before.state(today)}: neither ended nor {RUN_OUT}.")


def _is_authoritys(step: Step, dispute: Dispute | None) -> bool:
    talk = dispute is None or dispute.stage is Stage.TALK
    return step is Step.CONSENT or (step in _ENDINGS and not talk)


def _parties(agreement: Agreement, step: Step, dispute: Dispute | None) -> set[str]:
    source, receivers = {agreement.source}, set(agreement.departments)
    if _is_authoritys(step, dispute):
        return {AUTHORITY}
    if step in _RECEIVERS:
        return receivers
    if step in _SOURCES or step is Step.REOPEN:
        return source
    return source | receivers | ({KEEPER} if step is Step.SUSPEND else set())


def named_in(content: Mapping[str, object]) -> Named:
    """Return who answers: the table `heads` and the list `authority` of sharing.toml.

    Raises:
        SetupError: It has another form.
    """
    heads, authority = content.get("heads", {}), content.get("authority", [])
    if not isinstance(heads, dict) or not all(_are_names(names) for names in heads.values()):
        raise SetupError('sharing.toml: [heads] has lines like public-security = ["ps-head"].')
    if not isinstance(authority, list) or not _are_names(authority):
        raise SetupError('sharing.toml: authority is a list, like authority = ["da-head"].')
    return Named(heads, tuple(authority))


def _are_names(names: object) -> bool:
    return isinstance(names, list) and all(isinstance(name, str) for name in names)
