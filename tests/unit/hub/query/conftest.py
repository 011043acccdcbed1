"""The declared datasets, the schema made of them, and the default policy."""

import pytest

from hub.access import default_policy_text, load_policy
from hub.query.documents import Documents
from hub.query.plan import Planner
from hub.query.sql import Composer
from schema.catalogue import Catalogue
from schema.graph import build_schema, core_schema


@pytest.fixture(scope="session")
def catalogue():
    return Catalogue.discover()


@pytest.fixture(scope="session")
def schema(catalogue):
    return core_schema(build_schema(catalogue))


@pytest.fixture(scope="session")
def policy(catalogue):
    return load_policy(default_policy_text(), catalogue)


@pytest.fixture
def documents(schema):
    return Documents(schema)


@pytest.fixture(scope="session")
def planner(catalogue, schema):
    return Planner(catalogue, schema)


@pytest.fixture(scope="session")
def composer(catalogue):
    return Composer(catalogue)
