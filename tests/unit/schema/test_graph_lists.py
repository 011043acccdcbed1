"""Filters follow the declarations: what is sealed or restricted is never offered."""

from graphql import GraphQLInputObjectType, get_named_type

from schema.catalogue import Catalogue, Classification
from schema.graph import build_schema, core_schema
from schema.graph_lists import filterable, tellable

CATALOGUE = Catalogue.discover()
SCHEMA = core_schema(build_schema(CATALOGUE))


def test_only_clear_general_fields_of_stored_datasets_can_be_filtered():
    offered = [(d, f) for d in CATALOGUE for f in filterable(d)]

    assert offered
    for dataset, field in offered:
        assert dataset.stored
        assert not field.sealed
        assert not field.consent
        assert field.classification is Classification.GENERAL


def test_every_filter_offers_exactly_what_its_dataset_allows():
    for dataset in CATALOGUE:
        kind = SCHEMA.type_map.get(f"{dataset.type_name}Filter")
        allowed = {f.graphql_name for f in filterable(dataset)}
        if not allowed:
            assert kind is None
            continue
        assert isinstance(kind, GraphQLInputObjectType)
        assert set(kind.fields) == allowed | {"changedSince"}


def test_households_are_chosen_by_every_dataset_that_can_be_filtered():
    fields = SCHEMA.type_map["HouseholdFilter"].fields
    own = {"region", "regions", "has", "lacks", "changedSince"}
    by_records = {d.navigation: d for d in CATALOGUE if filterable(d)}

    assert set(fields) == own | set(by_records)
    for name, dataset in by_records.items():
        assert get_named_type(fields[name].type).name == f"{dataset.type_name}Filter"


def test_that_a_restricted_record_exists_cannot_be_asked():
    facts = {value.value for value in SCHEMA.type_map["HouseholdFact"].values.values()}

    assert facts == {d.name for d in tellable(CATALOGUE)}
    assert "assistance_roll" in facts
    assert not facts & {"custody_status", "justice_status", "diagnosis_status", "bank_deposit"}
