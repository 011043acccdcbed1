import pytest

from connectors.errors import SourceFormatError
from connectors.protocol import Page, SourceRecord
from connectors.several import Several

pytestmark = pytest.mark.anyio


def record(key):
    return SourceRecord("justice", "judgment", key, {}, key, None, deleted=False)


class Numbered:
    """A source of numbered records, two on a page; its cursor is the last number."""

    def __init__(self, name, count):
        self.department = "justice"
        self.name = name
        self.count = count
        self.asked = []

    async def pull(self, cursor):
        self.asked.append(cursor)
        for first in range(int(cursor or 0), self.count, 2):
            last = min(first + 2, self.count)
            records = tuple(record(f"{self.name}{n}") for n in range(first, last))
            yield Page(records, (), str(last))


async def pulled(source, cursor=None):
    return [page async for page in source.pull(cursor)]


def keys(pages):
    return [r.key for page in pages for r in page.records]


async def test_every_part_is_read_one_after_the_other():
    source = Several("justice", {"a": Numbered("a", 3), "b": Numbered("b", 1)})

    assert keys(await pulled(source)) == ["a0", "a1", "a2", "b0"]


async def test_reading_goes_on_behind_every_cursor():
    pages = await pulled(Several("justice", {"a": Numbered("a", 3), "b": Numbered("b", 3)}))

    for index, page in enumerate(pages):
        again = Several("justice", {"a": Numbered("a", 3), "b": Numbered("b", 3)})
        rest = await pulled(again, page.cursor)
        assert keys(pages[: index + 1]) + keys(rest) == keys(pages)


async def test_a_part_that_is_added_later_is_read_from_its_beginning():
    (*_, last) = await pulled(Several("justice", {"a": Numbered("a", 3)}))
    wider = Several("justice", {"a": Numbered("a", 3), "b": Numbered("b", 2)})

    assert keys(await pulled(wider, last.cursor)) == ["b0", "b1"]


async def test_a_part_that_is_gone_is_forgotten():
    both = Several("justice", {"a": Numbered("a", 1), "b": Numbered("b", 1)})
    (*_, last) = await pulled(both)
    narrower = Several("justice", {"a": Numbered("a", 3)})

    (page,) = await pulled(narrower, last.cursor)

    assert keys([page]) == ["a1", "a2"]
    assert page.cursor == '{"a":"3"}'


async def test_a_cursor_of_another_form_is_refused():
    with pytest.raises(SourceFormatError, match="not one of ours"):
        await pulled(Several("justice", {"a": Numbered("a", 1)}), "17")
