"""Master Zhou, from the hospital bill to the service: over HTTP, as each clerk would do it.

Scenario 1: medical-insurance and employment feeds push the score to 67; one orange alert; the
officer sees no amounts; visit, cause illness, dibao application, supplementary insurance,
tutoring; each look-up in the log.
"""

from contextlib import ExitStack, closing

import pytest

from hub.demo.client import Department
from tests.support.installation import serving
from tests.support.postgres import temporary_home
from tests.support.zhou_district import CASE, CLIENTS, COMMUNITY, install

pytestmark = [pytest.mark.system, pytest.mark.timeout(200)]
WORKLIST = """query ($assignee: String) { warnings(assignee: $assignee) { edges { node {
  recordId band total status step dueOn overdue urgent assignee community
  household { id region score { total band coverage reasons { points textZh source } }
    members { relation person { population { name phone }
      medicalSettlements { selfPaidBand selfPaidCents totalCents }
      pensions { monthlyCents } } } } } } } }"""
OWN_AREA = """{ warnings { edges { node { recordId band dueOn overdue household {
  score { causeHint total } members { relation person { population {
    name phone registeredAddress nationalId } pensions { monthlyCents } } } } } } } }"""
MINE = """query ($assignee: String) { warnings(assignee: $assignee) {
  edges { node { recordId status } } } }"""
CLOSE = "mutation ($in: ClosingInput!) { closeAlert(input: $in) { status } }"
FILE = """query ($id: ID!) { household(id: $id) {
  alerts { recordId status step outcome overdue }
  visits { recordId alertId visitedOn result visitor cause needs { need } notes }
  referrals { recordId state need service receiver referredOn settledOn } } }"""
CLIENT = """query ($number: String!) { person(nationalId: $number) {
  population { name phone registeredAddress }
  pensions { monthlyCents } recognitions { category }
  household { id score { total } visits { cause notes } referrals { need state service } } } }"""
WHO_READ = """query ($subject: String!) { accessLog(subject: $subject, first: 200) { edges { node {
  index kind department role actor purpose case outcome fields } } } }"""


class Desk:
    """Every client of the district, signed in; keeps what each answer about the family said."""

    def __init__(self, address, home, stack):
        self.receipts = []
        self.clients = {
            name: stack.enter_context(
                closing(Department.signed_by(address, name, home / f"{name}.jwk"))
            )
            for name in CLIENTS
        }

    def ask(self, who, document, purpose="CASE", case=CASE, **variables):
        """Return data and refused fields of one answer."""
        case = case if purpose == "CASE" else None
        answer = self.clients[who].ask(document, variables, purpose=purpose, case=case)
        assert answer.get("data") is not None, answer["errors"]
        self.receipts.append((who, purpose, answer["extensions"]["receipt"]["index"]))
        denied = {error["extensions"]["field"] for error in answer.get("errors", [])}
        return answer["data"], denied

    def step(self, who, command, kind, **stated):
        """Carry out one mutation; return its outcome."""
        document = (
            f"mutation ($in: {kind}!) {{ {command}(input: $in) "
            "{ alertId status step recordId services } }"
        )
        return self.ask(who, document, **{"in": stated})[0][command]

    def refused(self, who, document, purpose="CASE", case=CASE, **variables):
        """Return the code of a whole refusal."""
        answer = self.clients[who].ask(document, variables, purpose=purpose, case=case)
        assert answer.get("data") is None
        return answer["errors"][0]["extensions"]["code"]


@pytest.fixture(scope="module")
def town():
    """The family, and a desk at a hub that has read what departments hold about it."""
    with temporary_home() as home, ExitStack() as stack:
        family = install(home)
        served = stack.enter_context(serving(home))
        yield family, Desk(served.address, home, stack)


def the_alert(answer):
    (edge,) = answer["warnings"]["edges"]
    return edge["node"]


def amounts(value):
    """Return every value under a name of an amount."""
    if isinstance(value, dict):
        own = [v for key, v in value.items() if key.endswith("Cents") and v is not None]
        return own + [found for v in value.values() for found in amounts(v)]
    if isinstance(value, list):
        return [found for v in value for found in amounts(v)]
    return []


