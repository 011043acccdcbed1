"""Writes the medical insurer's database: enrolment, settlements, diagnoses."""

import sqlite3
from datetime import date, timedelta
from random import Random
from typing import Final

from hub.demo import names
from hub.demo.health import Enrolment, Settlement
from hub.demo.lives import MemberLife
from hub.demo.people import Person
from hub.demo.sources.disguise import miswritten, written
from hub.demo.truth import Fault, PersonTruth
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "medical-insurance"
ENROLMENT: Final = "medical_enrolment"
SETTLEMENT: Final = "medical_settlement"
DIAGNOSIS: Final = "diagnosis_status"
DATABASE_FILE: Final = "yibao.sqlite"

_TABLES: Final = """
CREATE TABLE CBXX (
  GRBH VARCHAR(20) PRIMARY KEY, SFZH VARCHAR(36), XM VARCHAR(100), CSRQ CHAR(10),
  XZLX CHAR(3), CBZT CHAR(1), SFZZ CHAR(1), KSRQ CHAR(10), JSRQ CHAR(10), GXSJ CHAR(19));
CREATE TABLE JSXX (
  JSLSH VARCHAR(20) PRIMARY KEY, SFZH VARCHAR(36), XM VARCHAR(100), YLLB CHAR(2),
  RYRQ CHAR(10), CYRQ CHAR(10), JSRQ CHAR(10), ZFY DECIMAL(14,2), TCZF DECIMAL(14,2),
  GRZF DECIMAL(14,2), DBBZ CHAR(1), ZFBZ CHAR(1), GXSJ CHAR(19));
CREATE TABLE ZDXX (
  ZDBH VARCHAR(20) PRIMARY KEY, SFZH VARCHAR(36), XM VARCHAR(100), ZDBM VARCHAR(20),
  MTBZ CHAR(1), RDRQ CHAR(10), GXSJ CHAR(19));
"""
_INDEXES: Final = """
CREATE INDEX CBXX_GX ON CBXX (GXSJ, GRBH);
CREATE INDEX JSXX_GX ON JSXX (GXSJ, JSLSH);
CREATE INDEX ZDXX_GX ON ZDXX (GXSJ, ZDBH);
CREATE INDEX CBXX_SFZH ON CBXX (SFZH);
"""
_ENROLMENT_FAULTS: Final = (
    Fault.WRONG_CHECK_DIGIT,
    Fault.NUMBER_MISSING,
    Fault.UNKNOWN_CODE,
    Fault.IMPOSSIBLE_DATE,
    Fault.IDENTITY_CONFLICT,
    Fault.IDENTITY_CONFLICT,
    Fault.NAME_VARIANT,
    Fault.BIRTH_DATE_VARIANT,
)
_SETTLEMENT_FAULTS: Final = (
    Fault.UNKNOWN_CODE,
    Fault.IMPOSSIBLE_DATE,
    Fault.DATES_REVERSED,
    Fault.NEGATIVE_AMOUNT,
    Fault.TAKEN_BACK,
)
_ENROLMENT_RATE: Final = 0.02
_SETTLEMENT_RATE: Final = 0.015
_DIAGNOSIS_RATE: Final = 0.003
_BATCH: Final = 2_000

Row = dict[str, str | None]


