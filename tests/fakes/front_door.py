"""A front door over a made-up list: pages by the variables of a chunk, receipts in order."""

from dataclasses import dataclass, field, replace

import orjson

from hub.errors import HubError, TooCostlyError


@dataclass(frozen=True)
class FakeAnswer:
    body: bytes
    entitlement: None = None


@dataclass
class FakeFrontDoor:
    """Lists `rows` rows; raises `problems[n]` at the nth request; `denied[n]` holds from there.

    A page has at most `allowed` rows, and `asked` are the requests as they were answered.
    """

    rows: int = 5
    allowed: int = 200
    known_at: str = "2026-10-01T00:00:00+00:00"
    problems: dict[int, HubError] = field(default_factory=dict)
    denied: dict[int, list[dict]] = field(default_factory=dict)
    asked: list = field(default_factory=list)

    async def answer(self, request, /, smaller=()):
        n = len(self.asked)
        every = (request.variables, *smaller)
        may = [one for one in every if _size(one) <= self.allowed]
        request = replace(request, variables=next(iter(may), every[-1]))
        self.asked.append(request)
        if n in self.problems:
            raise self.problems[n]
        if not may:
            raise TooCostlyError("one row is too much")
        given = request.variables
        data = self._people(given) if "hub_numbers" in given else self._page(given)
        body = {
            "data": data,
            "extensions": {"receipt": {"index": n}, "knownAt": self.known_at},
        }
        errors = [e for since, found in self.denied.items() if since <= n for e in found]
        if errors:
            body["errors"] = errors
        return FakeAnswer(orjson.dumps(body))

    def _people(self, given) -> dict:
        return {
            "people": [
                {"index": n, "status": "FOUND", "person": {"id": text}}
                for n, text in enumerate(given["hub_numbers"])
            ]
        }

    def _page(self, given) -> dict:
        start = 0 if given["hub_after"] is None else int(given["hub_after"]) + 1
        stop = min(start + given["hub_first"], self.rows)
        page = range(start, stop)
        return {
            "households": {
                "edges": [{"cursor": str(n), "node": {"id": f"H{n}"}} for n in page],
                "pageInfo": {
                    "hasNextPage": stop < self.rows,
                    "endCursor": str(page[-1]) if page else None,
                },
            }
        }


def denial(path: str) -> dict:
    """Return the error of a refused selection."""
    return {
        "message": f"{path} is not granted.",
        "locations": [{"line": 1, "column": 1}],
        "path": ["households", "edges", "node", path.partition(".")[2]],
        "extensions": {"code": "NOT_GRANTED", "reason": "NOT_GRANTED", "field": path},
    }


def _size(variables) -> int:
    """Return how many rows are asked for."""
    return len(variables["hub_numbers"]) if "hub_numbers" in variables else variables["hub_first"]
