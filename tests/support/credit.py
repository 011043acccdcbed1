"""The Wang family of Huangshi, who apply; a son who lives elsewhere; an office to commit at.

Wang earns 1,200 yuan, his wife 600, their child is thirteen; they own the flat they live in. All
of it is stored as departments told it, and every source was read to its end.
"""

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from random import Random
from uuid import UUID

import asyncpg

from hub.access import Caller, default_policy_text, load_policy
from hub.casework.credit.commitment import Commit
from hub.casework.credit.confirmation import ConfirmCommitment
from hub.casework.credit.determination import DeterminePerformance
from hub.casework.credit.notice import GiveNotice
from hub.casework.credit.verification import VerifyCommitment
from hub.casework.credit.work import CreditOffice
from hub.casework.recording import DecidingUnit, Office, RecognitionReceiver
from hub.casework.rooms import Order, check_granted
from hub.query.policies import publish_policy
from hub.sealing.datakeys import DataKeys
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.tags import Tagger
from hub.store.database import Database
from hub.store.facts import Facts
from hub.store.migrate import migrate
from schema.catalogue import Catalogue
from scoring.credit import packaged_rules
from scoring.parameters.working_days import packaged_calendar
from tests.fakes.audit_log import FakeLog
from tests.fakes.banks import FakeBanks
from tests.support.cases import register_case
from tests.support.world import LOADED, World

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
REGION = "420203001001"
SOURCES = ["public-security", "human-resources", "natural-resources", "market-regulation", "banks"]
_READ = ("public-security", "human-resources", "natural-resources", "market-regulation")
UNIT = DecidingUnit("示范区民政局", "11320100MB1886843H")
POLICY = default_policy_text().replace('"420106"', '"420203"')
HANDLER = Caller("civil-affairs", "street-handler", "VERIFY", "c-1", "actor-1", "case-1")
CENTRE = Caller("civil-affairs", "verification-centre", "VERIFY", "c-2", "actor-2", "case-1")
APPROVER = Caller("civil-affairs", "approver", "PUSH", "c-3", "actor-3", "case-1")
DETERMINER = replace(APPROVER, purpose="CREDIT")
OFFICER = Caller("civil-affairs", "community-officer", "VERIFY", "c-4", "actor-4", "case-1")
CREDIT_OFFICE = Caller("credit-office", "clerk", "CREDIT", "c-5")
ANALYST = Caller("civil-affairs", "analyst", "WARN", "c-6")


@dataclass
class Family:
    """Whom the tests are about, by opaque id and by citizen number."""

    world: World
    household: UUID
    wang: UUID
    wife: UUID
    child: UUID
    son: UUID
    """Their grown son, who lives elsewhere in the district."""

    def number(self, person: UUID) -> str:
        return next(n for n, p in self.world.person_by_number.items() if p == person)

    @property
    def members(self) -> list[str]:
        return [str(self.wang), str(self.wife), str(self.child)]


def wang_family(catalogue: Catalogue) -> Family:
    """Return the family's rows."""
    world = World(catalogue, Random(11), "420203")
    home, elsewhere = world.household(REGION), world.household("420203001002")
    family = Family(
        world,
        home,
        _person(world, home, "02", date(1974, 6, 12), "虚王一"),
        _person(world, home, "10", date(1976, 8, 8), "虚李二"),
        _person(world, home, "20", date(2013, 5, 1), "虚王三"),
        _person(world, elsewhere, "02", date(1995, 1, 1), "虚王四"),
    )
    _wage(world, family.wang, 120_000)
    _wage(world, family.wife, 60_000)
    world.record("real_estate", family.wang, {"status": "current", "certificate_number": "虚-1"})
    return family


def _person(world: World, home: UUID, relation: str, born: date, name: str) -> UUID:
    person = world.person(home, relation, born)
    number = next(n for n, p in world.person_by_number.items() if p == person)
    world.record(
        "population",
        person,
        {
            "national_id": number,
            "name": name,
            "sex": "1",
            "birth_date": born,
            "relation_to_head": relation,
            "region": REGION,
            "household_number": f"HN-{relation}",
        },
    )
    return person


def _wage(world: World, person: UUID, cents: int) -> None:
    for scheme in ("employee-pension", "unemployment"):
        values = {
            "unit": "虚构单位",
            "scheme": scheme,
            "status": "active",
            "month_from": date(2025, 1, 1),
            "month_to": None,
            "base_cents": cents,
        }
        world.record("social_insurance", person, values)


async def stored(dsn: str, keyring: Keyring, catalogue: Catalogue, family: Family) -> None:
    """Write the family into a new database, and that every source was read to its end."""
    for kind in (
        *(KeyKind.TAG, KeyKind.IDENTIFIER, KeyKind.SUBJECT),
        *(KeyKind.LOG, KeyKind.OUTBOUND),
    ):
        keyring.ensure(kind)
    for department in sorted({d.department for d in catalogue}):
        keyring.ensure(KeyKind.DEPARTMENT, department)
    await migrate(dsn, catalogue)
    await family.world.write(dsn, keyring)
    connection = await asyncpg.connect(dsn)
    try:
        await publish_policy(connection, POLICY, catalogue, LOADED)
        await register_case(connection, "case-7")
        for department in _READ:
            await connection.execute(
                "INSERT INTO cursor (department, position, scope_revision, moved_at, whole_from) "
                "VALUES ($1, '\\x00', 0, $2, $2)",
                department,
                LOADED,
            )
    finally:
        await connection.close()


