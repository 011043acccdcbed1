"""Writes what the city's exchange can tell of real estate: of those whom civil affairs lists."""

import json
from collections.abc import Sequence
from random import Random
from typing import Final

from hub.demo import belongings as b
from hub.demo.lives import MemberLife
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, day
from hub.demo.sources.sinks import TOKEN_FILE, new_token
from hub.demo.truth import Fault, PersonTruth
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "natural-resources"
ANSWERS_FILE: Final = "answers.jsonl"
_ESTATE: Final = "real_estate"
_RESOURCE: Final = "EX_BDCXX"
_SILENT_RATE: Final = 0.02
_POLL_S: Final = 0.05
_USES: Final = {"dwelling": "住宅", "commercial": "商业", "parking": "车位", "other": "其他"}
_STATUSES: Final = {"current": "现势", "sealed-off": "查封", "historical": "历史"}


class EstateWriter:
    """Writes the exchange's answers; owns the file. Nobody else is ever asked about."""

    def __init__(self, shop: Workshop) -> None:
        new_token(shop.folder)
        self._file = (shop.folder / ANSWERS_FILE).open("w", encoding="utf-8")
        self._pen = Pen(Random(f"{DEPARTMENT} {shop.seed}"), shop.today)

    def add(self, life: MemberLife, truth: PersonTruth) -> None:
        """Write the answer about an applicant on civil affairs' list who has real estate."""
        estates, applicant = life.housing.estates, life.house.applicant
        is_asked = life.house.listed is not None and applicant == life.person.number
        if not estates or not is_asked:
            return
        for estate in estates:
            truth.add(_ESTATE, estate.key)
        silent = truth.is_open_to_faults and self._pen.rng.random() < _SILENT_RATE
        if silent:
            self._silence(estates, truth)
        rows = [] if silent else [self._row(estate, life.person) for estate in estates]
        for _ in rows or estates[:1]:  # that nobody answered is told once
            truth.row(_ESTATE)
        answer = {
            "number": applicant,
            "resources": {_RESOURCE: rows},
            "silent": [_RESOURCE] if silent else [],
        }
        self._file.write(json.dumps(answer, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _silence(self, estates: Sequence[b.RealEstate], truth: PersonTruth) -> None:
        """Note that the exchange does not answer: one report, and every record is lost."""
        truth.plant(DEPARTMENT, _ESTATE, estates[0].key, Fault.SOURCE_SILENT)
        truth.lost.update((_ESTATE, estate.key) for estate in estates)

    def _row(self, estate: b.RealEstate, person: Person) -> dict[str, str | None]:
        return {
            "权利人证件号": person.number,
            "权利人": person.name,
            "不动产权证号": estate.key,
            "不动产单元号": estate.unit_number,
            "共有份额": str(estate.share_percent),
            "坐落": estate.address,
            "用途": _USES[estate.use],
            "面积": str(estate.area_sqm),
            "登记日期": day(estate.registered_on),
            "是否抵押": "1" if estate.mortgaged else "0",
            "登记状态": _STATUSES[estate.status],
            "更新时间": self._pen.moment(estate.registered_on),
        }


def start(running: Running) -> dict[str, str]:
    """Run the city's exchange; return where it is, who we are to it, and whom we ask about."""
    address = running.serve("hub.demo.systems.exchange", "--data", running.folder)
    return {
        "url": address,
        "token_file": str(running.folder / TOKEN_FILE),
        "roster": str(running.folder.parent / "monitoring_list.csv"),
        "region": "420106001000",
        "unit": "武昌区民政局",
        "poll_s": str(_POLL_S),
    }


SOURCE: Final = Source(DEPARTMENT, "natural_resources", EstateWriter, start)
