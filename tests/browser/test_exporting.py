"""An auditor saves a signed export, and a program that knows no hub verifies it."""

import subprocess
import sys
import tarfile

import pytest
from playwright.sync_api import expect

from hub.demo.installation import AUDITOR, OFFICER
from tests.browser.test_searching import check_for_everybody
from tests.support.installation import ROOT, hub_command

pytestmark = [pytest.mark.extra, pytest.mark.timeout(300)]


def test_an_export_is_saved_and_verified_without_the_hub(watched, home, tmp_path):
    page = watched.open("/log-export")
    assert page.locator("#begin").is_disabled()
    watched.sign_in(AUDITOR.id, "AUDIT")
    page.locator("#department").fill("civil-affairs")
    page.get_by_label("CSV").check()
    page.get_by_role("button", name="Export", exact=True).click()
    page.locator("#save").wait_for()
    check_for_everybody(watched)
    with page.expect_download() as saved:
        page.locator("#save").click()
    assert saved.value.suggested_filename == "audit-export.tar"
    archive = tmp_path / "audit-export.tar"
    saved.value.save_as(archive)
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    (tmp_path / "log.vkey").write_text(hub_command("audit", "key", "--home", home).stdout)

    done = subprocess.run(
        [sys.executable, "-m", "audit", "verify-export", tmp_path / "audit-export",
         "--vkey", tmp_path / "log.vkey"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert list((tmp_path / "audit-export").rglob("*.csv"))


def test_what_is_wrong_is_said_and_nothing_is_sent(watched):
    page = watched.open("/log-export")
    watched.sign_in(AUDITOR.id, "AUDIT")
    page.locator("#since").fill("2026-03-02")
    page.locator("#until").fill("2026-03-01")
    sent = len(watched.requests)
    page.get_by_role("button", name="Export", exact=True).click()
    watched.settle()
    assert page.locator("#until").evaluate("each => each.validationMessage")
    assert len(watched.requests) == sent

    page.locator("#until").fill("2026-03-02")
    page.get_by_role("button", name="Export", exact=True).click()
    page.locator("#save").wait_for()


def test_who_is_no_auditor_is_refused(watched):
    page = watched.open("/log-export")
    watched.sign_in(OFFICER.id, "WARN")
    page.get_by_role("button", name="Export", exact=True).click()

    expect(page.locator("#errors")).to_contain_text("NOT_GRANTED")
    assert page.locator("#done").inner_text() == ""
    watched.problems = [each for each in watched.problems if "403" not in each]
