"""`hub documents`: what is registered is checked, shown and on record."""

import hashlib
import subprocess

import pytest

from hub.demo.installation import CLIENTS
from tests.support.installation import hub_command

pytestmark = [pytest.mark.system, pytest.mark.timeout(200)]
TEXT = (
    "query Enrolled($n: String!) {\n"
    "  person(nationalId: $n) {\n"
    "    medicalEnrolments { scheme } disabilityCertificates { category }\n"
    "  }\n"
    "}\n"
)


@pytest.fixture(scope="module")
def home(demo_run):
    found, done = demo_run
    assert done.returncode == 0, done.stdout + done.stderr
    return found


def documents(home, *arguments) -> subprocess.CompletedProcess[str]:
    return hub_command("documents", *arguments, "--home", home)


def test_a_document_is_registered_listed_and_removed(home, tmp_path):
    client = next(each for each in CLIENTS if each.department == "medical-insurance")
    file = tmp_path / "enrolled.graphql"
    file.write_text(TEXT)
    name = hashlib.sha256(TEXT.encode()).hexdigest()

    added = documents(home, "add", client.id, file)
    assert added.returncode == 0, added.stderr
    assert f"sha256:{name}" in added.stdout
    assert "query Enrolled" in added.stdout
    assert "granted: " in added.stdout
    assert "MedicalEnrolment.scheme" in added.stdout
    assert "person " in added.stdout.split("cost", 1)[1]

    listed = documents(home, "list", client.id)
    assert f"{client.id} sha256:{name} Enrolled" in listed.stdout

    removed = documents(home, "remove", client.id, f"sha256:{name}")
    assert removed.returncode == 0, removed.stderr
    assert documents(home, "list", client.id).stdout == ""
    assert documents(home, "remove", client.id, name).returncode == 1


@pytest.mark.parametrize(
    ("client", "text", "told"),
    [
        (None, TEXT, "no client"),
        ("", "{ nothing }", "Cannot query field"),
        ("", "{", "does not parse"),
        ("", "{ " + "a: __typename " * 100 + "}", "60 aliases"),
    ],
)
def test_what_cannot_be_run_is_not_registered(home, tmp_path, client, text, told):
    known = CLIENTS[0].id
    good, bad = tmp_path / "good.graphql", tmp_path / "bad.graphql"
    good.write_text(TEXT)
    bad.write_text(text)

    done = documents(home, "add", known if client is not None else "nobody", good, bad)

    assert done.returncode == 1
    assert told in done.stderr
    assert documents(home, "list", known).stdout == ""
