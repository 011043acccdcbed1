"""A department's tables are read in the order of change, read-only, and to their end."""

import sqlite3

import pytest
import sqlalchemy as sa

from connectors.departments.medical_insurance.database import connect
from connectors.errors import SourceFormatError, SourceUnavailableError
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from connectors.sql import _READ_ONLY, SqlTables, Table

pytestmark = pytest.mark.anyio

COLUMNS = ("ID", "NAME", "PAID", "AT")
FIRST = Table("FIRST", COLUMNS, Shape("testing", "first", key="ID", updated="AT"))
SECOND = Table("SECOND", COLUMNS, Shape("testing", "second", key="ID", updated="AT"))


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "department.sqlite"
    connection = sqlite3.connect(path)
    for name in ("FIRST", "SECOND"):
        connection.execute(f"CREATE TABLE {name} (ID TEXT, NAME, PAID DECIMAL(12,2), AT TEXT)")
    yield connection, f"sqlite:///file:{path}?mode=ro&uri=true"
    connection.close()


def fill(connection, table, *rows):
    statements = {
        "FIRST": "INSERT INTO FIRST VALUES (?, ?, ?, ?)",
        "SECOND": "INSERT INTO SECOND VALUES (?, ?, ?, ?)",
    }
    connection.executemany(statements[table], rows)
    connection.commit()


def tables(url, **more):
    return SqlTables("testing", url, (FIRST, SECOND), attempts=2, **more)


async def pulled(connector, cursor=None):
    return [page async for page in connector.pull(cursor)]


def keys(pages):
    return [record.key for page in pages for record in page.records]


async def test_rows_come_by_change_and_key_and_from_every_table(database):
    connection, url = database
    fill(connection, "FIRST", ("b", "x", 1, "2026-01-02"), ("a", "x", 1, "2026-01-02"))
    fill(connection, "FIRST", ("z", "x", 1, "2026-01-01"))
    fill(connection, "SECOND", ("q", "x", 1, "2025-01-01"))

    for limit in (1, 2, 100):
        pages = await pulled(tables(url, limit=limit))

        assert keys(pages) == ["z", "a", "b", "q"]
    assert pages[-1].records[0].dataset == "second"


async def test_every_cursor_continues_behind_its_page(database):
    connection, url = database
    rows = [(f"k{n}", "x", 1, f"2026-01-0{n % 3 + 1}") for n in range(7)]
    fill(connection, "FIRST", *rows)
    fill(connection, "SECOND", *rows)
    pages = await pulled(tables(url, limit=2))

    for index, page in enumerate(pages):
        rest = await pulled(tables(url, limit=2), page.cursor)
        assert keys(rest) == keys(pages[index + 1 :])


async def test_a_changed_row_comes_again(database):
    connection, url = database
    fill(connection, "FIRST", ("a", "x", 1, "2026-01-01"))
    cursor = (await pulled(tables(url)))[-1].cursor
    connection.execute("UPDATE FIRST SET AT = '2026-01-05'")
    connection.commit()

    assert keys(await pulled(tables(url), cursor)) == ["a"]
    assert await pulled(tables(url), (await pulled(tables(url), cursor))[-1].cursor) == []


async def test_numbers_become_words_that_lose_nothing(database):
    connection, url = database
    fill(connection, "FIRST", ("a", None, "1234567.89", "2026-01-01"))
    fill(connection, "FIRST", ("b", None, "100.00", "2026-01-02"))

    (page,) = await pulled(tables(url))

    assert [record.words["PAID"] for record in page.records] == ["1234567.89", "100"]
    assert page.records[0].words["NAME"] is None


async def test_a_row_with_a_strange_value_costs_only_itself(database):
    connection, url = database
    fill(connection, "FIRST", ("a", b"\x00\x01", 1, "2026-01-01"), ("b", "x", 1, "2026-01-02"))

    (page,) = await pulled(tables(url))

    assert keys([page]) == ["b"]
    assert page.unreadable[0].reason is ReasonCode.ROW_UNREADABLE
    assert page.unreadable[0].detail == "not a text or number: NAME"


async def test_a_row_without_a_place_in_the_order_is_reported_and_not_lost_in_silence(database):
    connection, url = database
    fill(connection, "FIRST", ("a", "x", 1, None), (None, "x", 1, "2026-01-01"))
    fill(connection, "FIRST", ("b", "x", 1, "2026-01-02"))

    pages = await pulled(tables(url))

    assert keys(pages) == ["b"]
    assert [bad.detail for page in pages for bad in page.unreadable] == ["AT or ID is empty"] * 2


async def test_a_missing_table_is_a_matter_of_form(database):
    connection, url = database
    connection.execute("DROP TABLE SECOND")

    with pytest.raises(SourceFormatError, match="testing: SECOND: no such table"):
        await pulled(tables(url))


async def test_missing_columns_are_named(database):
    connection, url = database
    connection.execute("ALTER TABLE FIRST DROP COLUMN PAID")

    with pytest.raises(SourceFormatError, match="columns missing: PAID"):
        await pulled(tables(url))


async def test_a_database_that_is_not_there_is_unavailable(tmp_path):
    with pytest.raises(SourceUnavailableError, match="OperationalError at every attempt"):
        await pulled(tables(f"sqlite:///file:{tmp_path}/absent?mode=ro&uri=true"))


async def test_a_file_that_is_no_database_is_a_matter_of_form(tmp_path):
    (tmp_path / "text").write_text("this is not a database" * 100)

    with pytest.raises(SourceFormatError, match="DatabaseError"):
        await pulled(tables(f"sqlite:///file:{tmp_path}/text?mode=ro&uri=true"))


async def test_a_locked_database_is_waited_for_and_then_unavailable(database):
    connection, url = database
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")

    with pytest.raises(SourceUnavailableError):
        await pulled(tables(url + "&timeout=0"))


async def test_no_key_of_the_cursor_shows_when_the_database_fails(database, capsys, caplog):
    connection, url = database
    cursor = '{"FIRST":["2026-01-01","690106197903150012"]}'
    connection.execute("DROP TABLE FIRST")

    with pytest.raises(SourceFormatError) as caught:
        await pulled(tables(url), cursor)

    shown = "".join((*capsys.readouterr(), caplog.text, str(caught.value)))
    assert "retry" in shown
    assert "690106197903150012" not in shown


async def test_a_source_that_answers_too_late_is_unavailable(database):
    _, url = database

    with pytest.raises(SourceUnavailableError, match="TimeoutError"):
        await pulled(tables(url, timeout_s=0))


async def test_our_connection_cannot_write(database):
    _, url = database
    engine = tables(url.replace("mode=ro", "mode=rw"))._engine()

    with pytest.raises(sa.exc.OperationalError, match="readonly"), engine.begin() as ours:
        ours.execute(sa.text("DELETE FROM FIRST"))
    engine.dispose()
    assert set(_READ_ONLY) >= {"sqlite", "postgresql", "mysql"}


@pytest.mark.parametrize("cursor", ["x", "[]", '{"FIRST":["a"]}'])
async def test_a_cursor_of_another_source_is_a_matter_of_form(database, cursor):
    with pytest.raises(SourceFormatError):
        await pulled(tables(database[1]), cursor)


async def test_the_address_of_the_database_does_not_show_in_what_is_printed(database):
    _, url = database

    assert url not in repr(connect({"url": url}))
