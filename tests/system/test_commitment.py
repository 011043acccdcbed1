"""Notification and commitment through HTTP: a served hub, banks, a receiver and the platform.

Scenarios 2, 5 and 6 of the domain report: Wang's family goes the simplified path; an analyst asks
for a bank balance; a supporter has not authorised.
"""

import asyncio
import json
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from hub.clock import utc_now
from hub.demo.client import Department
from hub.http.clients import make_client_key, registry_entry
from hub.query.bind import day_of
from hub.sealing.keyring import Keyring
from hub.sealing.signing import MessageSigner
from schema.catalogue import Catalogue
from tests.support.credit import POLICY, SOURCES, stored, wang_family
from tests.support.installation import hub_command, serving
from tests.support.postgres import fresh_database, running_server, temporary_home
from tests.support.systems import running

pytestmark = [pytest.mark.system, pytest.mark.database, pytest.mark.timeout(200)]
CLIENTS = (
    ("handler", "civil-affairs", "street-handler", ["VERIFY"]),
    ("approver", "civil-affairs", "approver", ["PUSH", "CREDIT"]),
    ("credit-office", "credit-office", "clerk", ["CREDIT"]),
    ("analyst", "civil-affairs", "analyst", ["WARN"]),
    ("auditor", "audit-office", "auditor", ["AUDIT"]),
)
GIVE = "mutation ($in: NoticeInput!) { giveNotice(input: $in) { noticeId state notOpen } }"
COMMIT = "mutation ($in: CommitmentInput!) { commit(input: $in) { code state dueOn } }"
VERIFY = """mutation ($in: VerificationInput!) { verifyCommitment(input: $in) {
  grade state different undecided returnedSources silentSources } }"""
CONFIRM = """mutation ($in: ConfirmationInput!) { confirmCommitment(input: $in) {
  state people messageIds platformMessageId isLate } }"""
DETERMINE = """mutation ($in: DeterminationInput!) { determinePerformance(input: $in) {
  state platformMessageId } }"""
STATE = "query ($c: String!) { creditRecord(code: $c) { state code } }"
RECORD = """query ($c: String!) { creditRecord(code: $c) {
  code promisorName promisorCode performance determinedOn publicity } }"""
DEPOSITS = """query ($h: ID!) { household(id: $h) { id region members { person {
  bankDeposits { amountCents } } } } }"""
INDICATORS = """{ indicators(rule: "consent-bound-without-consent", %s) { edges { node {
  id rule severity department actor client firstIndex lastIndex count } } } }"""
DENIALS = """{ accessLog(first: 20, department: "civil-affairs") { edges { node {
  index role outcome denied } } } }"""


@dataclass
class Scene:
    """Everything that runs, and how to ask it."""

    family: object
    clients: dict[str, Department]
    bank: Path
    platform: str
    housing: str
    home: Path

    def give(self, who: str, document: str, stated: dict, purpose: str = "VERIFY") -> dict:
        """Give a command and return its outcome, or the one error."""
        answer = self.clients[who].ask(document, {"in": stated}, purpose=purpose, case="case-7")
        if answer.get("data") is None:
            (error,) = answer["errors"]
            return error
        (outcome,) = answer["data"].values()
        return outcome

    def bank_uses(self) -> list[str]:
        path = self.bank / "authorisations.log"
        return path.read_text("ascii").split() if path.exists() else []

    def notice(self, number: str) -> str:
        stated = {
            "householdId": str(self.family.household),
            "applicantId": str(self.family.wang),
            "category": "DB",
            "applicationNumber": number,
            "noticeVersion": "2026-07",
            "channel": "counter",
            "readOn": today().isoformat(),
            "seriousBadRecord": False,
        }
        return self.give("handler", GIVE, stated)["noticeId"]

    def commitment(self, notice_id: str, **other) -> dict:
        family = self.family
        until = (today() + timedelta(days=100)).isoformat()

        def signed(person, by=None):
            return {
                "personId": str(person),
                "sources": SOURCES,
                "until": until,
                "signedBy": str(by or person),
            }

        return {
            "noticeId": notice_id,
            "members": family.members,
            "monthlyIncomeCents": 180_000,
            "vehicles": 0,
            "properties": 1,
            "businesses": 0,
            "depositCents": 500_000,
            "authorisations": [
                signed(family.wang),
                signed(family.wife),
                signed(family.child, family.wife),
            ],
            "staffCommits": True,
            **other,
        }


