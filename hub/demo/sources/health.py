"""Writes the health commission's feeds: births, deaths, one status of everybody."""

from typing import Final

from hub.demo import records as r
from hub.demo.lives import MemberLife
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day, some
from hub.demo.sources.sinks import TOKEN_FILE, FeedSink
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "health"
_BIRTH, _DEATH, _STATUS = "birth_certificate", "death_certificate", "health_status"
_NUMBER: Final = "身份证号"


def _who(person: Person) -> Words:
    return {"操作": "新增", "身份证号": person.number, "姓名": person.name}


def _birth(record: r.BirthCertificate, person: Person, pen: Pen) -> Words:
    return {
        **_who(person),
        "出生证编号": record.key,
        "出生日期": day(record.born_on),
        "接生机构": record.place,
        "更新时间": pen.moment(record.born_on),
    }


def _death(record: r.DeathCertificate, person: Person, pen: Pen) -> Words:
    return {
        **_who(person),
        "死亡证编号": record.key,
        "死亡日期": day(record.died_on),
        "更新时间": pen.moment(record.died_on),
    }


def _status(record: r.HealthStatus, person: Person, pen: Pen) -> Words:
    return {
        **_who(person),
        "档案号": record.key,
        "疾病编码": record.icd10,
        "确诊日期": day(record.since) if record.listed else None,
        "严重精神障碍": "1" if record.severe_mental_disorder else "0",
        "登记日期": day(record.since),
        "更新时间": pen.moment(record.since),
    }


def _statuses(life: MemberLife) -> tuple[r.HealthStatus, ...]:
    """Return one status of everybody: that a row is there says nothing."""
    known, person = life.health.status, life.person
    if known is not None:
        return (known,)
    key, since = f"DB{person.slot}", person.registered_on
    return (r.HealthStatus(key, "none", None, since, severe_mental_disorder=False),)


_TRANSLATIONS: Final = (
    Translation(
        _BIRTH,
        lambda life: some(life.health.birth),
        _birth,
        _NUMBER,
        ((Fault.IMPOSSIBLE_DATE, "出生日期", "2020-13-01"),),
    ),
    Translation(
        _DEATH,
        lambda life: some(life.health.death),
        _death,
        _NUMBER,
        ((Fault.IMPOSSIBLE_DATE, "死亡日期", "2026-02-30"),),
        ("操作", "作废"),
    ),
    Translation(_STATUS, _statuses, _status, _NUMBER, ((Fault.UNKNOWN_CODE, "疾病编码", "不详"),)),
)


def _writer(shop: Workshop) -> Scribe:
    sink = FeedSink(shop.folder, [_BIRTH, _DEATH, _STATUS])
    return Scribe(shop, DEPARTMENT, _TRANSLATIONS, sink, rate=0.004)


def start(running: Running) -> dict[str, str]:
    """Run the commission's server; return where its feeds are and who we are to it."""
    address = running.serve("hub.demo.systems.feeds", "--data", running.folder)
    return {"url": f"{address}/v1", "token_file": str(running.folder / TOKEN_FILE)}


SOURCE: Final = Source(DEPARTMENT, "health", _writer, start)
