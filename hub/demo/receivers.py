"""Starts everybody the hub writes to, and tells the hub where they are.

Five departments take recognitions and the credit platform takes commitments; each is a server of
its own with a folder of its own in `receivers/` of the home, so that a second start goes on where
the first ended.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2

from connectors.outbound import national_credit_platform, recognition
from hub.demo.processes import launched
from hub.sealing.files import write_private

PLATFORM: Final = national_credit_platform.RECEIVER
_RECOGNITIONS: Final = "recognitions"
_COMMITMENTS: Final = "commitments"


@dataclass(frozen=True, slots=True)
class RunningReceiver:
    """A receiver's server: its address, where it takes messages, what to encrypt to."""

    name: str
    address: str
    inbox: str
    """The url of messages; a GET of it lists what came, without names and numbers."""
    keys: Mapping[str, object] | None = None
    """Its JWK set, None where its contract has none."""


@contextmanager
def receivers(
    home: Path, hub_keys: Path, insurance_database: Path
) -> Iterator[Mapping[str, RunningReceiver]]:
    """Run every receiver, and give them by name; they end when this closes.

    `hub_keys` is the file of the hub's public keys. They start side by side.

    Raises:
        SetupError: One of them did not start.
    """
    with ExitStack() as stack:
        waiting = {}
        for name in (*recognition.RECEIVERS, PLATFORM):
            folder = home / "receivers" / name
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            arguments: list[str | Path] = ["--hub-keys", hub_keys, "--home", folder]
            module = "hub.demo.systems.credit_platform"
            if name != PLATFORM:
                module = "hub.demo.systems.receiver"
                arguments += ["--receiver", name, "--database", insurance_database]
            server = launched(module, arguments, folder / "server.port")
            waiting[name] = stack.enter_context(server)
        yield {name: _running(name, address()) for name, address in waiting.items()}


def _running(name: str, address: str) -> RunningReceiver:
    if name == PLATFORM:
        return RunningReceiver(name, address, f"{address}/{_COMMITMENTS}")
    keys = httpx2.get(f"{address}/jwks.json", trust_env=False, timeout=60).raise_for_status().json()
    return RunningReceiver(name, address, f"{address}/{_RECOGNITIONS}", keys)


def receivers_toml(home: Path, running: Mapping[str, RunningReceiver]) -> str:
    """Return the tables of departments.toml that name these receivers; write their key files."""
    tables = []
    for name, receiver in running.items():
        table = f"[receivers.{name}]\nurl = {json.dumps(receiver.inbox)}\n"
        if receiver.keys is not None:
            path = home / "receivers" / f"{name}.jwks"
            write_private(path, json.dumps(receiver.keys).encode())
            table += f"key_file = {json.dumps(str(path))}\n"
        tables.append(table)
    return "\n".join(tables)
