"""Builds a made-up district: three departments' systems, civil affairs' list, and the truth.

The same seed, size and day give the same files, byte for byte (but the register's token,
which is random). Memory stays flat but for
the later changes and the set of given numbers; 100,000 people take well under a minute.
"""

import csv
import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from hub.demo.health import Clinic
from hub.demo.people import Household, Town
from hub.demo.sources.federation import FederationWriter
from hub.demo.sources.insurance import DATABASE_FILE, InsuranceWriter
from hub.demo.sources.register import RegisterWriter
from hub.demo.truth import PersonTruth, Totals, TruthFile

DEFAULT_HOUSEHOLDS: Final = 2_000
MONITORING_HEADER: Final = ("申请人身份证号", "户号", "原因")


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything of a made-up district lies below its home."""

    home: Path

    @property
    def register(self) -> Path:
        """The folder of public security's register."""
        return self.home / "register"

    @property
    def register_token(self) -> Path:
        """The file with the credential for the register."""
        return self.register / "token"

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
    _new_token(places.register_token)
    town, clinic = Town(seed=seed, today=today), Clinic(seed=seed, today=today)
    for old in places.drops.glob("canlian_*.csv"):
        old.unlink()
    with (
        TruthFile(places.truth) as truth,
        places.monitoring_list.open("w", encoding="utf-8", newline="") as listed,
    ):
        monitored = csv.writer(listed)
        monitored.writerow(MONITORING_HEADER)
        desk = _Desk(
            RegisterWriter(places.register, seed=seed, today=today, truth=truth),
            InsuranceWriter(places.insurance_database.parent, seed=seed, today=today, truth=truth),
            FederationWriter(places.drops, seed=seed, today=today, truth=truth),
        )
        for house in town.households(households):
            if house.listed is not None:
                monitored.writerow((house.members[0].number, house.number, house.listed))
            desk.write(house, clinic, truth)
        desk.close()
    return truth.totals


@dataclass(frozen=True, slots=True)
class _Desk:
    """The three departments' writers, used together for each household."""

    register: RegisterWriter
    insurance: InsuranceWriter
    federation: FederationWriter

    def write(self, house: Household, clinic: Clinic, truth: TruthFile) -> None:
        truth.household(house)
        for chart in clinic.charts(house):
            person = PersonTruth(chart.person, house, chart.person.phone)
            self.register.add(house, person)
            self.insurance.add(house, person, chart)
            self.federation.add(house, person, chart)
            truth.person(person)

    def close(self) -> None:
        self.register.close()
        self.insurance.close()
        self.federation.close()


def _new_token(path: Path) -> None:
    """Write a new credential that only its owner may read; it is random, not from the seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(secrets.token_urlsafe(32), encoding="ascii")
