"""The peer: strawberry with data loaders over the clear rows, doing only the query.

No token, no grants, nothing sealed, nothing on record. Written as one writes it who knows the
library: a loader for each relation, made for each request; parsed and validated documents are
cached; one statement a batch, on a pool of asyncpg.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID

import asyncpg
import strawberry
from starlette.requests import HTTPConnection
from starlette.routing import Route, Router
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types import Info
from typing_extensions import override

from hub.supervision.listening import listener
from tests.bench.serving import run_worker, serve

CONNECTIONS = 4

POPULATION = (
    "select person_id, name, sex, birth_date from clear.population where person_id = any($1)"
)
ENROLMENTS = """
    select person_id, scheme, status, subsidised
    from clear.medical_enrolment where person_id = any($1)
    order by person_id, valid_from, record_id
"""
CERTIFICATES = """
    select person_id, category, level, severe from clear.disability_certificate
    where person_id = any($1) order by person_id, valid_from, record_id
"""
HOUSEHOLD_OF = """
    select m.person_id, h.household_id, h.region from clear.membership m
    join clear.household h using (household_id) where m.person_id = any($1)
"""
HOUSEHOLDS = "select household_id, region from clear.household where household_id = any($1)"
SCORES = "select household_id, total, band, coverage from clear.score where household_id = any($1)"
MEMBERS = """
    select household_id, person_id, relation from clear.membership
    where household_id = any($1) order by household_id, person_id
"""
PEOPLE = "select national_id, person_id from clear.person where national_id = any($1)"
WARNINGS = """
    select total, household_id from clear.open_alert
    where region = $1 order by total desc, record_id limit $2
"""


@strawberry.type
class Population:
    name: str | None
    sex: str | None
    birth_date: date | None


@strawberry.type
class MedicalEnrolment:
    scheme: str | None
    status: str | None
    subsidised: bool | None


@strawberry.type
class DisabilityCertificate:
    category: str | None
    level: str | None
    severe: bool | None


@strawberry.type
class Score:
    total: int | None
    band: str | None
    coverage: int | None


@strawberry.type
class Member:
    relation: str | None
    person_id: strawberry.Private[UUID]

    @strawberry.field
    def person(self) -> "Person":
        return Person(key=self.person_id)


@strawberry.type
class Household:
    key: strawberry.Private[UUID]
    region: str | None

    @strawberry.field
    async def score(self, info: Info) -> Score | None:
        row = await info.context["scores"].load(self.key)
        return row and Score(total=row[1], band=row[2], coverage=row[3])

    @strawberry.field
    async def members(self, info: Info) -> list[Member]:
        rows = await info.context["members"].load(self.key)
        return [Member(relation=row[2], person_id=row[1]) for row in rows]


@strawberry.type
class Person:
    key: strawberry.Private[UUID]

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(str(self.key))

    @strawberry.field
    async def population(self, info: Info) -> Population | None:
        row = await info.context["population"].load(self.key)
        return row and Population(name=row[1], sex=row[2], birth_date=row[3])

    @strawberry.field
    async def medical_enrolments(self, info: Info) -> list[MedicalEnrolment]:
        rows = await info.context["enrolments"].load(self.key)
        return [MedicalEnrolment(scheme=row[1], status=row[2], subsidised=row[3]) for row in rows]

    @strawberry.field
    async def disability_certificates(self, info: Info) -> list[DisabilityCertificate]:
        rows = await info.context["certificates"].load(self.key)
        return [DisabilityCertificate(category=r[1], level=r[2], severe=r[3]) for r in rows]

    @strawberry.field
    async def household(self, info: Info) -> Household | None:
        row = await info.context["household_of"].load(self.key)
        return row and Household(key=row[1], region=row[2])


@strawberry.type
class PersonLookup:
    index: int
    status: str
    person: Person | None


@strawberry.type
class Alert:
    total: int | None
    household_id: strawberry.Private[UUID]

    @strawberry.field
    async def household(self, info: Info) -> Household | None:
        row = await info.context["households"].load(self.household_id)
        return row and Household(key=row[0], region=row[1])


@strawberry.type
class AlertEdge:
    node: Alert


@strawberry.type
class AlertConnection:
    edges: list[AlertEdge]


@strawberry.type
class Query:
    @strawberry.field
    async def person(self, info: Info, national_id: str) -> Person | None:
        row = await info.context["people"].load(national_id)
        return row and Person(key=row[1])

    @strawberry.field
    async def people(self, info: Info, national_ids: list[str]) -> list[PersonLookup]:
        rows = await info.context["people"].load_many(national_ids)
        return [
            PersonLookup(
                index=index,
                status="FOUND" if row else "NOT_FOUND",
                person=Person(key=row[1]) if row else None,
            )
            for index, row in enumerate(rows)
        ]

    @strawberry.field
    async def warnings(self, info: Info, first: int, region: str) -> AlertConnection:
        rows = await info.context["pool"].fetch(WARNINGS, region, first)
        return AlertConnection(
            edges=[AlertEdge(node=Alert(total=row[0], household_id=row[1])) for row in rows]
        )


def _one(pool: asyncpg.Pool, sql: str) -> Callable[[list[Any]], Awaitable[Sequence[Any]]]:
    """Return a batch function: the one row of each key, or None."""

    async def load(keys: list[Any]) -> list[Any]:
        rows = {row[0]: row for row in await pool.fetch(sql, keys)}
        return [rows.get(key) for key in keys]

    return load


def _many(pool: asyncpg.Pool, sql: str) -> Callable[[list[Any]], Awaitable[Sequence[Any]]]:
    """Return a batch function: the rows of each key, in order."""

    async def load(keys: list[Any]) -> list[Any]:
        rows: dict[Any, list[Any]] = {}
        for row in await pool.fetch(sql, keys):
            rows.setdefault(row[0], []).append(row)
        return [rows.get(key, []) for key in keys]

    return load


def loaders(pool: asyncpg.Pool) -> dict[str, DataLoader[Any, Any]]:
    """Return the loaders of one request."""
    ones = {
        "people": PEOPLE,
        "population": POPULATION,
        "household_of": HOUSEHOLD_OF,
        "households": HOUSEHOLDS,
        "scores": SCORES,
    }
    manys = {"enrolments": ENROLMENTS, "certificates": CERTIFICATES, "members": MEMBERS}
    made = {name: DataLoader(_one(pool, sql)) for name, sql in ones.items()}
    return made | {name: DataLoader(_many(pool, sql)) for name, sql in manys.items()}


class Peer(GraphQL[dict[str, Any], None]):
    """Strawberry's own ASGI application, with the loaders as its context."""

    pool: asyncpg.Pool

    @override
    async def get_context(self, request: HTTPConnection, response: Any) -> dict[str, Any]:
        return {"pool": self.pool, **loaders(self.pool)}


async def application(dsn: str) -> Router:
    """Return the peer, connected to the database at `dsn`."""
    schema = strawberry.Schema(query=Query, extensions=[ParserCache, ValidationCache])
    peer = Peer(schema, graphql_ide=None)
    peer.pool = await asyncpg.create_pool(dsn, min_size=CONNECTIONS, max_size=CONNECTIONS)
    return Router(routes=[Route("/graphql", peer)])


def serve_peer(line: Connection, dsn: str) -> None:
    """Serve the peer over the database at `dsn`; tells its port."""

    async def main() -> None:
        with listener("127.0.0.1", 0) as bound:
            await serve(line, await application(dsn), bound)

    run_worker(main)
