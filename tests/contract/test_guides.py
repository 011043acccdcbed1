"""What the guides name of the code is there: files, symbols, commands, settings, numbers."""

import hashlib
import importlib
import re
import subprocess
import tomllib
from functools import cache

import pytest
import typer.main
from graphql import parse, validate

from audit.entry import CODE_BY_KIND, commitment
from hub.access import Purpose, Reason, default_policy_text, load_policy
from hub.cli import application
from hub.query.ways import PROVENANCE
from hub.settings import Settings
from schema.catalogue import Catalogue
from schema.graph import build_schema, core_schema
from tests.support.golden import ROOT, assert_same, is_rewriting

DOCS = ROOT / "docs"
GUIDES = (
    "tour.md",
    "queries.md",
    "operations.md",
    "access.md",
    "sharing.md",
    "tokens.md",
    "audit.md",
    "citizens.md",
    "outbound.md",
    "receiving.md",
    "console.md",
    "credit.md",
    "households.md",
    "scoring.md",
    "casework.md",
    "tutorial.md",
)
EVERY_GUIDE = pytest.mark.parametrize("guide", GUIDES)
PLACE = re.compile(r"(?:[\w.-]+/)+[\w.-]*(?:\.(?:py|toml|yaml|graphql|md))?")
OURS = ("hub/", "schema/", "connectors/", "audit/", "scoring/", "openapi/", "tests/", "docs/")


def text_of(guide):
    return (DOCS / guide).read_text(encoding="utf-8")


def blocks(guide, language):
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(guide), re.DOTALL | re.MULTILINE)


def spans(guide):
    """Return what stands between single backticks, outside fenced blocks."""
    prose = re.sub(r"^```.*?^```$", "", text_of(guide), flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"`([^`\n]+)`", prose)


def places(guide):
    """Return the (path, symbol or nothing) pairs of a guide; a label of a tag is no path."""
    named = [span.partition(":") for span in spans(guide) if span.startswith(OURS)]
    return [(path, symbol) for path, _, symbol in named if not re.search(r"<|/v\d+$", path)]


@EVERY_GUIDE
def test_every_file_that_a_guide_names_is_there(guide):
    named = places(guide)

    assert named
    assert [path for path, _ in named if not PLACE.fullmatch(path)] == []
    assert [path for path, _ in named if not (ROOT / path).exists()] == []


@EVERY_GUIDE
def test_every_symbol_that_a_guide_names_is_in_its_file(guide):
    for path, symbol in places(guide):
        found = importlib.import_module(path.removesuffix(".py").replace("/", ".")) if symbol else 0
        for part in filter(None, symbol.split(".")):
            assert hasattr(found, part), f"{path}:{symbol}"
            found = getattr(found, part)


@cache
def commands():
    """Return the options of every command, by its words."""
    root = typer.main.get_command(application())
    return dict(_named(root, ()))


def _named(group, words):
    for name, each in getattr(group, "commands", {}).items():
        yield " ".join((*words, name)), {option for one in each.params for option in one.opts}
        yield from _named(each, (*words, name))


@pytest.mark.parametrize(
    "guide",
    sorted(set(GUIDES) - {"tour.md", "queries.md", "credit.md", "households.md", "casework.md"}),
)
def test_every_command_that_a_guide_shows_is_one_with_those_options(guide):
    shown = [span for span in spans(guide) if span.startswith("hub ")]
    for block in blocks(guide, "sh"):
        shown += re.findall(r"(?:^|\$\()(hub [^#\n>]*)", block, re.MULTILINE)

    assert shown
    for line in shown:
        _, first, *rest = line.split()
        words = first
        for word in rest:
            if f"{words} {word}" not in commands():
                break
            words += f" {word}"
        assert words in commands(), line
        assert {word for word in rest if word.startswith("--")} <= commands()[words], line


