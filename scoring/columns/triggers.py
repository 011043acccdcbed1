"""Every hard trigger by columns: the day it occurred, 0 for a state, -1 where it is silent."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

import numpy as np

from scoring.columns.household import NEVER, Homes
from scoring.columns.inputs import UNIX_DAY
from scoring.columns.logic import count, total
from scoring.columns.rules import ratio_parts
from scoring.columns.table import Rows, Truths, Whole
from scoring.facts import Kind, Source
from scoring.household import Input
from scoring.inputs import LEFT_DAYS
from scoring.rules.logic import month_shift
from scoring.rules.outcome import BP

SILENT: Final = -1
STATE: Final = 0
ColumnTrigger = Callable[[Homes, int], Whole]
_WORK: Final = Source.SOCIAL_INSURANCE.department


def _since(homes: Homes) -> date:
    return homes.people.as_of - timedelta(days=homes.document.windows.trigger_days)


def _on(days: Whole, holds: Truths | None = None) -> Whole:
    """Return days of events as days of a trigger."""
    fired = days != NEVER if holds is None else holds & (days != NEVER)
    return np.where(fired, days, SILENT)


def _disaster(homes: Homes, _cut: int) -> Whole:
    since = _since(homes).toordinal()
    return _on(homes.latest(Input.DISASTERS, Kind.DISASTER, since))


def _self_paid_month(homes: Homes, cut: int) -> Whole:
    first = _since(homes).replace(day=1).toordinal()
    end = month_shift(homes.people.as_of, 1).toordinal()
    rows = homes.paid.where((homes.paid.a >= first) & (homes.paid.a < end))
    month = (rows.a - UNIX_DAY).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    key = rows.owner * (1 << 20) + month
    order = np.argsort(key, kind="stable")
    keys = np.unique(key)
    paid = total(np.searchsorted(keys, key[order]).astype(np.int64), rows.c[order], len(keys))
    owner, month = keys >> 20, keys & ((1 << 20) - 1)
    standard = homes.people.member_count[owner] * homes.standard[owner]
    heavy = homes.has_region[owner] & (paid * BP >= cut * standard)
    latest = np.full(homes.size, SILENT, np.int64)
    begin = month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + UNIX_DAY
    np.maximum.at(latest, owner[heavy], begin[heavy])
    return latest


def _unattended_child(homes: Homes, _cut: int) -> Whole:
    people = homes.people
    child = (people.unattended_child == 1) & (homes.minor != 0)
    fired = count(people.home, child[people.members], homes.size) > 0
    return np.where(fired, STATE, SILENT)


def _released_without_income(homes: Homes, _cut: int) -> Whole:
    income, known = homes.income
    since = _since(homes).toordinal()
    days = homes.latest(Input.RELEASED_FROM_CUSTODY, Kind.RELEASED, since)
    return _on(days, known & (income == 0))


def _dibao_lost(homes: Homes, cut: int) -> Whole:
    free, standard, known = ratio_parts(homes)
    days = homes.latest(Input.DIBAO_LOST, Kind.DIBAO_ENDED, _since(homes).toordinal())
    return _on(days, known & (free * BP < cut * standard))


def _only_earner_died(homes: Homes, _cut: int) -> Whole:
    """Deaths are few: each is looked at for itself."""
    people, days = homes.people, np.full(homes.size, SILENT, np.int64)
    if Input.ONLY_EARNER_DIED in people.forgotten:
        return days
    known = people.everybody(people.was_read(_WORK))
    rows = people.table.of_people(Kind.DIED)
    left = people.person.a[rows.owner]
    lately = (left == 0) | ((left <= people.day) & (people.day <= left + LEFT_DAYS))
    recent = (rows.a >= _since(homes).toordinal()) & (rows.a <= people.day)
    home = people.table.person_home[rows.owner]
    died = rows.where(lately & recent & known[home])
    spells = people.table.of_people(Kind.SPELL)
    spell_home = people.table.person_home[spells.owner]
    for person, day in zip(died.owner.tolist(), died.a.tolist(), strict=True):
        mine = int(people.table.person_home[person])
        begin, end = np.searchsorted(spell_home, (mine, mine + 1))
        if _earned_alone(homes, person, day, spells.where(_slice(len(spells.a), begin, end))):
            days[mine] = max(days[mine], day)
    return days


def _slice(size: int, begin: int, end: int) -> Truths:
    chosen = np.zeros(size, np.bool_)
    chosen[begin:end] = True
    return chosen


def _earned_alone(homes: Homes, person: int, day: int, spells: Rows) -> bool:
    """Whether a person worked until death, by the household's spells, and no member did then."""
    on = (spells.a <= day) & (day <= spells.b)
    before = (spells.a <= day - 1) & (day - 1 <= spells.b)
    own = spells.owner == person
    others = ~own & homes.people.present[spells.owner]
    return bool((own & (on | before)).any()) and not bool((others & on).any())


COLUMN_TRIGGERS: Final[dict[str, ColumnTrigger]] = {
    "only-earner-died": _only_earner_died,
    "disaster": _disaster,
    "self-paid-month": _self_paid_month,
    "unattended-child": _unattended_child,
    "released-without-income": _released_without_income,
    "dibao-lost": _dibao_lost,
}
