"""`hub clients`: departments' systems that may sign in, their keys, and to stop one at once.

Every change is on record before it is stored, and known to every worker within a second.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from hub.access import Purpose
from hub.app import opened
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.options import Home
from hub.errors import SetupError
from hub.http.client_desk import ClientDesk, Order, Taking, there
from hub.http.clients import keys_in
from hub.http.encryption import encryption_keys_in
from hub.http.registrations import (
    DatedKey,
    Registration,
    disabled,
    enabled,
    registered,
    removed,
    taken_over,
    with_encryption,
    with_encryption_key,
    with_key,
    without_encryption_key,
    without_key,
)
from hub.http.registry import LiveClients
from hub.http.sign_in import read_sign_in
from hub.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    help="Departments' systems that may sign in: register one, change its keys, stop it at once.",
)
Id = Annotated[str, typer.Argument(help="The client's id, such as insurance-system.")]
By = Annotated[str, typer.Option("--by", help="Who does it: an opaque id, never a name.")]
Why = Annotated[str, typer.Option("--why", help="The reason, kept in the log.")]
_FORMATS: Final = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]


class Format(StrEnum):
    """How clients are told."""

    TEXT = "text"
    JSON = "json"


class Bound(StrEnum):
    """What a client's tokens are bound to."""

    BEARER = "bearer"
    DPOP = "dpop"
    MTLS = "mtls"


class Leaving(StrEnum):
    """How a client's answers leave, at the least; `hub.http.encryption.Encryption`."""

    NONE = "none"
    FIELDS = "fields"
    RESPONSE = "response"
    SIGNED_RESPONSE = "signed-response"


As = Annotated[Format, typer.Option("--format", help="How to tell it.")]


@app.command("list")
def list_(
    home: Home = None,
    form: As = Format.TEXT,
    every: Annotated[bool, typer.Option("--all", help="Those too that were removed.")] = False,
) -> None:
    """List the clients: who they speak for, for what, and whether they may sign in."""
    found = run(_told(settings_or_fail(home=home)))
    kept = [each for each in found if every or each["state"] != "removed"]
    if form is Format.JSON:
        typer.echo(json.dumps(kept, ensure_ascii=False, indent=1))
        return
    for each in kept:
        typer.echo(_line(each))


@app.command()
def show(client: Id, home: Home = None, form: As = Format.TEXT) -> None:
    """Show one client with its keys and when each is good; exit 1 if there is none."""
    found = [each for each in run(_told(settings_or_fail(home=home))) if each["id"] == client]
    if not found:
        fail(f"there is no client {client}.")
    if form is Format.JSON:
        typer.echo(json.dumps(found[0], ensure_ascii=False, indent=1))
        return
    typer.echo(_line(found[0]))
    for name in _MORE:
        if found[0][name] not in (None, [], False):
            typer.echo(f"  {name}: {found[0][name]}")
    for key in found[0]["keys"]:
        since, until = key["begins"] or "ever", key["ends"] or "retired"
        typer.echo(f"  key {key['kid']}  from {since} until {until}")
    for key in found[0]["encryptionKeys"]:
        since, until = key["begins"] or "ever", key["ends"] or "retired"
        typer.echo(f"  encryption key {key['kid']}  from {since} until {until}")


@app.command()
def register(
    client: Id,
    *,
    department: Annotated[str, typer.Option("--department", help="Whom it speaks for.")],
    role: Annotated[str, typer.Option("--role", help="In which role.")],
    key: Annotated[list[Path], typer.Option("--key", help="Public JWK or JWK Set; one or two.")],
    by: By,
    purpose: Annotated[
        list[str] | None, typer.Option("--purpose", help="It may ask for; several times.")
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option("--region", help="Prefix of its own area; several times.")
    ] = None,
    quota: Annotated[int | None, typer.Option("--quota", help="Cost units of each window.")] = None,
    trusted: Annotated[
        bool, typer.Option("--trusted-documents", help="It runs registered documents only.")
    ] = False,
    bound: Annotated[
        Bound, typer.Option("--bound", help="What its tokens must be bound to.")
    ] = Bound.BEARER,
    certificate: Annotated[
        list[str] | None,
        typer.Option("--certificate", help="x5t#S256 of the only certificates; with mtls."),
    ] = None,
    resource_server: Annotated[
        bool, typer.Option("--resource-server", help="It may ask whether tokens are good.")
    ] = False,
    encryption: Annotated[
        Leaving, typer.Option("--encryption", help="How its answers leave, at the least.")
    ] = Leaving.NONE,
    encryption_key: Annotated[
        list[Path] | None,
        typer.Option("--encryption-key", help="Public JWK or JWK Set to encrypt to; one or two."),
    ] = None,
    why: Why = "",
    home: Home = None,
) -> None:
    """Register a client with its public keys; it may sign in within a second."""
    settings = settings_or_fail(home=home)
    made = Registration(
        department=department,
        role=role,
        purposes=_purposes(purpose or []),
        keys=[DatedKey(jwk) for jwk in _keys(key)],
        regions=region or None,
        quota=quota,
        documents="trusted" if trusted else "any",
        sender_constraint=bound.value,
        certificates=certificate or [],
        resource_server=resource_server,
        encryption=encryption.value,
        encryption_keys=[DatedKey(jwk) for jwk in _encryption_keys(encryption_key or [])],
    )
    _step(settings, client, "REGISTER", (by, why), lambda known, _: registered(known, made))


