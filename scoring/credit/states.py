"""The states of a commitment, and which may follow which.

`NOTIFIED -> COMMITTED -> VERIFIED -> CONFIRMED_SIMPLIFIED -> PUSHED -> SUPERVISED -> DETERMINED`;
`FALLBACK_NORMAL` ends the simplified path before a confirmation: the family goes on by the normal
procedure and has lost nothing. Breach, hearing, recovery and repair follow on `SUPERVISED` and
`DETERMINED`: they are further states, and further rows of `NEXT`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class CreditState(StrEnum):
    """Where a commitment is."""

    NOTIFIED = "notified"
    """The notice was given: what is to be proved, that it may be committed to, what follows."""
    COMMITTED = "committed"
    """Everybody who must has signed; the commitment has its code."""
    VERIFIED = "verified"
    """Declared and found were compared: basically consistent, or not yet to be decided."""
    CONFIRMED_SIMPLIFIED = "confirmed-simplified"
    """Civil affairs decided on the simplified path; receivers are being told."""
    PUSHED = "pushed"
    """Every receiver has acknowledged the recognition."""
    SUPERVISED = "supervised"
    """The benefit runs; the commitment is watched until it ends."""
    DETERMINED = "determined"
    """A person has determined how far the commitment was kept."""
    FALLBACK_NORMAL = "fallback-normal"
    """A material difference, or not open to commitment: the normal procedure."""


class Performance(StrEnum):
    """How far a commitment was kept, as a person determines it. There is no default."""

    ALL = "all"
    PART = "part"
    NONE = "none"


_S = CreditState
NEXT: Final[Mapping[CreditState, frozenset[CreditState]]] = {
    _S.NOTIFIED: frozenset({_S.COMMITTED, _S.FALLBACK_NORMAL}),
    _S.COMMITTED: frozenset({_S.VERIFIED, _S.FALLBACK_NORMAL}),
    _S.VERIFIED: frozenset({_S.VERIFIED, _S.CONFIRMED_SIMPLIFIED, _S.FALLBACK_NORMAL}),
    _S.CONFIRMED_SIMPLIFIED: frozenset({_S.PUSHED, _S.DETERMINED}),
    _S.PUSHED: frozenset({_S.SUPERVISED, _S.DETERMINED}),
    _S.SUPERVISED: frozenset({_S.DETERMINED}),
    _S.DETERMINED: frozenset(),
    _S.FALLBACK_NORMAL: frozenset(),
}
"""Which state may follow which. A verification is repeated while a source is silent."""


class CreditTransitionError(Exception):
    """The commitment cannot go there from where it is; the message says where it can."""


def follow(state: CreditState, to: CreditState) -> CreditState:
    """Return `to`.

    Raises:
        CreditTransitionError: `to` may not follow `state`; nothing changed.
    """
    allowed = NEXT[state]
    if to not in allowed:
        choices = ", ".join(sorted(allowed)) or "nothing: it has ended"
        raise CreditTransitionError(
            f"a commitment that is {state} cannot become {to}; it can become {choices}"
        )
    return to
