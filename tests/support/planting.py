"""Plants values in a made-up district that can be told from everything else, to search for."""

import json
import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from connectors.shape import BEIJING
from hub.demo.district import Places
from hub.demo.truth import Fault
from tests.support.leaks import Planted

RARE = [chr(code) for code in range(0x6A00, 0x6F00)]
TIMES = 50
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""PostgreSQL stores a moment as microseconds since then."""


def plant(places: Places, seed: int = 1) -> list[Planted]:
    """Change a district's sources and return values of people in scope to search for.

    250 names, numbers and phones, 125 nine-digit amounts and 125 days make a thousand. Beside
    them: 50 times at which a settlement was changed, and the keys by which the insurer knows
    people and settlements. Amounts and days are no multiples of eight, because places in
    PostgreSQL's own log are.
    """
    chance = Random(seed)
    truth = [json.loads(line) for line in places.truth.read_text("utf-8").splitlines()]
    people = _renamable(truth)[:250]
    assert len(people) == 250
    found = [Planted("number", person["number"]) for person in people]
    found += [Planted("phone", person["phone"]) for person in people]
    names = {
        person["records"]["population"][0]: "".join(chance.sample(RARE, 4)) for person in people
    }
    _rename(places.register / "changes.jsonl", names)
    found += [Planted("name", name) for name in names.values()]
    numbers = {person["number"] for person in people}
    found += _bill(places.insurance_database, numbers, chance)
    found += _change(places.insurance_database, numbers, chance)
    found += _keys(places.insurance_database, numbers)
    return found


def _renamable(truth: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return people in scope whom no department knows by their name alone.

    It does where it has another birth date of theirs, or a number they had before.
    """
    leaning = {row["key"] for row in truth if row.get("fault") == Fault.BIRTH_DATE_VARIANT}
    return [
        row
        for row in truth
        if row["kind"] == "person"
        and row["in_scope"]
        and row["former_number"] is None
        and leaning.isdisjoint(key for keys in row["records"].values() for key in keys)
    ]


def _rename(feed: Path, names: dict[str, str]) -> None:
    lines = []
    for line in feed.read_text("utf-8").splitlines():
        item = json.loads(line)
        if item.get("姓名") and item["人员编号"] in names:
            item["姓名"] = names[item["人员编号"]]
        lines.append(json.dumps(item, ensure_ascii=False))
    feed.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _bill(database: Path, numbers: set[str], chance: Random) -> list[Planted]:
    """Plant amounts and days in bills; scores count days of admission, so those last."""
    connection = sqlite3.connect(database)
    try:
        bills = [
            bill
            for bill, number in connection.execute(
                "select JSLSH, SFZH from JSXX where ZFBZ = '0' and RYRQ <= JSRQ "
                "order by YLLB = '21', JSLSH"
            )
            if number in numbers
        ][:125]
        assert len(bills) == 125
        amounts = _unlike(chance, 100_000_000, 999_999_999)
        found = []
        for bill, cents, day in zip(bills, amounts, _days(chance), strict=False):
            connection.execute(
                "update JSXX set ZFY = ?, RYRQ = ? where JSLSH = ?",
                (f"{cents // 100}.{cents % 100:02d}", day.isoformat(), bill),
            )
            found.append(Planted("amount", str(cents), cents))
            found.append(Planted("day", day.isoformat(), int(f"{day:%Y%m%d}")))
        connection.commit()
    finally:
        connection.close()
    return found


def _change(database: Path, numbers: set[str], chance: Random) -> list[Planted]:
    """Plant times at which settlements were changed; each is looked for in several forms."""
    connection = sqlite3.connect(database)
    try:
        bills = [
            bill
            for bill, number in connection.execute(
                "select JSLSH, SFZH from JSXX where ZFBZ = '0' and RYRQ <= JSRQ order by JSLSH"
            )
            if number in numbers
        ][:TIMES]
        assert len(bills) == TIMES
        found = []
        for bill in bills:
            second = chance.randrange(3 * 365 * 86_400, 10 * 365 * 86_400)
            moment = _EPOCH + timedelta(seconds=second)
            local = f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
            connection.execute("update JSXX set GXSJ = ? where JSLSH = ?", (local, bill))
            found.append(Planted("time", local, second * 1_000_000))
            found.append(Planted("time", local.replace(" ", "T")))
            found.append(Planted("time", f"{moment:%Y-%m-%d %H:%M:%S}"))
            found.append(Planted("time", f"{moment:%Y-%m-%dT%H:%M:%S}"))
        connection.commit()
        return found
    finally:
        connection.close()


def _keys(database: Path, numbers: set[str]) -> list[Planted]:
    """Return the insurer's keys of people in scope, and those at which a reading ends."""
    found = []
    connection = sqlite3.connect(database)
    try:
        for label, key, table in (("person", "GRBH", "CBXX"), ("settlement", "JSLSH", "JSXX")):
            rows = connection.execute(f"select {key}, SFZH from {table} order by GXSJ, {key}")  # noqa: S608 - two names above
            listed = rows.fetchall()
            kept = {mine for mine, number in listed if number in numbers} | {listed[-1][0]}
            found += [Planted(f"{label} key", mine) for mine in sorted(kept)]
    finally:
        connection.close()
    return found


def _unlike(chance: Random, low: int, high: int):
    while True:
        number = chance.randint(low, high)
        if number % 8:
            yield number


def _days(chance: Random):
    """Give days on which nobody of the district lived: a hit is a planted one."""
    used = set()
    while True:
        day = date(1900, 1, 1) + timedelta(days=chance.randrange(4_000))
        if day not in used and int(f"{day:%Y%m%d}") % 8:
            used.add(day)
            yield day
