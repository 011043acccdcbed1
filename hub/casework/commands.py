"""The front door of commands: each is granted, carried out, on record, and then answered.

    document -> series -> command -> outcome -> receipt -+
                          next command ... ------------- +-> answer

Several commands of one operation are carried out one after the other. One that fails is null with
an error, and those that follow are carried out all the same (GraphQL 6.2.2). What a command does is
on record before it commits (by the command itself); that its outcome is told is on record before it
is told. A command that is sent again does nothing twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from graphql import GraphQLSchema

from audit.entry import EntryKind
from audit.log import Receipt
from hub.access import Entitlement
from hub.casework.case_acts import CASE_COMMANDS
from hub.casework.rooms import CommandRoom, Order, check_granted
from hub.errors import AuditUnavailableError, RefusedError
from hub.query.answer import Answer, Request, entitled
from hub.query.cases import CaseCheck
from hub.query.commands import (
    Command,
    Series,
    check_command,
    plan_commands,
    shape_payload,
    told_failure,
)
from hub.query.disclosure import Asked, Disclosures
from hub.query.documents import Documents
from hub.query.model import Constant
from hub.query.policies import Policies
from hub.query.quota import COMMAND, UNMETERED, Meter
from hub.query.receiving import marked_payload
from hub.store.journal import Journal, recorded


@dataclass(frozen=True, slots=True)
class Done:
    """A command that was carried out, and the word that its telling is on record."""

    shown: Mapping[str, object]
    receipt: Receipt


Outcome = Done | Exception
"""What became of one command: it was carried out, or why not."""


@dataclass(frozen=True, slots=True)
class Commands:
    """Carries out mutations; lives as long as the application."""

    schema: GraphQLSchema
    documents: Documents
    policies: Policies
    disclosures: Disclosures
    journal: Journal
    cases: CaseCheck
    rooms: Mapping[str, CommandRoom]
    """Who carries out which mutation, by its name in GraphQL."""
    meter: Meter = UNMETERED

    async def answer(self, request: Request) -> Answer:
        """Return the outcome of the mutation that `request` states.

        One command that fails is refused as a whole; of several, each says what became of it.

        Raises:
            RefusedError: The caller must change the request; nothing was done.
            UnavailableError: Ask again; nothing is done twice.
        """
        asked = Asked(
            request.caller, request.request_id, request.at,
            self.documents.hash_of(request.document), request.operation_name,
            receiving=request.receiving,
        )  # fmt: skip
        series = await self._planned(request, asked)
        commands = series.commands
        if len(commands) == 1:
            outcomes: list[Outcome] = [await self._done(commands[0], request, asked)]
        else:
            outcomes = [await self._outcome(command, request, asked) for command in commands]
        receipt = await self._receipt(outcomes, asked)
        body = _body(series, outcomes, receipt, request.request_id)
        failures = tuple(one for one in outcomes if isinstance(one, Exception))
        if request.receiving is None:
            return Answer(orjson.dumps(body), receipt, failures)
        left = request.receiving.encoded(body, lambda: body["data"])
        return Answer(left, receipt, failures)

    async def _planned(self, request: Request, asked: Asked) -> Series:
        try:
            if request.receiving is not None:
                _ = request.receiving.key  # without one nothing is done
            await self.meter.spend(request.caller, COMMAND)
            entitlement = entitled(await self.policies.reload(), request)
            series = plan_commands(
                self.schema,
                self.documents.parsed(request.document),
                request.operation_name,
                request.variables,
                entitlement,
            )
            await self.meter.count(request.caller, entitlement.limits)
        except Exception as problem:
            await self._not_done(asked, problem)
            raise
        return series

    async def _outcome(self, command: Command, request: Request, asked: Asked) -> Outcome:
        """Return what became of one command of several; cancelling goes through."""
        try:
            return await self._done(command, request, asked)
        except Exception as failure:  # noqa: BLE001 - it is told in the command's place
            return failure

    async def _done(self, command: Command, request: Request, asked: Asked) -> Done:
        """Carry out one command under the policy that is in force now; it is on record then.

        Raises:
            HubError: It was not carried out, or nobody may be told yet.
        """
        try:
            entitlement = entitled(await self.policies.reload(), request)
            check_command(command, entitlement)
            if command.name not in CASE_COMMANDS:  # they look at the case that they are about
                await self.cases.check(request.caller, entitlement, request.at)
            payload = await self._carried_out(command, request, entitlement)
            if request.receiving is not None and request.receiving.seals_values:
                payload = marked_payload(payload)
        except Exception as problem:
            await self._not_done(asked, problem)
            raise
        about = {**asked.record("answered"), "command": command.name}
        receipt = await recorded(self.journal, EntryKind.COMMAND, about)
        return Done(shape_payload(command, payload), receipt)

    async def _not_done(self, asked: Asked, problem: Exception) -> None:
        """Put on record that a command was refused or failed."""
        if isinstance(problem, RefusedError):
            await self.disclosures.refused(asked, problem)
        elif not isinstance(problem, AuditUnavailableError):
            await self.disclosures.failed(asked, problem)

    async def _receipt(self, outcomes: Sequence[Outcome], asked: Asked) -> Receipt:
        """Return the last receipt; where no command was carried out, that is on record.

        Raises:
            AuditUnavailableError: It is not.
        """
        receipts = [one.receipt for one in outcomes if isinstance(one, Done)]
        if receipts:
            return receipts[-1]
        about = asked.record("refused" if outcomes else "answered")
        return await recorded(self.journal, EntryKind.COMMAND, {**about, "command": None})

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


def _body(
    series: Series, outcomes: Sequence[Outcome], receipt: Receipt, request_id: str
) -> dict[str, object]:
    """Return the response: each command in its place, with its receipt where there are several."""
    data: dict[str, object] = {
        one.key: one.value for one in series.outputs if isinstance(one, Constant)
    }
    errors: list[dict[str, object]] = []
    receipts: dict[str, object] = {}
    for command, outcome in zip(series.commands, outcomes, strict=True):
        if isinstance(outcome, Done):
            data[command.key] = outcome.shown
            receipts[command.key] = _told(outcome.receipt)
        else:
            data[command.key] = None
            errors.append(told_failure(command, outcome, request_id))
    extensions: dict[str, object] = {"receipt": _told(receipt)}
    if len(outcomes) > 1:
        extensions["receipts"] = receipts
    ordered = {one.key: data[one.key] for one in series.outputs}
    body: dict[str, object] = {"data": ordered, "extensions": extensions}
    return {**body, "errors": errors} if errors else body


def _told(receipt: Receipt) -> dict[str, object]:
    return {
        "log": receipt.origin,
        "index": receipt.index,
        "treeSize": receipt.tree_size,
        "checkpoint": receipt.checkpoint,
    }
