"""Makes the schema of a catalogue once: half a second, which hundreds of tests would pay each."""

from graphql import GraphQLSchema

from schema.catalogue import Catalogue
from schema.graph import build_schema, core_schema

_MOST = 16
_made: list[tuple[Catalogue, GraphQLSchema]] = []


def schema_of(catalogue: Catalogue) -> GraphQLSchema:
    """Return graphql-core's schema of `catalogue`, the same object again for the same one."""
    for known, schema in _made:
        if known is catalogue:
            return schema
    schema = core_schema(build_schema(catalogue))
    _made.append((catalogue, schema))
    del _made[:-_MOST]
    return schema
