"""Every example is answered by a real hub, asked by the client that stands beside the examples."""

import json
import subprocess
import sys

import pytest

from hub.demo.district import Places
from hub.demo.installation import CLIENTS, key_file
from hub.demo.walk import known_family
from hub.http.console.examples import examples_folder, read_examples
from tests.support.installation import ROOT, environment, serving

pytestmark = [pytest.mark.system, pytest.mark.timeout(200)]
FOLDER = examples_folder()
EXAMPLES = read_examples(FOLDER)


@pytest.fixture(scope="module")
def hub(demo_run):
    home, done = demo_run
    assert done.returncode == 0, done.stdout + done.stderr
    with serving(home) as served:
        yield home, served


def asked(hub, example):
    """Return what `examples/client.py` prints; a person asked about is one who is there."""
    home, served = hub
    client = next(each for each in CLIENTS if each.id == example.client)
    number = known_family(Places(home / "district").truth)
    known = {"nationalId": number, "nationalIds": [number, "690106000000000000"]}
    variables = {name: known.get(name, value) for name, value in example.variables.items()}
    done = subprocess.run(
        [
            *(sys.executable, FOLDER / "client.py", served.address, client.id),
            *(key_file(home, client), example.purpose, FOLDER / f"{example.name}.graphql"),
            *(json.dumps(variables), example.case or ""),
        ],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.name)
def test_an_example_is_answered_with_a_receipt(hub, example):
    answer = asked(hub, example)

    assert answer["data"], answer
    assert all(value is not None for value in answer["data"].values())
    assert answer["extensions"]["receipt"]["index"] >= 0
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    assert codes <= {"NOT_GRANTED"}


def test_the_same_question_by_another_department_is_refused_field_by_field(hub):
    example = next(each for each in EXAMPLES if each.name == "two-departments")

    answer = asked(hub, example)

    denied = {error["extensions"]["field"] for error in answer["errors"]}
    assert "Population.phone" in denied
    assert answer["data"]["person"]["disabilityCertificates"] is None


def test_many_numbers_are_answered_in_the_order_asked(hub):
    example = next(each for each in EXAMPLES if each.name == "bulk")

    answer = asked(hub, example)

    assert [each["index"] for each in answer["data"]["people"]] == [0, 1]
    assert [each["status"] for each in answer["data"]["people"]] == ["FOUND", "INVALID"]
