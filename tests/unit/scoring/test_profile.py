from datetime import date
from importlib import resources

import pytest

from schema.catalogue import Catalogue
from scoring.facts.rows import DATASETS
from scoring.household import Input
from scoring.profile import InputStatus, ProfileError, load_profile, packaged_profile
from scoring.score import score
from tests.support.households import AS_OF, REGION, everything_granted, full_profile, household

TEXT = (resources.files("scoring.parameters") / "profile_2026_07.toml").read_text("utf-8")


def refused(text=TEXT, check=everything_granted):
    with pytest.raises(ProfileError) as caught:
        load_profile(text, check)
    return caught.value.faults


def changed(old, new):
    assert TEXT.count(old) >= 1
    return TEXT.replace(old, new, 1)


def test_the_shipped_profile_reads_only_what_the_catalogue_declares_or_nobody_supplies_yet():
    catalogue = Catalogue.discover()

    def check(path):
        return InputStatus.GRANTED if catalogue.field(path) else InputStatus.UNDECLARED

    profile = load_profile(TEXT, check)

    assert all(catalogue.field(path) for path in profile.fields_read)
    unread = {Input.HAS_CARER, Input.SEX, Input.RELATION}
    assert profile.unavailable == unread


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (InputStatus.RESTRICTED, "class X"),
        (InputStatus.CONSENT_BOUND, "consent"),
    ],
)
def test_an_input_that_the_scorer_may_not_read_is_refused_when_the_profile_loads(status, words):
    def check(path):
        return status if path == "SchoolAlert.reportedOn" else InputStatus.GRANTED

    (fault,) = refused(check=check)

    assert "inputs.school_alert: SchoolAlert.reportedOn" in fault
    assert words in fault


def test_an_input_that_nobody_supplies_is_forgotten_before_scoring():
    def check(path):
        return InputStatus.UNDECLARED if path == "SchoolAlert.reportedOn" else InputStatus.GRANTED

    facts = household({"school_alert": True}, dangerous_housing=True)

    scored = score(facts, load_profile(TEXT, check))

    assert "school-alert" in scored.undecided
    assert [reason.indicator for reason in scored.reasons] == ["dangerous-housing"]


def test_an_input_that_is_not_granted_is_forgotten_and_named():
    def check(path):
        return InputStatus.NOT_GRANTED if path == "SchoolAlert.reportedOn" else InputStatus.GRANTED

    profile = load_profile(TEXT, check)

    assert profile.not_granted == ("SchoolAlert.reportedOn",)
    assert "SchoolAlert.reportedOn" not in profile.fields_read
    scored = score(household({"school_alert": True}, dangerous_housing=True), profile)
    assert "school-alert" in scored.undecided


def test_an_input_that_the_profile_does_not_name_is_forgotten_too():
    start = TEXT.index("[inputs.school_alert]")
    text = TEXT[:start] + TEXT[TEXT.index("[inputs.unattended_child]") :]

    assert Input.SCHOOL_ALERT in load_profile(text, everything_granted).unavailable


def test_the_digest_changes_with_the_rules_and_the_inputs_but_not_with_the_layout():
    def without_housing(path):
        return InputStatus.UNDECLARED if "Housing" in path else InputStatus.GRANTED

    digest = full_profile().digest

    assert load_profile("# a remark\n" + TEXT, everything_granted).digest == digest
    assert load_profile(TEXT, without_housing).digest != digest
    text = changed("cut = 40", "cut = 41")
    assert load_profile(text, everything_granted).digest != digest
    assert len(digest) == 64


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('dimension = "D1"\nrule', 'dimension = "D9"\nrule', "no dimension D9"),
        ('rule = "old-people"', 'rule = "odd-people"', "no rule odd-people"),
        ('rule = "disaster"', 'rule = "desaster"', "no rule desaster"),
        ('code = "old-people"', 'code = "minor-children"', "code of another"),
        ('code = "D2"', 'code = "D1"', "code of another"),
        ("cap = 25", "cap = 26", "add up to 100"),
        ("cut = 55\n", "cut = 40\n", "rising"),
        ('band = "orange"', 'band = "purple"', "bands must be"),
        ("tiers = [{ cut = 1, points = 3 }]", "tiers = [{ cut = 2, points = 3 }]", "with cut 1"),
        ("tiers = [{ cut = 7500, points = 4 }]", "tiers = []", "one tier"),
        ("{ cut = 2, points = 6 }", "{ cut = 1, points = 6 }", "its own cut"),
        ("家中有{count}名未成年人", "家中有{number}名未成年人", "{number}"),
        ("{count} in the household under 18", "{count!r} in the household", "{count}"),
        ("{count} in the household under 18", "{count:x} in the household", "{count}"),
        ("{count} in the household under 18", "{count in the household", "partner"),
        ("{times} times", "{count} times", "{count}"),
        ("{department}, {age} days ago", "{who}", "{who}"),
        (" (source: {items})", " (source: {item})", "{item}"),
        ("[inputs.has_carer]", "[inputs.has_cat]", "no such input"),
        ('fields = ["DangerousHousing.grade"]', "fields = []", "names no catalogue field"),
        ("adult = 18", "adolt = 18", "adolt"),
        ("adult = 18", "adult = 0", "ages.adult"),
        ("not-in-need = 90", "not-needed = 90", "not-needed"),
        ("valid_from = 2026-07-01", 'valid_from = "soon"', "valid_from"),
        ("[ages]", "[ages", "TOML"),
    ],
)
def test_a_fault_in_the_file_is_named(old, new, words):
    faults = refused(changed(old, new))

    assert any(words in fault for fault in faults) or words == "TOML"


def test_all_faults_are_named_at_once():
    text = changed("cap = 25", "cap = 26").replace('rule = "student"', 'rule = "stundent"')

    assert len(refused(text)) == 2


def test_the_shipped_profile_is_in_force_from_its_day():
    assert packaged_profile(date(2026, 7, 1), everything_granted).document.code == "profile-2026-07"
    with pytest.raises(ProfileError, match="in force on 2026-06-30"):
        packaged_profile(date(2026, 6, 30), everything_granted)


def test_the_longest_prefix_and_then_the_latest_day_gives_the_local_standard():
    table = """[[regions]]
prefix = "4201"
valid_from = 2026-01-01
dibao_standard_cents = 93000"""
    more = (
        table.replace("93000", "99000").replace("2026-01", "2026-11")
        + "\nrigid_ratio_bp = 6000\nreference = 'r'\n"
        + table.replace("93000", "97000").replace("4201", "420106").replace("-01-01", "-02-01")
        + "\nrigid_ratio_bp = 6000\nreference = 'r'\n"
    )
    profile = load_profile(changed(table, more + table), everything_granted)

    def standard(code, on):
        region = profile.region(code, on)
        return region and region.dibao_standard_cents

    assert standard(REGION, AS_OF) == 97000
    assert standard(REGION, date(2026, 1, 31)) == 93000
    assert standard("420107001001", date(2026, 10, 31)) == 93000
    assert standard("420107001001", date(2026, 11, 1)) == 99000
    assert standard("690101001001", AS_OF) is None
    assert standard(None, AS_OF) is None


def test_every_department_that_a_reason_may_quote_has_a_name_in_both_languages():
    names = packaged_profile(date(2026, 7, 1), everything_granted).document.departments

    for dataset in DATASETS.values():
        assert names[dataset.department].zh
        assert names[dataset.department].en
