"""Sessions of people who signed in: rows of one table, known to every worker, ended at once.

A browser has 256 random bits; the row has a keyed tag of them, and of the person an opaque id
only. A session ends 30 minutes after its last use and 8 hours after its beginning, whatever comes
first.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol, Self

from hub.clock import Clock
from hub.http.tokens import PERSON
from hub.sealing.tags import Tagger
from hub.store.database import Database

IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=8)
MAX_TOKENS: Final = 32
"""Living tokens of one session: all of them are revoked when it ends."""
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")
_USE_NAME: Final = "sign-in/session"
_BEGIN: Final = """
    insert into person_session (tag, actor, roles, tokens, started_at, used_at, tag_version)
    values ($1, $2, $3, '{}', $4, $4, $5)
"""
_USE: Final = """
    update person_session set used_at = $2, tag = $5, tag_version = $6
    where tag = any($1::bytea[]) and used_at > $3 and started_at > $4 returning actor, roles
"""
_TOKENS: Final = "select tokens from person_session where tag = any($1::bytea[]) for update"
_ISSUED: Final = "update person_session set tokens = $2 where tag = any($1::bytea[])"
_END: Final = "delete from person_session where tag = any($1::bytea[]) returning tokens"
_FORGET: Final = "delete from person_session where used_at <= $1 or started_at <= $2"


@dataclass(frozen=True, slots=True)
class Session:
    """Who has signed in: an opaque id, and the ids of the roles that the provider told."""

    actor: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that a session was given."""

    client_id: str
    jti: str
    expires_at: int
    """Seconds since the epoch."""

    def told(self) -> str:
        """Return it as the table has it."""
        return f"{self.client_id} {self.jti} {self.expires_at}"

    @classmethod
    def read(cls, told: str) -> Self:
        """Return what the table has."""
        client_id, jti, expires_at = told.split(" ")
        return cls(client_id, jti, int(expires_at))


class Sessions(Protocol):
    """Remembers who has signed in, for all workers."""

    def actor(self, issuer: str, subject: str) -> str:
        """Return the opaque id of a person of a provider: always the same one."""

    def derived(self, use: str, secret: str) -> str:
        """Return 43 letters that follow from a browser's secret, and that only the hub can make."""

    async def begin(self, secret: str, session: Session) -> None:
        """Begin a session; it is durable on return.

        Raises:
            StoreUnavailableError: Nobody knows; do not let them in.
        """

    async def use(self, secret: str) -> Session | None:
        """Return the session, if it lives, and count this as its last use.

        Raises:
            StoreUnavailableError: Nobody knows; refuse.
        """

    async def issued(self, secret: str, token: Issued) -> bool:
        """Note a token before it is handed out; False: do not, the session has ended or too many.

        Raises:
            StoreUnavailableError: Nobody knows; do not hand it out.
        """

    async def end(self, secret: str) -> Sequence[Issued]:
        """End the session, and return its tokens.

        Raises:
            StoreUnavailableError: Nobody knows; it has not ended.
        """


class StoredSessions:
    """`Sessions` in the table `person_session`."""

    def __init__(self, database: Database, tagger: Tagger, clock: Clock) -> None:
        """Keep them in `database` under tags of `tagger`."""
        self._database = database
        self._tagger = tagger
        self._clock = clock

    def actor(self, issuer: str, subject: str) -> str:
        """Return a keyed tag in letters: no digits, so that it never looks like a number."""
        tag = self._tagger.pseudonym(f"sign-in/actor/{issuer}", subject)[:16]
        return PERSON + tag.hex().translate(_LETTERS)

    def derived(self, use: str, secret: str) -> str:
        """Return a keyed tag."""
        return _encoded(self._tagger.pseudonym(f"sign-in/{use}", secret))

    async def begin(self, secret: str, session: Session) -> None:
        """Begin a session, and forget those that have ended."""
        now = self._clock()
        async with self._database.transaction() as connection:
            await connection.execute(_FORGET, now - IDLE, now - ABSOLUTE)
            tag, version = self._stored(secret)
            await connection.execute(_BEGIN, tag, session.actor, list(session.roles), now, version)

    async def use(self, secret: str) -> Session | None:
        """Return the session, if it lives; one statement."""
        now = self._clock()
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                _USE, self._tags(secret), now, now - IDLE, now - ABSOLUTE, *self._stored(secret)
            )
        return None if row is None else Session(row["actor"], tuple(row["roles"]))

    async def issued(self, secret: str, token: Issued) -> bool:
        """Note a token, and forget those that have ended."""
        now = self._clock().timestamp()
        async with self._database.transaction() as connection:
            noted = await connection.fetchval(_TOKENS, self._tags(secret))
            if noted is None:
                return False
            living = [told for told in noted if Issued.read(told).expires_at > now]
            if len(living) >= MAX_TOKENS:
                return False
            await connection.execute(_ISSUED, self._tags(secret), [*living, token.told()])
        return True

    async def end(self, secret: str) -> Sequence[Issued]:
        """End the session."""
        async with self._database.transaction() as connection:
            noted = await connection.fetchval(_END, self._tags(secret))
        return [Issued.read(told) for told in noted or ()]

    def _tags(self, secret: str) -> list[bytes]:
        """Return what a session may be stored under."""
        return self._tagger.onces(_USE_NAME, secret)

    def _stored(self, secret: str) -> tuple[bytes, int]:
        """Return what a session is stored under from now on, and the version of that."""
        key = self._tagger.live()[0]
        return key.once(_USE_NAME, secret), key.version


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
