"""`hub-audit`: check a log, an export, a receipt or two checkpoints, with no hub anywhere near.

Needs this package, and of others cryptography, msgspec, orjson and typing-extensions; only
`verify-database` needs asyncpg and numpy as well.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from audit.checkpoint import NoteVerifiers
from audit.cosignature import CosignatureVerifier
from audit.errors import InvalidNoteError, LogError, LogInconsistentError
from audit.exported import ExportSource, is_export
from audit.list_check import check_list
from audit.manifest import MANIFEST, SELECTION, Manifest, read_manifest
from audit.outcome import Outcome, outcome_of
from audit.published import CHECKPOINT
from audit.reading import FolderReader, HttpReader, Reader, reader_of
from audit.receipts import (
    check_consistency,
    check_cosignatures,
    check_proof,
    check_receipt,
    proof_from,
    receipt_in,
)
from audit.replay import Problem
from audit.selected import check_selection
from audit.tlog_proof import HEADER, SUFFIX, read_proof
from audit.twin_check import check_database, check_export
from audit.usage_check import answer_in, check_usages
from audit.verify import verify_database, verify_export, verify_published
from audit.witness_commands import add_to

_EPILOG: Final = (
    "Exit status: 0 whole; 1 tampered with, each finding names its place; 2 it cannot be checked."
)
_TELL_EVERY_S: Final = 2.0
_Given = argparse.Namespace


@dataclass(slots=True)
class Told:
    """Tells on standard error how far long work is: on one line, or a line now and then."""

    is_quiet: bool
    started: float = field(default_factory=time.monotonic)
    last: float = 0.0

    def __call__(self, done: int, size: int) -> None:
        """Take note that `done` of `size` entries are checked."""
        now = time.monotonic()
        is_shown = sys.stderr.isatty()
        if self.is_quiet or (now - self.last < _TELL_EVERY_S and not (is_shown and done == size)):
            return
        self.last = now
        rate = done / max(now - self.started, 1e-9)
        left = f", {(size - done) / rate:,.0f} s left" if done < size else ""
        text = f"{done:,} of {size:,} entries ({rate:,.0f}/s{left})"
        print(
            f"\r\033[K{text}" if is_shown else text,
            end="\n" if done == size or not is_shown else "",
            file=sys.stderr,
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    given = _parser().parse_args(arguments)
    check: Callable[[_Given], Outcome] = given.check
    try:
        outcome = check(given)
    except (LogError, OSError, ValueError) as error:
        outcome = Outcome(f"hub-audit {given.command}", unchecked=str(error))
    except ModuleNotFoundError as error:
        why = f"{error.name} is not installed, and only verify-database needs it"
        outcome = Outcome(f"hub-audit {given.command}", unchecked=why)
    except KeyboardInterrupt:
        outcome = Outcome(f"hub-audit {given.command}", unchecked="stopped")
    print(outcome.as_json() if given.json else outcome.as_text())
    return outcome.status


def script() -> None:
    """Be the console script."""
    sys.exit(main())


def _log(given: _Given) -> Outcome:
    witnesses = _witnesses(given)
    with closing(_reader(given, given.log)) as reader:
        note = (reader.read(CHECKPOINT) or b"").decode(errors="replace") if witnesses else ""
        if isinstance(reader, FolderReader) and is_export(reader.folder):
            return _cosigned(_export(given), note, given, witnesses)
        if given.sm3:
            raise ValueError("--sm3 is for an export or a database")
        verdict = verify_published(
            reader,
            _vkey(given),
            witnessed=[*_texts(given.witnessed), *([note] if note else [])],
            workers=given.workers,
            progress=Told(given.quiet),
        )
    whole = outcome_of(f"published log {given.log}, without its records", verdict)
    return _cosigned(whole, note, given, witnesses)


def _cosigned(
    whole: Outcome, note: str, given: _Given, witnesses: Sequence[CosignatureVerifier]
) -> Outcome:
    """Return the outcome for a log whose checkpoint known witnesses must have cosigned, if any."""
    if not witnesses:
        return whole
    seen = check_cosignatures(note, _verifier(given), witnesses, given.quorum)
    facts = {**whole.facts, "witnesses": seen.facts["witnesses"]}
    return replace(whole, facts=facts, problems=[*whole.problems, *seen.problems])


def _export(given: _Given) -> Outcome:
    folder = Path(given.log)
    if not folder.is_dir():
        raise ValueError(f"{given.log} is no folder")
    verifier = _verifier(given)
    manifest = read_manifest(folder, verifier) if (folder / MANIFEST).exists() else None
    if isinstance(manifest, Manifest) and manifest.kind == SELECTION:
        return check_selection(folder, manifest, verifier)
    verdict = verify_export(
        folder,
        _vkey(given),
        witnessed=_texts(given.witnessed),
        workers=given.workers,
        progress=Told(given.quiet),
        is_signed=not given.unsigned,
    )
    outcome = outcome_of(f"export {given.log}", verdict)
    return _with_twin(outcome, check_export(folder, _vkey(given))) if given.sm3 else outcome


def _database(given: _Given) -> Outcome:
    verdict = verify_database(
        given.log,
        _vkey(given),
        witnessed=_texts(given.witnessed),
        workers=given.workers,
        progress=Told(given.quiet),
    )
    outcome = outcome_of("log in a database", verdict)
    return _with_twin(outcome, check_database(given.log, _vkey(given))) if given.sm3 else outcome


def _with_twin(outcome: Outcome, twin: tuple[int, Sequence[Problem]]) -> Outcome:
    """Return the outcome with what was found of the SM3 twin."""
    size, problems = twin
    facts = {**outcome.facts, "sm3_entries": size}
    return replace(outcome, facts=facts, problems=[*outcome.problems, *problems])


def _receipt(given: _Given) -> Outcome:
    content = Path(given.file).read_bytes()
    if content.startswith(HEADER.encode()):
        entry = None if given.entry is None else bytes.fromhex(given.entry)
        proof = read_proof(content.decode())
        found = check_proof(proof, _verifier(given), entry)
        witnesses = _witnesses(given)
        if found.status or not witnesses:
            return found
        seen = check_cosignatures(proof.checkpoint, _verifier(given), witnesses, given.quorum)
        return replace(
            seen, checked=found.checked, facts={**found.facts, "witnesses": seen.facts["witnesses"]}
        )
    receipt = receipt_in(content)
    with _if_given(given) as reader:
        return check_receipt(receipt, _verifier(given), reader)


def _usage(given: _Given) -> Outcome:
    return check_usages(answer_in(given.file.read_bytes()), _verifier(given))


def _list(given: _Given) -> Outcome:
    return check_list(answer_in(given.file.read_bytes()), _verifier(given))


def _prove(given: _Given) -> Outcome:
    try:
        proof = proof_from(ExportSource(Path(given.log)), given.index, _verifier(given))
    except LogInconsistentError as error:
        return Outcome(
            f"export {given.log}", problems=[Problem(f"entry {given.index}", str(error))]
        )
    out = given.out or Path(f"{given.index}{SUFFIX}")
    out.write_text(proof.text(), "utf-8")
    return Outcome(f"proof of entry {given.index:,} of {given.log}", {"written": str(out)})


def _cosignature(given: _Given) -> Outcome:
    (note,) = _texts([given.file])
    return check_cosignatures(note, _verifier(given), _witnesses(given), given.quorum)


def _witnesses(given: _Given) -> list[CosignatureVerifier]:
    keys = "\n".join(_text_or_file(key) for key in given.witness).split()
    return [CosignatureVerifier.from_vkey(key) for key in keys]


def _consistency(given: _Given) -> Outcome:
    old, new = _texts([given.old, given.new])
    with _if_given(given) as reader:
        return check_consistency(old, new, _verifier(given), reader)


def _if_given(given: _Given) -> AbstractContextManager[Reader | None]:
    return closing(_reader(given, given.log)) if given.log else nullcontext()


def _reader(given: _Given, place: str) -> Reader:
    token = None
    if given.token_file is not None:
        token = given.token_file.read_text("utf-8").strip()
    reader = reader_of(place, token, given.ca_file)
    if token and not isinstance(reader, HttpReader):
        raise ValueError("--token-file is for a log at an address, not for a folder")
    return reader


def _texts(paths: Sequence[Path]) -> list[str]:
    return [path.read_text("utf-8") for path in paths]


def _vkey(given: _Given) -> str:
    """Return the verifier keys, a line each: as they are given, or out of files that are named."""
    return "\n".join(_text_or_file(key).strip() for key in given.vkey)


def _text_or_file(key: str) -> str:
    try:
        is_file = Path(key).is_file()
    except OSError:
        is_file = False
    return Path(key).read_text("utf-8") if is_file else key


def _verifier(given: _Given) -> NoteVerifiers:
    try:
        return NoteVerifiers.from_vkeys(_vkey(given).split())
    except InvalidNoteError as error:
        raise ValueError(f"--vkey: {error}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hub-audit",
        description="Check the access log of a hub, offline and without the hub.",
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, check: Callable[[_Given], Outcome], about: str
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about, epilog=_EPILOG)
        added.set_defaults(check=check, command=name)
        added.add_argument(
            "--vkey",
            required=True,
            action="append",
            metavar="KEY",
            help="a verifier key of the log, or a file of such, one a line; may be repeated",
        )
        added.add_argument("--json", action="store_true", help="the outcome as JSON")
        return added

    def whole(
        name: str, check: Callable[[_Given], Outcome], what: str, about: str
    ) -> argparse.ArgumentParser:
        added = command(name, check, about)
        added.add_argument("log", metavar=what, help="the log that is verified")
        added.add_argument(
            "--witnessed",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="a checkpoint that was kept elsewhere, which the log must fit; may be repeated",
        )
        added.add_argument("--workers", type=int, help="processes; default: one a processor")
        added.add_argument("--quiet", action="store_true", help="tell no progress")
        added.add_argument(
            "--unsigned",
            action="store_true",
            help="of an export: take one without a manifest, which cannot show what was left out",
        )
        added.add_argument(
            "--sm3",
            action="store_true",
            help="verify the SM3 twin as well: of an export, or of a database",
        )
        _over_http(added)
        return added

    log = whole(
        "verify-log", _log, "URL|FOLDER", "Verify a log: its address, its files, or an export."
    )
    whole("verify-export", _export, "FOLDER", "Verify an export: records, files and all.")
    whole(
        "verify-database", _database, "DSN", "Verify a log in its database; needs asyncpg, numpy."
    )
    receipt = command(
        "verify-receipt", _receipt, "Verify a receipt, an answer that carries one, or a proof."
    )
    receipt.add_argument(
        "file", metavar="FILE", help="a .tlog-proof; or the receipt, or the answer, as JSON"
    )
    receipt.add_argument(
        "--entry", metavar="HEX", help="the entry that a proof is of, if it does not say"
    )
    cosignature = command("cosignature", _cosignature, "Verify a checkpoint's cosignatures.")
    cosignature.add_argument("file", type=Path, metavar="CHECKPOINT", help="the cosigned note")
    for added, needed in ((cosignature, True), (receipt, False), (log, False)):
        added.add_argument(
            "--witness",
            action="append",
            default=[],
            required=needed,
            metavar="KEY",
            help="a witness's verifier key, or a file of such; may be repeated",
        )
        added.add_argument(
            "--quorum", type=int, default=1, metavar="N", help="how many must have cosigned"
        )
    usage = command("verify-usage", _usage, "Verify what a person was told of who read their data.")
    usage.add_argument("file", type=Path, metavar="ANSWER", help="the answer of findUsage, as JSON")
    whole_list = command(
        "verify-list", _list, "Verify that what a person was told is all that the log has of them."
    )
    whole_list.add_argument("file", type=Path, metavar="ANSWER", help="the same answer")
    prove = command("prove", _prove, "Make a self-contained proof of an export's entry.")
    prove.add_argument("log", metavar="FOLDER", help="the export")
    prove.add_argument("index", type=int, metavar="INDEX", help="number of the entry")
    prove.add_argument("--out", type=Path, metavar="FILE", help="default: INDEX.tlog-proof")
    consistency = command("consistency", _consistency, "Verify that one checkpoint became another.")
    consistency.add_argument("old", type=Path, metavar="OLD", help="the older checkpoint")
    consistency.add_argument("new", type=Path, metavar="NEW", help="the newer checkpoint")
    for added in (receipt, consistency):
        added.add_argument("--log", metavar="URL|FOLDER", help="the log, for its tiles")
        _over_http(added)
    add_to(commands)
    return parser


def _over_http(added: argparse.ArgumentParser) -> None:
    added.add_argument("--token-file", type=Path, metavar="FILE", help="a token that the log asks")
    added.add_argument("--ca-file", metavar="FILE", help="certificates that are trusted, as PEM")
