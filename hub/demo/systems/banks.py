"""The banks' channel of the demonstration: one person, one day, one authorisation at a time.

`POST /v1/holdings` with a bearer token answers what a person holds, if the question names an
authorisation and a person in full; it writes down which authorisation was used, and nobody's
number. Without an authorisation it refuses, whoever asks. For tests it can be told to fail.
"""

import argparse
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.demo.systems.serving import add_options, serve

HOLDINGS_FILE: Final = "holdings.json"
TOKEN_FILE: Final = "token"  # noqa: S105 - the name of a file
USES_FILE: Final = "authorisations.log"
_MOST_BYTES: Final = 4_096


class _Question(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    authorisation_id: UUID
    citizen_number: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{17}[0-9X]\Z")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    on: date


Holdings = Mapping[str, Sequence[Mapping[str, object]]]
"""Citizen number to what the person holds: kind, institution, amountCents."""


class Banks:
    """The channel's server."""

    def __init__(self, holdings: Holdings, token: str, uses: Path, status: int | None) -> None:
        """`uses` is where it writes which authorisations were used; `status` makes it fail."""
        self._holdings = holdings
        self._token = token
        self._uses = uses
        self._status = status
        self._count = 0

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/v1/holdings", self._serve, methods=["POST"]),
                Route("/healthz", _serve_health),
            ]
        )

    async def _serve(self, request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return _problem(401, "the token is not ours")
        if self._status is not None:
            return _problem(self._status, "the channel fails, as it was told")
        body = await request.body()
        if len(body) > _MOST_BYTES:
            return _problem(413, "the question is too long")
        try:
            question = msgspec.json.decode(body, type=_Question)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _problem(403, "a question names a person and an authorisation")
        return self._answer(question)

    def _answer(self, question: _Question) -> Response:
        self._count += 1
        with self._uses.open("a", encoding="ascii") as file:
            file.write(f"{question.authorisation_id}\n")
        held = self._holdings.get(question.citizen_number, ())
        on = question.on.isoformat()
        return JSONResponse(
            {
                "queryReference": f"BQ-{question.on:%Y%m%d}-{self._count:06}",
                "holdings": [{**holding, "amountOn": on} for holding in held],
            }
        )


async def _serve_health(request: Request) -> Response:
    del request
    return JSONResponse({"status": "ok"})


def _problem(status: int, detail: str) -> Response:
    return JSONResponse(
        {"status": status, "detail": detail}, status, media_type="application/problem+json"
    )


def main() -> None:
    """Serve the holdings that lie in a folder."""
    parser = argparse.ArgumentParser(description="The banks' channel of the demonstration.")
    parser.add_argument("--data", type=Path, required=True, help="folder with holdings and token")
    parser.add_argument("--status", type=int, help="answer every question with this status")
    add_options(parser)
    options = parser.parse_args()
    holdings = json.loads((options.data / HOLDINGS_FILE).read_text("utf-8"))
    token = (options.data / TOKEN_FILE).read_text("ascii").strip()
    serve(Banks(holdings, token, options.data / USES_FILE, options.status).app(), options)


if __name__ == "__main__":
    main()
