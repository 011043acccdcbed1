"""No route and no root of the schema answers with data without a receipt: a new one fails here."""

import orjson
import pytest
from graphql import (
    Undefined,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from hub.access import Caller, default_policy_text, load_policy
from hub.casework.commands import Commands
from hub.errors import HubError
from hub.http.routes import routes
from hub.query.answer import Request
from hub.query.cases import CaseCheck
from hub.query.disclosure import Disclosures
from hub.query.documents import Documents
from hub.query.policies import Policies
from hub.sealing.tags import Tagger
from hub.store.database import Database
from schema.catalogue import Catalogue
from schema.graph import build_schema, core_schema
from tests.fakes.audit_log import Break, FakeLog
from tests.support.asking import asking
from tests.support.edge import new_edge
from tests.support.world import NOW

SCHEMA = core_schema(build_schema(Catalogue.discover()))
QUERIES = sorted(SCHEMA.query_type.fields)
COMMANDS = sorted(SCHEMA.mutation_type.fields)
WITH_RECEIPT = {
    ("/graphql", "POST"),
    ("/graphql", "GET"),
    ("/export", "POST"),
    ("/v2/findUsage", "POST"),
    ("/audit/export", "POST"),
}
_LOG = "salted commitments and hashes"
_SIGN_IN = "tokens, and whether they hold"
_PAGE = "a page without data; what it shows it asks of /graphql"
WITHOUT_PEOPLE = {
    ("/oauth/token", "POST"): _SIGN_IN,
    ("/oauth/introspect", "POST"): _SIGN_IN,
    ("/oauth/revoke", "POST"): _SIGN_IN,
    ("/oauth/jwks", "GET"): "public keys",
    ("/.well-known/oauth-authorization-server", "GET"): "addresses",
    ("/keys/outbound", "GET"): "public keys",
    ("/v2/usagePeriod", "GET"): "a moment",
    ("/v2/heartbeat", "GET"): "words",
    ("/log/checkpoint", "GET"): _LOG,
    ("/log/sm3/checkpoint", "GET"): _LOG,
    ("/log/sm3/tile/{place:path}", "GET"): _LOG,
    ("/log/minimum-index", "GET"): _LOG,
    ("/log/witnessed/minimum-index", "GET"): _LOG,
    ("/log/tile/{place:path}", "GET"): _LOG,
    ("/log/witnessed/checkpoint", "GET"): _LOG,
    ("/log/witnessed/tile/{place:path}", "GET"): _LOG,
    ("/log/proof/{index}", "GET"): _LOG,
    ("/health/live", "GET"): "words",
    ("/health/ready", "GET"): "words",
    ("/session", "GET"): _SIGN_IN,
    ("/session/sign-in", "GET"): _SIGN_IN,
    ("/session/callback", "GET"): _SIGN_IN,
    ("/session/token", "POST"): _SIGN_IN,
    ("/session/end", "POST"): _SIGN_IN,
    **{
        (path, "GET"): _PAGE
        for path in (
            "/", "/explorer", "/worklist", "/access-log", "/entry", "/timeline", "/department",
            "/replays", "/log-export",
            "/log-status", "/indicators", "/access", "/agreements", "/catalogue",
            "/console/static/{name}",
        )
    },
    ("/console/hub.json", "GET"): "the hub's name and addresses",
    ("/console/catalogue.json", "GET"): "which datasets and fields there are",
    ("/console/examples.json", "GET"): "documents of questions",
    ("/console/granted.json", "GET"): "what the caller's policy grants",
    ("/console/holdings.json", "GET"): "how many rows each dataset has",
    ("/console/chart", "POST"): "a picture of the numbers that were sent",
    ("/console/log.json", "GET"): "verifier keys, and when witnesses cosigned",
}  # fmt: skip
"""Every other route, with what it answers instead of data about people."""


def test_every_route_answers_with_a_receipt_or_with_nothing_about_people(tmp_path):
    edge = new_edge(tmp_path)

    found = {(route.path, method) for route in routes(edge.parts) for method in route.app.methods}

    assert found == WITH_RECEIPT | WITHOUT_PEOPLE.keys()


def test_the_schema_has_no_other_way_to_ask():
    assert SCHEMA.subscription_type is None


def callers():
    """Return a caller for each role and purpose that the packaged policy knows."""
    policy = load_policy(default_policy_text(), Catalogue.discover())
    found = {(rule.department, rule.role, rule.purpose) for rule in policy.rules}
    return [
        Caller(department, role, purpose, f"client-{n}", "u17", "case-1")
        for n, (department, role, purpose) in enumerate(sorted(found, key=str))
    ]


def filled(kind, numbers):
    """Return a value of an input type as GraphQL writes it: required parts only."""
    if is_non_null_type(kind):
        kind = kind.of_type
    if is_list_type(kind):
        return f"[{filled(kind.of_type, numbers)}]"
    if is_enum_type(kind):
        return next(iter(kind.values))
    if is_input_object_type(kind):
        parts = [
            f"{name}: {filled(part.type, numbers)}"
            for name, part in kind.fields.items()
            if is_non_null_type(part.type)
        ]
        return "{" + ", ".join(parts) + "}"
    return {
        "Int": "1",
        "Boolean": "true",
        "Date": '"2026-12-01"',
        "DateTime": '"2026-12-01T00:00:00Z"',
        "ID": '"6ba7b810-9dad-41d1-80b4-00c04fd430c8"',
        "_Any": '{__typename: "Person", id: "6ba7b810-9dad-41d1-80b4-00c04fd430c8"}',
    }.get(kind.name, f'"{numbers[0]}"')


def document(kind, name, numbers):
    """Return the smallest operation that asks one root field."""
    root = (SCHEMA.query_type if kind == "query" else SCHEMA.mutation_type).fields[name]
    given = [
        f"{key}: {filled(argument.type, numbers)}"
        for key, argument in root.args.items()
        if is_non_null_type(argument.type) and argument.default_value is Undefined
    ]
    arguments = f"({', '.join(given)})" if given else ""
    chosen = "" if is_leaf_type(get_named_type(root.type)) else " { __typename }"
    return f"{kind} {{ {name}{arguments}{chosen} }}"


async def body_of(ask):
    """Return the body, or None where it was refused with an error of ours."""
    try:
        return orjson.loads((await ask()).body)
    except HubError:
        return None


async def walk(log, name, asks):
    """Ask as one caller after the other until one is answered; say whether one was.

    Whatever comes of it is on record; and with a log that fails, nothing comes of it.
    """
    is_first = True
    for ask in asks:
        log.breaks = None
        before = len(log.entries)
        body = await body_of(ask)
        assert len(log.entries) > before, f"{name}: nothing is on record"
        if body is not None:
            assert body["extensions"]["receipt"]["index"] < len(log.entries), name
        for broken in Break if is_first or body is not None else ():
            log.breaks = broken
            assert await body_of(ask) is None, f"{name}: answered without a receipt"
        if body is not None:
            return True
        is_first = False
    return False


@pytest.mark.anyio
@pytest.mark.database
@pytest.mark.timeout(300)
async def test_every_root_of_a_query_answers_with_a_receipt_or_not_at_all(district, catalogue):
    dsn, world, keyring = district
    made = asking(dsn, keyring, catalogue)

    def ask(text, caller):
        return lambda: made.answer(text, caller)

    answered = {
        name: await walk(
            made.log,
            name,
            [ask(document("query", name, world.numbers), caller) for caller in callers()],
        )
        for name in QUERIES
    }

    await made.database.close()
    assert [name for name, is_answered in answered.items() if not is_answered] == []


class StillPolicies(Policies):
    """Does not look whether the policy has changed: nobody changes it here."""

    async def reload(self):
        return self._current or await super().reload()


class Room:
    """Carries out anything, and shows nothing."""

    uses = ()

    async def carry_out(self, arguments, order):
        return {}


@pytest.mark.anyio
@pytest.mark.database
@pytest.mark.timeout(300)
async def test_every_command_answers_with_a_receipt_or_not_at_all(district, catalogue):
    dsn, world, keyring = district
    database, log = Database(dsn), FakeLog()
    commands = Commands(
        SCHEMA,
        Documents(SCHEMA),
        StillPolicies(database, catalogue),
        Disclosures(log, Tagger(keyring)),
        log,
        CaseCheck(database),
        {name: Room() for name in COMMANDS},
    )

    def ask(text, caller):
        return lambda: commands.answer(Request(text, {}, None, caller, "r-1", NOW))

    answered = {
        name: await walk(
            log,
            name,
            [ask(document("mutation", name, world.numbers), caller) for caller in callers()],
        )
        for name in COMMANDS
    }

    await database.close()
    assert sum(answered.values()) >= len(COMMANDS) / 2, answered
