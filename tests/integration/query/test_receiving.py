"""An answer that only its receiver opens: what is sealed, to whom, and what the log says of it."""

import json
from dataclasses import replace

import pytest
from joserfc.errors import JoseError

from hub.errors import EncryptionRefusedError
from hub.query.answer import Request
from hub.query.export import Exporter
from hub.query.receiving import Form, Receiving
from tests.support.asking import OFFICER, WARNER
from tests.support.receivers import (
    Classes,
    example,
    is_sealed,
    new_pair,
    receiving,
)
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
RECORDS = (
    "medicalSettlements { selfPaidBand majorDisease } disabilityCertificates { category severe }"
)
ONE = (
    "query ($n: String!) { person(nationalId: $n) { id who: population { name phone } a: "
    f"{RECORDS} household {{ region members {{ relation person {{ {RECORDS} }} }} }} }} }}"
)
PEOPLE = f"""query ($n: [String!]!) {{ people(nationalIds: $n)
  {{ index status person {{ id population {{ name phone }} {RECORDS} }} }} }}"""
ANY = """query ($n: [String!]!) { people(nationalIds: $n) { person { records { __typename
  ... on Population { name } ... on MedicalSettlement { paid: selfPaidBand majorDisease }
  ... on DisabilityCertificate { category severe } } } } }"""
HOUSEHOLDS = """{ households(first: 20) { totalCount pageInfo { endCursor } edges { cursor node {
  id region score { total band reasons { points textZh source ageDays } dimensions { code points } }
  members { relation person { population { name birthYear } disabilityCertificates { category }
  } } } } } }"""
EXPORTED = HOUSEHOLDS.replace("(first: 20)", "").replace("totalCount pageInfo { endCursor } ", "")
ENTITIES = """query ($r: [_Any!]!) { _entities(representations: $r) { __typename
  ... on Person { id population { name } disabilityCertificates { category } }
  ... on Household { id region score { reasons { textZh } } } } }"""
client = example()


def numbers(world, count=30):
    """The numbers of people with something sensitive on file before those of others."""
    rich = {
        row["identity_id"] for name in ("disability_certificate", "medical_settlement")
        for row in world.tables[name]
    }  # fmt: skip
    people = {person for (_, person), identity in world.identities.items() if identity in rich}
    return sorted(world.person_by_number, key=lambda n: world.person_by_number[n] not in people)[
        :count
    ]


QUESTIONS = {
    "one": (ONE, OFFICER, lambda world: {"n": numbers(world)[0]}),
    "people": (PEOPLE, OFFICER, lambda world: {"n": [*numbers(world), "69", numbers(world)[0]]}),
    "records": (ANY, OFFICER, lambda world: {"n": numbers(world)}),
    "households": (HOUSEHOLDS, WARNER, lambda _: {}),
    "entities": (
        ENTITIES,
        WARNER,
        lambda world: {
            "r": [
                {"__typename": kind, "id": str(key)}
                for person, place in zip(
                    world.person_by_number.values(), world.tables["household_place"], strict=False
                )
                for kind, key in (("Person", person), ("Household", place["household_id"]))
            ]
        },
    ),
}


def asked(document, caller, variables, how=None):
    return Request(document, variables, None, caller, "r-1", NOW, receiving=how)


async def answers(ask, world, name, how):
    """Return the clear answer to a question, and the bytes that left for the receiver."""
    document, caller, variables = QUESTIONS[name]
    given = variables(world)
    clear = await ask.answerer.answer(asked(document, caller, given))
    left = await ask.answerer.answer(asked(document, caller, given, how))
    return document, json.loads(clear.body), left.body


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("curve", ["P-256", "X25519"])
async def test_exactly_the_values_of_class_s_and_x_are_sealed_and_open_to_the_same(
    ask, world, catalogue, name, curve
):
    pair = new_pair(curve)
    document, clear, left = await answers(ask, world, name, receiving(pair))
    sealed = json.loads(left)

    classes = Classes(ask.answerer.documents.schema, catalogue, document)
    shut = {path: is_shut for path, _, is_shut in classes.leaves(clear["data"])}
    found = {path: is_sealed(value) for path, value, _ in classes.leaves(sealed["data"])}
    assert found == shut
    assert set(shut.values()) == {True, False}
    opened = client.opened_answer(sealed, pair)
    assert opened["data"] == clear["data"]
    assert list(sealed["data"]) == list(clear["data"])
    assert opened.get("errors") == clear.get("errors")
    with pytest.raises(JoseError):
        client.opened_answer(sealed, new_pair(curve))


@pytest.mark.parametrize("form", [Form.RESPONSE, Form.SIGNED_RESPONSE])
async def test_a_whole_answer_opens_to_the_clear_one(ask, world, form):
    pair = new_pair()
    signed = []

    def sign(content, content_type, response):
        signed.append((content_type, response))
        return b"signed " + content

    how = receiving(pair, form, sign if form is Form.SIGNED_RESPONSE else None)
    _, clear, left = await answers(ask, world, "one", how)

    content, header = client.opened_whole(left, pair, None)
    if form is Form.SIGNED_RESPONSE:
        assert signed == [("application/json", how.response_id)]
        content = content.removeprefix(b"signed ")
    opened = json.loads(content)
    assert opened["data"] == clear["data"]
    assert opened["extensions"]["receipt"]["index"] == clear["extensions"]["receipt"]["index"] + 1
    assert header["rid"] == how.response_id
    assert header["cty"] == ("jose" if signed else "application/json")


