"""A department's inbox for recognition events, in its own process.

Made from `openapi/departments/recognition.yaml`. An event counts once, in its place of the
sequence; the same event again gets the same answer. Medical insurance looks the person up on
its own roll; the other departments note the recognition for their own work. For tests it can
be told to fail.
"""

import argparse
import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.demo.sources.disguise import wide
from hub.demo.systems.envelope import HubKeys, OwnKey, UnreadableNumberError, UntrustedError
from hub.demo.systems.inbox import Inbox, OutOfOrder
from hub.demo.systems.recognition_form import Acknowledgement, RecognitionEvent, Status
from hub.demo.systems.serving import add_options, serve
from hub.demo.systems.unreliable import Unreliable, add_troubles, troubles_of

MAX_BODY_BYTES: Final = 64 * 1024
MEDICAL_INSURANCE: Final = "medical-insurance"
_RESIDENTS: Final = "390"


class Roll(Protocol):
    """What a department does with a recognised person."""

    def applied(self, number: str, change: str) -> tuple[Status, str | None]:
        """Return the status, and with REJECTED the reason."""
        ...


class Noting:
    """A department that looks at recognitions when somebody applies to it."""

    def applied(self, number: str, change: str) -> tuple[Status, str | None]:
        """Note it, whoever it is."""
        del number, change
        return "NOTED", None


@dataclass(frozen=True, slots=True)
class Members:
    """The insurer's own enrolment table; only read."""

    database: Path

    def applied(self, number: str, change: str) -> tuple[Status, str | None]:
        """Decide as the insurer does: residents are subsidised, employees are enrolled already."""
        scheme = self.scheme(number)
        if scheme is None:
            return "REJECTED", "not-enrolled"
        return "SUBSIDISED" if scheme == _RESIDENTS and change != "STOP" else "ENROLLED", None

    def scheme(self, number: str) -> str | None:
        """Return the scheme in which a citizen number is enrolled and not ended, or None.

        The insurer's clerks wrote the number in any of its valid forms.
        """
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            row = connection.execute(
                "SELECT XZLX FROM CBXX WHERE SFZH IN (?, ?, ?, ?) AND CBZT <> '4'",
                (number, number.lower(), number[:6] + number[8:17], wide(number)),
            ).fetchone()
        finally:
            connection.close()
        return None if row is None else str(row[0])


class Receiver:
    """Answers the contract's requests."""

    def __init__(self, keys: HubKeys, own: OwnKey, inbox: Inbox, roll: Roll) -> None:
        self._keys = keys
        self._own = own
        self._inbox = inbox
        self._roll = roll

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/recognitions", self._receive, methods=["POST"]),
                Route("/recognitions", self._list, methods=["GET"]),
                Route("/jwks.json", self._list_keys),
                Route("/health", _serve_health),
            ]
        )

    async def _receive(self, request: Request) -> Response:
        """Take one event.

        1. The request has the agreed type and size.  2. It is for us, and the hub signed it.  3. It
        has the agreed form.  4. It is known, or next in order.  5. It is applied and remembered.
        """
        if request.headers.get("content-type") != "application/jose":  # 1
            return _problem(415, "application/jose was expected")
        body = await _bounded(request)
        if body is None:
            return _problem(413, f"at most {MAX_BODY_BYTES} bytes are taken")
        try:
            signed = await run_in_threadpool(self._own.message, body)  # 2
            payload = await run_in_threadpool(self._keys.payload, signed)
        except UntrustedError:
            return _problem(401, "not signed by a key of the hub")
        try:
            event = msgspec.json.decode(payload, type=RecognitionEvent)  # 3
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _problem(422, "not a recognition event of the agreed form")
        return self._settle(event, hashlib.sha256(payload).digest())

    def _settle(self, event: RecognitionEvent, digest: bytes) -> Response:
        known = self._inbox.known(event, digest)  # 4
        if isinstance(known, OutOfOrder):
            return _problem(409, known.detail, expectedSequence=known.expected_sequence)
        if known is None:
            known = self._applied(event)
            self._inbox.keep(event, digest, known)  # 5
        return _json(known, 202)

    def _applied(self, event: RecognitionEvent) -> Acknowledgement:
        try:
            number = self._own.number(event.data.document_number)
        except UnreadableNumberError:
            return Acknowledgement(event.id, "REJECTED", "document-number-unreadable")
        return Acknowledgement(event.id, *self._roll.applied(number, event.data.change))

    async def _list(self, request: Request) -> Response:
        del request
        return _json({"items": self._inbox.received()}, 200)

    async def _list_keys(self, request: Request) -> Response:
        del request
        return _json(self._own.public_set(), 200)


async def _bounded(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


async def _serve_health(request: Request) -> Response:
    del request
    return _json({"status": "ok"}, 200)


def _json(content: object, status: int) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def _problem(status: int, detail: str, **more: int) -> Response:
    content = {"status": status, "detail": detail, **more}
    return Response(msgspec.json.encode(content), status, media_type="application/problem+json")


def main() -> None:
    """Serve the receiver."""
    parser = argparse.ArgumentParser(description="A department's receiver of recognitions.")
    parser.add_argument("--receiver", default=MEDICAL_INSURANCE, help="whose it is")
    parser.add_argument("--hub-keys", required=True, help="the hub's JWK set: a file or an address")
    parser.add_argument("--home", type=Path, required=True, help="folder of the receiver's own")
    parser.add_argument("--database", type=Path, help="the insurer's database")
    add_troubles(parser)
    add_options(parser)
    options = parser.parse_args()
    is_insurer = options.receiver == MEDICAL_INSURANCE
    if is_insurer and options.database is None:
        parser.error("medical insurance needs --database")
    options.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    receiver = Receiver(
        HubKeys(options.hub_keys),
        OwnKey(options.home / "key.pem"),
        Inbox(options.home / "inbox.sqlite"),
        Members(options.database) if is_insurer else Noting(),
    )
    serve(Unreliable(receiver.app(), troubles_of(options)), options)


if __name__ == "__main__":
    main()
