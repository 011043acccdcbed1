"""The mutations of findings in the access log: what is put in, and what comes back."""

from collections.abc import Mapping
from typing import Final

import strawberry

_WORDS: Final = "Why, 1 to 1,000 characters; no name and no number of a person."


@strawberry.input(description="An explanation of a finding: it was a false alarm.")
class FindingExplanationInput:
    """In somebody's words."""

    id: str = strawberry.field(description="AuditIndicator.id of the finding.")
    words: str = strawberry.field(description=_WORDS)
    words_of: str | None = strawberry.field(
        default=None, description="Whose explanation it is, an opaque id; none: who acts."
    )


@strawberry.input(description="A judgement about a finding.")
class FindingJudgementInput:
    """With its reason."""

    id: str = strawberry.field(description="AuditIndicator.id of the finding.")
    words: str = strawberry.field(description=_WORDS)


@strawberry.type(description="Where a finding stands after a step.")
class FindingStep:
    """The outcome of every mutation of findings."""

    id: str = strawberry.field(description="AuditIndicator.id of the finding.")
    state: str = strawberry.field(description="open, explained, confirmed, closed.")
    verdict: str | None = strawberry.field(
        description="harmless, misuse, or none while nobody has judged."
    )
    number: int = strawberry.field(description="Which step of the finding it was.")


MUTATIONS: Final[Mapping[str, tuple[type, type, str]]] = {
    "explain_finding": (
        FindingExplanationInput, FindingStep, "Explain a finding: a false alarm. Never the own.",
    ),
    "confirm_finding": (
        FindingJudgementInput, FindingStep, "Confirm a finding: it was misuse. Never the own.",
    ),
    "close_finding": (
        FindingJudgementInput,
        FindingStep,
        "Close a finding; one that nobody judged was harmless. Never the own.",
    ),
    "reopen_finding": (
        FindingJudgementInput, FindingStep, "Open a finding again. Never the own.",
    ),
}  # fmt: skip
"""Each with its input, its outcome and what it does."""
