"""The long-lived keys: versioned, each wrapped by a root key that is kept elsewhere.

`keyring.json` holds every key but the root, wrapped by it (`hub.sealing.roots`): department keys,
tag keys, the log's subject-tag key, signing seeds. The file may be backed up with the database, the
root key must not be.

Processes of one hub share the file: whoever changes it holds its lock and puts a whole new one in
its place, everybody else looks whether it changed before a key is taken, at most once a second.
`hub.sealing.keyring_file` has its form.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog
from msgspec import UNSET
from typing_extensions import override

from hub.errors import HubError, KeysUnavailableError, SealBrokenError, SetupError
from hub.sealing.files import locked, write_private
from hub.sealing.keyring_file import KEYRING_FILE, Entry, Stamp, kept, read, stamp_of
from hub.sealing.roots import KEY_BYTES, NEXT_FILE, ROOT_FILE, LocalRoot, Root, root_at
from hub.sealing.suites import ALGORITHMS, Suite, require

HUB: Final = "hub"
"""Owner of the keys that belong to no department."""
LOOKED_S: Final = 1.0
"""How long a process may go on without looking whether the file changed."""
_log = structlog.get_logger()


class KeyKind(StrEnum):
    """What a key is for; keys of different kinds never meet."""

    DEPARTMENT = "department"
    TAG = "tag"
    IDENTIFIER = "identifier"
    SUBJECT = "log-subject"
    LOG = "log-signing"
    TOKEN = "token-signing"  # noqa: S105 - the name of a kind
    OUTBOUND = "outbound-signing"
    REPLAY = "replay"
    """Seals what was asked, for an auditor's replay, and keys the digest of what was shown."""


class KeyStatus(StrEnum):
    """A primary key seals and opens, a decrypt-only key opens; the others do neither."""

    ANNOUNCED = "announced"
    """It has been made, so that everybody knows it before it is first used."""
    PRIMARY = "primary"
    DECRYPT_ONLY = "decrypt-only"
    RETIRED = "retired"
    """Destroyed; its number stays, so that it is never given again."""


@dataclass(frozen=True, slots=True)
class Key:
    """One version of one key; `since` is the day (ISO) on which it was made, if that is known.

    `begins` is the moment (ISO, UTC) from which a signing key signs; "": since it was made. `suite`
    says what a department's key wraps with, and what tags are made with under a tag key.
    """

    kind: KeyKind
    owner: str
    version: int
    status: KeyStatus
    secret: bytes = field(repr=False)
    since: str = ""
    begins: str = ""
    suite: Suite = Suite.AES
    public: str = ""
    """Of a signing key of the log that was destroyed: its public half, in base64."""

    @override
    def __repr__(self) -> str:
        """Show everything but the secret."""
        return f"Key({self.kind}, {self.owner}, v{self.version}, {self.status})"


Keys = dict[tuple[KeyKind, str, int], Key]


