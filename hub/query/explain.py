"""Tells an operator what one operation would do, and what decided it; pure: reads no row.

Which fields a caller gets by which grant and which are refused, what is fetched in which statement,
what it costs, and how large the entry in the log would be. Values of parameters are never told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Final, Self

from audit.entry import Entry
from audit.log import Receipt
from hub.access import Caller, Entitlement, EntitlementRule, Grant, Policy, Reveal
from hub.errors import InvalidDocumentError
from hub.query.answer import Request, entitled
from hub.query.bind import Tags, bind, coerced, day_of, parameters_of
from hub.query.cases import case_parameters
from hub.query.coercion import NO_VALUES, Values
from hub.query.cost import cost_of
from hub.query.describe import described
from hub.query.disclosure import Asked, Disclosures
from hub.query.documents import Documents, Operation
from hub.query.fetch import Columns, Sealed
from hub.query.listing import choices
from hub.query.lists import Choice
from hub.query.model import BoundRoot, Plan, PlannedError
from hub.query.plan import Planner
from hub.query.plans import asks_now
from hub.query.sql import Composer
from hub.query.sql_parts import LOOKUPS, level_columns
from hub.query.statement import Statement
from schema.catalogue import Catalogue

_REQUEST_ID: Final = "0" * 32
"""As long as those that the edge gives."""
_SUBJECT_BYTES: Final = 36
"""Of an entry, for each person or household that it is about."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation costs under the arguments that were given."""

    cost: int
    limit: int


@dataclass(frozen=True, slots=True)
class Explained:
    """One operation under one entitlement. `cost` and `entry_bytes` need its variables."""

    asked: Asked
    rule: EntitlementRule
    regions: tuple[str, ...]
    policy_digest: str
    plan: Plan
    statement: Statement
    granted: tuple[tuple[str, Grant], ...]
    """Every field that is answered, and the grant that opens it."""
    cost: Cost | None
    entry_bytes: int | None
    database: tuple[str, ...] = ()
    """The database's own plan, line by line."""

    def text(self) -> str:
        """Return it for a reader; the same for equal operations."""
        return "\n".join(_lines(self)) + "\n"

    def content(self) -> dict[str, object]:
        """Return it as JSON has it."""
        caller = self.asked.caller
        return {
            "operation": self.plan.operation_name,
            "document": self.plan.document_hash,
            "department": caller.department,
            "role": caller.role,
            "purpose": caller.purpose,
            "legalBasis": self.rule.legal_basis,
            "regions": list(self.regions),
            "policy": self.policy_digest,
            "plan": described(self.plan).splitlines(),
            "granted": [
                {
                    "field": path,
                    "agreement": grant.agreement,
                    "source": grant.source,
                    "legalBasis": grant.legal_basis,
                    "until": grant.end.isoformat(),
                }
                for path, grant in self.granted
            ],
            "refused": [
                {
                    "field": error.field,
                    "reason": str(error.code),
                    "path": list(error.path),
                    "locations": [f"{place.line}:{place.column}" for place in error.locations],
                }
                for error in self.plan.errors
            ],
            "cost": None if self.cost is None else self.cost.cost,
            "limit": None if self.cost is None else self.cost.limit,
            "entryBytes": self.entry_bytes,
            "entryBytesASubject": _SUBJECT_BYTES,
            "parameters": list(self.statement.parameters),
            "sql": self.statement.text,
            "database": list(self.database),
        }


