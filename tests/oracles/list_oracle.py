"""The slow truth about a list: every household looked at, every condition tried on every row.

Nothing is shared with what plans and composes lists but the catalogue and the text of a cursor: the
whole list is made, put in order by Python, and a page is cut out of it.
"""

from datetime import UTC, date, datetime

from graphql import GraphQLError

from hub.query.lists import asked
from hub.query.orders import ALERT_ORDERS, HOUSEHOLD_ORDERS, cursor_maker
from schema.catalogue import Kind, Subject

VISITLESS = ("screened", "assigned", "unreachable")


def listed(oracle, name: str, given: dict, at, entitlement, thing):
    """Return the connection `name` over the oracle's rows; `thing` makes an object of a row."""
    rows = _households(oracle, given, at, entitlement) if name == "households" else None
    if rows is None:
        rows = _alerts(oracle, given, at, entitlement)
    rows = in_order(rows, given["orderBy"])
    orders = HOUSEHOLD_ORDERS if name == "households" else ALERT_ORDERS
    digest = asked(oracle.catalogue, name, given).digest
    write = cursor_maker(orders[given["orderBy"]], digest)
    cursors = [write(row["key"], row["tie"]) for row in rows]
    start = 0
    if given["after"] is not None:
        if given["after"] not in cursors:
            raise GraphQLError("no cursor of this list")
        start = cursors.index(given["after"]) + 1
    stop = start + given["first"]
    page = range(start, min(stop, len(rows)))
    return {
        "edges": [{"cursor": cursors[n], "node": thing(rows[n])} for n in page],
        "pageInfo": {
            "hasNextPage": stop < len(rows),
            "hasPreviousPage": given["after"] is not None,
            "startCursor": cursors[page[0]] if page else None,
            "endCursor": cursors[page[-1]] if page else None,
        },
        "totalCount": len(rows),
    }


def steering(oracle, name: str, given: dict, stated: set[str], entitlement):
    """Go through the denied fields by which a list would be chosen or ordered.

    `given` are its arguments, `stated` the names of those that stand in the document
    with anything but null.
    """
    if name == "households":
        paths = ["Household.id", *_steered_homes(oracle, given, entitlement)]
    else:
        paths = ["Alert.status", *_steered_alerts(given, stated)]
    for path in paths:
        type_name, _, field = path.partition(".")
        if field == "any":
            if type_name not in entitlement.granted_types():
                yield path
        elif not entitlement.is_granted(path):
            yield path


def _steered_homes(oracle, given, entitlement):
    """Go through what a list of households is chosen by; `Type.any` is any field of the type."""
    order = {
        "total-desc": "Score.total",
        "total-asc": "Score.total",
        "region": "Household.region",
        "scored-desc": "Score.any",
    }
    yield from [order[given["orderBy"]]] if given["orderBy"] in order else []
    chosen = given["filter"] or {}
    if chosen.get("region") or chosen.get("regions") is not None:
        yield "Household.region"
    for dataset in oracle.catalogue:
        is_told = dataset.name in [*(chosen.get("has") or ()), *(chosen.get("lacks") or ())]
        filtered = _stated(chosen.get(dataset.navigation))
        if not is_told and not filtered:
            continue
        yield f"{dataset.type_name}.any"
        if dataset.subject is Subject.PERSON:
            yield "Household.members"
        for name in filtered:
            if name != "changedSince":
                yield f"{dataset.type_name}.{name}"
    if chosen.get("changedSince") is not None and not _watches(oracle, entitlement):
        yield "Household.region"


def _watches(oracle, entitlement) -> bool:
    """Whether there is anything of a household whose change the caller may know of."""
    if entitlement.is_granted("Household.region") or entitlement.is_granted("Household.members"):
        return True
    granted = entitlement.granted_types()
    return any(d.type_name in granted for d in oracle.catalogue.of(Subject.HOUSEHOLD))


def _steered_alerts(given, stated):
    """Go through what the worklist is chosen by."""
    columns = {"due-asc": "Alert.dueOn", "opened-desc": "Alert.openedAt"}
    yield columns.get(given["orderBy"], "Alert.total")
    named = {"bands": "Alert.band", "region": "Household.region", "assignee": "Alert.assignee"}
    for name, path in named.items():
        if name in stated:
            yield path
    for name in _stated(given["filter"]):
        yield "Alert.any" if name == "changedSince" else f"Alert.{name}"


def in_order(rows: list[dict], order: str) -> list[dict]:
    """Sort by key, then by id; whose key is unknown comes last, by id."""
    known = sorted((r for r in rows if r["key"] is not None), key=lambda r: r["tie"])
    known.sort(key=lambda r: r["key"], reverse=order.endswith("-desc"))
    return known + sorted((r for r in rows if r["key"] is None), key=lambda r: r["tie"])


def _households(oracle, given, at, entitlement) -> list[dict]:
    found = []
    for row in oracle.world.tables["household"]:
        home = row["household_id"]
        region = oracle.region_of(home, at, entitlement)
        if region is None or not _is_wanted(oracle, home, region, given["filter"], at, entitlement):
            continue
        score = next((s for s in oracle.rows("score", at) if s["identity_id"] == home), None)
        found.append({"id": home, "region": region, "tie": home, "key": None})
        match given["orderBy"]:
            case "region":
                found[-1]["key"] = region
            case "total-desc" | "total-asc":
                found[-1]["key"] = score and score["values"]["total"]
            case "scored-desc":
                found[-1]["key"] = score and score["known_from"]
    return found


