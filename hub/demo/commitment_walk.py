"""A family commits instead of bringing papers: the simplified path over HTTP, step by step.

The family is one that is warned of and that has an adult to apply. What it declares is more than
any source knows, so that nothing can be found beyond it. Where a record about a member waits in
quarantine, the source counts as silent and the next family goes, as it does in life.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final

import httpx2

from hub.demo import documents
from hub.demo.installation import APPROVER, CREDIT_OFFICE, HANDLER
from hub.demo.receivers import RunningReceiver
from hub.demo.walk import CASE, Walk, WalkError, data_of, must
from scoring.credit import packaged_rules

Json = dict[str, Any]
_ADULT: Final = 18
_MOST: Final = 20
_TRIED: Final = 5
_MENDED: Final = "in-quarantine"
"""A source that is silent until a record is mended: faults are planted, so some are."""
_TAKEN_S: Final = 90.0
"""Longer than a message belongs to a sender that was killed."""
_POLL_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Committed:
    """How far a family came, and what the hub said of each step."""

    people: int
    commitment: Json
    verification: Json
    confirmation: Json
    record: Json
    """The twenty fields as the credit office reads them, once performance was determined."""


@dataclass(frozen=True, slots=True)
class _Member:
    id: str
    born: date

    def is_of_age(self, age: int, today: date) -> bool:
        born = self.born
        passed = (today.month, today.day) >= (born.month, born.day)
        return today.year - born.year - (not passed) >= age


def commit_a_family(walk: Walk, households: list[str], today: date) -> Committed:
    """Let the first of `households` that can go the simplified path; return what came of it.

    Raises:
        WalkError: A step did not come out as it must.
    """
    for household_id, members in islice(_applicants(walk, households, today), _TRIED):
        commitment = _committed(walk, household_id, members, today)
        code = commitment["code"]
        report = {"code": code, "reportNumber": f"DEMO-{code}"}
        verification = _given(walk, documents.VERIFY, report)
        reasons = {each.rpartition(": ")[2] for each in verification["silentSources"]}
        must(reasons <= {_MENDED}, f"sources are silent about a family: {sorted(reasons)}")
        if reasons:
            must(verification["grade"] == "undecided", "a silent source is taken for nothing")
            continue
        must(
            verification["grade"] == "consistent",
            "a family that declared more than anybody knows is not basically consistent",
        )
        confirmation = _confirmed(walk, code, household_id, today)
        recorded = _determined(walk, code, today)
        return Committed(len(members), commitment, verification, confirmation, recorded)
    raise WalkError("no family on the worklist can go the simplified path")


def _applicants(
    walk: Walk, households: list[str], today: date
) -> Iterator[tuple[str, list[_Member]]]:
    for household_id in households[:_MOST]:
        answer = walk.client(HANDLER).ask(
            documents.APPLICANTS, {"id": household_id}, purpose="VERIFY", case=CASE
        )
        household = data_of(answer, "applicants")["household"]
        people = [member["person"] for member in (household or {}).get("members", [])]
        if not all(person["population"] for person in people):
            continue
        members = [
            _Member(person["id"], date.fromisoformat(person["population"]["birthDate"]))
            for person in people
        ]
        members.sort(key=lambda member: member.born)
        if members and members[0].is_of_age(_ADULT, today):
            yield household_id, members


def _committed(walk: Walk, household_id: str, members: list[_Member], today: date) -> Json:
    applicant, rules = members[0], packaged_rules(today)
    notice = _given(
        walk,
        documents.GIVE_NOTICE,
        {
            "householdId": household_id,
            "applicantId": applicant.id,
            "category": "DB",
            "applicationNumber": f"DEMO-{today:%Y%m%d}-{household_id[:8]}",
            "noticeVersion": rules.texts.notice_versions[0],
            "channel": "counter",
            "readOn": today.isoformat(),
            "seriousBadRecord": False,
        },
    )
    own = rules.signing.consents_from
    authorisations = [
        {
            "personId": member.id,
            "sources": list(rules.signing.sources),
            "until": (today + timedelta(days=180)).isoformat(),
            "signedBy": member.id if member.is_of_age(own, today) else applicant.id,
        }
        for member in members
    ]
    return _given(
        walk,
        documents.COMMIT,
        {
            "noticeId": notice["noticeId"],
            "members": [member.id for member in members],
            "monthlyIncomeCents": 10_000_000,
            "vehicles": _MOST,
            "properties": _MOST,
            "businesses": _MOST,
            "depositCents": 10_000_000,
            "authorisations": authorisations,
            "staffCommits": True,
        },
    )


def _confirmed(walk: Walk, code: str, household_id: str, today: date) -> Json:
    stated = {
        "code": code,
        "startDate": today.isoformat(),
        "endDate": (today + timedelta(days=365)).isoformat(),
        "decisionNumber": f"DEMO-{household_id[:8]}-C",
        "decidedOn": today.isoformat(),
    }
    answer = walk.client(APPROVER).ask(
        documents.CONFIRM, {"input": stated}, purpose="PUSH", case=CASE
    )
    outcome: Json = data_of(answer, "confirmation")["confirmCommitment"]
    must(outcome["people"] > 0, "nobody was recognised on the simplified path")
    return outcome


def _determined(walk: Walk, code: str, today: date) -> Json:
    stated = {"code": code, "performance": "ALL", "determinedOn": today.isoformat()}
    answer = walk.client(APPROVER).ask(
        documents.DETERMINE, {"input": stated}, purpose="CREDIT", case=CASE
    )
    data_of(answer, "determination")
    told = walk.client(CREDIT_OFFICE).ask(documents.CREDIT_RECORD, {"code": code}, purpose="CREDIT")
    record: Json = data_of(told, "credit record")["creditRecord"]
    must(record is not None, "the credit office does not find the commitment")
    return record


def _given(walk: Walk, document: str, stated: Mapping[str, object]) -> Json:
    answer = walk.client(HANDLER).ask(document, {"input": stated}, purpose="VERIFY", case=CASE)
    (outcome,) = data_of(answer, "a step of the commitment").values()
    return dict(outcome)


def taken_by_platform(platform: RunningReceiver, code: str, how_many: int) -> list[str]:
    """Return what the credit platform did with the messages about a commitment, in their order.

    Raises:
        WalkError: It does not have them all after ninety seconds.
    """
    deadline = time.monotonic() + _TAKEN_S
    while time.monotonic() < deadline:
        items = (
            httpx2.get(platform.inbox, trust_env=False, timeout=60)
            .raise_for_status()
            .json()["items"]
        )
        mine = [item for item in items if item["commitmentCode"] == code]
        if len(mine) == how_many:
            return [f"{item['operation']} {item['status']}" for item in mine]
        time.sleep(_POLL_S)
    raise WalkError("the credit platform does not have every message after ninety seconds")
