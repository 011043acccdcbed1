"""A hub's edge over HTTP with real rooms: clients that are people, a clock, agreements."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import asyncpg
from joserfc.jwk import ECKey

from hub.access import default_policy_text
from hub.casework.commands import Commands
from hub.casework.sharing.clocks import packaged_clock
from hub.casework.sharing.desk import SharingDesk
from hub.casework.sharing.policy_desk import PolicyDesk
from hub.casework.sharing.rooms import sharing_rooms
from hub.casework.sharing.whose import Named
from hub.http.clients import load_clients, registry_entry
from hub.query.cases import CaseCheck
from hub.query.disclosure import Disclosures
from hub.query.documents import Documents
from hub.query.policies import Policies, publish_policy
from hub.sealing.tags import Tagger
from hub.store.database import Database
from hub.store.migrate import migrate
from schema.catalogue import CORE_FIELDS, Catalogue
from tests.fakes.audit_log import FakeLog
from tests.support.asking import asking
from tests.support.edge import Edge, SetClock, new_edge
from tests.support.schemas import schema_of
from tests.support.world import NOW

NAMED = Named({"public-security": ["ps-head", "ps-deputy"]}, ["da-head"])
PEOPLE = {
    "ed-officer": ("education", "sharing-officer"),
    "ed-second": ("education", "sharing-officer"),
    "ps-head": ("public-security", "sharing-head"),
    "ps-deputy": ("public-security", "sharing-head"),
    "da-head": ("data-authority", "sharing-authority"),
    "da-clerk": ("data-authority", "sharing-authority"),
}
"""Systems that one person alone works with: the client is who acts."""
NAME = "PS-ED-2026-09"
REQUEST = {
    "agreement": NAME,
    "source": "public-security",
    "role": "clerk",
    "purpose": "PUSH",
    "fields": ["Population.phone"],
    "legalBasis": "law, art. 9",
    "scene": 'student aid: reaching the "guardian"',
    "regions": ["420106"],
    "method": "query",
    "startDate": "2026-10-01",
    "endDate": "2027-10-01",
}
_INPUTS = {
    "requestSharing": "SharingRequestInput",
    "completeSharing": "SharingRequestInput",
}
_TOLD = " ".join(f.name for f in CORE_FIELDS if f.type_name == "SharingAgreement")


async def publish_packaged(dsn, catalogue):
    """Put the packaged policy in force in a new database."""
    await migrate(dsn, catalogue)
    connection = await asyncpg.connect(dsn)
    await publish_policy(connection, default_policy_text(), catalogue, NOW)
    await connection.close()


@dataclass
class SharingEdge:
    """Commands and questions over HTTP, as somebody, on a day that can be moved."""

    edge: Edge
    keys: dict
    log: FakeLog

    def headers(self, who, **more):
        """Return the headers of somebody who has signed in."""
        assertion = self.edge.assertion(key=self.keys[who], iss=who, sub=who)
        details = '[{"type": "hub_query", "purpose": "SHARE"}]'
        token = self.edge.sign_in(assertion, authorization_details=details).json()["access_token"]
        return {"authorization": f"Bearer {token}", **more}

    def give(self, who, name, *, headers=None, **stated):
        """Return the mutation's payload, or the code of its refusal."""
        kind = _INPUTS.get(name, "SharingStepInput")
        document = (
            f"mutation ($in: {kind}!) {{ {name}(input: $in) {{ state step lacks due dueOn }} }}"
        )
        stated = {"agreement": NAME} | stated
        answer = self.edge.http.post(
            "/graphql",
            json={"query": document, "variables": {"in": stated}},
            headers=self.headers(who, **(headers or {})),
        ).json()
        if "errors" in answer:
            return answer["errors"][0]["extensions"]["code"]
        return answer["data"][name]

    def board(self, who="da-head", **wanted):
        """Return agreements by name, as the register tells them; `overdue` alone by default."""
        chosen = ", ".join(f"{name}: {value}" for name, value in wanted.items()) or "overdue: true"
        document = f"{{ sharingAgreements({chosen}) {{ edges {{ node {{ {_TOLD} }} }} }} }}"
        answer = self.edge.http.post(
            "/graphql", json={"query": document}, headers=self.headers(who)
        ).json()
        nodes = [edge["node"] for edge in answer["data"]["sharingAgreements"]["edges"]]
        return {node["agreement"]: node for node in nodes}

    def on(self, day):
        """Let it be noon of a day of November or December 2026, in China."""
        self.edge.clock.now = NOW.replace(month=day.month, day=day.day, hour=4)


@contextmanager
def sharing_edge(folder, dsn, catalogue: Catalogue, keyring) -> Iterator[SharingEdge]:
    """Give an edge over the database at `dsn`; its databases are closed in its event loop."""
    keys, entries = {}, []
    for who, (department, role) in PEOPLE.items():
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"})
        key.ensure_kid()
        keys[who] = key
        entries.append(registry_entry(who, department, role, ["SHARE"], key))
    store, log, clock = Database(dsn), FakeLog(), SetClock(NOW)
    schema = schema_of(catalogue)
    rooms = sharing_rooms(
        SharingDesk(store, log, catalogue, NAMED, clock),
        PolicyDesk(store, log, catalogue, folder / "policy.toml", clock),
        packaged_clock(),
    )
    policies, disclosures = Policies(store, catalogue), Disclosures(log, Tagger(keyring))
    commands = Commands(
        schema, Documents(schema), policies, disclosures, log, CaseCheck(store), rooms
    )
    asked = asking(dsn, keyring, catalogue, log=log)
    edge = new_edge(
        folder,
        clients=load_clients("\n".join(entries), str),
        commands=commands,
        queries=asked.answerer,
        clock=clock,
    )
    with edge.http:
        yield SharingEdge(replace(edge, clock=clock), keys, log)
        for database in (store, asked.database):
            edge.http.portal.call(database.close)
