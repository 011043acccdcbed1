"""Writes the federation's two CSV drops in GB18030: all certificates, then what changed."""

from datetime import timedelta
from random import Random
from typing import Final

from hub.demo.health import Certificate
from hub.demo.lives import MemberLife
from hub.demo.people import Person
from hub.demo.sources.disguise import miswritten, written
from hub.demo.truth import Fault, PersonTruth
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "disabled-federation"
DATASET: Final = "disability_certificate"
HEADER: Final = "操作,姓名,身份证号,残疾人证号,残疾类别,残疾等级,发证日期,证件状态,更新日期"

_OWN_NUMBERS: Final = {"1": "6", "2": "2", "3": "3", "4": "4", "5": "5", "6": "7", "7": "8"}
"""GB/T 26341 to the federation's own numbering."""
_FAULTS: Final = (
    Fault.WRONG_CHECK_DIGIT,
    Fault.NUMBER_MISSING,
    Fault.UNKNOWN_CODE,
    Fault.IMPOSSIBLE_DATE,
    Fault.COLUMN_LOST,
    Fault.BROKEN_BYTES,
    Fault.EXACT_DUPLICATE,
    Fault.STALE_ROW,
    Fault.CORRECTION,
    Fault.TAKEN_BACK,
)
_FAULT_RATE: Final = 0.15
_FIRST_DROP_DAYS, _SECOND_DROP_DAYS = 20, 4

Row = dict[str, str]


class FederationWriter:
    """Writes the drops into `folder`; owns the rows of the second until it is closed."""

    def __init__(self, shop: Workshop) -> None:
        shop.folder.mkdir(parents=True, exist_ok=True)
        for old in shop.folder.glob("canlian_*.csv"):
            old.unlink()
        self._rng = Random(f"federation {shop.seed}")
        self._today = shop.today
        self._rows = shop.truth.row
        days = (self._today - timedelta(days=ago) for ago in (_FIRST_DROP_DAYS, _SECOND_DROP_DAYS))
        self._paths = tuple(shop.folder / f"canlian_{day:%Y%m%d}_001.csv" for day in days)
        self._file = self._paths[0].open("wb")
        self._file.write(_line(HEADER))
        self._lines = 1
        self._later: list[Row] = []

    def add(self, life: MemberLife, truth: PersonTruth) -> None:
        """Write one person's certificate, if there is one."""
        certificate = life.chart.certificate
        if certificate is None:
            return
        person = life.person
        truth.add(DATASET, certificate.number)
        row = self._row(person, certificate)
        fault: Fault | None = None
        if truth.household.listed is not None and truth.household.label is None:
            number = row["身份证号"]
            row["身份证号"], disguise = written(self._rng, number, person.birth_date)
            if disguise is not None:
                truth.plant(DEPARTMENT, DATASET, certificate.number, disguise)
            if self._rng.random() < _FAULT_RATE:
                fault = self._rng.choice(_FAULTS)
        self._write(self._spoiled(fault, row, truth, certificate))

    def close(self) -> None:
        """Write the second drop and close both."""
        self._file.close()
        with self._paths[1].open("wb") as second:
            second.write(_line(HEADER))
            for row in self._later:
                second.write(_line(",".join(row.values())))
                self._rows(DATASET)

    def _spoiled(
        self, fault: Fault | None, row: Row, truth: PersonTruth, certificate: Certificate
    ) -> bytes:
        """Return the line for the first drop; what comes later goes to the second."""
        place: str | None = None
        match fault:
            case Fault.WRONG_CHECK_DIGIT:
                row["身份证号"] = miswritten(self._rng, truth.person.number)
            case Fault.NUMBER_MISSING:
                row["身份证号"] = ""
            case Fault.UNKNOWN_CODE:
                row["残疾类别"] = "9"
            case Fault.IMPOSSIBLE_DATE:
                row["发证日期"] = f"{certificate.issued.year}0230"
            case Fault.COLUMN_LOST | Fault.BROKEN_BYTES:
                place = f"{self._paths[0].name}:{self._lines + 1}"
            case _:
                self._repeat(fault, row, certificate)
        line = _line(",".join(row.values()))
        if fault is Fault.COLUMN_LOST:
            line = _line(",".join(list(row.values())[:-2]))
        elif fault is Fault.BROKEN_BYTES:
            line = line.replace(b",", b",\xff\xfe", 1)
        if fault is not None:
            truth.plant(DEPARTMENT, DATASET, certificate.number, fault, place=place)
        return line

    def _repeat(self, fault: Fault | None, row: Row, certificate: Certificate) -> None:
        """Write into the second drop what comes of a fault; the truth is what stands at last."""
        changed = f"{self._today - timedelta(days=_SECOND_DROP_DAYS + 2):%Y%m%d}"
        other_level = "3" if certificate.level != "3" else "4"
        match fault:
            case Fault.EXACT_DUPLICATE:
                self._later.append(dict(row))
            case Fault.STALE_ROW:
                old = f"{certificate.issued + timedelta(days=2):%Y%m%d}"
                self._later.append({**row, "残疾等级": other_level, "更新日期": old})
            case Fault.CORRECTION:
                self._later.append({**row, "操作": "变更", "更新日期": changed})
                row["残疾等级"] = other_level
            case Fault.TAKEN_BACK:
                self._later.append({**row, "操作": "删除", "证件状态": "注销", "更新日期": changed})
            case _:
                return

    def _row(self, person: Person, certificate: Certificate) -> Row:
        earliest = certificate.issued + timedelta(days=5)
        latest = self._today - timedelta(days=_FIRST_DROP_DAYS + 5)
        span = max((latest - earliest).days, 0)
        updated = earliest + timedelta(days=self._rng.randint(0, span))
        return {
            "操作": "新增",
            "姓名": person.name,
            "身份证号": person.former_number or person.number,
            "残疾人证号": certificate.number,
            "残疾类别": _OWN_NUMBERS[certificate.category],
            "残疾等级": certificate.level,
            "发证日期": f"{certificate.issued:%Y%m%d}",
            "证件状态": "有效",
            "更新日期": f"{updated:%Y%m%d}",
        }

    def _write(self, line: bytes) -> None:
        self._lines += 1
        self._file.write(line)
        self._rows(DATASET)


def _line(text: str) -> bytes:
    return (text + "\r\n").encode("gb18030")


def start(running: Running) -> dict[str, str]:
    """Return where the drops lie; nothing has to run."""
    return {"folder": str(running.folder)}


SOURCE: Final = Source(DEPARTMENT, "federation", FederationWriter, start)
