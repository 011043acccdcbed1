"""The mutations of replays: an answer is asked again, once a second person has approved it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import strawberry

_ID: Final = "AuditReplay.id"


@strawberry.input(description="Which answer is to be asked again, and why.")
class ReplayAskingInput:
    """Somebody else approves it, within a day."""

    index: int = strawberry.field(description="AccessEntry.index of an answer.")
    reason: str = strawberry.field(
        description="Why; at most 1,000 characters, no name and no number of a person."
    )


@strawberry.input(description="A request for a replay.")
class ReplayInput:
    """By its id."""

    id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.type(description="Where a request for a replay stands; the same if it is sent again.")
class ReplayStep:
    """The outcome of asking, approving and refusing."""

    id: strawberry.ID = strawberry.field(description=_ID)
    index: int = strawberry.field(description="The answer's entry on the log.")
    state: str = strawberry.field(description="asked, approved, refused, run or lapsed.")
    expires_at: datetime | None = strawberry.field(description="Until when it may be run.")


@strawberry.type(description="What was asked then, and what it shows now.")
class ReplayOutcome:
    """Shown once; the replay itself is an entry of the log about the same people."""

    id: strawberry.ID = strawberry.field(description=_ID)
    index: int = strawberry.field(description="The answer's entry on the log.")
    entry: int = strawberry.field(description="The replay's own entry.")
    verdict: str = strawberry.field(
        description="same: what was shown then; differs: not so; impossible: it cannot be asked."
    )
    why: list[str] = strawberry.field(description="Why it may differ, or why it is impossible.")
    document: str | None = strawberry.field(description="The GraphQL document that was asked.")
    operation: str | None = strawberry.field(description="The operation's name, if one was named.")
    variables: str | None = strawberry.field(description="Its variables, as JSON.")
    data: str | None = strawberry.field(description="What it shows, as JSON.")


MUTATIONS: Final[Mapping[str, tuple[type, type, str]]] = {
    "ask_replay": (
        ReplayAskingInput,
        ReplayStep,
        "Ask that an answer be asked again as of then; somebody else approves it.",
    ),
    "approve_replay": (
        ReplayInput,
        ReplayStep,
        "Approve somebody else's request for a replay; it may be run once, within half an hour.",
    ),
    "refuse_replay": (ReplayInput, ReplayStep, "Refuse somebody else's request for a replay."),
    "run_replay": (ReplayInput, ReplayOutcome, "Run an approved replay of one's own, once."),
}
"""Each with its input, its outcome and what it does."""
