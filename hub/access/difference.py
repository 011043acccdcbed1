"""What two policies decide differently, in plain words, and whether that widens anybody's access.

Compared is what is in force on each day, not how it is written: a grant moved to another agreement
widens nothing; the same fields a month longer do. Domain: Government Data Sharing Regulations,
art. 25 (no widening without consent of who shares).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from hub.access.model import EntitlementRule, Limits, Policy, Rows

Key = tuple[str, str, str]
"""Department, role, purpose."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is decided differently."""

    department: str
    role: str
    purpose: str
    text: str
    widens: bool
    """Whether it lets somebody read more, longer, of more people, or on fewer conditions."""

    def told(self) -> str:
        """Return the sentence."""
        return f"{self.department} ({self.role}) for {self.purpose} {self.text}"


class _Held(NamedTuple):
    """Under which conditions one field is open on some day."""

    regions: frozenset[str]
    case: bool
    consent: bool
    rows: Rows
    limits: Limits
    by: str
    """Agreement and legal basis."""


class _Span(NamedTuple):
    start: date
    end: date


def difference(before: Policy, after: Policy) -> tuple[Change, ...]:
    """Return every change from `before` to `after`, ordered by whom it is about."""
    old, new = _rules_of(before), _rules_of(after)
    found = [
        change
        for key in sorted({*old, *new})
        for change in _changes(key, old.get(key, ()), new.get(key, ()))
    ]
    return (*_codes(before, after), *found)


def widens(before: Policy, after: Policy) -> bool:
    """Whether anybody may do anything under `after` that was refused under `before`."""
    return any(change.widens for change in difference(before, after))


def _rules_of(policy: Policy) -> dict[Key, list[EntitlementRule]]:
    found: dict[Key, list[EntitlementRule]] = defaultdict(list)
    for rule in policy.rules:
        found[rule.department, rule.role, str(rule.purpose)].append(rule)
    return found


def _changes(
    key: Key, old: Sequence[EntitlementRule], new: Sequence[EntitlementRule]
) -> Iterator[Change]:
    spoken: dict[tuple[str, str, bool], dict[_Span, list[str]]] = {}
    for span in _spans([*old, *new]):
        had, has = _held_on(old, span.start), _held_on(new, span.start)
        for path in sorted({*had, *has}):
            for lead, tail, wide in _compared(had.get(path), has.get(path)):
                spoken.setdefault((lead, tail, wide), {}).setdefault(span, []).append(path)
    for (lead, tail, wide), spans in spoken.items():
        for span, paths in _joined(spans):
            yield Change(
                *key, f"{lead} {', '.join(paths)} from {span.start} to {span.end}{tail}.", wide
            )
    yield from _schema(key, old, new)


def _spans(rules: Iterable[EntitlementRule]) -> Iterator[_Span]:
    """Go through the times between two days on which anything begins or ends."""
    days = sorted(
        {d for r in rules for d in (r.start, r.end)}
        | {d for r in rules for g in r.grants for d in (g.start, g.end)}
    )
    for start, end in pairwise(days):
        yield _Span(start, end)


def _held_on(rules: Sequence[EntitlementRule], day: date) -> dict[str, _Held]:
    return {
        grant.path: _Held(
            frozenset(rule.regions),
            rule.case_required,
            grant.consent,
            rule.rows,
            rule.limits,
            f"{grant.agreement} ({grant.legal_basis})",
        )
        for rule in rules
        if rule.start <= day < rule.end
        for grant in rule.grants
        if grant.is_live(day) and not grant.suspended
    }


def _compared(had: _Held | None, has: _Held | None) -> Iterator[tuple[str, str, bool]]:
    """Go through what became of one field: the words before it, those after it, if it widens."""
    if had is None and has is not None:
        yield "may also read", f", by {has.by}", True
    elif had is not None and has is None:
        yield "may no longer read", "", False
    elif had is not None and has is not None:
        yield from _conditions(had, has)


def _conditions(had: _Held, has: _Held) -> Iterator[tuple[str, str, bool]]:
    more, less = _beyond(has.regions, had.regions), _beyond(had.regions, has.regions)
    if more:
        yield "may read", f" in further regions: {', '.join(more)}", True
    if less:
        yield "may read", f" no longer in these regions: {', '.join(less)}", False
    if had.case and not has.case:
        yield "may read", " without naming a case", True
    if has.case and not had.case:
        yield "may read", " only with a case now", False
    if had.consent and not has.consent:
        yield "may read", " without the person's authorisation", True
    if has.consent and not had.consent:
        yield "may read", " only with the person's authorisation now", False
    yield from _reach(had, has)
    if had.by != has.by:
        yield "reads", f" by {has.by}, no longer by {had.by}", False


def _reach(had: _Held, has: _Held) -> Iterator[tuple[str, str, bool]]:
    if had.rows != has.rows:
        wide = not has.rows.is_within(had.rows)
        yield "may read", f" of other rows: {has.rows}, no longer {had.rows}", wide
    if has.limits.loosens(had.limits):
        yield "may read", " within looser limits", True
    elif has.limits != had.limits:
        yield "may read", " within tighter limits", False


def _beyond(these: frozenset[str], those: frozenset[str]) -> list[str]:
    """Return which of these regions, or parts of which, lie outside those."""
    return sorted(r for r in these if not any(r.startswith(other) for other in those))


def _joined(spans: Mapping[_Span, list[str]]) -> Iterator[tuple[_Span, list[str]]]:
    """Join times that follow each other and are about the same fields."""
    last: tuple[_Span, list[str]] | None = None
    for span, paths in sorted(spans.items()):
        if last is not None and last[0].end == span.start and last[1] == paths:
            last = _Span(last[0].start, span.end), paths
            continue
        if last is not None:
            yield last
        last = span, paths
    if last is not None:
        yield last


def _codes(before: Policy, after: Policy) -> Iterator[Change]:
    """Tell that region codes lead elsewhere: to which rows, only the registers of codes can say."""
    had, has = ({c for rule in p.rules for c in rule.region_changes} for p in (before, after))
    ways = ((has - had, "now lead"), (had - has, "no longer lead")) if before.rules else ()
    for changes, verb in ways:
        told = ", ".join(f"{c.old} to {c.new} from {c.start}" for c in sorted(changes, key=str))
        if told:
            yield Change("everybody", "any role", "any purpose", f"{verb} {told}.", widens=True)


def _schema(
    key: Key, old: Sequence[EntitlementRule], new: Sequence[EntitlementRule]
) -> Iterator[Change]:
    had, has = any(r.introspection for r in old), any(r.introspection for r in new)
    if old and has and not had:
        yield Change(*key, "is told the schema.", widens=True)
    if new and had and not has:
        yield Change(*key, "is no longer told the schema.", widens=False)
