"""The form of a profile file: what it must say, and nothing else is accepted in it.

Unknown keys are refused, so that a slip in a name is an error and not a silent default.
Amounts are integer cents, ratios integer basis points, ages whole years.
"""

from datetime import date
from typing import Annotated

import msgspec

from scoring.alert_life import AlertOutcome

Points = Annotated[int, msgspec.Meta(ge=1, le=100)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Code = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
Prefix = Annotated[str, msgspec.Meta(pattern="^[0-9]{0,12}$")]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of the file."""


class Label(Part, frozen=True):
    """One name in both languages."""

    zh: Text
    en: Text


class Tier(Part, frozen=True):
    """Reaching `cut` is worth `points`; the indicator's rule says from which side."""

    cut: Count
    points: Points


class Dimension(Part, frozen=True):
    """A group of indicators whose points count up to `cap`."""

    code: Text
    cap: Points
    label: Label


class Indicator(Part, frozen=True):
    """One rule with its points and its words. `text` is a template over the rule's arguments."""

    code: Code
    dimension: Text
    rule: Text
    tiers: tuple[Tier, ...]
    label: Label
    text: Label
    reference: Text

    @property
    def most(self) -> int:
        """The most points it can give."""
        return max(tier.points for tier in self.tiers)


class HardTrigger(Part, frozen=True):
    """A rule that makes the band red by itself; an urgent one wants a visit within 24 hours."""

    code: Code
    rule: Text
    cut: Count
    urgent: bool
    label: Label
    text: Label
    reference: Text


class InputSource(Part, frozen=True):
    """Which catalogue fields feed an input, and by which law the scorer may read them."""

    fields: tuple[Text, ...]
    legal_basis: Text


class Region(Part, frozen=True):
    """Local standards from a day on; the longest prefix, then the latest day, applies."""

    prefix: Prefix
    valid_from: date
    dibao_standard_cents: Positive
    rigid_ratio_bp: Positive
    reference: Text


class Ages(Part, frozen=True):
    """Where childhood ends, who is of working age (both inclusive), who counts as old."""

    adult: Positive
    working_from: Positive
    working_to: Positive
    old: Positive
    very_old: Positive


class Illness(Part, frozen=True):
    """Who counts as sick, and which disabilities as severe."""

    sick_admissions: Positive
    severe_level: Positive
    severe_level_mind: Positive
    mind_categories: tuple[Positive, ...]
    reference: Text


class Windows(Part, frozen=True):
    """How far back the rules look."""

    trigger_days: Positive
    spending_months: Positive
    benefit_months: Positive


class BandRule(Part, frozen=True):
    """From which total a band begins, and within how many working days to visit."""

    band: Text
    cut: Points
    visit_working_days: Positive


class AlertRules(Part, frozen=True):
    """What keeps alerts from being noise."""

    hysteresis: Count
    suppression_days: dict[AlertOutcome, Count]
    breakthrough_points: Positive
    daily_cap_per_community: Positive
    """How many alerts come out in one community on one day; the rest wait, by score."""


class SourceTexts(Part, frozen=True):
    """How a reason names its sources; `item` takes {department} and {age}, `text` takes {items}."""

    text: Label
    item: Label
    joiner: Label


class ProfileDocument(Part, frozen=True):
    """A whole profile: the law of one score from a day on."""

    code: Code
    valid_from: date
    label: Label
    reference: Text
    dimensions: tuple[Dimension, ...]
    indicators: tuple[Indicator, ...]
    triggers: tuple[HardTrigger, ...]
    inputs: dict[str, InputSource]
    regions: tuple[Region, ...]
    ages: Ages
    illness: Illness
    windows: Windows
    bands: tuple[BandRule, ...]
    alerts: AlertRules
    source_texts: SourceTexts
    departments: dict[str, Label]