@pytest.mark.parametrize("form", Form)
async def test_the_log_says_how_an_answer_left_and_to_which_key(ask, world, form):
    pair = new_pair(kid="enc-7")
    how = receiving(pair, form, lambda content, *_: content)
    await answers(ask, world, "one", how)

    clear, left = ask.log.record(-2), ask.log.record(-1)
    assert left["encryption"] == {"form": str(form), "key": "enc-7"}
    assert "encryption" not in clear
    assert {**left, "encryption": 0} == {**clear, "encryption": 0}
    public = pair.as_dict(private=False)
    assert public["x"].encode() not in ask.log.entries[-1].record


@pytest.mark.parametrize("form", Form)
async def test_without_a_key_nothing_is_fetched_and_the_refusal_is_on_record(ask, world, form):
    document, caller, variables = QUESTIONS["one"]
    before = ask.database.statements, len(ask.opened)

    with pytest.raises(EncryptionRefusedError, match="no encryption key that is good now"):
        await ask.answerer.answer(asked(document, caller, variables(world), Receiving(form, None)))

    assert (ask.database.statements, len(ask.opened)) == before
    entry = ask.log.record()
    assert (entry["outcome"], entry["reason"]) == ("refused", "NO_ENCRYPTION_KEY")
    assert "encryption" not in entry


async def test_two_answers_share_no_key_and_a_value_of_one_does_not_open_in_the_other(ask, world):
    pair = new_pair()
    one = json.loads((await answers(ask, world, "one", receiving(pair)))[2])
    other = json.loads((await answers(ask, world, "one", receiving(pair)))[2])

    moved = json.loads(json.dumps(one))
    moved["data"]["person"]["a"] = other["data"]["person"]["a"]
    with pytest.raises(JoseError):
        client.opened_answer(moved, pair)
    moved["data"] = other["data"]
    with pytest.raises(JoseError):
        client.opened_answer(moved, pair)


async def test_a_value_that_was_moved_within_an_answer_is_not_taken(ask, world):
    pair = new_pair()
    answer = json.loads((await answers(ask, world, "people", receiving(pair)))[2])
    found = [
        record
        for each in answer["data"]["people"]
        if each["person"]
        for record in each["person"]["medicalSettlements"]
    ]

    one, other = found[0], found[-1]
    for here, there, name in ((one, other, "majorDisease"), (one, one, "majorDisease")):
        kept = here["selfPaidBand"], there[name]
        here["selfPaidBand"], there[name] = there[name], here["selfPaidBand"]
        with pytest.raises(client.NotOursError, match="somewhere else"):
            client.opened_answer(answer, pair)
        here["selfPaidBand"], there[name] = kept
    assert client.opened_answer(answer, pair)


async def test_who_is_asked_about_twice_has_values_of_each_place(ask, world):
    pair = new_pair()
    _, clear, left = await answers(ask, world, "people", receiving(pair))
    people = json.loads(left)["data"]["people"]

    assert clear["data"]["people"][0]["person"] == clear["data"]["people"][-1]["person"]
    assert people[0]["person"]["id"] == people[-1]["person"]["id"]
    assert people[0]["person"] != people[-1]["person"]


async def exported(ask, how, document=EXPORTED, caller=WARNER, **variables):
    answerer = ask.answerer
    exporter = Exporter(answerer.documents, answerer, answerer.disclosures, answerer.meter)
    export = await exporter.begin(asked(document, caller, variables, how))
    chunks = []
    while not export.is_done:
        again = None if how is None else replace(how, response_id=f"chunk-{len(chunks)}")
        chunks.append(await export.step(caller, NOW, again))
    return chunks


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr("hub.query.export._SIZES", (2, 1))


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("what", ["households", "people"])
async def test_an_export_has_a_content_key_for_each_chunk(ask, world, what):
    pair = new_pair()
    how = receiving(pair)
    about = (EXPORTED, WARNER, {})
    if what == "people":
        about = (PEOPLE, OFFICER, {"n": numbers(world, 5)})
    document, caller, variables = about
    clear = b"".join(await exported(ask, None, document, caller, **variables)).splitlines()
    chunks = await exported(ask, how, document, caller, **variables)
    lines = b"".join(chunks).splitlines()

    keys = [json.loads(line)["encryption"] for line in lines if b'"encryption"' in line]
    assert len(keys) == len(chunks) > 1
    assert len({each["kid"] for each in keys}) == len(keys)
    opened, expected = client.opened_lines(lines, pair), [json.loads(line) for line in clear]
    assert [e for e in opened if "receipt" not in e] == [e for e in expected if "receipt" not in e]
    assert ask.log.record()["encryption"] == {"form": "fields", "key": "enc-1"}
    rows = [line for line in lines if b'"node"' in line or b'"person":{' in line]
    rows[0], rows[1] = rows[1], rows[0]
    with pytest.raises(client.NotOursError):
        client.opened_lines([lines[0], *rows[:2]], pair)


@pytest.mark.usefixtures("small_chunks")
async def test_an_export_that_is_encrypted_whole_is_one_line_a_chunk(ask):
    pair = new_pair()
    clear = b"".join(await exported(ask, None)).splitlines()
    chunks = await exported(ask, receiving(pair, Form.RESPONSE))

    opened, parts = b"", []
    for chunk in chunks:
        assert chunk.count(b"\n") == 1
        content, header = client.opened_whole(chunk.strip(), pair, None)
        opened += content
        parts.append((header["rid"], header["part"], header["cty"]))
    response = parts[0][0]
    assert parts == [(response, n, "application/jsonl") for n in range(len(chunks))]
    rows = [json.loads(line) for line in opened.splitlines()]
    expected = [json.loads(line) for line in clear]
    assert [e for e in rows if "receipt" not in e] == [e for e in expected if "receipt" not in e]
    assert not any(b"node" in chunk for chunk in chunks)
