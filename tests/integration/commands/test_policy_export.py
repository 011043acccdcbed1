"""The signed policy: printed by one hub, checked without any, with its agreements as they stand."""

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from hub.access import default_policy_text
from hub.casework.sharing.clocks import packaged_clock
from hub.casework.sharing.desk import SharingDesk
from hub.casework.sharing.export import TYPE, exported, written
from hub.casework.sharing.life import Step
from hub.casework.sharing.whose import Named
from hub.commands.policy import app
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.signing import MessageSigner
from hub.store.database import Database
from schema.catalogue import Catalogue
from tests.fakes.audit_log import FakeLog
from tests.support.postgres import fresh_database
from tests.support.sharing import publish_packaged
from tests.support.world import NOW
from tests.unit.hub.casework.test_sharing import REQUEST

pytestmark = [pytest.mark.anyio, pytest.mark.database]
NAME = "PS-ED-2026-09"
NAMED = Named({"public-security": ["ps-head", "ps-deputy"]})


@pytest.fixture
def own(postgres_server):
    with fresh_database(postgres_server) as dsn:
        yield dsn


@pytest.fixture
async def told(own):
    """Return the export of a hub with an agreement that came of a request and one suspended."""
    catalogue = Catalogue.discover()
    await publish_packaged(own, catalogue)
    store = Database(own)
    desk = SharingDesk(store, FakeLog(), catalogue, NAMED, lambda: NOW)
    await desk.file(REQUEST, "ed-clerk")
    await desk.step(NAME, Step.APPROVE, "ps-head")
    await desk.step(NAME, Step.CONFIRM, "ps-deputy")
    await desk.step("PS-MI-2026-01", Step.SUSPEND, "ps-head", "an incident")
    found = await exported(store, catalogue, packaged_clock(), date(2026, 11, 23))
    again = await exported(store, catalogue, packaged_clock(), date(2026, 11, 23))
    assert written(found) == written(again)
    async with store.connection() as connection:
        document = await connection.fetchval("select document from policy_revision")
    await store.close()
    return found, document


async def test_an_auditor_checks_the_signed_policy_without_a_hub(told, tmp_path):
    whole, document = told
    keyring = Keyring.open_or_create(tmp_path / "keys")
    keyring.ensure(KeyKind.OUTBOUND)
    signer = MessageSigner(keyring)
    jws, jwks, text = tmp_path / "policy.jws", tmp_path / "hub.jwks", tmp_path / "policy.toml"
    jws.write_text(signer.sign(written(whole), TYPE) + "\n", "ascii")
    jwks.write_text(json.dumps(signer.jwks()), "utf-8")
    text.write_text(document, "utf-8")
    other = tmp_path / "other.toml"
    other.write_text(default_policy_text(), "utf-8")
    message = tmp_path / "message.jws"
    message.write_text(signer.sign(written(whole)), "ascii")

    def verify(*arguments):
        return CliRunner().invoke(app, ["verify", *map(str, arguments), "--jwks", str(jwks)])

    good = verify(jws, "--policy", text)
    assert good.exit_code == 0, (good.output, good.exception)
    assert (good.exit_code, good.stdout[:8]) == (0, "Genuine:")
    assert f"{len(whole['agreements'])} agreements" in good.stdout
    assert whole["digest"][:12] in good.stdout
    for bad in ((jws, "--policy", other), (message,), (tmp_path / "none",), (text,)):
        assert verify(*bad).exit_code == 1


async def test_the_export_says_who_reads_what_and_where_each_agreement_stands(told):
    whole, _ = told
    agreements = {each["agreement"]: each for each in whole["agreements"]}
    came = agreements[NAME]
    grants = [
        grant
        for rule in whole["entitlements"]
        if (rule["department"], rule["purpose"]) == ("education", "PUSH")
        for grant in rule["grants"]
        if grant["agreement"] == NAME
    ]
    suspended = {
        grant["agreement"]
        for rule in whole["entitlements"]
        for grant in rule["grants"]
        if grant["suspended"]
    }

    assert (came["state"], came["departments"]) == ("in force", ["education"])
    assert [act["step"] for act in came["acts"]] == ["FILE", "APPROVE", "CONFIRM"]
    assert [grant["fields"] for grant in grants] == [["Population.phone"]]
    assert suspended == {"PS-MI-2026-01"}
    assert agreements["PS-MI-2026-01"]["state"] == "suspended"
    assert whole["revision"] == 3
