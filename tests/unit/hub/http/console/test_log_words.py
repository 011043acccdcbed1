"""What the pages call the log's codes: every kind, reason, role, type and facet has words."""

import re
from importlib import resources

from audit.entry import EntryKind
from audit.facets import Facet
from hub.access import Reason, default_policy_text, load_policy
from hub.query.words import KINDS
from schema.catalogue import CORE_FIELDS, Catalogue

TEXT = (resources.files("hub.http.console") / "static" / "log-words.js").read_text("utf-8")


def words(name):
    """Return the words that the script has of one facet."""
    start = re.search(rf"^(  {name}: |const {name} = )\{{\n", TEXT, re.MULTILINE).end()
    block = TEXT[start : start + re.search(r"^\s*\}", TEXT[start:], re.MULTILINE).start()]
    found = re.findall(r'"?([\w-]+)"?: \["(.*?)", "(.*?)"\]', block)
    return {code: (zh, en) for code, zh, en in found}


def test_kinds_of_entries_are_called_as_the_hub_calls_them():
    assert words("kind") == {kind.value: KINDS[kind] for kind in EntryKind}


def test_every_reason_and_every_role_has_words():
    policy = load_policy(default_policy_text(), Catalogue.discover())

    assert words("reason").keys() == {reason.value for reason in Reason}
    assert {rule.role for rule in policy.rules} <= words("role").keys()


def test_every_type_of_the_graph_has_words():
    assert words("TYPES").keys() == {field.type_name for field in CORE_FIELDS}


def test_every_facet_can_be_chosen():
    listed = re.findall(r'\["(\w+)", ', TEXT[: TEXT.index("const WORDS")])

    assert set(listed) == {facet.value for facet in Facet}
