"""Workbooks are read row by row; what is wrong costs the row, the sheet or the file."""

from datetime import date
from zipfile import ZipFile

import pytest
import xlsxwriter

from connectors.errors import SourceFormatError, SourceUnavailableError
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from connectors.sheets import Sheet, SheetDrops

pytestmark = pytest.mark.anyio
HEADER = ("编号", "身份证号", "学校", "更新")
ROLL = Sheet("学籍", HEADER, Shape("education", "school_roll", key="编号", updated="更新"))
ALERTS = Sheet("预警", HEADER, Shape("education", "school_alert", key="编号", updated="更新"))
NUMBER = "690106201109020025"


def row(key, number=NUMBER):
    return (key, number, "示范中学", "2026-09-01 08:00:00")


def workbook(folder, name, **sheets):
    with xlsxwriter.Workbook(str(folder / name)) as book:
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for at, cells in enumerate(rows):
                sheet.write_row(at, 0, cells)


def drops(folder, *sheets, limit=1000):
    return SheetDrops("education", folder, "*.xlsx", sheets or (ROLL,), limit)


async def pulled(source, cursor=None):
    return [page async for page in source.pull(cursor)]


def keys(pages):
    return [r.key for page in pages for r in page.records]


def reasons(pages):
    return [(u.location, u.reason) for page in pages for u in page.unreadable]


async def test_every_agreed_sheet_of_every_file_is_read_in_order(tmp_path):
    workbook(tmp_path, "b.xlsx", 学籍=[HEADER, row("3")])
    workbook(tmp_path, "a.xlsx", 学籍=[HEADER, row("1")], 预警=[HEADER, row("2")])
    workbook(tmp_path, "other.xls.part", 学籍=[HEADER, row("9")])

    pages = await pulled(drops(tmp_path, ROLL, ALERTS))

    assert keys(pages) == ["1", "2", "3"]
    assert [r.dataset for page in pages for r in page.records] == [
        "school_roll",
        "school_alert",
        "school_roll",
    ]
    assert reasons(pages) == [("b.xlsx", ReasonCode.FILE_UNREADABLE)]


async def test_reading_goes_on_behind_every_cursor(tmp_path):
    workbook(
        tmp_path, "a.xlsx", 学籍=[HEADER, *(row(str(n)) for n in range(5))], 预警=[HEADER, row("x")]
    )
    source = drops(tmp_path, ROLL, ALERTS, limit=2)
    pages = await pulled(source)

    assert keys(pages) == ["0", "1", "2", "3", "4", "x"]
    for index, page in enumerate(pages):
        rest = await pulled(source, page.cursor)
        assert keys(pages[: index + 1]) + keys(rest) == keys(pages)


async def test_a_number_that_was_typed_as_a_number_has_lost_its_digits(tmp_path):
    workbook(tmp_path, "a.xlsx", 学籍=[HEADER, row("1", 690106201109020025), row("2")])

    pages = await pulled(drops(tmp_path))

    assert keys(pages) == ["2"]
    assert reasons(pages) == [("a.xlsx 学籍:2", ReasonCode.ROW_UNREADABLE)]
    assert "69010620" not in pages[0].unreadable[0].detail


async def test_whole_numbers_days_and_flags_become_words(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet("学籍")
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, (7, 1.5))
        sheet.write_boolean(1, 2, True)  # noqa: FBT003 - the library's way
        sheet.write_datetime(1, 3, date(2026, 9, 1), book.add_format({"num_format": "yyyy-mm-dd"}))

    ((record,),) = [page.records for page in await pulled(drops(tmp_path))]

    assert dict(record.words) == {
        "编号": "7",
        "身份证号": "1.5",
        "学校": "true",
        "更新": "2026-09-01",
    }


async def test_a_sheet_of_another_header_is_refused_whole_and_once(tmp_path):
    workbook(tmp_path, "a.xlsx", 学籍=[("编号", "姓名"), ("1", "x")])
    source = drops(tmp_path)

    (page,) = await pulled(source)

    assert page.unreadable[0].reason is ReasonCode.FILE_UNREADABLE
    assert await pulled(source, page.cursor) == []


async def test_a_file_that_is_no_workbook_costs_that_file(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    workbook(tmp_path, "b.xlsx", 学籍=[HEADER, row("1")])

    pages = await pulled(drops(tmp_path))

    assert keys(pages) == ["1"]
    assert reasons(pages) == [("a.xlsx", ReasonCode.FILE_UNREADABLE)]


async def test_a_stray_cell_costs_its_row_and_not_the_sheet(tmp_path):
    strayed = (*row("2"), "虚王一")
    workbook(tmp_path, "a.xlsx", 学籍=[HEADER, row("1"), strayed, ("3",), row("4")])

    pages = await pulled(drops(tmp_path))

    assert keys(pages) == ["1", "3", "4"]
    assert reasons(pages) == [("a.xlsx 学籍:3", ReasonCode.COLUMN_COUNT)]
    assert pages[0].unreadable[0].detail == "4 columns were agreed, the row has 5"
    assert dict(pages[0].records[1].words) == dict.fromkeys(HEADER) | {"编号": "3"}


async def test_a_workbook_that_was_cut_off_costs_that_file(tmp_path):
    workbook(tmp_path, "a.xlsx", 学籍=[HEADER, *(row(str(n)) for n in range(200))])
    whole = (tmp_path / "a.xlsx").read_bytes()
    (tmp_path / "a.xlsx").write_bytes(whole[: len(whole) // 2])
    workbook(tmp_path, "b.xlsx", 学籍=[HEADER, row("1")])

    pages = await pulled(drops(tmp_path))

    assert keys(pages) == ["1"]
    assert reasons(pages) == [("a.xlsx", ReasonCode.FILE_UNREADABLE)]
    assert await pulled(drops(tmp_path), pages[0].cursor) == pages[1:]


async def test_a_sheet_that_is_broken_inside_a_whole_workbook_costs_that_sheet(tmp_path):
    workbook(tmp_path, "whole.xlsx", 学籍=[HEADER, *(row(str(n)) for n in range(50))])
    with ZipFile(tmp_path / "whole.xlsx") as whole, ZipFile(tmp_path / "a.xlsx", "w") as broken:
        for name in whole.namelist():
            content = whole.read(name)
            cut = len(content) // 2 if name.startswith("xl/worksheets/") else len(content)
            broken.writestr(name, content[:cut])
    (tmp_path / "whole.xlsx").unlink()
    workbook(tmp_path, "b.xlsx", 学籍=[HEADER, row("x")])

    pages = await pulled(drops(tmp_path))

    assert keys(pages) == ["x"]
    assert reasons(pages) == [("a.xlsx", ReasonCode.FILE_UNREADABLE)]


async def test_a_folder_that_is_not_there_is_unavailable(tmp_path):
    with pytest.raises(SourceUnavailableError):
        await pulled(drops(tmp_path / "none"))


async def test_a_cursor_of_another_form_is_refused(tmp_path):
    with pytest.raises(SourceFormatError, match="not one of ours"):
        await pulled(drops(tmp_path), "17")
