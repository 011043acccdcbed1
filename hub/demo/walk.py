"""The main job, end to end, over HTTP as departments would do it; each step is checked.

A step that does not come out as it must raises `WalkError`; `hub demo --check` turns that into
exit code 1.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import orjson

from hub.demo import documents
from hub.demo.cases import CASES
from hub.demo.client import Department
from hub.demo.installation import (
    APPROVER,
    AUDITOR,
    EDUCATION,
    INSURER,
    OFFICER,
    PORTAL,
    DemoClient,
    key_file,
)
from hub.demo.people import KNOWN_FAMILY
from hub.demo.receivers import RunningReceiver

CASE: Final = CASES[0]
KNOWN_SCORE: Final = (67, "orange", 94)
"""Total, band and coverage of the profile's worked example."""
_ACKNOWLEDGED_S: Final = 90.0
"""Longer than a message belongs to a sender that was killed."""
_POLL_S: Final = 0.2
Json = dict[str, Any]


class WalkError(Exception):
    """A step did not come out as it must; the message holds nothing of a person."""


@dataclass(frozen=True, slots=True)
class Answers:
    """One document's answers to three departments."""

    officer: Json
    insurer: Json
    education: Json


@dataclass(slots=True)
class Walk:
    """One run of the main job against a hub that is served."""

    hub: str
    home: Path
    _clients: dict[str, Department] = field(default_factory=dict)

    def client(self, client: DemoClient) -> Department:
        """Return a demo client, signed in by its own key."""
        if client.id not in self._clients:
            path = key_file(self.home, client)
            self._clients[client.id] = Department.signed_by(self.hub, client.id, path)
        return self._clients[client.id]

    def close(self) -> None:
        """Close every client's connections."""
        for client in self._clients.values():
            client.close()

    def worklist(self) -> list[Json]:
        """Return the warned families as the officer sees them, the most urgent first."""
        answer = self.client(OFFICER).ask(documents.WORKLIST, {"first": 50}, purpose="WARN")
        edges = data_of(answer, "worklist")["warnings"]["edges"]
        families = [edge["node"] for edge in edges]
        must(len(families) > 0, "no family is warned of")
        return families

    def same_question(self, national_id: str) -> Answers:
        """Return how three departments are answered when they ask the same."""
        asked = {"nationalId": national_id}
        officer = self.client(OFFICER).ask(documents.ONE_FAMILY, asked, purpose="CASE", case=CASE)
        insurer = self.client(INSURER).ask(documents.ONE_FAMILY, asked, purpose="PUSH")
        education = self.client(EDUCATION).ask(documents.ONE_FAMILY, asked, purpose="PUSH")
        seen, told = data_of(officer, "officer")["person"], data_of(insurer, "insurer")["person"]
        taught = data_of(education, "education")["person"]
        must(None not in (seen, told, taught), "the person is not found")
        must(seen != told != taught != seen, "two departments are told the same")
        must(bool(insurer.get("errors")), "the insurer is refused nothing")
        must(told["disabilityCertificates"] is None, "the insurer is told of disability")
        must(told["schoolRolls"] is None, "the insurer is told of school")
        must(taught["medicalEnrolments"] is None, "education is told of insurance")
        must(bool(taught["schoolRolls"]), "education is not told of its own pupil")
        must("receipt" in officer.get("extensions", {}), "an answer has no receipt")
        score = seen["household"]["score"]
        must(
            (score["total"], score["band"], score["coverage"]) == KNOWN_SCORE,
            "the worked example's family does not have its score",
        )
        return Answers(officer, insurer, education)

    def recognise(self, household_id: str, today: date) -> Json:
        """Record a recognition of a warned family; return the hub's word of it."""
        stated = {
            "householdId": household_id,
            "category": "DB",
            "startDate": today.isoformat(),
            "endDate": (today + timedelta(days=365)).isoformat(),
            "decisionNumber": f"DEMO-{household_id[:8]}",
            "decidedOn": today.isoformat(),
        }
        answer = self.client(APPROVER).ask(
            documents.RECOGNISE, {"input": stated}, purpose="PUSH", case=CASE
        )
        receipt: Json = data_of(answer, "recognition")["recognise"]
        must(receipt["people"] > 0, "nobody was recognised")
        must(len(receipt["messageIds"]) > 0, "no message was written")
        return receipt

    def acknowledged(
        self, receivers: Mapping[str, RunningReceiver], message_ids: list[str]
    ) -> dict[str, list[Json]]:
        """Return which receivers have which of these messages, once they have them all."""
        deadline = time.monotonic() + _ACKNOWLEDGED_S
        wanted = set(message_ids)
        while time.monotonic() < deadline:
            found = {name: _taken(each, wanted) for name, each in receivers.items()}
            if sum(map(len, found.values())) == len(wanted):
                return {name: items for name, items in found.items() if items}
            time.sleep(_POLL_S)
        raise WalkError("the receivers do not have every message after ninety seconds")

    def who_read(self, national_id: str) -> list[Json]:
        """Return the access log's entries about a person, as the auditor sees them."""
        answer = self.client(AUDITOR).ask(
            documents.WHO_READ, {"subject": national_id, "first": 20}, purpose="AUDIT"
        )
        entries = [edge["node"] for edge in data_of(answer, "log")["accessLog"]["edges"]]
        must(len(entries) > 0, "the log knows of no access")
        return entries

    def told_to_themselves(self, national_id: str, log: str) -> Json:
        """Return what a person is told, through the portal, of who read their data."""
        answer = self.client(PORTAL).usages(national_id, log)
        must(bool(answer.get("usages")), "the person is told of no access")
        proven = all(usage["proof"]["path"] for usage in answer["usages"])
        must(proven, "an access has no proof")
        return answer


def _taken(receiver: RunningReceiver, wanted: set[str]) -> list[Json]:
    items = (
        httpx2.get(receiver.inbox, trust_env=False, timeout=60).raise_for_status().json()["items"]
    )
    return [item for item in items if item.get("eventId", item.get("messageId")) in wanted]


def must(is_so: bool, otherwise: str) -> None:  # noqa: FBT001 - it reads as a sentence
    """Raise when something is not as it must be.

    Raises:
        WalkError: It is not so.
    """
    if not is_so:
        raise WalkError(otherwise)


def data_of(answer: Mapping[str, Any], what: str) -> Json:
    """Return the data of an answer.

    Raises:
        WalkError: The hub refused; the message has its codes.
    """
    data = answer.get("data")
    if data is None:
        codes = [error.get("extensions", {}).get("code") for error in answer.get("errors", [])]
        raise WalkError(f"{what}: the hub refused ({codes})")
    return dict(data)


def known_family(truth: Path) -> str:
    """Return the citizen number of the daughter of the family that falls ill.

    Raises:
        WalkError: The truth file does not name it.
    """
    with truth.open("rb") as lines:
        for line in lines:
            row = orjson.loads(line)
            if row.get("label") == KNOWN_FAMILY:
                return str(row["members"][-1])
    raise WalkError("the truth file names no family that falls ill")
