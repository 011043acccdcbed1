"""Hand-made records of departments, and a connector that gives them page by page."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

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