@app.command("add-key")
def add_key(
    client: Id,
    key: Annotated[Path, typer.Argument(help="The public key: a JWK.")],
    by: By,
    begins: Annotated[
        datetime | None,
        typer.Option("--from", formats=_FORMATS, help="UTC; default: now."),
    ] = None,
    ends: Annotated[
        datetime | None, typer.Option("--until", formats=_FORMATS, help="UTC; default: retired.")
    ] = None,
    why: Why = "",
    home: Home = None,
) -> None:
    """Add a key to a client's: either works, until one is retired. Two are good at a time."""
    settings, jwks = settings_or_fail(home=home), _keys([key])
    if len(jwks) != 1:
        fail("name a file with one key.")
    dated = DatedKey(jwks[0], _utc(begins), _utc(ends))
    _step(
        settings, client, "ADD_KEY", (by, why),
        lambda known, now: with_key(there(known), dated, now),
    )  # fmt: skip


# A key's name may begin with a hyphen, and is no option then.
@app.command("retire-key", context_settings={"ignore_unknown_options": True})
def retire_key(
    client: Id,
    kid: Annotated[str, typer.Argument(help="The key's name; `hub clients show` has it.")],
    by: By,
    at: Annotated[
        datetime | None, typer.Option("--at", formats=_FORMATS, help="UTC; default: now.")
    ] = None,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Its tokens of before are taken no more: a key leaked.")
    ] = False,
    why: Why = "",
    home: Home = None,
) -> None:
    """Take a key from a client; another one must be good by then."""
    _step(
        settings_or_fail(home=home), client, "RETIRE_KEY", (by, why),
        lambda known, now: without_key(
            there(known), kid, _utc(at) or now, now, revoke=revoke
        ),
    )  # fmt: skip


@app.command("add-encryption-key")
def add_encryption_key(
    client: Id,
    key: Annotated[Path, typer.Argument(help="The public key: a JWK, P-256 or X25519, use enc.")],
    by: By,
    begins: Annotated[
        datetime | None,
        typer.Option("--from", formats=_FORMATS, help="UTC; default: now."),
    ] = None,
    ends: Annotated[
        datetime | None, typer.Option("--until", formats=_FORMATS, help="UTC; default: retired.")
    ] = None,
    why: Why = "",
    home: Home = None,
) -> None:
    """Add a key that answers are encrypted to: the one begun last is used, two are good at most."""
    settings, jwks = settings_or_fail(home=home), _encryption_keys([key])
    if len(jwks) != 1:
        fail("name a file with one key.")
    dated = DatedKey(jwks[0], _utc(begins), _utc(ends))
    _step(
        settings, client, "ADD_ENCRYPTION_KEY", (by, why),
        lambda known, now: with_encryption_key(there(known), dated, now),
    )  # fmt: skip


@app.command("retire-encryption-key")
def retire_encryption_key(
    client: Id,
    kid: Annotated[str, typer.Argument(help="The key's name; `hub clients show` has it.")],
    by: By,
    at: Annotated[
        datetime | None, typer.Option("--at", formats=_FORMATS, help="UTC; default: now.")
    ] = None,
    why: Why = "",
    home: Home = None,
) -> None:
    """Encrypt nothing more to a key; where answers must be encrypted, another is good by then."""
    _step(
        settings_or_fail(home=home), client, "RETIRE_ENCRYPTION_KEY", (by, why),
        lambda known, now: without_encryption_key(there(known), kid, _utc(at) or now, now),
    )  # fmt: skip


