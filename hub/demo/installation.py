"""Sets up the demonstration's home: a made-up district, its clients' keys, where everything is."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from hub.demo.district import Places, build
from hub.demo.receivers import RunningReceiver, receivers_toml
from hub.demo.registry import SOURCES
from hub.demo.writing import Running
from hub.http.clients import make_client_key, registry_entry
from hub.sealing.files import write_private
from hub.sealing.keyring import Keyring
from hub.sealing.signing import MessageSigner
from hub.settings import Settings

_HEADS: Final = """\
# Who answers for each department's sharing requests, by opaque ids of the department's own, or by
# the client of a system that one person alone works with.
authority = ["data-authority"]

[heads]
civil-affairs = ["ca-head", "ca-deputy"]
public-security = ["ps-head", "ps-deputy", "public-security-head", "public-security-deputy"]
medical-insurance = ["mi-head", "mi-deputy"]
"""


@dataclass(frozen=True, slots=True)
class DemoClient:
    """A department's system that signs in to the demonstration."""

    id: str
    department: str
    role: str
    purposes: tuple[str, ...]


OFFICER: Final = DemoClient("civil-affairs-officer", "civil-affairs", "officer", ("CASE", "WARN"))
ANALYST: Final = DemoClient("civil-affairs-analyst", "civil-affairs", "analyst", ("WARN",))
APPROVER: Final = DemoClient(
    "civil-affairs-approver", "civil-affairs", "approver", ("CREDIT", "PUSH")
)
HANDLER: Final = DemoClient("street-handler", "civil-affairs", "street-handler", ("VERIFY",))
CREDIT_OFFICE: Final = DemoClient("credit-office", "credit-office", "clerk", ("CREDIT",))
INSURER: Final = DemoClient("medical-insurance-desk", "medical-insurance", "clerk", ("PUSH",))
EDUCATION: Final = DemoClient("education-desk", "education", "clerk", ("PUSH",))
AUDITOR: Final = DemoClient("audit-office", "audit-office", "auditor", ("AUDIT",))
PORTAL: Final = DemoClient("citizens-portal", "portal", "portal", ("TRANSPARENCY",))
AUDIT_LEAD: Final = DemoClient("audit-lead", "audit-office", "audit-lead", ("AUDIT",))
ASKER: Final = DemoClient("education-sharing", "education", "sharing-officer", ("SHARE",))
HEAD: Final = DemoClient("public-security-head", "public-security", "sharing-head", ("SHARE",))
DEPUTY: Final = DemoClient("public-security-deputy", "public-security", "sharing-head", ("SHARE",))
AUTHORITY: Final = DemoClient("data-authority", "data-authority", "sharing-authority", ("SHARE",))
CLIENTS: Final = (
    *(OFFICER, ANALYST, APPROVER, HANDLER, CREDIT_OFFICE, INSURER, EDUCATION, AUDITOR),
    *(PORTAL, AUDIT_LEAD, ASKER, HEAD, DEPUTY, AUTHORITY),
)


def district(home: Path, *, seed: int, households: int, today: date) -> tuple[Places, bool]:
    """Return where the district lies, built now unless the same one is there already."""
    places = Places(home / "district")
    note = home / "district.json"
    wanted = json.dumps({"seed": seed, "households": households})
    if note.exists() and places.truth.exists() and note.read_text("utf-8") == wanted:
        return places, False
    build(places.home, seed=seed, today=today, households=households)
    note.write_text(wanted, encoding="utf-8")
    return places, True


def key_file(home: Path, client: DemoClient) -> Path:
    """Return where a client's private key lies; only its owner may read it."""
    return home / "clients" / f"{client.id}.jwk"


def register_clients(settings: Settings) -> None:
    """Give every demo client a key pair, and tell the hub the public halves."""
    entries = [
        registry_entry(
            client.id,
            client.department,
            client.role,
            client.purposes,
            make_client_key(settings.home / "clients", client.id),
        )
        for client in CLIENTS
    ]
    settings.clients_file.write_text("\n".join(entries), encoding="utf-8")
    settings.sharing_file.write_text(_HEADS, encoding="utf-8")


def publish_outbound_keys(settings: Settings) -> Path:
    """Write the public keys by which receivers verify the hub's messages; return the file."""
    path = settings.home / "outbound.jwks"
    keys = MessageSigner(Keyring.open(settings.key_folder, settings.root_key)).jwks()
    write_private(path, json.dumps(keys).encode())
    return path


def start_sources(
    stack: ExitStack, settings: Settings, places: Places
) -> dict[str, Mapping[str, str]]:
    """Start every department's system; they end with `stack`. Return the hub's settings for each.

    Raises:
        SetupError: One did not start.
    """
    return {
        source.department: source.start(Running(places.folder(source), settings.home, stack))
        for source in SOURCES
    }


def write_departments(
    settings: Settings,
    sources: Mapping[str, Mapping[str, str]],
    running: Mapping[str, RunningReceiver],
) -> None:
    """Tell the hub where the demonstration's systems are."""
    text = "# Written by `hub demo` at each start: ports change.\n"
    for name, section in sources.items():
        # TOML's basic strings are JSON's, for paths and addresses.
        lines = [f"{key} = {json.dumps(value)}" for key, value in section.items()]
        text += "\n".join((f"[{name}]", *lines, "", ""))
    write_private(
        settings.departments_file, (text + receivers_toml(settings.home, running)).encode()
    )