@EVERY_GUIDE
def test_every_setting_that_a_guide_names_is_one(guide):
    named = set(re.findall(r"\bHUB_([A-Z_]+)\b", text_of(guide)))

    assert {name.lower() for name in named} <= set(Settings.model_fields)


@EVERY_GUIDE
def test_every_block_of_a_guide_is_well_formed(guide):
    for block in blocks(guide, "sh"):
        subprocess.run(["bash", "-n"], input=block, text=True, check=True)
    for block in blocks(guide, "python"):
        compile(block, guide, "exec")
    for block in blocks(guide, "toml"):
        tomllib.loads(block)
    for block in blocks(guide, "graphql"):
        assert not validate(core_schema(build_schema(Catalogue.discover())), parse(block))


def entitlements():
    """Return the packaged policy as a table, a row for each department's fields."""
    catalogue = Catalogue.discover()
    lines = ["| who, for what | whose rows | fields of | fields |", "|---|---|---|---|"]
    for rule in load_policy(default_policy_text(), catalogue).rules:
        who = f"{rule.department}, {rule.role}: `{rule.purpose}`"
        who += ", with a case" if rule.case_required else ""
        rows = ", ".join(rule.regions) or "nobody's"
        for source in dict.fromkeys(grant.source for grant in rule.grants):
            fields = [grant.path for grant in rule.grants if grant.source == source]
            by_type = {path.partition(".")[0]: [] for path in fields}
            for path in fields:
                by_type[path.partition(".")[0]].append(path.partition(".")[2])
            told = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in by_type.items())
            lines.append(f"| {who} | {rows} | {source} | {told} |")
            who = rows = ""
    return "\n".join(lines)


def test_the_table_of_entitlements_is_the_packaged_policy():
    text = text_of("access.md")
    before, mark, rest = text.partition("by `make golden` -->\n")
    _, end, after = rest.partition("<!-- end -->\n")
    assert mark
    assert end

    made = f"{before}{mark}{entitlements()}\n{end}{after}"
    assert_same(DOCS / "access.md", made)
    assert is_rewriting() or made == text


def test_the_example_of_a_policy_is_a_policy():
    example = next(block for block in blocks("access.md", "toml") if "[[entitlement]]" in block)

    load_policy(example, Catalogue.discover())


def test_every_purpose_reason_and_field_of_provenance_is_told():
    told = set(spans("access.md"))

    assert {*Purpose, *Reason, *PROVENANCE, "provider"} <= told


def test_the_kinds_of_entries_and_their_bytes_are_those_of_the_log():
    rows = re.findall(r"^\| `([a-z]+)` \| (\d+) \|", text_of("audit.md"), re.MULTILINE)

    assert [(kind, int(code)) for kind, code in rows] == list(CODE_BY_KIND.items())


def test_the_example_of_a_commitment_is_what_its_tables_say():
    example = blocks("audit.md", "")[0]
    secret = bytes.fromhex(re.search(r"secret +([0-9a-f]+)", example)[1])
    record = re.search(r"record +(\{.*\})", example)[1].encode()
    kind = int(re.search(r"kind +(\d+)", example)[1])
    stated = bytes.fromhex("".join(example.partition("commitment")[2].split()))
    subjects = [bytes([byte]) * 32 + (7).to_bytes(4, "big") for byte in (0xAA, 0xBB)]

    def digest(*parts):
        return hashlib.sha256(b"".join(parts)).digest()

    salts = hashlib.shake_256(b"hub-audit/subject-salts/v1\0" + secret).digest(32)
    leaves = [digest(b"\0", salts[16 * n : 16 * n + 16], s) for n, s in enumerate(subjects)]
    body = (
        b"hub-audit/v1\0",
        digest(b"hub-audit/salt\0", secret)[:16],
        digest(record),
        digest(b"\1", *leaves),
        (2).to_bytes(8, "big"),
    )
    assert stated == bytes([1, kind]) + digest(*body)
    assert stated == commitment(kind, secret, record, b"".join(subjects))
