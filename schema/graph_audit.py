"""What auditors ask of the access log: its entries by facets, and how often each value occurs."""

from datetime import datetime
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


def audit_roots(paging: list[StrawberryArgument], root: Any) -> Roots:
    """Return what auditors ask of the log; `root` makes a field of Query."""
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
            optional(_facets(access_count())),
            "How often each value occurs in what the same arguments select of `accessLog`; for "
            "auditors. The look-up itself is on record.",
            [
                *selecting(),
                argument("facets", list[str] | None, facets, default=None),
                argument("values", int, "How many values of each, at most 100.", default=20),
            ],
        ),
    ]
