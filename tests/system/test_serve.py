"""`hub serve` from outside: one at a time, drained on SIGTERM, attached to by other commands."""

import json
import subprocess
import sys
from contextlib import ExitStack, closing

import httpx2
import pytest

from hub.demo.client import Department
from hub.demo.installation import ANALYST, AUDITOR, INSURER, OFFICER, key_file
from hub.demo.walk import known_family
from tests.support.installation import ROOT, environment, hub_command, serving

pytestmark = [pytest.mark.system, pytest.mark.timeout(200)]
WARNED = "{ warnings(first: 5) { edges { node { band household { id region } } } } }"


@pytest.fixture(scope="module")
def hub(demo_run):
    home, done = demo_run
    assert done.returncode == 0, done.stdout + done.stderr
    with serving(home) as served:
        yield home, served


@pytest.fixture
def client(hub):
    """Gives a demo client by its description; its connections are closed after the test."""
    home, served = hub
    with ExitStack() as stack:

        def signed_in(who) -> Department:
            made = Department.signed_by(served.address, who.id, key_file(home, who))
            return stack.enter_context(closing(made))

        yield signed_in


def test_a_second_serve_on_one_home_is_refused_by_name(hub):
    home, served = hub

    done = hub_command("serve", "--home", home, "--port", "0", timeout=60)

    assert done.returncode == 1
    assert str(served.process.pid) in done.stderr
    assert "Traceback" not in done.stderr


def test_workers_for_whom_the_database_has_no_room_are_told_what_to_set(hub):
    home, _ = hub

    done = hub_command("doctor", "--home", home, more={"HUB_WORKERS": "64"})

    assert done.returncode == 1
    assert "max_connections to 1168 or more" in done.stdout


def test_other_commands_attach_to_the_running_server(hub):
    home, _ = hub

    for command in (("audit", "verify"), ("doctor",), ("deliver",)):
        done = hub_command(*command, "--home", home)
        assert done.returncode == 0, done.stdout + done.stderr


def test_reviving_a_receiver_to_which_nothing_waits_says_so_and_sends_nothing(hub):
    home, _ = hub

    done = hub_command("deliver", "--revive", "national-credit-platform", "--home", home)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 messages for national-credit-platform are due again" in done.stdout
    assert "0 acknowledged" in done.stdout


def test_reviving_a_receiver_whom_nobody_writes_to_names_those_whom_somebody_does(hub):
    home, _ = hub

    done = hub_command("deliver", "--revive", "medical-insurence", "--home", home)

    assert done.returncode == 1
    assert "are due again" not in done.stdout
    assert "medical-insurance" in done.stderr
    assert "national-credit-platform" in done.stderr


