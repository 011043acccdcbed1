"""What the schema and the OpenAPI document allow is asked at random; nothing of it is a 5xx."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from hub.http.assertions import StoredOnce
from hub.sealing.keyring import Keyring
from hub.sealing.tags import Tagger
from hub.store.database import Database
from schema.catalogue import Catalogue
from tests.fakes.audit_log import FakeLog
from tests.support.asking import asking
from tests.support.edge import SetClock
from tests.support.served import Whole, serving_beside
from tests.support.world import NOW, made_world

pytestmark = [pytest.mark.database, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[3]
GRAPHQL = schemathesis.graphql.from_file((ROOT / "schema" / "hub.graphql").read_text("utf-8"))
for _name in ("Cents", "_Any"):
    schemathesis.graphql.scalar(
        _name, st.one_of(st.integers().map(nodes.Int), st.text().map(nodes.String))
    )
OPENAPI = schemathesis.openapi.from_dict(
    yaml.safe_load((ROOT / "openapi" / "hub.yaml").read_text("utf-8"))
)
CALLERS = {
    "officer": (("civil-affairs", "officer"), "WARN"),
    "insurer": (("medical-insurance", "clerk"), "PUSH"),
    "auditor": (("audit-office", "auditor"), "AUDIT"),
}


def cases(schema, wanted=lambda _: True):
    """Return a strategy for the calls of every operation of a schema that is wanted."""
    every = [found.ok() for found in schema.get_all_operations()]
    return st.one_of([each.as_strategy() for each in every if wanted(each.label)])


def is_of_a_hub(label):
    """Whether a route is of every hub, and not of a demonstration alone."""
    method, path = label.split(" ", 1)
    operation = OPENAPI.raw_schema["paths"][path][method.lower()]
    return not operation.get("x-demonstration-only", False)


@pytest.fixture
def hub(hub_database, tmp_path):
    """Return what serves the edge over a small made-up district, to one of the callers."""
    keyring, catalogue = Keyring.open_or_create(tmp_path / "sealing"), Catalogue.discover()
    asyncio.run(made_world(catalogue).write(hub_database, keyring))

    def served(caller):
        role, purpose = CALLERS[caller]

        def make():
            made = asking(hub_database, keyring, catalogue, log=FakeLog())
            clock = SetClock(NOW)
            once = StoredOnce(Database(hub_database), Tagger(keyring), clock)
            whole = Whole(
                tmp_path, made.answerer, role=role, purpose=purpose, clock=clock,
                database=made.database, once=once,
            )  # fmt: skip
            return whole, made.database

        return serving_beside(make)

    return served


def campaign(strategy, served, examples, path=""):
    """Send examples of a strategy; return how often each status came back."""
    statuses = Counter()
    with served as (address, whole):

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def every_answer_is_no_server_error(case):
            response = case.call(base_url=address + path, headers=whole.headers)
            statuses[response.status_code] += 1
            # A denied field is an error beside data; schemathesis would take it for the server's.
            assert response.status_code < 500, response.text

        every_answer_is_no_server_error()
    return statuses


@pytest.mark.parametrize("caller", CALLERS)
def test_what_the_schema_allows_is_answered_or_refused(hub, caller):
    statuses = campaign(cases(GRAPHQL), hub(caller), 60, "/graphql")

    assert statuses[200] > 0, statuses
    assert max(statuses) < 500


def test_what_the_openapi_document_allows_is_answered_or_refused(hub):
    statuses = campaign(cases(OPENAPI, is_of_a_hub), hub("officer"), 120)

    assert max(statuses) < 500


@pytest.mark.prove
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("caller", CALLERS)
def test_thousands_of_questions_that_the_schema_allows_are_answered_or_refused(hub, caller):
    statuses = campaign(cases(GRAPHQL), hub(caller), 2_000, "/graphql")

    print(f"\nschemathesis on /graphql as {caller}: {dict(sorted(statuses.items()))}")
    assert max(statuses) < 500


@pytest.mark.prove
@pytest.mark.timeout(3_600)
def test_thousands_of_requests_that_the_openapi_document_allows_are_no_server_errors(hub):
    statuses = campaign(cases(OPENAPI, is_of_a_hub), hub("officer"), 2_000)

    print(f"\nschemathesis on openapi/hub.yaml: {dict(sorted(statuses.items()))}")
    assert max(statuses) < 500
