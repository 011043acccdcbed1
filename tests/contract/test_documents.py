import re

import pytest

from hub.sealing.seals import aad_prefix, opener
from tests.support.golden import ROOT

DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))


def text_of(name):
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_example_of_a_sealed_value_opens_as_the_page_says():
    example = text_of("sealing.md").split("### Example")[1].split("```")[1]
    sealed = bytes.fromhex(re.sub(r"ciphertext|tag|\s", "", example))

    values = opener("public-security", "population", "who")(
        bytes(range(32)), (7).to_bytes(16, "big"), (9).to_bytes(16, "big"), sealed
    )

    assert values == ["某甲", "1", "1979-03-15"]


def test_the_page_names_every_label_of_a_tag():
    source = (ROOT / "hub" / "sealing" / "tags.py").read_text(encoding="utf-8")
    labels = re.findall(r'b"(hub/tag/[a-z/0-9]+)\\0"', source)

    assert len(labels) == 6
    assert all(f"`{label}`" in text_of("sealing.md") for label in labels)


def test_the_associated_data_has_the_parts_that_the_page_lists():
    assert aad_prefix("a", "bc", "d") == b"\x01\x01" + b"\x00\x01a" + b"\x00\x02bc" + b"\x00\x01d"


WORDS = (
    *("Department", "Purpose", "Grant", "Field", "Subject", "SourceRecord", "Record", "Fact"),
    *("Link", "Quarantine", "Plan", "Sealed", "Reveal", "Disclosure", "Receipt", "Entry"),
    *("Leaf", "Frontier", "Checkpoint", "Proof", "Indicator", "Score", "Reason", "Alert"),
)


@pytest.mark.parametrize("word", WORDS)
def test_the_glossary_has_each_word_once_with_its_chinese_term(word):
    rows = re.findall(rf"^\| {word} \| (.+?) \| .+ \| .+ \|$", text_of("glossary.md"), re.MULTILINE)

    assert len(rows) == 1
    assert re.search("[\u4e00-\u9fff]", rows[0])


@pytest.mark.parametrize("path", DECISIONS, ids=[path.stem for path in DECISIONS])
def test_a_decision_has_its_number_its_context_its_outcome_and_its_consequences(path):
    text = path.read_text(encoding="utf-8")

    assert text.startswith(f"# {path.stem[:4]} ")
    for part in ("Context", "Outcome", "Consequences"):
        assert text.count(f"**{part}.**") == 1


def test_no_two_decisions_have_one_number():
    numbers = [path.stem[:4] for path in DECISIONS]

    assert len(numbers) == len(set(numbers)) > 0


PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


@pytest.mark.parametrize("path", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_every_link_between_pages_leads_to_a_file(path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_the_readme_leads_to_every_page():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = {path for path in PAGES[1:] if path.parent != DOCS / "decisions"}

    assert [page for page in pages if f"({page.relative_to(ROOT)})" not in text] == []
    assert "(docs/decisions/)" in text
