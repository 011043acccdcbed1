"""The front door of a query: an answer exists only with the receipt of its disclosure.

    document -> plan -> sealed rows -> data
                     -> disclosure -> receipt -> answer

Whatever is to be refused is refused before the first row is read; refusals are on record too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from audit.log import Receipt
from hub.access import Caller, Entitlement, Policy, Refusal
from hub.errors import (
    AuditUnavailableError,
    InvalidDocumentError,
    NotGrantedError,
    RefusedError,
    StoreUnavailableError,
)
from hub.query.accesslog import AccessLog, looked_up, shape_entries
from hub.query.bind import Tags, bind, coerced, day_of, parameters_of
from hub.query.cost import checked_cost, checked_introspection
from hub.query.disclosure import Asked, Disclosures
from hub.query.documents import Document, Documents
from hub.query.fetch import Fetcher
from hub.query.introspection import introspect
from hub.query.model import BoundRoot, Constant, Introspected, Plan, PlannedError, Root
from hub.query.plans import Plans, Prepared
from hub.query.policies import Policies
from hub.query.quota import UNMETERED, Meter
from hub.query.reveal import Revealer
from hub.query.shape import Tree

_ATTEMPTS: Final = 3
"""How often a plan is made anew when the policy changes under it."""
MAX_COST: Final = 200_000


@dataclass(frozen=True, slots=True)
class Request:
    """One query of one authenticated department; `at` is the one moment of the request."""

    document: str
    variables: Mapping[str, object]
    operation_name: str | None
    caller: Caller
    request_id: str
    at: datetime
    channel: str = "graphql"
    """By which of the hub's ways it came, for the record."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be sent: JSON, and the word that it is on record."""

    body: bytes
    receipt: Receipt
    failures: tuple[Exception, ...] = ()
    """Of several commands, why some were not carried out; for the operator, the body tells less."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One request, planned and with its arguments."""

    prepared: Prepared
    roots: tuple[BoundRoot, ...]
    parameters: Mapping[str, object]
    introspected: Mapping[str, object]
    cost: int

    @property
    def plan(self) -> Plan:
        """The plan."""
        return self.prepared.plan


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers queries; lives as long as the application."""

    documents: Documents
    plans: Plans
    policies: Policies
    fetcher: Fetcher
    revealer: Revealer
    disclosures: Disclosures
    access_log: AccessLog
    tags: Tags
    max_cost: int = MAX_COST
    meter: Meter = UNMETERED

    async def answer(self, request: Request) -> Answer:
        """Return what `request` asks for, once its disclosure is on record.

        Raises:
            RefusedError: The caller must change the request; no row was read for it.
            UnavailableError: Try again; nothing was disclosed.
            CorruptError: A stored value does not authenticate; nothing was disclosed.
        """
        asked = Asked(
            request.caller, request.request_id, request.at,
            self.documents.hash_of(request.document), request.operation_name, request.channel,
        )  # fmt: skip
        try:
            return await self._answer(request, asked)
        except RefusedError as refusal:
            await self.disclosures.refused(asked, refusal)
            raise
        except AuditUnavailableError:
            raise
        except Exception as failure:
            await self.disclosures.failed(asked, failure)
            raise

    async def _answer(self, request: Request, asked: Asked) -> Answer:
        meter, caller = self.meter, request.caller
        if not meter.is_open(caller):
            await meter.admit(caller)
        document = self.documents.parsed(request.document)
        policy = await self.policies.current()
        for _ in range(_ATTEMPTS):
            try:
                bound = self._bound(document, request, entitled(policy, request))
            except NotGrantedError:
                if await self.policies.is_in_force(policy):
                    raise
                answer = None
            else:
                if not meter.take(caller, bound.cost):
                    await meter.spend(caller, bound.cost)
                answer_from = self._from_log if bound.plan.asks_log else self._from_rows
                answer = await answer_from(bound, asked, policy)
            if answer is not None:
                return answer
            policy = await self.policies.reload()
        raise StoreUnavailableError("The policy keeps changing; try again.")

    async def _from_rows(self, bound: Bound, asked: Asked, policy: Policy) -> Answer | None:
        """Return the answer, or None where the rows are of another policy's time: discarded."""
        prepared, plan = bound.prepared, bound.plan
        sealed = await self.fetcher.fetch(prepared.statement, len(plan.levels), bound.parameters)
        if sealed.policy_digest != policy.digest:
            return None
        revealed = self.revealer.reveal(plan, prepared.openers, sealed)
        data = prepared.shaper.shape(bound.roots, revealed, sealed.searches, bound.introspected)
        receipt = await self.disclosures.answered(asked, policy.digest, plan, bound.roots, sealed)
        return Answer(_body(data, bound, receipt, sealed.known_at), receipt)

    async def _from_log(self, bound: Bound, asked: Asked, policy: Policy) -> Answer | None:
        """Return entries of the log, once the look-up is an entry itself; None as above."""
        (root,) = bound.roots
        found = await self.access_log.find(root)
        if found.policy_digest != policy.digest:
            return None
        receipt = await self.disclosures.looked_up(asked, looked_up(root, found), found.tags)
        data: Tree = {}
        for output in bound.plan.outputs:
            if isinstance(output, Root):
                data[output.key] = shape_entries(output, root, found)
            elif isinstance(output, Introspected):
                data[output.key] = bound.introspected[output.key]
            elif isinstance(output, Constant):
                data[output.key] = output.value
        return Answer(_body(data, bound, receipt, None), receipt)

    def _bound(self, document: Document, request: Request, entitlement: Entitlement) -> Bound:
        operation = document.operation(request.operation_name)
        if operation.is_mutation:
            raise InvalidDocumentError("A mutation is not answered here; send it as a command.")
        values = coerced(self.documents.schema, operation, request.variables)
        prepared = self.plans.prepared(document, operation, values, entitlement)
        roots = bind(prepared.plan, values, request.at, self.tags)
        cost = checked_cost(roots, self.max_cost)
        introspected: Mapping[str, object] = {}
        keys = frozenset(o.key for o in prepared.plan.outputs if isinstance(o, Introspected))
        if keys:
            cost += checked_introspection(self.documents.schema, document, operation, keys)
            introspected = introspect(
                self.documents.schema, document, operation, prepared.plan, request.variables,
                values.coerced,
            )  # fmt: skip
        return Bound(prepared, roots, parameters_of(roots, entitlement), introspected, cost)


