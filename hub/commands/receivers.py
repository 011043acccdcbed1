"""Wires who is told of decisions: where each receiver is, and what only it can read."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Final

import httpx2

from connectors.outbound import national_credit_platform, recognition
from connectors.outbound.national_credit_platform import NationalCreditPlatform
from connectors.outbound.posting import Address, Encrypt, Sign
from connectors.outbound.recognition import RecognitionInbox
from hub.app import Core
from hub.casework.alert_desk import AlertDesk
from hub.casework.alert_rooms import alert_rooms
from hub.casework.case_rooms import case_rooms
from hub.casework.cases import CaseDesk
from hub.casework.commands import Commands
from hub.casework.credit.work import CreditOffice
from hub.casework.finding_rooms import finding_rooms
from hub.casework.indicator_desk import IndicatorDesk
from hub.casework.recognise import Recognise, RecogniseRoom
from hub.casework.recording import DecidingUnit, Office, RecognitionReceiver
from hub.casework.replay_rooms import replay_rooms
from hub.casework.sharing.clocks import packaged_clock
from hub.casework.sharing.rooms import sharing_rooms
from hub.commands.credit import credit_rooms
from hub.commands.places import encryption_keys, is_usable, read_places
from hub.commands.receiver_keys import CLIENT, ENCRYPTION, AsRegistered, registered_key
from hub.commands.sharing import policy_desk, sharing_desk
from hub.delivery.sender import Receiver, Sender
from hub.errors import SetupError
from hub.http.clients import Client
from hub.http.registry import LiveClients
from hub.query.cases import CaseCheck
from hub.query.disclosure import Disclosures
from hub.sealing.envelopes import ReceiverKey
from hub.sealing.sm2 import public_key_in
from hub.sealing.sm2_providers import provider_at
from hub.sealing.sm_envelopes import Sm2ReceiverKey
from hub.service import Rooms, replay_desk
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


def office_of(core: Core, clients: Mapping[str, Client]) -> Office:
    """Return what recognitions are written with; `clients` has the keys that are registered.

    Raises:
        SetupError: A receiver is wrongly set up.
    """
    told = [
        RecognitionReceiver(name, _to(name, stated, core, clients))
        for name, stated in set_up(core.settings).items()
        if name in recognition.RECEIVERS
    ]
    unit = DecidingUnit(core.settings.unit_name, core.settings.unit_code)
    return Office(Facts(core.catalogue), core.data_keys, core.tagger, unit, told)


def _to(name: str, stated: Mapping[str, str], core: Core, clients: Mapping[str, Client]) -> Encrypt:
    registered = registered_key(name, stated, clients, core.clock)
    if registered is not None:
        return registered.encrypt
    return _encrypting(name, stated, core.settings.sm2)


def _encrypting(name: str, stated: Mapping[str, str], sm2: str) -> Encrypt:
    """Return what makes a text readable to one receiver alone: JWE, or an envelope of SM2.

    Raises:
        SetupError: Its key cannot be read or used, or it has one of each kind.
    """
    path = stated.get("sm2_key_file")
    if path is None:
        return ReceiverKey(encryption_keys(name, stated)).encrypt
    if "key_file" in stated:
        raise SetupError(f"The receiver {name} has key_file and sm2_key_file; it is one of them.")
    provider = provider_at(sm2)
    if provider is None:
        raise SetupError(
            f"The receiver {name} has sm2_key_file, and the setting sm2 is off: set it to "
            "libcrypto, or give the receiver a key_file."
        )
    return Sm2ReceiverKey(provider, public_key_in(Path(path))).encrypt


def commands_of(core: Core, rooms: Rooms, office: Office, credit: CreditOffice) -> Commands:
    """Return what carries out mutations.

    Raises:
        SetupError: sharing.toml cannot be read.
    """
    facts, keys, tagger = office.facts, core.data_keys, core.tagger
    cases = CaseDesk(core.database, core.log, tagger, core.clock)
    desk = AlertDesk(core.database, core.log, facts, keys, tagger, cache(packaged_services), cases)
    return Commands(
        rooms.documents.schema,
        rooms.documents,
        rooms.policies,
        Disclosures(core.log, core.tagger),
        core.log,
        CaseCheck(core.database),
        {
            "recognise": RecogniseRoom(Recognise(core.database, core.log, office, core.clock)),
            **alert_rooms(desk),
            **case_rooms(cases),
            **credit_rooms(credit),
            **finding_rooms(IndicatorDesk(core.database, core.log, core.clock, core.log_side)),
            **replay_rooms(replay_desk(core, rooms.queries)),
            **sharing_rooms(sharing_desk(core), policy_desk(core), packaged_clock()),
        },
        rooms.quotas,
    )


@asynccontextmanager
async def sender_of(core: Core) -> AsyncIterator[Sender]:
    """Give what delivers the outbox; its connections live as long as this is open.

    Raises:
        SetupError: A receiver is wrongly set up.
    """
    stated = set_up(core.settings)
    clients = None
    if any(CLIENT in each for each in stated.values()):
        clients = await LiveClients.opened(core.settings.clients_file, core.database)
    async with httpx2.AsyncClient(trust_env=False) as client:
        receivers = {
            name: _receiver(name, each, core, client, clients) for name, each in stated.items()
        }
        yield Sender(core.database, core.log, core.data_keys, core.tagger, receivers, core.clock)


def _receiver(
    name: str,
    stated: Mapping[str, str],
    core: Core,
    client: httpx2.AsyncClient,
    clients: LiveClients | None,
) -> Receiver:
    registered = registered_key(name, stated, clients or {}, core.clock)
    sign: Sign = core.signer.sign
    if registered is not None and ENCRYPTION in stated:
        sign = registered.enclosing(sign)
    port = _port(Address(name, stated["url"], sign, client))
    return port if clients is None else AsRegistered(clients, port)


def _port(address: Address) -> Receiver:
    if address.receiver == national_credit_platform.RECEIVER:
        return NationalCreditPlatform(address)
    return RecognitionInbox(address)
