"""The front door of commands: a mutation is granted, carried out, on record, and then answered.

    document -> command -> outcome -> receipt -> answer

What a command does is on record before it commits (by the command itself); that its outcome is
told is on record before it is told. A command that is sent again does nothing twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from graphql import GraphQLSchema

from audit.entry import EntryKind
from hub.access import Denied, Entitlement
from hub.casework.decision import decision_from
from hub.casework.recognise import USED, Recognise
from hub.errors import AuditUnavailableError, NotGrantedError, RefusedError
from hub.query.answer import Answer, Request, entitled
from hub.query.bind import day_of
from hub.query.commands import Command, plan_command, shape_payload
from hub.query.disclosure import Asked, Disclosures
from hub.query.documents import Documents
from hub.query.granting import denied
from hub.query.policies import Policies
from hub.store.journal import Journal, recorded

RECOGNISE: Final = "recognise"


@dataclass(frozen=True, slots=True)
class Commands:
    """Carries out mutations; lives as long as the application."""

    schema: GraphQLSchema
    documents: Documents
    policies: Policies
    disclosures: Disclosures
    journal: Journal
    recognise: Recognise

    async def answer(self, request: Request) -> Answer:
        """Return the outcome of the mutation that `request` states.

        Raises:
            RefusedError: The caller must change the request; nothing was done.
            UnavailableError: Ask again; nothing is done twice.
        """
        asked = Asked(
            request.caller, request.request_id, request.at, request.document,
            request.operation_name,
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
        if command.name != RECOGNISE:
            raise AssertionError(
                f"the schema has a mutation that nobody carries out: {command.name}"
            )
        _check_granted(USED, entitlement)
        stated = command.arguments["input"]
        assert isinstance(stated, Mapping)  # noqa: S101 - the schema says so
        decision = decision_from(stated, day_of(request.at))
        outcome = await self.recognise(decision, request.caller, entitlement.regions)
        closed = outcome.closed_alert_id
        return {
            "people": outcome.people,
            "messageIds": [str(message) for message in outcome.message_ids],
            "closedAlertId": None if closed is None else str(closed),
        }


def _check_granted(paths: Sequence[str], entitlement: Entitlement) -> None:
    """Refuse a command that would read what its caller may not.

    Raises:
        NotGrantedError: With the fields.
    """
    decided = {path: entitlement.decide(path) for path in paths}
    refused = {path: found.reason for path, found in decided.items() if isinstance(found, Denied)}
    if refused:
        path, reason = next(iter(refused.items()))
        raise NotGrantedError(denied(entitlement, path, reason), tuple(refused))
