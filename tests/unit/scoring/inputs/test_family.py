"""What is known of a household follows from what is known of its members."""

from datetime import UTC, date, datetime

import pytest

from scoring.household import Evidence
from tests.support.facts import AS_OF, CHANGED, EVERYBODY, READ_AT, person, read, seen, value

ADULT = ("population", {"birth_date": date(1982, 3, 14)})
CHILD = ("population", {"birth_date": date(2012, 11, 30)})
YEARS = {"month_from": date(2020, 1, 1), "month_to": None, "status": "active"}


def works(cents, **more):
    return "social_insurance", {**YEARS, "base_cents": cents, **more}


def without(department):
    return EVERYBODY - {department}


def test_a_household_of_nobody_is_not_scored():
    assert seen() is None
    assert seen(person(left_on=date(2026, 10, 1))) is None


def test_the_income_adds_up_what_the_members_earn_and_are_paid_on_the_day():
    pension = {"start_date": date(2020, 5, 1), "end_date": None, "monthly_cents": 180_000}
    benefit = {"start_date": date(2026, 8, 1), "end_date": date(2026, 11, 1), "monthly_cents": 500}
    past = {"start_date": date(2026, 1, 1), "end_date": date(2026, 10, 31), "monthly_cents": 7}
    family = seen(
        person([works(360_000), ("unemployment_benefit", benefit), ("unemployment_benefit", past)]),
        person([("pension", pension)]),
    )

    assert value(family.monthly_income_cents) == 540_500
    assert family.monthly_income_cents.evidence == Evidence("human-resources", CHANGED)


def test_half_a_year_ago_other_periods_held():
    spell = works(400_000, month_to=date(2026, 5, 1))
    begun = works(100_000, month_from=date(2026, 6, 1))
    benefit = {"start_date": date(2026, 5, 1), "end_date": date(2026, 5, 1), "monthly_cents": 30}
    family = seen(person([spell, begun, ("unemployment_benefit", benefit)]))

    assert value(family.monthly_income_cents) == 100_000
    assert value(family.income_six_months_ago_cents) == 400_030


def test_without_the_word_of_human_resources_on_every_member_the_income_is_unknown():
    newcomer = person(known=datetime(2026, 8, 1, tzinfo=UTC))

    assert seen(person([works(1)]), asked=without("human-resources")).monthly_income_cents is None
    assert seen(person([works(1)]), newcomer).monthly_income_cents is None


def test_no_record_of_any_member_is_no_income():
    income = seen(person(), person()).monthly_income_cents

    assert (income.value, income.evidence) == (0, Evidence("human-resources", READ_AT))


def test_rigid_spending_is_a_twelfth_of_what_was_paid_in_twelve_months():
    def paid(day, cents):
        return "medical_settlement", {"settled_on": day, "self_paid_cents": cents}

    first = person([paid(date(2025, 11, 1), 5_000_000), paid(date(2025, 11, 2), 100)])
    second = person([paid(AS_OF, 43), paid(date(2026, 11, 2), 5_000_000)])

    assert value(seen(first, second).rigid_spending_cents) == 143 // 12
    assert seen(first, asked=without("medical-insurance")).rigid_spending_cents is None


@pytest.mark.parametrize(
    ("grade", "dangerous"), [("A", False), ("B", False), ("C", True), ("D", True)]
)
def test_a_dwelling_is_dangerous_from_grade_c(grade, dangerous):
    family = seen(person(), person([("dangerous_housing", {"grade": grade})]))

    assert value(family.dangerous_housing) is dangerous


def test_a_dangerous_dwelling_is_known_whoever_else_was_not_asked():
    told = person([("dangerous_housing", {"grade": "D"})])

    assert value(seen(told, person(), asked=()).dangerous_housing) is True
    assert seen(person(), asked=()).dangerous_housing is None


def test_where_nobody_is_under_age_there_is_no_single_parent():
    assert value(seen(person([ADULT]), person([ADULT])).single_parent) is False
    assert seen(person([ADULT]), person()).single_parent is None


@pytest.mark.parametrize(
    ("status", "single"),
    [
        *(("10", True), ("20", False), ("21", False), ("22", False), ("23", False)),
        *(("30", True), ("40", True), ("90", None), (None, None)),
    ],
)
def test_the_head_s_marriage_says_whether_a_parent_is_single(status, single):
    head = person([ADULT, ("marital_status", {"status": status})])

    assert value(seen(head, person([CHILD], relation="20")).single_parent) is single


def test_a_head_whose_marriage_nobody_registered_may_be_single_or_not():
    child = person([CHILD], relation="20")

    assert seen(person([ADULT]), child).single_parent is None
    assert seen(person([ADULT], relation="30"), child).single_parent is None
    assert seen(person([CHILD]), child).single_parent is None


