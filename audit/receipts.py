"""Check what somebody kept, a receipt or two checkpoints, with the log's own tiles beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

import orjson

from audit.checkpoint import Checkpoint, Opener
from audit.cosignature import CosignatureVerifier, open_cosigned
from audit.entry import SUBJECT_SIZE, commitment, entry_salt
from audit.errors import InvalidNoteError, LogInconsistentError
from audit.exported import ExportSource
from audit.merkle import hash_leaf, verify_consistency, verify_inclusion
from audit.outcome import Outcome
from audit.proving import Proof, Proving, consistency, inclusion, prove, root, tiles_for
from audit.published import CHECKPOINT, read_bundle, read_tile
from audit.reading import FolderReader, Reader
from audit.replay import Problem
from audit.subjects import subjects_root
from audit.tiles import TILE_WIDTH
from audit.tlog_proof import Opening, TlogProof, read_opening

_ALONE: Final = (
    "the signature is right, but a receipt alone does not show the entry; give the log by --log, "
    "or fetch the proof from the hub (/log/proof/INDEX)"
)


@dataclass(frozen=True, slots=True)
class HeldReceipt:
    """A receipt as an answer carries it."""

    log: str
    index: int
    tree_size: int
    checkpoint: str


def receipt_in(text: bytes) -> HeldReceipt:
    """Return the receipt in JSON text: by itself, or in an answer that carries it.

    Raises:
        ValueError: There is none in it, or it lacks a part.
    """
    found: object = orjson.loads(text)
    for name in ("extensions", "receipt"):
        if isinstance(found, Mapping) and name in found:
            found = found[name]
    if not isinstance(found, Mapping):
        raise ValueError("this is no receipt and no answer with one")  # noqa: TRY004 - as below
    parts = [found.get(name) for name in ("log", "index", "treeSize", "checkpoint")]
    if [type(part) for part in parts] != [str, int, int, str]:
        raise ValueError("a receipt has log, index, treeSize and checkpoint")
    return HeldReceipt(*cast("tuple[str, int, int, str]", tuple(parts)))


def check_receipt(receipt: HeldReceipt, verifier: Opener, reader: Reader | None) -> Outcome:
    """Check a receipt's signature, and by the log's tiles that its entry is in the log still.

    1. the key of the log signed the checkpoint  2. it is of the log and the size that the receipt
    names, and has the entry  3. the log of now has that checkpoint's tree as its beginning  4. the
    entry is in that tree.

    Raises:
        StorageError: The log does not answer.
    """
    checked = f"receipt of entry {receipt.index:,} of {receipt.log}"
    try:
        signed = verifier.open(receipt.checkpoint)
    except InvalidNoteError as error:
        return Outcome(checked, problems=[Problem("receipt's checkpoint", str(error))])
    problems = []
    if signed.origin != receipt.log:
        problems.append(Problem("receipt", f"names {receipt.log}, but {signed.origin} signed it"))
    if signed.size != receipt.tree_size:
        what = f"names a tree of {receipt.tree_size}, but one of {signed.size} was signed"
        problems.append(Problem("receipt", what))
    if not 0 <= receipt.index < signed.size:
        what = f"there is no entry {receipt.index} in a tree of {signed.size}"
        problems.append(Problem("receipt", what))
    if problems or reader is None:
        return Outcome(checked, {}, problems, None if problems else _ALONE)
    return _in_log(checked, receipt.index, signed, verifier, reader)


def _in_log(
    checked: str, index: int, signed: Checkpoint, verifier: Opener, reader: Reader
) -> Outcome:
    grown = _grown(signed, "receipt's checkpoint", verifier, reader)
    if isinstance(grown, Problem):
        return Outcome(checked, problems=[grown])
    facts: dict[str, object] = {"log_size": grown.size}
    n, place = divmod(index, TILE_WIDTH)
    width = min(TILE_WIDTH, grown.size - n * TILE_WIDTH)
    entries = read_bundle(reader, n, width)
    if entries is None:
        return Outcome(checked, facts, [Problem(f"bundle {n}", "is missing or cut")])
    facts["commitment"] = entries[place].hex()
    path = _proof(inclusion(index, signed.size), grown.size, reader)
    if isinstance(path, Problem):
        return Outcome(checked, facts, [path])
    leaf = hash_leaf(entries[place])
    if not verify_inclusion(leaf, index, signed.size, path, signed.root):
        what = "is not the one in the tree that the receipt's checkpoint signs"
        return Outcome(checked, facts, [Problem(f"entry {index}", what)])
    return Outcome(checked, facts)


def check_proof(proof: TlogProof, verifier: Opener, entry: bytes | None = None) -> Outcome:
    """Check a self-contained proof, offline.

    1. a key of the log signed the checkpoint  2. the entry is the given one, or the one that
    `extra` names  3. the record under it, where there is one, is the one committed to  4. the
    hashes lead from the entry to the signed root.
    """
    checked = f"proof of entry {proof.index:,}"
    try:
        signed = verifier.open(proof.checkpoint)
    except InvalidNoteError as error:
        return Outcome(checked, problems=[Problem("proof's checkpoint", str(error))])
    facts: dict[str, object] = {"log": signed.origin, "tree_size": signed.size}
    try:
        leaf = _leaf_of(proof, entry, facts)
    except ValueError as error:
        return Outcome(checked, facts, [Problem("extra", str(error))])
    if leaf is None:
        return Outcome(checked, facts, unchecked="it does not say which entry; give it by --entry")
    if not verify_inclusion(hash_leaf(leaf), proof.index, signed.size, proof.path, signed.root):
        what = f"the hashes do not lead from it to the signed root of {signed.size} entries"
        return Outcome(checked, facts, [Problem(f"entry {proof.index}", what)])
    return Outcome(checked, facts)


def _leaf_of(proof: TlogProof, entry: bytes | None, facts: dict[str, object]) -> bytes | None:
    """Return the entry that a proof is about, as given or as `extra` says; None: nobody says.

    Raises:
        ValueError: `extra` contradicts itself or the given entry.
    """
    if proof.extra is None:
        return entry
    opening = read_opening(proof.extra)
    stated = opening.promise()
    facts["commitment"] = stated.hex()
    if entry not in {None, stated}:
        raise ValueError("is about another entry than --entry")
    if opening.record is not None:
        if not opening.opens():
            raise ValueError("its record, salt and subjects are not those that were committed to")
        facts["subjects"] = opening.count
        facts["record"] = opening.record
    return stated


def check_cosignatures(
    note: str, verifier: Opener, witnesses: Sequence[CosignatureVerifier], quorum: int
) -> Outcome:
    """Check that a log signed a checkpoint, and that `quorum` of the known witnesses did."""
    checked = "cosigned checkpoint"
    try:
        found = open_cosigned(note, verifier, witnesses)
    except InvalidNoteError as error:
        return Outcome(checked, {"witnesses": []}, [Problem("checkpoint", str(error))])
    checkpoint = found.checkpoint
    told = [f"{each.name} at {_moment(each.at)}" for each in found.witnesses]
    facts = {"log": checkpoint.origin, "size": checkpoint.size, "witnesses": told}
    if len(told) < quorum:
        what = f"{len(told)} of {len(witnesses)} known witnesses cosigned, and {quorum} must"
        return Outcome(checked, facts, [Problem("checkpoint", what)])
    return Outcome(checked, facts)


def _moment(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return f"second {seconds}"


def proof_from(source: ExportSource, index: int, verifier: Opener) -> TlogProof:
    """Return the proof of an entry of an export, with its record: for who may see that.

    Raises:
        LogInconsistentError: The export has no such entry, or its tiles do not bear it out.
        InvalidNoteError: Its checkpoint is not signed by the log.
    """
    reader = FolderReader(source.folder)
    note = (reader.read(CHECKPOINT) or b"").decode(errors="replace")
    size = verifier.open(note).size
    entry = source.entry(index) if 0 <= index < size else None
    if entry is None:
        raise LogInconsistentError(f"the export has no entry {index}")
    secret, subjects = bytes.fromhex(entry.secret), bytes.fromhex(entry.subjects)
    opening = Opening(
        commitment(entry.kind, secret, entry.record.encode(), subjects).hex(),
        entry.record,
        entry_salt(secret).hex(),
        subjects_root(secret, subjects).hex(),
        len(subjects) // SUBJECT_SIZE,
    )
    path = _proof(inclusion(index, size), size, reader)
    if isinstance(path, Problem):
        raise LogInconsistentError(f"{path.place}: {path.what}")
    proof = TlogProof(index, path, note, opening.encoded())
    wrong = check_proof(proof, verifier).problems
    if wrong:
        raise LogInconsistentError(f"{wrong[0].place}: {wrong[0].what}")
    return proof


def check_consistency(old: str, new: str, verifier: Opener, reader: Reader | None) -> Outcome:
    """Check that the log of one checkpoint is the beginning of the log of the other.

    Raises:
        StorageError: The log does not answer.
    """
    opened: list[Checkpoint] = []
    problems: list[Problem] = []
    for place, note in (("OLD", old), ("NEW", new)):
        try:
            opened.append(verifier.open(note))
        except InvalidNoteError as error:
            problems.append(Problem(place, str(error)))
    if problems:
        return Outcome("consistency of two checkpoints", problems=problems)
    first, second = opened
    checked = f"consistency of {first.origin}, {first.size:,} and {second.size:,} entries"
    if first.size > second.size:
        what = f"has {first.size} entries, more than the {second.size} of NEW: the log was cut"
        return Outcome(checked, problems=[Problem("OLD", what)])
    if first.size == second.size or not first.size:
        forked = first.size == second.size and first.root != second.root
        what = f"the same key signed two trees of {first.size} entries: the log is forked"
        return Outcome(checked, problems=[Problem("OLD and NEW", what)] if forked else [])
    if reader is None:
        return Outcome(checked, unchecked="both are signed; give the log by --log for the rest")
    grown = _grown(second, "NEW", verifier, reader)
    if isinstance(grown, Problem):
        return Outcome(checked, problems=[grown])
    found = _consistent(first, second, "OLD", "NEW", grown.size, reader)
    return Outcome(checked, problems=[] if found is None else [found])


def _grown(held: Checkpoint, place: str, verifier: Opener, reader: Reader) -> Checkpoint | Problem:
    """Return the log's newest checkpoint, if the one that is held is of its beginning."""
    try:
        newest = verifier.open((reader.read(CHECKPOINT) or b"").decode(errors="replace"))
    except InvalidNoteError as error:
        return Problem("log's checkpoint", str(error))
    if newest.size < held.size:
        what = f"covers {newest.size} entries, fewer than the {held.size} that were signed before"
        return Problem("log's checkpoint", f"{what}: the log was cut, or this is an old one")
    if newest.size == held.size and newest.root != held.root:
        return Problem(place, f"is of another tree of {held.size} entries: the log is forked")
    if held.size == newest.size:
        return newest
    found = _consistent(held, newest, place, "log's checkpoint", newest.size, reader)
    return found or newest


