"""What auditors search the log by: the facets of an entry, each a name with values. Pure.

A facet is a key of the record, the fields that were read, or what was refused and why. The index of
facets (`audit.facet_index`) knows a value by eight bytes of its hash; what the index gives is a
candidate, to be checked by its record (`has_all`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import orjson

from audit.entry import EntryKind

FORM: Final = 1
"""How facets are read from entries; with another number the index is built anew from the log."""


class Facet(StrEnum):
    """What an entry is found by; the names are those of the record's keys, where it has one."""

    KIND = "kind"
    DEPARTMENT = "department"
    ROLE = "role"
    ACTOR = "actor"
    CLIENT = "client"
    PURPOSE = "purpose"
    FIELD = "field"
    """`Type.field` that was read, or `Type` of any such field."""
    DENIED_FIELD = "deniedField"
    REASON = "reason"
    """Code of a refusal, of the whole or of a field."""
    OUTCOME = "outcome"
    CHANNEL = "channel"
    CASE = "case"
    POLICY = "policy"
    DOCUMENT = "document"
    REQUEST = "request"

    __hash__ = str.__hash__
    """That of an enumeration's member is a call of Python, for each value of each entry."""


COUNTED: Final = tuple(f for f in Facet if f not in {Facet.CASE, Facet.DOCUMENT, Facet.REQUEST})
"""Facets whose values are few enough to be told."""
_STATED: Final = tuple(
    (f, str(f))
    for f in Facet
    if f not in {Facet.KIND, Facet.FIELD, Facet.DENIED_FIELD, Facet.REASON}
)
_STATED_FACETS: Final = frozenset(facet for facet, _ in _STATED)
_BESIDE: Final = frozenset({Facet.KIND, Facet.FIELD})
"""What an entry has beside its record's text."""
_KEYS_KEPT: Final = 1 << 13
_OF_ONE: Final = frozenset({Facet.CASE, Facet.REQUEST})
"""Facets whose values hardly come again: what is known of them is not worth its place."""

Value = tuple[Facet, str]


class Sought(NamedTuple):
    """One condition: the facet has any of these values."""

    facet: Facet
    values: tuple[str, ...]


def values_of(kind: EntryKind, record: Mapping[str, Any], fields: Iterable[str]) -> Iterator[Value]:
    """Give the values of an entry, some twice; `fields` are the names that were read."""
    yield from stated_values(kind, record)
    yield from field_values(fields)


def stated_values(kind: EntryKind, record: Mapping[str, Any]) -> Iterator[Value]:
    """Give the values that the record itself states."""
    yield Facet.KIND, kind.value
    for facet, name in _STATED:
        value = record.get(name)
        if type(value) is str and value:
            yield facet, value
    reason = record.get("reason")
    if type(reason) is str and reason:
        yield Facet.REASON, reason
    denied = record.get("denied")
    for each in denied if isinstance(denied, list) else ():
        path, _, code = str(each).partition(" ")
        yield Facet.DENIED_FIELD, path
        if code:
            yield Facet.REASON, code


def field_values(fields: Iterable[str]) -> Iterator[Value]:
    """Give the values for names that were read: each name, and its type."""
    for name in fields:
        yield Facet.FIELD, name
        owner, dot, _ = name.partition(".")
        if dot:
            yield Facet.FIELD, owner


def has_all(found: Iterable[Value], wanted: Sequence[Sought]) -> bool:
    """Whether an entry with these values meets every condition."""
    known = set(found)
    return all(any((one.facet, value) in known for value in one.values) for one in wanted)


def meets(
    kind: EntryKind, record: Mapping[str, Any], fields: Iterable[str], wanted: Sequence[Sought]
) -> bool:
    """Whether an entry meets every condition: `has_all` of its values, without making them all."""
    for one in wanted:
        if one.facet in _STATED_FACETS:
            is_met = record.get(one.facet.value) in one.values
        elif one.facet is Facet.KIND:
            is_met = kind.value in one.values
        elif one.facet is Facet.FIELD:
            is_met = any(value in one.values for _, value in field_values(fields))
        else:
            is_met = has_all(stated_values(kind, record), (one,))
        if not is_met:
            return False
    return True


def needles(wanted: Sequence[Sought]) -> list[bytes]:
    """Return bytes that every record has in it that meets these conditions; they do not suffice."""
    return [
        canonical_text(one.values[0]) if one.facet in _STATED_FACETS else one.values[0].encode()
        for one in wanted
        if len(one.values) == 1 and one.facet not in _BESIDE
    ]


def canonical_text(value: str) -> bytes:
    """Return a text as a record has it."""
    return orjson.dumps(value)


def key_of(facet: Facet, value: str) -> int:
    """Return how the index knows a value: the first 8 bytes of BLAKE2b-64, as a signed number."""
    return _hashed(facet, value) if facet in _OF_ONE else _remembered(facet, value)


def _hashed(facet: Facet, value: str) -> int:
    named = f"{facet.value}\0{value}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(named, digest_size=8).digest(), "big", signed=True)


_remembered: Final = lru_cache(maxsize=_KEYS_KEPT)(_hashed)
