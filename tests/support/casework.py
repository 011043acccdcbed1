"""A hub that can recognise and deliver, and the insurer's receiver as its own process."""

import json
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import httpx2

from connectors.outbound.posting import Address
from connectors.outbound.recognition import RecognitionInbox
from hub.access.model import Caller
from hub.casework.decision import Decision
from hub.casework.recognise import Recognise
from hub.casework.recording import DecidingUnit, Office, RecognitionReceiver
from hub.delivery.sender import Patience, Sender
from hub.sealing.envelopes import ReceiverKey
from hub.sealing.signing import MessageSigner
from hub.store.outbox import queues
from tests.fakes.audit_log import FakeLog
from tests.support.district import NOW, HubParts, hub_on
from tests.support.systems import running

OFFICER = Caller("civil-affairs", "approver", "PUSH", "client-1", "actor-1", "case-1")
REGIONS = ("420106",)
QUICK = Patience(attempts=3, first_wait=timedelta(seconds=1), poll_s=0.05)
RECEIVER = "medical-insurance"


class MovingClock:
    """A clock that stands until a test moves it."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def forward(self, **by):
        self.now += timedelta(**by)


@contextmanager
def receiver(folder, keyring, places, *options):
    """Run the insurer's receiver and give its address."""
    folder.mkdir(exist_ok=True)
    keys = folder / "hub-keys.json"
    keys.write_text(json.dumps(MessageSigner(keyring).jwks()), encoding="utf-8")
    own = ["--hub-keys", str(keys), "--home", str(folder / "own")]
    database = ["--database", str(places.insurance_database)]
    with running("hub.demo.systems.receiver", folder, [*own, *database, *options]) as (url, _):
        yield url


@dataclass
class Desk:
    """What a test works with."""

    hub: HubParts
    journal: FakeLog
    clock: MovingClock
    client: httpx2.AsyncClient
    recognise: Recognise
    sender: Sender
    insurance: RecognitionInbox
    url: str

    async def read(self, statement, *arguments):
        async with self.hub.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(statement, *arguments)]

    async def warned_household(self):
        """Return the id of a household with an open red alert, and the alert's id."""
        ((household, alert),) = await self.read(
            "SELECT identity_id, record_id FROM alert "
            "WHERE known_to = 'infinity' AND status <> 'closed' ORDER BY identity_id LIMIT 1"
        )
        return household, alert

    async def received(self):
        return (await self.client.get(f"{self.url}/recognitions")).json()["items"]

    async def queue(self):
        async with self.hub.database.connection() as connection:
            (found,) = await queues(connection)
        return found


def decision(household, number="示民救〔2026〕1号", **more):
    return Decision(
        **{
            "household_id": household,
            "category": "DB",
            "start_date": date(2026, 12, 1),
            "end_date": None,
            "decision_number": number,
            "decided_on": date(2026, 11, 20),
            **more,
        }
    )


@asynccontextmanager
async def desk(dsn, keyring, url, *, journal=None):
    """Give a hub whose messages go to the receiver at `url`."""
    journal, clock = journal or FakeLog(), MovingClock()
    async with (
        hub_on(dsn, keyring, journal=journal) as hub,
        httpx2.AsyncClient(timeout=60) as client,
    ):
        keys = (await client.get(f"{url}/jwks.json")).json()
        told = [RecognitionReceiver(RECEIVER, ReceiverKey(keys).encrypt)]
        unit = DecidingUnit("示范区民政局", "11320100MB1886843H")
        office = Office(hub.facts, hub.keys, hub.tagger, unit, told)
        sign = MessageSigner(keyring).sign
        insurance = RecognitionInbox(
            Address(RECEIVER, f"{url}/recognitions", sign, client, timeout_s=5)
        )
        sender = Sender(
            hub.database, journal, hub.keys, hub.tagger, {RECEIVER: insurance}, clock, QUICK
        )
        recognise = Recognise(hub.database, journal, office, clock)
        yield Desk(hub, journal, clock, client, recognise, sender, insurance, url)
