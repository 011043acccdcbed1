"""What the log adds up to: counted in any pieces, by rules that are data, about nobody by name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import CODE_BY_KIND, EntryKind, SubjectAccess, pack_subjects
from audit.indicator_rules import (
    Rule,
    Usual,
    load_rules,
    packaged_rules,
    raised_threshold,
    window_end,
    window_start,
)
from audit.indicators import Circumstances, applies, indicator_id, observed, tally
from hub.access import Reason
from schema.catalogue import Catalogue
from scoring.parameters.working_days import packaged_calendar

NOON = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
"""Of Beijing."""
RULES = {rule.id: rule for rule in packaged_rules()}


def entry(index=0, *, at=NOON, kind=EntryKind.ANSWER, tags=(), **record):
    content = {"department": "tax", "client": "tax-desk", "outcome": "answered"} | record
    packed = pack_subjects([SubjectAccess(tag * 32, 1) for tag in tags])
    return observed(index, at, CODE_BY_KIND[kind], orjson.dumps(content), packed)


def rule(**changed):
    stated = {
        "id": "a-rule", "says": "s", "says_zh": "s", "severity": "low",
        "kinds": [EntryKind.ANSWER], "measure": "entries", "window_s": 600, "threshold": 2,
    }  # fmt: skip
    return Rule(**(stated | changed))


def looked_for(**counts):
    return entry(roots=[{"name": "people", "found": 0, **counts}])


@pytest.mark.parametrize(
    ("name", "made", "counts"),
    [
        ("consent-bound-without-consent", entry(denied=["X.y CONSENT_REQUIRED"]), True),
        ("consent-bound-without-consent", entry(denied=["Person.bankDeposits NOT_GRANTED"]), True),
        ("consent-bound-without-consent", entry(denied=["BankDeposit.kind NOT_GRANTED"]), True),
        ("consent-bound-without-consent", entry(denied=["Population.phone NOT_GRANTED"]), False),
        ("consent-bound-without-consent", entry(), False),
        ("no-such-people", looked_for(unknown=3, outside=2), True),
        ("cases-refused", entry(kind=EntryKind.DENIAL, reason="CASE_REQUIRED"), True),
        ("cases-refused", entry(kind=EntryKind.DENIAL, reason="NOT_GRANTED"), False),
        ("suspended-agreement-asked", entry(denied=["A.b SUSPENDED"]), True),
        ("suspended-agreement-asked", entry(kind=EntryKind.DENIAL, reason="SUSPENDED"), True),
        ("burst-of-look-ups", entry(actor="c-7", subjects=1), True),
        ("burst-of-look-ups", entry(subjects=1), False),
        ("burst-of-look-ups", entry(actor="c-7"), False),
        ("look-ups-at-night", entry(actor="c-7", subjects=1, at=NOON.replace(hour=14)), True),
        ("look-ups-at-night", entry(actor="c-7", subjects=1, at=NOON.replace(hour=21)), True),
        ("look-ups-at-night", entry(actor="c-7", subjects=1, at=NOON.replace(hour=22)), False),
        ("look-ups-at-night", entry(actor="c-7", subjects=1), False),
        ("one-person-many-departments", entry(tags=[b"a"]), True),
        ("one-person-many-departments", entry(subjects=11), False),
        ("many-denials", entry(kind=EntryKind.DENIAL, reason="TOO_COSTLY"), True),
        ("many-denials", entry(denied=["A.b NOT_GRANTED"]), True),
        ("many-denials", entry(), False),
        ("export-volume", entry(channel="export", subjects=5), True),
        ("export-volume", entry(channel="graphql", subjects=5), False),
        ("used-again", entry(kind=EntryKind.DENIAL, reason="USED_BEFORE"), True),
        ("used-again", entry(kind=EntryKind.DENIAL, reason="NOT_GRANTED"), False),
    ],
)
def test_a_packaged_rule_counts_what_it_is_about(name, made, counts):
    assert applies(RULES[name], made) is counts


SATURDAY = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)
LIST = [{"name": "households", "found": 30}]
TAG = b"a" * 32
NEAR, WATCHED = Circumstances(near={TAG}), Circumstances(watched={TAG})
FIELDS = frozenset({"Population.name"})


@pytest.mark.parametrize(
    ("name", "made", "around", "counts"),
    [
        ("look-ups-on-days-off", {"at": SATURDAY, "subjects": 1}, None, True),
        ("look-ups-on-days-off", {"subjects": 1}, None, False),
        ("searches-not-by-number", {"roots": LIST}, None, True),
        ("searches-not-by-number", {"roots": [{"name": "person"}]}, None, False),
        ("look-ups-without-casework", {"tags": [b"a"]}, None, True),
        ("look-ups-without-casework", {"tags": [b"a"], "case": "G-1"}, None, False),
        ("own-relatives-or-neighbours", {"tags": [b"a"]}, NEAR, True),
        ("own-relatives-or-neighbours", {"tags": [b"a"]}, WATCHED, False),
        ("watched-people", {"tags": [b"a"]}, WATCHED, True),
        ("watched-people", {"tags": [b"a"]}, NEAR, False),
        ("watched-people", {"tags": [b"a"], "case": "G-1"}, WATCHED, False),
        ("dormant-account-wakes", {}, Circumstances(slept_days=60, awake_s=5), True),
        ("dormant-account-wakes", {}, Circumstances(slept_days=60, awake_s=86_400), False),
        ("dormant-account-wakes", {}, Circumstances(slept_days=59), False),
        ("unusual-fields", {"subjects": 1},
         Circumstances(read_before=set(), read_now=FIELDS), True),
        ("unusual-fields", {"subjects": 1},
         Circumstances(read_before=FIELDS, read_now=FIELDS), False),
        ("unusual-fields", {"subjects": 1}, Circumstances(read_now=FIELDS), False),
        ("system-reads-more", {"subjects": 1, "actor": None}, None, True),
        ("system-reads-more", {"subjects": 1}, None, False),
    ],
)  # fmt: skip
def test_a_packaged_rule_heeds_what_surrounds_an_entry(name, made, around, counts):
    seen = entry(**{"actor": "c-7", "roots": []} | made)

    assert applies(RULES[name], replace(seen, around=around or Circumstances())) is counts


@pytest.mark.parametrize(
    ("day", "is_off"),
    [
        ("2026-10-01", True),
        ("2026-10-07", True),
        ("2026-10-08", False),
        ("2026-10-10", False),
        ("2026-10-11", True),
        ("2026-02-14", False),
        ("2026-02-16", True),
        ("2031-10-01", False),
        ("2031-10-04", True),
    ],
)
def test_holidays_are_days_off_and_weekend_days_worked_in_their_place_are_none(day, is_off):
    noon = datetime.fromisoformat(f"{day}T12:00:00+08:00")
    for at in (noon - timedelta(hours=12), noon, noon + timedelta(hours=11, minutes=59)):
        assert (
            applies(RULES["look-ups-on-days-off"], entry(at=at, actor="c-7", subjects=1)) is is_off
        )


def test_days_off_are_those_by_which_the_hub_counts_working_days():
    ours, theirs = RULES["look-ups-on-days-off"].calendar, packaged_calendar()

    assert (ours.off, ours.worked) == (theirs.days_off, theirs.worked)


def test_a_rule_about_days_off_says_where_the_public_holidays_of_a_year_are_not_known():
    rule, other = RULES["look-ups-on-days-off"], RULES["look-ups-at-night"]
    last_of_2026 = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    first_of_2027 = last_of_2026 + timedelta(minutes=1)  # midnight in Beijing

    assert rule.said_of(last_of_2026) == (rule.says, rule.says_zh)
    says, says_zh = rule.said_of(first_of_2027)
    assert says.startswith(rule.says)
    assert "holidays of 2027 are not known" in says
    assert says_zh.startswith(rule.says_zh)
    assert "2027" in says_zh
    assert other.said_of(first_of_2027) == (other.says, other.says_zh)


@pytest.mark.parametrize(
    "calendar",
    ["off = [2026-01-04]\nworked = [2026-01-04]", "worked = [2026-01-05]", "of = [2026-01-04]"],
)
def test_a_calendar_that_cannot_be_is_refused(calendar):
    with pytest.raises(ValueError, match=r"calendar|of`"):
        load_rules(f"rule = []\n[calendar]\n{calendar}")


def test_a_threshold_rises_with_what_is_usual_in_whole_numbers_and_has_an_end():
    usual = Usual(of=["reader"], percent=250, ceiling=100)
    made = rule(threshold=10, usual=usual)

    assert [raised_threshold(made, each) for each in (0, 4, 5, 17, 1_000)] == [10, 10, 13, 43, 100]
    assert raised_threshold(rule(threshold=10), 1_000) == 10
    assert raised_threshold(made, None) == 10
    strict = Usual(of=["reader"], percent=250, must_be_known=True)
    assert raised_threshold(rule(threshold=10, usual=strict), None) > 2**60
    assert raised_threshold(rule(threshold=10, usual=strict), 1_000) == 2_500


def test_a_rule_counts_in_its_days_only_and_two_of_an_id_never_hold_at_once():
    text = """
