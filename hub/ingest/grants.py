"""Whether the scorer may read a field: the check with which its profile is loaded."""

from collections.abc import Callable
from datetime import date
from typing import Final

from hub.access.model import Policy, Purpose
from schema.catalogue import Catalogue, Classification, CoreField
from scoring.profile import InputStatus

DEPARTMENT: Final = "civil-affairs"
ROLE: Final = "scorer"


def catalogue_check(
    catalogue: Catalogue, policy: Policy, today: date
) -> Callable[[str], InputStatus]:
    """Return what says of `Type.camelName` whether early warning may read it today."""
    granted = policy.live_fields(DEPARTMENT, ROLE, Purpose.WARN, today)

    def check(path: str) -> InputStatus:
        found = catalogue.field(path)
        if found is None:
            return InputStatus.UNDECLARED
        if not isinstance(found, CoreField):
            _, field = found
            if field.classification is Classification.RESTRICTED:
                return InputStatus.RESTRICTED
            if field.consent:
                return InputStatus.CONSENT_BOUND
        return InputStatus.GRANTED if path in granted else InputStatus.NOT_GRANTED

    return check
