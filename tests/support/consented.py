"""Authorisations for a made-up district: given and withdrawn, for this and for that, and announced.

So that a condition which is looked at wrongly is met: what covers somebody lies beside what only
nearly does, of the same person or of another in the same household.
"""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg

from hub.access import Purpose
from tests.support.cases import register_case
from tests.support.world import CORRECTED, LOADED, TODAY, World

SOURCES = ("banks", "medical-insurance", "public-security", "disabled-federation", "civil-affairs")
PURPOSES = ("VERIFY", "CASE", "WARN", "REVIEW")
RECEIVERS = ("medical-insurance", "housing", "civil-affairs")
WITHDRAWN = datetime(2026, 11, 1, tzinfo=UTC)
_LATER = TODAY + timedelta(days=200)
_DAYS = (
    (date(2026, 6, 1), _LATER),
    (TODAY, _LATER),
    (date(2026, 6, 1), TODAY + timedelta(days=1)),
    (date(2026, 6, 1), TODAY),
    (TODAY + timedelta(days=1), _LATER),
)
"""In force today; the last two are not."""


_STATED = {
    "officers": (),
    "roles": ("clerk", "officer", "verification-centre"),
    "purposes": ("VERIFY", "CASE", "WARN", "REVIEW"),
    "opened_on": date(2026, 1, 1),
    "closed_on": None,
}
CASES = [
    {"department": department, "number": number, **_STATED, **more}
    for department in ("civil-affairs", "medical-insurance", "housing")
    for number, more in (
        ("case-1", {}),
        ("case-2", {"closed_on": TODAY}),
        ("case-3", {"opened_on": TODAY + timedelta(days=1)}),
        ("case-4", {"purposes": ("CASE", "WARN")}),
        ("case-5", {"officers": ("u17",), "roles": ()}),
        ("case-6", {"officers": ("u18",), "roles": ("clerk",)}),
    )
]
"""Cases of the register: numbers that callers name; `case-7` is nobody's."""


async def register_cases(dsn: str) -> None:
    """Put them in the register."""
    connection = await asyncpg.connect(dsn)
    for case in CASES:
        department, number, rest = case["department"], case["number"], dict(case)
        del rest["department"], rest["number"]
        rest["purposes"] = tuple(map(Purpose, rest["purposes"]))
        await register_case(connection, number, department, **rest)
    await connection.close()


def with_consents(world: World) -> World:
    """Add deposits and authorisations of most people, and to whom recognitions were announced."""
    for n, person in enumerate(world.person_by_number.values()):
        for k in range(world.random.randint(0, 2)):
            _deposit(world, person, n, k)
        for source in SOURCES:
            for purpose in PURPOSES:
                if world.random.random() < (0.7 if source == "banks" else 0.5):
                    _given(world, person, source, purpose)
    recognised = world.tables.get("recognition", [])
    for n, row in enumerate(recognised):
        _announce(world, row["identity_id"], RECEIVERS[n % len(RECEIVERS)], n)
    return world


def _deposit(world: World, person: UUID, n: int, k: int) -> None:
    world.record(
        "bank_deposit",
        person,
        {
            "kind": "deposit",
            "institution": f"虚银{n}",
            "amount_cents": 10_000 * n + k,
            "amount_on": date(2026, 11, 1),
            "query_reference": f"Q{n}-{k}",
        },
    )


def _given(world: World, person: UUID, source: str, purpose: str) -> None:
    """Put one authorisation on file: in force, withdrawn, ended, to come, or known no more."""
    start, end = world.random.choice(_DAYS)
    is_withdrawn = world.random.random() < 0.15
    row = world.record(
        "consent",
        person,
        {
            "source": source,
            "purpose": purpose,
            "signed_by": "self",
            "revoked_at": WITHDRAWN if is_withdrawn else None,
            "outside": False,
            "evidence": "archive 7",
        },
        valid_from=start,
        valid_to=end,
    )
    if world.random.random() < 0.1:
        row["known_to"] = CORRECTED


def _announce(world: World, identity: UUID, receiver: str, n: int) -> None:
    world.add(
        "outbox",
        message_id=world.uuid(),
        receiver=receiver,
        sequence=n + 1,
        kind="recognised",
        identity_id=identity,
        payload=b"",
        status="acknowledged",
        attempts=1,
        written_at=LOADED,
        next_attempt_at=LOADED,
    )
