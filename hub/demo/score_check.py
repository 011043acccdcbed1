"""Compares the scores that the hub stored with those that a truth file expects."""

import json
from pathlib import Path
from typing import Any

from hub.demo.expected import Expected
from hub.sealing.datakeys import DataKeys
from hub.sealing.tags import Tagger
from hub.store.database import Connection
from hub.store.decisions import opened_values
from hub.store.facts import Facts
from hub.store.people import keys_of
from hub.store.timeline import FOREVER
from schema.datasets.civil_affairs import SCORE

_TRIGGER = "trigger"
"""The dimension under which a stored score tells its hard triggers."""


async def stored_scores(
    connection: Connection, facts: Facts, keys: DataKeys
) -> dict[bytes, Expected]:
    """Return the score in force of every household that has one, by its number's tag.

    Raises:
        KeysUnavailableError: The key of the department that owns scores is not at hand.
        SealBrokenError: A stored value does not authenticate.
    """
    rows = await connection.fetch("SELECT cell, household_id, number_tag FROM household")
    cells, ids = {row["cell"] for row in rows}, [row["household_id"] for row in rows]
    opened = await keys_of(connection, keys, SCORE.department, cells, ids)
    spans = await facts.of_identities(connection, SCORE, cells, ids)
    found = {}
    for row in rows:
        home = row["household_id"]
        newest = spans[home][-1] if spans.get(home) else None
        if newest is not None and newest.valid_to == FOREVER:
            values: dict[str, Any] = opened_values(SCORE, opened[home], newest)
            found[row["number_tag"]] = Expected(
                newest.valid_from,
                values["total"],
                values["band"],
                values["coverage"],
                tuple(sorted(_fired(values["reasons"]))),
            )
    return found


def _fired(reasons: list[dict[str, Any]]) -> list[str]:
    """Return the codes of the triggers among reasons, without the days on which they occurred."""
    fired = [str(reason["indicator"]) for reason in reasons if reason["dimension"] == _TRIGGER]
    return [key.partition(":")[0] for key in fired]


def expected_scores(truth: Path, tagger: Tagger) -> dict[bytes, Expected]:
    """Return the score of every household that must have one, by its number's tag."""
    found = {}
    with truth.open(encoding="utf-8") as lines:
        for line in lines:
            row: dict[str, Any] = json.loads(line)
            if row["kind"] == "household" and row["score"] is not None:
                found[tagger.household(row["household"])] = Expected.from_told(row["score"])
    return found
