"""Wires who is told of recognitions: where each receiver is, and what only it can read."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import httpx2

from connectors.outbound import medical_insurance
from hub.app import Core
from hub.casework.commands import Commands
from hub.casework.recognise import Recognise, RecogniseRoom
from hub.casework.recording import DecidingUnit, Office, RecognitionReceiver
from hub.commands.places import encryption_keys, read_places
from hub.delivery.sender import Receiver, Sender
from hub.errors import SetupError
from hub.query.disclosure import Disclosures
from hub.sealing.envelopes import ReceiverKey
from hub.service import Rooms
from hub.store.facts import Facts

_KNOWN: Final = (medical_insurance.RECEIVER,)


def _set_up(core: Core) -> Mapping[str, Mapping[str, str]]:
    """Return the receivers of departments.toml.

    Raises:
        SetupError: One of them is nobody the hub can write to.
    """
    receivers = read_places(core.settings.departments_file).receivers
    for name in receivers:
        if name not in _KNOWN:
            raise SetupError(
                f"departments.toml names the receiver {name}; known are: {', '.join(_KNOWN)}."
            )
    return receivers


def commands_of(core: Core, rooms: Rooms) -> Commands:
    """Return what carries out mutations.

    Raises:
        SetupError: A receiver is wrongly set up.
    """
    told = [
        RecognitionReceiver(name, ReceiverKey(encryption_keys(name, settings)).encrypt)
        for name, settings in _set_up(core).items()
    ]
    unit = DecidingUnit(core.settings.unit_name, core.settings.unit_code)
    office = Office(Facts(core.catalogue), core.data_keys, core.tagger, unit, told)
    return Commands(
        rooms.documents.schema,
        rooms.documents,
        rooms.policies,
        Disclosures(core.log, core.tagger),
        core.log,
        {"recognise": RecogniseRoom(Recognise(core.database, core.log, office, core.clock))},
    )


@asynccontextmanager
async def sender_of(core: Core) -> AsyncIterator[Sender]:
    """Give what delivers the outbox; its connections live as long as this is open.

    Raises:
        SetupError: A receiver is wrongly set up.
    """
    async with httpx2.AsyncClient(trust_env=False) as client:
        receivers: dict[str, Receiver] = {
            name: medical_insurance.MedicalInsurance(settings["url"], core.signer.sign, client)
            for name, settings in _set_up(core).items()
        }
        yield Sender(core.database, core.log, core.data_keys, core.tagger, receivers, core.clock)
