"""From a household to a score: what it is, how much of it could be decided, and why.

Scoring is pure: the same household under the same profile gives the same score. An
undecided indicator gives no points and lowers the coverage. A score raises an alert;
it decides nothing about anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from scoring.household import MEMBER_INPUTS, Evidence, Household, Input, without
from scoring.parameters.document import HardTrigger, Indicator, Label, ProfileDocument
from scoring.profile import Profile
from scoring.rules import RULES, TRIGGER_RULES, Case, Decided, Outcome, Undecided

CHINA: Final = timezone(timedelta(hours=8))
"""Days are counted in the departments' own time, which has no summer time."""


class Band(StrEnum):
    """How urgent a household is; `rank` orders them."""

    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def rank(self) -> int:
        """0 for green to 3 for red."""
        return tuple(Band).index(self)


@dataclass(frozen=True, slots=True)
class Source:
    """Who said what a reason rests on, and how many days old that was."""

    department: str
    source_time: datetime
    age_days: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an indicator gave points, in both languages; sources oldest first."""

    indicator: str
    dimension: str
    points: int
    text_zh: str
    text_en: str
    sources: tuple[Source, ...]

    @property
    def source(self) -> str | None:
        """The department whose word is the oldest."""
        return self.sources[0].department if self.sources else None

    @property
    def source_time(self) -> datetime | None:
        """When that word was last changed."""
        return self.sources[0].source_time if self.sources else None

    @property
    def age_days(self) -> int | None:
        """How old it was on the day of the score."""
        return self.sources[0].age_days if self.sources else None


@dataclass(frozen=True, slots=True)
class Trigger:
    """A hard trigger that fired; `code` and `occurred_on` name the occurrence."""

    code: str
    occurred_on: date | None
    urgent: bool
    text_zh: str
    text_en: str
    sources: tuple[Source, ...]

    @property
    def key(self) -> str:
        """The occurrence as one word, to tell a new one from one already looked into."""
        return self.code if self.occurred_on is None else f"{self.code}:{self.occurred_on}"


@dataclass(frozen=True, slots=True)
class DimensionScore:
    """Capped points of a dimension; `coverage` is how many of its cap could be decided."""

    code: str
    points: int
    cap: int
    coverage: int


@dataclass(frozen=True, slots=True)
class Score:
    """A household's score on a day. `undecided` and `missing_inputs` say what was not known."""

    as_of: date
    total: int
    band: Band
    coverage: int
    dimensions: tuple[DimensionScore, ...]
    reasons: tuple[Reason, ...]
    undecided: tuple[str, ...]
    missing_inputs: tuple[str, ...]
    triggers: tuple[Trigger, ...]
    profile_digest: str


def band_of(total: int, document: ProfileDocument) -> Band:
    """Return the band that a total alone reaches."""
    reached = [Band(rule.band) for rule in document.bands if total >= rule.cut]
    return reached[-1] if reached else Band.GREEN


def score(household: Household, profile: Profile) -> Score:
    """Return the household's score under the profile, with reasons in the profile's order."""
    document = profile.document
    known = without(household, profile.unavailable)
    region = profile.region(known.region.value if known.region else None, known.as_of)
    case = Case(known, document, region)
    outcomes = {
        indicator.code: RULES[indicator.rule].decide(case, indicator.tiers)
        for indicator in document.indicators
    }
    dimensions = _dimensions(document, outcomes)
    total = sum(dimension.points for dimension in dimensions)
    triggers = tuple(t for hard in document.triggers for t in _triggers(case, hard))
    undecided = {code: o for code, o in outcomes.items() if isinstance(o, Undecided)}
    wanted = frozenset(name for o in undecided.values() for name in o.missing)
    return Score(
        as_of=known.as_of,
        total=total,
        band=Band.RED if triggers else band_of(total, document),
        coverage=sum(dimension.coverage for dimension in dimensions),
        dimensions=dimensions,
        reasons=tuple(
            _reason(case, indicator, outcome)
            for indicator in document.indicators
            if isinstance(outcome := outcomes[indicator.code], Decided) and outcome.points
        ),
        undecided=tuple(undecided),
        missing_inputs=tuple(sorted(n.value for n in wanted if _is_unknown(case, n))),
        triggers=triggers,
        profile_digest=profile.digest,
    )


def _is_unknown(case: Case, name: Input) -> bool:
    """Whether an input is unknown of the household or of any member."""
    if name in MEMBER_INPUTS:
        return any(getattr(member, name) is None for member in case.members)
    return getattr(case if name is Input.REGION else case.household, name) is None


def _dimensions(
    document: ProfileDocument, outcomes: Mapping[str, Outcome]
) -> tuple[DimensionScore, ...]:
    points = dict.fromkeys((dimension.code for dimension in document.dimensions), 0)
    lost = dict(points)
    for indicator in document.indicators:
        outcome = outcomes[indicator.code]
        if isinstance(outcome, Decided):
            points[indicator.dimension] += outcome.points
        else:
            lost[indicator.dimension] += indicator.most
    return tuple(
        DimensionScore(d.code, min(points[d.code], d.cap), d.cap, max(0, d.cap - lost[d.code]))
        for d in document.dimensions
    )


def _reason(case: Case, indicator: Indicator, outcome: Decided) -> Reason:
    sources = _sources(case, outcome.evidence)
    text = _words(case, indicator.text, outcome.arguments, sources)
    return Reason(indicator.code, indicator.dimension, outcome.points, text.zh, text.en, sources)


def _triggers(case: Case, hard: HardTrigger) -> tuple[Trigger, ...]:
    fired = TRIGGER_RULES[hard.rule].check(case, hard.cut)
    if fired is None:
        return ()
    sources = _sources(case, fired.evidence)
    text = _words(case, hard.text, fired.arguments, sources)
    return (Trigger(hard.code, fired.occurred_on, hard.urgent, text.zh, text.en, sources),)


def _sources(case: Case, evidence: tuple[Evidence, ...]) -> tuple[Source, ...]:
    """Return one source a department: its oldest word, oldest department first."""
    oldest: dict[str, Source] = {}
    for piece in evidence:
        moment = piece.source_time.astimezone(UTC)
        age = (case.as_of - moment.astimezone(CHINA).date()).days
        oldest.setdefault(piece.department, Source(piece.department, moment, max(0, age)))
    return tuple(oldest.values())


def _words(
    case: Case, text: Label, arguments: Mapping[str, int], sources: tuple[Source, ...]
) -> Label:
    """Fill the templates and say, in both languages, whose word it rests on and how old it is."""
    zh, en = text.zh.format(**arguments), text.en.format(**arguments)
    if not sources:
        return Label(zh=zh, en=en)
    words = case.document.source_texts
    names = case.document.departments
    labels = [names.get(s.department) or Label(zh=s.department, en=s.department) for s in sources]
    pairs = tuple(zip(labels, sources, strict=True))
    items_zh = (words.item.zh.format(department=n.zh, age=s.age_days) for n, s in pairs)
    items_en = (words.item.en.format(department=n.en, age=s.age_days) for n, s in pairs)
    return Label(
        zh=zh + words.text.zh.format(items=words.joiner.zh.join(items_zh)),
        en=en + words.text.en.format(items=words.joiner.en.join(items_en)),
    )
