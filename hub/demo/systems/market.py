"""The register of market entities of the demonstration: a GraphQL server in its own process.

`positions(first, after)` is a connection over who has which role in which business, in the
order of registration; the cursor is the place in that order. A bearer token is needed.
"""

import argparse
import hmac
from pathlib import Path
from typing import Final

import msgspec
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.demo.systems.serving import add_options, serve

FEED_FILE: Final = "business_registration.jsonl"
_MOST: Final = 1_000


@strawberry.type
class Position:
    """One person's role in one business."""

    position_id: strawberry.ID
    person_number: str | None
    person_name: str
    credit_code: str
    business_name: str
    role: str
    capital_yuan: str | None
    registered_on: str
    status: str
    updated_at: str


@strawberry.type
class PageInfo:
    """Where a page ends."""

    end_cursor: str | None
    has_next_page: bool


@strawberry.type
class Positions:
    """A page of positions."""

    nodes: list[Position]
    page_info: PageInfo


class _Line(msgspec.Struct, rename="camel"):
    position_id: str
    person_number: str | None
    person_name: str
    credit_code: str
    business_name: str
    role: str
    capital_yuan: str | None
    registered_on: str
    status: str
    updated_at: str


class Market:
    """Answers GraphQL requests; owns the positions."""

    def __init__(self, lines: list[bytes], token: str) -> None:
        self._positions = [
            Position(**msgspec.structs.asdict(msgspec.json.decode(line, type=_Line)))
            for line in lines
        ]
        self._expected = f"Bearer {token}".encode()
        self._schema = strawberry.Schema(query=self._query())

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(routes=[Route("/graphql", self._answer, methods=["POST"])])

    def _query(self) -> type:
        positions = self._positions

        @strawberry.type
        class Query:
            """What the register answers."""

            @strawberry.field
            def positions(self, first: int = 100, after: str | None = None) -> Positions:
                """Return the positions behind a cursor."""
                start = int(after or 0)
                nodes = positions[start : start + min(first, _MOST)]
                end = start + len(nodes)
                return Positions(
                    nodes=nodes,
                    page_info=PageInfo(
                        end_cursor=str(end) if nodes else after,
                        has_next_page=end < len(positions),
                    ),
                )

        return Query

    async def _answer(self, request: Request) -> Response:
        said = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(said, self._expected):
            return JSONResponse({"errors": [{"message": "the token is not ours"}]}, 401)
        asked = await request.json()
        result = await self._schema.execute(
            asked["query"], variable_values=asked.get("variables") or {}
        )
        body: dict[str, object] = {"data": result.data}
        if result.errors:
            body["errors"] = [{"message": error.message} for error in result.errors]
        return JSONResponse(body)


def main() -> None:
    """Serve the register that lies in a folder."""
    parser = argparse.ArgumentParser(description="The market register of the demonstration.")
    parser.add_argument("--data", type=Path, required=True, help="folder with positions and token")
    add_options(parser)
    options = parser.parse_args()
    lines = (options.data / FEED_FILE).read_bytes().splitlines()
    token = (options.data / "token").read_text(encoding="ascii").strip()
    serve(Market(lines, token).app(), options)


if __name__ == "__main__":
    main()
