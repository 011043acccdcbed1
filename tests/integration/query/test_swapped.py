"""Ciphertexts that were moved or changed in the real database, asked for over the real edge."""

import asyncio
from contextlib import contextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest
from joserfc.jwk import ECKey

from hub.http.clients import load_clients, registry_entry
from hub.sealing.broken import Break, Reason, listening
from tests.support.asking import asking
from tests.support.edge import SetClock, new_edge
from tests.support.postgres import fresh_database
from tests.support.world import NOW

pytestmark = pytest.mark.database
CLIENT = "ca-officer"
DOCUMENT = """query ($n: String!) { person(nationalId: $n) {
  population { name nationalId phone registeredAddress }
  medicalEnrolments { scheme personalNumber }
} }"""
POLICE = "public-security"
OF_PHONE = Break(POLICE, "population", Reason.VALUE)
SWAPS = {
    "two people": (
        (
            "update population set sealed_phone = case identity_id when '{mine}' then "
            "(select sealed_phone from population where version_id = '{others}') else "
            "(select sealed_phone from population where version_id = '{newest}') end "
            "where version_id in ('{newest}', '{others}')"
        ),
        OF_PHONE,
    ),
    "a whole row's seals of another person": (
        (
            "update population p set (sealed_phone, sealed_who, sealed_registered_address) = "
            "(o.sealed_phone, o.sealed_who, o.sealed_registered_address) from population o "
            "where p.version_id = '{newest}' and o.version_id = '{others}' "
        ),
        Break(POLICE, "population", Reason.VALUE),
    ),
    "two fields": (
        (
            "update population set sealed_phone = sealed_registered_address, "
            "sealed_registered_address = sealed_phone where identity_id = '{mine}'"
        ),
        OF_PHONE,
    ),
    "an older version of the same record": (
        (
            "update population p set sealed_phone = o.sealed_phone from population o "
            "where p.version_id = '{newest}' and o.version_id = '{oldest}'"
        ),
        OF_PHONE,
    ),
    "another department's value": (
        (
            "update population set sealed_phone = "
            "(select sealed_personal_number from medical_enrolment "
            "where identity_id = '{insured}') where version_id = '{newest}'"
        ),
        OF_PHONE,
    ),
    "another department's data key": (
        (
            "update data_key d set (wrapped, commitment) = (o.wrapped, o.commitment) "
            "from data_key o where d.identity_id = '{mine}' and o.identity_id = '{insured}'"
        ),
        Break(POLICE, "data_key", Reason.KEY),
    ),
    "another person's data key": (
        (
            "update data_key d set (wrapped, commitment) = (o.wrapped, o.commitment) "
            "from data_key o where d.identity_id = '{mine}' and o.identity_id = "
            "(select identity_id from population where version_id = '{others}')"
        ),
        Break(POLICE, "population", Reason.VALUE),
    ),
    "another person's data key under our commitment": (
        (
            "update data_key d set wrapped = o.wrapped "
            "from data_key o where d.identity_id = '{mine}' and o.identity_id = "
            "(select identity_id from population where version_id = '{others}')"
        ),
        Break(POLICE, "data_key", Reason.COMMITMENT),
    ),
}
CHANGES = {
    "a bit of the ciphertext": (
        "set_byte(sealed_phone, 20, get_byte(sealed_phone, 20) # 1)",
        OF_PHONE,
    ),
    "a bit of the nonce": ("set_byte(sealed_phone, 3, get_byte(sealed_phone, 3) # 128)", OF_PHONE),
    "a bit of the tag": (
        (
            "set_byte(sealed_phone, length(sealed_phone) - 1, "
            "get_byte(sealed_phone, length(sealed_phone) - 1) # 4)"
        ),
        OF_PHONE,
    ),
    "cut off by a byte": ("substr(sealed_phone, 1, length(sealed_phone) - 1)", OF_PHONE),
    "cut off to its head": ("substr(sealed_phone, 1, 2)", OF_PHONE),
    "empty": ("''::bytea", Break(POLICE, "population", Reason.SUITE)),
    "lengthened": (r"sealed_phone || '\x00'::bytea", OF_PHONE),
    "another suite": (
        "set_byte(sealed_phone, 1, 2)",
        Break(POLICE, "population", Reason.SUITE),
    ),
    "an unknown suite": ("set_byte(sealed_phone, 1, 9)", Break(POLICE, "population", Reason.SUITE)),
    "another format": ("set_byte(sealed_phone, 0, 2)", Break(POLICE, "population", Reason.SUITE)),
}
for _name, (_value, _break) in CHANGES.items():
    _set = f"update population set sealed_phone = {_value} where version_id = '{{newest}}'"  # noqa: S608 - from above
    SWAPS[_name] = (_set, _break)