def _is_wanted(oracle, home, region, chosen, at, entitlement) -> bool:
    chosen = chosen or {}
    if chosen.get("region") and not region.startswith(chosen["region"]):
        return False
    regions = chosen.get("regions")
    if regions is not None and not any(region.startswith(prefix) for prefix in regions):
        return False
    for name, expected in (("has", True), ("lacks", False)):
        for dataset in chosen.get(name) or ():
            records = _records(oracle, oracle.catalogue.by_name[dataset], home, at)
            if bool(records) is not expected:
                return False
    since = chosen.get("changedSince")
    if since is not None and not _changed(oracle, home, since, at, entitlement):
        return False
    for dataset in oracle.catalogue:
        stated = _stated(chosen.get(dataset.navigation))
        if stated and not any(
            passes(dataset, record, stated, at) for record in _records(oracle, dataset, home, at)
        ):
            return False
    return True


def _stated(chosen) -> dict:
    """Return what a filter of records says; ranges without an end say nothing."""
    stated = {}
    for name, value in (chosen or {}).items():
        if isinstance(value, dict):
            value = {end: v for end, v in value.items() if v is not None}  # noqa: PLW2901
        if value is not None and value != {}:
            stated[name] = value
    return stated


def _records(oracle, dataset, home, at) -> list[dict]:
    """Return the records of a household and of its members that hold."""
    owners = {home}
    if dataset.subject is Subject.PERSON:
        people = {
            row["person_id"] for row in oracle.rows("membership", at) if row["household_id"] == home
        }
        owners = {r["identity_id"] for r in oracle.rows("link", at) if r["person_id"] in people}
    return [row for row in oracle.rows(dataset.name, at) if row["identity_id"] in owners]


def passes(dataset, record: dict, stated: dict, at) -> bool:
    """Whether all that is stated is true of a record; of the unknown nothing is."""
    for name, wanted in stated.items():
        if name == "changedSince":
            if not record["known_from"] > wanted:
                return False
            continue
        declared = next(f for f in dataset.fields if f.graphql_name == name)
        value = record["values"].get(declared.name)
        if name == "overdue":
            due = record["values"]["due_on"]
            value = None if due is None else _overdue(due, record["values"]["status"], at)
        if value is None or not _meets(declared.kind, value, wanted):
            return False
    return True


def _overdue(due: date, status: str, at) -> bool:
    return due < at.as_of and status in VISITLESS


def _meets(kind: Kind, value, wanted) -> bool:
    if isinstance(wanted, list):
        return value in wanted
    if not isinstance(wanted, dict):
        return value == wanted
    if kind is Kind.MOMENT:
        low, high = wanted.get("since"), wanted.get("until")
        return (low is None or value >= low) and (high is None or value < high)
    low, high = wanted.get("from"), wanted.get("to")
    return (low is None or value >= low) and (high is None or value <= high)


def _changed(oracle, home, since: datetime, at, entitlement) -> bool:
    """Whether a version of something readable came or went between the two moments."""
    since, tables = since.astimezone(UTC), oracle.world.tables

    def is_new(row) -> bool:
        return since < row["known_from"] <= at.known or since < row["known_to"] <= at.known

    for table, path in (
        ("household_place", "Household.region"),
        ("membership", "Household.members"),
    ):
        rows = [row for row in tables[table] if row["household_id"] == home]
        if entitlement.is_granted(path) and any(map(is_new, rows)):
            return True
    people = {r["person_id"] for r in oracle.rows("membership", at) if r["household_id"] == home}
    links = {r["identity_id"] for r in oracle.rows("link", at) if r["person_id"] in people}
    for dataset in oracle.catalogue.stored:
        is_person = dataset.subject is Subject.PERSON
        if dataset.type_name not in entitlement.granted_types():
            continue
        if is_person and not entitlement.is_granted("Household.members"):
            continue
        owners = links if is_person else {home}
        rows = [row for row in tables.get(dataset.name, ()) if row["identity_id"] in owners]
        if any(map(is_new, rows)):
            return True
    return False


def _alerts(oracle, given, at, entitlement) -> list[dict]:
    dataset = oracle.catalogue.by_name["alert"]
    columns = {"due-asc": "due_on", "opened-desc": "opened_at"}
    column = columns.get(given["orderBy"], "total")
    found = []
    for row in oracle.rows("alert", at):
        values = row["values"]
        region = oracle.region_of(row["identity_id"], at, entitlement)
        if region is None or values["status"] == "closed":
            continue
        if given["statuses"] is not None and values["status"] not in given["statuses"]:
            continue
        if given["assignee"] not in (None, values["assignee"]):
            continue
        if given["bands"] is not None and values["band"] not in given["bands"]:
            continue
        if not region.startswith(given["region"] or ""):
            continue
        if not passes(dataset, row, _stated(given["filter"]), at):
            continue
        found.append({**row, "tie": row["record_id"], "key": values[column]})
    return found
