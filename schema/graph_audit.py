"""What auditors ask of the access log: its entries by facets, and how often each value occurs."""

from datetime import date, datetime
from typing import Any

import strawberry
from strawberry.types.arguments import StrawberryArgument

from schema.graph_registers import access_entry
from schema.graph_types import argument, connection, core_fields, list_of, make_type, optional

Roots = list[tuple[str, object, Any]]


def _told(text: str) -> Any:
    return strawberry.field(description=text)


def selecting() -> list[StrawberryArgument]:
    """Return the arguments that select entries; each narrows, in any combination."""
    texts = (
        ("subject", "Citizen number of a person."),
        ("department", "Only this department."),
        ("kind", "Only entries of this kind, such as answer or denial."),
        ("role", "Only in this role."),
        ("actor", "Only by this person, as the department names them."),
        ("client", "Only by this system."),
        ("purpose", "Only for this purpose."),
        ("field", "Only where this field was read, or any of this type."),
        ("denied_field", "Only where this field was refused."),
        ("reason", "Only refused for this reason, the whole or a field."),
        ("outcome", "Only with this outcome, such as answered or refused."),
        ("channel", "Only by this of the hub's ways."),
        ("case", "Only for this case."),
        ("policy", "Only under the policy with this digest."),
        ("document", "Only questions whose text has this SHA-256."),
        ("request", "Only of the request with this id."),
    )
    return [
        *(argument(name, str | None, text, default=None) for name, text in texts),
        argument("since", datetime | None, "From this moment on.", default=None),
        argument("until", datetime | None, "Before this moment.", default=None),
    ]


def access_count() -> type:
    """Return the type of a value with how often it occurs."""
    return make_type(
        "AccessCount",
        "A value, and how many entries have it.",
        [
            ("value", str | None, _told("As the log has it.")),
            ("name", str | None, _told("What it is called in English, where it has a name.")),
            ("name_zh", str | None, _told("What it is called in Chinese, where it has a name.")),
            ("count", int | None, _told("How many entries have it.")),
            ("is_exact", bool | None, _told("Whether there are no more; else: more than that.")),
        ],
    )


def _facets(count: type) -> type:
    facet = make_type(
        "AccessFacet",
        "How often each value of one facet occurs.",
        [
            ("facet", str | None, _told("Its name, as the argument has it that selects by it.")),
            ("values", optional(list_of(count)), _told("The most frequent first.")),
        ],
    )
    return make_type(
        "AccessFacets",
        "How often each value of each facet occurs in what is selected.",
        core_fields(
            "AccessFacets",
            {
                "total": int | None,
                "is_exact": bool | None,
                "counted": int | None,
                "facets": optional(list_of(facet)),
            },
        ),
    )


def _detail() -> type:
    """Return the type of one entry, whole."""
    text, texts, number = str | None, optional(list_of(str)), int | None
    names = [
        ("name", text, _told("What it is called in English, where it has a name.")),
        ("name_zh", text, _told("What it is called in Chinese, where it has a name.")),
    ]
    fields = make_type(
        "AccessField",
        "A field that was read.",
        [
            ("path", text, _told("Type and field.")),
            *names,
            ("classification", text, _told("G, S or X, of a dataset's field.")),
        ],
    )
    dataset = make_type(
        "AccessDataset",
        "What was read of one type.",
        [
            ("type", text, _told("The type.")),
            *names,
            ("source", text, _told("The department whose data it is.")),
            ("fields", optional(list_of(fields)), _told("Its fields.")),
        ],
    )
    denied = make_type(
        "AccessDenied",
        "A selection that was refused.",
        [
            ("path", text, _told("Type and field.")),
            *names,
            ("reason", text, _told("Code of the reason.")),
        ],
    )
    subject = make_type(
        "AccessSubject",
        "What was read of one subject; who that is, is not told.",
        [
            ("place", number, _told("Its place in the entry, from 0.")),
            ("fields", texts, _told("What was read of it.")),
        ],
    )
    told = make_type(
        "AccessTold",
        "Something else that the record states.",
        [
            ("key", text, _told("Where it stands, such as roots.0.found.")),
            ("value", text, _told("What stands there, as text.")),
        ],
    )
    proof = make_type(
        "AccessProof",
        "What proves that the entry is in the log: bytes in hexadecimal, docs/audit.md says how.",
        [
            ("record", text, _told("The record, byte by byte, as UTF-8.")),
            ("kind_byte", number, _told("The byte of its kind.")),
            ("salt", text, _told("The salt that hides the record.")),
            ("subjects_root", text, _told("The root over its subjects: it shows none.")),
            ("subject_count", number, _told("How many subjects are under that root.")),
            ("commitment", text, _told("The entry in the tree, 34 bytes.")),
            ("tree_size", number, _told("How many entries the signed tree has.")),
            ("path", texts, _told("Hashes from the leaf upwards.")),
            ("checkpoint", text, _told("The signed note of that tree, with its cosignatures.")),
            ("vkeys", texts, _told("The log's verifier keys.")),
        ],
    )
    return make_type(
        "AccessEntryDetail",
        "One entry of the access log, whole.",
        core_fields(
            "AccessEntryDetail",
            {
                "index": number,
                "at": datetime | None,
                **dict.fromkeys(_DETAIL_TEXTS, text),
                "datasets": optional(list_of(dataset)),
                "denied": optional(list_of(denied)),
                "subject_count": number,
                "subjects": optional(list_of(subject)),
                "told": optional(list_of(told)),
                "proof": optional(proof),
            },
        ),
    )