[[rule]]
id = "one"
says = "s"
says_zh = "s"
severity = "low"
kinds = ["answer"]
measure = "entries"
window_s = 86400
threshold = 1
valid_from = {}
valid_to = {}
"""
    first, second = (("2026-11-01", "2026-11-27"), ("2026-11-27", "2027-01-01"))
    rules = load_rules(text.format(*first) + text.format(*second).replace("= 1", "= 9"))

    (count,) = tally(rules, [entry(1), entry(2)]).counts.values()
    assert (count.rule.threshold, count.count) == (9, 2)
    midnight = NOON.replace(day=26, hour=16)
    assert next(iter(tally(rules, [entry(at=midnight - timedelta(seconds=1))]).counts.values())
                ).rule.threshold == 1  # fmt: skip
    with pytest.raises(ValueError, match="one day"):
        load_rules(text.format(*first) + text.format("2026-11-26", "2027-01-01"))


def test_an_indicator_names_the_first_fifty_entries_that_it_rests_on():
    (count,) = tally([rule()], [entry(index, at=NOON) for index in range(60)]).counts.values()

    assert (count.entries, count.count, count.last) == (list(range(50)), 60, 59)


def test_look_ups_wait_for_casework_and_casework_is_told_by_whom_about_whom():
    waits = rule(unfollowed_days=14)
    command = entry(2, kind=EntryKind.COMMAND, actor="c-8", tags=[b"a"])
    added = tally([waits], [entry(1, actor="c-7", tags=[b"a", b"b"]), command])

    assert [(each.who.actor, each.tag[:1], each.place) for each in added.waiting] == [
        ("c-7", b"a", 1), ("c-7", b"b", 1),
    ]  # fmt: skip
    assert {(name, tag[:1]) for name, tag, _ in added.worked} == {("tax", b"a")}
    assert not added.counts


def test_every_rule_says_what_it_means_in_both_languages():
    assert all(each.says and each.says_zh for each in RULES.values())
    assert len(RULES) >= 10


def test_the_packaged_rules_name_every_way_to_what_needs_consent():
    rule = RULES["consent-bound-without-consent"]
    catalogue = Catalogue.discover()
    bound = {d for d in catalogue if any(f.consent for f in d.fields)}

    assert bound
    assert {f"{d.type_name}.*" for d in bound} <= set(rule.fields)
    assert set(rule.reasons) <= {str(each) for each in Reason}


def test_what_is_no_rule_is_refused():
    good = """
