"""Verify an export of what somebody looked for: every entry of it is in the log, and none is gone.

1. The manifest is signed by the log's key, and every file is the one that it lists; there is no
   other. 2. The checkpoint is signed. 3. Each entry's record, secret and subjects give a commitment
   whose proof leads to the checkpoint's root. 4. Entries are in order, each once, as many as the
   manifest says. 5. Every field set that is used is defined among the proven definitions. 6. Each
   policy is the text of its digest. 7. CSV and OCSF are what follows from the entries.

What was looked for cannot be proven to have been found whole: that takes the whole log.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import orjson

from audit.checkpoint import Checkpoint, NoteVerifiers
from audit.entry import commitment, field_sets_of, unpack_subjects
from audit.errors import InvalidNoteError
from audit.exported import POLICIES
from audit.forms import FORMS, SUFFIXES, FormedEntry
from audit.manifest import Manifest, file_problems, policy_problems
from audit.merkle import hash_leaf, verify_inclusion
from audit.outcome import Outcome
from audit.proven import DICTIONARY, ProvenEntry
from audit.replay import Problem

_LINE = msgspec.json.Decoder(ProvenEntry)


def check_selection(folder: Path, manifest: Manifest, verifier: NoteVerifiers) -> Outcome:
    """Return what an export of a selection comes to."""
    checked = f"export {folder}: {manifest.entries:,} entries of a log of {manifest.size:,}"
    problems = list(file_problems(folder, manifest))
    if problems:
        return Outcome(checked, problems=problems)
    try:
        signed = verifier.open((folder / "checkpoint").read_text("utf-8"))
    except (InvalidNoteError, OSError, UnicodeDecodeError) as error:
        return Outcome(checked, problems=[Problem("checkpoint", str(error))])
    if signed.size != manifest.size:
        problems.append(Problem("checkpoint", f"is of {signed.size}, not of {manifest.size}"))
    problems += _checked(folder, manifest, signed)
    return Outcome(checked, {"entries": manifest.entries, "log_size": signed.size}, problems)


def _checked(folder: Path, manifest: Manifest, signed: Checkpoint) -> Iterator[Problem]:
    defined: set[int] = set()
    for entry in _entries(folder / DICTIONARY):
        if isinstance(entry, Problem):
            yield entry
            continue
        yield from _proven(entry, signed, DICTIONARY)
        defined.add(orjson.loads(entry.record).get("field_set"))
    last, count = -1, 0
    for path in sorted((folder / "records").glob("*.jsonl")):
        formed: list[FormedEntry] = []
        for entry in _entries(path):
            if isinstance(entry, Problem):
                yield entry
                continue
            yield from _proven(entry, signed, path.name)
            if entry.seq <= last:
                yield Problem(f"entry {entry.seq}", "stands behind a later one, or twice")
            missing = _sets(entry) - defined
            if missing:
                yield Problem(f"entry {entry.seq}", f"uses field set {min(missing)}, not defined")
            last, count = entry.seq, count + 1
            formed.append(FormedEntry(entry.seq, entry.kind, entry.record.encode()))
        yield from _forms(folder, path.stem, formed, manifest.origin)
    if count != manifest.entries:
        yield Problem("manifest.json", f"says {manifest.entries} entries, and there are {count}")
    yield from policy_problems(folder / POLICIES)


def _entries(path: Path) -> Iterator[ProvenEntry | Problem]:
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            yield _LINE.decode(line)
        except msgspec.MsgspecError:
            yield Problem(f"{path.name} line {number}", "cannot be read")


def _proven(entry: ProvenEntry, signed: Checkpoint, file: str) -> Iterator[Problem]:
    try:
        made = commitment(
            entry.kind,
            bytes.fromhex(entry.secret),
            entry.record.encode(),
            bytes.fromhex(entry.subjects),
        )
        proof: Sequence[bytes] = [bytes.fromhex(hash_) for hash_ in entry.proof]
    except (ValueError, OverflowError):
        yield Problem(f"entry {entry.seq}", f"cannot be read in {file}")
        return
    is_in = 0 <= entry.seq < signed.size
    if not is_in or not verify_inclusion(
        hash_leaf(made), entry.seq, signed.size, proof, signed.root
    ):
        yield Problem(f"entry {entry.seq}", "is not what the log holds there")


def _sets(entry: ProvenEntry) -> set[int]:
    used = {s for s in field_sets_of(unpack_subjects(bytes.fromhex(entry.subjects))) if s}
    fields = orjson.loads(entry.record).get("fields")
    return used | ({fields} if isinstance(fields, int) else set())


def _forms(
    folder: Path, number: str, entries: Sequence[FormedEntry], origin: str
) -> Iterator[Problem]:
    for form, made in FORMS.items():
        path = folder / form / f"{number}.{SUFFIXES[form]}"
        if path.exists() and path.read_bytes() != made(entries, origin):
            yield Problem(f"{form}/{path.name}", "does not follow from the records")
