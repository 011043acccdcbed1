"""Serve a witness over HTTP, for a small office: one process, one file, this machine only.

Spec: C2SP tlog-witness (5ba5ee8). A TLS proxy stands in front where logs come from elsewhere.
"""

import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, cast

from typing_extensions import override

from audit.witness import MAX_BODY, Told, Witness, WitnessError

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_TIMEOUT_S: Final = 30.0
_CHECKPOINT: Final = re.compile(r"/([0-9a-f]{64})/checkpoint")


class WitnessServer(ThreadingHTTPServer):
    """Listens on loopback and answers by a `Witness`; a thread a connection."""

    daemon_threads = True
    request_queue_size = 128  # of connections that are not taken up yet; the default is 5

    def __init__(self, witness: Witness, host: str, port: int) -> None:
        """Bind; port 0 takes a free one.

        Raises:
            ValueError: The host is not this machine.
            OSError: The port is taken.
        """
        if host not in LOOPBACK:
            raise ValueError("a witness listens on this machine only; put a TLS proxy before it")
        self.witness = witness
        super().__init__((host, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _TIMEOUT_S  # type: ignore[mutable-override]  # the base has a float or None

    @property
    def _witness(self) -> Witness:
        return cast("WitnessServer", self.server).witness

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            self._tell(Told(413 if length.isdigit() else 411, "send up to 64 KiB with a length\n"))
            return
        body = self.rfile.read(int(length))
        if self.path != "/add-checkpoint":
            self._tell(Told(404, "a witness takes POST /add-checkpoint\n"))
            return
        try:
            told = self._witness.add_checkpoint(body)
        except WitnessError as error:
            print(f"hub-audit witness: {error}", file=sys.stderr, flush=True)
            told = Told(500, "the witness cannot keep what it would cosign\n")
        self._tell(told)

    def do_GET(self) -> None:
        asked = _CHECKPOINT.fullmatch(self.path)
        if asked is None:
            self._tell(Told(404, "a witness has /<SHA-256 of the origin>/checkpoint\n"))
        else:
            self._tell(self._witness.checkpoint(asked[1]))

    def _tell(self, told: Told) -> None:
        content = told.text.encode()
        self.send_response(told.status)
        self.send_header("Content-Type", told.content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Write a line for each request on standard error: method, path, status."""
        print(f"hub-audit witness: {format % args}", file=sys.stderr, flush=True)
