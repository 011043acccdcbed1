"""A department's PostgreSQL is read page by page, whatever types its columns have."""

import asyncio
import re
from datetime import UTC, datetime

import asyncpg
import pytest
import sqlalchemy as sa

from connectors.errors import SourceFormatError, SourceRefusedError, SourceUnavailableError
from connectors.shape import Shape
from connectors.sql import SqlTables, Table
from tests.support.systems import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.database]
NUMBER = "690203197406120011"
PAYMENTS = Table(
    "payments", ("id", "number", "paid", "at"), Shape("testing", "payment", key="id", updated="at")
)
TYPES = {
    "words": "id text, number text, paid numeric(12, 2), at text",
    "moments": "id bigint, number text, paid numeric(12, 2), at timestamp",
    "zones": "id varchar(20), number text, paid numeric(12, 2), at timestamptz",
    "days": "id integer, number char(18), paid double precision, at date",
}
FILL = """
    insert into payments
    select n, $1, n * 1.5, (timestamp '2026-10-01 08:00:00.25' + (n / 3) * interval '1 day')::{at}
    from generate_series(1, 7) n
"""
AT = {"words": "text", "moments": "timestamp", "zones": "timestamptz", "days": "date"}
KEYS = [str(n) for n in range(1, 8)]


async def made(dsn, kind="moments"):
    await execute(dsn, f"create table payments ({TYPES[kind]})")
    await execute(dsn, FILL.format(at=AT[kind]), NUMBER)


async def execute(dsn, statement, *values):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(statement, *values)
    finally:
        await connection.close()


def tables(dsn, **more):
    url = dsn.replace("postgresql://", "postgresql+asyncpg://", 1)
    return SqlTables("testing", url, (PAYMENTS,), **{"limit": 2, "attempts": 2, **more})


async def pulled(connector, cursor=None):
    return [page async for page in connector.pull(cursor)]


def keys(pages):
    return [record.key for page in pages for record in page.records]


@pytest.mark.parametrize("kind", TYPES)
async def test_every_page_follows_in_order_and_reading_goes_on_behind_each(database, kind):
    await made(database, kind)

    pages = await pulled(tables(database))

    assert keys(pages) == KEYS
    assert [len(page.records) for page in pages] == [2, 2, 2, 1]
    assert not any(page.unreadable for page in pages)
    for index, page in enumerate(pages):
        rest = await pulled(tables(database), page.cursor)
        assert keys(rest) == KEYS[len(keys(pages[: index + 1])) :]


async def test_a_moment_with_a_zone_is_the_moment_it_names(database):
    await made(database, "zones")
    await execute(database, "update payments set at = '2026-10-01 08:00:00.5+08'")

    pages = await pulled(tables(database))

    moment = datetime(2026, 10, 1, 0, 0, 0, 500_000, tzinfo=UTC)
    assert {record.source_time for page in pages for record in page.records} == {moment}


async def test_a_key_of_another_type_is_a_word_too(database):
    await execute(database, "create table payments (id uuid, number text, paid money, at date)")
    await execute(
        database,
        "insert into payments select gen_random_uuid(), $1, null, '2026-10-01' "
        "from generate_series(1, 5)",
        NUMBER,
    )

    found = keys(await pulled(tables(database)))

    expected = await execute(database, "select id::text from payments order by id")
    assert found == [row["id"] for row in expected]


async def test_rows_that_change_while_they_are_read_are_not_lost(database):
    await made(database)
    reading = tables(database).pull(None)
    first = await anext(reading)

    await execute(database, "update payments set at = '2026-11-01' where id = 1")  # was read
    await execute(database, "update payments set at = '2026-11-02' where id = 5")  # was not yet
    await execute(database, "delete from payments where id = 6")
    await execute(database, "insert into payments values (9, $1, 1, '2026-11-03')", NUMBER)
    rest = [page async for page in reading]

    assert keys([first]) == ["1", "2"]
    assert keys(rest) == ["3", "4", "7", "1", "5", "9"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("alter table payments drop column paid", "payments: columns missing: paid"),
        ("alter table payments rename column number to no", "payments: columns missing: number"),
        ("drop table payments", "payments: no such table"),
    ],
)
async def test_a_table_that_changes_its_form_while_it_is_read_keeps_the_pages_before(
    database, change, why
):
    await made(database)
    reading = tables(database).pull(None)
    first = await anext(reading)

    await execute(database, change)
    with pytest.raises(SourceFormatError) as caught:
        await anext(reading)

    assert keys([first]) == ["1", "2"]
    assert str(caught.value) == f"testing: {why}"


