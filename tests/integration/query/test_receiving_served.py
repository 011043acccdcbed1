"""Over HTTP: the example client is run as it stands; what must be encrypted never leaves clear."""

import asyncio
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from hub.access import Purpose
from hub.clock import utc_now
from hub.http.clients import load_clients, registry_entry
from hub.http.routes import router, token_issuer
from hub.query.export import Exporter
from hub.supervision.listening import listener
from tests.support.edge import CLIENT, new_edge
from tests.support.golden import ROOT
from tests.support.receivers import example, is_sealed, new_pair, registered_key
from tests.support.serving import serving_app
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
QUESTION = """{ households(first: 20) { edges { node { id score { reasons { textZh } }
  members { person { id disabilityCertificates { category } } } } } } }"""
EXPORT = QUESTION.replace("(first: 20)", "")
JSON, JOSE = "application/json", "application/jose"
EXAMPLES = ROOT / "examples"
client = example()


@dataclass
class AtNow:
    """The front door, asked at the time of the made-up district; sign-in has the real time."""

    inner: Any

    async def answer(self, request, /, smaller=()):
        return await self.inner.answer(replace(request, at=NOW), smaller)


@dataclass
class Scene:
    """A served hub, one client of it whose registration can be changed, and its keys."""

    address: str
    clients: dict
    signing: ECKey
    own: Any
    token: str
    asking: Any

    def registered(self, encryption="none", *keys):
        changed = replace(self.clients[CLIENT], encryption=encryption, encryption_keys=keys)
        self.clients[CLIENT] = changed

    async def ask(self, path="/graphql", question=QUESTION, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"authorization": f"Bearer {self.token}"} | named
        async with httpx2.AsyncClient(trust_env=False, timeout=60) as http:
            return await http.post(self.address + path, json={"query": question}, headers=headers)

    async def keys(self):
        async with httpx2.AsyncClient(trust_env=False, timeout=60) as http:
            reply = await http.get(self.address + "/keys/outbound")
        return KeySet.import_key_set(reply.raise_for_status().json())


@pytest.fixture
async def scene(ask, tmp_path):
    bound = listener("127.0.0.1", 0)
    address = f"http://127.0.0.1:{bound.getsockname()[1]}"
    signing = ECKey.generate_key("P-256", {"kid": "sig-1"})
    entry = registry_entry(CLIENT, "civil-affairs", "officer", ["WARN"], signing)
    clients, own = dict(load_clients(entry, str)), new_pair()
    door = AtNow(ask.answerer)
    edge = new_edge(
        tmp_path, clock=utc_now, issuer=address, clients=clients, queries=door,
        exports=Exporter(
            ask.answerer.documents, door, ask.answerer.disclosures, ask.answerer.meter
        ),
    )  # fmt: skip
    issuer = token_issuer(edge.parts)
    token = issuer.issue(clients[CLIENT], Purpose("WARN"), utc_now(), "token-1")
    made = Scene(address, clients, signing, own, token, ask)
    made.registered("none", registered_key(own))
    async with serving_app(router(edge.parts), bound):
        yield made


