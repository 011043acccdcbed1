"""Writes entries of some moment into the log, and lets what goes behind it catch up."""

import asyncio

from audit.entry import Entry, EntryKind, canonical
from audit.indicator_rules import packaged_rules
from audit.search import index_behind
from hub.store.indicator_counting import count_behind


async def write(core, begin, count):
    at = int(begin.timestamp() * 1000)
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            record = canonical({"at": at + number, "number": str(number)})
            group.create_task(core.log.append(Entry(EntryKind.COMMAND, record, ())))
    async with core.database.transaction() as connection:
        while await index_behind(connection, 500):
            pass
        while await count_behind(connection, packaged_rules(), 500):
            pass
