"""What purposes are called, in Chinese and in English."""

from collections.abc import Mapping
from typing import Final

from hub.access.model import Purpose

PURPOSES: Final[Mapping[Purpose, tuple[str, str]]] = {
    Purpose.VERIFY: ("申请核对", "verifying an authorised application"),
    Purpose.REVIEW: ("在享复核", "review while in benefit"),
    Purpose.WARN: ("监测预警", "early warning"),
    Purpose.CASE: ("走访与帮扶", "visit and services"),
    Purpose.PUSH: ("认定结果推送", "recognition results"),
    Purpose.CREDIT: ("信用承诺", "commitments and credit"),
    Purpose.AUDIT: ("审计", "audit"),
    Purpose.STAT: ("统计", "statistics"),
    Purpose.SHARE: ("共享管理", "sharing agreements"),
    Purpose.TRANSPARENCY: ("本人查询", "a person's own look at who read their data"),
}
