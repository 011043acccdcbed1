"""What a made-up department writes, the hub's own connectors read back word by word."""

import json
import sqlite3
import stat
from datetime import date

import pytest

from connectors.files import CsvDrops
from connectors.shape import Shape
from connectors.sheets import Sheet, SheetDrops
from connectors.sql import SqlTables, Table
from hub.demo.sources.sinks import (
    BookSink,
    CsvSink,
    Drop,
    FeedSink,
    SqliteSink,
    SqlTable,
    new_token,
)

pytestmark = pytest.mark.anyio
HEADER = ("编号", "身份证号", "姓名", "更新")
NAMES = ("aid", "help")
SHAPES = {name: Shape("testing", name, key="编号", updated="更新") for name in NAMES}
TABLES = {name: SqlTable(name.upper(), HEADER, "编号", "更新") for name in NAMES}
MADE = date(2026, 11, 23)


def words(key, **more):
    row = {
        "编号": key,
        "身份证号": "690203197406120011",
        "姓名": "虚·䶮一",
        "更新": "2026-10-01 08:00:00",
    }
    return row | more


ROWS = [("aid", words("1")), ("help", words("2", 身份证号=None)), ("aid", words("3", 姓名=None))]


def fill(sink, rows=ROWS):
    for dataset, row in rows:
        sink.write(dataset, row)
    sink.close()


async def read(connector):
    return [
        (record.dataset, dict(record.words))
        async for page in connector.pull(None)
        for record in page.records
    ]


def test_a_token_is_new_each_time_and_its_owners_alone(tmp_path):
    paths = [new_token(tmp_path / "department") for _ in range(2)]
    tokens = [new_token(tmp_path / "department").read_text("ascii") for _ in range(2)]

    assert paths[0] == paths[1]
    assert tokens[0] != tokens[1]
    assert len(tokens[0]) >= 32
    assert stat.S_IMODE(paths[0].stat().st_mode) == 0o600


def test_a_feed_has_one_item_a_line_and_a_credential_beside_it(tmp_path):
    fill(FeedSink(tmp_path, NAMES))

    for name in NAMES:
        lines = (tmp_path / f"{name}.jsonl").read_text("utf-8").splitlines()
        assert [json.loads(line) for line in lines] == [row for at, row in ROWS if at == name]
    assert "䶮" in (tmp_path / "aid.jsonl").read_text("utf-8")
    assert (tmp_path / "token").read_text("ascii")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
async def test_files_are_read_back_in_every_encoding_and_replace_those_before(tmp_path, encoding):
    (tmp_path / "old_1.csv").write_text("from before")
    (tmp_path / "token").write_text("kept")
    drops = {name: Drop(f"{name}_1.csv", HEADER) for name in NAMES}

    fill(CsvSink(tmp_path, drops, encoding))

    found = [
        row
        for name in NAMES
        for row in await read(CsvDrops(SHAPES[name], tmp_path, f"{name}_*.csv", HEADER, encoding))
    ]
    assert sorted(found, key=lambda row: row[1]["编号"]) == ROWS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aid_1.csv", "help_1.csv", "token"]


async def test_a_workbook_is_read_back_sheet_by_sheet_as_it_was_written(tmp_path):
    (tmp_path / "old.xlsx").write_bytes(b"from before")
    sheets = {name: Drop(f"页{name}", HEADER) for name in NAMES}
    rows = [*ROWS, ("help", words("4", 姓名="=1+1"))]

    fill(BookSink(tmp_path, "new.xlsx", sheets, made=MADE), rows)

    agreed = tuple(Sheet(sheets[name].name, HEADER, SHAPES[name]) for name in NAMES)
    found = await read(SheetDrops("testing", tmp_path, "*.xlsx", agreed))
    assert found == [rows[0], rows[2], rows[1], rows[3]]
    assert not (tmp_path / "old.xlsx").exists()


async def test_tables_are_read_back_whole_beyond_a_batch(tmp_path):
    path = tmp_path / "folder" / "department.sqlite"
    many = [("aid", words(f"{n:05}")) for n in range(4_321)]
    fill(SqliteSink(path, TABLES), [("help", words("9"))])  # made anew by the next

    fill(SqliteSink(path, TABLES), [*many, *ROWS[1:2]])

    tables = tuple(Table(TABLES[name].name, HEADER, SHAPES[name]) for name in NAMES)
    found = await read(SqlTables("testing", f"sqlite:///{path}", tables))
    assert found == [*many, ROWS[1]]


def test_tables_are_indexed_in_the_order_in_which_they_are_read(tmp_path):
    path = tmp_path / "department.sqlite"
    fill(SqliteSink(path, TABLES))

    connection = sqlite3.connect(path)
    try:
        ((*_, plan),) = connection.execute(
            "explain query plan select * from AID where 更新 > '2026' order by 更新, 编号"
        )
    finally:
        connection.close()

    assert "USING INDEX AID_GX" in plan