async def test_a_connection_that_is_ended_between_two_pages_costs_nothing(database):
    await made(database)
    reading = tables(database).pull(None)
    first = await anext(reading)
    await execute(
        database,
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()",
    )

    assert keys([first, *[page async for page in reading]]) == KEYS


async def test_a_table_that_is_locked_is_waited_for_and_then_unavailable(database):
    await made(database)
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction():
            await connection.execute("lock table payments")
            with pytest.raises(SourceUnavailableError) as caught:
                await pulled(tables(database, timeout_s=0.3, attempts=1))
    finally:
        await connection.close()

    assert str(caught.value) == "testing: payments: TimeoutError at every attempt"
    assert keys(await pulled(tables(database))) == KEYS


async def test_a_server_that_stops_the_statement_is_unavailable(database):
    await made(database)
    await execute(
        database,
        f"alter database {database.partition('@/')[2].partition('?')[0]} "
        "set statement_timeout = '50ms'",
    )
    await execute(database, "alter table payments rename to rows")
    await execute(
        database,
        "create view payments as select id, number, paid, at from rows, pg_sleep(1)",
    )

    with pytest.raises(SourceUnavailableError) as caught:
        await pulled(tables(database))

    assert "testing: payments: " in str(caught.value)
    assert "at every attempt" in str(caught.value)


async def test_nobody_listening_is_unavailable():
    url = f"postgresql+asyncpg://hub:a-made-up-word@127.0.0.1:{free_port()}/department"

    with pytest.raises(SourceUnavailableError) as caught:
        await pulled(SqlTables("testing", url, (PAYMENTS,), attempts=2))

    reason = "ConnectionRefusedError at every attempt"
    assert str(caught.value) == f"testing: payments: {reason}"


async def test_a_wrong_password_is_refused_at_once_and_not_shown(database):
    wrong = re.sub(r"//([^:@]+):[^@]+@", r"//\1:a-made-up-word@", database)

    with pytest.raises(SourceRefusedError) as caught:
        await pulled(tables(wrong))

    assert str(caught.value) == "testing: payments: does not accept our account (28P01)"


async def test_a_table_that_our_account_may_not_read_is_refused(database):
    await made(database)
    await execute(database, "revoke select on payments from current_user")

    with pytest.raises(SourceRefusedError) as caught:
        await pulled(tables(database))
    await execute(database, "grant select on payments to current_user")

    assert str(caught.value) == "testing: payments: does not accept our account (42501)"
    assert keys(await pulled(tables(database))) == KEYS


async def test_a_cursor_that_the_column_cannot_hold_is_a_matter_of_form_and_not_shown(
    database, capsys, caplog
):
    await made(database)

    with pytest.raises(SourceFormatError) as caught:
        await pulled(tables(database), f'{{"payments":["{NUMBER}x","{NUMBER}x"]}}')

    shown = "".join((*capsys.readouterr(), caplog.text, str(caught.value)))
    assert NUMBER not in shown
    assert str(caught.value).startswith("testing: payments: cannot be read (")


async def test_our_connection_cannot_write(database):
    await made(database)
    engine = tables(database)._engine()

    def write():
        async def on_loop():
            async with sa.ext.asyncio.AsyncEngine(engine).begin() as ours:
                await ours.execute(sa.text("delete from payments"))

        asyncio.run(on_loop())

    with pytest.raises(sa.exc.DBAPIError, match="read-only"):
        await asyncio.to_thread(write)
    engine.dispose()
    assert len(await execute(database, "select 1 from payments")) == 7
