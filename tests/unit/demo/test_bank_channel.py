"""What the made-up banks hold: a small account for whoever is grown up and alive."""

import json
from datetime import date

from hub.demo.bank_channel import write_holdings

TODAY = date(2026, 11, 23)


def person(number, born, *, died=False):
    return {"kind": "person", "number": number, "birth_date": born, "died": died}


def test_grown_ups_have_an_account_below_every_limit_and_nobody_else_has(tmp_path):
    rows = [
        person("690203197406120011", "1974-06-12"),
        person("690203200811230019", "2008-11-23"),
        person("690203200811240014", "2008-11-24"),
        person("69020319760808002X", "1976-08-08", died=True),
        {"kind": "summary"},
    ]
    (tmp_path / "truth").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    accounts = write_holdings(tmp_path / "truth", tmp_path, TODAY)

    held = json.loads((tmp_path / "holdings.json").read_text("utf-8"))
    assert accounts == len(held) == 2
    assert held.keys() == {"690203197406120011", "690203200811230019"}
    assert [h["amountCents"] for (h,) in held.values()] == [1_000, 1_000]
