"""The forms of the recognition contract, as the receiver checks them.

Made from `openapi/departments/recognition.yaml`; a test compares the two.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Text100 = Annotated[str, Meta(min_length=1, max_length=100)]
Text200 = Annotated[str, Meta(min_length=1, max_length=200)]
EventId = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
EventType = Annotated[
    str, Meta(pattern=r"^cn\.gov\.civil-affairs\.recognition\.(add|change|stop|correct)$")
]
Encrypted = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_-]+((\.[A-Za-z0-9_-]*){4})?$", max_length=4096)
]
Status = Literal["ENROLLED", "NOTED", "REJECTED", "SUBSIDISED"]
Category = Literal["DB", "DR", "DY", "FP", "GX", "JB", "LL", "LS", "QT", "SZ", "TK"]


class Recognition(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What civil affairs decided about one person."""

    change: Literal["ADD", "CHANGE", "CORRECT", "STOP"]
    sequence: Annotated[int, Meta(ge=1)]
    household_id: Text100
    person_key: Text100
    document_number: Encrypted
    name: Annotated[str, Meta(min_length=1, max_length=50)]
    category: Category
    start_date: date
    end_date: date | None
    region: Annotated[str, Meta(pattern=r"^[0-9]{12}$")]
    decision_number: Text100
    decision_date: date
    deciding_unit: Text200
    deciding_unit_code: Annotated[str, Meta(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$")]


class RecognitionEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A CloudEvents 1.0 envelope around one decision."""

    specversion: Literal["1.0"]
    id: EventId
    source: Text200
    type: EventType
    subject: Text100
    time: Annotated[datetime, Meta(tz=True)]
    datacontenttype: Literal["application/json"]
    data: Recognition


class Acknowledgement(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What the receiver did with an event."""

    event_id: str
    status: Status
    reason: str | None


class Received(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A received event without names and numbers."""

    sequence: int
    event_id: str
    change: str
    category: str
    region: str
    status: str
