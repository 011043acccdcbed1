"""A register gets the arguments of one request; what an argument cannot be is not quoted."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from audit.entry import EntryKind
from audit.facets import COUNTED, Facet, Sought
from hub.access import Purpose, is_opaque
from hub.errors import InvalidDocumentError
from hub.query.given import first_given, moment_given
from hub.query.model import BoundRoot, Number, Root, RootKind
from hub.store.replays import State

_DEPARTMENT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_PURPOSE: Final = re.compile("|".join(Purpose))
_STATE: Final = re.compile(r"[a-z ]{1,20}")
_SEVERITY: Final = re.compile("low|medium|high")
_LIFE: Final = re.compile("open|explained|confirmed|closed")
_MAX_OFFSET: Final = 1_000_000
_ID: Final = re.compile(r"[0-9a-f]{32}")
MAX_VALUES: Final = 100
MAX_DAYS: Final = 92
_FIRST_DAY: Final = date(1970, 1, 1)
_LAST_DAY: Final = date(9998, 12, 31)
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,62}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_ANY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
_FIELD: Final = re.compile(r"[A-Z][A-Za-z]{0,62}(\.[a-z][A-Za-z]{0,62})?")


_FACETS: Final[Mapping[Facet, re.Pattern[str]]] = {
    Facet.KIND: re.compile("|".join(EntryKind)),
    Facet.DEPARTMENT: _DEPARTMENT,
    Facet.ROLE: _DEPARTMENT,
    Facet.ACTOR: _ANY,
    Facet.CLIENT: _ANY,
    Facet.PURPOSE: _CODE,
    Facet.FIELD: _FIELD,
    Facet.DENIED_FIELD: _FIELD,
    Facet.REASON: _CODE,
    Facet.OUTCOME: _CODE,
    Facet.CHANNEL: _CODE,
    Facet.CASE: _ANY,
    Facet.POLICY: _DIGEST,
    Facet.DOCUMENT: _DIGEST,
    Facet.REQUEST: _ANY,
}
_OPAQUE: Final = frozenset({Facet.ACTOR, Facet.CLIENT, Facet.CASE})
"""What callers chose themselves; no number of a person may be put on record by asking for it."""


def register_bound(
    root: Root, given: Mapping[str, object], today: date, numbers: tuple[Number, ...]
) -> BoundRoot:
    """Return a register's root with its arguments; `numbers` are of the person asked about.

    Raises:
        InvalidDocumentError: An argument is not what it must be.
    """
    read = _READS[root.kind]
    stated = given.get("day")
    day = stated if isinstance(stated, date) else today
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise InvalidDocumentError(f"`day` is {_FIRST_DAY} to {_LAST_DAY}.")
    first = first_given(given) if "first" in given else 0
    has_after = given.get("after") is not None
    return BoundRoot(root, day, None, numbers, read(given), first, has_after)


def is_department(name: object) -> bool:
    """Whether it could be the name of a department."""
    return bool(_DEPARTMENT.fullmatch(str(name)))


def _selected(given: Mapping[str, object]) -> dict[str, object]:
    """Return what selects entries of the log."""
    facets: list[Sought] = []
    for facet, form in _FACETS.items():
        value = given.get(facet.value)
        if value is None:
            continue
        if not form.fullmatch(str(value)):
            raise InvalidDocumentError(f"`{facet}` is no such name; see docs/audit.md.")
        if facet in _OPAQUE and not is_opaque(str(value)):
            raise InvalidDocumentError(
                f"`{facet}` is letters, digits and `._:/-`, at most 64, and no number of a person."
            )
        facets.append(Sought(facet, (str(value),)))
    return {
        "facets": tuple(facets),
        "since": moment_given(given.get("since"), "since"),
        "until": moment_given(given.get("until"), "until"),
    }


def _access_log(given: Mapping[str, object]) -> dict[str, object]:
    after = given.get("after")
    before = _index(str(after)) if after is not None else None
    return {**_selected(given), "before": before}


def _access_facets(given: Mapping[str, object]) -> dict[str, object]:
    values, named = given.get("values"), given.get("facets")
    if not isinstance(values, int) or not 1 <= values <= MAX_VALUES:
        raise InvalidDocumentError(f"`values` is 1 to {MAX_VALUES}.")
    told = COUNTED if not isinstance(named, list) else tuple(f for f in COUNTED if f in named)
    if isinstance(named, list) and set(map(str, named)) - set(map(str, told)):
        raise InvalidDocumentError("`facets` are names of facets that are counted.")
    return {**_selected(given), "before": None, "counted": told, "values": values}


def _access_entry(given: Mapping[str, object]) -> dict[str, object]:
    index = given.get("index")
    if not isinstance(index, int) or index < 0:
        raise InvalidDocumentError("`index` is the place of an entry in the log, from 0.")
    return {"index": index}


def _access_profile(given: Mapping[str, object]) -> dict[str, object]:
    department, days = given.get("department"), given.get("days")
    if not _DEPARTMENT.fullmatch(str(department)):
        raise InvalidDocumentError("`department` is small letters, digits and hyphens.")
    if not isinstance(days, int) or not 1 <= days <= MAX_DAYS:
        raise InvalidDocumentError(f"`days` is 1 to {MAX_DAYS}.")
    return {"department": department, "days": days}


def _access_rules(given: Mapping[str, object]) -> dict[str, object]:
    names = {"department": _DEPARTMENT, "role": _DEPARTMENT, "purpose": _PURPOSE, "field": _FIELD}
    for name, form in names.items():
        value = given.get(name)
        if value is not None and not form.fullmatch(str(value)):
            raise InvalidDocumentError(f"`{name}` is no such name; see the catalogue.")
    after = given.get("after")
    skipped = 0 if after is None else _index(str(after))
    return {**{name: given.get(name) for name in names}, "skipped": skipped}


def _agreements(given: Mapping[str, object]) -> dict[str, object]:
    for name in ("source", "department"):
        value = given.get(name)
        if value is not None and not _DEPARTMENT.fullmatch(str(value)):
            raise InvalidDocumentError(f"`{name}` is small letters, digits and hyphens.")
    agreement, after = given.get("agreement"), given.get("after")
    if agreement is not None and not is_opaque(str(agreement)):
        raise InvalidDocumentError("`agreement` is letters, digits and `._:/-`, at most 64.")
    states = given.get("states")
    assert states is None or isinstance(states, list)  # noqa: S101 - the schema says so
    if states is not None and not all(_STATE.fullmatch(str(state)) for state in states):
        raise InvalidDocumentError("`states` are states of agreements, in small letters.")
    return {
        "agreement": agreement,
        "source": given.get("source"),
        "department": given.get("department"),
        "states": None if states is None else tuple(map(str, states)),
        "overdue": bool(given.get("overdue")),
        "skipped": 0 if after is None else _index(str(after)),
    }


def _indicators(given: Mapping[str, object]) -> dict[str, object]:
    names = {"department": _DEPARTMENT, "rule": _DEPARTMENT, "severity": _SEVERITY, "id": _ID,
             "state": _LIFE}  # fmt: skip
    for name, form in names.items():
        value = given.get(name)
        if value is not None and not form.fullmatch(str(value)):
            raise InvalidDocumentError(f"`{name}` is no such name; see docs/audit.md.")
    index, _, known = str(given.get("after") or "").partition("-")
    if given.get("after") is not None and not _ID.fullmatch(known):
        raise InvalidDocumentError("`after` is not a cursor of this connection.")
    return {
        **{name: given.get(name) for name in names},
        "since": moment_given(given.get("since"), "since"),
        "open": given.get("open") is True,
        "before": (_index(index), known) if known else None,
    }


def _usages(given: Mapping[str, object]) -> dict[str, object]:
    after, offset = given.get("after"), given.get("offset")
    if not isinstance(offset, int) or not 0 <= offset <= _MAX_OFFSET:
        raise InvalidDocumentError(f"`offset` is 0 to {_MAX_OFFSET}.")
    return {
        "assertion": given["assertion"],
        "since": moment_given(given.get("since"), "since"),
        "until": moment_given(given.get("until"), "until"),
        "before": _index(str(after)) if after is not None else None,
        "offset": offset,
    }


def _replays(given: Mapping[str, object]) -> dict[str, object]:
    state, after = given.get("state"), given.get("after")
    if state is not None and state not in tuple(State):
        raise InvalidDocumentError("`state` is asked, approved, refused, run or lapsed.")
    before = None
    if after is not None:
        moment, _, id_ = str(after).partition("_")
        try:
            before = _cursor_moment(moment), UUID(id_)
        except (ValueError, OverflowError):  # the latter of a moment beside the years 1 to 9999
            raise InvalidDocumentError("`after` is not a cursor of this connection.") from None
    return {"index": given.get("index"), "state": state, "before": before}


def _cursor_moment(text: str) -> datetime:
    """Return a moment that the database takes.

    Raises:
        ValueError: It is none, or has no offset.
        OverflowError: It lies outside the years that can be told.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _index(cursor: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", cursor):
        raise InvalidDocumentError("`after` is not a cursor of this connection.")
    return int(cursor)


_READS: Final = {
    RootKind.ACCESS_LOG: _access_log,
    RootKind.ACCESS_FACETS: _access_facets,
    RootKind.ACCESS_ENTRY: _access_entry,
    RootKind.ACCESS_TIMELINE: _selected,
    RootKind.ACCESS_PROFILE: _access_profile,
    RootKind.ACCESS_RULES: _access_rules,
    RootKind.SHARING_AGREEMENTS: _agreements,
    RootKind.INDICATORS: _indicators,
    RootKind.USAGES: _usages,
    RootKind.REPLAYS: _replays,
}
