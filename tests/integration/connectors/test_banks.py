"""The banks' channel over a socket: an authorisation, one person, a whole answer or none."""

import json
from datetime import date
from uuid import uuid4

import httpx2
import pytest

from connectors.errors import SourceFormatError, SourceRefusedError, SourceUnavailableError
from connectors.live import Holding, Question
from connectors.live.banks import BankChannel
from tests.support.systems import badly_packed, free_port, running

pytestmark = [pytest.mark.anyio, pytest.mark.system]
NUMBER = "690203197406120011"
ON = date(2026, 11, 23)
QUESTION = Question(uuid4(), NUMBER, "虚王一", ON)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("banks")
    holding = {"kind": "deposit", "institution": "虚构银行", "amountCents": 123_456}
    (folder / "holdings.json").write_text(json.dumps({NUMBER: [holding]}), encoding="utf-8")
    (folder / "token").write_text("t0ken", encoding="ascii")
    return folder


@pytest.fixture(scope="module")
def url(data):
    with running("hub.demo.systems.banks", data, ["--data", str(data)]) as (address, _):
        yield f"{address}/v1/holdings"


async def test_a_person_with_an_authorisation_is_answered_for(url, data):
    answer = await BankChannel(url, "t0ken").ask(QUESTION)

    assert answer == (Holding("deposit", 123_456, ON),)
    uses = (data / "authorisations.log").read_text("ascii").split()
    assert uses[-1] == str(QUESTION.authorisation_id)


async def test_who_holds_nothing_is_answered_for_with_nothing(url):
    nobody = Question(uuid4(), "69020319760808002X", "虚李二", ON)

    assert await BankChannel(url, "t0ken").ask(nobody) == ()


async def test_without_our_credential_nothing_is_told(url):
    with pytest.raises(SourceRefusedError, match="answered 401"):
        await BankChannel(url, "another").ask(QUESTION)


@pytest.mark.parametrize("missing", ["authorisationId", "citizenNumber", "name"])
async def test_the_banks_refuse_a_question_without_an_authorisation_or_a_person(url, missing):
    question = {
        "authorisationId": str(uuid4()),
        "citizenNumber": NUMBER,
        "name": "虚王一",
        "on": "2026-11-23",
    }
    del question[missing]

    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        answer = await client.post(url, json=question, headers={"authorization": "Bearer t0ken"})

    assert answer.status_code == 403
    assert NUMBER not in answer.text


@pytest.mark.parametrize(
    ("status", "problem"),
    [(503, SourceUnavailableError), (403, SourceRefusedError), (418, SourceFormatError)],
)
async def test_a_failing_channel_says_how_and_names_nobody(data, status, problem):
    options = ["--data", str(data), "--status", str(status)]
    with (
        running("hub.demo.systems.banks", data, options) as (address, _),
        pytest.raises(problem) as failed,
    ):
        await BankChannel(f"{address}/v1/holdings", "t0ken").ask(QUESTION)

    assert str(status) in str(failed.value)
    assert NUMBER not in str(failed.value)
    assert "虚" not in str(failed.value)


async def test_a_channel_that_is_not_there_is_unavailable():
    with pytest.raises(SourceUnavailableError, match="broke off"):
        await BankChannel(f"http://127.0.0.1:{free_port()}/v1/holdings", "t").ask(QUESTION)


async def test_an_answer_in_another_form_is_not_passed_on(data, tmp_path):
    other = {NUMBER: [{"kind": "deposit", "secret": "虚王一"}]}
    (tmp_path / "holdings.json").write_text(json.dumps(other), encoding="utf-8")
    (tmp_path / "token").write_text("t0ken", encoding="ascii")
    with (
        running("hub.demo.systems.banks", tmp_path, ["--data", str(tmp_path)]) as (address, _),
        pytest.raises(SourceFormatError) as failed,
    ):
        await BankChannel(f"{address}/v1/holdings", "t0ken").ask(QUESTION)

    assert "虚" not in str(failed.value)
    assert failed.value.__cause__ is None


async def test_an_answer_that_is_not_packed_as_it_says_is_no_answer():
    async with badly_packed() as address:
        with pytest.raises(SourceFormatError, match="packed"):
            await BankChannel(address, "t0ken").ask(QUESTION)


def test_a_question_and_a_holding_show_nobody_and_no_amount():
    shown = repr(QUESTION) + repr(Holding("deposit", 123_456, ON))

    assert NUMBER not in shown
    assert "虚" not in shown
    assert "123456" not in shown