class SetClock:
    """Says the moment that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Counter:
    """Where the family applies: every step is given as the office's staff would give it."""

    family: Family
    desk: CreditOffice
    journal: FakeLog
    banks: FakeBanks
    clock: SetClock
    catalogue: Catalogue
    keyring: Keyring

    def order(self, caller: Caller) -> Order:
        policy = load_policy(POLICY, self.catalogue)
        return Order(caller, policy.entitlement(caller, self.desk.today), self.clock())

    async def give(self, room, caller: Caller, stated: dict):
        order = self.order(caller)
        check_granted(room.uses, order.entitlement)
        return await room.carry_out({"input": stated}, order)

    async def notice(self, **other):
        stated = {
            "householdId": str(self.family.household),
            "applicantId": str(self.family.wang),
            "category": "DB",
            "applicationNumber": "420203-2026-0001",
            "noticeVersion": "2026-07",
            "channel": "counter",
            "readOn": TODAY,
            "seriousBadRecord": False,
            **other,
        }
        return await self.give(GiveNotice(self.desk), HANDLER, stated)

    def signed(self, person: UUID, by: UUID | None = None, **other):
        return {
            "personId": str(person),
            "sources": SOURCES,
            "until": date(2027, 5, 31),
            "signedBy": str(by or person),
            **other,
        }

    def commitment(self, notice_id: str, **other) -> dict:
        family = self.family
        return {
            "noticeId": notice_id,
            "members": family.members,
            "otherMembers": 0,
            "monthlyIncomeCents": 180_000,
            "vehicles": 0,
            "properties": 1,
            "businesses": 0,
            "depositCents": 500_000,
            "authorisations": [
                self.signed(family.wang),
                self.signed(family.wife),
                self.signed(family.child, family.wife),
            ],
            "supporters": [],
            "withoutCapacity": [],
            "staffCommits": True,
            **other,
        }

    async def commit(self, **other):
        notice = await self.notice()
        return await self.give(
            Commit(self.desk), HANDLER, self.commitment(notice["noticeId"], **other)
        )

    async def verify(self, code: str, caller: Caller = CENTRE, **other):
        stated = {"code": code, "reportNumber": "R-1", "supporters": [], **other}
        return await self.give(VerifyCommitment(self.desk), caller, stated)

    async def confirm(self, code: str, **other):
        stated = {
            "code": code,
            "startDate": date(2026, 12, 1),
            "endDate": None,
            "decisionNumber": "示民救〔2026〕7号",
            "decidedOn": self.desk.today,
            **other,
        }
        return await self.give(ConfirmCommitment(self.desk), APPROVER, stated)

    async def determine(self, code: str, performance: str = "all", **other):
        stated = {
            "code": code,
            "performance": performance,
            "determinedOn": self.desk.today,
            "unperformed": None,
            "accountability": None,
            "heardOn": None,
            **other,
        }
        return await self.give(DeterminePerformance(self.desk), DETERMINER, stated)

    async def confirmed(self) -> str:
        """Go the whole way to the confirmation; return the code."""
        code = (await self.commit())["code"]
        await self.verify(code)
        await self.confirm(code)
        return code

    async def read(self, statement: str, *arguments):
        async with self.desk.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(statement, *arguments)]

    async def rows(self) -> dict[str, int]:
        """Count everything that a step may write, old versions too."""
        tables = (
            *("commitment_notice", "commitment", "declaration", "consent", "verification"),
            *("recognition", "outbox", "identity", "link", "data_key"),
        )
        return {
            name: (await self.read(f"SELECT count(*) FROM {name}"))[0][0]  # noqa: S608 - named above
            for name in tables
        }

    async def stored_values(self, name: str) -> list[dict]:
        """Return what every record of ours about the family says, opened."""
        dataset = self.catalogue.by_name[name]
        async with self.desk.look(HANDLER, ("",)) as work:
            home = await work.home(self.family.household)
            return [dict(one.values) for one in await work.all_of(dataset, home.everybody)]

    async def states(self) -> list[str]:
        return [
            state
            for (state,) in await self.read(
                "SELECT state FROM commitment WHERE known_to = 'infinity' ORDER BY valid_from"
            )
        ]


@asynccontextmanager
async def counter(dsn: str, keyring: Keyring, catalogue: Catalogue, family: Family):
    """Give an office on a database that holds the family."""
    journal, banks, clock = FakeLog(), FakeBanks(), SetClock()
    facts, keys, tagger = Facts(catalogue), DataKeys(keyring), Tagger(keyring)
    told = [
        RecognitionReceiver(name, lambda number: f"sealed-{len(number)}")
        for name in ("housing", "medical-insurance")
    ]
    office = Office(facts, keys, tagger, UNIT, told)
    database = Database(dsn)
    desk = CreditOffice(
        database, journal, office, clock, packaged_calendar(), cache(packaged_rules), banks,
        has_platform=True,
    )  # fmt: skip
    try:
        yield Counter(family, desk, journal, banks, clock, catalogue, keyring)
    finally:
        await database.close()
