"""The database's own plan of an operation: as serving connections have it, and without a value."""

import asyncpg
import pytest

from hub.errors import StoreUnavailableError
from hub.query.explain import Asking, Explainer
from hub.store.explained import plan_of
from tests.support.asking import OFFICER, WARNER
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
PERSON = "query ($n: String!) { person(nationalId: $n) { id population { name } } }"
WORKLIST = "{ warnings(first: 2) { edges { node { band household { id region } } } } }"


@pytest.fixture
async def explain(ask, catalogue):
    answerer = ask.answerer
    policy = await answerer.policies.current()
    explainer = Explainer(catalogue, answerer.documents, policy, answerer.tags, 200_000)

    async def explain(document, caller=OFFICER, **variables):
        return await explainer.explain(Asking(document, None, caller, variables, NOW))

    return explain


async def test_without_values_the_plan_is_that_for_any_values_and_nothing_is_run(explain, district):
    bound = await explain(WORKLIST, WARNER)

    lines = await plan_of(district[0], bound.told.statement.text)

    text = "\n".join(lines)
    assert "CTE search_0" in text
    assert "$1" in text
    assert "actual" not in text
    assert "force_generic_plan" in text


async def test_a_statement_that_is_run_tells_how_much_it_met_and_no_value(explain, district, world):
    number = world.numbers[0]
    bound = await explain(PERSON, n=number)
    (asked,) = bound.roots[0].numbers
    (tag,) = asked.tags

    lines = await plan_of(district[0], bound.told.statement.text, bound.parameters)

    text = "\n".join(lines)
    assert "actual" in text
    assert "Buffers" in text
    assert "$1" in text
    for value in (number, tag.hex(), str(world.person_by_number[number]), "420106"):
        assert value not in text


async def test_what_is_run_cannot_write_and_leaves_nothing(database):
    connection = await asyncpg.connect(database)
    await connection.execute("CREATE TABLE seen (n int)")

    with pytest.raises(StoreUnavailableError, match="ReadOnlySQLTransactionError"):
        await plan_of(database, "INSERT INTO seen VALUES ($1::int)", [1])

    assert await connection.fetchval("SELECT count(*) FROM seen") == 0
    await connection.close()


async def test_a_database_that_is_not_there_is_said_to_be_so():
    with pytest.raises(StoreUnavailableError, match="does not explain"):
        await plan_of("postgresql://hub@127.0.0.1:1/hub", "SELECT 1")


async def test_the_size_that_is_told_is_that_of_the_entry_of_an_answer(explain, ask):
    nobody = "690106195807200033"
    bound = await explain(PERSON, n=nobody)

    await ask.answer(PERSON, OFFICER, n=nobody)

    entry = ask.log.entries[-1]
    assert not entry.subjects
    # The ids of the request and of the field set are shorter here than a served hub gives them.
    assert 0 <= bound.told.entry_bytes - len(entry.record) <= 60
