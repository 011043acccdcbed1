"""What a receiver answers about a message, kept only as far as it cannot be about a person."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

_CODE: Final = re.compile(r"[a-z]+(-[a-z]+){0,7}", re.ASCII)
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """Why a receiver rejects one field of a record; `field` is named as on the wire."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The receiver's answer: the message was taken, and this became of it.

    `reason` is given when it was rejected: a code, or `other`.
    """

    message_id: UUID
    status: StrEnum
    reason: str | None = None
    receipt: str | None = None
    """The receiver's own number of the message, where its contract has one."""
    faults: tuple[FieldFault, ...] = ()

    def content(self) -> dict[str, object]:
        """Return what is stored of it; nothing in it is about a person."""
        told: dict[str, object] = {"status": self.status.value, "reason": self.reason}
        if self.receipt is not None:
            told["receipt"] = self.receipt
        if self.faults:
            told["faults"] = [{"field": f.field, "reason": f.reason} for f in self.faults]
        return told


def code_or_other(reason: str | None) -> str | None:
    """Return a reason that is a code; in free words there could be somebody's name or number."""
    return reason if reason is None or _CODE.fullmatch(reason) else OTHER