def _consistent(
    first: Checkpoint, second: Checkpoint, old: str, new: str, size: int, reader: Reader
) -> Problem | None:
    """Say which of two checkpoints does not fit the tiles; None when one tree grew into the other.

    `size` is that of the log whose tiles are read. They are first shown to be those of the larger
    tree, so what they say of the smaller one is what its signer had there.
    """
    for place, checkpoint, is_tree in ((new, second, True), (old, first, False)):
        roots = _proof(root(checkpoint.size), size, reader)
        if isinstance(roots, Problem):
            return roots
        if roots[0] != checkpoint.root:
            what = (
                f"its root is not that of the log's tiles at {checkpoint.size} entries"
                if is_tree
                else f"its first {checkpoint.size} entries are not those of {new}: "
                "the log is forked, or its past was rewritten"
            )
            return Problem(place, what)
    path = _proof(consistency(first.size, second.size), size, reader)
    if isinstance(path, Problem):
        return path
    if not verify_consistency(first.size, second.size, path, first.root, second.root):
        return Problem(f"{old} and {new}", "no proof leads from one to the other")
    return None


def _proof(proving: Proving, size: int, reader: Reader) -> Proof | Problem:
    places = tiles_for(proving, size)
    found = {place: read_tile(reader, *place) or b"" for place in places}
    try:
        return prove(proving, size, found)
    except LogInconsistentError as error:
        return Problem("log", str(error))
