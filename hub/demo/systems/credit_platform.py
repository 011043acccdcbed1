"""The national credit platform of the demonstration, in its own process.

Made from `openapi/national-credit-platform.yaml` at start: its routes, the form of requests and
of answers come from the document. A message counts once, in its place of the sequence; the same
message again gets the same answer. For tests it can be told to fail.
"""

import argparse
import hashlib
from pathlib import Path
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import openapi
from hub.clock import Clock, utc_now
from hub.demo.systems.contract import Contract, Json
from hub.demo.systems.credit_book import CreditBook, Faults, Gap
from hub.demo.systems.envelope import HubKeys, UntrustedError
from hub.demo.systems.serving import add_options, serve
from hub.demo.systems.unreliable import Unreliable, add_troubles, troubles_of

DOCUMENT: Final = Path(openapi.__file__).with_name("national-credit-platform.yaml")
_COMMITMENTS: Final = "/commitments"


class CreditPlatform:
    """Answers the contract's requests, and nothing that the contract does not promise."""

    def __init__(self, contract: Contract, keys: HubKeys, home: Path, clock: Clock) -> None:
        """Keep what is taken in a file in `home`."""
        self._contract = contract
        self._keys = keys
        self._clock = clock
        self._book = CreditBook(home / "taken.sqlite", self._record_faults)
        self._largest = contract.largest_body(_COMMITMENTS, "POST")

    def app(self) -> Starlette:
        """Return the ASGI application: one route for each operation of the document."""
        endpoints = {
            "receiveCommitment": self._receive,
            "listCommitments": self._list,
            "health": self._health,
        }
        return Starlette(
            routes=[
                Route(path, endpoints[operation], methods=[method])
                for path, method, operation in self._contract.operations()
            ]
        )

    async def _receive(self, request: Request) -> Response:
        """Take one message.

        1. The request has the agreed type and size.  2. The hub signed it.  3. It has the
        agreed form.  4. It is known, or next in order; it is accepted or rejected.
        """
        if request.headers.get("content-type") != "application/jose":  # 1
            return self._problem(415, "application/jose was expected")
        body = await self._bounded(request)
        if body is None:
            return self._problem(413, f"at most {self._largest} bytes are taken")
        try:
            payload = await run_in_threadpool(self._keys.payload, body)  # 2
        except UntrustedError:
            return self._problem(401, "not signed by a key of the hub")
        return self._settle(payload)

    def _settle(self, payload: bytes) -> Response:
        try:
            message = msgspec.json.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._problem(422, "not JSON")
        if self._contract.faults("CommitmentMessage", message):  # 3
            return self._problem(422, "not a message of the agreed form")
        taken = self._book.take(message, hashlib.sha256(payload).digest(), self._clock())  # 4
        if isinstance(taken, Gap):
            return self._problem(409, taken.detail, expectedSequence=taken.expected_sequence)
        return self._answer("POST", 202, taken)

    async def _list(self, request: Request) -> Response:
        del request
        return self._answer("GET", 200, {"items": self._book.items()})

    async def _health(self, request: Request) -> Response:
        del request
        return self._answer("GET", 200, {"status": "ok"}, path="/health")

    def _record_faults(self, record: Json) -> Faults:
        """Return what the document finds wrong with a record; no value is told."""
        found = self._contract.faults("CommitmentRecord", record)
        names = self._contract.members("CommitmentRecord")
        return [
            {"field": f.member if f.member in names else "other", "reason": f.reason} for f in found
        ]

    async def _bounded(self, request: Request) -> bytes | None:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self._largest:
                return None
        return bytes(body)

    def _problem(self, status: int, detail: str, **more: int) -> Response:
        content = {"status": status, "detail": detail, **more}
        return self._answer("POST", status, content, media="application/problem+json")

    def _answer(
        self,
        method: str,
        status: int,
        content: Json,
        *,
        path: str = _COMMITMENTS,
        media: str = "application/json",
    ) -> Response:
        """Return an answer that the document promises; anything else is our own fault."""
        if not self._contract.promises(path, method, status, content):
            content = {"status": 500, "detail": "the answer would break the contract"}
            status, media = 500, "application/problem+json"
        return Response(msgspec.json.encode(content), status, media_type=media)


def main() -> None:
    """Serve the platform."""
    parser = argparse.ArgumentParser(description="The credit platform of the demonstration.")
    parser.add_argument("--hub-keys", required=True, help="the hub's JWK set: a file or an address")
    parser.add_argument("--home", type=Path, required=True, help="folder of the platform's own")
    add_troubles(parser)
    add_options(parser)
    options = parser.parse_args()
    options.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = HubKeys(options.hub_keys)
    platform = CreditPlatform(Contract.read(DOCUMENT), keys, options.home, utc_now)
    serve(Unreliable(platform.app(), troubles_of(options)), options)


if __name__ == "__main__":
    main()