@app.command("set-encryption")
def set_encryption(
    client: Id,
    encryption: Annotated[Leaving, typer.Argument(help="How its answers leave, at the least.")],
    by: By,
    why: Why = "",
    home: Home = None,
) -> None:
    """Demand that a client's answers leave encrypted; it may ask for more, never for less."""
    _step(
        settings_or_fail(home=home), client, "SET_ENCRYPTION", (by, why),
        lambda known, now: with_encryption(there(known), encryption.value, now),
    )  # fmt: skip


@app.command()
def disable(client: Id, by: By, why: Why = "", home: Home = None) -> None:
    """Stop a client at once: it gets no token, and those that it has are worthless for good."""
    _step(
        settings_or_fail(home=home), client, "DISABLE", (by, why),
        lambda known, now: disabled(there(known), now),
    )  # fmt: skip


@app.command()
def enable(client: Id, by: By, why: Why = "", home: Home = None) -> None:
    """Let a client sign in again; it needs new tokens."""
    _step(
        settings_or_fail(home=home), client, "ENABLE", (by, why),
        lambda known, _: enabled(there(known)),
    )  # fmt: skip


@app.command()
def remove(client: Id, by: By, why: Why = "", home: Home = None) -> None:
    """Register a client no more, also if the file of clients still has it."""
    _step(
        settings_or_fail(home=home), client, "REMOVE", (by, why),
        lambda known, now: removed(there(known), now),
    )  # fmt: skip


def _keys(files: list[Path]) -> list[dict[str, str]]:
    try:
        return [jwk for file in files for jwk in keys_in(file)]
    except SetupError as problem:
        fail(str(problem))


def _encryption_keys(files: list[Path]) -> list[dict[str, str]]:
    try:
        return [jwk for file in files for jwk in encryption_keys_in(file)]
    except SetupError as problem:
        fail(str(problem))


def _purposes(named: list[str]) -> list[Purpose]:
    strange = sorted(set(named).difference(Purpose))
    if strange:
        fail(f"{', '.join(strange)} is no purpose; there are {', '.join(Purpose)}.", 2)
    return sorted(Purpose(name) for name in set(named))


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _step(settings: Settings, client: str, step: str, who: tuple[str, str], taking: Taking) -> None:
    """Carry out one step and say what is registered then."""
    by, why = who

    async def work() -> Registration:
        async with opened(settings) as core:
            clients = await LiveClients.opened(settings.clients_file, core.database)
            sign_in = read_sign_in(settings.issuers_file, (), settings.public_url or "")
            if sign_in is not None and client in sign_in.clients:
                raise SetupError(f"{client} is what people are who sign in; see issuers.toml.")
            desk = ClientDesk(core.database, core.log, core.clock, clients.listed)
            return await desk.change(Order(client, step, by, why), taking)

    typer.echo(_line(_content(client, run(work()), "registry")))


async def _told(settings: Settings) -> list[dict[str, Any]]:
    async with opened(settings) as core:
        clients = await LiveClients.opened(settings.clients_file, core.database)
    found = {name: _content(name, each, "registry") for name, each in clients.stored.items()}
    for name, client in clients.listed.items():
        if name not in found:
            found[name] = _content(name, taken_over(client), "file")
    return [found[name] for name in sorted(found)]


def _content(client: str, made: Registration, origin: str) -> dict[str, Any]:
    return {
        "id": client,
        "state": made.state,
        "department": made.department,
        "role": made.role,
        "purposes": sorted(made.purposes),
        "keys": [
            {"kid": key.kid, "begins": _iso(key.begins), "ends": _iso(key.ends)}
            for key in made.keys
        ],
        "regions": made.regions,
        "quota": made.quota,
        "documents": made.documents,
        "bound": made.sender_constraint,
        "certificates": made.certificates,
        "resourceServer": made.resource_server,
        "tokensFrom": _iso(made.tokens_from),
        "encryption": made.encryption,
        "encryptionKeys": [
            {"kid": key.kid, "begins": _iso(key.begins), "ends": _iso(key.ends)}
            for key in made.encryption_keys
        ],
        "from": origin,
    }


_MORE: Final = ("regions", "quota", "documents", "bound", "certificates", "resourceServer",
                "tokensFrom", "encryption", "from")  # fmt: skip


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def _line(told: Mapping[str, Any]) -> str:
    purposes = ",".join(told["purposes"]) or "-"
    keys = f"{len(told['keys'])} key{'' if len(told['keys']) == 1 else 's'}"
    return (
        f"{told['id']}  {told['state']}  {told['department']} {told['role']}  {purposes}  "
        f"{told['bound']}  {keys}"
    )
