"""Breaks the product on purpose, in one place at a time, and takes it back afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MUTANTS: dict[str, Any] = {}
"""By name: a context manager that breaks the product while it is open."""


@contextmanager
def put(owner: Any, name: str, value: object) -> Iterator[None]:
    """Put something in the place of a part of the product, and take it back."""
    before = owner.__dict__[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def mutant(name: str):
    """Register a way to break the product: the function returns owner, name and what to put."""

    def registered(make):
        @contextmanager
        def broken():
            with put(*make()):
                yield

        MUTANTS[name] = broken
        return make

    return registered


@contextmanager
def inherited(owner, name: str, value) -> Iterator[None]:
    """As `put`, of what a class has from another."""
    setattr(owner, name, value)
    try:
        yield
    finally:
        delattr(owner, name)
