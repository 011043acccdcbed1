"""Documents that were registered for a client: it may name one by its hash instead of sending it.

The registry says `documents = "trusted"` of a client that may run nothing else: whatever it sends
that is not registered is refused and on record, before it is parsed. Registered documents are
files, `<folder>/<client>/<sha256>.graphql`: reviewed, copied and backed up like the registry of
clients beside them; a hub that lacks the file refuses. The name is the hash of the text, and a file
whose text has another hash counts as none. What was added or removed holds within `_FRESH_S`.

Spec: Apollo's automatic persisted queries (the wire form); GraphQL over HTTP, appendix on
persisted documents (`documentId`, the `sha256:` form).
"""

import hashlib
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from hub.access import Caller
from hub.errors import HubError, InvalidRequestError, RefusedError
from hub.query.disclosure import Asked
from hub.sealing.files import write_private

HASH: Final = re.compile(r"[0-9a-f]{64}")
_FRESH_S: Final = 1.0


class DocumentNotTrustedError(RefusedError):
    """Register the document for this client first (`hub documents add`), or send one that is."""

    code = "DOCUMENT_NOT_TRUSTED"
    status = 403


class DocumentUnknownError(RefusedError):
    """No document of that hash is registered for this client; send its text."""

    code = "PERSISTED_QUERY_NOT_FOUND"


def hash_of(text: str) -> str:
    """Return the name of a document: SHA-256 of its text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class DocumentFolder:
    """The files of every client's registered documents."""

    path: Path

    def add(self, client_id: str, text: str) -> str:
        """Register a document and return its hash; it is there whole or not at all."""
        name = hash_of(text)
        write_private(self._file(client_id, name), text.encode())
        return name

    def remove(self, client_id: str, name: str) -> bool:
        """Register a document no more; return whether it was registered."""
        file = self._file(client_id, name)
        was_there = file.exists()
        file.unlink(missing_ok=True)
        return was_there

    def names(self, client_id: str) -> list[str]:
        """Return the hashes of a client's documents, sorted."""
        found = (file.stem for file in (self.path / client_id).glob("*.graphql"))
        return sorted(name for name in found if HASH.fullmatch(name))

    def text(self, client_id: str, name: str) -> str | None:
        """Return a registered document, or None if there is none of that hash."""
        if not HASH.fullmatch(name):
            return None
        try:
            text = self._file(client_id, name).read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            return None
        return text if hash_of(text) == name else None

    def changed_at(self, client_id: str) -> int:
        """Return when a document was last added or removed, as the file system tells it."""
        try:
            return (self.path / client_id).stat().st_mtime_ns
        except OSError:
            return 0

    def _file(self, client_id: str, name: str) -> Path:
        return self.path / client_id / f"{name}.graphql"


class Refusals(Protocol):
    """Puts refusals on record; `hub.query.disclosure.Disclosures` does."""

    async def refused(self, asked: Asked, refusal: HubError, outcome: str = "refused") -> bool:
        """Put it on record; return whether it is."""


@dataclass(slots=True)
class _Known:
    """The documents of one client that were asked for, as they were at `changed_at`."""

    changed_at: int
    looked_at: float
    by_hash: dict[str, str] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)


@dataclass(slots=True)
class TrustedDocuments:
    """Finds registered documents, and holds clients to them; belongs to one event loop."""

    folder: DocumentFolder
    bound: Container[str]
    """Clients that may run registered documents only."""
    refusals: Refusals
    monotonic: Callable[[], float]
    _known: dict[str, _Known] = field(default_factory=dict, repr=False)

    async def document(
        self,
        text: str | None,
        name: str | None,
        caller: Caller,
        request_id: str,
        at: datetime,
        channel: str,
    ) -> str:
        """Return the document to run: that of the hash `name`, or `text` if it may be run.

        `channel` is the way it came by, for the record.

        Raises:
            InvalidRequestError: `text` is not the document of the hash beside it.
            DocumentNotTrustedError: It is not registered for this client, which is on record.
            DocumentUnknownError: There is no such document, and no text; on record too.
        """
        if text is not None and name is not None and hash_of(text) != name:
            raise InvalidRequestError("The hash is not that of the document beside it.")
        try:
            return self._found(text, name, caller.client_id)
        except RefusedError as refusal:
            digest = name if text is None and name is not None else hash_of(text or "")
            asked = Asked(caller, request_id, at, digest, None, channel)
            await self.refusals.refused(asked, refusal)
            raise

    def _found(self, text: str | None, name: str | None, client_id: str) -> str:
        is_bound = client_id in self.bound
        if text is not None and not is_bound:
            return text
        known = self._fresh(client_id)
        if text is not None and text in known.texts:
            return text
        wanted = name or hash_of(text or "")
        found = known.by_hash.get(wanted) or self.folder.text(client_id, wanted)
        if found is not None:
            known.by_hash[wanted] = found
            known.texts.add(found)
            return found
        if is_bound:
            raise DocumentNotTrustedError(
                f"The client {client_id} runs registered documents only, and this is none: have "
                "it registered, or send one that is."
            )
        raise DocumentUnknownError("PersistedQueryNotFound")

    def _fresh(self, client_id: str) -> _Known:
        """Return what is known of a client's documents, forgotten where the folder has changed."""
        now = self.monotonic()
        known = self._known.get(client_id)
        if known is not None and now - known.looked_at < _FRESH_S:
            return known
        changed_at = self.folder.changed_at(client_id)
        if known is None or known.changed_at != changed_at:
            known = self._known[client_id] = _Known(changed_at, now)
        known.looked_at = now
        return known


async def document_to_run(
    trusted: TrustedDocuments | None,
    text: str | None,
    name: str | None,
    caller: Caller,
    request_id: str,
    at: datetime,
    channel: str = "graphql",
) -> str:
    """Return the document that a request runs: registered, or its own where that may be.

    Raises:
        InvalidRequestError: There is neither a text nor a name that can be looked up.
        RefusedError: As `TrustedDocuments.document`.
    """
    if trusted is not None and (name is not None or caller.client_id in trusted.bound):
        return await trusted.document(text, name, caller, request_id, at, channel)
    if text is None:
        raise InvalidRequestError("query must be a text: the GraphQL document.")
    return text


def named_document(content: Mapping[str, object]) -> str | None:
    """Return the hash by which a body names its document, or None if it names none.

    Raises:
        InvalidRequestError: The name has neither of the two forms, or there are two.
    """
    given = content.get("documentId")
    extensions = content.get("extensions")
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    if given is None and persisted is None:
        return None
    names: list[str] = []
    if given is not None:
        prefix, _, payload = given.partition(":") if isinstance(given, str) else ("", "", "")
        names.append(payload if prefix == "sha256" else "")
    if persisted is not None:
        stated = persisted if isinstance(persisted, dict) else {}
        name = stated.get("sha256Hash")
        names.append(name if isinstance(name, str) and stated.get("version") == 1 else "")
    if len(set(names)) != 1 or not HASH.fullmatch(names[0]):
        raise InvalidRequestError(
            "A document is named by documentId sha256:<64 hexadecimal digits>, or by "
            "extensions.persistedQuery with version 1 and sha256Hash."
        )
    return names[0]
