"""Plans are made once for each document, operation, entitlement and branch, then looked up.

The key is all that a plan depends on: the document's hash, the operation's name, the digest of
every decision, the values of the variables that @skip and @include name, and which fields a list is
chosen and ordered by. The schema is fixed for
the life of a process. Regions, case, actor and arguments are bound later, never kept here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from hub.access import Entitlement
from hub.query.coercion import Values
from hub.query.documents import Document, Operation
from hub.query.listing import choices
from hub.query.lists import Choice
from hub.query.model import BoundRoot, Constant, Plan, Root, RootKind
from hub.query.plan import Planner
from hub.query.remembered import Remembered
from hub.query.reveal import GroupOpener, openers_of
from hub.query.shape import Shaper
from hub.query.sql import Composer
from hub.query.statement import Statement

_TOKENS: Final = 40_000
"""Of the documents of all plans that are remembered."""
_Key = tuple[str, str | None, str, tuple[object, ...], tuple[str, ...], frozenset[str]]


@dataclass(frozen=True)
class Prepared:
    """A plan with everything that follows from it alone, made when the first one needs it.

    That takes milliseconds a level, and nothing of it is needed for a request that costs too much.
    """

    plan: Plan
    composer: Composer = field(repr=False)
    opened_by: Callable[[Plan], tuple[GroupOpener, ...]] = field(repr=False)

    @cached_property
    def statement(self) -> Statement:
        """The statement that fetches what is known now."""
        return self.composer.compose(self.plan)

    @cached_property
    def earlier(self) -> Statement:
        """The statement that fetches what was known before."""
        return self.composer.compose(self.plan, is_now=False)

    @cached_property
    def openers(self) -> tuple[GroupOpener, ...]:
        """What opens its sealed groups."""
        return self.opened_by(self.plan)

    @cached_property
    def shaper(self) -> Shaper:
        """What builds its answer."""
        return Shaper(self.plan)

    @cached_property
    def goes_together(self) -> bool:
        """Whether those who ask by the plan may be answered together (`hub.query.together`)."""
        plan = self.plan
        return (
            len(plan.roots) == 1
            and plan.roots[0].kind is RootKind.PERSON
            and all(isinstance(output, Root | Constant) for output in plan.outputs)
            and not plan.asks_cases
            and not plan.consents
            and not any(level.anchor for level in plan.levels)
        )

    def statement_for(self, roots: Sequence[BoundRoot]) -> Statement:
        """Return the statement for a request: what is known now, unless a root asks otherwise."""
        return self.statement if asks_now(roots) else self.earlier


def asks_now(roots: Iterable[BoundRoot]) -> bool:
    """Whether no root of a request asks for what was known before."""
    return all(one.known_at is None for one in roots)


class Plans:
    """Remembers a bounded number of prepared plans; belongs to one event loop."""

    def __init__(
        self,
        planner: Planner,
        composer: Composer,
        *,
        openers: Callable[[Plan], tuple[GroupOpener, ...]] = openers_of,
        capacity: int = 2_000,
    ) -> None:
        """Keep at most `capacity` plans."""
        self._planner = planner
        self._composer = composer
        self._openers = openers
        self._known: Remembered[_Key, Prepared] = Remembered(capacity, _TOKENS)

    def prepared(
        self,
        document: Document,
        operation: Operation,
        values: Values,
        entitlement: Entitlement,
    ) -> Prepared:
        """Return the plan of an operation; the second time it is a look-up.

        Raises:
            NotGrantedError: The operation is refused whole.
            InvalidDocumentError: A register is asked together with something else.
            TooCostlyError: It has more levels than a statement is made of.
        """
        branches: Mapping[str, object] = {}
        chosen: Mapping[str, Choice] = {}
        texts: tuple[str, ...] = ()
        nulls: frozenset[str] = frozenset()
        if operation.branch_variables:
            branches = {name: values.coerced.get(name) for name in operation.branch_variables}
        if operation.steering_variables:
            nulls = operation.null_steering(values.coerced)
        if operation.has_lists:
            chosen = self._choices(document, operation, branches, values)
            texts = tuple(choice.text for choice in chosen.values())
        key = (
            document.hash, operation.name, entitlement.digest, tuple(branches.values()), texts,
            nulls,
        )  # fmt: skip
        known = self._known.get(key)
        if known is not None:
            return known
        plan = self._planner.plan(document, operation, branches, entitlement, chosen, nulls)
        made = Prepared(plan, self._composer, self._openers)
        self._known.put(key, made, document.tokens + sum(map(len, texts)))
        return made

    def _choices(
        self,
        document: Document,
        operation: Operation,
        branches: Mapping[str, object],
        values: Values,
    ) -> Mapping[str, Choice]:
        """Return what lists are chosen by; nearly no operation has one whose plan depends on it."""
        planner = self._planner
        return choices(planner.catalogue, planner.schema, document, operation, branches, values)
