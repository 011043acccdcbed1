"""What the newest list that the log committed to says of one person, with the proof of it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from audit.entry import SUBJECT_SIZE, entry_salt
from audit.lists import Bucket, ListProof, prove_list
from audit.proving import inclusion
from audit.subjects import subjects_root
from audit.tlog_proof import Opening, TlogProof
from hub.store.database import Connection
from hub.store.log_tree import Newest, proof

_NEWEST: Final = """
    select l.stop, l.salt, l.secret, l.entry from audit.list l, audit.pruned p
    where l.entry is not null and l.start = p.minimum order by l.stop desc limit 1
"""
_RECORD: Final = "select record, secret, subjects, commitment from audit.record where seq = $1"
_ROOTS: Final = "select count, root from audit.list_bucket where stop = $1 order by bucket"
_BUCKET: Final = "select keys, contents from audit.list_bucket where stop = $1 and bucket = $2"
_HASH: Final = 32


async def list_of(
    connection: Connection,
    head: Newest,
    entries: Mapping[bytes, Sequence[int]],
    hidden: frozenset[int],
) -> dict[str, object] | None:
    """Return the proof of the newest list about some tags, whose entries are given in order.

    None while there is no list, or only one from before the last pruning.
    """
    made = await connection.fetchrow(_NEWEST)
    if made is None or made["entry"] >= head.size:
        return None
    row = await connection.fetchrow(_RECORD, made["entry"])
    if row is None:
        return None
    stop = made["stop"]
    roots = [(each[0], each[1]) for each in await connection.fetch(_ROOTS, stop)]
    proofs: list[ListProof] = []
    for tag, indexes in entries.items():
        (stored,) = await connection.fetch(_BUCKET, stop, tag[0])
        bucket = Bucket(list(zip(_cut(stored["keys"]), _cut(stored["contents"]), strict=True)))
        listed = [index for index in indexes if index < stop]
        proofs.append(prove_list(tag, made["salt"], made["secret"], bucket, roots, listed, hidden))
    opening = Opening(
        row["commitment"].hex(),
        row["record"].decode(),
        entry_salt(row["secret"]).hex(),
        subjects_root(row["secret"], row["subjects"]).hex(),
        len(row["subjects"]) // SUBJECT_SIZE,
    )
    path = await proof(connection, inclusion(made["entry"], head.size), head.size)
    text = TlogProof(made["entry"], path, head.note, opening.encoded()).text()
    return {"entry": text, "subjects": msgspec.to_builtins(proofs)}


def _cut(packed: bytes) -> list[bytes]:
    return [packed[at : at + _HASH] for at in range(0, len(packed), _HASH)]
