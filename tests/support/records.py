"""Hand-made records of departments, and a connector that gives them page by page."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from connectors.department import Department
from connectors.protocol import Page, SourceRecord

FIRST, SECOND, THIRD = "690106197903150012", "69010619590108004X", "690106201109020025"
AT = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class ListConnector:
    """Gives the records it holds, some on a page; the cursor counts them."""

    department: str
    records: list[SourceRecord] = field(default_factory=list)
    size: int = 100

    async def pull(self, cursor):
        start = int(cursor or 0)
        while start < len(self.records):
            end = min(start + self.size, len(self.records))
            yield Page(tuple(self.records[start:end]), (), str(end))
            start = end


def residents_only(public_security: Department) -> Department:
    """Return public security as a plain register: who there is, and nothing else about anybody.

    It is read once, because it is silent about nobody.
    """
    return replace(public_security, mappings={"population": public_security.mappings["population"]})


def resident(key="R1", number=FIRST, *, at=AT, deleted=False, **words):
    """Return a record of the population register."""
    said = {
        "公民身份号码": number,
        "姓名": "甲一",
        "性别": "男",
        "出生日期": number[6:14],
        "民族": "01",
        "户号": "H1",
        "与户主关系": "02",
        "户籍地址": "示范路1号",
        "联系电话": "12900000001",
        "行政区划": "420106001001",
        "人员状态": "正常",
        "变更日期": "20200301",
        **words,
    }
    return SourceRecord("public-security", "population", key, said, f"row {key}", at, deleted)


def enrolment(key="E1", number=FIRST, *, at=AT, deleted=False, **words):
    """Return a record of medical insurance's table of enrolments."""
    said = {
        "GRBH": key,
        "SFZH": number,
        "XM": "甲一",
        "CSRQ": f"{number[6:10]}-{number[10:12]}-{number[12:14]}",
        "XZLX": "390",
        "CBZT": "1",
        "SFZZ": "0",
        "KSRQ": "2021-01-01",
        "JSRQ": None,
        **words,
    }
    place = f"row {key}"
    return SourceRecord("medical-insurance", "medical_enrolment", key, said, place, at, deleted)


def settlement(key="B1", number=FIRST, *, at=AT, deleted=False, **words):
    """Return a record of medical insurance's table of settlements."""
    said = {
        "JSLSH": key,
        "SFZH": number,
        "XM": "甲一",
        "YLLB": "21",
        "RYRQ": "2026-10-11",
        "CYRQ": "2026-10-19",
        "JSRQ": "2026-10-19",
        "ZFY": "9000.00",
        "TCZF": "5000.00",
        "GRZF": "4000.00",
        "DBBZ": "0",
        **words,
    }
    place = f"row {key}"
    return SourceRecord("medical-insurance", "medical_settlement", key, said, place, at, deleted)


def certificate(key="69010619790315001244", number=FIRST, *, at=AT, deleted=False, **words):
    """Return a record of the Disabled Persons' Federation's drops."""
    said = {
        "姓名": "甲一",
        "身份证号": number,
        "残疾人证号": key,
        "残疾类别": "4",
        "残疾等级": "4",
        "发证日期": "20260813",
        "证件状态": "有效",
        "更新日期": "20260820",
        **words,
    }
    place = f"row {key}"
    return SourceRecord(
        "disabled-federation", "disability_certificate", key, said, place, at, deleted
    )
