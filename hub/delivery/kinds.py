"""What each kind of message tells of a person and what for, as the access log names it.

A kind that is not here is not sent: nothing leaves whose fields are not on record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.outbound import national_credit_platform, recognition
from connectors.outbound.commitment_record import FIELDS
from hub.access.model import Purpose
from schema.catalogue import camel

_RECOGNITION: Final = (
    "Population.nationalId",
    "Population.name",
    "Household.region",
    "Recognition.category",
    "Recognition.startDate",
    "Recognition.endDate",
    "Recognition.decisionNumber",
    "Recognition.decidedOn",
)
_COMMITMENT: Final = tuple(f"CommitmentRecord.{camel(f.name)}" for f in FIELDS)


@dataclass(frozen=True, slots=True)
class MessageKind:
    """The purpose of a kind of message, and its fields."""

    purpose: Purpose
    fields: tuple[str, ...]


KINDS: Final[Mapping[str, MessageKind]] = {
    recognition.KIND: MessageKind(Purpose.PUSH, _RECOGNITION),
    national_credit_platform.COMMITMENT: MessageKind(Purpose.CREDIT, _COMMITMENT),
    national_credit_platform.WITHDRAWAL: MessageKind(Purpose.CREDIT, ("CommitmentRecord.code",)),
}