def test_master_zhou_from_the_hospital_bill_to_the_service(town):
    family, desk = town
    today = family.today.isoformat()

    # One orange alert of 67 points; the officer sees reasons and no amount.
    worklist, denied = desk.ask("officer", WORKLIST, "WARN")
    alert = the_alert(worklist)
    score = alert["household"]["score"]
    assert (alert["band"], alert["total"]) == ("orange", 67)
    assert (score["total"], score["coverage"]) == (67, 94)
    assert sum(reason["points"] for reason in score["reasons"]) == 67
    assert (alert["status"], alert["step"], alert["urgent"]) == ("screened", 0, False)
    assert (alert["community"], alert["overdue"]) == (COMMUNITY, False)
    assert amounts(worklist) == []
    assert denied >= {"MedicalSettlement.selfPaidCents", "MedicalSettlement.totalCents"}
    home, place = alert["household"]["id"], alert["recordId"]

    # The community's officer sees name, address, phone and a hint; the neighbour nothing.
    own, denied = desk.ask("community", OWN_AREA, "WARN")
    members = the_alert(own)["household"]["members"]
    assert {m["person"]["population"]["name"] for m in members} == set(family.numbers)
    assert all(m["person"]["population"]["phone"] for m in members)
    assert all(m["person"]["population"]["nationalId"] is None for m in members)
    assert the_alert(own)["household"]["score"]["causeHint"] == "D2"
    assert amounts(own) == []
    assert "Score.total" in denied
    elsewhere, _ = desk.ask("neighbour", "{ warnings { edges { node { recordId } } } }", "WARN")
    desk.receipts.pop()  # it is about nobody
    assert elsewhere["warnings"]["edges"] == []

    # The street assigns it; the community's officer visits and may do nothing else.
    taken = desk.step(
        "handler", "assignAlert", "AssignmentInput", alertId=place, step=0, assignee="w-17"
    )
    assert (taken["status"], taken["step"]) == ("assigned", 1)
    mine, _ = desk.ask("handler", MINE, "WARN", assignee="w-17")
    assert the_alert(mine) == {"recordId": place, "status": "assigned"}
    early = {"in": {"alertId": place, "step": 1}}
    assert desk.refused("community", CLOSE, **early) == "NOT_GRANTED"
    visit = {
        "alertId": place,
        "step": 1,
        "visitedOn": today,
        "result": "cause-confirmed",
        "cause": "illness",
        "notes": "示例：父亲肾炎住院两次",
    }
    first = desk.step("community", "recordVisit", "VisitInput", **visit)
    again = desk.step("community", "recordVisit", "VisitInput", **visit)
    assert first == again
    assert first["status"] == "cause-confirmed"

    # Needs lead to services; three referrals.
    needs = {"alertId": place, "step": 2, "needs": ["money", "study"]}
    offered = desk.step("handler", "assessNeeds", "NeedsInput", **needs)["services"]
    chosen = {
        "dibao-application": "money",
        "supplementary-insurance": "money",
        "volunteer-tutoring": "study",
    }
    assert set(chosen) <= set(offered)
    referrals = [
        desk.step(
            "handler", "refer", "ReferralInput", alertId=place, step=3 + n, need=need,
            service=service, referredOn=today,
        )["recordId"]
        for n, (service, need) in enumerate(chosen.items())
    ]  # fmt: skip

    # The social worker sees need and contact of the named client, nothing else.
    seen, denied = desk.ask("worker", CLIENT, number=family.numbers["周甲"])
    person = seen["person"]
    assert person["population"]["phone"]
    assert [r["need"] for r in person["household"]["referrals"]].count("study") == 1
    assert person["household"]["visits"] is None
    assert denied >= {"Person.pensions", "Household.visits", "Household.score"}
    assert amounts(seen) == []
    hidden = (person["pensions"], person["recognitions"], person["population"]["registeredAddress"])
    assert hidden == (None, None, None)

    # What became of the services, and the end.
    settled = {"alertId": place, "state": "provided", "settledOn": today}
    statuses = [
        desk.step(
            "handler", "confirmService", "ServiceInput", step=6 + n, referralId=key, **settled
        )["status"]
        for n, key in enumerate(referrals)
    ]
    assert statuses == ["referred", "referred", "service-confirmed"]
    end = desk.step("handler", "closeAlert", "ClosingInput", alertId=place, step=9)
    assert (end["status"], end["step"]) == ("closed", 10)
    late = {"in": {"alertId": place, "step": 9, "assignee": "w-18"}}
    assign = "mutation ($in: AssignmentInput!) { assignAlert(input: $in) { status } }"
    assert desk.refused("handler", assign, **late) == "ALERT_CHANGED"
    file, _ = desk.ask("handler", FILE, id=home)
    (kept,) = file["household"]["visits"]
    assert (kept["cause"], kept["alertId"]) == ("illness", place)
    assert [n["need"] for n in kept["needs"]] == ["money", "study"]
    assert {r["service"] for r in file["household"]["referrals"]} == set(chosen)
    assert file["household"]["alerts"][0]["outcome"] == "cause-confirmed"

    # Each look-up stands in the log, under the one who asked, for the purpose that was stated.
    log, _ = desk.ask("auditor", WHO_READ, "AUDIT", subject=family.numbers["周甲"])
    entries = [edge["node"] for edge in log["accessLog"]["edges"]]
    by_index = {entry["index"]: entry for entry in entries}
    looked = [(who, purpose, index) for who, purpose, index in desk.receipts if index in by_index]
    assert {(who, purpose) for who, purpose, _ in looked} >= {
        ("officer", "WARN"),
        ("community", "WARN"),
        ("handler", "WARN"),
        ("handler", "CASE"),
        ("worker", "CASE"),
    }
    for who, purpose, index in looked:
        entry = by_index[index]
        department, role, *_ = CLIENTS[who]
        assert (entry["department"], entry["role"]) == (department, role)
        assert (entry["purpose"], entry["outcome"]) == (purpose, "answered")
        assert entry["case"] == (CASE if purpose == "CASE" else None)
    commands = [entry for entry in entries if entry["kind"] == "command"]
    assert [entry["role"] for entry in commands].count("community-officer") == 2
    assert {entry["case"] for entry in commands} == {CASE}
    assert len(commands) == 12  # that the family is of the case is one of them
