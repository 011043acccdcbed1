"""What the manifest of a whole export says of it: every file is the one that was signed for."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from audit.checkpoint import NoteVerifiers
from audit.exported import POLICIES, RECORDS, ExportedEntry
from audit.forms import FORMS, SUFFIXES, FormedEntry
from audit.manifest import (
    MANIFEST,
    NOTE,
    WHOLE,
    file_problems,
    policy_problems,
    read_manifest,
)
from audit.replay import Problem

_ENTRY: Final = msgspec.json.Decoder(ExportedEntry)


@dataclass(frozen=True, slots=True)
class SignedFor:
    """What was found about a folder's manifest."""

    problems: tuple[Problem, ...] = ()
    more: frozenset[str] = frozenset()
    """Files that a signed export has beside those of the log."""


def signed_for(folder: Path, verifier: NoteVerifiers, *, must_be: bool) -> SignedFor:
    """Return what the manifest of a folder says; there must be one if `must_be`."""
    if not must_be and not (folder / MANIFEST).exists():
        return SignedFor()
    manifest = read_manifest(folder, verifier)
    if isinstance(manifest, Problem):
        return SignedFor((manifest,), frozenset({MANIFEST, NOTE}))
    beside = tuple(f"{name}/" for name in (POLICIES, *FORMS))
    more = {one.path for one in manifest.files if one.path.startswith(beside)}
    problems = tuple(file_problems(folder, manifest))
    if manifest.kind == WHOLE and not problems:
        problems = (*policy_problems(folder / POLICIES), *_form_problems(folder, manifest.origin))
    return SignedFor(problems, frozenset({*more, MANIFEST, NOTE}))


def _form_problems(folder: Path, origin: str) -> Iterator[Problem]:
    """Go through the files in other forms that do not follow from the records."""
    for form, made in FORMS.items():
        for path in sorted((folder / form).glob(f"*.{SUFFIXES[form]}")):
            records = folder / RECORDS / f"{path.stem}.jsonl"
            try:
                entries = [_ENTRY.decode(line) for line in records.read_bytes().splitlines()]
            except (OSError, msgspec.MsgspecError):
                continue  # the records' own check names it
            formed = [FormedEntry(e.seq, e.kind, e.record.encode()) for e in entries]
            if path.read_bytes() != made(formed, origin):
                yield Problem(f"{form}/{path.name}", "does not follow from the records")
