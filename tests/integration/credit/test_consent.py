"""Who is read about with consent: that person, source and purpose, today, and nobody else."""

from datetime import date, timedelta

import pytest

from hub.casework.consents import GiveAuthorisation, RevokeAuthorisation
from hub.casework.credit.errors import ConflictingStepError, SignaturesError, UnknownApplicantError
from hub.errors import AuditUnavailableError, InvalidDocumentError
from tests.fakes.audit_log import Break
from tests.support.asking import asking
from tests.support.credit import ANALYST, CENTRE, HANDLER

DEPOSITS = """query ($n: [String!]!) {
  people(nationalIds: $n) { person { id bankDeposits { kind amountCents recordId } } }
}"""
HOME = """query ($id: ID!) { household(id: $id) {
  members { person { id bankDeposits { amountCents } } } } }"""


@pytest.fixture
async def ask(office, dsn, catalogue):
    made = asking(dsn, office.keyring, catalogue)
    yield made
    await made.database.close()


async def committed(office, **amounts):
    """Let the family commit and be verified; tell what banks hold of whom."""
    office.banks.holdings = {
        office.family.number(getattr(office.family, who)): held for who, held in amounts.items()
    }
    code = (await office.commit())["code"]
    await office.verify(code)
    return code


def numbers(office, *names):
    return [office.family.number(getattr(office.family, name)) for name in names]


async def amounts(office, ask, *names, caller=CENTRE):
    body = await ask.body(DEPOSITS, caller, n=numbers(office, *names))
    told = [
        None if one["person"]["bankDeposits"] is None
        else [d["amountCents"] for d in one["person"]["bankDeposits"]]
        for one in body["data"]["people"]
    ]  # fmt: skip
    return told, body.get("errors", [])


async def give(office, who, by=None, **other):
    stated = {
        "personId": str(who),
        "sources": ["banks"],
        "purposes": ["VERIFY"],
        "since": None,
        "until": date(2027, 5, 31),
        "signedBy": str(by or who),
        "lacksCapacity": False,
        "evidence": "archive 7",
        **other,
    }
    return await office.give(GiveAuthorisation(office.desk), HANDLER, stated)


async def revoke(office, who, **other):
    stated = {"personId": str(who), "sources": None, "purposes": None, **other}
    return await office.give(RevokeAuthorisation(office.desk), HANDLER, stated)


async def test_who_authorised_is_answered_about_and_others_are_null_with_one_error(office, ask):
    await committed(office, wife=[70_000, 5])
    ask.opened.clear()

    told, errors = await amounts(office, ask, "wife", "wang", "son")

    assert [sorted(amounts) if amounts else amounts for amounts in told] == [[5, 70_000], [], None]
    (error,) = errors
    assert error["path"] == ["people", "person", "bankDeposits"]
    assert error["extensions"]["reason"] == "CONSENT_REQUIRED"
    assert error["extensions"]["field"] == "Person.bankDeposits"
    assert ask.opened == [("bank_deposit", "asset")] * 2


async def test_the_record_names_only_who_was_covered(office, ask):
    await committed(office, wife=[70_000])

    await amounts(office, ask, "wife", "son")

    about = [
        sum(1 for one in ask.log.entries[-1].subjects if one.field_set == number)
        for names, number in ask.log.sets.items()
        if "BankDeposit.amountCents" in names and "Person.id" not in names
    ]
    assert about == [1]
    assert "Person.bankDeposits CONSENT_REQUIRED" in ask.log.record()["denied"]


async def test_a_supporter_is_not_covered_by_what_the_applicant_authorised(office, ask):
    await committed(office, wang=[1])

    assert (await amounts(office, ask, "son"))[0] == [None]
    await give(office, office.family.son)
    assert (await amounts(office, ask, "son")) == ([[]], [])


async def test_a_withdrawal_acts_on_the_next_question_and_forgets_what_banks_answered(office, ask):
    await committed(office, wife=[70_000], wang=[1])
    assert (await amounts(office, ask, "wife"))[0] == [[70_000]]

    done = await revoke(office, office.family.wife, sources=["banks"])

    assert done == {"revoked": 1, "forgotten": 1}
    told, errors = await amounts(office, ask, "wife", "wang")
    assert (told, len(errors)) == ([None, [1]], 1)
    assert await office.read("SELECT count(*) FROM bank_deposit") == [(1,)]
    assert await revoke(office, office.family.wife) == {"revoked": 4, "forgotten": 0}


