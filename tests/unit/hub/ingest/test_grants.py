"""The scorer's profile loads only with fields that the policy grants it."""

from datetime import date

import pytest

from hub.access.policy import default_policy_text, load_policy
from hub.ingest.grants import catalogue_check
from schema.catalogue import Catalogue
from scoring.profile import InputStatus, packaged_profile

TODAY = date(2026, 11, 23)
CATALOGUE = Catalogue.discover()


def check_on(today, text=None):
    return catalogue_check(CATALOGUE, load_policy(text or default_policy_text(), CATALOGUE), today)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Population.birthDate", InputStatus.GRANTED),
        ("Household.region", InputStatus.GRANTED),
        ("Population.phone", InputStatus.NOT_GRANTED),
        ("Custody.releasedOn", InputStatus.UNDECLARED),
    ],
)
def test_a_field_is_granted_by_the_policy_alone(path, status):
    assert check_on(TODAY)(path) is status


def test_the_packaged_profile_loads_under_the_default_policy():
    profile = packaged_profile(TODAY, check_on(TODAY))

    assert "Population.birthDate" in profile.fields_read
    assert "Custody.releasedOn" not in profile.fields_read


def test_when_the_grants_have_run_out_nothing_is_read_and_everything_is_named():
    profile = packaged_profile(TODAY, check_on(date(2099, 1, 1)))

    assert profile.fields_read == ()
    assert "Population.birthDate" in profile.not_granted
