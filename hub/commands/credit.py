"""Wires notification and commitment: the rules, who is told, and the banks' channel."""

import asyncio
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

import structlog

from connectors.live import banks
from connectors.outbound import national_credit_platform
from hub.app import Core
from hub.casework.consents import GiveAuthorisation, RevokeAuthorisation
from hub.casework.credit.commitment import Commit
from hub.casework.credit.confirmation import ConfirmCommitment
from hub.casework.credit.determination import DeterminePerformance
from hub.casework.credit.following import Following
from hub.casework.credit.notice import GiveNotice
from hub.casework.credit.verification import VerifyCommitment
from hub.casework.credit.work import CreditOffice
from hub.casework.recording import Office
from hub.casework.rooms import CommandRoom
from hub.commands.places import is_usable, read_places
from hub.errors import HubError, SetupError
from hub.store.consents import forget_uncovered
from scoring import packaged_calendar
from scoring.credit import packaged_rules

_FOLLOW_EVERY_S: Final = 2.0

log = structlog.get_logger()


def credit_office(core: Core, office: Office) -> CreditOffice:
    """Return what the steps of a commitment are carried out with.

    Raises:
        SetupError: The banks' channel or a receiver is wrongly set up.
    """
    places = read_places(core.settings.departments_file)
    channel = places.live.get(banks.DEPARTMENT)
    return CreditOffice(
        database=core.database,
        journal=core.log,
        office=office,
        clock=core.clock,
        calendar=packaged_calendar(),
        rules=cache(packaged_rules),
        banks=None if channel is None else bank_channel(channel),
        has_platform=national_credit_platform.RECEIVER in places.receivers,
    )


def bank_channel(settings: Mapping[str, str]) -> banks.BankChannel:
    """Return the banks' channel as `[live.banks]` of departments.toml describes it.

    Raises:
        SetupError: Its address or its token cannot be used.
    """
    url = settings.get("url", "")
    if not is_usable(url):
        raise SetupError(
            "[live.banks] needs a url that starts with https://; http:// is for this machine."
        )
    try:
        token = Path(settings["token_file"]).read_text("ascii").strip()
    except (KeyError, OSError, UnicodeDecodeError):
        token = ""
    if not token:
        raise SetupError("[live.banks] needs token_file: a file with the bearer token.")
    return banks.BankChannel(url, token)


def credit_rooms(desk: CreditOffice) -> dict[str, CommandRoom]:
    """Return the rooms of the mutations, by name."""
    return {
        "giveNotice": GiveNotice(desk),
        "commit": Commit(desk),
        "verifyCommitment": VerifyCommitment(desk),
        "confirmCommitment": ConfirmCommitment(desk),
        "determinePerformance": DeterminePerformance(desk),
        "giveAuthorisation": GiveAuthorisation(desk),
        "revokeAuthorisation": RevokeAuthorisation(desk),
    }


async def _forget(desk: CreditOffice) -> date:
    """Delete what live sources answered about people whose authorisation has ended; the day."""
    today = desk.today
    async with desk.database.transaction() as connection:
        await forget_uncovered(connection, today)
    return today


async def follow_commitments(desk: CreditOffice) -> None:
    """Move commitments on as receivers acknowledge and benefits begin, as long as we serve."""
    following = Following(desk)
    forgotten_on: date | None = None
    while True:
        try:
            await following.move()
            if forgotten_on != desk.today:
                forgotten_on = await _forget(desk)
        except HubError as problem:
            log.warning("commitments.wait", code=problem.code)
        await asyncio.sleep(_FOLLOW_EVERY_S)
