from datetime import date
from importlib import resources

import pytest

from schema.codes import FAMILY_NEED, SERVICE
from scoring.alert_life import Cause
from scoring.needs import ServiceMapError, load_services, packaged_services

TODAY = date(2026, 11, 26)
TEXT = (resources.files("scoring.parameters") / "services_2026_07.toml").read_text("utf-8")


def test_each_need_is_answered_and_each_service_has_its_reference():
    services = packaged_services(TODAY).document.services

    assert {service.need for service in services} == {code.value for code in FAMILY_NEED.codes}
    assert {service.code for service in services} == {code.value for code in SERVICE.codes}
    assert all(service.reference for service in services)


def test_needs_lead_to_their_services_in_the_order_of_the_map():
    found = packaged_services(TODAY).services_for(["study", "money"])

    assert [service.code for service in found] == [
        "dibao-application",
        "temporary-assistance",
        "medical-assistance",
        "supplementary-insurance",
        "volunteer-tutoring",
        "student-aid",
    ]
    assert packaged_services(TODAY).services_for([]) == ()


def test_a_service_is_offered_for_its_own_need_only():
    services = packaged_services(TODAY)

    assert services.offer("study", "student-aid").receiver == "education"
    assert services.offer("money", "student-aid") is None


@pytest.mark.parametrize("cause", Cause)
def test_each_cause_suggests_needs_that_services_answer(cause):
    services = packaged_services(TODAY)

    assert services.services_for(services.suggested(cause))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (TEXT.replace('need = "mind"', 'need = "soul"'), "soul: no such need"),
        (TEXT.replace('need = "mind"', 'need = "care"'), "mind: no service answers it"),
        (TEXT.replace('code = "visiting"', 'code = "singing"'), "singing: no such service"),
        (TEXT.replace('code = "visiting"', 'code = "care-service"'), "care-service answers care"),
        (TEXT.replace('debt = ["money", "mind"]', "debt = []"), "debt: suggests no need"),
        (TEXT.replace('debt = ["money", "mind"]', ""), "debt: suggests no need"),
        (TEXT.replace('receiver = "education"', 'office = "education"'), "unknown field"),
    ],
)
def test_a_map_that_contradicts_itself_does_not_load(text, fault):
    with pytest.raises(ServiceMapError, match=fault):
        load_services(text)


def test_before_its_first_day_no_map_is_in_force():
    with pytest.raises(ServiceMapError, match="2026-06-30"):
        packaged_services(date(2026, 6, 30))
