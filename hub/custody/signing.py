"""The hub's own signing keys change by the clock: announced, signing, verified with, gone.

What is announced stands in `keyring.json` with the moment from which it signs, long enough ahead
that every process, and everybody who fetches the public keys, has seen it. Nobody has to act at
that moment. The leading worker writes down afterwards what the clock has done, and destroys what
nobody verifies with any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from audit.entry import EntryKind
from hub.custody.rotation import KeyInUseError
from hub.errors import SetupError
from hub.sealing.keyring import HUB, Key, KeyKind, Keyring, KeyStatus
from hub.sealing.log_signing import log_public
from hub.sealing.signing import KEPT, begins_at, superseded
from hub.store.journal import Journal, recorded

AHEAD: Final = {
    KeyKind.TOKEN: timedelta(seconds=600),
    KeyKind.OUTBOUND: timedelta(days=7),
    KeyKind.LOG: timedelta(days=30),
}
"""How long a new key is announced, if nobody says otherwise: public keys of tokens may be kept for
five minutes (`Cache-Control`), those of messages and of the log are handed on by people."""
_CHINA: Final = timezone(timedelta(hours=8))
LEAST: Final = timedelta(seconds=5)
"""Processes look at the keyring once a second."""


@dataclass(frozen=True, slots=True)
class SigningCustodian:
    """Changes signing keys and the subject-tag key; `by` is who asked, as the log names them."""

    keyring: Keyring
    log: Journal
    by: str

    async def announce(self, kind: KeyKind, now: datetime, ahead: timedelta | None) -> Key:
        """Return a new key that signs `ahead` from now on; the one before it signs until then.

        Raises:
            SetupError: `ahead` is too short for every process to hear of it.
            KeyInUseError: Another one is announced already.
            AuditUnavailableError: It cannot be put on record, so it was not done.
        """
        wait = _ahead(kind, now) if ahead is None else ahead
        if wait < LEAST:
            raise SetupError(f"A key is announced for {LEAST.seconds} seconds at least.")
        with self.keyring.changing():
            if any(begins_at(key) > now for key in self.keyring.versions(kind)):
                raise KeyInUseError(f"A {kind} key is announced already; `hub keys status`.")
            made = self.keyring.add(kind, HUB, KeyStatus.ANNOUNCED, now.date().isoformat())
            begins = (now + wait).astimezone(UTC).isoformat(timespec="seconds")
            made = self.keyring.put(replace(made, begins=begins))
            await self._recorded("announce", made)
        return made

    async def settle(self, now: datetime) -> list[Key]:
        """Return the keys whose state was written down: who signs by now, and what is destroyed.

        Raises:
            AuditUnavailableError: It cannot be put on record, so it was not done.
            KeysUnavailableError: Another process is changing the keyring; look again.
        """
        if not list(_due(self.keyring, now)):
            return []
        with self.keyring.changing(waits=False):
            done = list(_due(self.keyring, now))
            for key in done:
                self.keyring.put(key)
                await self._recorded(str(key.status), key)
        return done

    async def _recorded(self, act: str, key: Key) -> None:
        about = {"act": act, "key": str(key.kind), "owner": key.owner, "version": key.version}
        about |= {"begins": key.begins, "by": self.by, "outcome": "announced"}
        if key.kind is KeyKind.LOG:
            about["public"] = log_public(key)
        await recorded(self.log, EntryKind.KEY, about)


def _ahead(kind: KeyKind, now: datetime) -> timedelta:
    """Return how long a key is announced.

    Subjects of the log get other tags at midnight in China: what is counted by the day has one.
    """
    if kind is not KeyKind.SUBJECT:
        return AHEAD[kind]
    day = (now + LEAST).astimezone(_CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1) - now


def _due(keyring: Keyring, now: datetime) -> Iterator[Key]:
    """Go through what the clock has done and the file does not say yet."""
    epochs = [key for key in keyring.versions(KeyKind.SUBJECT) if begins_at(key) <= now]
    if epochs and epochs[-1].status is not KeyStatus.PRIMARY:
        yield replace(epochs[-1], status=KeyStatus.PRIMARY)
    for kind, kept in KEPT.items():
        versions = keyring.versions(kind)
        begun = [key for key in versions if begins_at(key) <= now]
        if begun and begun[-1].status is not KeyStatus.PRIMARY:
            yield replace(begun[-1], status=KeyStatus.PRIMARY)
        for key in superseded(versions, now - kept):
            public = log_public(key) if kind is KeyKind.LOG else ""
            yield replace(key, status=KeyStatus.RETIRED, secret=b"", public=public)
