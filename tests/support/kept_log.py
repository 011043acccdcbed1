"""A whole log as files, made without a database: real entries, a real tree, our own writer."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from audit.checkpoint import Checkpoint
from audit.entry import SubjectAccess, commitment
from audit.export import ExportWriter, Sealing
from audit.log import Log
from audit.merkle import Frontier, hash_leaf
from audit.replay import CHUNK
from tests.fakes.audit_storage import Disk, MemoryStorage
from tests.support.audit_log import SIGNER, START, Ticking, entry


@dataclass
class KeptLog:
    """Rows, kept checkpoints and receipts; `write` exports what they are at that moment."""

    rows: list
    kept: list
    receipts: list = field(default_factory=list)

    def frontier(self, size=None):
        """Return the tree over the first entries."""
        frontier = Frontier()
        for row in self.rows[:size]:
            frontier = frontier.append(hash_leaf(row.commitment))
        return frontier

    def note(self, size=None, signer=SIGNER):
        """Return a signed checkpoint of the first entries."""
        frontier = self.frontier(size)
        return signer.sign(Checkpoint(signer.name, frontier.size, frontier.root()))

    def commit(self, seq, **changed):
        """Change an entry and commit to it anew, as only who holds the signing key can hide."""
        row = self.rows[seq]._replace(**changed)
        promise = commitment(row.kind, row.secret, row.record, row.subjects)
        self.rows[seq] = row._replace(commitment=promise)

    def renumber(self):
        """Give the rows the numbers of their places."""
        self.rows = [row._replace(seq=seq) for seq, row in enumerate(self.rows)]

    def resign(self):
        """Sign every kept checkpoint anew over the entries as they are."""
        sizes = [size for size, _ in self.kept if size <= len(self.rows)]
        self.kept = [(size, self.note(size)) for size in sizes]

    def write(self, folder, note=None, forms=()):
        """Export to `folder`, with a manifest that the log's key signs."""
        writer = ExportWriter(Path(folder), sealing=Sealing(SIGNER, START, forms=forms))
        for start in range(0, len(self.rows), CHUNK):
            chunk = self.rows[start : start + CHUNK]
            writer.add(
                [(r.seq, r.kind, r.record, r.secret, r.subjects, r.commitment) for r in chunk]
            )
        writer.finish(note or self.note(), self.kept)
        return Path(folder)


def kept_log(count=600):
    """Return a log of one definition and `count` entries about a subject each."""
    return asyncio.run(_kept_log(count))


async def _kept_log(count):
    disk = Disk()
    ticking = Ticking(timedelta(seconds=0.4))
    async with Log(MemoryStorage(disk), SIGNER, ticking) as log:
        field_set = await log.define(["Person.name"])
        receipts = []
        for start in range(0, count, 50):
            tasks = [
                asyncio.ensure_future(
                    log.append(entry(n, SubjectAccess(sha256(b"%d" % n).digest(), field_set)))
                )
                for n in range(start, min(start + 50, count))
            ]
            receipts += [await task for task in tasks]
    return KeptLog(list(disk.rows), list(disk.checkpoints), receipts)
