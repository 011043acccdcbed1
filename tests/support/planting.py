"""Plants values in a made-up district that can be told from everything else, to search for."""

import json
import sqlite3
from datetime import date, timedelta
from pathlib import Path
from random import Random

from hub.demo.district import Places
from tests.support.leaks import Planted

RARE = [chr(code) for code in range(0x6A00, 0x6F00)]


def plant(places: Places, seed: int = 1) -> list[Planted]:
    """Change a district's sources and return a thousand values of people in scope.

    250 names, numbers and phones, 125 nine-digit amounts and 125 days. Amounts and days are no
    multiples of eight, because places in PostgreSQL's own log are.
    """
    chance = Random(seed)
    truth = [json.loads(line) for line in places.truth.read_text("utf-8").splitlines()]
    people = [row for row in truth if row["kind"] == "person" and row["in_scope"]][:250]
    assert len(people) == 250
    found = [Planted("number", person["number"]) for person in people]
    found += [Planted("phone", person["phone"]) for person in people]
    names = {
        person["records"]["population"][0]: "".join(chance.sample(RARE, 4)) for person in people
    }
    _rename(places.register / "changes.jsonl", names)
    found += [Planted("name", name) for name in names.values()]
    found += _bill(places.insurance_database, {p["number"] for p in people}, chance)
    return found


def _rename(feed: Path, names: dict[str, str]) -> None:
    lines = []
    for line in feed.read_text("utf-8").splitlines():
        item = json.loads(line)
        if item.get("姓名") and item["人员编号"] in names:
            item["姓名"] = names[item["人员编号"]]
        lines.append(json.dumps(item, ensure_ascii=False))
    feed.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _bill(database: Path, numbers: set[str], chance: Random) -> list[Planted]:
    connection = sqlite3.connect(database)
    try:
        clear_days = {day for (day,) in connection.execute("select KSRQ from CBXX")}
        bills = [
            bill
            for bill, number in connection.execute(
                "select JSLSH, SFZH from JSXX where ZFBZ = '0' and RYRQ <= JSRQ order by JSLSH"
            )
            if number in numbers
        ][:125]
        assert len(bills) == 125
        amounts = _unlike(chance, 100_000_000, 999_999_999)
        found = []
        for bill, cents, day in zip(bills, amounts, _days(chance, clear_days), strict=False):
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


def _unlike(chance: Random, low: int, high: int):
    while True:
        number = chance.randint(low, high)
        if number % 8:
            yield number


def _days(chance: Random, taken: set[str]):
    used = set(taken)
    while True:
        day = date(1989, 1, 1) + timedelta(days=chance.randrange(4_000))
        if day.isoformat() not in used and int(f"{day:%Y%m%d}") % 8:
            used.add(day.isoformat())
            yield day
