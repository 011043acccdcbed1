"""What the hub does with its memory: what it remembers is bounded, and seldom walked through.

Python's cycle collector would walk the whole hub again and again while it answers.
Answers are trees: they are freed by their reference counts, cycles are rare. But each of them makes
hundreds of containers, and by the collector's defaults that is reason enough to walk through the
schema, the catalogue and every plan several times a second: with sixteen requests under way that
took as long as the answers themselves (docs/performance.md).
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

_YOUNG: Final = 100_000
"""New containers, less freed ones, before the youngest are looked through: more than sixteen pages
of a worklist have while they are under way, all still in use. What is left behind in cycles until
then is some 10 MB."""


@contextmanager
def settled() -> Iterator[None]:
    """Leave what exists now out of every collection, and collect more rarely, while this is open.

    To be opened once everything that lives as long as the process has been made. What is made
    later is collected as ever. There is one collector for a process.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def forget_oldest(known: dict[Any, Any], most: int) -> None:
    """Forget what was put first where there is more than `most`: a sixteenth at once.

    A dictionary keeps the order in which it was filled, in half the memory of one that is made for
    its order; but it takes long to find its first key where it was emptied one by one.
    """
    if len(known) > most:
        for key in list(islice(known, most // 16 + 1)):
            del known[key]
