"""CSV drops are read file by file; a wrong row costs that row and a wrong file that file."""

from datetime import date

import pytest

from connectors.departments.disabled_federation.drops import HEADER, SHAPE, connect
from connectors.errors import SourceFormatError, SourceUnavailableError
from connectors.files import CsvDrops
from connectors.protocol import ReasonCode

pytestmark = pytest.mark.anyio
TODAY = date(2026, 11, 23)
HEAD = ",".join(HEADER)


def row(key, name="甲"):
    return f"新增,{name},690106197903150012,{key},4,2,20200301,有效,20261001"


def drop(folder, name, *lines, encoding="gb18030"):
    text = b"".join(
        (line if isinstance(line, bytes) else line.encode(encoding)) + b"\r\n" for line in lines
    )
    (folder / name).write_bytes(text)


def drops(folder, **more):
    return CsvDrops(SHAPE, folder, "canlian_*.csv", HEADER, "gb18030", **more)


async def pulled(connector, cursor=None):
    pages = [page async for page in connector.pull(cursor)]
    return (
        [record.key for page in pages for record in page.records],
        [bad for page in pages for bad in page.unreadable],
        [page.cursor for page in pages],
    )


async def test_rows_arrive_in_the_order_of_files_and_lines(tmp_path):
    drop(tmp_path, "canlian_20261102_001.csv", HEAD, row("C"))
    drop(tmp_path, "canlian_20261101_001.csv", HEAD, row("A"), row("B"))
    drop(tmp_path, "canlian_20261103_001.csv.part", HEAD, row("D"))

    keys, bad, _ = await pulled(drops(tmp_path))

    assert keys == ["A", "B", "C"]
    assert bad == []


async def test_a_cursor_continues_in_the_middle_of_a_file(tmp_path):
    drop(tmp_path, "canlian_1.csv", HEAD, row("A"), row("B"), row("C"))
    drop(tmp_path, "canlian_2.csv", HEAD, row("D"))

    keys, _, cursors = await pulled(drops(tmp_path, limit=1))

    assert keys == ["A", "B", "C", "D"]
    for index, cursor in enumerate(cursors):
        rest, bad, _ = await pulled(drops(tmp_path), cursor)
        assert rest == keys[index + 1 :]
        assert bad == []
    assert (await pulled(drops(tmp_path), cursors[-1]))[2] == []


async def test_a_new_drop_is_read_from_the_last_cursor_on(tmp_path):
    drop(tmp_path, "canlian_1.csv", HEAD, row("A"))
    _, _, cursors = await pulled(drops(tmp_path))
    drop(tmp_path, "canlian_2.csv", HEAD, row("B"))

    assert (await pulled(drops(tmp_path), cursors[-1]))[0] == ["B"]


async def test_each_bad_row_is_reported_with_its_place_and_reason(tmp_path):
    lines = (
        HEAD,
        row("A"),
        row("B") + ",more",
        "新增,甲",
        b"\xff\xff," + row("C").encode("gb18030"),
        row("D", name='"甲'),
        row("E", name='"甲,乙"'),
        row(" "),
        "",
        row("F"),
        row("G", name="甲" * 40_000),
        row("H"),
    )
    drop(tmp_path, "canlian_1.csv", *lines)

    keys, bad, _ = await pulled(drops(tmp_path))

    assert keys == ["A", "E", "F", "H"]
    assert [(b.location, b.reason) for b in bad] == [
        ("canlian_1.csv:3", ReasonCode.COLUMN_COUNT),
        ("canlian_1.csv:4", ReasonCode.COLUMN_COUNT),
        ("canlian_1.csv:5", ReasonCode.ROW_UNREADABLE),
        ("canlian_1.csv:6", ReasonCode.ROW_UNREADABLE),
        ("canlian_1.csv:8", ReasonCode.ROW_UNREADABLE),
        ("canlian_1.csv:11", ReasonCode.ROW_UNREADABLE),
    ]
    assert "甲" not in "".join(b.detail for b in bad)


async def test_a_file_of_bad_rows_only_is_reported_and_passed(tmp_path):
    drop(tmp_path, "canlian_1.csv", HEAD, "x", "y")

    keys, bad, cursors = await pulled(drops(tmp_path))

    assert keys == []
    assert [b.location for b in bad] == ["canlian_1.csv:2", "canlian_1.csv:3"]
    assert await pulled(drops(tmp_path), cursors[-1]) == ([], [], [])


async def test_a_quoted_cell_keeps_its_comma(tmp_path):
    drop(tmp_path, "canlian_1.csv", HEAD, row("E", name='"甲,乙"'))

    (page,) = [page async for page in drops(tmp_path).pull(None)]

    assert page.records[0].words["姓名"] == "甲,乙"


