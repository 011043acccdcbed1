import itertools
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from schema import coarse
from schema.catalogue import (
    CORE_FIELDS,
    RESERVED,
    RESERVED_GROUPS,
    Catalogue,
    CatalogueError,
    Classification,
    CoreField,
    Dataset,
    Field,
    Grain,
    Kind,
    Meaning,
    Sharing,
    Subject,
)
from schema.codes import SEX

G, S, X = Classification


def a_field(name="amount", kind=Kind.TEXT, classification=G, **more):
    return Field(name, "某项", "something", kind, classification, **more)


def a_dataset(*fields, name="thing", type_name="Thing", subject=Subject.PERSON, **more):
    return Dataset(
        name=name,
        type_name=type_name,
        department="public-security",
        zh="某事",
        en="something",
        subject=subject,
        many=True,
        fields=fields or (a_field(),),
        refresh="daily",
        legal_basis="社会救助法 第41条",
        **more,
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ([a_field(), a_field()], "thing: two fields have one name"),
        ([a_field("a_b"), a_field("aB")], "thing: two fields have one name"),
        ([a_field(kind=Kind.CODE)], r"thing\.amount: a code needs a code list"),
        ([a_field(codes=SEX)], r"thing\.amount: a code needs a code list"),
        ([a_field(kind=Kind.STRUCTURE)], r"thing\.amount: a structure names its GraphQL type"),
        ([a_field(structure="ScoreReason")], r"thing\.amount: a structure names"),
        ([a_field(seal_group="who")], r"thing\.amount: a seal group is for sealed fields"),
        ([a_field(classification=S)], r"thing\.amount: class S is always sealed"),
        ([a_field(classification=X)], r"thing\.amount: class X is always sealed"),
        (
            [a_field("who", sealed=True), a_field("name", sealed=True, seal_group="who")],
            r"thing\.who: a seal group has the field's name",
        ),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused_by_name(fields, message):
    with pytest.raises(CatalogueError, match=message):
        a_dataset(*fields)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_no_field_takes_a_name_that_every_record_has(name):
    with pytest.raises(CatalogueError, match=name):
        a_dataset(a_field(name))


@pytest.mark.parametrize("group", sorted(RESERVED_GROUPS))
def test_no_group_is_sealed_as_what_ingest_seals_of_every_record(group):
    with pytest.raises(CatalogueError, match="the hub's own"):
        a_dataset(a_field(group, sealed=True))
    with pytest.raises(CatalogueError, match="the hub's own"):
        a_dataset(a_field(sealed=True, seal_group=group))


@pytest.mark.parametrize(
    "other",
    [
        {"type_name": "Other", "plural": "others"},
        {"name": "other"},
        {"name": "other", "type_name": "Other", "plural": "thing"},
    ],
    ids=["name", "type", "way"],
)
def test_two_datasets_share_no_name_no_type_and_no_way_to_them(other):
    with pytest.raises(CatalogueError, match="two datasets share"):
        Catalogue([a_dataset(), a_dataset(**other)])


def test_a_person_and_a_household_may_each_have_a_way_of_one_name():
    about_person = a_dataset(plural="things")
    about_household = a_dataset(
        name="other", type_name="Other", subject=Subject.HOUSEHOLD, plural="things"
    )

    catalogue = Catalogue([about_person, about_household])

    assert catalogue.of(Subject.PERSON) == (about_person,)
    assert catalogue.of(Subject.HOUSEHOLD) == (about_household,)


@pytest.mark.parametrize("type_name", ["Person", "Household", "Member", "AccessEntry", "Query"])
def test_no_dataset_takes_the_name_of_a_type_of_the_graph(type_name):
    with pytest.raises(CatalogueError, match="thing: its type or GraphQL field is the graph's own"):
        Catalogue([a_dataset(type_name=type_name)])


@pytest.mark.parametrize(
    ("subject", "plural"),
    [
        (Subject.PERSON, "id"),
        (Subject.PERSON, "household"),
        (Subject.HOUSEHOLD, "members"),
        (Subject.HOUSEHOLD, "region"),
    ],
)
def test_no_dataset_takes_the_place_of_a_field_of_the_graph(subject, plural):
    with pytest.raises(CatalogueError, match="is the graph's own"):
        Catalogue([a_dataset(subject=subject, plural=plural)])


def test_names_in_graphql_are_camel_case():
    dataset = a_dataset(a_field("self_paid_cents"), name="medical_thing", plural=None)

    assert dataset.fields[0].graphql_name == "selfPaidCents"
    assert dataset.navigation == "medicalThing"
    assert a_dataset(plural="medical_things").navigation == "medicalThings"


def test_fields_of_a_seal_group_are_sealed_together_in_their_declared_order():
    name = a_field("name", sealed=True, seal_group="who")
    phone = a_field("phone", sealed=True)
    born = a_field("born", Kind.DATE, sealed=True, seal_group="who")
    open_field = a_field("status")

    dataset = a_dataset(name, phone, open_field, born)

    assert dict(dataset.groups) == {"who": (name, born), "phone": (phone,)}
    assert dataset.clear == (open_field,)
    assert (name.group, phone.group, open_field.group) == ("who", "phone", None)


def test_a_seal_group_may_have_the_name_of_a_field_that_is_in_it():
    fields = a_field("who", sealed=True, seal_group="who"), a_field("name", sealed=True)

    assert set(a_dataset(*fields).groups) == {"who", "name"}


def test_a_field_is_found_by_name_and_by_what_it_means():
    number = a_field("number", meaning=Meaning.CITIZEN_NUMBER)
    dataset = a_dataset(a_field(), number)

    assert dataset.field_named("number") is number
    assert dataset.with_meaning(Meaning.CITIZEN_NUMBER) is number
    assert dataset.with_meaning(Meaning.NAME) is None
    with pytest.raises(KeyError):
        dataset.field_named("absent")


def test_deriving_fills_every_field_and_computes_the_coarse_forms():
    dataset = a_dataset(
        a_field("birth_year", Kind.INTEGER, derived=coarse.birth_year),
        a_field("birth_date", Kind.DATE),
        a_field("phone"),
    )

    assert dataset.derive({"birth_date": date(1979, 3, 15), "unknown": "x"}) == {
        "birth_year": 1979,
        "birth_date": date(1979, 3, 15),
        "phone": None,
    }


def test_a_coarse_form_is_computed_and_never_taken_from_the_record():
    dataset = a_dataset(
        a_field("birth_date", Kind.DATE),
        a_field("birth_year", Kind.INTEGER, derived=coarse.birth_year),
    )

    assert dataset.derive({"birth_year": 1900})["birth_year"] is None


def test_a_coarse_form_sees_the_declared_fields_only():
    dataset = a_dataset(a_field("birth_year", Kind.INTEGER, derived=coarse.birth_year))

    assert dataset.derive({"birth_date": date(1979, 3, 15)}) == {"birth_year": None}


def test_the_catalogue_goes_by_name_whatever_the_order_of_declaration():
    made = [a_dataset(name=n, type_name=n.upper()) for n in "bca"]

    orders = [Catalogue(order) for order in itertools.permutations(made)]

    assert {tuple(d.name for d in catalogue) for catalogue in orders} == {("a", "b", "c")}
    assert {catalogue.paths for catalogue in orders} == {orders[0].paths}


def test_a_path_leads_to_a_field_of_a_dataset_or_of_the_graph_or_nowhere():
    dataset = a_dataset(a_field("self_paid_cents"))
    catalogue = Catalogue([dataset])

    assert catalogue.field("Thing.selfPaidCents") == (dataset, dataset.fields[0])
    assert isinstance(catalogue.field("Household.members"), CoreField)
    assert catalogue.field("Thing.self_paid_cents") is None
    assert catalogue.paths == tuple(
        sorted(["Thing.selfPaidCents", *(core.path for core in CORE_FIELDS)])
    )


def test_discovery_finds_the_departments_that_nobody_lists():
    departments = {dataset.department for dataset in Catalogue.discover()}

    assert {"public-security", "medical-insurance", "disabled-federation"} <= departments


DECLARES = """
from schema.catalogue import Classification, Dataset, Field, Kind, Subject
DATASETS = (
    Dataset(
        name="vessel", type_name="Vessel", department="harbour", zh="船舶", en="vessel",
        subject=Subject.PERSON, many=True, refresh="daily", legal_basis="社会救助法 第41条",
        fields=(Field("tons", "吨位", "tons", Kind.INTEGER, Classification.GENERAL),),
    ),
)
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that makes an importable package from the text of its modules."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def make(name, **modules):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        for module, text in modules.items():
            (tmp_path / name / f"{module}.py").write_text(text)
        return name

    yield make
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_package_of_the_operator_adds_its_datasets(package):
    catalogue = Catalogue.discover(("schema.datasets", package("harbour_datasets", sea=DECLARES)))

    assert "vessel" in catalogue.by_name
    assert "population" in catalogue.by_name
    assert catalogue.field("Vessel.tons") is not None


def test_a_module_without_datasets_is_refused_by_name(package):
    with pytest.raises(CatalogueError, match=r"empty_datasets\.sea declares no DATASETS"):
        Catalogue.discover((package("empty_datasets", sea="VESSELS = ()"),))


def test_one_package_given_twice_is_a_clash(package):
    twice = (package("double_datasets", sea=DECLARES),) * 2

    with pytest.raises(CatalogueError, match="two datasets share"):
        Catalogue.discover(twice)


@pytest.mark.parametrize("name", ["no_such_package", "schema.no_such_package"])
def test_a_package_that_is_not_there_is_refused_by_name(name):
    with pytest.raises(CatalogueError, match=f"{name} cannot be imported"):
        Catalogue.discover((name,))


def test_a_module_is_no_package_of_declarations():
    with pytest.raises(CatalogueError, match=r"schema\.ids is a module, not a package"):
        Catalogue.discover(("schema.ids",))


def test_a_module_that_does_not_import_is_refused_by_name(package):
    name = package("broken_datasets", sea="import no_such_library")

    with pytest.raises(CatalogueError, match=r"broken_datasets\.sea cannot be imported"):
        Catalogue.discover((name,))


DECLARED = [(d, f) for d in Catalogue.discover() for f in d.fields]


@pytest.mark.parametrize(
    ("dataset", "field"), DECLARED, ids=[f"{d.name}.{f.name}" for d, f in DECLARED]
)
def test_a_declared_field_identifies_or_is_sensitive_only_under_seal(dataset, field):
    identifying = {Meaning.CITIZEN_NUMBER, Meaning.NAME, Meaning.BIRTH_DATE}
    identifying |= {Meaning.HOUSEHOLD_NUMBER}
    telling = ("number", "phone", "address", "account", "birth")

    if field.classification is not G or field.meaning in identifying:
        assert field.sealed
    if any(word in field.name for word in telling):
        assert field.sealed


@pytest.mark.parametrize("dataset", Catalogue.discover().datasets, ids=lambda d: d.name)
def test_every_dataset_says_by_which_law_and_how_often(dataset):
    assert "法" in dataset.legal_basis or "条例" in dataset.legal_basis
    assert dataset.refresh
    assert dataset.sharing in Sharing


def test_a_coarse_form_is_never_sealed_together_with_what_it_coarsens():
    for dataset in Catalogue.discover():
        for field in dataset.fields:
            if field.derived is not None and field.group is not None:
                assert dataset.groups[field.group] == (field,)


def test_a_time_by_month_is_the_first_moment_of_its_month_in_utc():
    beijing = timezone(timedelta(hours=8))
    month = datetime(2026, 10, 1, tzinfo=UTC)

    assert Grain.MONTH.of(datetime(2026, 10, 20, 3, 5, 7, 9, tzinfo=UTC)) == month
    assert Grain.MONTH.of(datetime(2026, 11, 1, 7, 59, tzinfo=beijing)) == month
    assert Grain.MONTH.of(month) == month
    assert Grain.EXACT.of(datetime(2026, 10, 20, 3, 5, tzinfo=beijing)).hour == 3


def test_records_whose_time_of_change_tells_a_sealed_day_tell_its_month_only():
    seals_a_day = {
        d.name
        for d in Catalogue.discover().stored
        if not d.internal and any(f.kind is Kind.DATE and f.sealed for f in d.fields)
    }
    by_month = {d.name for d in Catalogue.discover() if d.source_time_grain is Grain.MONTH}

    assert seals_a_day - by_month == {"population"}  # told by the register at each change of life


def restricted(name, *, many=False, department="health"):
    return Dataset(
        name=name,
        type_name=name.capitalize(),
        department=department,
        zh="测试",
        en="test",
        subject=Subject.PERSON,
        many=many,
        refresh="daily",
        legal_basis="test",
        fields=(Field(f"{name}_flag", "测试", "test", Kind.FLAG, X, sealed=True),),
    )


def test_restricted_fields_are_one_row_a_person():
    with pytest.raises(CatalogueError, match="one row a person"):
        Catalogue([restricted("one", many=True)])


def test_a_department_holds_its_restricted_fields_in_one_dataset():
    Catalogue([restricted("one"), restricted("two", department="justice")])

    with pytest.raises(CatalogueError, match="in one dataset"):
        Catalogue([restricted("one"), restricted("two")])


def test_what_is_never_stored_is_declared_all_the_same():
    live = replace(Catalogue.discover().by_name["bank_deposit"], stored=False)
    catalogue = Catalogue([live])

    assert live not in catalogue.stored
    assert catalogue.field("BankDeposit.amountCents") is not None


def test_only_the_person_whose_record_it_is_can_open_it():
    catalogue = Catalogue.discover()

    assert catalogue.by_name["bank_deposit"].consents_for_itself
    assert not catalogue.by_name["supporter"].consents_for_itself
    assert not catalogue.by_name["alert"].consents_for_itself
