"""Two policies are compared by what they decide, and what widens access is found by that alone."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.access import Caller, Entitlement, default_policy_text, load_policy
from hub.access.difference import difference, widens
from hub.access.policy import load_former
from schema.catalogue import Catalogue

POLICY = """
[[entitlement]]
department = "education"
role = "clerk"
purpose = "PUSH"
legal_basis = "law, art. 1"
from = 2026-01-01
until = 2027-01-01
regions = ["420106"]
case_required = true

[[entitlement.grant]]
agreement = "A1"
source = "medical-insurance"
legal_basis = "law, art. 2"
from = 2026-01-01
until = 2026-10-01
fields = ["MedicalEnrolment.scheme", "MedicalEnrolment.status"]
"""
WHO = "education (clerk) for PUSH"
BOTH = "MedicalEnrolment.scheme, MedicalEnrolment.status"
THIRD = "MedicalEnrolment.subsidised"
SPAN = "2026-01-01 to 2026-10-01"
BY = "A1 (law, art. 2)"


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.discover()


@pytest.fixture(scope="module")
def compared(catalogue):
    def compare(*edits, back=False):
        text = POLICY
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        pair = load_policy(POLICY, catalogue), load_policy(text, catalogue)
        return [(c.told(), c.widens) for c in difference(*(reversed(pair) if back else pair))]

    return compare


def test_the_same_policy_written_otherwise_has_no_difference(compared):
    swapped = '"MedicalEnrolment.status", "MedicalEnrolment.scheme"'
    assert not compared(('"MedicalEnrolment.scheme", "MedicalEnrolment.status"', swapped))


@pytest.mark.parametrize(
    ("edit", "wider", "narrower"),
    [
        (
            ('"MedicalEnrolment.status"]', f'"MedicalEnrolment.status", "{THIRD}"]'),
            f"may also read {THIRD} from {SPAN}, by {BY}.",
            f"may no longer read {THIRD} from {SPAN}.",
        ),
        (
            ("until = 2026-10-01", "until = 2026-11-01"),
            f"may also read {BOTH} from 2026-10-01 to 2026-11-01, by {BY}.",
            f"may no longer read {BOTH} from 2026-10-01 to 2026-11-01.",
        ),
        (
            ('regions = ["420106"]', 'regions = ["4201"]'),
            f"may read {BOTH} from {SPAN} in further regions: 4201.",
            f"may read {BOTH} from {SPAN} no longer in these regions: 4201.",
        ),
        (
            ("case_required = true", "case_required = false"),
            f"may read {BOTH} from {SPAN} without naming a case.",
            f"may read {BOTH} from {SPAN} only with a case now.",
        ),
    ],
    ids=["field", "days", "regions", "case"],
)
def test_each_way_to_widen_is_found_and_its_opposite_narrows(compared, edit, wider, narrower):
    assert compared(edit) == [(f"{WHO} {wider}", True)]
    assert compared(edit, back=True) == [(f"{WHO} {narrower}", False)]


def test_dropping_the_authorisation_widens(compared):
    with_it = ("[[entitlement.grant]]", "[[entitlement.grant]]\nconsent = true")
    ((text, wide),) = compared(with_it, back=True)

    assert wide
    assert "without the person's authorisation" in text


def test_another_agreement_for_the_same_fields_widens_nothing(compared):
    ((text, wide),) = compared(('agreement = "A1"', 'agreement = "B7"'))

    assert not wide
    assert "by B7 (law, art. 2), no longer by A1 (law, art. 2)" in text


def test_looser_limits_widen_and_tighter_ones_do_not(compared):
    limited = ("case_required = true", "case_required = true\nlimits = { people = 10 }")
    ((text, wide),) = compared(limited, back=True)
    assert wide
    assert "looser limits" in text
    ((text, wide),) = compared(limited)
    assert not wide


def test_rows_beyond_the_own_recipients_widen(catalogue):
    receiver = POLICY.replace("case_required = true", 'rows = "own-recipients"').replace(
        "[[entitlement.grant]]",
        '[[entitlement.grant]]\nagreement = "R1"\nsource = "civil-affairs"\n'
        'legal_basis = "law"\nfrom = 2026-01-01\nuntil = 2027-01-01\n'
        'fields = ["Recognition.category", "Recognition.startDate", "Recognition.endDate"]\n\n'
        "[[entitlement.grant]]",
        1,
    )
    everybody = receiver.replace('rows = "own-recipients"', "")
    narrow, wide = load_policy(receiver, catalogue), load_policy(everybody, catalogue)

    assert widens(narrow, wide)
    assert not widens(wide, narrow)


def with_rows(rows, *, case=True):
    return ("case_required = true", f'case_required = {str(case).lower()}\nrows = "{rows}"')


@pytest.mark.parametrize(
    ("was", "becomes", "is_wider"),
    [
        ("region", "own-case", False),
        ("region", "caseload", False),
        ("own-case", "caseload", True),
        ("caseload", "own-case", False),
        ("own-case", "region", True),
        ("caseload", "region", True),
    ],
)
def test_rows_of_a_case_lie_in_the_caseload_and_that_in_the_region(
    catalogue, was, becomes, is_wider
):
    before, after = (
        load_policy(POLICY.replace(*with_rows(rows)), catalogue) for rows in (was, becomes)
    )

    assert widens(before, after) is is_wider
    assert not widens(before, before)


def test_the_caseload_without_a_case_is_wider_than_the_own_case(catalogue):
    free = load_policy(POLICY.replace(*with_rows("caseload", case=False)), catalogue)
    held = load_policy(POLICY.replace(*with_rows("own-case")), catalogue)

    assert widens(held, free)
    assert not widens(free, held)


def test_telling_the_schema_widens(compared):
    closed = ("case_required = true", "case_required = true\nintrospection = false")
    assert (f"{WHO} is told the schema.", True) in compared(closed, back=True)
    assert (f"{WHO} is no longer told the schema.", False) in compared(closed)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_does_not_widen_never_reveals_more_on_any_day(catalogue, data):
    made = [data.draw(_policies()) for _ in range(2)]
    before, after = (load_policy(text, catalogue) for text in made)
    wider = widens(before, after)

    found = False
    for rule in after.rules:
        caller = Caller(rule.department, rule.role, rule.purpose, "", case="c")
        for n in range(400):
            day = rule.start + timedelta(days=n)
            new, old = after.entitlement(caller, day), before.entitlement(caller, day)
            if isinstance(new, Entitlement):
                opened = {p for p in new.decisions if new.is_granted(p)}
                known = set()
                if isinstance(old, Entitlement):
                    known = {p for p in old.decisions if old.is_granted(p)}
                found = found or bool(opened - known)
    assert wider == found


@st.composite
def _policies(draw):
    fields = draw(
        st.sets(st.sampled_from(["scheme", "status", "subsidised"]), min_size=1).map(sorted)
    )
    start, end = sorted(draw(st.sets(st.integers(1, 12), min_size=2, max_size=2)))
    named = ", ".join(f'"MedicalEnrolment.{name}"' for name in fields)
    return (
        POLICY.replace("case_required = true\n", "")
        .replace('"MedicalEnrolment.scheme", "MedicalEnrolment.status"', named)
        .replace(
            "from = 2026-01-01\nuntil = 2026-10-01",
            f"from = 2026-{start:02}-01\nuntil = 2026-{end:02}-01",
        )
    )


def test_a_policy_that_fits_the_catalogue_no_more_grants_nothing_to_compare_with(catalogue):
    gone = POLICY.replace("MedicalEnrolment.scheme", "MedicalEnrolment.gone")
    former = load_former(gone, catalogue)

    assert former.rules == ()
    assert widens(former, load_policy(POLICY, catalogue))


def test_the_packaged_policy_against_itself_and_against_nothing(catalogue):
    whole, nothing = (
        load_policy(default_policy_text(), catalogue),
        load_policy("entitlement = []", catalogue),
    )

    assert difference(whole, whole) == ()
    assert all(change.widens for change in difference(nothing, whole))
    assert not widens(whole, nothing)
