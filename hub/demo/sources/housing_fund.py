"""Writes the housing fund's CSV drop in UTF-16: every account as it stood on a day."""

from typing import Final

from hub.demo import belongings as b
from hub.demo.lives import MemberLife
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day, yuan
from hub.demo.sources.sinks import CsvSink, Drop
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "housing-fund"
_ACCOUNT: Final = "housing_fund_account"
_HEADER: Final = (
    *("个人账号", "姓名", "证件号码", "账户状态", "缴存基数"),
    *("月缴存额", "账户余额", "近12月提取额", "统计日期"),
)
_STATUSES: Final = {"normal": "正常", "frozen": "封存", "closed": "销户"}


def _accounts(life: MemberLife) -> tuple[b.HousingFund, ...]:
    found = life.housing.fund
    return () if found is None else (found,)


def _account(record: b.HousingFund, person: Person, pen: Pen) -> Words:
    del pen
    return {
        "个人账号": record.key,
        "姓名": person.name,
        "证件号码": person.number,
        "账户状态": _STATUSES[record.status],
        "缴存基数": yuan(record.base_cents),
        "月缴存额": yuan(record.monthly_cents),
        "账户余额": yuan(record.balance_cents),
        "近12月提取额": yuan(record.withdrawn_cents),
        "统计日期": day(record.stated_on, "%Y%m%d"),
    }


_TRANSLATIONS: Final = (
    Translation(
        _ACCOUNT,
        _accounts,
        _account,
        "证件号码",
        (
            (Fault.UNKNOWN_CODE, "账户状态", "冻结"),
            (Fault.NEGATIVE_AMOUNT, "账户余额", "-1.00"),
        ),
    ),
)


def _writer(shop: Workshop) -> Scribe:
    drop = Drop(f"gjj_{shop.today:%Y%m%d}.csv", _HEADER)
    return Scribe(
        shop, DEPARTMENT, _TRANSLATIONS, CsvSink(shop.folder, {_ACCOUNT: drop}, "utf-16-le")
    )


def start(running: Running) -> dict[str, str]:
    """Return where the drop lies; nothing has to run."""
    return {"folder": str(running.folder)}


SOURCE: Final = Source(DEPARTMENT, "housing_fund", _writer, start)