@pytest.mark.parametrize(
    ("first_line", "encoding"),
    [
        (HEAD, "utf-8"),
        (HEAD.replace("姓名", "名字"), "gb18030"),
        (HEAD + ",备注", "gb18030"),
        (b"\xff\xfe\x00", "gb18030"),
        ("", "gb18030"),
    ],
)
async def test_a_file_of_another_form_is_reported_once_and_costs_no_other(
    tmp_path, first_line, encoding
):
    drop(tmp_path, "canlian_1.csv", first_line, row("A"), encoding=encoding)
    drop(tmp_path, "canlian_2.csv", HEAD, row("B"))

    keys, bad, cursors = await pulled(drops(tmp_path))

    assert keys == ["B"]
    assert [(b.location, b.reason) for b in bad] == [("canlian_1.csv", ReasonCode.FILE_UNREADABLE)]
    assert (await pulled(drops(tmp_path), cursors[0]))[:2] == (["B"], [])


async def test_an_empty_file_is_unreadable_and_a_file_of_a_header_is_not(tmp_path):
    (tmp_path / "canlian_1.csv").write_bytes(b"")
    drop(tmp_path, "canlian_2.csv", HEAD)

    keys, bad, cursors = await pulled(drops(tmp_path))

    assert keys == []
    assert [b.location for b in bad] == ["canlian_1.csv"]
    assert (await pulled(drops(tmp_path), cursors[-1])) == ([], [], [])


async def test_a_file_that_was_cut_off_loses_its_last_row_only(tmp_path):
    whole = f"{HEAD}\r\n{row('A')}\r\n{row('B')}".encode("gb18030")
    (tmp_path / "canlian_1.csv").write_bytes(whole[:-20])

    keys, bad, _ = await pulled(drops(tmp_path))

    assert keys == ["A"]
    assert [b.reason for b in bad] == [ReasonCode.COLUMN_COUNT]


async def test_a_folder_that_is_not_there_is_unavailable(tmp_path):
    with pytest.raises(SourceUnavailableError, match="disabled-federation: drop folder"):
        await pulled(connect({"folder": str(tmp_path / "absent")}))


async def test_a_file_that_cannot_be_read_is_unavailable(tmp_path, monkeypatch):
    drop(tmp_path, "canlian_1.csv", HEAD, row("A"))

    def broken(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("pathlib.Path.open", broken)
    with pytest.raises(SourceUnavailableError, match=r"canlian_1\.csv: cannot be read"):
        await pulled(drops(tmp_path))


@pytest.mark.parametrize("cursor", ["{}", "x", '{"file":1,"line":2}'])
async def test_a_cursor_of_another_source_is_a_matter_of_form(tmp_path, cursor):
    with pytest.raises(SourceFormatError):
        await pulled(drops(tmp_path), cursor)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
async def test_other_encodings_are_read_line_by_line_too(tmp_path, encoding):
    text = "".join(f"{line}\r\n" for line in (HEAD, row("A", "马\u3000三"), row("B", "龘")))
    (tmp_path / "canlian_1.csv").write_bytes(text.encode(encoding))
    agreed = "utf-8" if encoding == "utf-8-sig" else encoding
    source = CsvDrops(SHAPE, tmp_path, "canlian_*.csv", HEADER, agreed, limit=1)

    pages = [page async for page in source.pull(None)]
    rest = [page async for page in source.pull(pages[0].cursor)]

    assert [r.key for page in pages for r in page.records] == ["A", "B"]
    assert [r.words["姓名"] for page in pages for r in page.records] == ["马\u3000三", "龘"]
    assert rest == pages[1:]


async def test_half_a_character_of_two_bytes_costs_its_row(tmp_path):
    text = "".join(f"{line}\r\n" for line in (HEAD, row("A"), row("B")))
    half = "x".encode("utf-16-le")[:1]
    (tmp_path / "canlian_1.csv").write_bytes(text.encode("utf-16-le") + half)

    pages = [
        page
        async for page in CsvDrops(SHAPE, tmp_path, "canlian_*.csv", HEADER, "utf-16-le").pull(None)
    ]

    assert [r.key for page in pages for r in page.records] == ["A", "B"]
    assert [u.reason for page in pages for u in page.unreadable] == [ReasonCode.ROW_UNREADABLE]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "utf-16-be"])
async def test_a_mark_of_the_encoding_before_the_header_is_no_part_of_it(tmp_path, encoding):
    text = "".join(f"{line}\r\n" for line in ("\ufeff" + HEAD, row("A", "马\u3000三"), row("B")))
    (tmp_path / "canlian_1.csv").write_bytes(text.encode(encoding))

    (page,) = [
        page
        async for page in CsvDrops(SHAPE, tmp_path, "canlian_*.csv", HEADER, encoding).pull(None)
    ]

    assert [r.key for r in page.records] == ["A", "B"]
    assert page.records[0].words["姓名"] == "马\u3000三"


async def test_bytes_of_another_encoding_cost_their_row_and_are_not_shown(tmp_path):
    lines = (HEAD, row("A"), row("B", "龘").encode("utf-8"), row("C", "€"), row("D", "𠮷"))
    drop(tmp_path, "canlian_1.csv", *lines)

    pages = [page async for page in drops(tmp_path).pull(None)]

    found = [(r.key, r.words["姓名"]) for page in pages for r in page.records]
    assert [item for item in found if item[0] != "B"] == [("A", "甲"), ("C", "€"), ("D", "𠮷")]
    assert all("龘" not in bad.detail for page in pages for bad in page.unreadable)
