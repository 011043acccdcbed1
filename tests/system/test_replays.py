"""An answer of a hub that serves is asked again, by two people who sign their requests."""

import io
import json
import tarfile
from contextlib import closing

import pytest

from audit.cli import main
from hub.demo.client import Department
from hub.demo.district import Places
from hub.demo.installation import AUDIT_LEAD, AUDITOR, OFFICER, key_file
from tests.support.installation import hub_command, serving

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]
LAST = "query($s: String) { accessLog(subject: $s, first: 1) { edges { node { kind } } } }"
PEOPLE = (
    """query($all: [String!]!) { people(nationalIds: $all) { person { population { name } } } }"""
)
ASK = """mutation($i: Int!) { askReplay(input: {index: $i, reason: "complaint 7"}) { id state } }"""
APPROVE = "mutation($id: ID!) { approveReplay(input: {id: $id}) { state expiresAt } }"
RUN = "mutation($id: ID!) { runReplay(input: {id: $id}) { verdict why data variables entry } }"
LIST = (
    "query($i: Int) { replays(index: $i) { edges { node { state verdict askedBy decidedBy } } } }"
)


def verified(folder, home):
    key = hub_command("audit", "key", "--home", home).stdout.strip()
    return main(["verify-export", str(folder), "--vkey", key, "--quiet"])


def test_what_an_auditor_looks_for_is_given_signed_and_verifies(demo_home, tmp_path):
    lines = Places(demo_home / "district").truth.read_text("utf-8").splitlines()
    numbers = [number for line in lines for number in json.loads(line).get("members", ())][:2]
    with serving(demo_home) as served:
        key = key_file(demo_home, OFFICER)
        with closing(Department.signed_by(served.address, OFFICER.id, key)) as officer:
            officer.ask(PEOPLE, {"all": numbers}, purpose="WARN")
            refused = officer.http.post(
                f"{served.address}/audit/export", json={},
                headers={"authorization": f"Bearer {officer.token('WARN')}"},
            )  # fmt: skip
        key = key_file(demo_home, AUDITOR)
        with closing(Department.signed_by(served.address, AUDITOR.id, key)) as auditor:
            asked = {"subject": numbers[0], "forms": ["csv", "ocsf"]}
            head = {"authorization": f"Bearer {auditor.token('AUDIT')}"}
            given = auditor.http.post(f"{served.address}/audit/export", json=asked, headers=head)
            wrong = auditor.http.post(
                f"{served.address}/audit/export", json={"people": 1}, headers=head
            )
            log = auditor.ask(LAST, {"s": numbers[0]}, purpose="AUDIT")["data"]["accessLog"]

    assert (refused.status_code, refused.json()["code"]) == (403, "NOT_GRANTED")
    assert (wrong.status_code, given.status_code) == (400, 200)
    assert given.headers["content-type"] == "application/x-tar"
    with tarfile.open(fileobj=io.BytesIO(given.content)) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / "audit-export"
    assert verified(folder, demo_home) == 0
    assert numbers[0].encode() not in given.content
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["selection"]["hasSubject"] is True
    assert manifest["entries"] >= 1
    assert log["edges"][0]["node"]["kind"] == "lookup"

    whole = tmp_path / "whole"
    done = hub_command("audit", "export", whole, "--form", "csv", "--home", demo_home)
    assert done.returncode == 0, done.stderr
    assert verified(whole, demo_home) == 0
    some = tmp_path / "some"
    given = ("--department", "audit-office", "--since", "2020-01-01")
    done = hub_command("audit", "export", some, *given, "--home", demo_home)
    assert done.returncode == 0, done.stderr
    assert verified(some, demo_home) == 0


def test_an_answer_is_asked_again_over_graphql_and_by_the_command(demo_home):
    lines = Places(demo_home / "district").truth.read_text("utf-8").splitlines()
    numbers = [number for line in lines for number in json.loads(line).get("members", ())][:3]
    with serving(demo_home) as served:

        def at(client):
            key = key_file(demo_home, client)
            return closing(Department.signed_by(served.address, client.id, key))

        with at(OFFICER) as officer, at(AUDITOR) as auditor, at(AUDIT_LEAD) as lead:
            shown = officer.ask(PEOPLE, {"all": numbers}, purpose="WARN")
            index = shown["extensions"]["receipt"]["index"]
            asked = auditor.ask(ASK, {"i": index}, purpose="AUDIT")["data"]["askReplay"]
            given = {"id": asked["id"]}
            early = auditor.ask(RUN, given, purpose="AUDIT")
            own = auditor.ask(APPROVE, given, purpose="AUDIT")
            approved = lead.ask(APPROVE, given, purpose="AUDIT")["data"]["approveReplay"]
            run = auditor.ask(RUN, given, purpose="AUDIT")["data"]["runReplay"]
            again = auditor.ask(RUN, given, purpose="AUDIT")
            listed = lead.ask(LIST, {"i": index}, purpose="AUDIT")["data"]["replays"]["edges"]

    assert (asked["state"], approved["state"], run["verdict"]) == ("asked", "approved", "same")
    assert [one["errors"][0]["extensions"]["code"] for one in (early, own, again)] == [
        "REPLAY_CONFLICT", "NOT_GRANTED", "REPLAY_CONFLICT",
    ]  # fmt: skip
    assert json.loads(run["data"]) == shown["data"]
    assert json.loads(run["variables"]) == {"all": numbers}
    assert [edge["node"]["verdict"] for edge in listed] == ["same"]

    ours = ("--home", demo_home)
    made = hub_command(
        "audit", "replay", "ask", str(index), "--by", "a-1", "--reason", "complaint 8", *ours
    )
    id_ = made.stdout.strip()
    alone = hub_command("audit", "replay", "approve", id_, "--by", "a-1", *ours)
    other = hub_command("audit", "replay", "approve", id_, "--by", "a-2", *ours)
    done = hub_command("audit", "replay", "run", id_, "--by", "a-1", *ours)

    assert alone.returncode != 0
    assert other.returncode == 0, other.stderr
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"] == shown["data"]
    verified = hub_command("audit", "verify", *ours)
    assert verified.returncode == 0, verified.stdout
