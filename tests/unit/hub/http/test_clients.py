import json
import re
import stat

import pytest
from joserfc.jwk import ECKey, RSAKey

from hub.access import Purpose
from hub.errors import SetupError
from hub.http.clients import (
    load_clients,
    make_client_key,
    read_client_key,
    read_clients,
    registry_entry,
)

KEY = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": "first"})
PUBLIC = KEY.as_dict(private=False)


def table(**changed):
    members = {
        "id": '"insurance-system"',
        "department": '"medical-insurance"',
        "role": '"clerk"',
        "purposes": '["PUSH"]',
        "jwk": "{ " + ", ".join(f"{name} = {json.dumps(PUBLIC[name])}" for name in PUBLIC) + " }",
    } | changed
    lines = [f"{name} = {value}" for name, value in members.items() if value is not None]
    return "\n".join(["[[client]]", *lines, ""])


def no_file(name):
    raise FileNotFoundError(name)


def test_an_entry_that_the_hub_wrote_is_read_back():
    text = registry_entry("insurance-system", "medical-insurance", "clerk", ["PUSH", "CASE"], KEY)

    (client,) = load_clients(text, no_file).values()

    assert (client.id, client.department, client.role) == (
        "insurance-system",
        "medical-insurance",
        "clerk",
    )
    assert client.purposes == {Purpose.PUSH, Purpose.CASE}
    assert [key.kid for key in client.keys] == ["first"]
    assert not re.search(r"[ {]d = ", text)


def test_a_client_is_narrowed_to_the_area_that_its_entry_names():
    written = registry_entry("community", "civil-affairs", "clerk", ["CASE"], KEY, ["420106001"])

    (narrow,) = load_clients(written, no_file).values()
    (wide,) = load_clients(table(), no_file).values()

    assert narrow.area == ("420106001",)
    assert wide.area is None


@pytest.mark.parametrize("region", ["", "4201x6", "4201060010011"])
def test_an_area_is_made_of_regions(region):
    with pytest.raises(SetupError, match="a region is 1 to 12 digits"):
        load_clients(table(regions=json.dumps([region])), no_file)


def test_a_registry_without_clients_is_empty():
    assert load_clients("", no_file) == {}


def test_a_key_pair_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    made = make_client_key(tmp_path / "clients", "insurance-system")
    again = make_client_key(tmp_path / "clients", "insurance-system")

    path = tmp_path / "clients" / "insurance-system.jwk"
    assert again.thumbprint() == made.thumbprint()
    assert again.is_private
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_client_key(path).kid == made.kid


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"kty": "EC"}'])
def test_a_key_file_that_holds_no_key_is_named(tmp_path, content):
    (tmp_path / "x1.jwk").write_text(content)

    with pytest.raises(SetupError, match=r"x1\.jwk"):
        make_client_key(tmp_path, "x1")


def test_a_client_id_cannot_leave_the_folder(tmp_path):
    with pytest.raises(SetupError, match="id must be"):
        make_client_key(tmp_path, "../elsewhere")


def test_keys_in_a_file_of_their_own_can_be_several(tmp_path):
    second = ECKey.generate_key("P-256", {"kid": "second"}).as_dict(private=False)
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [PUBLIC, second]}))
    (tmp_path / "clients.toml").write_text(table(jwk=None, jwks_file='"keys.json"'))

    (client,) = read_clients(tmp_path / "clients.toml").values()

    assert [key.kid for key in client.keys] == ["first", "second"]


def test_a_registry_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SetupError, match=r"clients\.toml"):
        read_clients(tmp_path / "clients.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[client]", "no TOML"),
        ('client = "x"', "tables"),
        ("client = [1]", "Client 1 of the registry is wrong"),
        (table(id=None), "`id`"),
        (table(id='"X"'), "id must be"),
        (table(department='"民政"'), "insurance-system: department must be"),
        (table(role='""'), "insurance-system: role must be"),
        (table(purposes="[]"), "insurance-system: purposes"),
        (table(purposes='["CURIOSITY"]'), "purposes"),
        (table(colour='"red"'), "colour"),
        (table(jwk=None), "insurance-system needs either"),
        (table(jwks_file='"keys.json"'), "insurance-system needs either"),
        (table(jwk=None, jwks_file='"keys.json"'), "insurance-system: jwks_file cannot"),
        (table() + table(), "two clients with the id insurance-system"),
    ],
)
def test_a_mistake_is_told_with_its_client_and_field(text, words):
    with pytest.raises(SetupError, match=words):
        load_clients(text, no_file)


@pytest.mark.parametrize(
    ("jwk", "words"),
    [
        (KEY.as_dict(private=True), "private key"),
        (RSAKey.generate_key(2048).as_dict(private=False), "P-256"),
        (ECKey.generate_key("P-384").as_dict(private=False), "P-256"),
        (PUBLIC | {"alg": "ES384"}, "ES256"),
        (PUBLIC | {"use": "enc"}, "ES256"),
        ({"kty": "EC", "crv": "P-256", "x": PUBLIC["x"]}, "not a valid"),
        (PUBLIC | {"y": PUBLIC["x"]}, "not a valid"),
    ],
)
def test_only_a_public_es256_key_is_taken_and_no_part_of_another_is_repeated(jwk, words):
    inline = "{ " + ", ".join(f"{name} = {json.dumps(jwk[name])}" for name in jwk) + " }"

    with pytest.raises(SetupError, match=words) as caught:
        load_clients(table(jwk=inline), no_file)

    assert "jwk" in str(caught.value)
    assert not any(str(value) in str(caught.value) for value in jwk.values() if len(value) > 8)


@pytest.mark.parametrize("content", ['{"keys": []}', "[]", "{", '{"keys": [7]}'])
def test_a_key_file_without_keys_is_refused(content):
    with pytest.raises(SetupError, match="jwks_file"):
        load_clients(table(jwk=None, jwks_file='"keys.json"'), lambda name: content)
