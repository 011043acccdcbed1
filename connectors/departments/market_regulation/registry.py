"""The register of market entities, a GraphQL server, and what it says in our words.

One node is one person's role in one business. The unified social credit code carries its own
check character and must have it.
"""

from collections.abc import Mapping
from typing import Final

from connectors.checks import holder_is_born, not_in_future, not_negative
from connectors.convert import (
    citizen_number,
    code,
    dashed_date,
    optional,
    text,
    unified_code,
    yuan,
)
from connectors.department import Department, secret, setting
from connectors.graphql import GraphqlConnection
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from schema.codes import BUSINESS_ROLE, BUSINESS_STATUS

NAME: Final = "market-regulation"

DOCUMENT: Final = """
query Positions($first: Int!, $after: String) {
  positions(first: $first, after: $after) {
    nodes {
      positionId personNumber personName creditCode businessName role capitalYuan
      registeredOn status updatedAt
    }
    pageInfo { endCursor hasNextPage }
  }
}
"""

ROLES: Final = {
    "LEGAL_REPRESENTATIVE": "legal-representative",
    "OWNER": "owner",
    "SHAREHOLDER": "shareholder",
}
STATUSES: Final = {"OPEN": "open", "REVOKED": "revoked", "CANCELLED": "cancelled"}

SHAPE: Final = Shape(
    department=NAME,
    dataset="business_registration",
    key="positionId",
    updated="updatedAt",
)

REGISTRATION: Final = DatasetMapping(
    department=NAME,
    dataset="business_registration",
    fields=(
        FieldMap("national_id", "personNumber", citizen_number),
        FieldMap("name", "personName", text(missing=ReasonCode.NAME_MISSING, longest=50)),
        FieldMap("credit_code", "creditCode", unified_code),
        FieldMap("business_name", "businessName", text()),
        FieldMap("role", "role", code(ROLES, BUSINESS_ROLE)),
        FieldMap("capital_cents", "capitalYuan", optional(yuan)),
        FieldMap("registered_on", "registeredOn", dashed_date),
        FieldMap("status", "status", code(STATUSES, BUSINESS_STATUS)),
    ),
    number="national_id",
    name="name",
    valid_from="registered_on",
    link_only=frozenset({"national_id", "name"}),
    checks=(
        holder_is_born("national_id"),
        not_in_future("registered_on"),
        not_negative("capital_cents"),
    ),
)


def connect(config: Mapping[str, str]) -> GraphqlConnection:
    """Return the connector to the register that `config` tells of.

    Raises:
        ConnectorConfigError: A setting is missing, or the token cannot be read.
    """
    return GraphqlConnection(
        shape=SHAPE,
        url=setting(NAME, config, "url"),
        document=DOCUMENT,
        root="positions",
        token=secret(NAME, config, "token_file"),
    )


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={REGISTRATION.dataset: REGISTRATION},
    shapes={SHAPE.dataset: SHAPE},
    settings={
        "url": "address of the register's GraphQL endpoint",
        "token_file": "file with the bearer token that the register gave us",
    },
    connect=connect,
)
