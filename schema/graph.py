"""The GraphQL schema: the roots that a department can ask, over the types of the catalogue.

Root fields have no resolvers either: `hub/query` and `hub/casework` answer from a plan. The
printed schema is checked in as `schema/hub.graphql`; a test compares it with this module.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any, Final

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import StrawberryArgument

from schema.catalogue import Catalogue
from schema.graph_audit import audit_roots
from schema.graph_cases import MUTATIONS as CASES
from schema.graph_casework import CASEWORK_MUTATIONS, AlertStep
from schema.graph_consents import MUTATIONS as CONSENTS
from schema.graph_credit import MUTATIONS as CREDIT_MUTATIONS
from schema.graph_federation import (
    DEFINITIONS,
    LINK,
    SCALARS,
    Representation,
    Service,
    entity_union,
    service_field,
)
from schema.graph_findings import MUTATIONS as FINDINGS
from schema.graph_interfaces import Node
from schema.graph_lists import AlertOrder, HouseholdOrder, household_filter, record_filters
from schema.graph_registers import (
    access_rule,
    audit_indicator,
    audit_replay,
    sharing_agreement,
    usage_entry,
)
from schema.graph_replays import MUTATIONS as REPLAYS
from schema.graph_sharing import MUTATIONS as SHARING
from schema.graph_types import (
    CENTS_SCALAR,
    Band,
    Cents,
    LookupStatus,
    argument,
    connection,
    entities,
    list_of,
    make_type,
    optional,
)

DEFAULT_PAGE: Final = 50
MAX_PAGE: Final = 200


@strawberry.input(description="What was decided about a family.")
class RecognitionInput:
    """A decision of civil affairs that makes every member of a household a recipient."""

    household_id: strawberry.ID = strawberry.field(description="Household.id of the family.")
    category: str = strawberry.field(description="Code list assistance_category, such as DB.")
    start_date: date = strawberry.field(description="First day of the assistance.")
    end_date: date | None = strawberry.field(
        default=None, description="Last day, if it is limited."
    )
    decision_number: str = strawberry.field(description="Number of the decision document.")
    decided_on: date = strawberry.field(description="Day of the decision.")


@strawberry.type(description="What was written, and which messages will tell of it.")
class RecognitionReceipt:
    """The outcome of `recognise`."""

    people: int = strawberry.field(description="How many members were recognised.")
    message_ids: list[strawberry.ID] = strawberry.field(
        description="A message for each member and receiver."
    )
    closed_alert_id: strawberry.ID | None = strawberry.field(
        description="The open alert that it closed, if there was one."
    )


_TIME: Final = (
    ("as_of", date | None, "On which day it is to hold; default: today."),
    ("known_at", datetime | None, "As the hub knew it at this moment; default: now."),
)


def _time() -> list[StrawberryArgument]:
    return [argument(name, kind, text, default=None) for name, kind, text in _TIME]


def _paging() -> list[StrawberryArgument]:
    return [
        argument("first", int, f"How many, at most {MAX_PAGE}.", default=DEFAULT_PAGE),
        argument("after", str | None, "The cursor of the last one seen.", default=None),
    ]


def _root(
    name: str, annotation: object, description: str, arguments: list[StrawberryArgument]
) -> tuple[str, object, Any]:
    root: Any = strawberry.field(description=description)
    root.arguments = arguments
    return name, annotation, root


def _households(
    household: Any, filters: dict[str, Any], catalogue: Catalogue
) -> tuple[str, object, Any]:
    chosen = household_filter(catalogue, filters)
    return _root(
        "households",
        optional(connection("Household", household, counted=True)),
        "Households, page by page.",
        [
            *_paging(),
            argument("filter", optional(chosen), "Only such households.", default=None),
            argument("order_by", HouseholdOrder, "In this order.", default=HouseholdOrder.ID.value),
            *_time(),
        ],
    )


def _warnings(alert: Any, alert_filter: Any) -> tuple[str, object, Any]:
    statuses = "Only in these statuses, code list alert_status."
    return _root(
        "warnings",
        optional(connection("Alert", alert, counted=True)),
        "Open alerts, the highest score first.",
        [
            *_paging(),
            argument("bands", list[Band] | None, "Only these bands.", default=None),
            argument("region", str | None, "Only below this region.", default=None),
            argument("statuses", list[str] | None, statuses, default=None),
            argument("assignee", str | None, "Only given to this clerk.", default=None),
            argument("filter", optional(alert_filter), "Only such alerts.", default=None),
            argument("order_by", AlertOrder, "In this order.", default=AlertOrder.TOTAL_DESC.value),
            *_time(),
        ],
    )


def _agreements() -> tuple[str, object, Any]:
    return _root(
        "sharing_agreements",
        optional(connection("SharingAgreement", sharing_agreement())),
        "Sharing agreements and requests, by name: where each stands, and what is due.",
        [
            *_paging(),
            argument("agreement", str | None, "Only this one.", default=None),
            argument("source", str | None, "Only of this source.", default=None),
            argument("department", str | None, "Only read by this department.", default=None),
            argument("states", list[str] | None, "Only in these states.", default=None),
            argument("overdue", bool, "Only what should have happened by now.", default=False),
        ],
    )


def _for_gateways(types: dict[str, Any], sdl: Callable[[], str]) -> list[tuple[str, object, Any]]:
    """Return what only a gateway asks."""
    found: Any = strawberry.field(
        name="_entities",
        description="People and households by their representations, in the order given.",
    )
    text = "Each with __typename and id; at most 5,000."
    found.arguments = [argument("representations", list_of(Representation), text)]
    union = entity_union(types["Person"], types["Household"])
    return [
        ("_entities", list_of(optional(union)), found),
        ("_service", Service, service_field(sdl)),
    ]


def _query(
    types: dict[str, Any], catalogue: Catalogue, extra: list[tuple[str, object, Any]]
) -> type:
    person, household = types["Person"], types["Household"]
    filters = record_filters(catalogue)
    lookup = make_type(
        "PersonLookup",
        "What became of one citizen number of a list.",
        [
            ("index", int, strawberry.field(description="Its place in the list, from 0.")),
            ("status", LookupStatus, strawberry.field(description="Whether it led to a person.")),
            ("person", optional(person), strawberry.field(description="The person, if found.")),
        ],
    )
    numbers = "Citizen numbers, 15 or 18 characters each; at most 5,000."
    return make_type(
        "Query",
        "What a department can ask; every answer is on record before it leaves.",
        [
            _root(
                "person",
                optional(person),
                "One person by citizen number.",
                [argument("national_id", str, "Citizen number, 15 or 18 characters."), *_time()],
            ),
            _root(
                "people",
                list_of(lookup),
                "People by their citizen numbers, in the order asked.",
                [argument("national_ids", list[str], numbers), *_time()],
            ),
            _root(
                "household",
                optional(household),
                "One household by its opaque id.",
                [argument("id", strawberry.ID, "Opaque id of the household."), *_time()],
            ),
            _root(
                "credit_record",
                optional(types["CommitmentRecord"]),
                "One commitment by its code.",
                [argument("code", str, "Code of the commitment, 20 digits."), *_time()],
            ),
            _households(household, filters, catalogue),
            _warnings(types["Alert"], filters["alert"]),
            *audit_roots(_paging(), _root),
            _root(
                "indicators",
                optional(connection("AuditIndicator", audit_indicator())),
                "What in the access log is worth a look, the latest first; for auditors. Each "
                "names the entries that it rests on.",
                [
                    *_paging(),
                    argument("department", str | None, "Only this department.", default=None),
                    argument("rule", str | None, "Only by this rule.", default=None),
                    argument("severity", str | None, "Only low, medium or high.", default=None),
                    argument("since", datetime | None, "Not over by this moment.", default=None),
                    argument("open", bool, "Only what nobody has acknowledged.", default=False),
                    argument("id", str | None, "Only this finding.", default=None),
                    argument(
                        "state",
                        str | None,
                        "Only open, explained, confirmed or closed ones.",
                        default=None,
                    ),
                ],
            ),
            _root(
                "usages",
                optional(connection("UsageEntry", usage_entry())),
                "Who read the data of the person whom a portal asserts, the latest first. The look "
                "itself is on record, and in the next list.",
                [
                    *_paging(),
                    argument("assertion", str, "The portal's signed word on who asks."),
                    argument("since", datetime | None, "From this moment on.", default=None),
                    argument("until", datetime | None, "Before this moment.", default=None),
                    argument("offset", int, "How many to leave out at first.", default=0),
                ],
            ),
            _root(
                "replays",
                optional(connection("AuditReplay", audit_replay())),
                "Requests that an answer be asked again, the newest first; for auditors.",
                [
                    *_paging(),
                    argument("index", int | None, "Only of this entry.", default=None),
                    argument("state", str | None, "Only in this state.", default=None),
                ],
            ),
            _root(
                "access_rules",
                optional(connection("AccessRule", access_rule())),
                "Who may read which field for which purpose: the policy in force, line by line. "
                "With department, purpose and field, what is missing is told as well.",
                [
                    *_paging(),
                    argument("department", str | None, "Only this department.", default=None),
                    argument("role", str | None, "Only this role.", default=None),
                    argument("purpose", str | None, "Only this purpose.", default=None),
                    argument("field", str | None, "Only this field, or this type.", default=None),
                    argument("day", date | None, "As it stands on this day.", default=None),
                ],
            ),
            _agreements(),
            _root(
                "node",
                optional(Node),
                "A person or a household by its opaque id.",
                [argument("id", strawberry.ID, "Person.id or Household.id."), *_time()],
            ),
            *extra,
        ],
    )


def _mutation() -> type:
    return make_type(
        "Mutation",
        "What civil affairs can decide.",
        [
            _root(
                "recognise",
                RecognitionReceipt | None,
                "Record a recognition; receivers are told, an open alert is closed.",
                [argument("input", RecognitionInput, "The decision.")],
            ),
            *(
                _root(name, AlertStep | None, text, [argument("input", kind, "What was done.")])
                for name, kind, text in CASEWORK_MUTATIONS
            ),
            *(
                _root(name, optional(outcome), text, [argument("input", given, "What is stated.")])
                for name, (given, outcome, text) in {
                    **CREDIT_MUTATIONS,
                    **CONSENTS,
                    **CASES,
                    **SHARING,
                    **FINDINGS,
                    **REPLAYS,
                }.items()
            ),
        ],
    )


def build_schema(catalogue: Catalogue) -> strawberry.Schema:
    """Return the GraphQL schema of `catalogue`."""

    @cache
    def subgraph() -> str:
        return _schema(catalogue, None).as_str() + "\n"

    return _schema(catalogue, subgraph)


def _schema(catalogue: Catalogue, sdl: Callable[[], str] | None) -> strawberry.Schema:
    """Return the schema with what gateways ask, or without, as they want it described."""
    types = entities(catalogue)
    extra = [] if sdl is None else _for_gateways(types, sdl)
    return strawberry.Schema(
        query=_query(types, catalogue, extra),
        mutation=_mutation(),
        config=StrawberryConfig(
            scalar_map={Cents: CENTS_SCALAR, **SCALARS},
            disable_field_suggestions=True,
            sort_schema=True,
        ),
        schema_directives=[LINK],
    )


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """Return graphql-core's schema, to parse and validate against."""
    core: GraphQLSchema = schema._schema  # noqa: SLF001 - strawberry offers no public way to it
    return core


@cache
def printed(packages: tuple[str, ...] = ("schema.datasets",)) -> str:
    """Return the SDL of the schema of the datasets in `packages`, with its directives."""
    return build_schema(Catalogue.discover(packages)).as_str() + "\n" + DEFINITIONS