@pytest.mark.parametrize("relation", ["10", "11", "12"])
def test_a_head_whose_spouse_lives_in_the_household_is_not_single(relation):
    head = person([ADULT, ("marital_status", {"status": "40"})])
    spouse = person([ADULT], relation=relation)

    assert value(seen(head, spouse, person([CHILD], relation="20")).single_parent) is False


@pytest.mark.parametrize(
    ("records", "assisted"),
    [
        ([("assistance_roll", {"category": "LS"})], True),
        ([("assistance_history", {"ever_assisted": True})], True),
        ([("assistance_history", {"ever_assisted": False})], False),
        ([], None),
    ],
)
def test_assistance_before_is_what_rolls_and_enquiries_say(records, assisted):
    assert value(seen(person(), person(records)).assisted_before) is assisted


def test_support_from_outside_is_what_any_supporter_gives():
    giving = person([("supporter", {"supports": True})])

    assert value(seen(person(), giving).support_outside) is True
    assert value(seen(person([("supporter", {"supports": False})])).support_outside) is False
    assert value(seen(person()).support_outside) is False
    assert seen(person(), asked=()).support_outside is None


def test_dibao_is_lost_when_it_ended_other_than_by_death():
    rolls = [
        {"category": "DB", "end_date": date(2026, 9, 1), "end_reason": "income-risen"},
        {"category": "DB", "end_date": date(2026, 9, 2), "end_reason": "deceased"},
        {"category": "TK", "end_date": date(2026, 9, 3), "end_reason": "other"},
        {"category": "DB", "end_date": date(2026, 11, 2), "end_reason": "other"},
        {"category": "DB", "end_date": None, "end_reason": None},
    ]

    family = seen(person([("assistance_roll", roll) for roll in rolls]))
    assert value(family.dibao_lost) == (date(2026, 9, 1),)
    assert value(seen(person()).dibao_lost) == ()


@pytest.mark.parametrize(
    ("kind", "level", "counts"),
    [
        *(("fire", 2, True), ("accident", 4, True), ("flood", 2, True), ("storm", 3, True)),
        *(("fire", 1, False), ("other", 4, False)),
    ],
)
def test_a_disaster_is_an_event_with_more_than_a_slight_loss(kind, level, counts):
    event = {"kind": kind, "occurred_on": date(2026, 10, 3), "loss_level": level}

    assert bool(value(seen(person([("disaster_damage", event)])).disasters)) is counts


def dead(on, *records, left_on=None, dataset="funeral"):
    return person([(dataset, {"died_on": on}), *records], left_on=left_on)


DEATH = date(2026, 9, 20)


@pytest.mark.parametrize("dataset", ["funeral", "death_certificate"])
def test_the_only_earner_died_when_nobody_else_worked(dataset):
    gone = dead(DEATH, works(1), left_on=date(2026, 9, 25), dataset=dataset)

    assert value(seen(person(), gone).only_earner_died) == (DEATH,)
    assert value(seen(person([works(1)]), gone).only_earner_died) == ()


def test_an_earner_who_died_and_is_still_in_the_register_counts():
    assert value(seen(person(), dead(DEATH, works(1))).only_earner_died) == (DEATH,)


@pytest.mark.parametrize(
    ("last_month", "counts"), [(date(2026, 9, 1), True), (date(2026, 8, 1), False)]
)
def test_who_worked_until_the_day_before_was_an_earner(last_month, counts):
    first = date(2026, 10, 1)
    gone = dead(first, works(1, month_to=last_month), left_on=date(2026, 10, 2))

    assert bool(value(seen(person(), gone).only_earner_died)) is counts


def test_who_left_more_than_ninety_seven_days_ago_is_no_member_any_more():
    last, before = date(2026, 7, 27), date(2026, 7, 26)

    assert value(seen(person(), dead(last, works(1), left_on=last)).only_earner_died) == (last,)
    assert value(seen(person(), dead(before, works(1), left_on=before)).only_earner_died) == ()


def test_whether_others_worked_is_unknown_without_human_resources():
    gone = dead(DEATH, works(1), left_on=DEATH)

    assert seen(person(), gone, asked=without("human-resources")).only_earner_died is None


def test_evidence_of_an_input_is_the_newest_record_it_rests_on():
    later = datetime(2026, 10, 20, tzinfo=UTC)
    grade = read({"grade": "C"}, changed=later)
    family = seen(
        person([("dangerous_housing", grade)]), person([("dangerous_housing", {"grade": "D"})])
    )

    assert family.dangerous_housing.evidence == Evidence("housing", later)


def test_nobody_tells_whether_there_is_a_carer():
    assert seen(person()).has_carer is None
