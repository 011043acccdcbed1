"""Which selections an operation makes, and which of them the entitlement lets through.

The only place where a decision is asked for; `plan` does what is decided here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import FieldNode, GraphQLField, NullValueNode, VariableNode
from graphql.language import get_location

from hub.access import Denied, Entitlement, Reason
from hub.errors import Location, NotGrantedError
from hub.query.documents import Document, fields_of
from hub.query.model import Anchor, Constant, Introspected, PlannedError
from schema.catalogue import Catalogue, Subject


def denied(entitlement: Entitlement, path: str, reason: Reason) -> str:
    """Return what to tell about a refused field, and what the caller can do."""
    who = f"{entitlement.department} ({entitlement.role}) for purpose {entitlement.purpose}"
    ways = {
        Reason.CASE_REQUIRED: "Name the case of the request.",
        Reason.SUSPENDED: "The sharing agreement is suspended; ask the data's owner.",
        Reason.EXPIRED: "The grant has ended; the sharing agreement must be renewed.",
        Reason.CONSENT_REQUIRED: "It needs the person's authorisation for that source and purpose, "
        "today, and neither orders nor chooses a list.",
    }
    way = ways.get(reason, "Declare another purpose, or ask the data's owner for a grant.")
    return f"{path} is not granted to {who}. {way}"


@dataclass(slots=True)
class Granting:
    """The selections of one operation under one entitlement; `errors` grows by each refusal."""

    catalogue: Catalogue
    document: Document
    branches: Mapping[str, object]
    entitlement: Entitlement
    nulls: frozenset[str] = frozenset()
    """Variables that are null where they steer."""
    errors: list[PlannedError] = field(default_factory=list)
    _with_consent: frozenset[str] = field(init=False, repr=False)
    """Types that are read in the rows of people whose authorisation covers them."""

    def __post_init__(self) -> None:
        """Find them once: a plan asks about every level."""
        by_type = self.catalogue.by_type
        self._with_consent = frozenset(
            name
            for name in self.entitlement.opened_with_consent()
            if name in by_type and by_type[name].consents_for_itself
        )

    def fields(
        self, parents: Sequence[object], type_name: str
    ) -> Iterator[tuple[str, list[FieldNode]]]:
        """Go through what is selected below `parents`, merged by response key."""
        merged: dict[str, list[FieldNode]] = {}
        for parent in parents:
            chosen = getattr(parent, "selection_set", None)
            if chosen is None:
                continue
            for node in fields_of(chosen, type_name, self.document, self.branches):
                nodes = merged.setdefault(node.alias.value if node.alias else node.name.value, [])
                if not any(node is other for other in nodes):
                    nodes.append(node)
        yield from merged.items()

    def reason_for_type(self, type_name: str) -> Reason | None:
        """Why nothing of a type may be read, or None if something may."""
        leads = {type_name}
        catalogue = self.catalogue
        if self._is_never_stored(type_name):
            return Reason.CONSENT_REQUIRED
        if type_name in {"Person", "Household"}:
            subject = Subject.PERSON if type_name == "Person" else Subject.HOUSEHOLD
            leads |= {d.type_name for d in catalogue.of(subject)}
        if not self._with_consent.isdisjoint(leads - {type_name}):
            return None
        reasons = []
        for path in self.entitlement.decisions:
            if path.partition(".")[0] in leads:
                decision = self.entitlement.decide(path)
                if not isinstance(decision, Denied):
                    return None
                reasons.append(decision.reason)
        return reasons[0] if reasons else Reason.NOT_GRANTED

    def reason_for(self, path: str, *, with_consent: bool = False) -> Reason | None:
        """Why a field may not be read, or None if it may; `with_consent` where it is on file."""
        if self._is_never_stored(path.partition(".")[0]):
            return Reason.CONSENT_REQUIRED
        decision = self.entitlement.decide(path)
        if with_consent and isinstance(decision, Denied) and decision.grant is not None:
            return None
        return decision.reason if isinstance(decision, Denied) else None

    def opens_with_consent(self, type_name: str) -> bool:
        """Whether a dataset is read in the rows of people whose authorisation covers it.

        It may be shown then, and steers nothing: to everything else it is denied.
        """
        return type_name in self._with_consent

    def _is_never_stored(self, type_name: str) -> bool:
        """Whether a type is only asked for live, in the verification of a commitment."""
        dataset = self.catalogue.by_type.get(type_name)
        return dataset is not None and not dataset.stored

    def steered_by(self, node: FieldNode) -> set[str]:
        """Return which arguments of a field are given and may not be null."""
        return {
            argument.name.value
            for argument in node.arguments or ()
            if not isinstance(argument.value, NullValueNode)
            and not (
                isinstance(argument.value, VariableNode) and argument.value.name.value in self.nulls
            )
        }

    def anchor(self, node: FieldNode, definition: GraphQLField) -> Anchor | None:
        """Return where `node` names the person to whom relations are told, if it does.

        Raises:
            NotGrantedError: The caller may not know people by their ids: what comes back would
                tell whether the one it names is a member.
        """
        if "anchor" not in self.steered_by(node):
            return None
        reason = self.reason_for("Person.id")
        if reason is not None:
            message = denied(self.entitlement, "Person.id", reason)
            raise NotGrantedError(
                f"The relations are told to whom it names: {message}", ("Person.id",)
            )
        return Anchor(node, definition)

    def introspected(self, key: str, name: str) -> Introspected:
        """Return the part of the answer that is told from the schema alone.

        Raises:
            NotGrantedError: The policy withholds the schema from this entitlement.
        """
        held = self.entitlement
        if not held.may_introspect:
            raise NotGrantedError(
                f"{name} is not answered to {held.department} ({held.role}) for purpose "
                f"{held.purpose}. Ask the hub's operator for the schema, or declare another "
                "purpose.",
                (f"Query.{name}",),
            )
        return Introspected(key)

    def uncovered(
        self, key: str, path: str, nodes: Sequence[FieldNode], at: tuple[str, ...]
    ) -> PlannedError:
        """Return the error of a selection for people whose authorisation does not cover it."""
        held, places = self.entitlement, tuple(_location(node) for node in nodes)
        message = (
            f"{path} needs the authorisation of the person, for its source and purpose "
            f"{held.purpose}, today; where it is null, none is on file."
        )
        return PlannedError(message, places, (*at, key), Reason.CONSENT_REQUIRED, path)

    def refused(
        self, key: str, path: str, reason: Reason, nodes: Sequence[FieldNode], at: tuple[str, ...]
    ) -> Constant:
        """Return the null that stands for a refused selection, and keep its one error."""
        message = denied(self.entitlement, path, reason)
        places = tuple(_location(node) for node in nodes)
        self.errors.append(PlannedError(message, places, (*at, key), reason, path))
        return Constant(key, None)


def _location(node: FieldNode) -> Location:
    assert node.loc is not None  # noqa: S101 - documents are parsed with locations
    place = get_location(node.loc.source, node.loc.start)
    return Location(place.line, place.column)
