"""The doctor reaches the banks' channel over a socket, and asks it about nobody."""

import pytest

from hub.commands.doctor import banks
from hub.commands.places import read_places
from hub.demo.systems.banks import HOLDINGS_FILE, TOKEN_FILE, USES_FILE
from tests.support.systems import free_port, running

pytestmark = [pytest.mark.anyio, pytest.mark.system]
TOKEN = "a-made-up-token"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("banks")
    (folder / HOLDINGS_FILE).write_text("{}", encoding="utf-8")
    (folder / TOKEN_FILE).write_text(TOKEN, encoding="ascii")
    return folder


@pytest.fixture(scope="module")
def address(data):
    with running("hub.demo.systems.banks", data, ["--data", str(data)]) as (url, _):
        yield url


def places(folder, url, token=TOKEN):
    (folder / "departments.toml").write_text(
        f'[live.banks]\nurl = "{url}"\ntoken_file = "banks.token"\n', encoding="utf-8"
    )
    if token is not None:
        (folder / "banks.token").write_text(token, encoding="ascii")
    return read_places(folder / "departments.toml")


async def test_a_channel_that_answers_is_well_and_no_authorisation_was_used(
    data, address, tmp_path
):
    finding = await banks(places(tmp_path, f"{address}/v1/holdings"))

    assert (finding.mark, finding.is_bad) == ("ok", False)
    assert "answers and takes our token" in finding.found
    assert not (data / USES_FILE).exists()


async def test_a_hub_without_banks_says_so_and_is_whole(tmp_path):
    finding = await banks(read_places(tmp_path / "departments.toml"))

    assert (finding.mark, finding.is_bad) == ("ok", False)
    assert "not set up" in finding.found


@pytest.mark.parametrize("token", [None, "", " \n"])
async def test_a_token_that_cannot_be_read_is_for_the_operator(address, tmp_path, token):
    finding = await banks(places(tmp_path, f"{address}/v1/holdings", token))

    assert (finding.mark, finding.is_bad) == ("BAD", True)
    assert "token_file" in finding.found


async def test_an_address_that_is_not_encrypted_is_for_the_operator(tmp_path):
    finding = await banks(places(tmp_path, "http://bank.example/v1/holdings"))

    assert (finding.mark, finding.is_bad) == ("BAD", True)
    assert "https" in finding.found


@pytest.mark.parametrize(
    ("path", "token", "found"),
    [("/v1/holdings", "another", "answered 401"), ("/v2/holdings", TOKEN, "answered 404")],
)
async def test_a_channel_that_is_wrongly_set_up_is_for_the_operator(
    address, tmp_path, path, token, found
):
    finding = await banks(places(tmp_path, f"{address}{path}", token))

    assert (finding.mark, finding.is_bad, finding.found) == ("BAD", True, found)
    assert token not in finding.found + finding.advice


async def test_a_channel_that_takes_a_question_about_nobody_is_not_the_agreed_one(data, tmp_path):
    options = ["--data", str(data), "--status", "200"]
    with running("hub.demo.systems.banks", tmp_path, options) as (url, _):
        finding = await banks(places(tmp_path, f"{url}/v1/holdings"))

    assert (finding.mark, finding.is_bad, finding.found) == ("BAD", True, "answered 200")


async def test_an_outage_of_the_banks_is_noted_and_leaves_the_hub_whole(data, tmp_path):
    gone = await banks(places(tmp_path, f"http://127.0.0.1:{free_port()}/v1/holdings"))
    options = ["--data", str(data), "--status", "503"]
    with running("hub.demo.systems.banks", tmp_path, options) as (url, _):
        failing = await banks(places(tmp_path, f"{url}/v1/holdings"))

    assert [(f.mark, f.is_bad) for f in (gone, failing)] == [("note", False)] * 2
    assert gone.found == "broke off (ConnectError)"
    assert failing.found == "answered 503"
    assert "verify again" in gone.advice
