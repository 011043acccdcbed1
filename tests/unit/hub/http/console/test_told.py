"""Pages are told what is declared, all of it and nothing beside it."""

from datetime import date

from hub.access import Entitlement, Purpose, Reason, Refusal
from hub.access.model import Denied, Grant, Reveal
from hub.http.console.told import (
    PURPOSES,
    highest_class,
    told_catalogue,
    told_entitlement,
    told_profile,
    told_purposes,
)
from schema.catalogue import Catalogue, Classification
from scoring.profile import InputStatus, packaged_profile

CATALOGUE = Catalogue.discover()


def test_every_dataset_and_grantable_field_is_told():
    told = told_catalogue(CATALOGUE)

    fields = [field["path"] for dataset in told["datasets"] for field in dataset["fields"]]
    graph = [field["path"] for field in told["graph"]]
    assert sorted(fields + graph) == list(CATALOGUE.paths)
    assert [dataset["name"] for dataset in told["datasets"]] == [d.name for d in CATALOGUE]


def test_every_department_of_the_declarations_is_told_by_name_in_both_languages():
    told = told_catalogue(CATALOGUE)["departments"]

    assert set(told) == {dataset.department for dataset in CATALOGUE}
    assert all(name["zh"] and name["en"] for name in told.values())


def test_a_field_is_told_with_its_class_and_whether_it_is_sealed():
    told = told_catalogue(CATALOGUE)

    by_path = {field["path"]: field for d in told["datasets"] for field in d["fields"]}
    for path, field in by_path.items():
        _, declared = CATALOGUE.field(path)
        assert (field["class"], field["sealed"]) == (declared.classification, declared.sealed)
        assert field["codes"] is None or field["codes"] in told["codeLists"]
    assert by_path["Population.nationalId"]["isNumber"]
    assert not by_path["Population.name"]["isNumber"]


def test_the_class_of_a_dataset_is_that_of_its_most_sensitive_field():
    told = {dataset["name"]: dataset["class"] for dataset in told_catalogue(CATALOGUE)["datasets"]}

    for dataset in CATALOGUE:
        classes = {field.classification for field in dataset.fields}
        expected = next(each for each in ("X", "S", "G") if each in classes)
        assert told[dataset.name] == expected == highest_class(dataset.fields)
    assert Classification.RESTRICTED in told.values()


def test_the_profile_is_told_with_each_indicator_and_trigger_of_the_day():
    profile = packaged_profile(date(2026, 7, 1), lambda _: InputStatus.GRANTED).document

    told = told_profile(profile)

    assert [each["code"] for each in told["indicators"]] == [i.code for i in profile.indicators]
    assert [each["code"] for each in told["triggers"]] == [t.code for t in profile.triggers]
    assert sum(each["cap"] for each in told["dimensions"]) == 100
    assert [each["band"] for each in told["bands"]] == ["yellow", "orange", "red"]


def test_every_purpose_has_a_name_in_both_languages():
    assert [each["code"] for each in told_purposes()] == list(PURPOSES)
    assert set(PURPOSES) == set(Purpose)
    assert all(each["zh"] and each["en"] for each in told_purposes())


def test_an_entitlement_is_told_as_what_is_granted_and_why_the_rest_is_not():
    grant = Grant(
        path="Alert.band",
        agreement="A",
        source="civil-affairs",
        legal_basis="law",
        consent=False,
        start=date(2026, 1, 1),
        end=date(2027, 1, 1),
    )
    decisions = {"Alert.band": Reveal(grant), "Alert.total": Denied(Reason.EXPIRED)}
    found = Entitlement("civil-affairs", "officer", "WARN", decisions, ("420106",), "d", "p")

    told = told_entitlement(found)

    assert told["fields"] == ["Alert.band"]
    assert told["denied"] == {"Alert.total": "EXPIRED"}
    assert told["regions"] == ["420106"]
    assert told["refusal"] is None


def test_a_caller_without_an_entitlement_is_told_the_reason_and_nothing_else():
    told = told_entitlement(Refusal(Reason.NO_ENTITLEMENT))

    assert told == {"refusal": "NO_ENTITLEMENT", "regions": [], "fields": [], "denied": {}}