class Keyring:
    """Every long-lived key, unwrapped in memory; lives as long as the process."""

    def __init__(self, folder: Path, root: Root, keys: Sequence[Key], stamp: Stamp | None) -> None:
        """Index keys that were already unwrapped; use `open` or `open_or_create`."""
        self._folder = folder
        self._root = root
        self._stamp = stamp
        self._looked = time.monotonic()
        self._changes = 0
        self._keys: Keys = {}
        self._primary: dict[tuple[KeyKind, str], Key] = {}
        self._index(keys)

    @classmethod
    def open(cls, folder: Path, where: str = "file") -> "Keyring":
        """Load the keys from `folder`, the root key from `where` (`hub.sealing.roots.root_at`).

        Raises:
            SetupError: A file is missing, open to others, damaged, or of another root key.
            KeysUnavailableError: The root key's device or service does not answer.
        """
        return cls(folder, *_loaded(folder, root_at(where, folder)))

    @classmethod
    def open_or_create(cls, folder: Path, where: str = "file") -> "Keyring":
        """Load the keys from `folder`; make a root key and an empty keyring if it has none.

        A folder with one file of the two is never completed: that would hide a loss. A root key
        that is not a file of this folder is never made, only used.

        Raises:
            SetupError: As `open`.
            KeysUnavailableError: As `open`.
        """
        if (folder / KEYRING_FILE).exists() or (where == "file" and (folder / ROOT_FILE).exists()):
            return cls.open(folder, where)
        if where == "file":
            write_private(folder / ROOT_FILE, secrets.token_bytes(KEY_BYTES))
        ring = cls(folder, root_at(where, folder), [], None)
        with ring.changing():
            pass
        return ring

    @property
    def root(self) -> Root:
        """The key above the others."""
        return self._root

    def ensure(
        self, kind: KeyKind, owner: str = HUB, today: str = "", suite: Suite = Suite.AES
    ) -> Key:
        """Return the primary key, made and saved now, in this suite, if there is none yet.

        Raises:
            SetupError: The suite cannot be used on this machine.
        """
        found = self._primary.get((kind, owner))
        if found is not None:
            return found
        with self.changing():
            found = self._primary.get((kind, owner))  # another process may have made it
            return found or self.add(kind, owner, KeyStatus.PRIMARY, today, suite)

    def primary(self, kind: KeyKind, owner: str = HUB) -> Key:
        """Return the key that seals.

        Raises:
            KeysUnavailableError: There is none; `hub migrate` makes it.
        """
        if time.monotonic() - self._looked > LOOKED_S:
            self.look()
        try:
            return self._primary[kind, owner]
        except KeyError:
            raise KeysUnavailableError(
                f"There is no {kind} key of {owner}; run `hub migrate` to make the missing keys."
            ) from None

    def version(self, kind: KeyKind, owner: str, version: int) -> Key:
        """Return one version of a key, to open with.

        Raises:
            KeysUnavailableError: That version is not in the keyring, or has been retired.
        """
        found = self._keys.get((kind, owner, version))
        if found is None:
            self.look()  # another process may have made it a moment ago
            found = self._keys.get((kind, owner, version))
        if found is None or found.status is KeyStatus.RETIRED:
            raise KeysUnavailableError(
                f"Version {version} of the {kind} key of {owner} is not in the keyring."
            )
        return found

    def versions(self, kind: KeyKind, owner: str = HUB) -> list[Key]:
        """Return every version of one key that was not retired, the oldest first."""
        if time.monotonic() - self._looked > LOOKED_S:
            self.look()
        return [
            key
            for key in self.all()
            if (key.kind, key.owner) == (kind, owner) and key.status is not KeyStatus.RETIRED
        ]

    def changes(self) -> int:
        """Return a number that is another one when any key has changed since it was asked."""
        if time.monotonic() - self._looked > LOOKED_S:
            self.look()
        return self._changes

    def all(self) -> list[Key]:
        """Return every version of every key, by kind, owner and version."""
        return [key for _, key in sorted(self._keys.items())]

    def look(self) -> bool:
        """Take over what another process changed; return whether anything had changed.

        A file that cannot be read is not taken over, and told: what is in memory still opens.
        """
        self._looked = time.monotonic()
        try:
            stamp = stamp_of(self._folder)
            if stamp == self._stamp:
                return False
            root, keys, stamp = _loaded(self._folder, self._root)
        except HubError as problem:
            _log.error("keyring.not_taken_over", code=problem.code)
            return False
        self._root, self._stamp = root, stamp
        self._index(keys)
        return True

    @contextmanager
    def changing(self, root: Root | None = None, *, waits: bool = True) -> Iterator[None]:
        """Hold the file, as it is now; what was changed is saved at the end, unless it failed.

        With `root`, the keys are wrapped by that one from here on. Who answers requests does not
        wait for the file (`waits`).

        Raises:
            SetupError: The file cannot be read.
            KeysUnavailableError: Another process is changing it, and it is not waited for.
        """
        with locked(self._folder / "keyring.lock", waits=waits):
            if (self._folder / KEYRING_FILE).exists():
                self._root, keys, self._stamp = _loaded(self._folder, self._root)
                self._index(keys)
            before = self.all()
            try:
                yield
                self._save(root or self._root)
            except BaseException:
                self._index(before)
                raise

    def add(
        self,
        kind: KeyKind,
        owner: str,
        status: KeyStatus,
        today: str = "",
        suite: Suite = Suite.AES,
    ) -> Key:
        """Return a new key in a version that was never used; only while `changing`.

        Raises:
            SetupError: The suite cannot be used on this machine.
        """
        require(suite)
        wraps = kind is KeyKind.DEPARTMENT
        length = ALGORITHMS[suite].key_bytes if wraps else KEY_BYTES
        taken = [v for k, o, v in self._keys if (k, o) == (kind, owner)]
        version = max(taken, default=0) + 1  # what older versions sealed must still open
        secret = secrets.token_bytes(length)
        made = Key(kind, owner, version, status, secret, today, suite=suite)
        return self.put(made)

    def put(self, key: Key) -> Key:
        """Give one version another state; the primary before it opens only. While `changing`."""
        self._changes += 1
        if key.status is KeyStatus.PRIMARY:
            former = self._primary.get((key.kind, key.owner))
            if former is not None and former.version != key.version:
                lower = replace(former, status=KeyStatus.DECRYPT_ONLY)
                self._keys[lower.kind, lower.owner, lower.version] = lower
        elif self._primary.get((key.kind, key.owner)) == self._keys.get(
            (key.kind, key.owner, key.version)
        ):
            self._primary.pop((key.kind, key.owner), None)
        self._keys[key.kind, key.owner, key.version] = key
        if key.status is KeyStatus.PRIMARY:
            self._primary[key.kind, key.owner] = key
        return key

    def _index(self, keys: Sequence[Key]) -> None:
        """Put other keys in the place of those there were, whole."""
        self._changes += 1
        self._keys = {(key.kind, key.owner, key.version): key for key in keys}
        self._primary = {
            (key.kind, key.owner): key for key in keys if key.status is KeyStatus.PRIMARY
        }

    def _save(self, root: Root) -> None:
        entries = [_wrapped(key, root.wrap) for key in self.all()]
        write_private(self._folder / KEYRING_FILE, kept(root.id, entries))
        self._root, self._stamp = root, stamp_of(self._folder)


