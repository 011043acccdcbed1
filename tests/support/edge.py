"""An edge over fakes: rooms below that remember what they were asked, a clock that can be set."""

import functools
import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from hub.access import default_policy_text, load_policy
from hub.http.clients import load_clients, registry_entry
from hub.http.forms import ASSERTION_TYPE
from hub.http.limits import Limits
from hub.http.oauth import TOKEN_PATH
from hub.http.routes import Parts, router
from hub.http.sessions import ABSOLUTE, IDLE, MAX_TOKENS
from hub.query.disclosure import Disclosures
from hub.query.documents import Documents
from hub.query.export import Exporter
from hub.query.quota import UNMETERED
from hub.sealing.keyring import KeyKind, Keyring
from hub.store.database import Database
from schema.catalogue import Catalogue
from schema.graph import build_schema, core_schema
from tests.fakes.audit_log import FakeLog
from tests.fakes.front_door import FakeFrontDoor

ISSUER = "http://127.0.0.1:8700"
START = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
CLIENT = "insurance-system"
KINDS = (
    *(KeyKind.TOKEN, KeyKind.TAG, KeyKind.IDENTIFIER, KeyKind.SUBJECT),
    *(KeyKind.LOG, KeyKind.OUTBOUND),
)


@dataclass
class SetClock:
    """Says what it was told to say."""

    now: datetime = START

    def __call__(self):
        return self.now

    def forward(self, seconds):
        self.now += timedelta(seconds=seconds)


@dataclass
class FakeOnce:
    """Remembers in memory; fails with `problem` once that is set."""

    seen: set = field(default_factory=set)
    problem: Exception | None = None

    async def use(self, client_id, jti, expires_at):
        if self.problem is not None:
            raise self.problem
        is_first = (client_id, jti) not in self.seen
        self.seen.add((client_id, jti))
        return is_first


@dataclass
class FakeRevocations:
    """Remembers in memory, at once; fails with `problem` once that is set."""

    revoked: set = field(default_factory=set)
    problem: Exception | None = None

    async def revoke(self, client_id, jti, expires_at):
        if self.problem is not None:
            raise self.problem
        self.revoked.add((client_id, jti))

    async def is_revoked(self, client_id, jti):
        if self.problem is not None:
            raise self.problem
        return (client_id, jti) in self.revoked


@dataclass
class FakeSessions:
    """Sessions in memory, with the lives that the real ones have."""

    clock: object
    living: dict = field(default_factory=dict)

    def actor(self, issuer, subject):
        return f"person:of-{subject}"

    def derived(self, use, secret):
        return hashlib.sha256(f"{use} {secret}".encode()).hexdigest()

    async def begin(self, secret, session):
        now = self.clock()
        self.living[secret] = [session, now, now, []]

    async def use(self, secret):
        session, began, used, tokens = self.living.get(secret, (None, START, START, ()))
        now = self.clock()
        if session is None or now - used >= IDLE or now - began >= ABSOLUTE:
            return None
        self.living[secret] = [session, began, now, tokens]
        return session

    async def issued(self, secret, token):
        if secret not in self.living or len(self.living[secret][3]) >= MAX_TOKENS:
            return False
        self.living[secret][3].append(token)
        return True

    async def end(self, secret):
        return self.living.pop(secret, (None, None, None, ()))[3]


@dataclass(frozen=True)
class FakeAnswer:
    body: bytes
    failures: tuple = ()


@dataclass
class FakeAnswers:
    """Gives `body` to everybody, or raises `problem`; keeps what it was asked."""

    body: bytes = b'{"data":{"person":null}}'
    problem: Exception | None = None
    asked: list = field(default_factory=list)

    async def answer(self, request, /):
        self.asked.append(request)
        if self.problem is not None:
            raise self.problem
        return FakeAnswer(self.body)


