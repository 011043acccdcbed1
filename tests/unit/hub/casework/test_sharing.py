"""The life of a sharing request: no step out of order, one notice, two people, clocks in days."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.access import Caller, Entitlement, Reason, default_policy_text, load_policy
from hub.access.difference import difference
from hub.casework.sharing.clocks import packaged_clock
from hub.casework.sharing.life import Act, Life, NotNowError, SamePersonError, State, Step, lived
from hub.casework.sharing.request import (
    InvalidRequestFileError,
    base_of,
    compiled,
    read_request,
    rebased,
)
from hub.casework.sharing.standing import (
    additions_of,
    agreement_of,
    agreements_of,
    suspended_of,
)
from hub.casework.sharing.whose import Named, named_in
from hub.errors import SetupError
from hub.store.sharing import StoredAct
from schema.catalogue import Catalogue, Sharing

DAY = date(2026, 9, 21)
NOON = datetime(2026, 9, 21, 4, tzinfo=UTC)
REQUEST = """
agreement = "PS-ED-2026-09"
source = "public-security"
department = "education"
role = "clerk"
purpose = "PUSH"
fields = ["Population.phone"]
basis = "law, art. 9"
scene = "student aid: reaching the guardian"
scope = ["420106"]
method = "query"
from = 2026-10-01
until = 2027-10-01
"""


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.discover()


def act(step, by="a", why="because"):
    return Act(step, by, DAY, why)


def life_of(*steps) -> Life:
    return lived([act(step, by) for step, by in steps])


def test_a_request_is_approved_by_one_and_confirmed_by_another():
    life = life_of((Step.FILE, "asker"), (Step.APPROVE, "head"), (Step.CONFIRM, "second"))

    assert (life.state, life.in_force_on) == (State.IN_FORCE, DAY)


@pytest.mark.parametrize("by", ["asker", "head"])
def test_nobody_confirms_what_they_filed_or_approved(by):
    life = life_of((Step.FILE, "asker"), (Step.APPROVE, "head"))
    with pytest.raises(SamePersonError):
        life.after(act(Step.CONFIRM, by))


def test_nobody_approves_their_own_request():
    with pytest.raises(SamePersonError):
        life_of((Step.FILE, "asker"), (Step.APPROVE, "asker"))


def test_there_is_one_notice_and_no_second_extension():
    life = life_of((Step.FILE, "a"), (Step.NOTICE, "h"), (Step.COMPLETE, "a"), (Step.EXTEND, "h"))
    for step in (Step.NOTICE, Step.EXTEND):
        with pytest.raises(NotNowError):
            life.after(act(step))


@pytest.mark.parametrize("step", [Step.REFUSE, Step.NOTICE])
def test_a_refusal_needs_its_reasons(step):
    with pytest.raises(NotNowError, match="reason"):
        lived([act(Step.FILE)]).after(Act(step, "h", DAY))


def test_resuming_takes_two_and_suspending_one():
    life = lived([act(Step.SUSPEND, "anyone")], Life(State.IN_FORCE, "operator", DAY))
    assert life.state is State.SUSPENDED
    resuming = life.after(act(Step.RESUME, "first"))
    with pytest.raises(SamePersonError):
        resuming.after(act(Step.CONFIRM, "first"))
    assert resuming.after(act(Step.CONFIRM, "second")).state is State.IN_FORCE


@given(st.lists(st.tuples(st.sampled_from(Step), st.sampled_from("abc")), max_size=12))
def test_whatever_is_tried_in_whatever_order_nothing_is_in_force_by_one_person(tried):
    life, people = None, []
    for step, by in [(Step.FILE, "a"), *tried]:
        try:
            life = lived([act(step, by)]) if life is None else life.after(act(step, by))
        except (NotNowError, SamePersonError):
            continue
        people.append((step, by))
        if life.state is State.IN_FORCE:
            confirmed = next(b for s, b in reversed(people) if s is Step.CONFIRM)
            decided = [b for s, b in people if s in {Step.FILE, Step.APPROVE}]
            assert confirmed not in decided
            assert len({confirmed, *decided}) > 1
    assert life is not None
    assert lived(life.acts) == life


@pytest.mark.parametrize(
    ("sharing", "extended", "due"),
    [
        (Sharing.UNCONDITIONAL, False, date(2026, 9, 22)),
        # The National Day holiday lies between: its days off are no working days.
        (Sharing.CONDITIONAL, False, None),
        (Sharing.CONDITIONAL, True, None),
    ],
)
def test_an_answer_is_due_in_working_days(sharing, extended, due):
    clock = packaged_clock()
    found = clock.answer_due(DAY, sharing, extended=extended)

    worked = [1, 10, 20][(sharing is Sharing.CONDITIONAL) + extended]
    assert found == (due or clock.calendar.after(DAY, worked))
    assert clock.calendar.is_working_day(found)


@pytest.mark.parametrize(
    ("left_out", "named"),
    [
        ("basis", "basis"),
        ("scene", "scene"),
        ("scope", "scope"),
        ("method", "method"),
        ("from", "from"),
    ],
)
def test_what_a_request_lacks_is_named_and_nothing_is_refused(catalogue, left_out, named):
    text = "\n".join(row for row in REQUEST.splitlines() if not row.startswith(f"{left_out} ="))
    (lack,) = read_request(text, catalogue).lacks()

    assert lack.startswith(named)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Population.phone", "Population.nothing", "no field"),
        ('source = "public-security"', 'source = "tax"', "belongs to public-security"),
        ('fields = ["Population.phone"]', "fields = []", "names no field"),
        ("agreement =", "unknown =", "unknown"),
    ],
)
def test_a_request_that_cannot_be_taken_in_says_why(catalogue, old, new, said):
    with pytest.raises(InvalidRequestFileError, match=said):
        read_request(REQUEST.replace(old, new), catalogue)


def test_a_request_in_force_opens_its_fields_and_suspended_it_closes_them(catalogue):
    base = default_policy_text()
    text = read_request(REQUEST, catalogue).text
    before = load_policy(base, catalogue)
    after = load_policy(compiled(base, [text], []), catalogue)
    caller = Caller("education", "clerk", "PUSH", "c")

    def decision(policy):
        found = policy.entitlement(caller, date(2026, 11, 1))
        assert isinstance(found, Entitlement)
        return found

    assert not decision(before).is_granted("Population.phone")
    assert decision(after).is_granted("Population.phone")
    (change,) = difference(before, after)
    assert change.widens
    stopped = load_policy(compiled(base, [text], ["PS-ED-2026-09"]), catalogue)
    assert decision(stopped).decide("Population.phone").reason is Reason.SUSPENDED
    assert not any(c.widens for c in difference(after, stopped))


def test_the_operators_part_is_told_apart_from_what_came_of_requests(catalogue):
    base, text = default_policy_text(), read_request(REQUEST, catalogue).text
    whole = compiled(base, [text], [])

    assert base_of(whole) == base
    assert rebased("# another\n" + base, whole) == compiled("# another\n" + base, [text], [])


def standing(catalogue, acts=()):
    """Return every agreement of the packaged policy by name."""
    return {a.name: a for a in agreements_of(default_policy_text(), acts, catalogue)}


def test_only_what_was_passed_on_about_people_is_purged_when_it_runs_out(catalogue):
    known, clock, then = standing(catalogue), packaged_clock(), date(2028, 7, 1)

    passed_on, own, of_nobody = known["PS-ED-2026-01"], known["ED-OWN"], known["AUDIT-2026-01"]
    assert [what for what, _ in passed_on.dues(clock, then)] == ["purge certificate"]
    assert passed_on.dues(clock, date(2028, 6, 30)) == ()
    assert own.has_run_out(then)
    assert own.dues(clock, then) == of_nobody.dues(clock, then) == ()


def stored(*steps, name="PS-ED-2026-09", text=REQUEST):
    """Return acts as they are stored: each a step and who took it."""
    return [
        StoredAct(name, step, by, NOON, "because", text if step == Step.FILE else None)
        for step, by in steps
    ]


TAKEN = default_policy_text().replace("PS-ED-2026-01", "PS-ED-2026-09")
IN_FORCE = ((Step.FILE, "a"), (Step.APPROVE, "h"), (Step.CONFIRM, "s"))


@pytest.mark.parametrize(
    ("document", "acts", "state"),
    [
        (TAKEN, stored(*IN_FORCE), State.IN_FORCE),
        (default_policy_text(), stored(*IN_FORCE, text="fields = 3"), State.UNCLEAR),
        (
            default_policy_text(),
            stored(*IN_FORCE, text=REQUEST.replace("Population.phone", "Population.gone")),
            State.UNCLEAR,
        ),
        (default_policy_text(), stored((Step.CONFIRM, "s")), State.UNCLEAR),
        (default_policy_text(), stored((Step.FILE, "a"), ("JUMP", "b")), State.UNCLEAR),
    ],
)
def test_one_bad_record_is_marked_and_hides_no_other(catalogue, document, acts, state):
    good = stored((Step.FILE, "a"), name="PS-ED-2026-10", text=REQUEST.replace("26-09", "26-10"))
    known = {a.name: a for a in agreements_of(document, [*acts, *good], catalogue)}
    bad = known.pop("PS-ED-2026-09")

    assert (bad.life.state, bad.steps) == (state, len(acts))
    assert bad.problem
    assert bad.dues(packaged_clock(), DAY) == ()
    assert known["PS-ED-2026-10"].life.state is State.FILED
    assert len(known) > 20
    assert not any(a.problem for a in known.values())


@pytest.mark.parametrize(
    ("step", "is_stopped"), [(Step.SUSPEND, True), (Step.TERMINATE, True), (Step.DISPUTE, False)]
)
def test_under_a_name_that_is_taken_reading_can_be_stopped_and_nothing_else(
    catalogue, step, is_stopped
):
    acts = stored(*IN_FORCE, (step, "h"))
    if not is_stopped:
        with pytest.raises(NotNowError, match="another name"):
            agreement_of(TAKEN, acts, catalogue, "PS-ED-2026-09")
        return
    assert agreement_of(TAKEN, acts, catalogue, "PS-ED-2026-09").steps == 4
    known = agreements_of(TAKEN, acts, catalogue)
    policy = load_policy(compiled(TAKEN, additions_of(known), suspended_of(known)), catalogue)
    under = [g for r in policy.rules for g in r.grants if g.agreement == "PS-ED-2026-09"]
    assert under
    assert all(grant.suspended for grant in under)


def test_what_is_unclear_is_left_out_of_the_policy_and_what_bore_its_name_is_closed(catalogue):
    acts = stored((Step.SUSPEND, "h"), (Step.SUSPEND, "h"), name="PS-ED-2026-01")
    known = agreements_of(default_policy_text(), acts, catalogue)
    gone = agreements_of(default_policy_text(), stored(*IN_FORCE, text="?"), catalogue)

    assert suspended_of(known) == ["PS-ED-2026-01"]
    assert (additions_of(gone), suspended_of(gone)) == ([], [])


def test_who_is_named_stands_in_a_file_of_the_right_form():
    assert named_in({}) == Named()
    assert named_in({"heads": {"tax": ["t"]}, "authority": ["a"]}) == Named({"tax": ["t"]}, ("a",))
    for wrong in ({"heads": []}, {"heads": {"tax": "t"}}, {"authority": "a"}, {"authority": [1]}):
        with pytest.raises(SetupError):
            named_in(wrong)


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.PURGED])
def test_nothing_is_disputed_of_what_is_over(state):
    with pytest.raises(NotNowError):
        Life(state, "a", DAY).after(act(Step.DISPUTE))


def test_a_request_that_is_answered_anew_may_be_extended_anew():
    life = life_of(
        *((Step.FILE, "a"), (Step.CONSENT, "au"), (Step.EXTEND, "h"), (Step.REFUSE, "h")),
        *((Step.DISPUTE, "a"), (Step.ESCALATE, "a"), (Step.REOPEN, "au")),
    )
    assert (life.state, life.extended, life.consented) == (State.FILED, False, False)
    assert life.dispute is None
    with pytest.raises(NotNowError, match="none is open"):
        life.after(act(Step.SETTLE))