def _loaded(folder: Path, root: Root) -> tuple[Root, list[Key], Stamp]:
    """Return the keys of the file, the root that wrapped it, and the state that the file has."""
    stamp = stamp_of(folder)
    id_, entries = read(folder)
    root = _matching(root, id_, folder)
    return root, [_unwrapped(root, entry, folder) for entry in entries], stamp


def _matching(root: Root, id_: str | None, folder: Path) -> Root:
    """Return the root that wrapped the file: the one at hand, or the one that replaces it.

    A change of the root key writes the new one beside the old, then the file, then gives the new
    one its name; whoever reads in between finds it under the name it has.
    """
    if id_ is None or root.id == id_:
        return root
    for name in (NEXT_FILE, ROOT_FILE):
        path = folder / name
        if isinstance(root, LocalRoot) and path.exists():
            other = root_at(f"file:{path}", folder)
            if other.id == id_:
                return other
    raise SetupError(
        f"The keyring in {folder} was wrapped by another root key ({id_}) than the one at hand "
        f"({root.id}): they belong to different hubs, or the root key's place is set wrong."
    )


def _wrapped(key: Key, wrap: Callable[[bytes], bytes]) -> Entry:
    wrapped = b"" if key.status is KeyStatus.RETIRED else wrap(key.secret)
    begins = key.begins or UNSET
    suite = UNSET if key.suite is Suite.AES else int(key.suite)
    public = key.public or UNSET
    entry = Entry(
        key.kind, key.owner, key.version, key.status, "", key.since, begins, suite, public
    )
    return entry.wrapping(wrapped)


def _unwrapped(root: Root, entry: Entry, folder: Path) -> Key:
    try:
        kind, status = KeyKind(entry.kind), KeyStatus(entry.status)
        suite = Suite.AES if entry.suite is UNSET else Suite(entry.suite)
    except ValueError as problem:
        raise SetupError(f"{folder / KEYRING_FILE} is damaged; restore it.") from problem
    try:
        secret = b"" if status is KeyStatus.RETIRED else root.unwrap(entry.bytes())
    except (SealBrokenError, ValueError) as problem:
        raise SetupError(
            f"The root key of {folder} does not open the {entry.kind} key of {entry.owner}: "
            "root.key and keyring.json belong to different hubs, or one is damaged."
        ) from problem
    told = entry.since, entry.begins or "", suite, entry.public or ""
    return Key(kind, entry.owner, entry.version, status, secret, *told)
