"""Who may be read about at all, walked through: a non-applicant, a supporter, a child of fourteen.

Scenario 5: an analyst asks for the bank balance of somebody who applied for nothing.
Scenario 6: a supporter did not sign, and the applicant did.
Scenario 8: a member turns fourteen, and what the guardian signed ends.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

import orjson
import pytest

from audit.entry import EntryKind
from hub.casework.consents import GiveAuthorisation
from hub.casework.credit.errors import SignaturesError
from hub.errors import NotGrantedError
from hub.query.answer import Request
from tests.support.asking import asking
from tests.support.credit import ANALYST, CENTRE, HANDLER, NOW

BALANCE = "query ($n: String!) { person(nationalId: $n) { bankDeposits { amountCents } } }"
WITH_ID = "query ($n: String!) { person(nationalId: $n) { id bankDeposits { amountCents } } }"
BIRTHDAY = date(2027, 5, 1)
"""On which the family's child is fourteen."""


@pytest.fixture
async def ask(office, dsn, catalogue):
    made = asking(dsn, office.keyring, catalogue)
    yield made
    await made.database.close()


async def verified(office, **amounts):
    """Let the family commit, authorise and be verified; banks hold `amounts` of whom."""
    family = office.family
    office.banks.holdings = {family.number(getattr(family, who)): v for who, v in amounts.items()}
    await office.verify((await office.commit())["code"])


async def told(ask, document, caller, number, at=NOW):
    request = Request(document, {"n": number}, None, caller, "r-1", at)
    return orjson.loads((await ask.answerer.answer(request)).body)


def on(day):
    """Return noon of a day."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=NOW.tzinfo)


async def sign(office, who, by, until, **other):
    stated = {
        "personId": str(who), "sources": ["banks"], "purposes": ["VERIFY"], "since": None,
        "until": until, "signedBy": str(by), "lacksCapacity": False, "evidence": "archive 9",
        **other,
    }  # fmt: skip
    return await office.give(GiveAuthorisation(office.desk), HANDLER, stated)


# 5.


async def test_the_analyst_is_denied_a_non_applicants_balance_and_that_is_on_record(office, ask):
    await verified(office, son=[900_000])
    number = office.family.number(office.family.son)
    before = ask.database.statements

    with pytest.raises(NotGrantedError) as refused:
        await told(ask, BALANCE, ANALYST, number)

    assert "Person.bankDeposits" in refused.value.fields
    assert ask.opened == []
    assert ask.database.statements - before <= 2  # the policy, and whether it is still in force
    entry, record = ask.log.entries[-1], ask.log.record()
    assert entry.kind is EntryKind.DENIAL
    assert list(entry.subjects) == []
    stated = {name: record[name] for name in ("role", "purpose", "client", "outcome", "reason")}
    assert stated == {
        "role": "analyst", "purpose": "WARN", "client": "c-6", "outcome": "refused",
        "reason": "NOT_GRANTED",
    }  # fmt: skip
    assert record["denied"] == ["Person.bankDeposits NOT_GRANTED"]
    for secret in (number, "900000", str(office.family.son)):
        assert secret not in entry.record.decode()


async def test_whether_there_is_such_a_person_changes_nothing_of_the_denial(office, ask):
    answers = []
    for number in (office.family.number(office.family.son), "690106199001019990", "no number"):
        with pytest.raises(NotGrantedError) as refused:
            await told(ask, BALANCE, ANALYST, number)
        answers.append((str(refused.value), refused.value.fields))

    assert len(set(answers)) == 1


# 6.


async def test_a_supporter_who_did_not_sign_is_denied_though_the_applicant_authorised(office, ask):
    family = office.family
    await verified(office, wang=[1_000], son=[900_000])
    ask.opened.clear()

    applicant = await told(ask, WITH_ID, CENTRE, family.number(family.wang))
    supporter = await told(ask, WITH_ID, CENTRE, family.number(family.son))

    assert applicant["data"]["person"]["bankDeposits"] == [{"amountCents": 1_000}]
    assert supporter["data"]["person"] == {"id": str(family.son), "bankDeposits": None}
    (error,) = supporter["errors"]
    assert error["extensions"]["reason"] == "CONSENT_REQUIRED"
    assert ask.opened == [("bank_deposit", "asset")]  # the applicant's own
    assert ask.log.record()["denied"] == ["Person.bankDeposits CONSENT_REQUIRED"]
    assert await office.read("SELECT count(*) FROM bank_deposit") == [(1,)]


async def test_nobody_signs_for_a_supporter_and_only_their_own_signature_opens(office, ask):
    family = office.family
    await verified(office, wang=[1_000])
    for other in (family.wang, family.wife):
        with pytest.raises(SignaturesError):
            await sign(office, family.son, other, date(2027, 5, 31))
    number = family.number(family.son)
    assert (await told(ask, WITH_ID, CENTRE, number))["data"]["person"]["bankDeposits"] is None

    await sign(office, family.son, family.son, date(2027, 5, 31))

    assert (await told(ask, WITH_ID, CENTRE, number))["data"]["person"]["bankDeposits"] == []


# 8.


async def test_who_turns_fourteen_is_read_about_only_by_their_own_signature_from_that_day(
    office, ask
):
    family = office.family
    await verified(office, wife=[5])
    number = family.number(family.child)

    async def seen(day):
        body = await told(ask, WITH_ID, CENTRE, number, on(day))
        reasons = [e["extensions"]["reason"] for e in body.get("errors", [])]
        return body["data"]["person"]["bankDeposits"], reasons

    # What the guardian signed covers until the day before, though it says longer.
    assert await seen(BIRTHDAY - timedelta(days=1)) == ([], [])
    assert await seen(BIRTHDAY) == (None, ["CONSENT_REQUIRED"])
    assert ask.log.record()["denied"] == ["Person.bankDeposits CONSENT_REQUIRED"]

    # The guardian cannot sign anew, and what they sign before does not reach beyond.
    early = await sign(office, family.child, family.wife, date(2027, 11, 1), evidence="archive 10")
    assert early["until"] == (BIRTHDAY - timedelta(days=1)).isoformat()
    office.clock.now = on(BIRTHDAY)
    with pytest.raises(SignaturesError):
        await sign(office, family.child, family.wife, date(2027, 11, 1))
    assert await seen(BIRTHDAY) == (None, ["CONSENT_REQUIRED"])

    # Their own signature covers them from then on.
    await sign(office, family.child, family.child, date(2027, 11, 1))
    assert await seen(BIRTHDAY) == ([], [])
    assert await seen(BIRTHDAY + timedelta(days=60)) == ([], [])


async def test_the_other_members_authorisations_go_on_where_one_turns_fourteen(office, ask):
    family = office.family
    await verified(office, wife=[5])

    wife = await told(ask, WITH_ID, CENTRE, family.number(family.wife), on(BIRTHDAY))

    assert wife["data"]["person"]["bankDeposits"] == [{"amountCents": 5}]
    assert "errors" not in wife


async def test_the_purpose_and_the_case_must_be_of_who_asks_too(office, ask):
    family = office.family
    await verified(office, wang=[1_000])
    number = family.number(family.wang)

    with pytest.raises(NotGrantedError) as refused:
        await told(ask, WITH_ID, replace(CENTRE, case="nobody-s"), number)

    assert refused.value.reason == "CASE_UNKNOWN"
    assert ask.log.record()["reason"] == "CASE_UNKNOWN"
