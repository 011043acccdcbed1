from dataclasses import replace
from datetime import UTC, date, datetime

from scoring.household import Evidence, Known
from scoring.score import Band, band_of, score
from tests.support.households import AS_OF, REGION, full_profile, household, member

PROFILE = full_profile()


def vouched(value, department, when):
    return Known(value, Evidence(department, when))


def test_bands_begin_at_their_cuts():
    cuts = {39: "green", 40: "yellow", 54: "yellow", 55: "orange", 69: "orange", 70: "red"}

    assert {total: band_of(total, PROFILE.document).value for total in cuts} == cuts
    assert [band.rank for band in Band] == [0, 1, 2, 3]


def test_a_reason_names_each_department_once_with_its_oldest_word():
    old, new = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)
    people = (
        replace(member("a"), birth_date=vouched(date(2015, 1, 1), "public-security", new)),
        replace(member("b"), birth_date=vouched(date(2016, 1, 1), "public-security", old)),
    )

    (reason,) = (
        r
        for r in score(replace(household({}), members=people), PROFILE).reasons
        if r.indicator == "minor-children"
    )

    assert [source.department for source in reason.sources] == ["public-security"]
    assert (reason.source, reason.source_time, reason.age_days) == ("public-security", old, 31)
    assert reason.text_en.endswith("(source: public security, 31 days ago)")
    assert reason.text_zh.endswith("（来源：公安，31天前）")


def test_days_are_counted_in_chinese_time_and_never_below_zero():
    evening = datetime(2026, 10, 30, 16, tzinfo=UTC)  # the 31st in China
    later = datetime(2026, 11, 3, tzinfo=UTC)
    facts = replace(
        household({}),
        dangerous_housing=vouched(True, "housing", evening),  # noqa: FBT003 the value of the input
        support_outside=vouched(False, "housing", later),  # noqa: FBT003 the value of the input
    )

    assert [reason.age_days for reason in score(facts, PROFILE).reasons] == [1, 0]


def test_a_department_without_a_label_goes_by_its_code():
    when = datetime(2026, 10, 31, tzinfo=UTC)
    facts = replace(
        household({}),
        dangerous_housing=vouched(True, "new-office", when),  # noqa: FBT003 the value of the input
    )

    (reason,) = score(facts, PROFILE).reasons

    assert "new-office，1天前" in reason.text_zh
    assert "new-office, 1 days ago" in reason.text_en


def test_a_hard_trigger_makes_the_band_red_and_adds_no_points():
    facts = household({"self_paid": [(date(2026, 10, 1), 279_000)]}, region=REGION)

    scored = score(facts, PROFILE)

    (trigger,) = scored.triggers
    assert (scored.total, scored.band) == (0, Band.RED)
    assert not trigger.urgent
    assert "2026年10月" in trigger.text_zh
    assert "3倍" in trigger.text_zh
    assert trigger.text_en.startswith("self-paid medical expense of 2026-10 reached 3 times")


def test_a_reason_without_evidence_has_no_source():
    scored = score(household({}), PROFILE)
    assert scored.reasons == ()

    alone = household({"birth_date": date(2030, 1, 1)}, as_of=AS_OF)
    reason = score(alone, PROFILE).reasons[0]
    bare = replace(reason, sources=())
    assert (bare.source, bare.source_time, bare.age_days) == (None, None, None)


def test_a_reason_names_nobody():
    facts = household({"birth_date": date(2015, 1, 1)}, {"birth_date": date(1950, 1, 1)})

    text = "".join(r.text_zh + r.text_en for r in score(facts, PROFILE).reasons)

    assert "p0" not in text
    assert "2015" not in text
