"""What holds of an object: its type, and every interface and union that it is of."""

from graphql import GraphQLNonNull

from schema.catalogue import Catalogue
from schema.graph import build_schema, core_schema
from schema.graph_interfaces import PROVENANCE_NAMES, conditions_of

CATALOGUE = Catalogue.discover()
CORE = core_schema(build_schema(CATALOGUE))


def test_every_dataset_is_a_record_and_only_datasets_are():
    possible = {one.name for one in CORE.get_possible_types(CORE.type_map["Record"])}

    assert possible == {dataset.type_name for dataset in CATALOGUE}
    assert set(CORE.type_map["Record"].fields) == set(PROVENANCE_NAMES)


def test_people_and_households_are_nodes_whose_id_is_a_grant_and_so_may_be_null():
    for name in ("Node", "_Entity"):
        possible = {one.name for one in CORE.get_possible_types(CORE.type_map[name])}
        assert possible == {"Person", "Household"}
    assert not isinstance(CORE.type_map["Node"].fields["id"].type, GraphQLNonNull)


def test_the_conditions_that_hold_are_the_type_and_what_it_is_of():
    conditions = conditions_of(CORE)

    assert conditions["Person"] == {"Person", "Node", "_Entity"}
    assert conditions["Population"] == {"Population", "Record"}
    assert conditions["Member"] == {"Member"}
    assert "Record" not in conditions
