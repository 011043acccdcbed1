"""A real edge with a log of its own, on a free port of this machine."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx2
import uvicorn
from authlib.oauth2.rfc7523 import private_key_jwt_sign

from audit.checkpoint import NoteSigner
from audit.log import Limits as LogLimits
from audit.log import Log
from audit.postgres import PostgresStorage
from hub.http.assertions import StoredOnce
from hub.http.forms import ASSERTION_TYPE
from hub.http.routes import router
from hub.sealing.tags import Tagger
from hub.store.database import Database
from tests.support.edge import CLIENT, SetClock, new_edge


class Hub:
    """A running edge with a log of its own."""

    def __init__(self, folder, dsn):
        self.database = Database(dsn)
        self.clock = SetClock()
        self.dsn = dsn
        self.signer = NoteSigner("hub.example/log", b"\x07" * 32)
        self.log = self.new_log()
        edge = new_edge(folder)
        once = StoredOnce(self.database, Tagger(edge.parts.keyring), self.clock)
        self.edge = new_edge(
            folder, clock=self.clock, database=self.database, once=once, log_is_open=lambda: True
        )
        self.vkey = self.signer.vkey

    def new_log(self):
        """Return the log, to be opened: once, like all of them."""
        limits = LogLimits(max_batch=100)
        return Log(PostgresStorage(self.dsn), self.signer, self.clock, limits=limits)

    async def token(self, http):
        now = int(self.clock().timestamp())
        assertion = private_key_jwt_sign(
            self.edge.key,
            CLIENT,
            self.edge.parts.issuer,
            alg="ES256",
            issued_at=now,
            expires_at=now + 60,
        )
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            "authorization_details": json.dumps([{"type": "hub_query", "purpose": "CASE"}]),
        }
        reply = await http.post("/oauth/token", data=form)
        assert reply.status_code == 200, reply.text
        again = await http.post("/oauth/token", data=form)
        assert again.json()["error"] == "invalid_client"
        return {"authorization": f"Bearer {reply.json()['access_token']}"}


@asynccontextmanager
async def served(hub, **changed):
    """Give a client of the hub on a free port of this machine."""
    config = uvicorn.Config(
        router(replace(hub.edge.parts, **changed)),
        host="127.0.0.1",
        port=0,
        log_level="error",
        lifespan="off",
        access_log=False,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60
    ) as http:
        yield http
    server.should_exit = True
    await task