def test_a_checkpoint_that_was_kept_elsewhere_still_fits(hub, tmp_path):
    home, served = hub
    token = hub_command(
        "token", OFFICER.id, "--purpose", "WARN", "--home", home, "--hub", served.address
    ).stdout.strip()
    kept = httpx2.get(
        f"{served.address}/log/checkpoint",
        headers={"authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=60,
    )
    (tmp_path / "kept").write_bytes(kept.content)
    forged = kept.text.splitlines()
    forged[1] = str(int(forged[1]) + 1_000)
    (tmp_path / "forged").write_text("\n".join(forged) + "\n", encoding="utf-8")

    good = hub_command("audit", "verify", "--home", home, "--witnessed", tmp_path / "kept")
    bad = hub_command("audit", "verify", "--home", home, "--witnessed", tmp_path / "forged")

    assert good.returncode == 0, good.stdout + good.stderr
    assert bad.returncode == 1
    assert "witnessed" in bad.stdout


def test_a_token_for_curl_is_printed_by_the_token_command(hub):
    home, served = hub

    done = hub_command(
        "token", OFFICER.id, "--purpose", "WARN", "--home", home, "--hub", served.address
    )
    answer = httpx2.post(
        f"{served.address}/graphql",
        json={"query": WARNED},
        headers={"authorization": f"Bearer {done.stdout.strip()}"},
        trust_env=False,
        timeout=60,
    )

    assert answer.status_code == 200
    assert answer.json()["data"]["warnings"]["edges"]


def test_the_analyst_sees_scores_and_no_names(client):
    document = (
        "{ warnings(first: 5) { edges { node { total household { members "
        "{ person { population { name birthYear } } } } } } } }"
    )

    answer = client(ANALYST).ask(document, {}, purpose="WARN")

    fields = {error["extensions"]["field"] for error in answer.get("errors", [])}
    assert "Population.name" in fields
    assert len(answer["errors"]) == len(fields)
    text = str(answer["data"])
    assert "birthYear" in text or "members': None" in text


def operators_newest(auditor, number):
    """Return the newest entry of an operator about one person; messages come between."""
    document = """query ($n: String!) { accessLog(first: 50, subject: $n) { edges { node {
      index kind role purpose fields subjectCount } } } }"""
    page = auditor.ask(document, {"n": number}, purpose="AUDIT")
    nodes = [edge["node"] for edge in page["data"]["accessLog"]["edges"]]
    return next((node for node in nodes if node["role"] == "operator"), {"index": -1})


def test_a_statement_that_an_operator_lets_run_is_on_record_about_whom_it_names(
    hub, client, tmp_path
):
    home, _ = hub
    number = known_family(home / "district" / "truth.json")
    variables = tmp_path / "variables.json"
    variables.write_text(json.dumps({"nationalId": number}), encoding="utf-8")
    command = ("explain", ROOT / "examples" / "two-departments.graphql", "--home", home)
    asker = ("--as", "civil-affairs:officer", "--purpose", "WARN")
    before = operators_newest(client(AUDITOR), number)

    done = hub_command(*command, *asker, "--variables", variables, "--analyze")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "actual time" in done.stdout
    assert number not in done.stdout + done.stderr
    entry = operators_newest(client(AUDITOR), number)
    assert entry["index"] > before["index"]
    assert (entry["kind"], entry["purpose"]) == ("lookup", "WARN")
    assert entry["subjectCount"] == 1
    assert "Population.name" in entry["fields"]


def test_whom_an_id_names_is_on_record_when_its_question_is_analysed(hub, client, tmp_path):
    home, _ = hub
    number = known_family(home / "district" / "truth.json")
    find = "query ($n: String!) { person(nationalId: $n) { household { id } } }"
    found = client(OFFICER).ask(find, {"n": number}, purpose="WARN")["data"]["person"]
    document = tmp_path / "household.graphql"
    document.write_text("query ($h: ID!) { household(id: $h) { region } }", encoding="utf-8")
    before = operators_newest(client(AUDITOR), number)

    done = hub_command(
        *("explain", document, "--as", "civil-affairs:officer", "--purpose", "WARN"),
        *("--home", home, "--analyze", "--variables", json.dumps({"h": found["household"]["id"]})),
    )

    assert done.returncode == 0, done.stdout + done.stderr
    entry = operators_newest(client(AUDITOR), number)
    assert entry["index"] > before["index"]
    assert (entry["kind"], entry["subjectCount"]) == ("lookup", 1)


def test_an_operation_that_would_be_refused_is_explained_with_its_place(hub, tmp_path):
    home, _ = hub
    document = tmp_path / "wrong.graphql"
    document.write_text("{\n  warnings { edges { node { salary } } }\n}", encoding="utf-8")

    done = hub_command(
        "explain", document, "--as", "civil-affairs:officer", "--purpose", "WARN", "--home", home
    )

    assert done.returncode == 1
    assert f"{document}:2:29: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_purpose_that_a_client_is_not_registered_for_gets_no_token(hub):
    home, served = hub

    done = hub_command(
        "token", INSURER.id, "--purpose", "CASE", "--home", home, "--hub", served.address
    )

    assert done.returncode == 1
    assert "CASE" in done.stderr


def test_a_case_purpose_without_a_case_is_refused_whole(client):
    answer = client(OFFICER).ask(WARNED, {}, purpose="CASE")

    assert "data" not in answer or answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == "NOT_GRANTED"


def test_wrong_questions_get_an_answer_of_the_standard_form(client):
    department = client(OFFICER)
    deep = "{ warnings { edges { node { household {" + " members { person { household {" * 9
    deep += " id " + " } } }" * 9 + " } } } } }"
    wrong = {
        "{ nothing }": "GRAPHQL_VALIDATION_FAILED",
        "{ warnings(first: 5) { edges { node { salary } } } }": "GRAPHQL_VALIDATION_FAILED",
        "{ unbalanced": "GRAPHQL_VALIDATION_FAILED",
        deep: "TOO_COSTLY",
    }
    for document, code in wrong.items():
        answer = department.ask(document, {}, purpose="WARN")
        assert answer["errors"][0]["extensions"]["code"] == code
        assert answer.get("data") is None


def test_the_hub_listens_on_loopback_only():
    done = subprocess.run(
        [sys.executable, "-m", "hub.cli", "doctor"],
        cwd=ROOT,
        env={**environment(), "HUB_HOST": "0.0.0.0"},  # noqa: S104 - what must be refused
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "this machine only" in done.stderr


def test_signing_in_without_a_key_is_not_there(hub):
    _, served = hub
    ours = {"origin": served.address}
    choice = {"client": OFFICER.id, "purpose": "WARN"}

    offered = httpx2.get(f"{served.address}/demo/sign-in", trust_env=False, timeout=60)
    asked = httpx2.post(
        f"{served.address}/demo/sign-in", json=choice, headers=ours, trust_env=False
    )

    assert (offered.status_code, asked.status_code) == (404, 404)
    assert "access_token" not in asked.text


@pytest.mark.parametrize("setting", ["HUB_HOST=0.0.0.0", "HUB_PUBLIC_URL=https://hub.example"])
def test_the_demonstration_does_not_serve_on_an_address_of_others(setting, tmp_path):
    name, _, value = setting.partition("=")
    done = subprocess.run(
        [sys.executable, "-m", "hub.cli", "demo", "--check", "--home", tmp_path],
        cwd=ROOT,
        env={**environment(), name: value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "keys").exists()
