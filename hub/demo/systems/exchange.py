"""The city's exchange of the demonstration: batches over HTTP, in a process of its own.

It knows what lies in `answers.jsonl`: one line a citizen number with the rows of each resource
and the resources that do not answer. A batch goes through its states at each poll. A number
that was used with other contents is refused; the same batch again is taken as it was.
"""

import argparse
import hashlib
import hmac
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.demo.sources.natural_resources import ANSWERS_FILE
from hub.demo.systems.serving import add_options, serve

_STATES: Final = ("10", "15", "20", "50")
_MAX_ROWS: Final = 1000


class Known(msgspec.Struct):
    """What the exchange can tell of one citizen number."""

    number: str
    resources: dict[str, list[dict[str, str | None]]]
    silent: list[str] = []


class _Row(msgspec.Struct, rename="camel"):
    uid: str
    acceptance_number: str
    document_type: str
    document_number: str
    relation: str
    requested_resources: list[str]


class _Batch(msgspec.Struct, rename="camel"):
    batch_number: str
    region: str
    applicant_unit: str
    rows: list[_Row]


@dataclass(slots=True)
class _Taken:
    digest: str
    rows: list[_Row] = field(repr=False)
    polls: int = 0


class Exchange:
    """Answers the exchange's requests; owns what is known and the batches that were taken."""

    def __init__(self, known: dict[str, Known], token: str) -> None:
        self._known = known
        self._expected = f"Bearer {token}".encode()
        self._batches: dict[str, _Taken] = {}

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/batches", self._submit, methods=["POST"]),
                Route("/batches/{number}", self._status),
                Route("/batches/{number}/results", self._results),
            ]
        )

    async def _submit(self, request: Request) -> Response:
        if not self._is_ours(request):
            return _problem(401, "the token is not ours")
        body = await request.body()
        try:
            batch = msgspec.json.decode(body, type=_Batch)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _problem(400, "this is no batch")
        if len(batch.rows) > _MAX_ROWS or not _is_number(batch):
            return _problem(400, "the batch number or the number of rows is not the agreed one")
        digest = hashlib.sha256(body).hexdigest()
        taken = self._batches.setdefault(batch.batch_number, _Taken(digest, batch.rows))
        if taken.digest != digest:
            return _problem(409, "the number was used for another batch")
        return JSONResponse({"batchNumber": batch.batch_number}, 201)

    async def _status(self, request: Request) -> Response:
        taken = self._batches.get(request.path_params["number"])
        if not self._is_ours(request) or taken is None:
            return _problem(404, "there is no such batch")
        status = _STATES[min(taken.polls, len(_STATES) - 1)]
        taken.polls += 1
        return JSONResponse({"status": status})

    async def _results(self, request: Request) -> Response:
        taken = self._batches.get(request.path_params["number"])
        if not self._is_ours(request) or taken is None or taken.polls < len(_STATES):
            return _problem(404, "there is no result of such a batch")
        after = int(request.query_params.get("after") or 0)
        limit = min(int(request.query_params.get("limit") or 100), _MAX_ROWS)
        last = min(after + limit, len(taken.rows))
        items = [self._result(row) for row in taken.rows[after:last]]
        answer = {"items": items, "next": str(last), "more": last < len(taken.rows)}
        return Response(msgspec.json.encode(answer), media_type="application/json")

    def _result(self, row: _Row) -> dict[str, object]:
        known = self._known.get(row.document_number) or Known(row.document_number, {})
        returned = [code for code in row.requested_resources if code not in known.silent]
        return {
            "uid": row.uid,
            "acceptanceNumber": row.acceptance_number,
            "resultType": "1",
            "reportNumber": hashlib.sha256(row.uid.encode()).hexdigest()[:16],
            "requestedResources": row.requested_resources,
            "returnedResources": returned,
            "exception": None if len(returned) == len(row.requested_resources) else "无应答",
            "resources": {code: known.resources.get(code, []) for code in returned},
        }

    def _is_ours(self, request: Request) -> bool:
        said = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(said, self._expected)


def _is_number(batch: _Batch) -> bool:
    number = batch.batch_number
    return len(number) == 24 and number.isdigit() and number.startswith(batch.region)


def _problem(status: int, detail: str) -> Response:
    return JSONResponse(
        {"status": status, "detail": detail}, status, media_type="application/problem+json"
    )


def main() -> None:
    """Serve the exchange that lies in a folder."""
    parser = argparse.ArgumentParser(description="The city's exchange of the demonstration.")
    parser.add_argument("--data", type=Path, required=True, help="folder with answers and token")
    add_options(parser)
    options = parser.parse_args()
    lines = (options.data / ANSWERS_FILE).read_bytes().splitlines()
    known = [msgspec.json.decode(line, type=Known) for line in lines]
    token = (options.data / "token").read_text(encoding="ascii").strip()
    serve(Exchange({one.number: one for one in known}, token).app(), options)


if __name__ == "__main__":
    main()
