import pytest
from graphql import GraphQLError, GraphQLNonNull, parse, validate

from schema.catalogue import CORE_FIELDS, Catalogue, Subject
from schema.graph import DEFAULT_PAGE, MAX_PAGE, build_schema, core_schema, printed
from schema.graph_types import CENTS_SCALAR, PROVENANCE_NAMES, STRUCTURES, entities

CATALOGUE = Catalogue.discover()
CORE = core_schema(build_schema(CATALOGUE))
CENTS = CORE.type_map["Cents"]


def fields_of(type_name):
    return CORE.type_map[type_name].fields


def test_every_grantable_field_is_in_the_graph_and_may_be_null():
    for path in CATALOGUE.paths:
        type_name, name = path.split(".")

        assert not isinstance(fields_of(type_name)[name].type, GraphQLNonNull), path


def test_every_record_shows_where_it_comes_from_and_when_it_holds():
    for dataset in CATALOGUE:
        shown = fields_of(dataset.type_name)

        assert set(PROVENANCE_NAMES) <= set(shown)
        assert not any(isinstance(shown[n].type, GraphQLNonNull) for n in PROVENANCE_NAMES)


def test_provenance_is_named_in_camel_case():
    assert PROVENANCE_NAMES == (
        "recordId",
        "validFrom",
        "validTo",
        "knownFrom",
        "sourceTime",
        "provider",
    )


def test_people_and_households_lead_to_their_records():
    for subject, type_name in ((Subject.PERSON, "Person"), (Subject.HOUSEHOLD, "Household")):
        for dataset in CATALOGUE.of(subject):
            kind = str(fields_of(type_name)[dataset.navigation].type)

            expected = f"[{dataset.type_name}!]" if dataset.many else dataset.type_name
            assert kind == expected


def test_a_household_leads_to_its_members_and_each_member_to_a_person():
    assert str(fields_of("Household")["members"].type) == "[Member!]"
    assert str(fields_of("Member")["person"].type) == "Person"
    assert str(fields_of("Person")["household"].type) == "Household"
    assert str(fields_of("Alert")["household"].type) == "Household"


def test_money_is_a_scalar_of_its_own_and_structures_have_types():
    assert str(fields_of("MedicalSettlement")["totalCents"].type) == "Cents"
    for dataset in CATALOGUE:
        for field in dataset.fields:
            if field.structure is not None:
                shown = str(fields_of(dataset.type_name)[field.graphql_name].type)
                assert shown == f"[{field.structure}!]"
                assert field.structure in STRUCTURES


def test_money_goes_out_and_comes_in_as_whole_cents():
    assert CENTS.serialize(1250) == 1250
    assert CENTS.parse_value(1250) == 1250
    assert CENTS_SCALAR is not None
    assert CENTS.parse_value(10**13) == 10**13


@pytest.mark.parametrize("given", ["1250", 12.5, 12.0, True, None])
def test_what_is_no_whole_number_is_no_amount(given):
    with pytest.raises(GraphQLError):
        CENTS.parse_value(given)


def test_every_field_and_argument_that_is_grantable_says_what_it_is():
    described = [fields_of(p.split(".")[0])[p.split(".")[1]].description for p in CATALOGUE.paths]
    arguments = [
        argument.description
        for root in ("Query", "Mutation")
        for field in fields_of(root).values()
        for argument in field.args.values()
    ]

    assert all(described)
    assert all(arguments)


def test_the_graph_has_the_types_of_the_datasets_that_are_declared_and_no_others():
    datasets = [d for d in CATALOGUE if d.department in {"civil-affairs", "public-security"}]

    small = core_schema(build_schema(Catalogue(datasets)))

    assert "Population" in small.type_map
    assert "MedicalSettlement" not in small.type_map


def test_the_types_are_made_without_alerts_too():
    types = entities(Catalogue([CATALOGUE.by_name["population"]]))

    assert set(types) == {"Population", "Person", "Household", "Member"}


def test_no_argument_filters_or_sorts_by_a_sealed_field():
    sealed = {f.graphql_name for d in CATALOGUE for f in d.fields if f.sealed}
    # The log is searched by what its records state, which is no value of a person.
    of_the_log = {"accessLog", "accessFacets"}
    roots = fields_of("Query")
    arguments = {a for name in roots.keys() - of_the_log for a in roots[name].args}

    # Equality by tag, the one way to a person and to a commitment.
    assert sealed & arguments == {"nationalId", "code"}


def test_lists_come_in_pages_of_a_bounded_size():
    for name in ("warnings", "accessLog"):
        first = fields_of("Query")[name].args["first"]

        assert first.default_value == DEFAULT_PAGE <= MAX_PAGE
        assert str(MAX_PAGE) in first.description


def test_a_query_and_a_mutation_of_every_root_are_valid():
    document = parse("""
      query Ask($at: DateTime, $numbers: [String!]!) {
        person(nationalId: "x", knownAt: $at) { id household { members { relation } } }
        people(nationalIds: $numbers, asOf: "2026-01-01") { index status person { id } }
        household(id: "h") { region score { total dimensions { code points cap coverage } } }
        warnings(first: 5, bands: [RED, ORANGE], region: "690106") {
          edges { cursor node { band household { id } } } pageInfo { hasNextPage endCursor } }
        accessLog(department: "x") { edges { node { index at denied subjectCount } } }
      }
      mutation Decide($decision: RecognitionInput!) {
        recognise(input: $decision) { people messageIds }
      }
    """)

    assert validate(CORE, document) == []


def test_what_is_not_in_the_graph_does_not_validate():
    problems = validate(CORE, parse("{ person(nationalId: 1) { absent } }"))

    assert len(problems) == 2


def test_core_fields_are_of_the_general_class():
    assert {field.classification.value for field in CORE_FIELDS} == {"G"}


def test_the_printed_schema_is_made_once():
    assert printed() is printed()
