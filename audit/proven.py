"""One line of an export of what was looked for: an entry with its proof."""

from typing import Final

import msgspec

DICTIONARY: Final = "dictionary.jsonl"
"""The entries that define the field sets that an export uses, in the same form."""


class ProvenEntry(msgspec.Struct, frozen=True):
    """One line of a selection: an entry, and what proves it. Bytes are hexadecimal."""

    seq: int
    kind: int
    record: str
    secret: str
    subjects: str
    proof: list[str]
