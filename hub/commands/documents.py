"""`hub documents`: the documents that a client may run, and may name by their hash."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from graphql import GraphQLError, OperationDefinitionNode, parse

from audit.entry import EntryKind
from hub.access import Caller, Policy, Refusal
from hub.app import Core, opened
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.options import Home
from hub.errors import RefusedError
from hub.http.clients import Client
from hub.http.registry import LiveClients
from hub.http.trusted import HASH, DocumentFolder, hash_of
from hub.query.bind import day_of
from hub.query.documents import Document, Documents
from hub.query.measure import DocumentLimits
from hub.query.plan import Planner
from hub.query.policies import Policies
from hub.query.preview import preview
from hub.settings import Settings
from hub.store.journal import recorded
from schema.graph import build_schema, core_schema

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "Documents that are registered for a client: it may name them by their hash, and runs "
        'nothing else where the registry of clients says documents = "trusted".'
    ),
)
ClientId = Annotated[str, typer.Argument(help="Client id; `hub clients list` has them.")]


@app.command()
def add(
    client: ClientId,
    files: Annotated[list[Path], typer.Argument(help="Files with one GraphQL document each.")],
    home: Home = None,
) -> None:
    """Register documents for CLIENT; show what each costs and may read for each purpose.

    Nothing is registered unless every file is valid under the schema. It holds within a second,
    without a restart, and is on record.
    """
    settings = settings_or_fail(home=home)
    known = _client(settings, client)
    run(_added(settings, known, [_text(file) for file in files]))


@app.command("list")
def listed(
    client: Annotated[str | None, typer.Argument(help="Only this client's.")] = None,
    home: Home = None,
) -> None:
    """List registered documents: client, hash, operations."""
    settings = settings_or_fail(home=home)
    folder = DocumentFolder(settings.documents_folder)
    for each in [client] if client is not None else sorted(run(_registered(settings))):
        for name in folder.names(each):
            text = folder.text(each, name)
            what = "its text has another hash: it counts as none" if text is None else _names(text)
            typer.echo(f"{each} sha256:{name} {what}")


@app.command()
def remove(
    client: ClientId,
    name: Annotated[str, typer.Argument(help="The document's hash, with or without sha256:.")],
    home: Home = None,
) -> None:
    """Register a document of CLIENT no more; it holds within a second, and is on record."""
    settings = settings_or_fail(home=home)
    known = _client(settings, client)
    digest = name.removeprefix("sha256:")
    folder = DocumentFolder(settings.documents_folder)
    if not HASH.fullmatch(digest) or digest not in folder.names(known.id):
        fail("that document is not registered for this client.")
    run(_removed(settings, known, digest))


def _client(settings: Settings, client_id: str) -> Client:
    found = run(_registered(settings)).get(client_id)
    if found is None:
        fail(f"no client {client_id} is registered, or it may not sign in.")
    return found


async def _registered(settings: Settings) -> LiveClients:
    async with opened(settings) as core:
        return await LiveClients.opened(settings.clients_file, core.database)


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        fail(f"{file} cannot be read as UTF-8.")


def _names(text: str) -> str:
    try:
        definitions = parse(text, no_location=True, max_lexical_tokens=DocumentLimits().tokens)
    except GraphQLError:
        return "it does not parse"
    return ", ".join(
        node.name.value if node.name else "unnamed"
        for node in definitions.definitions
        if isinstance(node, OperationDefinitionNode)
    )


async def _added(settings: Settings, client: Client, texts: list[str]) -> None:
    async with opened(settings) as core:
        schema = core_schema(build_schema(core.catalogue))
        documents = Documents(schema, DocumentLimits(depth=settings.max_depth))
        policy = await Policies(core.database, core.catalogue).current()
        planner = Planner(core.catalogue, schema)
        parsed = [documents.parsed(text) for text in texts]
        reports = [list(_report(core, planner, policy, client, each)) for each in parsed]
        folder = DocumentFolder(settings.documents_folder)
        for text, report in zip(texts, reports, strict=True):
            await _announce(core, client, hash_of(text), "added")
            typer.echo(f"sha256:{folder.add(client.id, text)}")
            for line in report:
                typer.echo(f"  {line}")


async def _removed(settings: Settings, client: Client, digest: str) -> None:
    async with opened(settings) as core:
        await _announce(core, client, digest, "removed")
        DocumentFolder(settings.documents_folder).remove(client.id, digest)
        typer.echo(f"sha256:{digest} is registered no more for {client.id}.")


async def _announce(core: Core, client: Client, digest: str, what: str) -> None:
    """Put a change on record before it is made; a record that cannot be made prevents it.

    Raises:
        AuditUnavailableError: It is not on record.
    """
    about = {"client": client.id, "department": client.department, "document": digest}
    await recorded(core.log, EntryKind.POLICY, {**about, "documents": what, "outcome": "announced"})


def _report(
    core: Core, planner: Planner, policy: Policy, client: Client, document: Document
) -> Iterator[str]:
    for name, operation in document.operations.items():
        kind = "mutation" if operation.is_mutation else "query"
        yield f"{kind} {name or '(unnamed)'}"
        for purpose in sorted(client.purposes):
            caller = Caller(client.department, client.role, purpose, client.id)
            entitlement = policy.entitlement(caller, day_of(core.clock()))
            if isinstance(entitlement, Refusal):
                yield f"  for {purpose}: nothing is granted ({entitlement.reason})"
                continue
            try:
                seen = preview(planner, document, operation, entitlement)
            except RefusedError as refusal:
                yield f"  for {purpose}: {refusal}"
                continue
            costs = ", ".join(f"{key} {cost} a row" for key, cost in seen.unit_costs.items())
            yield f"  for {purpose}: cost {costs or 'as the operation has it'}"
            yield f"    granted: {', '.join(seen.answered) or 'nothing'}"
            yield f"    denied: {', '.join(seen.denied) or 'nothing'}"
