"""docs/limits.md says the limits that are in the code."""

import re
from dataclasses import fields

from hub.http.body import BodyLimits
from hub.http.limits import MAX_FORM_BYTES, Limits
from hub.http.wire import MAX_HEAD_BYTES
from hub.query.bind import MAX_NUMBERS
from hub.query.commands import MAX_COMMANDS
from hub.query.levels import MAX_LEVELS
from hub.query.lists import MAX_VALUES
from hub.query.measure import DocumentLimits
from hub.query.representations import MAX_REPRESENTATIONS
from hub.settings import Settings
from tests.support.golden import ROOT

PAGE = (ROOT / "docs" / "limits.md").read_text("utf-8")


def test_every_limit_of_a_document_is_told_with_its_value():
    limits = DocumentLimits()
    named = {field.name: getattr(limits, field.name) for field in fields(limits)}
    assert "| `introspection` |" in PAGE
    named |= {"numbers": MAX_NUMBERS, "levels": MAX_LEVELS, "values": MAX_VALUES}
    named |= {"representations": MAX_REPRESENTATIONS, "commands": MAX_COMMANDS}
    for name, value in named.items():
        assert re.search(rf"^\| `{name}` \| [^|]*\b{value:,}\b[^|]* \|", PAGE, re.MULTILINE), name


def test_every_limit_of_the_wire_is_told_with_its_value():
    told = [line for line in PAGE.splitlines() if "`hub/http/" in line]
    body, limits = BodyLimits(), Limits()
    for value in (
        f"{MAX_HEAD_BYTES:,} bytes",
        f"{limits.max_body_bytes >> 20} MiB",
        f"{MAX_FORM_BYTES >> 10} KiB",
        f"{limits.body_timeout_s:g} s",
        f"{body.brackets:,}",
        f"{body.values:,}",
        f"{body.nesting}",
        f"{limits.max_waiting:,}",
        f"{limits.answer_timeout_s:g} s",
        f"{limits.statement_timeout_ms // 1000} s",
    ):
        assert any(f" {value} " in line for line in told), value


def test_the_settings_have_the_values_that_the_page_says():
    assert f"{Settings.model_fields['max_cost'].default:,} (setting `max_cost`)" in PAGE
    assert Settings.model_fields["max_depth"].default == DocumentLimits().depth
    assert Settings.model_fields["max_waiting"].default == Limits().max_waiting
