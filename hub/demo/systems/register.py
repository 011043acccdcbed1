"""Public security's population register: a change feed over HTTP, in its own process.

`GET /v1/residents/changes?after=<cursor>&limit=<n>` with a bearer token gives the changes
behind a cursor in the order in which they happened. For tests the server can be told to
fail as real ones do: hang, answer 500, or die in the middle of a page.
"""

import argparse
import asyncio
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from hub.demo.sources.register import FEED_FILE
from hub.demo.systems.serving import add_options, serve

DEFAULT_LIMIT: Final = 500
MAX_LIMIT: Final = 1000
_FOREVER_S: Final = 86_400


class Trouble(StrEnum):
    """How the server fails."""

    HANG = "hang-after"
    ANSWER_500 = "500-after"
    DIE = "die-mid-page"


@dataclass(frozen=True, slots=True)
class Fault:
    """Which trouble begins after how many good pages, and how many requests it hits."""

    trouble: Trouble
    after: int
    times: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read `hang-after=3` or, to recover after two bad answers, `500-after=3x2`.

        Raises:
            ValueError: It is neither.
        """
        name, _, numbers = text.partition("=")
        after, _, times = numbers.partition("x")
        return cls(Trouble(name), int(after), int(times) if times else None)

    def hits(self, request: int) -> bool:
        """Say whether the request with this number, from 0, is hit."""
        return self.after <= request and (self.times is None or request < self.after + self.times)


class Register:
    """Answers the feed's requests; owns the changes and the count of requests."""

    def __init__(self, changes: list[bytes], token: str, fault: Fault | None = None) -> None:
        self._changes = changes
        self._expected = f"Bearer {token}".encode()
        self._fault = fault
        self._requests = 0

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/v1/residents/changes", self.serve_changes),
                Route("/health", _serve_health),
            ]
        )

    async def serve_changes(self, request: Request) -> Response:
        """Answer one request for a page of changes."""
        said = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(said, self._expected):
            return _problem(401, "the token is not ours")
        try:
            after = int(request.query_params.get("after") or 0)
            limit = int(request.query_params.get("limit") or DEFAULT_LIMIT)
        except ValueError:
            return _problem(400, "after and limit are whole numbers")
        if after < 0 or not 1 <= limit <= MAX_LIMIT:
            return _problem(400, f"after is not negative, limit is 1 to {MAX_LIMIT}")
        number, self._requests = self._requests, self._requests + 1
        page = self._page(after, limit)
        if self._fault is not None and self._fault.hits(number):
            return await _fail(self._fault.trouble, page)
        return Response(page, media_type="application/json")

    def _page(self, after: int, limit: int) -> bytes:
        """Return one page; a change's sequence number is its place in the feed, from 1."""
        items = self._changes[after : after + limit]
        last = after + len(items)
        more = b"true" if last < len(self._changes) else b"false"
        return b'{"items":[%b],"next":"%d","more":%b}' % (b",".join(items), last, more)


async def _serve_health(request: Request) -> Response:
    del request
    return JSONResponse({"status": "ok"})


async def _fail(trouble: Trouble, page: bytes) -> Response:
    match trouble:
        case Trouble.HANG:
            await asyncio.sleep(_FOREVER_S)
            return _problem(503, "nobody waits this long")
        case Trouble.ANSWER_500:
            return _problem(500, "the register is out of order")
        case Trouble.DIE:
            headers = {"content-length": str(len(page)), "content-type": "application/json"}
            return StreamingResponse(_half(page), headers=headers)


async def _half(page: bytes) -> AsyncIterator[bytes]:
    yield page[: len(page) // 2]
    raise ConnectionAbortedError("the register dies in the middle of a page, as it was told")


def _problem(status: int, detail: str) -> Response:
    return JSONResponse(
        {"status": status, "detail": detail}, status, media_type="application/problem+json"
    )


def main() -> None:
    """Serve the register that lies in a folder."""
    parser = argparse.ArgumentParser(description="The population register of the demonstration.")
    parser.add_argument("--data", type=Path, required=True, help="folder with the feed and token")
    parser.add_argument(
        "--fault", type=Fault.parse, help="hang-after=N, 500-after=N, die-mid-page=N"
    )
    add_options(parser)
    options = parser.parse_args()
    changes = (options.data / FEED_FILE).read_bytes().splitlines()
    token = (options.data / "token").read_text(encoding="ascii").strip()
    serve(Register(changes, token, options.fault).app(), options)


if __name__ == "__main__":
    main()
