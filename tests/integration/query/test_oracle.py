"""Whatever the hub answers is what graphql-core gives over the same rows, grant by grant."""

from collections import Counter
from random import Random

import orjson
import pytest

from hub.errors import InvalidDocumentError, NotGrantedError, TooCostlyError
from hub.query.answer import Request
from hub.query.policies import Policies
from schema.graph import build_schema, core_schema
from tests.oracles.query_oracle import Oracle
from tests.support.asking import ANALYST, INSURER, OFFICER, WARNER
from tests.support.operations import FEATURES, Maker
from tests.support.world import NOW, TODAY

pytestmark = [pytest.mark.anyio, pytest.mark.database]
CALLERS = (OFFICER, WARNER, ANALYST, INSURER)
AT_A_TIME = 100


def without_numbers(path) -> tuple[str, ...]:
    return tuple(part for part in path if isinstance(part, str))


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


class Comparison:
    """Asks generated operations both ways, and counts what was answered."""

    def __init__(self, ask, world, catalogue, policy) -> None:
        self.schema = core_schema(build_schema(catalogue))
        self.oracle = Oracle(catalogue, world, self.schema)
        self.ask, self.world, self.policy = ask, world, policy
        self.asked = self.answered = self.errors = 0
        self.met: Counter[str] = Counter()

    async def ask_many(self, seed: int, count: int = AT_A_TIME) -> None:
        maker = Maker(self.schema, self.world, Random(seed))
        for n in range(count):
            await self.ask_one(maker.operation(), CALLERS[n % len(CALLERS)])

    async def ask_one(self, made, caller) -> None:
        self.asked += 1
        entitlement = self.policy.entitlement(caller, TODAY)
        truth = self.oracle.run(made.document, made.variables, entitlement, made.operation_name)
        request = Request(made.document, made.variables, made.operation_name, caller, "r-1", NOW)
        try:
            answer = await self.ask.answerer.answer(request)
        except TooCostlyError:
            return
        except NotGrantedError as problem:
            self.check_refusal(str(problem), truth, made)
            return
        except InvalidDocumentError as problem:
            raise AssertionError(made.document) from problem
        body = orjson.loads(answer.body)
        assert orjson.dumps(body["data"]) == orjson.dumps(truth.data), made.document
        self.check_errors(body.get("errors", ()), truth, made)
        self.answered += 1
        self.met.update(made.features)

    def rare(self, least: int) -> set[str]:
        """Return the features that fewer than `least` of the answered operations had."""
        return {name for name in FEATURES if self.met[name] < least}

    def check_refusal(self, refusal: str, truth, made) -> None:
        """What is refused whole tells nothing in graphql-core's answer either, or is steered."""
        shown = [leaf for leaf in leaves(truth.data) if not is_bare(leaf, self.schema)]
        steers = any(words in refusal for words in ("chosen and ordered", "told to whom"))
        assert steers or not shown, made.document

    def check_errors(self, errors, truth, made) -> None:
        """One error a denied selection that graphql-core came to, on the type it came to."""
        told = {
            (tuple(e["path"]), tuple((p["line"], p["column"]) for p in e["locations"]))
            for e in errors
            if (tuple(e["path"]), e["extensions"]["field"].partition(".")[0]) in self.oracle.visited
        }
        assert told == folded(truth.errors), made.document
        self.errors += len(told)


@pytest.fixture
async def comparison(ask, world, catalogue):
    policy = await Policies(ask.database, catalogue).current()
    return Comparison(ask, world, catalogue, policy)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(5))
async def test_the_plan_answers_what_graphql_core_answers(comparison, seed):
    await comparison.ask_many(seed)

    assert comparison.answered >= AT_A_TIME // 2
    assert comparison.errors
    assert not comparison.rare(2)


@pytest.mark.prove
@pytest.mark.timeout(1800)
async def test_five_thousand_generated_operations_agree_with_graphql_core(comparison):
    for seed in range(1_000, 1_050):
        await comparison.ask_many(seed)

    assert comparison.asked == 5_000
    assert comparison.answered >= 5_000 // 2
    print(
        f"\n{comparison.asked} generated operations, {comparison.answered} answered and compared,"
    )
    print(f"{comparison.errors} denied selections told; all agree. Met among the answered:")
    print(", ".join(f"{name} {count}" for name, count in sorted(comparison.met.items())))
    assert not comparison.rare(100)