[[rule]]
id = "one"
says = "s"
says_zh = "s"
severity = "low"
kinds = ["answer"]
measure = "entries"
window_s = 60
threshold = 1
"""
    assert load_rules(good)[0].threshold == 1
    for bad in (good * 2, good.replace("low", "grave"), good + "more = 1", "x = [", good + "id"):
        with pytest.raises(ValueError):
            load_rules(bad)


def test_a_window_is_cut_at_even_times_of_beijing():
    day = rule(window_s=86_400)
    at = int(NOON.timestamp() * 1_000)

    start = datetime.fromtimestamp(window_start(day, at), UTC)
    assert start.isoformat() == "2026-11-26T16:00:00+00:00"
    assert window_end(day, window_start(day, at)) == start + timedelta(days=1)
    assert (
        window_start(rule(), at + 599_999)
        == window_start(rule(), at)
        != window_start(rule(), at + 600_000)
    )


def test_counts_go_by_who_asked_and_say_between_which_entries():
    entries = [
        entry(3, actor="a"),
        entry(4, actor="b"),
        entry(9, actor="a"),
        entry(12, actor="a", at=NOON + timedelta(minutes=10)),
        entry(13, actor="a", client="other"),
    ]

    counts = list(tally([rule()], entries).counts.values())

    assert [(c.who.actor, c.first, c.last, c.count) for c in counts] == [
        ("a", 3, 9, 2),
        ("b", 4, 4, 1),
        ("a", 12, 12, 1),
        ("a", 13, 13, 1),
    ]
    assert len({c.id for c in counts}) == 4
    assert indicator_id("a", 1, "x") != indicator_id("a", 1, "y")


@pytest.mark.parametrize(
    ("measure", "made", "amount"),
    [
        ("subjects", {"subjects": 7}, 7),
        ("subjects", {"tags": [b"a", b"b"]}, 2),
        ("unseen", {"roots": [{"unknown": 2, "outside": 1}, {"found": 4}]}, 3),
        ("unseen", {"roots": "odd"}, 0),
        ("entries", {"denied": "odd"}, 1),
    ],
)
def test_what_is_counted_is_what_the_rule_measures(measure, made, amount):
    counts = tally([rule(measure=measure)], [entry(**made)]).counts.values()

    assert sum(c.count for c in counts) == amount


def test_a_subject_is_seen_once_by_each_department_in_a_window():
    many = rule(measure="departments")
    entries = [entry(5, tags=[b"a"]), entry(6, tags=[b"a"]), entry(7, tags=[b"a"], department="x")]

    seen = tally([many], entries).sightings.items()

    assert [(s.tag, s.by, index) for s, (_, _, index) in seen] == [
        (b"a" * 32, "tax", 5),
        (b"a" * 32, "x", 7),
    ]
    assert not tally([many], entries).counts


ENTRIES = st.lists(
    st.builds(
        lambda minute, actor, denied: entry(
            at=NOON + timedelta(minutes=minute), actor=actor, denied=denied, subjects=1
        ),
        st.integers(0, 3_000),
        st.sampled_from(["a", "b", None]),
        st.sampled_from([[], ["BankDeposit.kind NOT_GRANTED"], ["A.b SUSPENDED"]]),
    ),
    max_size=40,
)


@given(ENTRIES, st.integers(0, 40))
def test_two_stretches_add_up_to_the_whole(entries, cut):
    entries = [replace(each, index=index) for index, each in enumerate(entries)]
    whole = tally(list(RULES.values()), entries).counts

    parts = {}
    for stretch in (entries[:cut], entries[cut:]):
        for count in tally(list(RULES.values()), stretch).counts.values():
            known = parts.setdefault(count.id, replace(count, count=0, entries=[]))
            known.first, known.last = min(known.first, count.first), max(known.last, count.last)
            known.count += count.count
            known.entries = (known.entries + count.entries)[:50]

    assert parts == {count.id: count for count in whole.values()}
