"""The hub with locks taken off, one at a time, to see what each costs. Only here, never in the hub.

The product has no switch for any of this: the parts that answer are built anew, of other parts.

* audit: answers get a receipt that nothing stands behind; no entry is made, nothing waits.
* sealing: the departments' declarations say that nothing about people is sealed, so that values lie
  in clear columns of a home of its own, no data key is fetched and nothing is opened.
* authorisation: no token is looked at, and every field is granted by one fixed entitlement. The
  statement still asks for the caller's regions, all of them.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from starlette.routing import Route, Router
from typing_extensions import override

from audit.log import Receipt
from hub.access import Caller, Decision, Entitlement, Grant, Policy, Reach, Reveal
from hub.app import Core
from hub.demo.installation import OFFICER
from hub.http.auth import Authenticator
from hub.http.exchange import Incoming
from hub.http.graphql import GraphqlEdge
from hub.http.routes import GRAPHQL_PATH, router
from hub.query.disclosure import Disclosures
from hub.query.fetch import Fetcher
from hub.query.policies import Policies
from hub.sealing.datakeys import DataKeys
from hub.service import Rooms, parts_of
from hub.store.database import AS_LOGIN, Database
from hub.store.pipeline import Pipelines
from hub.store.wall import Wall
from schema.catalogue import CORE_FIELDS, Catalogue, Classification, Dataset, Kind, Subject


class Lock(StrEnum):
    """What the hub does beside answering."""

    AUDIT = "audit"
    SEALING = "sealing"
    AUTHORISATION = "authorisation"


PURPOSE = "WARN"
CALLER = Caller(OFFICER.department, OFFICER.role, PURPOSE, OFFICER.id)
NO_RECEIPT = Receipt(0, 1, bytes(32), "", "nothing")
GRANT = Grant("Any.thing", "none", "none", "none", consent=False, start=date.min, end=date.max)


def unsealed(catalogue: Catalogue) -> Catalogue:
    """Return the same declarations, but that nothing about people is sealed."""
    return Catalogue(tuple(_unsealed(dataset) for dataset in catalogue), catalogue.department_names)


def _unsealed(dataset: Dataset) -> Dataset:
    has_structure = any(declared.kind is Kind.STRUCTURE for declared in dataset.fields)
    if dataset.subject is not Subject.PERSON or has_structure:
        return dataset
    fields = (
        replace(declared, sealed=False, seal_group=None, classification=Classification.GENERAL)
        for declared in dataset.fields
    )
    return replace(dataset, fields=tuple(fields))


class Unrecorded(Disclosures):
    """Hands out receipts for answers at once; nothing is on record."""

    @override
    async def answered(self, *_: Any, **__: Any) -> Receipt:
        return NO_RECEIPT


def everything(catalogue: Catalogue) -> dict[str, Decision]:
    """Return the decision to reveal, for every field that there is."""
    declared = [f"{d.type_name}.{f.graphql_name}" for d in catalogue for f in d.fields]
    return dict.fromkeys([*declared, *(f.path for f in CORE_FIELDS)], Reveal(GRANT))


@dataclass(frozen=True, slots=True)
class AnybodysPolicy(Policy):
    """The policy in force by its digest, but everything is granted to whoever asks."""

    whole: Entitlement | None = field(default=None, kw_only=True)

    @override
    def entitlement(self, caller: Caller, today: date) -> Entitlement:
        assert self.whole is not None
        return self.whole


class Ungoverned(Policies):
    """Loads the policy for its digest alone."""

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        super().__init__(database, catalogue)
        self._everything = everything(catalogue)

    @override
    async def reload(self) -> Policy:
        digest = (await super().reload()).digest
        caller = (CALLER.department, CALLER.role, CALLER.purpose)
        whole = Entitlement(*caller, self._everything, ("",), "0" * 64, digest)
        self._current = AnybodysPolicy(digest, (), whole=whole)
        return self._current


class Unwalled(Wall):
    """Lets every query read as the hub itself does."""

    @override
    async def role(self, reach: Reach) -> str:
        return AS_LOGIN


class NobodyAsks(Authenticator):
    """Takes every request for the officer's, whatever it carries."""

    @override
    async def caller(self, incoming: Incoming) -> Caller:
        return CALLER


def core_without(core: Core, off: frozenset[Lock], *, cold: bool) -> Core:
    """Return the core with what `off` asks of declarations; `cold` remembers no opened key."""
    if Lock.SEALING in off:
        core = replace(core, catalogue=unsealed(core.catalogue))
    return replace(core, data_keys=DataKeys(core.keyring, capacity=0)) if cold else core


def edge_without(core: Core, rooms: Rooms, issuer: str, off: frozenset[Lock]) -> Router:
    """Return the edge of the hub without the locks that are `off`."""
    queries, policies = rooms.queries, rooms.policies
    if Lock.AUDIT in off:
        queries = replace(queries, disclosures=Unrecorded(core.log, core.tagger))
    if Lock.AUTHORISATION in off:
        policies = Ungoverned(rooms.database, core.catalogue)
        everybodys = Fetcher(Pipelines(rooms.database), Unwalled(rooms.database, core.catalogue))
        queries = replace(queries, policies=policies, fetcher=everybodys)
    rooms = replace(rooms, queries=queries, policies=policies)
    parts = parts_of(core, rooms, queries, issuer)
    edge = router(parts)
    if Lock.AUTHORISATION in off:
        for place, one in enumerate(edge.routes):
            if isinstance(one, Route) and one.path == GRAPHQL_PATH:
                edge.routes[place] = _for_anybody(one)
    return edge


def _for_anybody(graphql: Route) -> Route:
    """Return the route of queries, but it takes everybody for the officer."""
    endpoint: Any = graphql.endpoint
    edge: GraphqlEdge = endpoint.handlers["POST"].__self__
    asks = replace(edge, authenticator=NobodyAsks.__new__(NobodyAsks))
    return Route(GRAPHQL_PATH, replace(endpoint, handlers={"POST": asks.post}))