_DETAIL_TEXTS = (
    "kind", "kind_name", "kind_name_zh", "department", "department_name", "department_name_zh",
    "role", "actor", "client", "purpose", "purpose_name", "purpose_name_zh", "case", "operation",
    "document", "channel", "outcome", "reason", "policy", "request", "known_at", "encryption",
)  # fmt: skip


def _timeline(count: type) -> type:
    """Return the type of what was read of one person, day by day."""
    counts = optional(list_of(count))
    day = make_type(
        "AccessDay",
        "What was read of a person on one day of Beijing.",
        [
            ("day", date | None, _told("The day.")),
            ("count", int | None, _told("Entries about the person.")),
            ("denials", int | None, _told("Those in which something was refused.")),
            ("departments", counts, _told("By whom, the most frequent first.")),
            ("purposes", counts, _told("For which purpose, the most frequent first.")),
        ],
    )
    return make_type(
        "AccessTimeline",
        "What was read of one person and their households, day by day.",
        core_fields(
            "AccessTimeline",
            {
                "total": int | None,
                "is_exact": bool | None,
                "first_at": datetime | None,
                "last_at": datetime | None,
                "days": optional(list_of(day)),
                **dict.fromkeys(("departments", "purposes", "readers", "fields", "kinds"), counts),
            },
        ),
    )


def _profile() -> type:
    """Return the type of what one department does, beside what it did before."""
    number, text = int | None, str | None
    day = make_type(
        "AccessDayCount",
        "One day of Beijing.",
        [
            ("day", date | None, _told("The day.")),
            ("count", number, _told("Entries of the department.")),
            ("denials", number, _told("Those in which something was refused.")),
            ("usual", number, _told("Mean of that weekday in the days before.")),
        ],
    )
    hour = make_type(
        "AccessHour",
        "One hour of the day in Beijing, or one day of the week from Monday, 0.",
        [
            ("hour", number, _told("Which.")),
            ("count", number, _told("Entries in these days.")),
            ("before", number, _told("Entries in the days before.")),
        ],
    )
    compared = make_type(
        "AccessCompared",
        "A value, now and before.",
        [
            ("value", text, _told("As the log has it.")),
            ("name", text, _told("What it is called in English, where it has a name.")),
            ("name_zh", text, _told("What it is called in Chinese, where it has a name.")),
            ("count", number, _told("Entries in these days.")),
            ("before", number, _told("Entries in the days before.")),
        ],
    )
    lists = ("purposes", "kinds", "fields", "readers", "reasons", "channels")
    return make_type(
        "AccessProfile",
        "What one department did, beside its own days before.",
        core_fields(
            "AccessProfile",
            {
                **dict.fromkeys(("department", "name", "name_zh"), text),
                **dict.fromkeys(("since", "until"), date | None),
                **dict.fromkeys(("total", "before", "denials", "denials_before"), number),
                "is_exact": bool | None,
                "days": optional(list_of(day)),
                **dict.fromkeys(("hours", "weekdays"), optional(list_of(hour))),
                **dict.fromkeys(lists, optional(list_of(compared))),
            },
        ),
    )


def audit_roots(paging: list[StrawberryArgument], root: Any) -> Roots:
    """Return what auditors ask of the log; `root` makes a field of Query."""
    count = access_count()
    facets = "Only these facets, by the names of the arguments; default: all that are counted."
    return [
        root(
            "access_log",
            optional(connection("AccessEntry", access_entry())),
            "Who read what; for auditors. The look-up itself is on record.",
            [*paging, *selecting()],
        ),
        root(
            "access_facets",
            optional(_facets(count)),
            "How often each value occurs in what the same arguments select of `accessLog`; for "
            "auditors. The look-up itself is on record.",
            [
                *selecting(),
                argument("facets", list[str] | None, facets, default=None),
                argument("values", int, "How many values of each, at most 100.", default=20),
            ],
        ),
        root(
            "access_entry",
            optional(_detail()),
            "One entry, whole, with what proves that it is in the log; for auditors. The look-up "
            "itself is on record.",
            [argument("index", int, "Its place in the log.")],
        ),
        root(
            "access_timeline",
            optional(_timeline(count)),
            "What was read of one person and their households, day by day; for auditors. The "
            "look-up itself is on record, about the person.",
            [
                argument("subject", str, "Citizen number of a person."),
                argument("since", datetime | None, "From this moment on.", default=None),
                argument("until", datetime | None, "Before this moment.", default=None),
            ],
        ),
        root(
            "access_profile",
            optional(_profile()),
            "What one department did in the days up to one, beside as many before them; for "
            "auditors. The look-up itself is on record.",
            [
                argument("department", str, "Which department."),
                argument("day", date | None, "The last day; default: today.", default=None),
                argument("days", int, "How many days, at most 92.", default=28),
            ],
        ),
    ]
