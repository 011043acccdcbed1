"""Wires who is told of decisions: where each receiver is, and what only it can read."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Final

import httpx2

from connectors.outbound import national_credit_platform, recognition
from connectors.outbound.national_credit_platform import NationalCreditPlatform
from connectors.outbound.posting import Address
from connectors.outbound.recognition import RecognitionInbox
from hub.app import Core
from hub.casework.alert_desk import AlertDesk
from hub.casework.alert_rooms import alert_rooms
from hub.casework.commands import Commands
from hub.casework.credit.work import CreditOffice
from hub.casework.recognise import Recognise, RecogniseRoom
from hub.casework.recording import DecidingUnit, Office, RecognitionReceiver
from hub.commands.credit import credit_rooms
from hub.commands.places import encryption_keys, is_usable, read_places
from hub.delivery.sender import Receiver, Sender
from hub.errors import SetupError
from hub.query.disclosure import Disclosures
from hub.sealing.envelopes import ReceiverKey
from hub.service import Rooms
from hub.settings import Settings
from hub.store.facts import Facts
from scoring.needs import packaged_services

KNOWN: Final = (*recognition.RECEIVERS, national_credit_platform.RECEIVER)
"""Everybody the hub can write to."""


def set_up(settings: Settings) -> Mapping[str, Mapping[str, str]]:
    """Return the receivers of departments.toml.

    Raises:
        SetupError: One of them is nobody the hub can write to, or its address cannot be used.
    """
    receivers = read_places(settings.departments_file).receivers
    for name, stated in receivers.items():
        if name not in KNOWN:
            raise SetupError(
                f"departments.toml names the receiver {name}; known are: {', '.join(KNOWN)}."
            )
        if not is_usable(stated.get("url", "")):
            raise SetupError(
                f"The receiver {name} needs a url that starts with https://; "
                "http:// is for receivers on this machine."
            )
    return receivers


def office_of(core: Core) -> Office:
    """Return what recognitions are written with.

    Raises:
        SetupError: A receiver is wrongly set up.
    """
    told = [
        RecognitionReceiver(name, ReceiverKey(encryption_keys(name, settings)).encrypt)
        for name, settings in set_up(core.settings).items()
        if name in recognition.RECEIVERS
    ]
    unit = DecidingUnit(core.settings.unit_name, core.settings.unit_code)
    return Office(Facts(core.catalogue), core.data_keys, core.tagger, unit, told)


def commands_of(core: Core, rooms: Rooms, office: Office, credit: CreditOffice) -> Commands:
    """Return what carries out mutations."""
    facts, keys, tagger = office.facts, core.data_keys, core.tagger
    desk = AlertDesk(core.database, core.log, facts, keys, tagger, cache(packaged_services))
    return Commands(
        rooms.documents.schema,
        rooms.documents,
        rooms.policies,
        Disclosures(core.log, core.tagger),
        core.log,
        {
            "recognise": RecogniseRoom(Recognise(core.database, core.log, office, core.clock)),
            **alert_rooms(desk),
            **credit_rooms(credit),
        },
        rooms.quotas,
    )


@asynccontextmanager
async def sender_of(core: Core) -> AsyncIterator[Sender]:
    """Give what delivers the outbox; its connections live as long as this is open.

    Raises:
        SetupError: A receiver is wrongly set up.
    """
    async with httpx2.AsyncClient(trust_env=False) as client:
        receivers = {
            name: _port(Address(name, settings["url"], core.signer.sign, client))
            for name, settings in set_up(core.settings).items()
        }
        yield Sender(core.database, core.log, core.data_keys, core.tagger, receivers, core.clock)


def _port(address: Address) -> Receiver:
    if address.receiver == national_credit_platform.RECEIVER:
        return NationalCreditPlatform(address)
    return RecognitionInbox(address)
