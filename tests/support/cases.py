"""Cases of the register, for tests that name one: opened as the desk opens them."""

from datetime import UTC, date, datetime

from hub.access import Purpose, default_policy_text
from hub.store.cases import CLOSED, OPENED, Act, CaseSubject, add_act, locked_acts

ROLES = (
    "officer",
    "community-officer",
    "street-handler",
    "verification-centre",
    "approver",
    "registrar",
    "social-worker",
)
FIRST = date(2026, 1, 1)
AT = datetime(2026, 1, 1, tzinfo=UTC)


async def register_case(
    connection,
    number="case-1",
    department="civil-affairs",
    *,
    purposes=tuple(Purpose),
    officers=(),
    roles=ROLES,
    about=(),
    opened_on=date(2026, 1, 1),
    closed_on=None,
):
    """Open a case where there is none; `about` are pairs of kind and (cell, id)."""
    if await locked_acts(connection, department, number):
        return
    subjects = [CaseSubject(kind, cell, one, b"") for kind, (cell, one) in about]
    act = Act(number, OPENED, "test", AT, opened_on, tuple(purposes), tuple(officers), tuple(roles))
    await add_act(connection, department, 1, act, subjects)
    if closed_on is not None:
        await close_case(connection, number, department, closed_on)


async def close_case(connection, number="case-1", department="civil-affairs", on=FIRST):
    """Close a case on a day."""
    step = len(await locked_acts(connection, department, number)) + 1
    await add_act(connection, department, step, Act(number, CLOSED, "test", AT, on), [])


async def assign_case(connection, number, *, officers=(), roles=(), department="civil-affairs"):
    """Give a case to somebody else."""
    step = len(await locked_acts(connection, department, number)) + 1
    act = Act(number, "assigned", "test", AT, AT.date(), (), tuple(officers), tuple(roles))
    await add_act(connection, department, step, act, [])


def own_case_policy(rows="own-case"):
    """Return the packaged policy with rows of cases for the officer, who then gives no command.

    For early warning, which demands no case, they are those of the caseload.
    """
    text = default_policy_text()
    for purpose, kind in (("CASE", rows), ("WARN", "caseload")):
        head, own, rest = text.partition(f'role = "officer"\npurpose = "{purpose}"\n')
        assert own
        mine, following, after = rest.partition("\n[[entitlement]]\n")
        lines = [line for line in mine.splitlines() if '"Mutation.' not in line]
        text = head + own + f'rows = "{kind}"\n' + "\n".join(lines) + following + after
    return text
