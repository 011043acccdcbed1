"""What each kind of message tells of a person, as the access log names it.

A kind that is not here is not sent: nothing leaves whose fields are not on record.
"""

from collections.abc import Mapping
from typing import Final

from connectors.outbound import national_credit_platform, recognition
from connectors.outbound.commitment_record import FIELDS
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

FIELDS_BY_KIND: Final[Mapping[str, tuple[str, ...]]] = {
    recognition.KIND: _RECOGNITION,
    national_credit_platform.COMMITMENT: _COMMITMENT,
    national_credit_platform.WITHDRAWAL: ("CommitmentRecord.code",),
}
