"""Writes the population register's change feed, one JSON object a line.

First every resident once, then what changed since: moves, corrections, removals, and the
changes that reached the feed broken. A broken change follows a good one of the same
person, so the person is known all the same.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final, TextIO

from hub.demo import names
from hub.demo.lives import MemberLife
from hub.demo.people import HEAD, Person, Plot
from hub.demo.sources.disguise import miswritten, written
from hub.demo.sources.registers import registers_writer, start_registers
from hub.demo.truth import Fault, PersonTruth
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "public-security"
DATASET: Final = "population"
FEED_FILE: Final = "changes.jsonl"
TOKEN_FILE: Final = "token"  # noqa: S105 - the name of a file

_BROKEN: Final = (
    Fault.WRONG_CHECK_DIGIT,
    Fault.NUMBER_MISSING,
    Fault.NAME_MISSING,
    Fault.HOUSEHOLD_MISSING,
    Fault.IMPOSSIBLE_DATE,
    Fault.FUTURE_DATE,
    Fault.UNKNOWN_CODE,
)
_RATES: Final = (
    (Fault.EXACT_DUPLICATE, 0.006),
    (Fault.STALE_ROW, 0.006),
    (Fault.CORRECTION, 0.012),
    (Fault.TAKEN_BACK, 0.03),
)
_BROKEN_RATE: Final = 0.014
_OLD: Final = 70

Item = dict[str, str | None]


class RegisterWriter:
    """Writes the feed; owns the file and the changes that are still to come."""

    def __init__(self, shop: Workshop) -> None:
        new_token(shop.folder / TOKEN_FILE)
        self._file: TextIO = (shop.folder / FEED_FILE).open("w", encoding="utf-8")
        self._rng = Random(f"register {shop.seed}")
        self._today = shop.today
        self._rows = shop.truth.row
        self._sequence = 0
        self._later: list[Item] = []

    def add(self, life: MemberLife, truth: PersonTruth) -> None:
        """Write one resident, and decide what happens to it later."""
        person = life.person
        truth.add(DATASET, person.key)
        item = self._item(person)
        if truth.household.listed is not None:
            number = item["公民身份号码"] or ""
            item["公民身份号码"], fault = written(self._rng, number, person.birth_date)
            if fault is not None:
                truth.plant(DEPARTMENT, DATASET, person.key, fault)
        self._write(item)
        if person.events:
            self._later.extend(turns_of(person, item, self._moment))
        elif truth.household.listed is not None and truth.household.label is None:
            self._happen(truth, item)

    def close(self) -> None:
        """Write the later changes behind all residents and close the file."""
        for item in self._later:
            self._write(item)
        self._file.close()

    def _happen(self, truth: PersonTruth, item: Item) -> None:
        roll = self._rng.random()
        for fault, rate in _RATES:
            if roll < rate:
                self._change(fault, truth, item)
                return
            roll -= rate
        if roll < _BROKEN_RATE:
            fault = self._rng.choice(_BROKEN)
            self._later.append(self._broken(fault, truth.person, item))
            truth.note(DEPARTMENT, DATASET, truth.person.key, fault)

    def _change(self, fault: Fault, truth: PersonTruth, item: Item) -> None:
        match fault:
            case Fault.EXACT_DUPLICATE:
                self._later.append(dict(item))
            case Fault.TAKEN_BACK if self._may_go(truth):
                gone = self._moved(item, days_ago=3, phone=item["联系电话"])
                self._later.append({**gone, "操作": "注销", "人员状态": "注销"})
                truth.removed = True
            case Fault.TAKEN_BACK:
                return
            case _:
                truth.phone = names.phone(self._rng)
                self._later.append(self._moved(item, days_ago=5, phone=truth.phone))
                if fault is Fault.STALE_ROW:
                    old = self._moved(item, days_ago=12, phone=names.phone(self._rng))
                    self._later.append(old)
        truth.plant(DEPARTMENT, DATASET, truth.person.key, fault)

    def _may_go(self, truth: PersonTruth) -> bool:
        person, ordinary = truth.person, truth.household.plot is Plot.ORDINARY
        return person.relation != HEAD and ordinary and person.age(self._today) >= _OLD

    def _broken(self, fault: Fault, person: Person, item: Item) -> Item:
        broken = self._moved(item, days_ago=4, phone=names.phone(self._rng))
        match fault:
            case Fault.WRONG_CHECK_DIGIT:
                broken["公民身份号码"] = miswritten(self._rng, person.number)
            case Fault.NUMBER_MISSING:
                broken["公民身份号码"] = None
            case Fault.NAME_MISSING:
                broken["姓名"] = "  "
            case Fault.HOUSEHOLD_MISSING:
                broken["户号"] = ""
            case Fault.IMPOSSIBLE_DATE:
                broken["出生日期"] = f"{person.birth_date.year}0231"
            case Fault.FUTURE_DATE:
                broken["变更日期"] = f"{self._today + timedelta(days=400):%Y%m%d}"
            case _:
                broken["与户主关系"] = "A7"
        return broken

    def _item(self, person: Person) -> Item:
        first = person.stays[0]
        updated = first.since
        if not person.events:
            earliest = max(first.since, self._today - timedelta(days=400))
            span = (self._today - timedelta(days=30) - earliest).days
            updated = earliest + timedelta(days=self._rng.randint(0, max(span, 0)))
        return {
            "操作": "新增",
            "人员编号": person.key,
            "公民身份号码": person.former_number or person.number,
            "姓名": person.name,
            "性别": "男" if person.male else "女",
            "民族": person.ethnic_group,
            "出生日期": f"{person.birth_date:%Y%m%d}",
            "户号": first.household,
            "与户主关系": first.relation,
            "户籍地址": first.address,
            "联系电话": person.phone,
            "行政区划": first.region,
            "人员状态": "正常",
            "变更日期": f"{first.since:%Y%m%d}",
            "更新时间": self._moment(updated),
        }

    def _moved(self, item: Item, *, days_ago: int, phone: str | None) -> Item:
        day = self._today - timedelta(days=days_ago)
        return {**changed(item, day, self._moment(day)), "联系电话": phone}

    def _moment(self, day: date) -> str:
        rng = self._rng
        clock = f"{rng.randint(8, 17):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}"
        return f"{day:%Y-%m-%d} {clock}"

    def _write(self, item: Item) -> None:
        self._sequence += 1
        line = json.dumps({"序号": self._sequence, **item}, ensure_ascii=False)
        self._file.write(line + "\n")
        self._rows(DATASET)


def turns_of(person: Person, item: Item, moment: Callable[[date], str]) -> Iterator[Item]:
    """Yield what the register wrote after `item`: moves, a new number, a death, by their days."""
    steps: list[tuple[date, Item]] = [
        (
            stay.since,
            {
                "户号": stay.household,
                "与户主关系": stay.relation,
                "户籍地址": stay.address,
                "行政区划": stay.region,
            },
        )
        for stay in person.stays[1:]
    ]
    if person.reissued_on is not None:
        steps.append((person.reissued_on, {"公民身份号码": person.number}))
    if person.death_registered_on is not None:
        steps.append((person.death_registered_on, {"人员状态": "死亡"}))
    for day, words in sorted(steps, key=lambda step: step[0]):
        item = {**changed(item, day, moment(day)), **words}
        yield item


def changed(item: Item, day: date, moment: str) -> Item:
    """Return the item as a change of `day`."""
    return {**item, "操作": "变更", "变更日期": f"{day:%Y%m%d}", "更新时间": moment}


def new_token(path: Path) -> None:
    """Write a new credential that only its owner may read; it is random, not from the seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(secrets.token_urlsafe(32), encoding="ascii")


def start(running: Running) -> dict[str, str]:
    """Run the register's server; return where its feed is and who we are to it."""
    address = running.serve("hub.demo.systems.register", "--data", running.folder)
    return {
        "url": f"{address}/v1/residents/changes",
        "token_file": str(running.folder / TOKEN_FILE),
        **start_registers(running),
    }


class _Office:
    """Public security as a whole: the register of people, and the registers beside it."""

    def __init__(self, shop: Workshop) -> None:
        self._register = RegisterWriter(shop)
        self._others = registers_writer(shop)

    def add(self, life: MemberLife, truth: PersonTruth) -> None:
        """Write one person into every register."""
        self._register.add(life, truth)
        self._others.add(life, truth)

    def close(self) -> None:
        """Close every register."""
        self._register.close()
        self._others.close()


SOURCE: Final = Source(DEPARTMENT, "register", _Office, start)
