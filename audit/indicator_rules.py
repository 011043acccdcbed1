"""Rules of what is worth an auditor's look: data with dates, read from TOML. Pure.

A rule says which entries count, what of them is counted, by whom, in which windows of time, and
from how much on. Where something is *usual* for whoever asks, the threshold rises with it: a desk
that looks people up all day is compared with its own days. A change of a rule is another rule of
the same id with other dates, so that what was found stays explained by what held then.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from importlib.resources import files
from itertools import pairwise
from typing import Annotated, Final, Literal

import msgspec
from msgspec.structs import replace

from audit.entry import EntryKind

_SATURDAY: Final = 5
BEIJING: Final = timezone(timedelta(hours=8))
Severity = Literal["low", "medium", "high"]
Measure = Literal["entries", "subjects", "people", "unseen", "outside", "departments", "readers"]
DISTINCT: Final = frozenset({"people", "departments", "readers"})
"""Measures that count each of something once a window."""
OF_SUBJECT: Final = frozenset({"departments", "readers"})
"""Measures that are of one subject, and nobody's doing alone."""
Side = Literal["reader", "department"]
Listed = Literal["close", "watched"]
"""`close`: who lives with a reader, or is named as near to them; `watched`: people whom curiosity
looks for."""
_Positive = Annotated[int, msgspec.Meta(ge=1)]
_DAY_S: Final = 86_400
NEVER: Final = 2**62
"""More than there ever will be of anything."""


class Usual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a threshold follows what is usual: the median of the days' highest windows."""

    of: list[Side]
    """Whose days, the first of which there are enough."""
    percent: _Positive
    """From how many hundredths of the usual on it is worth a look."""
    days: _Positive = 28
    """How far back."""
    at_least: _Positive = 5
    """Days or windows below which nothing is usual yet."""
    ceiling: _Positive | None = None
    """From here on it is worth a look whatever is usual."""
    must_be_known: bool = False
    """Nothing below the ceiling is worth a look while nothing is usual yet."""


class Unusual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Since when a department must not have read a field for it to be unusual there."""

    days: _Positive
    at_least: _Positive
    """Answers to the department in that time, below which nothing is known of it."""


class Calendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days off that are none of a weekend, and weekend days that are worked in their place.

    Of a year that it says nothing of, Saturdays and Sundays are days off.
    """

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def is_off(self, day: date) -> bool:
        """Whether offices do not work on `day`."""
        return day in self.off or (day.weekday() >= _SATURDAY and day not in self.worked)

    def knows(self, year: int) -> bool:
        """Whether it says anything of a year."""
        return any(day.year == year for day in self.off | self.worked)