def today():
    return day_of(utc_now())


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    family, folder = wang_family(Catalogue.discover()), tmp_path_factory.mktemp("scene")
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home())
        dsn = stack.enter_context(fresh_database(stack.enter_context(running_server()).dsn()))
        keyring = _hub(home, dsn, family)
        keys = folder / "hub-keys.json"
        keys.write_text(json.dumps(MessageSigner(keyring).jwks()), encoding="utf-8")
        bank = _bank(folder / "banks", family)
        own = ["--hub-keys", str(keys), "--home"]
        started = {
            name: stack.enter_context(running(module, folder, options))[0]
            for name, module, options in (
                ("banks", "hub.demo.systems.banks", ["--data", str(bank)]),
                ("platform", "hub.demo.systems.credit_platform", [*own, str(folder / "platform")]),
                (
                    "housing",
                    "hub.demo.systems.receiver",
                    [*own, str(folder / "housing"), "--receiver", "housing"],
                ),
            )
        }
        _departments(home, bank, started)
        served = stack.enter_context(serving(home))
        clients = {
            name: stack.enter_context(
                closing(
                    Department.signed_by(served.address, name, home / "clients" / f"{name}.jwk")
                )
            )
            for name, *_ in CLIENTS
        }
        yield Scene(family, clients, bank, started["platform"], started["housing"], home)


