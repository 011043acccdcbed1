from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scoring.alert_life import AlertOutcome
from scoring.alerts import (
    Alert,
    AlertParameters,
    AutoClose,
    Downgrade,
    Ended,
    Keep,
    Open,
    Suppressed,
    Upgrade,
    decide,
)
from scoring.parameters.working_days import packaged_calendar
from scoring.score import Band, Score, Trigger, band_of
from tests.support.households import AS_OF, full_profile

PARAMETERS = AlertParameters(full_profile().document, packaged_calendar())
NOW = datetime(2026, 11, 2, 2, tzinfo=UTC)  # a Monday
TODAY = date(2026, 11, 2)
IN_2, IN_5, IN_10 = date(2026, 11, 4), date(2026, 11, 9), date(2026, 11, 16)


def trigger(occurred_on=date(2026, 10, 1), *, urgent=False):
    return Trigger("disaster", occurred_on, urgent, "", "", ())


def scored(total, *triggers):
    band = Band.RED if triggers else band_of(total, PARAMETERS.document)
    return Score(AS_OF, total, band, 100, (), (), (), (), triggers, "")


def decided(previous, after, before=None, now=NOW, **how):
    return decide(previous, before, after, now, PARAMETERS, **how)


def opened(band, due_on=IN_5, *keys):
    return Alert(Band(band), due_on, frozenset(keys))


def ended(outcome, days_ago, total=60, *keys):
    end = Ended(AlertOutcome(outcome), TODAY - timedelta(days=days_ago), total)
    return Alert(Band.ORANGE, IN_5, frozenset(keys), end)


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (39, Keep()),
        (40, Open(Band.YELLOW, IN_10, frozenset())),
        (55, Open(Band.ORANGE, IN_5, frozenset())),
        (70, Open(Band.RED, IN_2, frozenset())),
    ],
)
def test_a_household_without_an_alert_gets_one_from_yellow_on(total, expected):
    assert decided(None, scored(total)) == expected


def test_the_days_to_visit_count_from_the_day_in_china():
    sunday_evening = datetime(2026, 11, 1, 16, tzinfo=UTC)

    assert decided(None, scored(70), now=sunday_evening).due_on == IN_2


def test_a_hard_trigger_opens_red_whatever_the_score():
    assert decided(None, scored(0, trigger())) == Open(
        Band.RED, IN_2, frozenset({"disaster:2026-10-01"})
    )


def test_an_urgent_trigger_wants_a_visit_by_the_next_day():
    friday = datetime(2026, 11, 6, 2, tzinfo=UTC)

    decision = decided(None, scored(0, trigger(urgent=True)), now=friday)

    assert decision.due_on == date(2026, 11, 7)


def test_an_open_alert_is_kept_not_doubled():
    assert decided(opened("orange"), scored(60)) == Keep()


def test_a_higher_band_raises_the_open_alert_and_never_delays_the_visit():
    assert decided(opened("yellow", IN_10), scored(55)) == Upgrade(Band.ORANGE, IN_5, frozenset())
    assert decided(opened("orange", TODAY), scored(70)).due_on == TODAY


def test_a_new_trigger_on_a_red_alert_may_hasten_it():
    alert = opened("red", IN_2, "disaster:2026-10-01")
    again = scored(75, trigger(), trigger(date(2026, 11, 1), urgent=True))

    keys = frozenset({"disaster:2026-10-01", "disaster:2026-11-01"})
    assert decided(alert, again) == Upgrade(Band.RED, date(2026, 11, 3), keys)
    assert decided(alert, scored(75, trigger())) == Keep()


@pytest.mark.parametrize(
    ("band", "total", "expected"),
    [
        ("red", 66, Keep()),
        ("red", 65, Downgrade(Band.ORANGE, IN_5)),
        ("red", 51, Downgrade(Band.ORANGE, IN_5)),
        ("red", 50, Downgrade(Band.YELLOW, IN_10)),
        ("orange", 51, Keep()),
        ("orange", 50, Downgrade(Band.YELLOW, IN_10)),
        ("yellow", 36, Keep()),
        ("yellow", 0, Keep()),
        ("orange", 0, Downgrade(Band.YELLOW, IN_10)),
    ],
)
def test_a_band_is_left_only_five_points_below_its_cut_and_yellow_is_left_by_people(
    band, total, expected
):
    assert decided(opened(band, IN_2), scored(total), before=scored(80)) == expected


def test_a_downgrade_never_brings_the_visit_forward():
    late = date(2026, 12, 31)

    assert decided(opened("red", late), scored(60)) == Downgrade(Band.ORANGE, late)


def test_an_alert_stays_red_while_its_trigger_holds():
    alert = opened("red", IN_2, "disaster:2026-10-01")

    assert decided(alert, scored(0, trigger())) == Keep()
    assert decided(alert, scored(0)) == Downgrade(Band.YELLOW, IN_10)


def test_an_alert_closes_by_itself_only_when_a_correction_took_its_ground():
    closed = AutoClose(AlertOutcome.DATA_CORRECTED, "data corrected")
    alert = opened("yellow", IN_10)

    assert decided(alert, scored(30), before=scored(45), by_correction=True) == closed
    assert decided(alert, scored(30), before=scored(30, trigger()), by_correction=True) == closed
    assert decided(alert, scored(30), before=scored(45)) == Keep()
    assert decided(alert, scored(40), before=scored(45), by_correction=True) == Keep()
    assert decided(alert, scored(30), before=scored(30), by_correction=True) == Keep()
    assert decided(alert, scored(30), before=None, by_correction=True) == Keep()


def test_after_not_in_need_there_is_silence_for_ninety_days():
    until = TODAY + timedelta(days=1)

    assert decided(ended("not-in-need", 89), scored(74)) == Suppressed(until)
    assert decided(ended("not-in-need", 90), scored(60)) == Open(Band.ORANGE, IN_5, frozenset())
    assert decided(ended("not-in-need", 1), scored(39)) == Keep()


def test_fifteen_points_more_break_the_silence():
    assert isinstance(decided(ended("not-in-need", 1, 60), scored(75)), Open)
    assert isinstance(decided(ended("not-in-need", 1, 60), scored(74)), Suppressed)


def test_a_new_trigger_breaks_the_silence_and_one_that_was_looked_into_does_not():
    verified = ended("not-in-need", 1, 60, "disaster:2026-10-01")

    assert isinstance(decided(verified, scored(60, trigger())), Suppressed)
    assert isinstance(decided(verified, scored(60, trigger(date(2026, 11, 1)))), Open)


@pytest.mark.parametrize("outcome", ["unreachable", "data-corrected"])
def test_other_ends_do_not_silence(outcome):
    assert isinstance(decided(ended(outcome, 1), scored(60)), Open)


def test_who_is_being_helped_gets_no_second_alert():
    assert isinstance(decided(ended("cause-confirmed", 89), scored(60)), Suppressed)


def test_without_hysteresis_a_band_is_left_at_its_cut():
    rules = replace_hysteresis(0)

    decision = decide(opened("red", IN_2), None, scored(69), NOW, rules)

    assert decision == Downgrade(Band.ORANGE, IN_5)


def replace_hysteresis(points):
    document = PARAMETERS.document
    alerts = type(document.alerts)(
        hysteresis=points,
        suppression_days=document.alerts.suppression_days,
        breakthrough_points=document.alerts.breakthrough_points,
        daily_cap_per_community=document.alerts.daily_cap_per_community,
    )
    fields = {name: getattr(document, name) for name in document.__struct_fields__}
    return replace(PARAMETERS, document=type(document)(**{**fields, "alerts": alerts}))
