"""An application behind the hub's own server, on a socket that is bound already."""

import asyncio
from contextlib import asynccontextmanager

from hub.http.server import Serve, Server

PATIENT = Serve(linger_s=5)


@asynccontextmanager
async def serving_app(app, bound, serve=PATIENT):
    """Serve `app` on `bound` until this closes."""
    ready = asyncio.Event()

    async def on_ready():
        ready.set()

    server = Server(app, serve, on_ready=on_ready, signals=())
    task = asyncio.create_task(server.serve(sockets=[bound]))
    await ready.wait()
    try:
        yield server
    finally:
        server.stop()
        await task
