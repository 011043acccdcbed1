"""Whatever the hub answers is what graphql-core gives over the same rows, grant by grant."""

from random import Random

import orjson
import pytest

from hub.errors import NotGrantedError, TooCostlyError
from hub.query.policies import Policies
from schema.graph import build_schema, core_schema
from tests.oracles.query_oracle import Oracle
from tests.support.asking import ANALYST, INSURER, OFFICER, WARNER
from tests.support.operations import Maker
from tests.support.world import TODAY

pytestmark = [pytest.mark.anyio, pytest.mark.database]
CALLERS = (OFFICER, WARNER, ANALYST, INSURER)


def without_numbers(path) -> tuple[str, ...]:
    return tuple(part for part in path if isinstance(part, str))


def reached(data, path=()) -> set[tuple[str, ...]]:
    """Return the paths of all objects, without their places in lists."""
    if isinstance(data, list):
        return {found for item in data for found in reached(item, path)}
    if not isinstance(data, dict):
        return set()
    return {path}.union(*(reached(value, (*path, key)) for key, value in data.items()))


def folded(errors) -> set:
    return {
        (without_numbers(e.path), tuple((place.line, place.column) for place in e.locations))
        for e in errors or ()
    }


def leaves(data) -> list:
    if isinstance(data, dict):
        return [leaf for key, v in data.items() if key != "used" for leaf in leaves(v)]
    if isinstance(data, list):
        return [leaf for item in data for leaf in leaves(item)]
    return [] if data is None else [data]


def is_bare(leaf, schema) -> bool:
    """Whether a value says nothing of a person: a place in a list, a status, a type's name."""
    return isinstance(leaf, int) or leaf in schema.type_map or leaf.endswith(("FOUND", "INVALID"))


@pytest.mark.parametrize("seed", range(8))
async def test_the_plan_answers_what_graphql_core_answers(ask, world, catalogue, district, seed):
    await compare(ask, world, catalogue, seed)


@pytest.mark.prove
@pytest.mark.timeout(1800)
async def test_five_thousand_generated_operations_agree_with_graphql_core(
    ask, world, catalogue, district
):
    compared = [await compare(ask, world, catalogue, 1_000 + seed) for seed in range(193)]
    assert sum(compared) >= 193 * 13
    print(f"\n{193 * 26} generated operations, {sum(compared)} answered and compared, all agree")


async def compare(ask, world, catalogue, seed) -> int:
    """Ask 26 made-up operations both ways; return how many were answered and compared."""
    schema = core_schema(build_schema(catalogue))
    maker = Maker(schema, world, Random(seed))
    oracle = Oracle(catalogue, world, schema)
    policy = await Policies(ask.database, catalogue).current()
    compared = errors = 0
    for n in range(26):
        made = maker.operation()
        caller = CALLERS[n % len(CALLERS)]
        entitlement = policy.entitlement(caller, TODAY)
        truth = oracle.run(made.document, made.variables, entitlement)
        try:
            body = await ask.body(made.document, caller, **made.variables)
        except TooCostlyError:
            continue
        except NotGrantedError as problem:
            refusal = str(problem)
        else:
            refusal = ""
        if refusal:
            shown = [leaf for leaf in leaves(truth.data) if not is_bare(leaf, schema)]
            steers = any(words in refusal for words in ("chosen and ordered", "told to whom"))
            assert steers or not shown, made.document
            continue

        assert orjson.dumps(body["data"]) == orjson.dumps(truth.data), made.document
        told = {
            (tuple(e["path"]), tuple((p["line"], p["column"]) for p in e["locations"]))
            for e in body.get("errors", ())
        }
        objects = reached(body["data"])
        assert {e for e in told if e[0][:-1] in objects} == folded(truth.errors), made.document
        compared += 1
        errors += len(told)
    assert compared >= 26 // 3
    assert errors
    return compared
