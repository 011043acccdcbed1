"""Takes one thing in hand early: while a page is stored, the next one is read and prepared.

The source, this process and the database then work at the same time. Nothing more than one page
is held, and nothing is stored in another order: a page that was read and not stored is read again.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def ahead(items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Yield `items` in their order; the next one is awaited while the last one is worked on.

    Close it, or what is under way goes on; closing it closes `items`. What `items` raises is
    raised in its turn, behind everything that came before it.
    """
    upcoming = asyncio.ensure_future(anext(items))
    try:
        while True:
            try:
                item = await upcoming
            except StopAsyncIteration:
                return
            upcoming = asyncio.ensure_future(anext(items))
            yield item
    finally:
        upcoming.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await upcoming
        await items.aclose()
