"""Writes the medical insurer's database: enrolment (CBXX) and settlements (JSXX)."""

import sqlite3
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

from hub.demo import names
from hub.demo.health import Chart, Enrolment, Settlement
from hub.demo.people import Household, Person
from hub.demo.sources.disguise import miswritten, written
from hub.demo.truth import Fault, PersonTruth, Planted, TruthFile

DEPARTMENT: Final = "medical-insurance"
ENROLMENT: Final = "medical_enrolment"
SETTLEMENT: Final = "medical_settlement"
DATABASE_FILE: Final = "yibao.sqlite"

_TABLES: Final = """
CREATE TABLE CBXX (
  GRBH VARCHAR(20) PRIMARY KEY, SFZH VARCHAR(36), XM VARCHAR(100), CSRQ CHAR(10),
  XZLX CHAR(3), CBZT CHAR(1), SFZZ CHAR(1), KSRQ CHAR(10), JSRQ CHAR(10), GXSJ CHAR(19));
CREATE TABLE JSXX (
  JSLSH VARCHAR(20) PRIMARY KEY, SFZH VARCHAR(36), XM VARCHAR(100), YLLB CHAR(2),
  RYRQ CHAR(10), CYRQ CHAR(10), JSRQ CHAR(10), ZFY DECIMAL(14,2), TCZF DECIMAL(14,2),
  GRZF DECIMAL(14,2), DBBZ CHAR(1), ZFBZ CHAR(1), GXSJ CHAR(19));
CREATE INDEX CBXX_GX ON CBXX (GXSJ, GRBH);
CREATE INDEX JSXX_GX ON JSXX (GXSJ, JSLSH);
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

Row = dict[str, str | None]


class InsuranceWriter:
    """Writes the database into `folder`; owns the connection."""

    def __init__(self, folder: Path, *, seed: int, today: date, truth: TruthFile) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / DATABASE_FILE
        path.unlink(missing_ok=True)
        self._connection = sqlite3.connect(path)
        self._connection.executescript(_TABLES)
        self._rng = Random(f"insurance {seed}")
        self._today = today
        self._truth = truth
        self._neighbour: Person | None = None

    def add(self, house: Household, truth: PersonTruth, chart: Chart) -> None:
        """Write one person's enrolment and bills."""
        person, listed = chart.person, house.listed is not None
        faulty = listed and house.label is None and not house.struggling
        if chart.enrolment is not None:
            truth.add(ENROLMENT, chart.enrolment.key)
            row = self._enrolment(person, chart.enrolment)
            if listed:
                self._disguise(row, person, ENROLMENT, chart.enrolment.key)
            if faulty and self._rng.random() < _ENROLMENT_RATE:
                self._spoil_enrolment(row, person, chart.enrolment)
            self._write("CBXX", row)
            self._truth.row(ENROLMENT)
        for bill in chart.settlements:
            truth.add(SETTLEMENT, bill.key)
            row = self._settlement(person, bill)
            if faulty and self._rng.random() < _SETTLEMENT_RATE:
                self._spoil_settlement(row, bill)
            self._write("JSXX", row)
            self._truth.row(SETTLEMENT)
        if listed and not truth.removed:
            self._neighbour = person

    def close(self) -> None:
        """Commit and close."""
        self._connection.commit()
        self._connection.close()

    def _disguise(self, row: Row, person: Person, dataset: str, key: str) -> None:
        row["SFZH"], fault = written(self._rng, person.number, person.birth_date)
        if fault is not None:
            self._truth.planted(Planted(DEPARTMENT, dataset, key, fault))

    def _spoil_enrolment(self, row: Row, person: Person, enrolment: Enrolment) -> None:
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
        self._truth.planted(Planted(DEPARTMENT, ENROLMENT, enrolment.key, fault))

    def _spoil_settlement(self, row: Row, bill: Settlement) -> None:
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
        self._truth.planted(Planted(DEPARTMENT, SETTLEMENT, bill.key, fault))

    def _enrolment(self, person: Person, enrolment: Enrolment) -> Row:
        changed = self._today - timedelta(days=self._rng.randint(1, 300))
        return {
            "GRBH": enrolment.key,
            "SFZH": person.number,
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

    def _write(self, table: str, row: Row) -> None:
        marks = ", ".join("?" for _ in row)
        self._connection.execute(
            f"INSERT INTO {table} VALUES ({marks})",  # noqa: S608 - table is one of two words above
            tuple(row.values()),
        )


def _alike(person: Person, other: Person) -> bool:
    return person.name == other.name or person.birth_date == other.birth_date


def _yuan(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"