class InsuranceWriter:
    """Writes the database into `folder`; owns the connection."""

    def __init__(self, shop: Workshop) -> None:
        shop.folder.mkdir(parents=True, exist_ok=True)
        path = shop.folder / DATABASE_FILE
        path.unlink(missing_ok=True)
        self._connection = sqlite3.connect(path)
        self._connection.executescript(_TABLES)
        self._rng = Random(f"insurance {shop.seed}")
        self._today = shop.today
        self._neighbour: Person | None = None
        self._enrolments: list[tuple[str | None, ...]] = []
        self._settlements: list[tuple[str | None, ...]] = []
        self._diagnoses: list[tuple[str | None, ...]] = []

    def add(self, life: MemberLife, truth: PersonTruth) -> None:
        """Write one person's enrolment and bills."""
        person, chart = life.person, life.chart
        listed = life.house.listed is not None
        if chart.enrolment is not None:
            truth.add(ENROLMENT, chart.enrolment.key)
            row = self._enrolment(person, chart.enrolment)
            if listed:
                self._disguise(row, truth, chart.enrolment.key)
            if truth.is_open_to_faults and self._rng.random() < _ENROLMENT_RATE:
                self._spoil_enrolment(row, truth, chart.enrolment)
            self._enrolments.append(tuple(row.values()))
            truth.row(ENROLMENT)
            self._diagnose(life, truth)
        for bill in chart.settlements:
            truth.add(SETTLEMENT, bill.key)
            row = self._settlement(person, bill)
            if truth.is_open_to_faults and self._rng.random() < _SETTLEMENT_RATE:
                self._spoil_settlement(row, truth, bill)
            self._settlements.append(tuple(row.values()))
            truth.row(SETTLEMENT)
        if listed and not truth.removed and person.events == 0:
            self._neighbour = person
        if len(self._enrolments) + len(self._settlements) >= _BATCH:
            self._flush()

    def close(self) -> None:
        """Commit and close."""
        self._flush()
        self._connection.executescript(_INDEXES)
        self._connection.commit()
        self._connection.close()

    def _flush(self) -> None:
        for table, rows in (
            ("CBXX", self._enrolments),
            ("JSXX", self._settlements),
            ("ZDXX", self._diagnoses),
        ):
            if rows:
                marks = ", ".join("?" for _ in rows[0])
                self._connection.executemany(
                    f"INSERT INTO {table} VALUES ({marks})",  # noqa: S608 - table is one of three words above
                    rows,
                )
                rows.clear()

    def _diagnose(self, life: MemberLife, truth: PersonTruth) -> None:
        """Write one status of everybody who is enrolled: that a row is there says nothing."""
        found, person = life.health.diagnosis, life.person
        key = found.key if found else f"ZD{person.slot}"
        since = found.since if found else person.registered_on
        truth.add(DIAGNOSIS, key)
        row: Row = {
            "ZDBH": key,
            "SFZH": person.number,
            "XM": person.name,
            "ZDBM": found.icd10 if found else None,
            "MTBZ": "1" if found and found.chronic else "0",
            "RDRQ": since.isoformat(),
            "GXSJ": self._moment(min(since + timedelta(days=1), self._today)),
        }
        if truth.is_open_to_faults and self._rng.random() < _DIAGNOSIS_RATE:
            row["ZDBM"] = "不详"
            truth.plant(DEPARTMENT, DIAGNOSIS, key, Fault.UNKNOWN_CODE)
        self._diagnoses.append(tuple(row.values()))
        truth.row(DIAGNOSIS)

    def _disguise(self, row: Row, truth: PersonTruth, key: str) -> None:
        person = truth.person
        number = row["SFZH"] or ""
        row["SFZH"], fault = written(self._rng, number, person.birth_date)
        if fault is not None:
            truth.plant(DEPARTMENT, ENROLMENT, key, fault)

    def _spoil_enrolment(self, row: Row, truth: PersonTruth, enrolment: Enrolment) -> None:
        person = truth.person
        fault = self._rng.choice(_ENROLMENT_FAULTS)
        match fault:
            case Fault.WRONG_CHECK_DIGIT:
                row["SFZH"] = miswritten(self._rng, person.number)
            case Fault.NUMBER_MISSING:
                row["SFZH"] = None
            case Fault.UNKNOWN_CODE:
                row["XZLX"] = "9Z"
            case Fault.IMPOSSIBLE_DATE:
                row["KSRQ"] = f"{enrolment.start.year}-02-30"
            case Fault.NAME_VARIANT:
                row["XM"] = person.name[0] + names.given_name(self._rng, male=person.male)
            case Fault.BIRTH_DATE_VARIANT:
                row["CSRQ"] = (person.birth_date + timedelta(days=10)).isoformat()
            case _:
                other = self._neighbour
                if other is None or _alike(person, other):
                    return
                row["SFZH"] = other.number
        truth.plant(DEPARTMENT, ENROLMENT, enrolment.key, fault)

    def _spoil_settlement(self, row: Row, truth: PersonTruth, bill: Settlement) -> None:
        fault = self._rng.choice(_SETTLEMENT_FAULTS)
        match fault:
            case Fault.UNKNOWN_CODE:
                row["YLLB"] = "88"
            case Fault.IMPOSSIBLE_DATE:
                row["RYRQ"] = f"{bill.admitted.year}-13-40"
            case Fault.DATES_REVERSED:
                row["CYRQ"] = (bill.admitted - timedelta(days=3)).isoformat()
            case Fault.NEGATIVE_AMOUNT:
                row["GRZF"] = _yuan(-bill.self_cents)
            case _:
                row["ZFBZ"] = "1"
        truth.plant(DEPARTMENT, SETTLEMENT, bill.key, fault)

    def _enrolment(self, person: Person, enrolment: Enrolment) -> Row:
        changed = self._today - timedelta(days=self._rng.randint(1, 300))
        return {
            "GRBH": enrolment.key,
            "SFZH": person.former_number or person.number,
            "XM": person.name,
            "CSRQ": person.birth_date.isoformat(),
            "XZLX": enrolment.scheme,
            "CBZT": enrolment.status,
            "SFZZ": "1" if enrolment.subsidised else "0",
            "KSRQ": enrolment.start.isoformat(),
            "JSRQ": enrolment.end.isoformat() if enrolment.end else None,
            "GXSJ": self._moment(changed),
        }

    def _settlement(self, person: Person, bill: Settlement) -> Row:
        return {
            "JSLSH": bill.key,
            "SFZH": person.number,
            "XM": person.name,
            "YLLB": bill.kind,
            "RYRQ": bill.admitted.isoformat(),
            "CYRQ": bill.discharged.isoformat(),
            "JSRQ": bill.discharged.isoformat(),
            "ZFY": _yuan(bill.total_cents),
            "TCZF": _yuan(bill.fund_cents),
            "GRZF": _yuan(bill.self_cents),
            "DBBZ": "1" if bill.major else "0",
            "ZFBZ": "0",
            "GXSJ": self._moment(bill.discharged + timedelta(days=1)),
        }

    def _moment(self, day: date) -> str:
        return f"{day:%Y-%m-%d} {self._rng.randint(0, 5):02d}:{self._rng.randint(0, 59):02d}:07"


def _alike(person: Person, other: Person) -> bool:
    return person.name == other.name or person.birth_date == other.birth_date


def _yuan(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def start(running: Running) -> dict[str, str]:
    """Return where the database lies; nothing has to run."""
    return {"url": f"sqlite:///{running.folder / DATABASE_FILE}"}


SOURCE: Final = Source(DEPARTMENT, "insurance", InsuranceWriter, start)
