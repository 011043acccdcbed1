"""A prefix means on each day the codes of its area, and never a larger area."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.access import PolicyError, load_policy
from hub.access.difference import widens
from hub.access.model import Caller
from hub.access.regions import RegionChange, regions_ever, regions_on
from schema.catalogue import Catalogue

DAY = date(2026, 10, 1)
BEFORE = DAY - timedelta(days=1)
A, B, C = "420106001", "420106016", "420106017"


def changed(*ways, on=DAY):
    return tuple(RegionChange(old, new, on) for old, new in ways)


@pytest.mark.parametrize(
    ("region", "before", "after"),
    [
        (A, (A,), (B,)),  # written in the old edition
        (B, (A,), (B,)),  # written in the new one
        (f"{A}001", (f"{A}001",), (f"{B}001",)),
        (f"{B}001", (f"{A}001",), (f"{B}001",)),
        ("420106", ("420106",), ("420106",)),
        ("420106002", ("420106002",), ("420106002",)),
    ],
)
def test_a_code_that_was_renamed_is_its_old_one_before_the_day(region, before, after):
    changes = changed((A, B))

    assert regions_on([region], changes, BEFORE) == before
    assert regions_on([region], changes, DAY) == after


def test_the_parts_of_an_area_do_not_see_what_lay_in_the_whole():
    changes = changed((A, B), (A, C))

    assert regions_on([A], changes, DAY) == (B, C)
    assert regions_on([A], changes, BEFORE) == (A,)
    assert regions_on([B], changes, BEFORE) == ()
    assert regions_on([B], changes, DAY) == (B,)


def test_who_had_one_of_two_areas_does_not_see_the_other():
    changes = changed((A, C), (B, C))

    assert regions_on([C], changes, BEFORE) == (A, B)
    assert regions_on([A], changes, DAY) == ()
    assert regions_on([A], changes, BEFORE) == (A,)


def test_a_code_that_is_given_to_another_area_means_that_one_from_the_day():
    later = DAY + timedelta(days=90)
    changes = (*changed((A, B)), *changed((C, A), on=later))

    assert regions_on([C], changes, later) == (A,)
    assert regions_on([C], changes, DAY) == (C,)
    assert regions_on([A], changes, later) == (B,)


@given(
    codes=st.lists(st.sampled_from([A, B, C, "420106018"]), unique=True, min_size=2),
    days=st.lists(st.integers(0, 400), min_size=1, max_size=3, unique=True),
    on=st.integers(-50, 450),
)
def test_a_chain_of_renamings_always_means_one_code(codes, days, on):
    days = sorted(days)[: len(codes) - 1]
    changes = tuple(
        RegionChange(old, new, DAY + timedelta(days=day))
        for old, new, day in zip(codes, codes[1:], days, strict=False)
    )
    asked = DAY + timedelta(days=on)
    past = sum(change.start <= asked for change in changes)

    for code in codes[: len(changes) + 1]:
        assert regions_on([code], changes, asked) == (codes[past],)
        assert set(regions_on([code], changes, asked)) <= set(regions_ever([code], changes))


POLICY = """
[[entitlement]]
department = "civil-affairs"
role = "officer"
purpose = "WARN"
legal_basis = "basis"
from = 2026-01-01
until = 2028-01-01
regions = ["420106001"]

[[entitlement.grant]]
agreement = "A"
source = "civil-affairs"
legal_basis = "basis"
from = 2026-01-01
until = 2028-01-01
fields = ["Household.id"]
"""
CHANGE = """
[[region_change]]
old = "OLD"
new = "NEW"
legal_basis = "公告"
from = 2026-10-01
"""


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.discover()


def with_change(old=A, new=B):
    return POLICY + CHANGE.replace("OLD", old).replace("NEW", new)


def test_an_entitlement_reads_the_codes_of_the_day_and_the_wall_lets_it(catalogue):
    policy = load_policy(with_change(), catalogue)
    held = policy.entitlement(Caller("civil-affairs", "officer", "WARN", "c"), DAY)

    assert held.regions_on(BEFORE) == (A,)
    assert held.regions_on(DAY) == (B,)
    assert held.reach.regions == (A, B)
    assert held.within((f"{A}001",)).regions_on(DAY) == (f"{B}001",)


def test_a_change_of_codes_takes_two_people(catalogue):
    before, after = load_policy(POLICY, catalogue), load_policy(with_change(), catalogue)

    assert widens(before, after)
    assert widens(after, before)
    assert not widens(after, after)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("420106", "420116", "below a county"),
        (A, "420111016", "of one county"),
        (A, f"{B}001", "of the same length"),
        ("42010600x", B, "below a county"),
    ],
)
def test_codes_that_cannot_take_each_others_place_are_refused(catalogue, old, new, named):
    with pytest.raises(PolicyError, match=named):
        load_policy(with_change(old, new), catalogue)


def test_a_change_is_stated_once_and_with_its_basis(catalogue):
    with pytest.raises(PolicyError, match="twice"):
        load_policy(with_change() + CHANGE.replace("OLD", A).replace("NEW", B), catalogue)
    with pytest.raises(PolicyError, match="legal basis"):
        load_policy(with_change().replace("公告", " "), catalogue)
