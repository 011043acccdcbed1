"""Builds a made-up district: every department's source, civil affairs' list, and the truth.

The same seed, size and day give the same files, byte for byte (but tokens, which are
random). Lives stream: memory stays flat but for the changes that writers keep for the end.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from hub.demo.chronicle import Chronicle
from hub.demo.expectation import Expectation
from hub.demo.lives import MemberLife
from hub.demo.registry import SOURCES
from hub.demo.sources.insurance import DATABASE_FILE
from hub.demo.sources.register import TOKEN_FILE
from hub.demo.truth import PersonTruth, Totals, TruthFile
from hub.demo.writing import Source, Workshop, Writer

DEFAULT_HOUSEHOLDS: Final = 14_000
"""About 13,000 of them in scope, with 21,600 people, in 14 streets and 142 communities."""
MONITORING_HEADER: Final = ("申请人身份证号", "户号", "原因")


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything of a made-up district lies below its home."""

    home: Path

    def folder(self, source: Source) -> Path:
        """Return the folder of a department's source."""
        return self.home / source.folder

    @property
    def register(self) -> Path:
        """The folder of public security's register."""
        return self.home / "register"

    @property
    def register_token(self) -> Path:
        """The file with the credential for the register."""
        return self.register / TOKEN_FILE

    @property
    def insurance_database(self) -> Path:
        """The medical insurer's database."""
        return self.home / "insurance" / DATABASE_FILE

    @property
    def drops(self) -> Path:
        """The folder where the federation drops its files."""
        return self.home / "federation"

    @property
    def monitoring_list(self) -> Path:
        """Civil affairs' own list: whom the hub may keep."""
        return self.home / "monitoring_list.csv"

    @property
    def truth(self) -> Path:
        """The truth file; only tests and the demonstration's check read it."""
        return self.home / "truth.json"


def build(home: Path, *, seed: int, today: date, households: int = DEFAULT_HOUSEHOLDS) -> Totals:
    """Write a district below `home` and return what was written, counted.

    Files of an earlier district there are replaced. `today` anchors ages and bills.
    """
    places = Places(home)
    home.mkdir(parents=True, exist_ok=True)
    with (
        TruthFile(places.truth) as truth,
        places.monitoring_list.open("w", encoding="utf-8", newline="") as listed,
    ):
        monitored = csv.writer(listed)
        monitored.writerow(MONITORING_HEADER)
        writers = [
            source.writer(Workshop(places.folder(source), seed, today, truth)) for source in SOURCES
        ]
        expectation = Expectation(today)
        for life in Chronicle(seed=seed, today=today).lives(households):
            house = life.house
            if house.listed is not None:
                monitored.writerow((house.applicant, house.number, house.listed))
            told = [(member, _write(member, writers, truth)) for member in life.members]
            truth.household(house, expectation.of(house, told))
        for writer in writers:
            writer.close()
    return truth.totals


def _write(life: MemberLife, writers: Iterable[Writer], truth: TruthFile) -> PersonTruth:
    person = PersonTruth(life.person, life.house, life.person.phone, truth)
    for writer in writers:
        writer.add(life, person)
    truth.person(person)
    return person
