"""Loads a server from a process of its own: kept connections, each asks when answered.

Plain asyncio protocols that only look for the end of an answer, so that the client is not what is
measured. An answer that is not 200, or has errors, ends the run.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from typing import Any

from typing_extensions import override

PATIENCE_S = 30.0
LENGTH = b"content-length: "


@dataclass(frozen=True, slots=True)
class Measured:
    """What one round gave; times in milliseconds."""

    requests: int
    rate: float
    p50: float
    p99: float
    client_share: float
    """Of one core, what this process used meanwhile."""


class _Asker(asyncio.Protocol):
    """One connection: sends a request, waits for the whole answer, sends the next."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._got = bytearray()
        self._needed = 0
        self._sent_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        request = self._run.next_request()
        if request is None:
            self._transport.close()
            return
        self._got.clear()
        self._needed = 0
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    @override
    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._needed:
            end = self._got.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._got[:end]).lower()
            start = head.index(LENGTH) + len(LENGTH)
            self._needed = end + 4 + int(head[start:].split(b"\r\n", 1)[0])
        if len(self._got) < self._needed:
            return
        if not self._got.startswith(b"HTTP/1.1 200") or b'"errors":' in self._got:
            self._fail(RuntimeError(f"not answered: {bytes(self._got[:400])!r}"))
            return
        self._run.answered(time.perf_counter() - self._sent_at)
        self._ask()

    def _fail(self, problem: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(problem)
        self._transport.close()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None) if exc is None else self.done.set_exception(exc)


class _Run:
    """One round on all connections."""

    def __init__(self, requests: Sequence[bytes], first: int, seconds: float) -> None:
        self._requests = requests
        self._turn = count(first)
        self._until = time.perf_counter() + seconds
        self.latencies: list[float] = []

    def next_request(self) -> bytes | None:
        if time.perf_counter() >= self._until:
            return None
        return self._requests[next(self._turn) % len(self._requests)]

    def answered(self, latency: float) -> None:
        self.latencies.append(latency)


async def _round(
    port: int, requests: Sequence[bytes], first: int, seconds: float, connections: int
) -> Measured:
    loop = asyncio.get_running_loop()
    run = _Run(requests, first, seconds)
    started, used = time.perf_counter(), time.process_time()
    askers = []
    for _ in range(connections):
        _, asker = await loop.create_connection(lambda: _Asker(run), "127.0.0.1", port)
        askers.append(asker)
    async with asyncio.timeout(seconds + PATIENCE_S):
        for asker in askers:
            await asker.done
    took, used = time.perf_counter() - started, time.process_time() - used
    ordered = sorted(run.latencies)
    p50, p99 = (ordered[int(len(ordered) * q)] * 1000 for q in (0.5, 0.99))
    return Measured(len(ordered), len(ordered) / took, p50, p99, used / took)


def serve_rounds(orders: Connection) -> None:
    """Run the rounds that come through `orders`, until it is closed: the client process."""
    import uvloop

    held: dict[str, list[bytes]] = {}
    asked: dict[str, int] = {}
    while True:
        try:
            order: Any = orders.recv()
        except EOFError:
            return
        if order[0] == "hold":
            held[order[1]] = order[2]
            continue
        _, name, port, seconds, connections = order
        first = asked.get(name, 0)
        try:
            seen = uvloop.run(_round(port, held[name], first, seconds, connections))
        except (RuntimeError, OSError, TimeoutError) as problem:
            orders.send(repr(problem))
            continue
        asked[name] = first + seen.requests
        orders.send(seen)
