"""Entries of the log in other programs' forms: CSV for a spreadsheet, OCSF for a SIEM.

Both follow from the records alone, so whoever has these can make them anew and compare. Subjects'
tags are in neither: a form is for people who look at patterns, not at persons.

OCSF 1.3.0, class by kind: an answer, a look-up, an ingest and a scoring is a Datastore Activity
(6005), everything else an API Activity (6003). `docs/audit.md` has the mapping field by field.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

import orjson

from audit.entry import KIND_BY_CODE, EntryKind

OCSF_VERSION: Final = "1.3.0"
_CATEGORY: Final = 6
_DATASTORE: Final = 6005
_API: Final = 6003
_READ, _QUERY, _WRITE = 1, 4, 5
_API_CREATE, _API_READ, _API_UPDATE, _OTHER = 1, 2, 3, 99
_DATASTORE_ACTIVITY: Final = {
    EntryKind.ANSWER: (_READ, "Read"),
    EntryKind.LOOKUP: (_QUERY, "Query"),
    EntryKind.INGEST: (_WRITE, "Write"),
    EntryKind.SCORING: (_WRITE, "Write"),
}
_API_ACTIVITY: Final = {
    EntryKind.DENIAL: (_API_READ, "Read"),
    EntryKind.COMMAND: (_API_CREATE, "Create"),
    EntryKind.MESSAGE: (_API_CREATE, "Create"),
    EntryKind.POLICY: (_API_UPDATE, "Update"),
    EntryKind.KEY: (_API_UPDATE, "Update"),
}
_INFORMATIONAL, _LOW, _MEDIUM = 1, 2, 3
_SUCCESS, _FAILURE = 1, 2
COLUMNS: Final = (
    "seq", "kind", "at", "department", "role", "actor", "client", "purpose", "case", "operation",
    "document", "channel", "outcome", "reason", "policy", "known", "denied", "subjects",
)  # fmt: skip


class FormedEntry(NamedTuple):
    """What a form is made of: number, kind and record of an entry."""

    seq: int
    kind: int
    record: bytes


def csv_of(entries: Iterable[FormedEntry], origin: str) -> bytes:
    """Return a table of entries, a line each, the names first; in UTF-8 with CRLF (RFC 4180)."""
    del origin
    told = io.StringIO()
    writer = csv.writer(told, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        record = _content(entry.record)
        kind = KIND_BY_CODE.get(entry.kind, str(entry.kind))
        row = {**record, "seq": entry.seq, "kind": str(kind)}
        writer.writerow([_cell(row.get(name)) for name in COLUMNS])
    return told.getvalue().encode()


def ocsf_of(entries: Iterable[FormedEntry], origin: str) -> bytes:
    """Return events of OCSF as JSON, a line each."""
    return b"".join(
        orjson.dumps(ocsf_event(entry, origin), option=orjson.OPT_APPEND_NEWLINE)
        for entry in entries
    )


FORMS: Final[Mapping[str, Callable[[Iterable[FormedEntry], str], bytes]]] = {
    "csv": csv_of,
    "ocsf": ocsf_of,
}
"""The forms, by the word that asks for each."""
SUFFIXES: Final = {"csv": "csv", "ocsf": "jsonl"}


def ocsf_event(entry: FormedEntry, origin: str) -> dict[str, object]:
    """Return one entry as an event of OCSF."""
    record = _content(entry.record)
    kind = KIND_BY_CODE.get(entry.kind)
    is_datastore = kind in _DATASTORE_ACTIVITY
    class_uid = _DATASTORE if is_datastore else _API
    named: tuple[int, str] = (_OTHER, "Other")
    if kind is not None:
        named = {**_DATASTORE_ACTIVITY, **_API_ACTIVITY}.get(kind, named)
    activity, activity_name = named
    outcome = _text(record.get("outcome"))
    is_failure = outcome in {"refused", "failed"}
    event: dict[str, object] = {
        "metadata": {
            "version": OCSF_VERSION,
            "product": {"name": "Social assistance hub", "vendor_name": "hub"},
            "log_name": origin,
            "uid": f"{origin}/{entry.seq}",
            "sequence": entry.seq,
            "event_code": str(kind) if kind is not None else str(entry.kind),
            **_given(correlation_uid=record.get("request")),
        },
        "category_uid": _CATEGORY,
        "category_name": "Application Activity",
        "class_uid": class_uid,
        "class_name": "Datastore Activity" if is_datastore else "API Activity",
        "activity_id": activity,
        "activity_name": activity_name,
        "type_uid": class_uid * 100 + activity,
        "time": record.get("at", 0),
        "severity_id": _LOW if is_failure else _INFORMATIONAL,
        "status_id": _FAILURE if is_failure else _SUCCESS,
        **_given(status_detail=record.get("reason")),
        "actor": _actor(record),
        "src_endpoint": {"name": _text(record.get("client") or record.get("department")) or "hub"},
        "unmapped": _unmapped(record),
    }
    if is_datastore:
        event["type_id"] = 1
        event["database"] = {"name": "social assistance graph", "type_id": 1}
        event["query_info"] = {
            "uid": _text(record.get("document")) or "none",
            "query_string": _text(record.get("operation")) or "unnamed",
            **_given(name=record.get("operation")),
        }
    else:
        operation = record.get("command") or record.get("act") or record.get("operation")
        event["api"] = {
            "operation": _text(operation) or (str(kind) if kind is not None else "unknown"),
            "service": {"name": "hub"},
        }
    return event


def _actor(record: Mapping[str, object]) -> dict[str, object]:
    """Return who acted: the officer as the department names them, else its system."""
    client = _text(record.get("client"))
    department = _text(record.get("department"))
    officer = _text(record.get("actor")) or _text(record.get("by"))
    user: dict[str, object] = {"type_id": 1 if officer else 3}
    user["uid"] = officer or client or department or "hub"
    if department:
        user["org"] = {"name": department}
    if role := _text(record.get("role")):
        user["groups"] = [{"name": role}]
    return {"user": user, **_given(app_uid=client)}


_MAPPED: Final = frozenset(
    ("at", "request", "client", "department", "actor", "role", "outcome", "reason", "document",
     "operation", "command", "act", "asked", "answer")
)  # fmt: skip


def _unmapped(record: Mapping[str, object]) -> dict[str, object]:
    """Return what OCSF has no attribute for: purpose, case, policy, fields, counts."""
    return {name: value for name, value in sorted(record.items()) if name not in _MAPPED}


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if isinstance(value, str)}


def _content(record: bytes) -> Mapping[str, object]:
    try:
        content: object = orjson.loads(record)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _cell(value: object) -> str:
    """Return a value as a cell; one that a spreadsheet would compute gets an apostrophe before."""
    if value is None:
        return ""
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
