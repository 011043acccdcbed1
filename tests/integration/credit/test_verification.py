"""What is verified, with which sources, and what is kept of it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from connectors.errors import SourceFormatError, SourceRefusedError
from hub.casework.credit.errors import ConsentMissingError, UnknownApplicantError
from hub.casework.credit.verification import VerifyCommitment
from tests.support.credit import CENTRE, SOURCES

pytestmark = [pytest.mark.anyio, pytest.mark.database]


def entitled_without(office, *paths):
    """Return an order of the verification centre that lacks some grants."""
    order = office.order(CENTRE)
    decisions = {k: v for k, v in order.entitlement.decisions.items() if k not in paths}
    return replace(order, entitlement=replace(order.entitlement, decisions=decisions))


async def verified(office, order, code):
    stated = {"code": code, "reportNumber": "R-1", "supporters": []}
    return await VerifyCommitment(office.desk).carry_out({"input": stated}, order)


async def with_the_son(office, **signed):
    """Take in a commitment that the grown son, who lives elsewhere, signed for as a supporter."""
    family = office.family
    given = [
        office.signed(family.wang),
        office.signed(family.wife),
        office.signed(family.child, family.wife),
        office.signed(family.son, sources=["banks"], **signed),
    ]
    return await office.commit(authorisations=given, supporters=[str(family.son)])


async def test_banks_are_asked_for_adults_alone_under_their_own_authorisations(office):
    code = (await office.commit())["code"]

    await office.verify(code)

    family = office.family
    asked = {q.citizen_number: q.authorisation_id for q in office.banks.asked}
    assert asked.keys() == {family.number(family.wang), family.number(family.wife)}
    assert len(set(asked.values())) == 2
    on_file = await office.read("SELECT record_id FROM consent WHERE known_to = 'infinity'")
    assert set(asked.values()) <= {record_id for (record_id,) in on_file}


async def test_what_banks_answer_is_compared_and_kept_sealed_while_its_authorisation_lasts(office):
    family = office.family
    office.banks.holdings = {family.number(family.wife): [7_000_000, 777_701]}
    code = (await office.commit())["code"]

    verdict = await office.verify(code)

    assert (verdict["grade"], verdict["different"]) == ("different", ["deposits"])
    (kept, until), _ = await office.read("SELECT t::text, valid_to FROM bank_deposit t")
    assert "7777701" not in kept
    assert until == date(2027, 6, 1)
    reports = await office.stored_values("verification")
    assert "77777" not in str(reports)
    assert "deposit" in str(reports)
    assert b"7777701" not in b"".join(e.record for e in office.journal.entries)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (SourceRefusedError("banks", "holdings", "answered 403"), "refused"),
        (SourceFormatError("banks", "holdings", "is no answer"), "malformed"),
    ],
)
async def test_a_bank_that_fails_is_told_and_never_taken_for_nothing(office, problem, reason):
    office.banks.problem = problem
    code = (await office.commit())["code"]

    verdict = await office.verify(code)

    assert (verdict["grade"], verdict["undecided"]) == ("undecided", ["deposits"])
    assert verdict["silentSources"] == [f"banks: {reason}"]
    assert "banks" not in verdict["returnedSources"]
    assert "banks" in verdict["requestedSources"]


async def test_banks_that_hang_cost_the_family_the_answer_and_not_the_verification(office):
    family = office.family
    office.banks.hangs = {family.number(family.wife)}
    office.desk = replace(office.desk, banks_within_s=0.2)
    code = (await office.commit())["code"]

    verdict = await office.verify(code)

    assert (verdict["grade"], verdict["undecided"]) == ("undecided", ["deposits"])
    assert verdict["silentSources"] == ["banks: unavailable"]


async def test_without_a_channel_banks_do_not_answer(office):
    office.desk = replace(office.desk, banks=None)
    code = (await office.commit())["code"]

    assert (await office.verify(code))["silentSources"] == ["banks: not-connected"]


async def test_what_is_not_granted_is_not_read_and_its_source_did_not_answer(office):
    code = (await office.commit())["code"]
    order = entitled_without(office, "SocialInsurance.baseCents", "BankDeposit.amountCents")

    verdict = await verified(office, order, code)

    assert verdict["undecided"] == ["income", "deposits"]
    assert verdict["silentSources"] == [
        "human-resources: not-granted",
        "banks: not-granted",
    ]
    assert office.banks.asked == []
    used = office.journal.fields_of(office.journal.entries[-2].subjects[0].field_set)
    assert "SocialInsurance.baseCents" not in used
    assert "Vehicle.status" in used


async def test_a_source_that_was_never_read_to_its_end_did_not_answer(office):
    code = (await office.commit())["code"]
    async with office.desk.database.connection() as connection:
        await connection.execute("DELETE FROM cursor WHERE department = 'market-regulation'")

    verdict = await office.verify(code)

    assert verdict["undecided"] == ["businesses"]
    assert verdict["silentSources"] == ["market-regulation: not-read"]


@pytest.mark.parametrize(
    ("is_resolved", "whose", "undecided"),
    [(False, "wife", ["vehicles"]), (True, "wife", []), (False, "son", [])],
)
async def test_a_record_that_waits_in_quarantine_is_never_taken_for_none(
    office, is_resolved, whose, undecided
):
    code = (await office.commit())["code"]
    person = getattr(office.family, whose)
    async with office.desk.database.connection() as connection:
        await connection.execute(
            "INSERT INTO quarantine (quarantine_id, department, dataset, key_tag, content_tag, "
            "location, reasons, arrived_at, resolved_at, person_tag, tag_version) "
            "SELECT gen_random_uuid(), 'public-security', 'vehicle', 'k', 'c', 'row 1', '[]', "
            "now(), CASE WHEN $2 THEN now() END, tag, key_version FROM person_tag "
            "WHERE person_id = $1",
            person,
            is_resolved,
        )

    verdict = await office.verify(code)

    assert verdict["undecided"] == undecided
    assert verdict["silentSources"] == ["public-security: in-quarantine"] * len(undecided)


async def test_a_person_who_became_known_after_the_reading_is_not_answered_for(office):
    code = (await office.commit())["code"]
    async with office.desk.database.connection() as connection:
        await connection.execute(
            "UPDATE cursor SET whole_from = whole_from - interval '1 day' "
            "WHERE department = 'public-security'"
        )

    assert (await office.verify(code))["undecided"] == ["vehicles"]


async def test_an_authorisation_covers_until_its_last_day_and_no_longer(office):
    family = office.family
    given = [
        office.signed(person, by, until=date(2026, 11, 25))
        for person, by in (
            (family.wang, None),
            (family.wife, None),
            (family.child, family.wife),
        )
    ]
    code = (await office.commit(authorisations=given))["code"]
    office.clock.now = datetime(2026, 11, 25, 15, 59, tzinfo=UTC)
    within = await office.verify(code)
    asked = len(office.banks.asked)
    office.clock.now = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)  # the 26th in China

    after = await office.verify(code, reportNumber="R-2")

    assert within["silentSources"] == []
    assert (after["grade"], len(office.banks.asked)) == ("undecided", asked)
    assert after["returnedSources"] == []
    assert set(after["silentSources"]) == {f"{name}: not-authorised" for name in SOURCES}


async def test_a_supporter_is_not_covered_by_the_applicants_authorisation(office):
    code = (await office.commit())["code"]
    before = await office.rows()

    with pytest.raises(ConsentMissingError):
        await office.verify(code, supporters=[str(office.family.son)])

    assert office.banks.asked == []
    assert await office.rows() == before


async def test_a_supporter_who_signed_is_asked_about_and_never_counted_as_a_member(office):
    family = office.family
    office.banks.holdings = {family.number(family.son): [9_999_999]}
    code = (await with_the_son(office))["code"]

    verdict = await office.verify(code, supporters=[str(family.son)])

    assert verdict["grade"] == "consistent"
    assert family.number(family.son) in {q.citizen_number for q in office.banks.asked}
    confirmed = await office.confirm(code)
    assert confirmed["people"] == 3


async def test_an_able_supporter_leads_to_the_normal_procedure(office):
    family = office.family
    office.banks.holdings = {family.number(family.son): [10_000_000]}
    code = (await with_the_son(office))["code"]

    verdict = await office.verify(code, supporters=[str(family.son)])

    assert verdict["different"] == ["supporters"]


async def test_a_supporter_who_signed_is_asked_about_even_if_not_named_again(office):
    family = office.family
    office.banks.holdings = {family.number(family.son): [10_000_000]}
    code = (await with_the_son(office))["code"]

    verdict = await office.verify(code)

    assert (verdict["grade"], verdict["different"]) == ("different", ["supporters"])


async def test_a_supporter_whose_authorisation_has_ended_leaves_it_undecided(office):
    family = office.family
    code = (await with_the_son(office, until=date(2026, 11, 25)))["code"]
    office.clock.now = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)  # the 26th in China

    verdict = await office.verify(code)

    assert (verdict["grade"], verdict["undecided"]) == ("undecided", ["supporters"])
    assert family.number(family.son) not in {q.citizen_number for q in office.banks.asked}
    with pytest.raises(ConsentMissingError):
        await office.verify(code, supporters=[str(family.son)], reportNumber="R-2")


async def test_a_member_is_no_supporter_and_nobody_is_none(office):
    code = (await office.commit())["code"]

    for person in (office.family.wife, office.family.world.uuid()):
        with pytest.raises(UnknownApplicantError):
            await office.verify(code, supporters=[str(person)])


async def test_nothing_that_was_stated_or_found_is_stored_in_clear(office):
    code = await office.confirmed()
    await office.determine(code)
    family = office.family

    text = ""
    for table in ("commitment_notice", "commitment", "declaration", "bank_deposit",
                  "verification", "outbox"):  # fmt: skip
        text += str(await office.read(f"SELECT t::text FROM {table} t"))  # noqa: S608 - named above

    number = family.number(family.wang)
    for secret in (code, number, "虚王一", "示民救", "420203-2026-0001", "180000",
                   "human-resources", "counter"):  # fmt: skip
        assert secret not in text
        assert secret.encode().hex() not in text
