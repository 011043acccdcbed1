"""The whole edge over a real answerer: called directly, or come to from outside."""

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from joserfc.jwk import ECKey

from hub.access import Purpose
from hub.http.clients import load_clients, registry_entry
from hub.http.routes import router, token_issuer
from hub.http.wire import bounded_http
from tests.support.edge import CLIENT, new_edge


class Whole:
    """An ASGI application that answers from a database, and a token for it."""

    def __init__(self, folder, answerer, *, role=None, purpose="PUSH", regions=None, **parts):
        """`role` is a department and a role in it; None: the client that every edge has."""
        if role is not None:
            key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"})
            parts["clients"] = load_clients(
                registry_entry(CLIENT, *role, [purpose], key, regions), str
            )
        self.edge = new_edge(folder, queries=answerer, **parts)
        self.app = router(self.edge.parts)
        issuer = token_issuer(self.edge.parts)
        client = self.edge.parts.clients[CLIENT]
        self.token = issuer.issue(client, Purpose(purpose), self.edge.parts.clock(), "token-1")

    @property
    def headers(self):
        return {"authorization": f"Bearer {self.token}"}

    async def ask(self, body, method="POST", path="/graphql"):
        """Send one request without a server; return its status and body."""
        headers = {"content-type": "application/json"} | self.headers
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "query_string": b"",
            "root_path": "",
        }
        sent = []
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            if messages:
                return messages.pop()
            await asyncio.Event().wait()
            return None

        async def send(message):
            sent.append(message)

        await self.app(scope, receive, send)
        return sent[0]["status"], sent[1]["body"]


@asynccontextmanager
async def serving(whole):
    """Give the address of a server on a free port of this machine."""
    config = uvicorn.Config(
        whole.app,
        host="127.0.0.1",
        port=0,
        log_level="error",
        lifespan="off",
        access_log=False,
        http=bounded_http(1 << 20),
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@contextmanager
def serving_beside(make):
    """Give a server that runs in a thread of its own: its address, and what `make` made there.

    `make` returns a `Whole` and a database that is closed in the end.
    """
    told, stop = [], threading.Event()
    started = threading.Event()

    async def run():
        whole, database = make()
        async with serving(whole) as address:
            told.extend((address, whole))
            started.set()
            await asyncio.to_thread(stop.wait)
        await database.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert started.wait(30)
    try:
        yield tuple(told)
    finally:
        stop.set()
        thread.join()
