"""What the pages ask beside POST /graphql: of the hub itself, never of a person.

Declarations are for everybody, as a data catalogue is. What a caller may read, and how much the
hub holds, need a token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Protocol

from hub.access import Policy
from hub.clock import Clock
from hub.errors import InvalidRequestError
from hub.http.auth import Authenticator
from hub.http.body import read_object
from hub.http.console.charts import drawn, read_chart
from hub.http.console.examples import examples_folder, told_examples
from hub.http.console.files import HEADERS, PAGES, STATIC_PATH, Files
from hub.http.console.holdings import Holdings
from hub.http.console.log_told import LogTold
from hub.http.console.told import told_catalogue, told_entitlement, told_profile, told_purposes
from hub.http.endpoint import Handler
from hub.http.exchange import Incoming, Reply, json_reply
from hub.http.limits import read_body
from hub.http.media import check_json_body
from hub.query.bind import day_of
from schema.catalogue import Catalogue
from scoring.profile import InputStatus, ProfileError, packaged_profile

ABOUT_PATH: Final = "/console/hub.json"
CATALOGUE_PATH: Final = "/console/catalogue.json"
EXAMPLES_PATH: Final = "/console/examples.json"
GRANTED_PATH: Final = "/console/granted.json"
HOLDINGS_PATH: Final = "/console/holdings.json"
LOG_PATH: Final = "/console/log.json"
CHART_PATH: Final = "/console/chart"
SVG: Final = "image/svg+xml"
_CHART_BYTES: Final = 32_768


class PolicyInForce(Protocol):
    """Gives the policy by which questions are answered."""

    async def current(self) -> Policy:
        """Return the policy in memory."""

    async def is_in_force(self, policy: Policy) -> bool:
        """Whether it is the one that the database has."""

    async def reload(self) -> Policy:
        """Return the policy that the database has."""


@dataclass(frozen=True, slots=True)
class Console:
    """Serves the pages and what they ask of the hub."""

    issuer: str
    sign_in_path: str | None
    session_path: str | None
    """Where people's sessions are; None: they do not sign in."""
    authenticator: Authenticator
    policies: PolicyInForce
    catalogue: Catalogue
    holdings: Holdings
    log: LogTold
    clock: Clock
    files: Files
    body_timeout_s: float

    def handlers(self) -> Mapping[str, Handler]:
        """Return what answers GET, path by path."""
        return {
            **{page.path: self.files.page for page in PAGES},
            STATIC_PATH: self.files.asset,
            ABOUT_PATH: self.about,
            CATALOGUE_PATH: self.declared,
            EXAMPLES_PATH: self.examples,
            GRANTED_PATH: self.granted,
            HOLDINGS_PATH: self.held,
            LOG_PATH: self.log_told,
        }

    async def about(self, incoming: Incoming) -> Reply:
        """Say where the hub is known, how to sign in here, the purposes, and the profile of today.

        The profile is told as it is written; which of its inputs are granted is not asked here.
        """
        del incoming
        return _told(
            {
                "issuer": self.issuer,
                "signInPath": self.sign_in_path,
                "sessionPath": self.session_path,
                "purposes": told_purposes(),
                "profile": profile_told(day_of(self.clock())),
            }
        )

    async def declared(self, incoming: Incoming) -> Reply:
        """Give the catalogue."""
        del incoming
        return _told(told_catalogue(self.catalogue))

    async def examples(self, incoming: Incoming) -> Reply:
        """Give the example documents."""
        del incoming
        return _told({"examples": told_examples(examples_folder())})

    async def granted(self, incoming: Incoming) -> Reply:
        """Say what the caller may read today, for the purpose of its token.

        Raises:
            UnauthenticatedError: Get a token.
        """
        caller = await self.authenticator.caller(incoming)
        policy = await self.policies.current()
        if not await self.policies.is_in_force(policy):
            policy = await self.policies.reload()
        found = policy.entitlement(caller, day_of(self.clock()))
        who = {"department": caller.department, "role": caller.role, "purpose": caller.purpose}
        return _told(who | told_entitlement(found))

    async def held(self, incoming: Incoming) -> Reply:
        """Say how much the hub holds, in whole tens.

        Raises:
            UnauthenticatedError: Get a token.
        """
        await self.authenticator.caller(incoming)
        return _told(await self.holdings.told())

    async def log_told(self, incoming: Incoming) -> Reply:
        """Give the verifier keys of the log and what its witnesses last said.

        Raises:
            UnauthenticatedError: Get a token.
        """
        await self.authenticator.caller(incoming)
        return _told(await self.log.told())

    async def chart(self, incoming: Incoming) -> Reply:
        """Draw the numbers of the request; nothing is looked up, and nothing kept.

        Raises:
            UnauthenticatedError: Get a token.
            InvalidRequestError: It is no chart; the message says where.
        """
        await self.authenticator.caller(incoming)
        check_json_body(incoming)
        body = await read_body(incoming.receive, _CHART_BYTES, within_s=self.body_timeout_s)
        content = read_object(body)
        if isinstance(content, list):
            raise InvalidRequestError("Ask for one chart at a time.")
        return Reply(200, SVG, drawn(read_chart(content)), HEADERS)


@lru_cache(maxsize=2)
def profile_told(today: date) -> Mapping[str, object] | None:
    """Return the profile of the day as it is written, or None on a day that has none.

    It is read once a day: whoever asks needs no token, so asking must cost nothing.
    """
    try:
        profile = packaged_profile(today, lambda _: InputStatus.GRANTED)
    except ProfileError:
        return None
    return told_profile(profile.document)


def _told(content: Mapping[str, object]) -> Reply:
    reply = json_reply(content)
    return Reply(reply.status, reply.media_type, reply.body, HEADERS)
