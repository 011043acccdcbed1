"""Writes the agriculture bureau's workbook: machinery, land, subsidies, the relapse list."""

from typing import Final

from hub.demo import belongings as b
from hub.demo.lives import MemberLife
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day, yuan
from hub.demo.sources.sinks import BookSink, Drop
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "agriculture"
_MACHINE, _LAND = "farm_machinery", "land_contract"
_SUBSIDY, _RELAPSE = "farm_subsidy", "relapse_monitoring"
_SHEETS: Final = {
    _MACHINE: Drop(
        "农机", ("农机号", "姓名", "身份证号", "农机类型", "价值区间", "登记日期", "更新时间")
    ),
    _LAND: Drop(
        "承包地", ("合同编号", "姓名", "身份证号", "面积亩", "起始日期", "终止日期", "更新时间")
    ),
    _SUBSIDY: Drop(
        "补贴", ("补贴编号", "姓名", "身份证号", "项目", "金额", "发放日期", "更新时间")
    ),
    _RELAPSE: Drop(
        "监测对象", ("监测编号", "姓名", "身份证号", "类别", "识别日期", "风险消除", "更新时间")
    ),
}
_LISTS: Final = {
    "unstable": "脱贫不稳定户",
    "marginal": "边缘易致贫户",
    "sudden": "突发严重困难户",
}
_MU_BY_SQM: Final = 0.0015


def _who(key: str, record_key: str, person: Person) -> Words:
    return {key: record_key, "姓名": person.name, "身份证号": person.number}


def _machine(record: b.FarmMachine, person: Person, pen: Pen) -> Words:
    return {
        **_who("农机号", record.key, person),
        "农机类型": record.machine_type,
        "价值区间": record.value_band,
        "登记日期": day(record.registered_on),
        "更新时间": pen.moment(record.registered_on),
    }


def _land(record: b.LandContract, person: Person, pen: Pen) -> Words:
    return {
        **_who("合同编号", record.key, person),
        "面积亩": f"{record.area_sqm * _MU_BY_SQM:.2f}",
        "起始日期": day(record.start),
        "终止日期": day(record.end),
        "更新时间": pen.moment(record.start),
    }


def _subsidy(record: b.FarmSubsidy, person: Person, pen: Pen) -> Words:
    return {
        **_who("补贴编号", record.key, person),
        "项目": record.item,
        "金额": yuan(record.amount_cents),
        "发放日期": day(record.paid_on),
        "更新时间": pen.moment(record.paid_on),
    }


def _relapse(record: b.RelapseListing, person: Person, pen: Pen) -> Words:
    return {
        **_who("监测编号", record.key, person),
        "类别": _LISTS[record.kind],
        "识别日期": day(record.listed_on),
        "风险消除": "是" if record.risk_gone else "否",
        "更新时间": pen.moment(record.listed_on),
    }


def _listings(life: MemberLife) -> tuple[b.RelapseListing, ...]:
    found = life.countryside.relapse
    return () if found is None else (found,)


_TRANSLATIONS: Final = (
    Translation(
        _MACHINE,
        lambda life: life.countryside.machines,
        _machine,
        "身份证号",
        ((Fault.UNKNOWN_CODE, "价值区间", "9"),),
    ),
    Translation(
        _LAND,
        lambda life: life.countryside.land,
        _land,
        "身份证号",
        ((Fault.DATES_REVERSED, "终止日期", "1990-01-01"),),
    ),
    Translation(
        _SUBSIDY,
        lambda life: life.countryside.subsidies,
        _subsidy,
        "身份证号",
        ((Fault.NEGATIVE_AMOUNT, "金额", "-1"),),
    ),
    Translation(
        _RELAPSE, _listings, _relapse, "身份证号", ((Fault.UNKNOWN_CODE, "类别", "一般户"),)
    ),
)


def _writer(shop: Workshop) -> Scribe:
    book = BookSink(shop.folder, f"nongye_{shop.today:%Y%m%d}.xlsx", _SHEETS, made=shop.today)
    return Scribe(shop, DEPARTMENT, _TRANSLATIONS, book)


def start(running: Running) -> dict[str, str]:
    """Return where the workbook lies; nothing has to run."""
    return {"folder": str(running.folder)}


SOURCE: Final = Source(DEPARTMENT, "agriculture", _writer, start)
