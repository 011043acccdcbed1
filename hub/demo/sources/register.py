"""Writes the population register's change feed, one JSON object a line.

First every resident once, then what changed since: moves, corrections, removals, and the
changes that reached the feed broken. A broken change follows a good one of the same
person, so the person is known all the same.
"""

import json
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final, TextIO

from hub.demo import names
from hub.demo.people import HEAD, Household, Person
from hub.demo.sources.disguise import miswritten, written
from hub.demo.truth import Fault, PersonTruth, Planted, TruthFile

DEPARTMENT: Final = "public-security"
DATASET: Final = "population"
FEED_FILE: Final = "changes.jsonl"

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
    """Writes the feed into `folder`; owns the file and the changes that are still to come."""

    def __init__(self, folder: Path, *, seed: int, today: date, truth: TruthFile) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = (folder / FEED_FILE).open("w", encoding="utf-8")
        self._rng = Random(f"register {seed}")
        self._today = today
        self._truth = truth
        self._sequence = 0
        self._later: list[Item] = []

    def add(self, house: Household, truth: PersonTruth) -> None:
        """Write one resident, and decide what happens to it later."""
        person = truth.person
        truth.add(DATASET, person.key)
        item = self._item(house, person)
        if house.listed is not None:
            item["公民身份号码"], fault = written(self._rng, person.number, person.birth_date)
            self._note(person, fault)
        self._write(item)
        if house.listed is not None and house.label is None:
            self._happen(house, truth, item)

    def close(self) -> None:
        """Write the later changes behind all residents and close the file."""
        for item in self._later:
            self._write(item)
        self._file.close()

    def _happen(self, house: Household, truth: PersonTruth, item: Item) -> None:
        roll = self._rng.random()
        for fault, rate in _RATES:
            if roll < rate:
                self._change(fault, house, truth, item)
                return
            roll -= rate
        if roll < _BROKEN_RATE:
            fault = self._rng.choice(_BROKEN)
            self._later.append(self._broken(fault, truth.person, item))
            self._note(truth.person, fault)

    def _change(self, fault: Fault, house: Household, truth: PersonTruth, item: Item) -> None:
        match fault:
            case Fault.EXACT_DUPLICATE:
                self._later.append(dict(item))
            case Fault.TAKEN_BACK if self._may_go(house, truth.person):
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
        self._note(truth.person, fault)

    def _may_go(self, house: Household, person: Person) -> bool:
        return person.relation != HEAD and not house.struggling and person.age(self._today) >= _OLD

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

    def _item(self, house: Household, person: Person) -> Item:
        earliest = max(person.registered_on, self._today - timedelta(days=400))
        span = (self._today - timedelta(days=30) - earliest).days
        updated = earliest + timedelta(days=self._rng.randint(0, max(span, 0)))
        return {
            "操作": "新增",
            "人员编号": person.key,
            "公民身份号码": person.number,
            "姓名": person.name,
            "性别": "男" if person.male else "女",
            "民族": person.ethnic_group,
            "出生日期": f"{person.birth_date:%Y%m%d}",
            "户号": house.number,
            "与户主关系": person.relation,
            "户籍地址": house.address,
            "联系电话": person.phone,
            "行政区划": house.region,
            "人员状态": "正常",
            "变更日期": f"{person.registered_on:%Y%m%d}",
            "更新时间": self._moment(updated),
        }

    def _moved(self, item: Item, *, days_ago: int, phone: str | None) -> Item:
        day = self._today - timedelta(days=days_ago)
        return {
            **item,
            "操作": "变更",
            "联系电话": phone,
            "变更日期": f"{day:%Y%m%d}",
            "更新时间": self._moment(day),
        }

    def _moment(self, day: date) -> str:
        rng = self._rng
        clock = f"{rng.randint(8, 17):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}"
        return f"{day:%Y-%m-%d} {clock}"

    def _write(self, item: Item) -> None:
        self._sequence += 1
        line = json.dumps({"序号": self._sequence, **item}, ensure_ascii=False)
        self._file.write(line + "\n")
        self._truth.row(DATASET)

    def _note(self, person: Person, fault: Fault | None) -> None:
        if fault is not None:
            self._truth.planted(Planted(DEPARTMENT, DATASET, person.key, fault))
