"""The simplified path, from the notice to the determination, and where it turns off."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from audit.entry import EntryKind
from hub.casework.credit.commitment import Commit
from hub.casework.credit.errors import (
    CommitmentStateError,
    ConflictingStepError,
    InvalidStatementError,
    NotConsistentError,
    NotOpenError,
    SignaturesError,
    UnknownApplicantError,
    UnknownCommitmentError,
    UnknownNoticeError,
)
from hub.casework.credit.notice import GiveNotice
from hub.casework.errors import UnknownHouseholdError
from hub.errors import NotGrantedError
from tests.support.credit import ANALYST, APPROVER, HANDLER, SOURCES, TODAY

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def test_a_family_whose_declaration_agrees_goes_the_whole_way(office):
    notice = await office.notice()
    committed = await office.commit()
    verified = await office.verify(committed["code"])
    confirmed = await office.confirm(committed["code"])
    determined = await office.determine(committed["code"])

    assert (notice["state"], notice["notOpen"], notice["undecided"]) == ("notified", None, [])
    assert len(notice["exemptedPapers"]) == 9
    assert committed["code"] == f"420203{TODAY:%Y%m%d}000001"
    assert (committed["verificationDueOn"], committed["dueOn"]) == ("2026-11-30", "2026-12-07")
    assert committed["authorisations"] == 15
    assert (verified["grade"], verified["state"]) == ("consistent", "verified")
    assert (verified["different"], verified["undecided"]) == ([], [])
    assert verified["silentSources"] == []
    assert sorted(verified["returnedSources"]) == sorted(verified["requestedSources"])
    assert (confirmed["people"], confirmed["isLate"]) == (3, False)
    assert len(confirmed["messageIds"]) == 6
    assert confirmed["platformMessageId"] != determined["platformMessageId"]
    assert determined["state"] == "determined"
    assert await office.states() == ["determined"]


async def test_every_step_is_on_record_with_its_people_and_without_a_value(office):
    code = await office.confirmed()
    await office.determine(code)

    records = [office.journal.record(n) for n in range(len(office.journal.entries))]
    assert [r["command"] for r in records] == [
        "giveNotice", "commit", "verifyCommitment", "verifyCommitment", "confirmCommitment",
        "determinePerformance",
    ]  # fmt: skip
    assert all(entry.kind is EntryKind.COMMAND for entry in office.journal.entries)
    assert [len(e.subjects) for e in office.journal.entries] == [4, 4, 4, 4, 4, 2]
    words = b"".join(entry.record for entry in office.journal.entries)
    for secret in (code, "虚王一", office.family.number(office.family.wang), "180000"):
        assert secret.encode() not in words


async def test_the_verification_is_on_record_before_a_bank_is_asked(office):
    code = (await office.commit())["code"]
    seen = []

    class Watching:
        department = "banks"

        async def ask(self, _question):
            seen.append(office.journal.record())
            return ()

    office.desk = replace(office.desk, banks=Watching())
    await office.verify(code)

    assert {(r["command"], r["outcome"], r["live"]) for r in seen} == {
        ("verifyCommitment", "asking", 2)
    }


async def walked(office, each):
    """Go the whole way; `each` carries out a step, given its name and how it is done."""
    notice = await each("notice", office.notice)
    stated = office.commitment(notice["noticeId"])
    committed = await each("commit", lambda: office.give(Commit(office.desk), HANDLER, stated))
    code = committed["code"]
    await each("verify", lambda: office.verify(code))
    await each("confirm", lambda: office.confirm(code))
    await each("determine", lambda: office.determine(code))


async def test_a_step_that_is_sent_again_gives_the_same_answer_and_writes_nothing(office):
    async def twice(step, carry_out):
        first = await carry_out()
        before = await office.rows()

        second = await carry_out()

        assert second == first, step
        assert await office.rows() == before, step
        assert office.journal.record()["outcome"] == "repeated"
        return first

    await walked(office, twice)


async def test_the_first_steps_can_be_sent_again_when_everything_is_done(office):
    await office.determine(await office.confirmed())
    before = await office.rows()

    again = await office.commit()
    verified = await office.verify(again["code"])

    assert (again["state"], verified["grade"]) == ("committed", "consistent")
    assert await office.rows() == before


async def test_the_same_number_with_other_contents_is_a_conflict(office):
    code = await office.confirmed()

    with pytest.raises(ConflictingStepError):
        await office.notice(channel="app")
    with pytest.raises(ConflictingStepError):
        await office.commit(vehicles=1)
    with pytest.raises(ConflictingStepError):
        await office.verify(code, supporters=[str(office.family.son)])
    with pytest.raises(ConflictingStepError):
        await office.confirm(code, startDate=date(2027, 1, 1))
    await office.determine(code)
    with pytest.raises(ConflictingStepError):
        await office.determine(code, "none", unperformed="x", accountability="y", heardOn=TODAY)


async def test_no_step_is_skipped(office):
    notice = await office.notice()
    code = (await office.commit())["code"]

    with pytest.raises(CommitmentStateError, match="committed; it must be verified"):
        await office.confirm(code)
    with pytest.raises(CommitmentStateError, match="committed cannot become determined"):
        await office.determine(code)
    await office.verify(code)
    await office.confirm(code)
    with pytest.raises(CommitmentStateError):
        await office.verify(code, reportNumber="R-2")
    assert notice["state"] == "notified"


async def test_who_may_not_commit_goes_on_by_the_normal_procedure(office):
    barred = await office.notice(seriousBadRecord=True)
    urgent = await office.notice(applicationNumber="A-2", category="JB")
    unknown = await office.notice(applicationNumber="A-3", seriousBadRecord=None)

    assert (barred["state"], barred["notOpen"]) == ("fallback-normal", "bad-record")
    assert urgent["notOpen"] == "matter-excluded"
    assert (unknown["notOpen"], unknown["undecided"]) == (None, ["bad-record"])
    with pytest.raises(NotOpenError):
        await office.give(Commit(office.desk), HANDLER, office.commitment(barred["noticeId"]))


async def test_after_a_commitment_that_was_not_kept_none_is_open(office):
    code = await office.confirmed()
    await office.determine(
        code, "part", unperformed="未申报收入", accountability="责令退回", heardOn=TODAY
    )

    again = await office.notice(applicationNumber="420203-2026-0002")

    assert again["notOpen"] == "broken-commitment"


async def test_a_breach_needs_a_hearing_and_says_what_was_not_kept(office):
    code = await office.confirmed()

    with pytest.raises(InvalidStatementError, match="heardOn"):
        await office.determine(code, "none", unperformed="x", accountability="y")
    with pytest.raises(InvalidStatementError, match="unperformed"):
        await office.determine(code, "none", accountability="y", heardOn=TODAY)
    with pytest.raises(InvalidStatementError, match="unperformed"):
        await office.determine(code, "all", unperformed="x")
    with pytest.raises(InvalidStatementError, match="accountability"):
        await office.determine(
            code, "none", unperformed="x", accountability="因尿毒症隐瞒", heardOn=TODAY
        )
    with pytest.raises(InvalidStatementError, match="still to come"):
        await office.determine(code, determinedOn=date(2026, 11, 24))
    assert await office.states() == ["confirmed-simplified"]


async def test_the_day_of_the_hearing_is_on_record_with_the_breach(office):
    code = await office.confirmed()

    await office.determine(code, "none", unperformed="x", accountability="y", heardOn=TODAY)

    assert office.journal.record()["heard_on"] == "2026-11-23"


async def test_the_applicants_signature_does_not_cover_anybody_else(office):
    family, notice = office.family, await office.notice()
    given = [
        office.signed(family.wang),
        office.signed(family.wife, family.wang),
        office.signed(family.child, family.wife),
    ]
    before = await office.rows()

    stated = office.commitment(notice["noticeId"], authorisations=given)
    with pytest.raises(SignaturesError, match=f"signed-by-other .{family.wife}") as refused:
        await office.give(Commit(office.desk), HANDLER, stated)

    assert "虚" not in str(refused.value)
    assert await office.rows() == before


async def test_what_cannot_be_so_is_refused_by_the_inputs_name(office):
    wrong = {
        "vehicles is 0": {"vehicles": -1},
        "monthlyIncomeCents is 0": {"monthlyIncomeCents": -1},
        "members holds what is no id": {"members": ["nobody"]},
        "at most 50": {"members": [str(uuid4()) for _ in range(51)]},
        "names somebody twice": {"authorisations": [office.signed(office.family.wang)] * 2},
        "what is no department": {
            "authorisations": [office.signed(office.family.wang, sources=[*SOURCES, "a0", "a1"])]
        },
    }

    for why, changed in wrong.items():
        with pytest.raises(InvalidStatementError, match=why):
            await office.commit(**changed)
    with pytest.raises(SignaturesError, match="staff-commitment-missing"):
        await office.commit(staffCommits=False)


async def test_a_notice_is_about_somebody_of_the_household_in_a_version_that_is_in_use(office):
    with pytest.raises(UnknownApplicantError):
        await office.notice(applicantId=str(office.family.son))
    with pytest.raises(InvalidStatementError, match="version"):
        await office.notice(noticeVersion="1999-01")
    with pytest.raises(InvalidStatementError, match="still to come"):
        await office.notice(readOn=date(2026, 11, 24))
    with pytest.raises(InvalidStatementError, match="channel"):
        await office.notice(channel=" ")


async def test_unknown_and_foreign_look_the_same(office):
    code = (await office.commit())["code"]
    foreign = replace(office.order(HANDLER).entitlement, regions=("420106",))
    unknown = code[:-1] + "9"

    async def elsewhere(room, stated):
        await room.carry_out({"input": stated}, replace(office.order(HANDLER), entitlement=foreign))

    notice = (await office.notice())["noticeId"]
    with pytest.raises(UnknownNoticeError) as outside:
        await elsewhere(Commit(office.desk), office.commitment(notice))
    with pytest.raises(UnknownNoticeError) as nowhere:
        await office.give(Commit(office.desk), HANDLER, office.commitment(str(uuid4())))
    with pytest.raises(UnknownCommitmentError) as no_code:
        await office.verify(unknown)
    with pytest.raises(UnknownCommitmentError) as bad_code:
        await office.verify("4202032026")
    with pytest.raises(UnknownHouseholdError):
        await elsewhere(GiveNotice(office.desk), {
            "householdId": str(office.family.household), "applicantId": str(office.family.wang),
            "category": "DB", "applicationNumber": "n", "noticeVersion": "2026-07",
            "channel": "c", "readOn": TODAY,
        })  # fmt: skip

    assert str(outside.value) == str(nowhere.value)
    assert str(no_code.value) == str(bad_code.value)


async def test_who_is_not_granted_the_step_or_what_it_reads_cannot_give_it(office):
    code = (await office.commit())["code"]

    with pytest.raises(NotGrantedError):
        await office.verify(code, caller=ANALYST)
    with pytest.raises(NotGrantedError):
        await office.verify(code, caller=APPROVER)
    with pytest.raises(NotGrantedError):
        await office.verify(code, caller=replace(HANDLER, case=None))


async def test_a_late_confirmation_is_told_and_costs_the_family_nothing(office):
    code = (await office.commit())["code"]
    await office.verify(code)
    office.clock.now = datetime(2026, 12, 8, 4, 0, tzinfo=UTC)

    confirmed = await office.confirm(code)

    assert (confirmed["isLate"], confirmed["people"]) == (True, 3)


async def test_a_material_difference_leads_to_the_normal_procedure(office):
    code = (await office.commit(monthlyIncomeCents=100_000))["code"]

    verified = await office.verify(code)

    assert (verified["grade"], verified["state"]) == ("different", "fallback-normal")
    assert verified["different"] == ["income"]
    with pytest.raises(CommitmentStateError):
        await office.confirm(code)


async def test_what_is_undecided_is_not_confirmed_and_can_be_verified_again(office):
    code = (await office.commit())["code"]
    office.banks.silent = {office.family.number(office.family.wife)}
    first = await office.verify(code)
    with pytest.raises(NotConsistentError, match="undecided"):
        await office.confirm(code)
    office.banks.silent = set()

    second = await office.verify(code, reportNumber="R-2")

    assert (first["grade"], first["undecided"]) == ("undecided", ["deposits"])
    assert first["silentSources"] == ["banks: unavailable"]
    assert second["grade"] == "consistent"
    assert (await office.confirm(code))["people"] == 3
