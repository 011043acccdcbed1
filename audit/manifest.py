"""The manifest of an export: which files it has, by size and hash, signed by the log's key.

`manifest.json` lists every other file. `manifest.note` is a signed note of three lines: the form,
the log's origin, the SHA-256 of `manifest.json`. Its first line is no origin of a log, so that it
can never be taken for a checkpoint. With it a line that is gone from any file is found, whatever
else still fits.

Spec: C2SP signed-note (5ba5ee8).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

import msgspec

from audit.checkpoint import NoteVerifiers
from audit.errors import InvalidNoteError
from audit.replay import Problem

FORM: Final = "hub-audit/export/v1"
MANIFEST: Final = "manifest.json"
NOTE: Final = "manifest.note"
WHOLE: Final = "whole"
SELECTION: Final = "selection"
_PATH: Final = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_.-]+)*(\.[a-z]+)?")
_BLOCK: Final = 1 << 20


class ListedFile(msgspec.Struct, frozen=True):
    """One file of an export."""

    path: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an export is of, and its files."""

    form: str
    kind: str
    origin: str
    size: int
    """Entries of the log at that moment."""
    entries: int
    """Entries in the export."""
    made_at: str
    selection: dict[str, str | bool | None]
    """What was looked for, without whom; empty where everything was."""
    files: list[ListedFile]


_DECODER: Final = msgspec.json.Decoder(Manifest)


class TextSigner(Protocol):
    """Signs texts in the name of a log."""

    @property
    def name(self) -> str:
        """The log's origin."""

    def sign_text(self, text: str) -> str:
        """Return the signed note of a text that ends with a line end."""


@dataclass(slots=True)
class Listing:
    """Notes each file of an export as it is written, and makes the manifest of them."""

    signer: TextSigner
    made_at: datetime
    files: list[ListedFile] = field(default_factory=list)

    def add(self, path: str, content: bytes) -> None:
        """Note a file."""
        self.files.append(ListedFile(path, len(content), sha256(content).hexdigest()))

    def finish(
        self, kind: str, size: int, entries: int, selection: Mapping[str, str | bool | None]
    ) -> Iterator[tuple[str, bytes]]:
        """Return the two files of the manifest."""
        origin = self.signer.name
        manifest = Manifest(
            FORM, kind, origin, size, entries, self.made_at.isoformat(), dict(selection),
            sorted(self.files, key=lambda one: one.path),
        )  # fmt: skip
        content = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
        yield MANIFEST, content
        yield NOTE, self.signer.sign_text(_text(origin, content)).encode()


def _text(origin: str, manifest: bytes) -> str:
    return f"{FORM}\n{origin}\n{sha256(manifest).hexdigest()}\n"


def read_manifest(folder: Path, verifier: NoteVerifiers) -> Manifest | Problem:
    """Return the manifest of a folder, once its signature and its hash have been verified.

    1. Both files are there. 2. The note is signed by a key of the log. 3. It names this form, the
    log, and the hash of the manifest. 4. The manifest can be read, and is of that log.
    """
    try:
        content, note = (folder / MANIFEST).read_bytes(), (folder / NOTE).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return Problem(MANIFEST, "is missing, or its note is: nobody can tell what was left out")
    try:
        text = verifier.text(note)
        manifest = _DECODER.decode(content)
    except InvalidNoteError as error:
        return Problem(NOTE, str(error))
    except msgspec.MsgspecError:
        return Problem(MANIFEST, "cannot be read")
    if manifest.form != FORM or text != _text(manifest.origin, content):
        return Problem(MANIFEST, "is not what its note signs")
    if manifest.origin != verifier.name:
        return Problem(MANIFEST, f"is of {manifest.origin}, not of {verifier.name}")
    return manifest


def file_problems(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    """Go through what is missing, changed or too much in a folder."""
    listed = {one.path for one in manifest.files}
    if len(listed) != len(manifest.files):
        yield Problem(MANIFEST, "lists a file twice")
    for one in manifest.files:
        whole = folder / one.path
        if not _PATH.fullmatch(one.path) or ".." in one.path:
            yield Problem(MANIFEST, "lists what is no file of an export")
        elif whole.is_symlink() or not whole.is_file():
            yield Problem(one.path, "is missing")
        elif (whole.stat().st_size, _hash_of(whole)) != (one.bytes, one.sha256):
            yield Problem(one.path, "is not the file that the manifest lists")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if (path.is_symlink() or not path.is_dir()) and name not in {*listed, MANIFEST, NOTE}:
            yield Problem(name, "is no file of this export")


def policy_problems(folder: Path) -> Iterator[Problem]:
    """Go through the policies in a folder whose text is not that of their digest."""
    for path in sorted(folder.glob("*.toml")):
        if _hash_of(path) != path.stem:
            yield Problem(f"{folder.name}/{path.name}", "is not the policy of this digest")


def _hash_of(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
