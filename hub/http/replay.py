"""Which proofs were used a moment ago: one memory that all workers of a hub share, and its nonces.

The memory is a file of fixed size that every worker maps; a lock on it, held for microseconds, is
all that they have to agree on. So a proof that one worker took is refused by each other one, and
after a reload too. A nonce is made with a secret that lies in the memory: who has lost the memory,
or never had it (another machine), does not know the nonce, and says `use_dpop_nonce`. Nothing that
was ever taken can be forgotten while its nonce is still good.

The memory has three generations of `EPOCH_S` seconds, by the epoch that a proof's nonce names: this
one, the last one, and one that is emptied for the next. It holds 8-byte keyed tags, no ids.

The file: 16 bytes of name and format, 32 of secret, the rest of a page; then the generations, each
a page with the epoch and the number of tags in it, and its places. A file of another format is made
anew, which ends every nonce.

Spec: RFC 9449 8 (nonces), 11.1 (replay).
"""

import base64
import fcntl
import hashlib
import mmap
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from hub.errors import UnavailableError

EPOCH_S: Final = 30
"""A nonce is good in the epoch it was made in and in the next one."""
_NAME: Final = b"hub-dpop-seen-01"
_PAGE: Final = 4_096
_SECRET_BYTES: Final = 32
_MAC_BYTES: Final = 16
_GENERATIONS: Final = 3
_PLACES: Final = 1 << 19
_WORD: Final = 8
FILE: Final = "dpop.seen"


class MemoryFullError(UnavailableError):
    """More proofs came within seconds than can be remembered; try again."""

    code = "BUSY"


class ReplayMemory:
    """Remembers used proofs and makes nonces; belongs to one thread of each process."""

    def __init__(self, mapped: mmap.mmap, descriptor: int | None, places: int = _PLACES) -> None:
        """Use what is mapped; a memory without a name is begun here."""
        self._mapped = mapped
        self._descriptor = descriptor
        self._places = places
        self._words = memoryview(mapped).cast("Q")
        with self._locked():
            if mapped[: len(_NAME)] != _NAME:
                mapped[:] = b"\0" * len(mapped)
                mapped[len(_NAME) : len(_NAME) + _SECRET_BYTES] = secrets.token_bytes(_SECRET_BYTES)
                mapped[: len(_NAME)] = _NAME
        self._secret = mapped[len(_NAME) : len(_NAME) + _SECRET_BYTES]
        self._nonces: dict[int, str] = {}

    @classmethod
    def of_this_process(cls, places: int = _PLACES) -> Self:
        """Return a memory that no other process shares."""
        return cls(mmap.mmap(-1, _size(places)), None, places)

    @classmethod
    def at(cls, path: Path, places: int = _PLACES) -> Self:
        """Return the memory that all workers of one home share; it is made if it is not there."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            if os.fstat(descriptor).st_size != _size(places):
                os.ftruncate(descriptor, 0)
                os.ftruncate(descriptor, _size(places))
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        return cls(mmap.mmap(descriptor, _size(places)), descriptor, places)

    def close(self) -> None:
        """Let go of the memory."""
        self._words.release()
        self._mapped.close()
        if self._descriptor is not None:
            os.close(self._descriptor)

    def nonce(self, now: float) -> str:
        """Return the nonce of the present epoch."""
        return self._nonce(int(now) // EPOCH_S)

    def epoch(self, nonce: str, now: float) -> int | None:
        """Return the epoch that `nonce` is of, or None if it is none of ours or too old."""
        present = int(now) // EPOCH_S
        for epoch in (present, present - 1):
            if secrets.compare_digest(nonce.encode(), self._nonce(epoch).encode()):
                return epoch
        return None

    def is_newest(self, epoch: int, now: float) -> bool:
        """Whether a nonce of `epoch` is the one that is given out at present."""
        return epoch == int(now) // EPOCH_S

    def use(self, epoch: int, key: str, jti: str) -> bool:
        """Return whether the proof `jti` of `key` is used for the first time; it is remembered.

        Raises:
            MemoryFullError: It cannot be remembered, so it must not be taken.
        """
        digest = hashlib.blake2b(
            f"{key}\0{jti}".encode("utf-8", "surrogatepass"), digest_size=_WORD, key=self._secret
        )
        tag = int.from_bytes(digest.digest(), "little") or 1  # 0 is a free place
        start = (_PAGE + (epoch % _GENERATIONS) * _generation_bytes(self._places)) // _WORD
        with self._locked():
            return self._remembered(start, epoch, tag)

    def _remembered(self, start: int, epoch: int, tag: int) -> bool:
        words, first = self._words, start + _PAGE // _WORD
        if words[start] != epoch:
            if words[start] > epoch:
                raise MemoryFullError("The clock went back; try again.")
            end = first + self._places
            self._mapped[first * _WORD : end * _WORD] = b"\0" * (self._places * _WORD)
            words[start], words[start + 1] = epoch, 0
        place = tag % self._places
        while words[first + place]:
            if words[first + place] == tag:
                return False
            place = (place + 1) % self._places
        if words[start + 1] >= self._places * 3 // 4:
            raise MemoryFullError("Too many proofs came at once; try again in a minute.")
        words[first + place] = tag
        words[start + 1] += 1
        return True

    def _nonce(self, epoch: int) -> str:
        known = self._nonces.get(epoch)
        if known is None:
            head = epoch.to_bytes(4, "big")
            mac = hashlib.blake2b(head, digest_size=_MAC_BYTES, key=self._secret, person=b"nonce")
            known = base64.urlsafe_b64encode(head + mac.digest()).rstrip(b"=").decode()
            self._nonces = {e: n for e, n in self._nonces.items() if abs(e - epoch) <= 1}
            self._nonces[epoch] = known
        return known

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let no other process look or write meanwhile; the kernel frees it if this one dies."""
        if self._descriptor is None:
            yield
            return
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)


def _generation_bytes(places: int) -> int:
    return _PAGE + places * _WORD


def _size(places: int) -> int:
    return _PAGE + _GENERATIONS * _generation_bytes(places)
