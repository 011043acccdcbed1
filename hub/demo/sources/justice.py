"""Writes the judicial authorities' feed: one status of every adult."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from hub.demo import records as r
from hub.demo.lives import MemberLife
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day
from hub.demo.sources.sinks import TOKEN_FILE, FeedSink
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "justice"
_STATUS: Final = "justice_status"
_ADULT: Final = 18
_MARKS: Final = {True: "1", False: "0"}


def _status(record: r.JusticeStatus, person: Person, pen: Pen) -> Words:
    in_prison = record.prison_from is not None and record.prison_to is None
    ended = record.correction_to is not None and record.correction_to < pen.today
    in_correction = record.correction_from is not None and not ended
    return {
        "编号": record.key,
        "身份证号": person.number,
        "姓名": person.name,
        "在押": _MARKS[in_prison],
        "入监日期": day(record.prison_from),
        "出监日期": day(record.prison_to),
        "矫正": _MARKS[in_correction],
        "矫正起始": day(record.correction_from),
        "矫正终止": day(record.correction_to),
        "失信": _MARKS[record.dishonest_debtor],
        "司法救助": _MARKS[record.judicial_aid],
        "登记日期": day(record.since),
        "更新时间": pen.moment(record.since),
    }


def _statuses(today: date) -> Callable[[MemberLife], Sequence[r.JusticeStatus]]:
    """Return what gives every adult one status: that a row is there tells an age, no more."""

    def found(life: MemberLife) -> Sequence[r.JusticeStatus]:
        known, person = life.justice, life.person
        if known is not None:
            return (known,)
        if person.age(today) < _ADULT:
            return ()
        nothing = (None, None, None, None)
        key, since = f"SF{person.slot}", person.registered_on
        return (r.JusticeStatus(key, since, *nothing, dishonest_debtor=False, judicial_aid=False),)

    return found


def _writer(shop: Workshop) -> Scribe:
    translations: Sequence[Translation[Any]] = (
        Translation(
            _STATUS,
            _statuses(shop.today),
            _status,
            "身份证号",
            ((Fault.UNKNOWN_CODE, "失信", "?"),),
        ),
    )
    sink = FeedSink(shop.folder, [_STATUS])
    return Scribe(shop, DEPARTMENT, translations, sink, rate=0.004)


def start(running: Running) -> dict[str, str]:
    """Run the authorities' server; return where the feed is and who we are to it."""
    address = running.serve("hub.demo.systems.feeds", "--data", running.folder)
    return {
        "url": f"{address}/v1/{_STATUS}/changes",
        "token_file": str(running.folder / TOKEN_FILE),
    }


SOURCE: Final = Source(DEPARTMENT, "justice", _writer, start)
