"""A made-up life runs forwards: nothing ends before it begins, and nothing is to come."""

from datetime import date

import pytest

from hub.demo.chronicle import Chronicle

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def members():
    lives = Chronicle(seed=1, today=TODAY).lives(6_000)
    return [member for life in lives for member in life.members]


def periods(member):
    """Return the periods that a life has, as (what, first day, last day or None)."""
    known, civil = member.human_resources, member.civil_affairs
    yield from (("work", w.month_from, w.month_to) for w in known.work)
    yield from (("pension", p.start, p.end) for p in known.pensions)
    yield from (("benefit", b.start, b.end) for b in known.benefits)
    yield from (("roll", r.start, r.end) for r in civil.roll)
    yield from (("allowance", a.start, a.end) for a in civil.allowances)
    if civil.funeral is not None:
        yield "funeral", civil.funeral.died_on, civil.funeral.cremated_on
    yield from (("rental", r.contract_from, r.contract_to) for r in member.housing.rentals)
    yield from (("subsidy", s.start, s.end) for s in member.housing.subsidies)
    yield from (("permit", p.start, p.end) for p in member.countryside.ride_hailing)
    yield from (("land", c.start, c.end) for c in member.countryside.land)


def test_nothing_ends_before_it_begins(members):
    seen = set()
    for member in members:
        for what, first, last in periods(member):
            seen.add(what)
            assert last is None or first <= last, (what, first, last)

    assert len(seen) == 10


def test_nobody_is_paid_who_died_before_it_began(members):
    dead = [member for member in members if member.person.died_on is not None]

    assert dead
    for member in dead:
        for pension in member.human_resources.pensions:
            assert pension.start <= member.person.died_on
