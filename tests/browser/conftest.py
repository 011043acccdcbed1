"""A hub with a small made-up district, as `hub demo` runs it, and a Chromium that looks at it."""

import pytest

from hub.demo.district import Places
from hub.demo.walk import known_family
from tests.support.browser import Watched, chromium, running_browser
from tests.support.installation import DEMO_SERVING, hub_command, serving
from tests.support.postgres import temporary_home


def pytest_collection_modifyitems(items):
    """Skip what needs a browser where there is none, and say so."""
    if chromium() is None:
        reason = "no Chromium on this machine (apt-get install chromium)"
        for item in items:
            if "tests/browser" in str(item.path):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def home():
    """The home of a demonstration that came out as it must."""
    with temporary_home() as made:
        done = hub_command("demo", "--check", "--home", made, "--households", "300")
        assert done.returncode == 0, done.stdout + done.stderr
        yield made


@pytest.fixture(scope="session")
def number(home):
    """The citizen number of a person whom the hub knows."""
    return known_family(Places(home / "district").truth)


@pytest.fixture(scope="module")
def hub(home):
    """Address of the hub that the demonstration runs."""
    with serving(home, DEMO_SERVING) as served:
        yield served.address


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all."""
    with running_browser() as running:
        yield running


@pytest.fixture
def context(browser):
    """A fresh profile of somebody who reads English."""
    made = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    yield made
    made.close()


@pytest.fixture
def watched(context, hub):
    """A page that must stay within its origin and without an error, whatever a test does."""
    page = Watched(context.new_page(), hub)
    yield page
    assert page.foreign() == []
    assert page.problems == []
