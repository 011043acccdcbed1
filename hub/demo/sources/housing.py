"""Writes the housing bureau's CSV drops in UTF-8 with a byte-order mark."""

from typing import Final

from hub.demo import belongings as b
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day, yuan
from hub.demo.sources.sinks import CsvSink, Drop
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "housing"
_RENTAL, _SUBSIDY = "public_rental", "housing_subsidy"
_FILING, _DANGEROUS = "purchase_filing", "dangerous_housing"
_HEAD: Final = ("编号", "姓名", "身份证号", "状态")
_DROPS: Final = {
    _RENTAL: ("gongzu", ("地址", "面积", "月租金", "合同起", "合同止", "更新时间")),
    _SUBSIDY: ("butie", ("月补贴", "起始日期", "终止日期", "更新时间")),
    _FILING: ("beian", ("地址", "面积", "合同日期", "更新时间")),
    _DANGEROUS: ("weifang", ("地址", "鉴定等级", "鉴定日期", "更新时间")),
}
_GONE: Final = ("状态", "撤销")


def _who(key: str, person: Person) -> Words:
    return {"编号": key, "姓名": person.name, "身份证号": person.number, "状态": "正常"}


def _rental(record: b.PublicRental, person: Person, pen: Pen) -> Words:
    return {
        **_who(record.key, person),
        "地址": record.address,
        "面积": str(record.area_sqm),
        "月租金": yuan(record.rent_cents),
        "合同起": day(record.contract_from),
        "合同止": day(record.contract_to),
        "更新时间": pen.moment(record.contract_from),
    }


def _subsidy(record: b.HousingSubsidy, person: Person, pen: Pen) -> Words:
    return {
        **_who(record.key, person),
        "月补贴": yuan(record.monthly_cents),
        "起始日期": day(record.start),
        "终止日期": day(record.end),
        "更新时间": pen.moment(record.start),
    }


def _filing(record: b.PurchaseFiling, person: Person, pen: Pen) -> Words:
    return {
        **_who(record.key, person),
        "地址": record.address,
        "面积": str(record.area_sqm),
        "合同日期": day(record.contract_date),
        "更新时间": pen.moment(record.contract_date),
    }


def _dangerous(record: b.DangerousHousing, person: Person, pen: Pen) -> Words:
    return {
        **_who(record.key, person),
        "地址": record.address,
        "鉴定等级": record.grade,
        "鉴定日期": day(record.appraised_on),
        "更新时间": pen.moment(record.appraised_on),
    }


_TRANSLATIONS: Final = (
    Translation(
        _RENTAL,
        lambda life: life.housing.rentals,
        _rental,
        "身份证号",
        ((Fault.NEGATIVE_AMOUNT, "月租金", "-1"), (Fault.DATES_REVERSED, "合同止", "1990-01-01")),
        _GONE,
    ),
    Translation(
        _SUBSIDY,
        lambda life: life.housing.subsidies,
        _subsidy,
        "身份证号",
        ((Fault.IMPOSSIBLE_DATE, "起始日期", "2026-02-30"),),
        _GONE,
    ),
    Translation(
        _FILING,
        lambda life: life.housing.purchases,
        _filing,
        "身份证号",
        ((Fault.IMPOSSIBLE_DATE, "合同日期", "2026-02-30"),),
        _GONE,
    ),
    Translation(
        _DANGEROUS,
        lambda life: life.housing.dangerous,
        _dangerous,
        "身份证号",
        ((Fault.UNKNOWN_CODE, "鉴定等级", "E"),),
        _GONE,
    ),
)


def _writer(shop: Workshop) -> Scribe:
    drops = {
        dataset: Drop(f"{name}_{shop.today:%Y%m%d}.csv", (*_HEAD, *more))
        for dataset, (name, more) in _DROPS.items()
    }
    return Scribe(shop, DEPARTMENT, _TRANSLATIONS, CsvSink(shop.folder, drops, "utf-8-sig"))


def start(running: Running) -> dict[str, str]:
    """Return where the drops lie; nothing has to run."""
    return {"folder": str(running.folder)}


SOURCE: Final = Source(DEPARTMENT, "housing", _writer, start)
