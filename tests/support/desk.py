"""A hub with one warned family, and a desk that takes steps of casework on its alert."""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from connectors.department import discover
from hub.access import Caller, Entitlement
from hub.casework.alert_desk import AlertDesk
from hub.casework.cases import CaseDesk
from hub.casework.rooms import Order
from hub.casework.steps import step_from
from hub.store.decisions import OwnRecord, own_version
from hub.store.facts import known_now
from hub.store.people import keys_of
from hub.store.sources import add_to_scope
from schema.datasets.civil_affairs import ALERT
from scoring.needs import packaged_services
from tests.fakes.audit_log import FakeLog
from tests.support.district import NOW, HubParts, hub_on
from tests.support.records import SECOND, ListConnector, resident

HANDLER = Caller("civil-affairs", "street-handler", "CASE", "client-1", "clerk-1", "case-1")
REGISTER = discover()["public-security"]
TODAY = date(2026, 11, 23)
OPENED = datetime(2026, 11, 20, 2, tzinfo=UTC)


def order(*, regions=("420106",), at=NOW, actor="clerk-1"):
    """Return what a street handler's command comes with."""
    caller = Caller("civil-affairs", "street-handler", "CASE", "client-1", actor, "case-1")
    entitlement = Entitlement("civil-affairs", "street-handler", "CASE", {}, regions, "d", "p")
    return Order(caller, entitlement, at)


@dataclass
class AlertCase:
    """One alert, and the steps that a test takes on it."""

    hub: HubParts
    journal: FakeLog
    desk: AlertDesk
    household: UUID
    alert: UUID

    async def take(self, command, step, *, by=None, **stated):
        """Carry out one mutation; days are today unless they are given."""
        given = {"alertId": str(self.alert), "step": step, **stated}
        by = by or order()
        return await self.desk.take(step_from(command, given, by.today), by)

    async def visited(self, **stated):
        """Assign and visit; return the outcome of the visit."""
        found = {"visitedOn": TODAY, "result": "cause-confirmed", "cause": "illness", **stated}
        await self.take("assignAlert", 0, assignee="clerk-7")
        return await self.take("recordVisit", 1, **found)

    async def referred(self):
        """Go on until two referrals are open; return their ids."""
        await self.visited()
        await self.take("assessNeeds", 2, needs=["money", "study"])
        money = {"need": "money", "service": "dibao-application", "referredOn": TODAY}
        study = {"need": "study", "service": "volunteer-tutoring", "referredOn": TODAY}
        first = await self.take("refer", 3, **money)
        second = await self.take("refer", 4, **study)
        return first.record_id, second.record_id

    async def read(self, statement, *arguments):
        async with self.hub.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(statement, *arguments)]

    async def now(self):
        """Return status, step, outcome, assignee and day of closing of the alert."""
        (row,) = await self.read(
            "SELECT status, step, outcome, assignee, closed_on FROM alert "
            "WHERE record_id = $1 AND known_to = 'infinity' AND valid_to = 'infinity'",
            self.alert,
        )
        return row

    async def rows(self):
        """Count the versions of everything that casework writes."""
        names = ("alert", "visit", "referral")
        counted = [await self.read(f"SELECT count(*) FROM {name}") for name in names]  # noqa: S608 - names above
        return [count for ((count,),) in counted]


async def _with_alert(hub, household) -> UUID:
    """Open an alert as the scorer does, whatever the score."""
    alert = uuid4()
    values = {
        "band": "orange",
        "total": 67,
        "status": "screened",
        "step": 0,
        "opened_at": OPENED,
        "due_on": date(2026, 11, 27),
        "urgent": False,
        "community": "420106001001",
        "released_on": OPENED.date(),
    }
    async with hub.database.transaction() as connection:
        at = await known_now(connection)
        keys = await keys_of(connection, hub.keys, "civil-affairs", ["420106"], [household])
        own = OwnRecord(
            ALERT, "420106", household, keys[household], alert, values, OPENED.date(), at
        )
        await hub.facts.write(connection, ALERT, [], [own_version(own)], at)
    return alert


def desk_of(hub, journal, database=None) -> AlertDesk:
    """Return a desk over a hub's parts."""
    used = database or hub.database
    cases = CaseDesk(used, journal, hub.tagger, lambda: NOW)
    return AlertDesk(used, journal, hub.facts, hub.keys, hub.tagger, packaged_services, cases)


@asynccontextmanager
async def alert_case(dsn, keyring, *, database=None):
    """Give a family of two with an open alert; `database` replaces the desk's."""
    journal = FakeLog()
    async with hub_on(dsn, keyring, journal=journal) as hub:
        async with hub.database.connection() as connection:
            await add_to_scope(connection, [hub.tagger.household("H1")], ("household", 1, 1))
        second = resident("R2", SECOND, 出生日期="19590108", 与户主关系="10")
        await hub.ingest.run(REGISTER, ListConnector(REGISTER.name, [resident(), second]))
        async with hub.database.connection() as connection:
            household = await connection.fetchval("SELECT household_id FROM household")
        alert = await _with_alert(hub, household)
        yield AlertCase(hub, journal, desk_of(hub, journal, database), household, alert)
