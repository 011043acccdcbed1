"""The banks' channel of the made-up district: what everybody holds, and its server.

Nothing that the hub reads: banks are asked about one person at a time. Whoever is grown up has a
small account, below every limit; children have none.
"""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Final

import orjson

from connectors.live.banks import DEPARTMENT
from hub.demo.processes import system
from hub.demo.sources.register import new_token
from hub.demo.systems.banks import HOLDINGS_FILE, TOKEN_FILE

SECTION: Final = f"live.{DEPARTMENT}"
"""Where departments.toml names it."""
_ADULT: Final = 18
_CENTS_A_STEP: Final = 1_000
_SERIAL: Final = slice(14, 17)
"""The three digits of a citizen number that tell people of one region and day apart."""


def write_holdings(truth: Path, folder: Path, today: date) -> int:
    """Write what everybody of the truth file holds; return how many have an account."""
    holdings = {}
    with truth.open("rb") as lines:
        for line in lines:
            row = orjson.loads(line)
            if row["kind"] == "person" and not row["died"] and _is_adult(row["birth_date"], today):
                number = str(row["number"])
                holdings[number] = [
                    {
                        "kind": "deposit",
                        "institution": "虚构银行",
                        "amountCents": int(number[_SERIAL]) * _CENTS_A_STEP,
                    }
                ]
    (folder / HOLDINGS_FILE).write_text(json.dumps(holdings, ensure_ascii=False), encoding="utf-8")
    return len(holdings)


def _is_adult(birth_date: str, today: date) -> bool:
    born = date.fromisoformat(birth_date)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) >= _ADULT


def started(stack: ExitStack, home: Path, truth: Path, today: date) -> Mapping[str, str]:
    """Run the channel until `stack` closes; return the hub's settings for it.

    Raises:
        SetupError: It did not start.
    """
    folder = home / "banks"
    folder.mkdir(exist_ok=True, mode=0o700)
    if not (folder / TOKEN_FILE).exists():
        new_token(folder / TOKEN_FILE)
    write_holdings(truth, folder, today)
    server = system("hub.demo.systems.banks", ["--data", folder], folder / "server.port")
    address = stack.enter_context(server)
    return {"url": f"{address}/v1/holdings", "token_file": str(folder / TOKEN_FILE)}
