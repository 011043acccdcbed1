"""The simplified path, from the notice to the determination."""

import pytest

from tests.support.credit import TODAY

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
