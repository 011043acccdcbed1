"""What an answer says besides its data: errors that the plan foresaw, cost, receipt, known time."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson

from audit.log import Receipt
from hub.query.bound import Bound
from hub.query.model import PlannedError
from hub.query.shape import Tree


def _error(error: PlannedError) -> Tree:
    return {
        "message": error.message,
        "locations": [{"line": place.line, "column": place.column} for place in error.locations],
        "path": list(error.path),
        "extensions": {"code": "NOT_GRANTED", "reason": str(error.code), "field": error.field},
    }


def encoded_body(
    encoded: bytes,
    bound: Bound,
    receipt: Receipt,
    known_at: datetime,
    uncovered: Sequence[PlannedError] = (),
) -> bytes:
    """Return the response as JSON; its data is JSON already."""
    return orjson.dumps(body_of(orjson.Fragment(encoded), bound, receipt, known_at, uncovered))


def body_of(
    data: Tree | orjson.Fragment,
    bound: Bound,
    receipt: Receipt,
    known_at: datetime | None,
    uncovered: Sequence[PlannedError] = (),
    *,
    told_beside: Mapping[str, object] | None = None,
) -> Tree:
    """Return the response; only what has a receipt comes here."""
    body: Tree = {"data": data}
    if bound.plan.errors or uncovered:
        body["errors"] = [_error(error) for error in (*bound.plan.errors, *uncovered)]
    told: Tree = {} if told_beside is None else dict(told_beside)
    told["cost"] = bound.cost
    told["receipt"] = {
        "log": receipt.origin,
        "index": receipt.index,
        "treeSize": receipt.tree_size,
        "checkpoint": receipt.checkpoint,
    }
    kept = bound.entitlement.limits.retention_days
    if kept is not None:
        told["retention"] = {"days": kept}
    if known_at is not None:
        told["knownAt"] = known_at  # orjson writes it as `isoformat` does, and sooner
    body["extensions"] = told
    return body
