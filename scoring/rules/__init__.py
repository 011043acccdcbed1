"""Every indicator's rule by name, and every hard trigger's."""

from typing import Final

from scoring.rules import economy, health, learning_and_work, structure, support
from scoring.rules.outcome import Case, Decided, Outcome, Rule, Undecided
from scoring.rules.triggers import TRIGGER_RULES, Fired, TriggerRule

RULES: Final[dict[str, Rule]] = {
    **structure.RULES,
    **economy.RULES,
    **health.RULES,
    **learning_and_work.RULES,
    **support.RULES,
}

__all__ = [
    "RULES",
    "TRIGGER_RULES",
    "Case",
    "Decided",
    "Fired",
    "Outcome",
    "Rule",
    "TriggerRule",
    "Undecided",
]
