"""What is told of an error that nobody expected: classes and places, never what it says.

The text of an exception may quote a value ("Invalid isoformat string: ..."), and so may a variable;
a file, a line and a function's name say where the fault is and nothing of anybody.
"""

import traceback
from collections.abc import Iterator

_MOST = 8
"""A chain longer than that repeats."""


def causes(error: BaseException) -> list[str]:
    """Return the classes of an error and of those that it comes from, its own first."""
    names: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(names) < _MOST:
        names.append(type(seen).__qualname__)
        seen = seen.__cause__ or seen.__context__
    return names


def frames(error: BaseException) -> list[str]:
    """Return file, line and function of each frame; neither source lines nor variables."""
    walked = traceback.walk_tb(error.__traceback__)
    return [
        f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
        for frame, line in walked
    ]


def told(error: BaseException) -> Iterator[str]:
    """Yield lines for whoever mends the program, of an error and of all that is grouped in it."""
    yield " from ".join(causes(error))
    for frame in frames(error):
        yield f"  {frame}"
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from told(inner)
