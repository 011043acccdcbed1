"""The front door of a query: an answer exists only with the receipt of its disclosure.

    document -> plan -> sealed rows -> data -> kept for a replay -+
                     -> disclosure ------------------------------ +-> receipt -> answer
                                                               (-> encrypted to its receiver)

Whatever is to be refused is refused before the first row is read; refusals are on record too.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
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
    TooCostlyError,
    WallError,
)
from hub.query.bind import Tags, bind, citizen_of, coerced, day_of, parameters_of
from hub.query.body import body_of, encoded_body
from hub.query.bound import Bound
from hub.query.cases import CaseCheck, case_parameters, check_standing
from hub.query.citizens import Citizens, Nobody
from hub.query.consent import consent_parameters, uncovered_of
from hub.query.cost import checked_cost, checked_introspection, checked_range
from hub.query.disclosure import Asked, Disclosures
from hub.query.documents import Document, Documents
from hub.query.fetch import Fetcher, Sealed
from hub.query.introspection import introspect
from hub.query.kept import UNKEPT, Keeper
from hub.query.model import (
    Constant,
    Introspected,
    Number,
    PlannedError,
    Root,
    RootKind,
)
from hub.query.plans import Plans
from hub.query.policies import Policies
from hub.query.quota import UNMETERED, Meter, QuotaExceededError, Taken, put_back
from hub.query.receiving import Receiving, marked
from hub.query.registers import Register, shape_entries
from hub.query.reveal import Revealed, Revealer
from hub.query.shape import Tree
from hub.query.together import Alike, Together

_Way = Callable[[Bound, Asked, Policy, "Request"], Awaitable["Answer | None"]]
_ATTEMPTS: Final = 3
"""How often a plan is made anew when the policy changes under it."""
MAX_COST: Final = 200_000


# Nobody changes what is here once it is made. It is not frozen, for each request makes one of each,
# and that would take five times as long.


@dataclass(slots=True)
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
    receiving: Receiving | None = None
    """How its answer leaves; None: in clear, as the client is registered and asks."""


@dataclass(slots=True)
class Answer:
    """What may be sent, JSON unless it is encrypted whole, and the word that it is on record."""

    body: bytes
    receipt: Receipt
    failures: tuple[Exception, ...] = ()
    """Of several commands, why some were not carried out; for the operator, the body tells less."""
    entitlement: Entitlement | None = None
    """Under which its rows were chosen; None where it has none."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers queries; lives as long as the application."""

    documents: Documents
    plans: Plans
    policies: Policies
    fetcher: Fetcher
    revealer: Revealer
    disclosures: Disclosures
    registers: Mapping[RootKind, Register]
    tags: Tags
    cases: CaseCheck
    max_cost: int = MAX_COST
    meter: Meter = UNMETERED
    citizens: Citizens = field(default_factory=Nobody)
    """Who tells which citizen a portal asks for."""
    keeper: Keeper = UNKEPT
    _together: Together = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Let people be found together by the same parts."""
        object.__setattr__(self, "_together", Together(self.fetcher, self.revealer))

    async def answer(
        self, request: Request, smaller: Sequence[Mapping[str, object]] = ()
    ) -> Answer:
        """Return what `request` asks for, once its disclosure is on record.

        `smaller` are other variables that ask for less and less. Where its own ask for too much,
        the first of these that do not are answered; what is refused is the last.

        Raises:
            RefusedError: The caller must change the request; no row was read for it.
            UnavailableError: Try again; nothing was disclosed.
            CorruptError: A stored value does not authenticate; nothing was disclosed.
        """
        known = self.documents.known(request.document)
        asked = Asked(
            request.caller, request.request_id, request.at,
            self.documents.hash_of(request.document) if known is None else known.hash,
            request.operation_name, request.channel, request.receiving,
        )  # fmt: skip
        try:
            if request.receiving is not None:
                _ = request.receiving.key  # without one nothing is fetched
            return await self._answer(request, asked, known, smaller)
        except RefusedError as refusal:
            await self.disclosures.refused(asked, refusal)
            raise
        except AuditUnavailableError:
            raise
        except Exception as failure:
            await self.disclosures.failed(asked, failure)
            raise

    async def _answer(
        self,
        request: Request,
        asked: Asked,
        known: Document | None,
        smaller: Sequence[Mapping[str, object]],
    ) -> Answer:
        meter, caller = self.meter, request.caller
        if not meter.is_open(caller):
            await meter.admit(caller)
        document = known or self.documents.parsed(request.document)
        policy = await self.policies.current()
        paid = 0  # what it cost in the attempts before
        of_any = request
        citizen: Number | None = None  # an assertion is good once, whatever the policy does
        for _ in range(_ATTEMPTS):
            try:
                entitlement = entitled(policy, request)
                if smaller:
                    request = self._allowed(document, of_any, entitlement, smaller)
                bound = self.bound(document, request, entitlement)
                counted = await meter.count(caller, entitlement.limits)
            except (NotGrantedError, TooCostlyError, QuotaExceededError):
                # An entitlement's limits, and what its plan costs, are of the policy too.
                if await self.policies.is_in_force(policy):
                    raise
            else:
                more = bound.cost - paid
                if more > 0 and not meter.take(caller, more):
                    await self._spend(caller, more, counted)
                if bound.plan.asks_register:  # nothing else is asked by an assertion
                    citizen = citizen or await self._citizen(bound, caller)
                    bound = bound.about(citizen)
                answer = await self._way(bound, request)(bound, asked, policy, request)
                if answer is not None:
                    return answer
                paid = max(paid, bound.cost)
                put_back(counted, 1)  # it is counted anew, as the new policy bounds it
            policy = await self.policies.reload()
        raise StoreUnavailableError("The policy keeps changing; try again.")

    async def _spend(self, caller: Caller, cost: int, counted: Taken) -> None:
        """Take what a request costs; where it cannot be had, the request is none of the day's."""
        try:
            await self.meter.spend(caller, cost)
        except BaseException:  # whoever is cancelled gets no answer either
            put_back(counted, 1)
            raise

    def _allowed(
        self,
        document: Document,
        request: Request,
        entitlement: Entitlement,
        smaller: Sequence[Mapping[str, object]],
    ) -> Request:
        """Return a request with the first variables that do not ask for too much, or the last."""
        for variables in smaller:
            try:
                self.bound(document, request, entitlement)
            except TooCostlyError:
                request = replace(request, variables=variables)
            else:
                break
        return request

    async def _citizen(self, bound: Bound, caller: Caller) -> Number | None:
        """Return whom a portal asks for; None where the question names nobody so."""
        if bound.assertion is None:
            return None
        return citizen_of(await self.citizens.number(bound.assertion, caller), self.tags)

    def _way(self, bound: Bound, request: Request) -> _Way:
        """Return how a request is answered."""
        if bound.plan.asks_register:
            return self._from_register
        if bound.goes_together and request.receiving is None:
            return self._with_others
        return self._from_rows

    async def _from_rows(
        self, bound: Bound, asked: Asked, policy: Policy, request: Request
    ) -> Answer | None:
        """Return the answer, or None where the rows are of another policy's time: discarded."""
        prepared, plan = bound.prepared, bound.plan
        statement = prepared.statement_for(bound.roots)
        try:
            sealed = await self.fetcher.fetch(
                statement,
                len(plan.levels),
                bound.parameters,
                bound.entitlement.reach,
                bound.cost,
            )
        except WallError:
            if await self.policies.is_in_force(policy):
                raise
            return None
        if sealed.policy_digest != policy.digest:
            return None
        if plan.checks_case:
            check_standing(sealed.standing, asked.caller)
        revealed = self.revealer.reveal(plan, prepared.openers, sealed)
        uncovered = uncovered_of(plan, sealed) if plan.consents else ()
        if request.receiving is not None:
            return await self._for_receiver(bound, asked, request, sealed, revealed, uncovered)
        encoded = orjson.dumps(
            prepared.shaper.shape(bound.roots, revealed, sealed.searches, bound.introspected)
        )
        del revealed  # what was opened is not kept while the log commits: of a long list, megabytes
        receipt = await self._recorded(bound, asked, request, sealed, encoded, uncovered)
        made = encoded_body(encoded, bound, receipt, sealed.known_at, uncovered)
        return Answer(made, receipt, entitlement=bound.entitlement)

    async def _for_receiver(
        self,
        bound: Bound,
        asked: Asked,
        request: Request,
        sealed: Sealed,
        revealed: Sequence[Revealed],
        uncovered: Sequence[PlannedError],
    ) -> Answer:
        """Return an answer that only its receiver can open, or whose values only it can."""
        assert request.receiving is not None  # noqa: S101 - `_from_rows` has looked
        plan, shaper = bound.plan, bound.prepared.shaper
        data = shaper.shape(bound.roots, revealed, sealed.searches, bound.introspected)
        receipt = await self._recorded(bound, asked, request, sealed, orjson.dumps(data), uncovered)
        body = body_of(data, bound, receipt, sealed.known_at, uncovered)
        shape = partial(
            shaper.shape, bound.roots, marked(plan, revealed), sealed.searches, bound.introspected
        )
        left = request.receiving.encoded(body, shape)
        return Answer(left, receipt, entitlement=bound.entitlement)

    async def _with_others(
        self, bound: Bound, asked: Asked, policy: Policy, request: Request
    ) -> Answer | None:
        """Return the answer about one person, who is found with those others ask for; as above."""
        prepared, (one,) = bound.prepared, bound.roots
        alike = Alike(prepared, bound.entitlement, bound.parameters, one.as_of)
        try:
            shown = await self._together.shown(alike, one)
        except WallError:
            if await self.policies.is_in_force(policy):
                raise
            return None
        if shown.sealed.policy_digest != policy.digest:
            return None
        encoded = orjson.dumps(shown.data)
        receipt = await self._recorded(bound, asked, request, shown.sealed, encoded)
        return Answer(encoded_body(encoded, bound, receipt, shown.sealed.known_at), receipt)

    async def _recorded(
        self,
        bound: Bound,
        asked: Asked,
        request: Request,
        sealed: Sealed,
        encoded: bytes,
        uncovered: Sequence[PlannedError] = (),
    ) -> Receipt:
        """Return the receipt of an answer, once what it shows is kept and on record."""
        kept = await self.keeper.keep(asked, request.document, request.variables, encoded)
        return await self.disclosures.answered(
            asked, bound.entitlement.policy_digest, bound.plan, bound.roots, sealed, uncovered, kept
        )

    async def _from_register(
        self, bound: Bound, asked: Asked, policy: Policy, request: Request
    ) -> Answer | None:
        """Return entries of a register, once the look-up is on record; None as above."""
        (root,) = bound.roots
        found = await self.registers[root.root.kind].find(root)
        if found.policy_digest != policy.digest:
            return None
        await self.cases.check(request.caller, bound.entitlement, request.at)
        receipt = await self.disclosures.looked_up(asked, root.root.kind, found)
        data: Tree = {}
        for output in bound.plan.outputs:
            if isinstance(output, Root):
                data[output.key] = shape_entries(output, root, found)
            elif isinstance(output, Introspected):
                data[output.key] = bound.introspected[output.key]
            elif isinstance(output, Constant):
                data[output.key] = output.value
        body = body_of(data, bound, receipt, None, told_beside=found.told)
        if asked.receiving is None:
            return Answer(orjson.dumps(body), receipt)
        return Answer(asked.receiving.encoded(body, lambda: data), receipt)

    def bound(self, document: Document, request: Request, entitlement: Entitlement) -> Bound:
        """Return a request with its plan and its arguments, checked.

        Raises:
            RefusedError: The caller must change the request.
        """
        operation = document.operation(request.operation_name)
        if operation.is_mutation:
            raise InvalidDocumentError("A mutation is not answered here; send it as a command.")
        values = coerced(self.documents.schema, operation, request.variables)
        prepared = self.plans.prepared(document, operation, values, entitlement)
        plan = prepared.plan
        roots = bind(plan, values, request.at, self.tags)
        checked_range(roots, entitlement.limits)
        cost = checked_cost(roots, self.max_cost)
        introspected: Mapping[str, object] = {}
        if plan.introspected:
            schema = self.documents.schema
            cost += checked_introspection(schema, document, operation, plan.introspected)
            introspected = introspect(schema, document, operation, plan, values.coerced)
        parameters = parameters_of(roots, entitlement)
        if plan.asks_cases:
            parameters |= case_parameters(request.caller, request.at)
        if plan.consents:
            parameters |= consent_parameters(entitlement, request.at)
        return Bound(prepared, plan, roots, parameters, introspected, cost, entitlement)


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