@dataclass
class FakeExports:
    """Begins exports over a made-up list; remembers nothing of what it refuses."""

    front: FakeFrontDoor

    async def begin(self, request, /):
        documents = Documents(_schema())
        exporter = Exporter(documents, self.front, Disclosures(FakeLog(), None), UNMETERED)
        return exporter._begun(request)


@functools.cache
def _schema():
    return core_schema(build_schema(_catalogue()))


@dataclass
class FakePolicies:
    """The policy that a new hub starts with; one that was changed is loaded when asked for."""

    policy: object = field(default_factory=lambda: load_policy(default_policy_text(), _catalogue()))
    changed: object = None

    async def current(self):
        return self.policy

    async def is_in_force(self, policy):
        return self.changed is None or policy is self.changed

    async def reload(self):
        self.policy = self.changed or self.policy
        return self.policy


_catalogue = functools.cache(Catalogue.discover)


def new_keyring(folder: Path) -> Keyring:
    """Return a keyring with every key that the edge looks for."""
    keyring = Keyring.open_or_create(folder)
    for kind in KINDS:
        keyring.ensure(kind)
    return keyring


@dataclass
class Edge:
    """One hub's edge, a client of it, and what an attacker or an operator could move."""

    parts: Parts
    key: ECKey
    clock: SetClock
    once: FakeOnce
    queries: FakeAnswers
    commands: FakeAnswers
    http: TestClient
    front: FakeFrontDoor
    """What exports are answered by."""

    def claims(self, **changed):
        """Return good claims of an assertion, some of them changed; None takes one out."""
        now = int(self.clock.now.timestamp())
        claims = {
            "iss": CLIENT,
            "sub": CLIENT,
            "aud": ISSUER,
            "iat": now,
            "exp": now + 120,
            "jti": self.parts.new_id(),
        } | changed
        return {name: value for name, value in claims.items() if value is not None}

    def assertion(self, *, key=None, header=None, **changed):
        """Return a signed assertion, right unless something is changed."""
        header = {"alg": "ES256", "typ": "JWT"} | (header or {})
        return jwt.encode(
            header, self.claims(**changed), key or self.key, algorithms=[header["alg"]]
        )

    def form(self, assertion=None, **changed):
        """Return the form of a token request."""
        details = [{"type": "hub_query", "purpose": "PUSH"}]
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
            "authorization_details": json.dumps(details),
        } | changed
        return {name: value for name, value in form.items() if value is not None}

    def sign_in(self, assertion=None, **changed):
        """Ask for a token."""
        return self.http.post(TOKEN_PATH, data=self.form(assertion, **changed))

    def bearer(self):
        """Return the header of a caller who has signed in."""
        return {"authorization": f"Bearer {self.sign_in().json()['access_token']}"}

    def ask(self, query="{ __typename }", headers=None, **members):
        """Ask a GraphQL question with a good token."""
        return self.http.post(
            "/graphql", json={"query": query} | members, headers=self.bearer() | (headers or {})
        )


def new_edge(
    folder: Path, *, dsn="postgresql://nobody@127.0.0.1:1/none", limits=None, key=None, **changed
):
    """Return an edge with one client, whose keys are made now unless it has one."""
    key = key or ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"})
    key.ensure_kid()
    entry = registry_entry(CLIENT, "medical-insurance", "clerk", ["PUSH", "CASE"], key)
    clock, once, queries, commands = SetClock(), FakeOnce(), FakeAnswers(), FakeAnswers()
    front = FakeFrontDoor()
    parts = replace(
        Parts(
            issuer=ISSUER,
            queries=queries,
            commands=commands,
            exports=FakeExports(front),
            clients=load_clients(entry, str),
            keyring=new_keyring(folder / "keys"),
            database=Database(dsn),
            once=once,
            revocations=FakeRevocations(),
            sessions=FakeSessions(clock),
            log_is_open=lambda: True,
            clock=clock,
            catalogue=_catalogue(),
            policies=FakePolicies(),
            limits=limits or Limits(),
        ),
        **changed,
    )
    return Edge(parts, key, clock, once, queries, commands, TestClient(router(parts)), front)