@dataclass(frozen=True, slots=True)
class Asking:
    """What is to be explained; without `variables` only what does not depend on them is told."""

    document: str
    operation_name: str | None
    caller: Caller
    variables: Mapping[str, object] | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Bound:
    """An operation that was explained, with its arguments if they were given."""

    told: Explained
    roots: tuple[BoundRoot, ...]
    parameters: tuple[object, ...] | None


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains operations under one policy; nothing of it does any I/O."""

    catalogue: Catalogue
    documents: Documents
    policy: Policy
    tags: Tags
    max_cost: int

    async def explain(self, asking: Asking) -> Bound:
        """Return what the operation would do.

        Raises:
            RefusedError: It would be refused whole, or what it selects depends on variables that
                were not given.
        """
        rule, rights = self._entitled(asking)
        document = self.documents.parsed(asking.document)
        operation = document.operation(asking.operation_name)
        if operation.is_mutation:
            raise InvalidDocumentError("A mutation is not explained: it is no plan, it is a step.")
        values = self._values(operation, asking.variables)
        coerced_values = {} if values is None else values.coerced
        branches = {name: coerced_values.get(name) for name in operation.branch_variables}
        schema = self.documents.schema
        chosen: Mapping[str, Choice] = {}
        nulls: frozenset[str] = frozenset()  # where there are no values, every argument is given
        if values is not None:
            nulls = operation.null_steering(coerced_values)
        if operation.has_lists:
            given = values or NO_VALUES
            chosen = choices(self.catalogue, schema, document, operation, branches, given)
        plan = Planner(self.catalogue, schema).plan(
            document, operation, branches, rights, chosen, nulls
        )
        statement = Composer(self.catalogue).compose(plan)
        asked = Asked(asking.caller, _REQUEST_ID, asking.at, asking.document, asking.operation_name)
        told = Explained(
            asked=asked,
            rule=rule,
            regions=rights.regions,
            policy_digest=self.policy.digest,
            plan=plan,
            statement=statement,
            granted=grants_of(plan, rights),
            cost=None,
            entry_bytes=None,
        )
        if values is None:
            return Bound(told, (), None)
        roots = bind(plan, values, asking.at, self.tags)
        if not asks_now(roots):
            statement = Composer(self.catalogue).compose(plan, is_now=False)
            told = replace(told, statement=statement)
        known = {**statement.constants, **parameters_of(roots, rights)}
        known |= case_parameters(asking.caller, asking.at)
        told = replace(told, cost=Cost(cost_of(roots), self.max_cost))
        if not plan.asks_register:
            size = await entry_bytes(asked, self.policy.digest, plan, roots)
            told = replace(told, entry_bytes=size)
        return Bound(told, roots, tuple(known[name] for name in statement.parameters))

    def _entitled(self, asking: Asking) -> tuple[EntitlementRule, Entitlement]:
        caller, today = asking.caller, day_of(asking.at)
        request = Request(
            asking.document, {}, asking.operation_name, caller, _REQUEST_ID, asking.at
        )
        rights = entitled(self.policy, request)
        key = (caller.department, caller.role, caller.purpose)
        (rule,) = (r for r in self.policy.rules if r.key == key and r.start <= today < r.end)
        return rule, rights

    def _values(
        self, operation: Operation, variables: Mapping[str, object] | None
    ) -> Values | None:
        """Return the values of the variables; None where they are needed and were not given."""
        if variables is not None or not operation.node.variable_definitions:
            return coerced(self.documents.schema, operation, variables or {})
        deciding = (*operation.branch_variables, *operation.choosing_variables)
        if deciding:
            names = ", ".join(f"${name}" for name in deciding)
            raise InvalidDocumentError(f"What is selected depends on {names}: give --variables.")
        return None


def grants_of(plan: Plan, entitlement: Entitlement) -> tuple[tuple[str, Grant], ...]:
    """Return each field that `plan` answers with the grant that decided it."""
    decided = ((path, entitlement.decide(path)) for path in plan.answered)
    return tuple((path, one.grant) for path, one in decided if isinstance(one, Reveal))


async def entry_bytes(
    asked: Asked, policy_digest: str, plan: Plan, bound: Sequence[BoundRoot]
) -> int:
    """Return the size of the entry that an answer without anybody would leave on record."""
    log = _Measured()
    empty: list[Columns] = [dict.fromkeys(level_columns(level), ()) for level in plan.levels]
    searches: dict[int, Columns] = {
        root.index: dict.fromkeys(LOOKUPS[root.kind], ())
        for root in plan.roots
        if root.kind in LOOKUPS
    }
    sealed = Sealed(policy_digest, asked.at, tuple(empty), searches)
    await Disclosures(log, log).answered(asked, policy_digest, plan, bound, sealed)
    return log.size


@dataclass(slots=True)
class _Measured:
    """A log that keeps nothing but the size of what it was given."""

    version: ClassVar[int] = 1
    size: int = 0
    _known: dict[tuple[str, ...], int] = field(default_factory=dict)

    async def append(self, entry: Entry) -> Receipt:
        self.size = len(entry.record) + _SUBJECT_BYTES * len(entry.subjects)
        return Receipt(0, 1, bytes(32), "", "")

    @property
    def field_sets(self) -> Mapping[tuple[str, ...], int]:
        return self._known

    async def define(self, names: Sequence[str]) -> int:
        return self._known.setdefault(tuple(names), (1 << 32) - 1 - len(self._known))

    def epoch(self) -> Self:
        return self

    def subject(self, log_alias: bytes) -> bytes:
        return log_alias


def _lines(told: Explained) -> Iterator[str]:
    caller, plan = told.asked.caller, told.plan
    yield f"operation {plan.operation_name or '(without a name)'}, document {plan.document_hash}"
    yield f"asked by {caller.department} ({caller.role}) for {caller.purpose}"
    yield f"  by {told.rule.legal_basis}"
    yield f"  about households in {', '.join(told.regions) or 'no region'}"
    yield f"  under policy {told.policy_digest[:12]}"
    yield from _section("plan", described(plan).splitlines())
    yield from _section("granted", _granted(told.granted))
    yield from _section("refused", (_refused(error) for error in plan.errors))
    yield from _section("cost", [_cost(told)])
    yield from _section("entry in the log", [_entry(told)])
    parameters = (f"${n} {name}" for n, name in enumerate(told.statement.parameters, start=1))
    if plan.asks_register:
        yield from _section(
            "statement", ["none: what the hub tells of itself (hub/query/registers.py)"]
        )
        return
    yield from _section("parameters", parameters)
    yield from _section("statement", told.statement.text.splitlines())
    yield from _section("the database's own plan", told.database)


def _section(title: str, lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    first = True
    for line in lines:
        if first:
            yield ""
            yield title
            first = False
        yield f"  {line}".rstrip()


def _granted(granted: Sequence[tuple[str, Grant]]) -> Iterator[str]:
    """Gather the fields under their grants, in the order of the fields."""
    by_grant: dict[tuple[str, str, str, str], list[str]] = {}
    for path, grant in granted:
        key = (grant.agreement, grant.source, grant.end.isoformat(), grant.legal_basis)
        by_grant.setdefault(key, []).append(path)
    for (agreement, source, until, legal_basis), paths in by_grant.items():
        yield f"{agreement} with {source}, until {until}, by {legal_basis}"
        yield f"  {', '.join(paths)}"


def _refused(error: PlannedError) -> str:
    places = ", ".join(f"{place.line}:{place.column}" for place in error.locations)
    return f"{error.field} {error.code}, at {'.'.join(error.path)} ({places})"


def _cost(told: Explained) -> str:
    if told.cost is None:
        units = ", ".join(f"{root.unit_cost} for each of {root.key}" for root in told.plan.roots)
        return f"{units or 0}; with its variables the whole is known"
    return f"{told.cost.cost} of {told.cost.limit} that are allowed"


def _entry(told: Explained) -> str:
    each = f"{_SUBJECT_BYTES} bytes for each person or household"
    if told.entry_bytes is None:
        return f"{each} beside the request; with its variables the whole is known"
    return f"{told.entry_bytes} bytes, and {each} that is answered"
