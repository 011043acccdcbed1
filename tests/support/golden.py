"""Files that are made from the code and checked in: compared always, rewritten only when asked.

`HUB_GOLDEN=write` rewrites them (`make golden`); where `CI` is set nothing is ever rewritten.
"""

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def is_rewriting(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the files are to be written anew."""
    return environ.get("HUB_GOLDEN") == "write" and not environ.get("CI")


def assert_same(path: Path, made: str, environ: Mapping[str, str] = os.environ) -> None:
    """Check that the file at `path` holds what was `made`, or write it where that was asked."""
    __tracebackhide__ = True  # a failure would print the environment
    if is_rewriting(environ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made, encoding="utf-8")
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    assert kept == made, f"{path.name} is not what the code says; run `make golden`, then read it"