EVERY_WEEK: Final = Calendar()


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When entries become an indicator; what is left out does not restrict."""

    id: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z-]{1,62}$")]
    says: str
    """What it means, for people."""
    says_zh: str
    severity: Severity
    kinds: list[EntryKind]
    measure: Measure
    """What is counted: entries; people and households in them, each time or each once (`people`);
    people asked about who were unknown or outside the caller's rows, or outside alone; or, of one
    subject, departments or readers."""
    window_s: _Positive
    threshold: _Positive
    valid_from: date = date.min
    """The first day, Beijing, whose windows it counts."""
    valid_to: date = date.max
    """The day from which it counts no more."""
    by: Side = "reader"
    """Whose doing is counted together."""
    usual: Usual | None = None
    reasons: list[str] = []
    """Codes of a refusal, of the whole or of a field; `fields` count beside."""
    fields: list[str] = []
    """Refused fields, for whatever reason: `Type.*` or `*.field`."""
    denied: bool = False
    """Only entries in which anything was refused."""
    actors_only: bool = False
    """Only entries that say which person asked."""
    systems_only: bool = False
    """Only entries that no person is named in."""
    about_people: bool = False
    """Only entries about somebody, or in which somebody was looked for."""
    without_case: bool = False
    """Only entries that name no case."""
    hours: tuple[int, int] | None = None
    """Only from this hour until before that one, Beijing."""
    on_days_off: bool = False
    """Only on days on which offices do not work, Beijing: `calendar`."""
    calendar: Calendar = EVERY_WEEK
    """Which days those are; that of the file."""
    channel: str | None = None
    roots: list[str] = []
    """Only entries that ask for one of these fields of Query."""
    subjects_up_to: int | None = None
    """Only entries about so many at most."""
    listed: Listed | None = None
    """Only entries about somebody on this list."""
    dormant_days: _Positive | None = None
    """Only in the window's length after an account wakes that asked for nothing for so long."""
    unusual_fields: Unusual | None = None
    """Only entries that read a field which is unusual for the department."""
    unfollowed_days: _Positive | None = None
    """Only of people of whom the department does no casework, so many days before or after."""

    def holds(self, at_s: int) -> bool:
        """Whether it counts what happened then."""
        if self.valid_from == date.min and self.valid_to == date.max:
            return True
        return self.valid_from <= datetime.fromtimestamp(at_s, BEIJING).date() < self.valid_to

    def said_of(self, start: datetime) -> tuple[str, str]:
        """Return what it means of a window that begins then: English, Chinese.

        Where days off count and those of the year are not known, it says so.
        """
        year = start.astimezone(BEIJING).year
        if not self.on_days_off or self.calendar.knows(year):
            return self.says, self.says_zh
        return (
            f"{self.says} (public holidays of {year} are not known: Saturdays and Sundays count)",
            f"{self.says_zh}（未载{year}年节假日安排，仅按周六、周日计）",
        )

    @property
    def kept_s(self) -> int:
        """How long after a window something may still be added to it: seconds."""
        return (self.unfollowed_days or 0) * _DAY_S


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: list[Rule]
    calendar: Calendar = EVERY_WEEK


def load_rules(text: str) -> tuple[Rule, ...]:
    """Return the rules of a TOML text.

    Raises:
        ValueError: It is no such text, two rules of one id hold on one day, or a day of the
            calendar is off and worked.
    """
    file = msgspec.convert(tomllib.loads(text), _File)
    calendar = file.calendar
    if calendar.off & calendar.worked or any(d.weekday() < _SATURDAY for d in calendar.worked):
        raise ValueError("a day of the calendar is worked that is off, or none of a weekend")
    rules = tuple(
        replace(rule, calendar=calendar) if rule.on_days_off else rule for rule in file.rule
    )
    by_id: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        by_id[rule.id].append(rule)
        if rule.usual is not None and rule.measure in OF_SUBJECT:
            raise ValueError("what is of a subject has no reader whose usual could be known")
        if rule.unfollowed_days is not None and rule.measure in DISTINCT:
            raise ValueError("what waits for casework is counted by people already")
    for same in by_id.values():
        if any(b.valid_from < a.valid_to for a, b in pairwise(sorted(same, key=_begins))):
            raise ValueError("two rules of one id hold on one day")
    return rules


def packaged_rules() -> tuple[Rule, ...]:
    """Return the rules that come with the log."""
    return load_rules(files("audit").joinpath("indicators.toml").read_text("utf-8"))


def newest_by_id(rules: Iterable[Rule]) -> dict[str, Rule]:
    """Return of each id the rule that was put in force last."""
    return {rule.id: rule for rule in sorted(rules, key=_begins)}


def window_start(rule: Rule, at_ms: int) -> int:
    """Return when the window of a moment begins: seconds since 1970."""
    local = at_ms // 1_000 + 8 * 3_600
    return local - local % rule.window_s - 8 * 3_600


def window_end(rule: Rule, start_s: int) -> datetime:
    """Return the moment with which a window is over."""
    return datetime.fromtimestamp(start_s + rule.window_s, UTC)


def raised_threshold(rule: Rule, usual: int | None) -> int:
    """Return from how much on a window is worth a look where `usual` is usual; integers only."""
    told = rule.usual
    if told is None:
        return rule.threshold
    if usual is None:
        usual = NEVER if told.must_be_known else 0
    raised = min(max(rule.threshold, -(-usual * told.percent // 100)), NEVER)
    return raised if told.ceiling is None else min(raised, max(told.ceiling, rule.threshold))


def _begins(rule: Rule) -> date:
    return rule.valid_from
