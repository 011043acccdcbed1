"""Verify a whole log offline: nothing was changed, left out, moved or signed by anybody else.

1. Every entry's record, secret and subjects give the commitment that is in the tree.
2. No number is missing.
3. Every tile and the root follow from the commitments.
4. Every kept checkpoint is signed by the log's key and has the root of the tree at its size.
5. Every field set is defined before it is used.
6. No entry is dated long before one that stands before it.
7. Every checkpoint that somebody outside kept (`witnessed`) fits as well.
8. What is gone below the minimum index was announced by an entry, and what that keeps is there.
9. Of an export: every file is the one that its signed manifest lists, and there is no other.

Of a log without its records, as it may be published, only 2, 3, 4 and 7 can be checked.

A known limit: who holds the signing key and the database can write another history, or cut off the
end of this one. Only step 7 shows that, so keep checkpoints, or receipts, where the log is not.
"""

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Final, Protocol

from audit.checkpoint import NoteVerifiers
from audit.exported import ExportSource
from audit.published import PublishedSource
from audit.reading import Reader
from audit.replay import CHUNK, Chunk, Claims, Problem, Replay
from audit.signed import signed_for

_WORTH_WORKERS: Final = 2 * CHUNK  # a process takes a fifth of a second to start
_SHOWN: Final = 20
Progress = Callable[[int, int], None]
"""Is told how many entries are done, of how many."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification found."""

    entries: int
    checkpoints: int
    seconds: float
    problems: Sequence[Problem]
    minimum: int = 0
    """The minimum index: of entries below it only the tiles are left, and what is held."""

    @property
    def ok(self) -> bool:
        """Whether everything fits."""
        return not self.problems

    @property
    def rate(self) -> float:
        """Entries verified a second."""
        return self.entries / self.seconds if self.seconds else 0.0


class Source(Protocol):
    """A log to be verified; may be sent to another process."""

    def claims(self) -> Claims:
        """Return what the log says of itself."""

    def check(self, start: int, stop: int) -> Chunk:
        """Return what a stretch of its entries comes to."""


def verify_database(
    dsn: str,
    vkey: str,
    *,
    witnessed: Sequence[str] = (),
    workers: int | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Verify the log in a database, up to the end it has now. Blocks: not for an event loop.

    Raises:
        StorageError: The database cannot be read.
        InvalidNoteError: `vkey` is no verifier key; several have blanks between them.
    """
    # Here, so that an auditor without the database's driver can verify all the rest.
    from audit.sources import DatabaseSource

    return _verify(DatabaseSource(dsn), vkey, witnessed, workers, progress)


def verify_export(
    folder: Path,
    vkey: str,
    *,
    witnessed: Sequence[str] = (),
    workers: int | None = None,
    progress: Progress | None = None,
    is_signed: bool = False,
) -> Verdict:
    """Verify an exported log, and its manifest; with `is_signed` it must have one.

    Raises:
        InvalidNoteError: `vkey` is no verifier key; several have blanks between them.
    """
    said = signed_for(folder, NoteVerifiers.from_vkeys(vkey.split()), must_be=is_signed)
    verdict = _verify(ExportSource(folder, said.more), vkey, witnessed, workers, progress)
    return replace(verdict, problems=(*said.problems, *verdict.problems))


def verify_published(
    reader: Reader,
    vkey: str,
    *,
    witnessed: Sequence[str] = (),
    workers: int | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Verify the published part of a log, up to its newest checkpoint.

    Raises:
        InvalidNoteError: `vkey` is no verifier key; several have blanks between them.
        StorageError: The log cannot be read.
    """
    source = PublishedSource.open(reader, NoteVerifiers.from_vkeys(vkey.split()))
    return _verify(source, vkey, witnessed, workers, progress)


def _verify(
    source: Source,
    vkey: str,
    witnessed: Sequence[str],
    workers: int | None,
    progress: Progress | None,
) -> Verdict:
    verifier = NoteVerifiers.from_vkeys(vkey.split())
    started = time.perf_counter()
    claims = source.claims()
    outside = [(f"witnessed {n}", None, note) for n, note in enumerate(witnessed, 1)]
    notes = [*claims.notes, *outside]
    replay = Replay(
        replace(claims, notes=notes),
        verifier,
    )
    if not claims.notes:
        replay.problems.append(Problem("checkpoint", "the log has none, so nothing vouches for it"))
    done = 0
    for chunk in _chunks(source, claims.size, workers):
        replay.add(chunk)
        done += len(chunk.leaves)
        if progress:
            progress(done, claims.size)
    replay.finish()
    seconds = time.perf_counter() - started
    problems = tuple(replay.problems)
    return Verdict(claims.size, replay.checkpoints, seconds, problems, claims.minimum)


def _chunks(source: Source, size: int, workers: int | None) -> Iterator[Chunk]:
    """Yield the checked stretches in order, made by several processes when it is worth it."""
    bounds = [*range(0, size, CHUNK), size]
    wanted = workers or (os.cpu_count() or 1)
    if size < _WORTH_WORKERS or wanted == 1:
        for start, stop in pairwise(bounds):
            yield source.check(start, stop)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(wanted, mp_context=context) as pool:
        # A few ahead and no more, so that memory stays flat however long the log is.
        spans = pairwise(bounds)
        ahead = deque(pool.submit(source.check, *span) for span in islice(spans, 2 * wanted))
        while ahead:
            chunk = ahead.popleft().result()
            ahead.extend(pool.submit(source.check, *span) for span in islice(spans, 1))
            yield chunk


def report(verdict: Verdict) -> str:
    """Return the verdict in words, the first problems included."""
    counted = f"{verdict.entries:,} entries and {verdict.checkpoints:,} checkpoints"
    lines = [f"{counted} in {verdict.seconds:.1f} s ({verdict.rate:,.0f} entries/s)"]
    if verdict.minimum:
        dropped = f"entries below {verdict.minimum:,} were dropped by rule; their tiles are kept"
        lines.append(dropped)
    lines += [f"  {place}: {what}" for place, what in verdict.problems[:_SHOWN]]
    if len(verdict.problems) > _SHOWN:
        lines.append(f"  and {len(verdict.problems) - _SHOWN} more")
    lines.append(
        "everything fits" if verdict.ok else f"{len(verdict.problems)} problems: do not trust it"
    )
    return "\n".join(lines)