def _hub(home: Path, dsn: str, family) -> Keyring:
    (home / "hub.toml").write_text(f'database_url = "{dsn}"\n', encoding="utf-8")
    (home / "policy.toml").write_text(POLICY, encoding="utf-8")
    (home / "clients").mkdir(mode=0o700)
    entries = [
        registry_entry(name, *who, make_client_key(home / "clients", name))
        for name, *who in CLIENTS
    ]
    (home / "clients.toml").write_text("\n".join(entries), encoding="utf-8")
    done = hub_command("migrate", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    keyring = Keyring.open(home / "keys")
    asyncio.run(stored(dsn, keyring, Catalogue.discover(), family))
    return keyring


def _bank(folder: Path, family) -> Path:
    folder.mkdir()
    held = {family.number(family.wang): [_deposit(300_000)], family.number(family.son): []}
    (folder / "holdings.json").write_text(json.dumps(held), encoding="utf-8")
    (folder / "token").write_text("t0ken", encoding="ascii")
    return folder


def _deposit(cents: int) -> dict:
    return {"kind": "deposit", "institution": "虚构银行", "amountCents": cents}


def _departments(home: Path, bank: Path, started: dict[str, str]) -> None:
    jwks = httpx2.get(f"{started['housing']}/jwks.json", trust_env=False, timeout=60)
    (home / "housing.jwks").write_bytes(jwks.content)
    (home / "departments.toml").write_text(
        f'[live.banks]\nurl = "{started["banks"]}/v1/holdings"\n'
        f'token_file = "{bank / "token"}"\n'
        f'[receivers.housing]\nurl = "{started["housing"]}/recognitions"\n'
        f'key_file = "housing.jwks"\n'
        f'[receivers.national-credit-platform]\nurl = "{started["platform"]}/commitments"\n',
        encoding="utf-8",
    )


def test_a_family_commits_is_confirmed_and_every_receiver_acknowledges(scene):
    family = scene.family
    before = len(scene.bank_uses())
    code = scene.give("handler", COMMIT, scene.commitment(scene.notice("S-2")))["code"]
    verified = scene.give("handler", VERIFY, {"code": code, "reportNumber": "R-1"})
    asked = len(scene.bank_uses()) - before
    decision = {
        "code": code,
        "startDate": (today() + timedelta(days=5)).isoformat(),
        "decisionNumber": "示民救〔2026〕2号",
        "decidedOn": today().isoformat(),
    }
    confirmed = scene.give("approver", CONFIRM, decision, "PUSH")
    again = scene.give("approver", CONFIRM, decision, "PUSH")
    pushed = until(
        lambda: (
            scene.clients["handler"].ask(STATE, {"c": code}, purpose="VERIFY", case="case-7")[
                "data"
            ]["creditRecord"]["state"]
            == "pushed"
        )
    )
    found = {"code": code, "performance": "ALL", "determinedOn": today().isoformat()}
    determined = scene.give("approver", DETERMINE, found, "CREDIT")
    record = scene.clients["credit-office"].ask(RECORD, {"c": code}, purpose="CREDIT")

    assert code.startswith(f"420203{today():%Y%m%d}")
    assert (verified["grade"], verified["silentSources"]) == ("consistent", [])
    assert asked == 2
    assert (confirmed["state"], confirmed["people"]) == ("confirmed-simplified", 3)
    assert again == confirmed
    assert pushed
    assert determined["platformMessageId"] not in {None, confirmed["platformMessageId"]}
    assert record["data"]["creditRecord"] == {
        "code": code,
        "promisorName": "虚王一",
        "promisorCode": family.number(family.wang),
        "performance": "全部履行",
        "determinedOn": today().isoformat(),
        "publicity": "不可公开",
    }
    told = until(lambda: _taken(scene, 2))
    assert [t["operation"] for t in told] == ["RECORD", "CORRECT"]
    received = httpx2.get(f"{scene.housing}/recognitions", trust_env=False, timeout=60).json()[
        "items"
    ]
    assert len(received) == 3


def _taken(scene, how_many):
    taken = httpx2.get(f"{scene.platform}/commitments", trust_env=False, timeout=60).json()["items"]
    return taken if len(taken) == how_many else None


def test_what_banks_hold_is_nobodys_to_query_and_the_attempt_is_on_record(scene):
    uses = scene.bank_uses()

    answer = scene.clients["analyst"].ask(
        DEPOSITS, {"h": str(scene.family.household)}, purpose="WARN"
    )
    log = scene.clients["auditor"].ask(DENIALS, {}, purpose="AUDIT")

    assert answer["data"]["household"]["region"] == "420203001001"
    assert "amountCents" not in str(answer["data"])
    assert "NOT_GRANTED" in {e["extensions"]["reason"] for e in answer["errors"]}
    assert scene.bank_uses() == uses
    nodes = [edge["node"] for edge in log["data"]["accessLog"]["edges"]]
    mine = [n for n in nodes if n["role"] == "analyst"]
    assert any("bankDeposits NOT_GRANTED" in denied for n in mine for denied in n["denied"])
    (told,) = until(lambda: _indicated(scene))
    assert (told["department"], told["client"]) == ("civil-affairs", "analyst")
    assert told["severity"] == "high"
    places = [n["index"] for n in mine if any("bankDeposits" in each for each in n["denied"])]
    assert told["firstIndex"] <= min(places)
    assert max(places) <= told["lastIndex"]
    assert told["count"] >= 1
    listed = hub_command("audit", "indicators", "--format", "json", "--home", scene.home)
    assert told["id"] in {each["id"] for each in json.loads(listed.stdout)}
    assert scene.family.number(scene.family.wang) not in listed.stdout
    about = ("--by", "auditor-3", "--note", "asked the analyst's head", "--home", scene.home)
    noted = hub_command("audit", "indicators", "acknowledge", told["id"], *about)
    assert noted.returncode == 0, noted.stdout + noted.stderr
    assert _indicated(scene, only="open: true") == []


def _indicated(scene, only="open: false"):
    asked = INDICATORS % only
    found = scene.clients["auditor"].ask(asked, {}, purpose="AUDIT")["data"]["indicators"]
    return [edge["node"] for edge in found["edges"] if edge["node"]["client"] == "analyst"]


def test_a_supporter_who_did_not_authorise_is_not_asked_about(scene):
    family = scene.family
    signed_by_wang = {
        "personId": str(family.son),
        "sources": ["banks"],
        "until": today().isoformat(),
        "signedBy": str(family.wang),
    }
    notice = scene.notice("S-6")
    stated = scene.commitment(notice)
    stated["supporters"] = [str(family.son)]
    forged = {**stated, "authorisations": [*stated["authorisations"], signed_by_wang]}
    uses = scene.bank_uses()

    refused = scene.give("handler", COMMIT, forged)
    code = scene.give("handler", COMMIT, scene.commitment(notice))["code"]
    denied = scene.give(
        "handler",
        VERIFY,
        {"code": code, "reportNumber": "R-6", "supporters": [str(family.son)]},
    )

    assert refused["extensions"]["code"] == "SIGNATURES_MISSING"
    assert "signed-by-other" in refused["message"]
    assert denied["extensions"]["code"] == "CONSENT_REQUIRED"
    assert scene.bank_uses() == uses


def test_no_log_line_of_the_hub_names_anybody(scene):
    code = scene.give("handler", COMMIT, scene.commitment(scene.notice("S-9")))["code"]
    scene.give("handler", VERIFY, {"code": code, "reportNumber": "R-9"})
    scene.give("handler", VERIFY, {"code": "虚王一", "reportNumber": "R-9"})
    words = (scene.home / "serve.log").read_text("utf-8")
    family = scene.family

    for person in (family.wang, family.wife, family.child, family.son):
        assert family.number(person) not in words
    for secret in ("虚王", "虚李", "示民救", "S-9", code, "180000", "300000"):
        assert secret not in words