def entitled(policy: Policy, request: Request) -> Entitlement:
    """Return what the caller may read today.

    Raises:
        NotGrantedError: Nothing, for that purpose.
    """
    caller = request.caller
    found = policy.entitlement(caller, day_of(request.at))
    if isinstance(found, Refusal):
        raise NotGrantedError(
            f"{caller.department} ({caller.role}) has no entitlement for purpose "
            f"{caller.purpose} ({found.reason}). Declare another purpose, or ask for one."
        )
    return found


def _error(error: PlannedError) -> Tree:
    return {
        "message": error.message,
        "locations": [{"line": place.line, "column": place.column} for place in error.locations],
        "path": list(error.path),
        "extensions": {"code": "NOT_GRANTED", "reason": str(error.code), "field": error.field},
    }


def _body(data: Tree, bound: Bound, receipt: Receipt, known_at: datetime | None) -> bytes:
    """Return the response; only what has a receipt comes here."""
    body: Tree = {"data": data}
    if bound.plan.errors:
        body["errors"] = [_error(error) for error in bound.plan.errors]
    told: Tree = {
        "cost": bound.cost,
        "receipt": {
            "log": receipt.origin,
            "index": receipt.index,
            "treeSize": receipt.tree_size,
            "checkpoint": receipt.checkpoint,
        },
    }
    if known_at is not None:
        told["knownAt"] = known_at.isoformat()
    body["extensions"] = told
    return orjson.dumps(body)