async def run(scene, folder, program, form):
    """Run an example client, whose keys lie in files; return what it prints."""
    for name, pair in {"sign.jwk": scene.signing, "open.jwk": scene.own}.items():
        (folder / name).write_text(json.dumps(pair.as_dict(private=True)))
    document = folder / "question.graphql"
    document.write_text(QUESTION)
    done = await asyncio.to_thread(
        subprocess.run,
        [*program, scene.address, CLIENT, folder / "sign.jwk", "WARN", folder / "open.jwk",
         document, "{}", form],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("curve", ["P-256", "X25519"])
@pytest.mark.parametrize("form", ["fields", "response", "signed-response"])
async def test_the_example_opens_what_it_is_answered(scene, tmp_path, form, curve):
    scene.own = new_pair(curve)
    scene.registered("none", registered_key(scene.own))
    clear = (await scene.ask()).json()

    opened = await run(scene, tmp_path, [sys.executable, EXAMPLES / "receiving_client.py"], form)

    assert opened["data"] == clear["data"]
    assert scene.asking.log.record()["encryption"] == {"form": form, "key": "enc-1"}


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """The example for Node beside the package jose, fetched by npm, pinned by hash."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.skip("no Node on this machine (apt-get install nodejs npm)")
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(Path(__file__).parent / "receiving" / name, folder)
    shutil.copy(EXAMPLES / "receiving_client.mjs", folder)
    flags = ("--no-audit", "--no-fund", "--ignore-scripts")
    try:
        subprocess.run(
            [npm, "ci", *flags], cwd=folder, check=True, capture_output=True, timeout=120
        )
    except (subprocess.SubprocessError, OSError) as problem:
        pytest.skip(f"npm cannot fetch jose: {type(problem).__name__}")
    return [program, folder / "receiving_client.mjs"]


@pytest.mark.extra
@pytest.mark.timeout(240)
@pytest.mark.parametrize("curve", ["P-256", "X25519"])
@pytest.mark.parametrize("form", ["fields", "response", "signed-response"])
async def test_the_example_for_node_opens_the_same(scene, tmp_path, node, form, curve):
    scene.own = new_pair(curve)
    scene.registered("none", registered_key(scene.own))
    clear = (await scene.ask()).json()

    opened = await run(scene, tmp_path, node, form)

    assert opened["data"] == clear["data"]


def texts(tree):
    if isinstance(tree, dict | list):
        for each in tree.values() if isinstance(tree, dict) else tree:
            yield from texts(each)
    elif isinstance(tree, str):
        yield tree


@pytest.mark.parametrize(
    ("registered", "headers", "left"),
    [
        ("none", {}, "none"),
        ("none", {"accept": JSON}, "none"),
        ("none", {"accept": "*/*"}, "none"),
        ("none", {"accept": f"{JSON}, {JOSE};q=0"}, "none"),
        ("none", {"hub_encryption": "none"}, "none"),
        ("none", {"hub_encryption": "fields"}, "fields"),
        ("none", {"accept": JOSE}, "response"),
        ("none", {"accept": f"{JSON}, {JOSE};q=0.5"}, "response"),
        ("none", {"hub_encryption": "signed-response"}, "signed-response"),
        ("fields", {}, "fields"),
        ("fields", {"accept": JSON}, "fields"),
        ("fields", {"accept": JOSE}, "response"),
        ("fields", {"hub_encryption": "response"}, "response"),
        ("response", {}, "response"),
        ("response", {"accept": "*/*"}, "response"),
        ("response", {"hub_encryption": "response"}, "response"),
        ("response", {"hub_encryption": "signed-response", "accept": JOSE}, "signed-response"),
        ("signed-response", {"accept": JOSE}, "signed-response"),
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/export"])
async def test_an_answer_leaves_with_what_is_demanded_or_asked_whichever_is_more(
    scene, registered, headers, left, path
):
    scene.registered(registered, registered_key(scene.own))
    question = QUESTION if path == "/graphql" else EXPORT
    if path == "/export":
        headers = {k: v.replace(JSON, "application/jsonl") for k, v in headers.items()}

    reply = await scene.ask(path, question, **headers)

    assert reply.status_code == 200
    kind = reply.headers["content-type"]
    assert (kind == JOSE) is (left not in {"none", "fields"})
    record = scene.asking.log.record()
    assert record.get("encryption", {}).get("form", "none") == left
    lines = reply.content.splitlines()
    if kind == JOSE:
        keys = await scene.keys() if left == "signed-response" else None
        assert all(client.opened_whole(line, scene.own, keys)[0] for line in lines)
    else:
        found = [text for line in lines for text in texts(json.loads(line))]
        assert any(map(is_sealed, found)) is (left == "fields")


@pytest.mark.parametrize(
    ("registered", "headers", "status"),
    [
        ("fields", {"hub_encryption": "none"}, 400),
        ("response", {"hub_encryption": "fields"}, 400),
        ("signed-response", {"hub_encryption": "response"}, 400),
        ("none", {"hub_encryption": "rot13"}, 400),
        ("response", {"accept": JSON}, 406),
        ("response", {"accept": f"{JSON}, {JOSE};q=0"}, 406),
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/export"])
async def test_less_is_never_given_and_nothing_is_fetched_for_it(
    scene, registered, headers, status, path
):
    scene.registered(registered, registered_key(scene.own))
    opened = len(scene.asking.opened)
    if path == "/export":
        headers = {k: v.replace(JSON, "application/jsonl") for k, v in headers.items()}

    reply = await scene.ask(path, EXPORT, **headers)

    assert reply.status_code == status
    assert "data" not in reply.json()
    assert len(scene.asking.opened) == opened


@pytest.mark.parametrize("form", ["fields", "response", "signed-response"])
@pytest.mark.parametrize("path", ["/graphql", "/export"])
async def test_without_a_key_that_is_good_now_the_request_is_refused(scene, form, path):
    ended = registered_key(scene.own, None, utc_now() - timedelta(seconds=1))
    begins = registered_key(new_pair(kid="enc-2"), utc_now() + timedelta(hours=1), None)
    scene.registered(form, ended, begins)
    opened = len(scene.asking.opened)

    reply = await scene.ask(path, EXPORT)

    assert reply.status_code == 403
    assert reply.headers["content-type"].startswith(JSON)
    (error,) = reply.json()["errors"]
    assert error["extensions"]["code"] == "NO_ENCRYPTION_KEY"
    assert len(scene.asking.opened) == opened
    assert scene.asking.log.record()["reason"] == "NO_ENCRYPTION_KEY"


async def test_the_next_key_takes_over_and_the_last_one_opens_nothing_more(scene):
    old, new = scene.own, new_pair(kid="enc-2")
    begins = utc_now() - timedelta(seconds=5)
    scene.registered("response", registered_key(old))
    assert client.opened_whole((await scene.ask()).content, old, None)
    scene.registered("response", registered_key(old), registered_key(new, begins, None))

    reply = await scene.ask()

    assert client.opened_whole(reply.content, new, None)[1]["kid"] == "enc-2"
    with pytest.raises(JoseError):
        client.opened_whole(reply.content, old, None)


async def test_proof_of_origin_is_the_hubs_and_of_this_answer_alone(scene):
    scene.registered("signed-response", registered_key(scene.own))
    reply, keys = await scene.ask(), await scene.keys()
    assert client.opened_whole(reply.content, scene.own, keys)

    forged = KeySet([ECKey.generate_key("P-256", {"kid": key.kid}) for key in keys.keys])
    with pytest.raises(JoseError):
        client.opened_whole(reply.content, scene.own, forged)
    anybody = registered_key(scene.own).recipient  # the public key is no secret
    with pytest.raises(client.NotOursError, match="not signed"):
        client.opened_whole(anybody.whole(b"{}", "rid", JSON), scene.own, keys)
    inside = client.jwe.decrypt_compact(reply.content, scene.own, registry=client.TO_US).plaintext
    with pytest.raises(client.NotOursError, match="not this answer"):
        client.opened_whole(anybody.whole(inside, "another", "jose"), scene.own, keys)


async def test_what_fails_on_the_way_out_is_readable_and_has_no_data(scene, monkeypatch):
    scene.registered("fields", registered_key(scene.own))

    def broken(*_):
        raise ValueError("no randomness")

    monkeypatch.setattr("hub.sealing.recipients.JoseRecipient.fields", broken)
    reply = await scene.ask()

    assert reply.status_code == 500
    assert set(reply.json()) == {"errors"}
    assert "randomness" not in reply.text
    assert scene.asking.log.record()["outcome"] == "failed"
