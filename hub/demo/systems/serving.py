"""Runs a department's own server on a loopback port, and ends it with whoever started it."""

import argparse
import os
import signal
import socket
import sys
import threading
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that every department's server has."""
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="where to write the port, when listening")
    parser.add_argument(
        "--with-parent", action="store_true", help="end when standard input is closed"
    )


def serve(app: ASGIApp, options: argparse.Namespace) -> None:
    """Serve `app` on 127.0.0.1 until SIGTERM; the port file appears when requests are taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", options.port))
    listener.listen(64)
    if options.port_file:
        _write_whole(options.port_file, str(listener.getsockname()[1]))
    if options.with_parent:
        threading.Thread(target=_end_with_input, daemon=True).start()
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])


def _write_whole(path: Path, text: str) -> None:
    """Write so that a reader sees the whole file or none."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="ascii")
    part.replace(path)


def _end_with_input() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
