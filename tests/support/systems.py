"""Starts a department's system as its own process and ends it with the test."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

READY_S = 15.0


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    module: str, folder: Path, options: Sequence[str]
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run `module` and give its address and process; it is gone when the block is left."""
    port_file = folder / f"{module.rpartition('.')[2]}.port"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", module, "--port-file", str(port_file), "--with-parent"]
    process = subprocess.Popen([*command, *options], stdin=subprocess.PIPE)
    try:
        deadline = time.monotonic() + READY_S
        while not port_file.exists():
            assert process.poll() is None, "the system ended before it listened"
            assert time.monotonic() < deadline, "the system does not listen"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port_file.read_text()}", process
    finally:
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()


@asynccontextmanager
async def badly_packed() -> AsyncIterator[str]:
    """Give the address of a server whose every answer says that it is gzip and is not."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\n"
        writer.write(head + b"no gzip.")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