async def test_as_of_and_known_at_bring_no_consent_back(office, ask):
    await committed(office, wife=[70_000])
    number, day = numbers(office, "wife")[0], office.desk.today.isoformat()
    await revoke(office, office.family.wife)

    asked = """query ($n: String!) { person(nationalId: $n, asOf: "%s") { id
      bankDeposits { amountCents } } }"""
    body = await ask.body(asked % day, CENTRE, n=number)

    assert body["data"]["person"]["bankDeposits"] is None


async def test_another_source_another_purpose_and_another_day_cover_nothing(office, ask):
    today = office.desk.today
    wife = office.family.wife
    await committed(office)
    await revoke(office, wife)

    await give(office, wife, sources=["public-security"])
    await give(office, wife, purposes=["REVIEW"])
    await give(office, wife, since=today + timedelta(days=1))

    assert (await amounts(office, ask, "wife"))[0] == [None]
    await give(office, wife, evidence="archive 8")
    assert (await amounts(office, ask, "wife"))[0] == [[]]


async def test_members_of_a_household_are_covered_each_by_their_own(office, ask):
    await committed(office, wang=[3])
    await revoke(office, office.family.wife)

    body = await ask.body(HOME, CENTRE, id=str(office.family.household))

    told = {
        m["person"]["id"]: m["person"]["bankDeposits"] for m in body["data"]["household"]["members"]
    }
    assert told == {
        str(office.family.wang): [{"amountCents": 3}],
        str(office.family.wife): None,
        str(office.family.child): [],
    }
    assert len(body["errors"]) == 1


@pytest.mark.parametrize(
    "document",
    [
        "{ households(first: 1, filter: {has: [BANK_DEPOSIT]}) { edges { node { id } } } }",
        "{ households(first: 1, filter: {lacks: [BANK_DEPOSIT]}) { totalCount } }",
    ],
)
async def test_what_needs_consent_chooses_and_counts_nothing(office, ask, document):
    with pytest.raises(InvalidDocumentError):
        await ask.body(document, CENTRE)


async def test_an_analyst_learns_nothing_of_banks(office, ask):
    await committed(office, wife=[70_000])

    body = await ask.body(HOME, ANALYST, id=str(office.family.household))

    assert "70000" not in str(body)
    assert {e["extensions"]["reason"] for e in body["errors"]} == {"NOT_GRANTED"}


async def test_a_guardian_signs_until_the_child_is_fourteen_and_the_child_from_then_on(office, ask):
    child, wife = office.family.child, office.family.wife
    done = await give(office, child, wife, until=date(2027, 11, 1))
    assert done["until"] == "2027-04-30"

    with pytest.raises(SignaturesError):
        await give(office, child)
    with pytest.raises(SignaturesError):
        await give(office, child, office.family.son)

    office.clock.now = replace_day(office.clock.now, date(2027, 5, 1))
    with pytest.raises(SignaturesError):
        await give(office, child, wife, until=date(2027, 11, 1))
    done = await give(office, child, until=date(2027, 11, 1))
    assert done["until"] == "2027-11-01"


def replace_day(moment, day):
    return moment.replace(year=day.year, month=day.month, day=day.day)


async def test_nobody_signs_for_an_adult_who_can(office):
    with pytest.raises(SignaturesError):
        await give(office, office.family.wife, office.family.wang)


async def test_what_is_given_twice_is_stored_once_and_what_was_withdrawn_stays_so(office):
    first = await give(office, office.family.wife)
    again = await give(office, office.family.wife)

    assert first == again
    assert await office.read("SELECT count(*) FROM consent") == [(1,)]
    await revoke(office, office.family.wife)
    with pytest.raises(ConflictingStepError):
        await give(office, office.family.wife)


async def test_somebody_elsewhere_can_authorise_nothing_here(office):
    with pytest.raises(UnknownApplicantError):
        await give(office, office.family.world.uuid())


async def test_what_is_not_on_record_is_not_given_and_not_withdrawn(office):
    wife = office.family.wife
    office.journal.breaks = Break.BEFORE
    with pytest.raises(AuditUnavailableError):
        await give(office, wife)
    assert await office.read("SELECT count(*) FROM consent") == [(0,)]

    office.journal.breaks = None
    await give(office, wife)
    office.journal.breaks = Break.AFTER
    with pytest.raises(AuditUnavailableError):
        await revoke(office, wife)
    assert await office.read("SELECT count(*) FROM consent WHERE revoked_at IS NOT NULL") == [(0,)]
