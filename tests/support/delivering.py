"""Delivers to the credit platform once, in a process that a test can kill."""

import asyncio
import sys
from pathlib import Path

import httpx2

from connectors.outbound.national_credit_platform import RECEIVER, NationalCreditPlatform
from connectors.outbound.posting import Address
from hub.delivery.sender import Sender
from hub.sealing.datakeys import DataKeys
from hub.sealing.keyring import Keyring
from hub.sealing.signing import MessageSigner
from hub.sealing.tags import Tagger
from hub.store.database import Database
from tests.fakes.audit_log import FakeLog
from tests.support.district import clock


async def deliver(dsn, keys, url):
    keyring = Keyring.open(Path(keys))
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        address = Address(RECEIVER, url, MessageSigner(keyring).sign, client, 30)
        ports = {RECEIVER: NationalCreditPlatform(address)}
        parts = (Database(dsn), FakeLog(), DataKeys(keyring), Tagger(keyring))
        await Sender(*parts, ports, clock).deliver_pending()


if __name__ == "__main__":
    asyncio.run(deliver(*sys.argv[1:]))