@contextmanager
def asked_over(dsn, keyring, catalogue, folder):
    """Give a function that asks DOCUMENT about a number over HTTP, as an officer."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"})
    key.ensure_kid()
    clients = load_clients(registry_entry(CLIENT, "civil-affairs", "officer", ["WARN"], key), str)
    made = asking(dsn, keyring, catalogue)
    edge = new_edge(folder, key=key, clients=clients, queries=made.answerer, clock=SetClock(NOW))
    edge.clock.now = NOW
    with edge.http:

        def ask(number):
            details = '[{"type": "hub_query", "purpose": "WARN"}]'
            assertion = edge.assertion(iss=CLIENT, sub=CLIENT)
            token = edge.sign_in(assertion, authorization_details=details).json()["access_token"]
            answer = edge.http.post(
                "/graphql",
                json={"query": DOCUMENT, "variables": {"n": number}},
                headers={"authorization": f"Bearer {token}"},
            )
            return answer.status_code, answer.json()

        yield ask
        edge.http.portal.call(made.database.close)


def places(world):
    """Return ids of the first person whose record was corrected, and of another one."""
    first = world.tables["population"][0]
    old = next(
        row
        for row in world.tables["population"]
        if row["record_id"] == first["record_id"] and row is not first
    )
    other = world.tables["population"][3]
    person = world.person_by_number[first["values"]["national_id"]]
    insured = world.identities["medical-insurance", person]
    ids = {
        "mine": first["identity_id"],
        "insured": insured,
        "newest": first["version_id"],
        "others": other["version_id"],
        "oldest": old["version_id"],
    }
    return first["values"]["national_id"], world.tables["population"][5], ids


@pytest.mark.parametrize("what", SWAPS)
def test_what_was_moved_or_changed_is_answered_to_nobody_and_counted_where_it_is(
    what, district, catalogue, postgres_server, tmp_path
):
    dsn, world, keyring = district
    number, unconcerned, ids = places(world)
    statement, expected = SWAPS[what]
    with fresh_database(postgres_server, urlsplit(dsn).path.removeprefix("/")) as own:
        found = []
        with asked_over(own, keyring, catalogue, tmp_path) as ask, listening(found.append):
            before = ask(number)
            asyncio.run(run(own, statement, ids))
            broken = ask(number)
            others = ask(unconcerned["values"]["national_id"])

    assert before[0] == 200
    assert before[1]["data"]["person"]["population"]["phone"]
    assert broken[0] == 500
    assert "data" not in broken[1]
    assert [e["extensions"]["code"] for e in broken[1]["errors"]] == ["SEAL_BROKEN"]
    assert found == [expected]
    assert others[0] == 200
    shown = others[1]["data"]["person"]["population"]
    assert shown["phone"] == unconcerned["values"]["phone"]


async def run(dsn, statement, ids):
    connection = await asyncpg.connect(dsn)
    try:
        assert (await connection.execute(statement.format(**ids))) != "UPDATE 0"
    finally:
        await connection.close()
