"""Dated code lists: which values a coded field may have, by which standard and edition.

A list never changes in place: a new edition is a new `CodeList` with its own dates.
`[R]` in `edition` marks a list that was recalled and not yet checked against its standard.
"""

from schema.codes.lists import (
    ALERT_OUTCOME,
    ALERT_STATUS,
    ASSISTANCE_CATEGORY,
    BAND,
    CERTIFICATE_STATUS,
    CODE_LISTS,
    DISABILITY_CATEGORY,
    DISABILITY_LEVEL,
    ENROLMENT_STATUS,
    ETHNIC_GROUP,
    INSURANCE_SCHEME,
    PERSON_STATUS,
    REGION,
    RELATION,
    SELF_PAID_BAND,
    SEX,
    VISIT_TYPE,
)
from schema.codes.model import Code, CodeList

__all__ = [
    "ALERT_OUTCOME",
    "ALERT_STATUS",
    "ASSISTANCE_CATEGORY",
    "BAND",
    "CERTIFICATE_STATUS",
    "CODE_LISTS",
    "DISABILITY_CATEGORY",
    "DISABILITY_LEVEL",
    "ENROLMENT_STATUS",
    "ETHNIC_GROUP",
    "INSURANCE_SCHEME",
    "PERSON_STATUS",
    "REGION",
    "RELATION",
    "SELF_PAID_BAND",
    "SEX",
    "VISIT_TYPE",
    "Code",
    "CodeList",
]
