"""The words of notification and commitment: states, verdicts, who signed [D].

`scoring.credit` has the same words as the states and verdicts of its rules; a test compares them.
"""

from datetime import date
from typing import Final

from schema.codes.model import Code, CodeList

_EDITION: Final = "hub 2026-07"
_FROM: Final = date(2026, 7, 1)

CREDIT_STATE: Final = CodeList(
    name="credit_state",
    standard="states of a commitment",
    edition=_EDITION,
    valid_from=_FROM,
    codes=(
        Code("notified", "已告知", "notice given"),
        Code("committed", "已承诺", "committed"),
        Code("verified", "已核对", "verified"),
        Code("confirmed-simplified", "已简化确认", "confirmed on the simplified path"),
        Code("pushed", "已推送", "receivers have acknowledged"),
        Code("supervised", "事后监管", "supervised while the benefit runs"),
        Code("determined", "已认定履行", "performance determined"),
        Code("fallback-normal", "转一般程序", "goes on by the normal procedure"),
    ),
)
CREDIT_GRADE: Final = CodeList(
    name="credit_grade",
    standard="whether declared and found are basically consistent",
    edition=_EDITION,
    valid_from=_FROM,
    codes=(
        Code("consistent", "基本一致", "basically consistent"),
        Code("different", "有较大差异", "materially different"),
        Code("undecided", "无法判定", "a source did not answer"),
    ),
)
SIGNED_BY: Final = CodeList(
    name="signed_by",
    standard="who signed an authorisation",
    edition=_EDITION,
    valid_from=_FROM,
    codes=(
        Code("self", "本人", "the person"),
        Code("guardian", "监护人", "a guardian"),
    ),
)
CREDIT_LISTS: Final = (CREDIT_STATE, CREDIT_GRADE, SIGNED_BY)
