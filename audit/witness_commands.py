"""`hub-audit witness`: a witness for the audit office; make its key, and serve it."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

from audit.checkpoint import NoteVerifiers
from audit.cosignature import Cosigner
from audit.outcome import Outcome
from audit.witness import Witness, WitnessState
from audit.witness_server import WitnessServer

_SEED_SIZE: Final = 32
_Given = argparse.Namespace
Clock = Callable[[], float]


def add_to(commands: Any) -> None:
    """Add the commands to those of a parser."""
    about = "Be a witness of logs: cosign what grows, refuse what was rewritten."
    witness = commands.add_parser("witness", help=about, description=about)
    acts = witness.add_subparsers(dest="act", required=True, metavar="COMMAND")
    key = acts.add_parser("key", help="Make the witness's key; show its verifier key.")
    key.set_defaults(check=_key, command="witness key")
    serve = acts.add_parser("serve", help="Answer logs until stopped.")
    serve.set_defaults(check=_serve, command="witness serve")
    for added in (key, serve):
        added.add_argument("--name", required=True, help="name of the witness, as its address")
        added.add_argument(
            "--key", type=Path, required=True, metavar="FILE", help="the key; for this alone"
        )
        added.add_argument("--json", action="store_true", help="the outcome as JSON")
    serve.add_argument(
        "--state", type=Path, required=True, metavar="FILE", help="what was cosigned; back it up"
    )
    serve.add_argument(
        "--log",
        action="append",
        required=True,
        metavar="KEY",
        help="a verifier key of a log, or a file of such, one a line; may be repeated",
    )
    serve.add_argument("--host", default="127.0.0.1", help="this machine only")
    serve.add_argument("--port", type=int, default=8710, help="default 8710; 0 takes a free one")


def _key(given: _Given) -> Outcome:
    if not given.key.exists():
        opened = os.open(given.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w", encoding="ascii") as file:
            file.write(os.urandom(_SEED_SIZE).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    cosigner = _cosigner(given)
    return Outcome(f"key of the witness {given.name}", {"vkey": cosigner.vkey})


def _cosigner(given: _Given) -> Cosigner:
    if given.key.stat().st_mode & 0o077:
        raise ValueError(f"{given.key} may be read by others; set its mode to 0600")
    try:
        seed = bytes.fromhex(given.key.read_text("ascii").strip())
        return Cosigner(given.name, seed)
    except ValueError:
        raise ValueError(
            f"{given.key} has no 32 bytes in hexadecimal, or --name is no plain name"
        ) from None


def logs_of(keys: list[str]) -> dict[str, NoteVerifiers]:
    """Return the verifiers of logs by their names, from keys and files of keys.

    Raises:
        InvalidNoteError: One is no verifier key.
        OSError: A file cannot be read.
    """
    texts = [Path(key).read_text("utf-8") if Path(key).is_file() else key for key in keys]
    by_name: dict[str, list[str]] = {}
    for vkey in "\n".join(texts).split():
        by_name.setdefault(vkey.partition("+")[0], []).append(vkey)
    return {name: NoteVerifiers.from_vkeys(vkeys) for name, vkeys in by_name.items()}


def _serve(given: _Given) -> Outcome:
    cosigner = _cosigner(given)
    with closing(WitnessState(given.state)) as state:
        # An auditor's own clock: the time of a cosignature is this machine's word.
        witness = Witness(cosigner, logs_of(given.log), state, time.time)  # noqa: TID251
        with WitnessServer(witness, given.host, given.port) as server:
            where = f"http://{given.host}:{server.server_port}"
            print(f"{cosigner.vkey}\nwitness at {where}", file=sys.stderr, flush=True)
            with suppress(KeyboardInterrupt):
                server.serve_forever()
    return Outcome(f"witness {given.name}", {"stopped": True})
