"""The front door of commands: a mutation is granted, carried out, on record, and then answered.

    document -> command -> outcome -> receipt -> answer

What a command does is on record before it commits (by the command itself); that its outcome is
told is on record before it is told. A command that is sent again does nothing twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from graphql import GraphQLSchema

from audit.entry import EntryKind
from hub.access import Entitlement
from hub.casework.rooms import CommandRoom, Order, check_granted
from hub.errors import AuditUnavailableError, RefusedError
from hub.query.answer import Answer, Request, entitled
from hub.query.commands import Command, plan_command, shape_payload
from hub.query.disclosure import Asked, Disclosures
from hub.query.documents import Documents
from hub.query.policies import Policies
from hub.store.journal import Journal, recorded


@dataclass(frozen=True, slots=True)
class Commands:
    """Carries out mutations; lives as long as the application."""

    schema: GraphQLSchema
    documents: Documents
    policies: Policies
    disclosures: Disclosures
    journal: Journal
    rooms: Mapping[str, CommandRoom]
    """Who carries out which mutation, by its name in GraphQL."""

    async def answer(self, request: Request) -> Answer:
        """Return the outcome of the mutation that `request` states.

        Raises:
            RefusedError: The caller must change the request; nothing was done.
            UnavailableError: Ask again; nothing is done twice.
        """
        asked = Asked(
            request.caller, request.request_id, request.at,
            self.documents.hash_of(request.document), request.operation_name,
        )  # fmt: skip
        try:
            entitlement = entitled(await self.policies.reload(), request)
            command = plan_command(
                self.schema,
                self.documents.parsed(request.document),
                request.operation_name,
                request.variables,
                entitlement,
            )
            payload = await self._carried_out(command, request, entitlement)
        except RefusedError as refusal:
            await self.disclosures.refused(asked, refusal)
            raise
        except AuditUnavailableError:
            raise
        except Exception as failure:
            await self.disclosures.failed(asked, failure)
            raise
        about = {**asked.record("answered"), "command": command.name}
        receipt = await recorded(self.journal, EntryKind.COMMAND, about)
        told = {
            "log": receipt.origin,
            "index": receipt.index,
            "treeSize": receipt.tree_size,
            "checkpoint": receipt.checkpoint,
        }
        data = shape_payload(command, payload)
        return Answer(orjson.dumps({"data": data, "extensions": {"receipt": told}}), receipt)

    async def _carried_out(
        self, command: Command, request: Request, entitlement: Entitlement
    ) -> Mapping[str, object]:
        room = self.rooms.get(command.name)
        if room is None:
            raise AssertionError(
                f"the schema has a mutation that nobody carries out: {command.name}"
            )
        check_granted(room.uses, entitlement)
        return await room.carry_out(
            command.arguments, Order(request.caller, entitlement, request.at)
        )
