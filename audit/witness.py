"""Be a witness: cosign what a log becomes only if it has grown out of what was cosigned before.

`Witness` keeps, for each log that it knows, the newest checkpoint it has cosigned, on disk before
it answers: a witness that forgets can be shown another past. A request is checked and stored under
one lock, so that of two at once the later sees the earlier.

`AddCheckpoint` is the request, for who asks as well as for who answers.

Spec: C2SP tlog-witness (5ba5ee8).
"""

import fcntl
import json
import os
import re
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from audit.checkpoint import Checkpoint, Opener
from audit.cosignature import Cosigner
from audit.errors import InvalidNoteError, LogError, NotSignedError
from audit.merkle import EMPTY_ROOT, HASH_SIZE, verify_consistency
from audit.notes import split_note

SIZE_TYPE: Final = "text/x.tlog.size"
MAX_BODY: Final = 64 * 1024
_TEXT: Final = "text/plain; charset=utf-8"
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")
_MAX_HASHES: Final = 63


class WitnessError(LogError):
    """The witness cannot keep what it cosigned; it cosigns nothing until a person has looked."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """What a log sends: the size that the witness knows, how the log grew from it, and to what."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    def encode(self) -> bytes:
        """Return the body of the request."""
        lines = [f"old {self.old}", *(b64encode(node).decode() for node in self.proof), ""]
        return ("\n".join(lines) + "\n" + self.note).encode()


def read_request(body: bytes) -> AddCheckpoint:
    """Return the request in a body; nothing of it is verified yet.

    Raises:
        ValueError: It is none.
    """
    head, separator, note = body.decode().partition("\n\n")
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    if not separator or old is None or len(lines) > _MAX_HASHES:
        raise ValueError("the request has an old size, up to 63 hashes, and a checkpoint")
    proof = tuple(b64decode(line, validate=True) for line in lines)
    if any(len(node) != HASH_SIZE for node in proof):
        raise ValueError("a hash of the proof has not 32 bytes")
    return AddCheckpoint(int(old[1]), proof, note)


class Told(NamedTuple):
    """An answer of the witness: HTTP status, content type and text."""

    status: int
    text: str
    content_type: str = _TEXT


@dataclass(frozen=True, slots=True)
class _Seen:
    size: int
    root: bytes
    note: str


def _read(path: Path) -> dict[str, _Seen]:
    try:
        content = json.loads(path.read_bytes()) if path.exists() else {}
        return {
            origin: _Seen(int(seen["size"]), bytes.fromhex(seen["root"]), str(seen["note"]))
            for origin, seen in content.items()
        }
    except OSError as error:
        raise WitnessError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        raise WitnessError(
            f"{path} is no state of a witness; look at it, do not remove it: a witness that "
            "forgets can be shown another past"
        ) from None


class WitnessState:
    """The newest checkpoint of each log, in a file of its own that one process holds."""

    def __init__(self, path: Path) -> None:
        """Read the file, or begin it.

        Raises:
            WitnessError: It cannot be read or written, or another witness holds it.
        """
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise WitnessError(f"cannot use {path}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._seen = _read(path)
        except BlockingIOError:
            self.close()
            raise WitnessError(f"another witness holds {path}") from None
        except WitnessError:
            self.close()
            raise

    def get(self, origin: str) -> _Seen | None:
        """Return what was cosigned last of a log."""
        return self._seen.get(origin)

    def put(self, origin: str, seen: _Seen) -> None:
        """Keep what is about to be cosigned; durable on return.

        Raises:
            WitnessError: It is not kept; what was kept before still is.
        """
        grown = self._seen | {origin: seen}
        content = {
            name: {"size": each.size, "root": each.root.hex(), "note": each.note}
            for name, each in grown.items()
        }
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            with beside.open("w", encoding="utf-8") as file:
                json.dump(content, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise WitnessError(f"cannot write {self._path}: {error.strerror}") from error
        self._seen = grown

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):
            os.close(self._lock)


class Witness:
    """Answers logs. `logs` has the verifier of each log's keys by its origin."""

    def __init__(
        self,
        cosigner: Cosigner,
        logs: Mapping[str, Opener],
        state: WitnessState,
        clock: Callable[[], float],
    ) -> None:
        self._cosigner = cosigner
        self._logs = logs
        self._state = state
        self._clock = clock
        self._alone = threading.Lock()

    def add_checkpoint(self, body: bytes) -> Told:
        """Cosign a checkpoint, or say why not.

        1. the body is a request (400)  2. the log is known (404)  3. a key of it signed (403)
        4. it does not shrink (400)  5. the old size is what was cosigned last (409)  6. an empty
        tree has the empty root, and the proof leads from the old root to the new one (422)  7. the
        new checkpoint is durable before the cosignature is given.

        Raises:
            WitnessError: 7 failed; nothing was cosigned.
        """
        try:
            request = read_request(body)
            text, _ = split_note(request.note)
        except (ValueError, InvalidNoteError) as error:
            return Told(400, f"{error}\n")
        origin = text.partition("\n")[0]
        log = self._logs.get(origin)
        if log is None:
            return Told(404, "this witness does not know the log\n")
        try:
            checkpoint = log.open(request.note)
        except NotSignedError:
            return Told(403, "no key of the log that is known here signed the checkpoint\n")
        except InvalidNoteError as error:
            return Told(403, f"{error}\n")
        if request.old > checkpoint.size:
            return Told(400, "the checkpoint is smaller than the old size\n")
        with self._alone:
            return self._grown(origin, request, checkpoint, text)

    def _grown(
        self, origin: str, request: AddCheckpoint, checkpoint: Checkpoint, text: str
    ) -> Told:
        seen = self._state.get(origin) or _Seen(0, EMPTY_ROOT, "")
        if request.old != seen.size:
            return Told(409, f"{seen.size}\n", SIZE_TYPE)
        wrong = _wrong_growth(seen, request, checkpoint)
        if wrong is not None:
            return Told(422, f"{wrong}\n")
        line = self._cosigner.cosign(text, int(self._clock()))
        self._state.put(origin, _Seen(checkpoint.size, checkpoint.root, request.note + line))
        return Told(200, line)

    def checkpoint(self, origin_hash: str) -> Told:
        """Give the newest checkpoint that was cosigned of a log, with the cosignature."""
        for origin in self._logs:
            seen = self._state.get(origin)
            if seen is not None and sha256(origin.encode()).hexdigest() == origin_hash:
                return Told(200, seen.note)
        return Told(404, "nothing of this log was cosigned here\n")


def _wrong_growth(seen: _Seen, request: AddCheckpoint, checkpoint: Checkpoint) -> str | None:
    if not checkpoint.size and checkpoint.root != EMPTY_ROOT:
        return "an empty tree has the hash of nothing as its root"
    if not seen.size:
        return "there is nothing to prove from an empty tree" if request.proof else None
    sizes = (seen.size, checkpoint.size)
    if not verify_consistency(*sizes, request.proof, seen.root, checkpoint.root):
        if seen.size == checkpoint.size:
            return f"another tree of {seen.size} entries was cosigned before: the log is forked"
        return f"the log did not grow out of the {seen.size} entries that were cosigned before"
    return None
