"""Pages are whole, bilingual, without anything inline, and forbid themselves every other origin."""

import re
from html.parser import HTMLParser
from importlib import resources

import pytest

from hub.http.console.files import HEADERS, PAGES
from tests.support.edge import new_edge

STATIC = resources.files("hub.http.console") / "static"
SCRIPTS = sorted(each.name for each in STATIC.iterdir() if each.name.endswith(".js"))
POLICY = dict(HEADERS)["content-security-policy"]


class Seen(HTMLParser):
    """Collects what a test asks of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.labelled = [], [], set()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "label" and "for" in attributes:
            self.labelled.add(attributes["for"])


@pytest.fixture
def http(tmp_path):
    return new_edge(tmp_path).http


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request, http):
    reply = http.get(request.param.path)
    seen = Seen()
    seen.feed(reply.text)
    return request.param, reply, seen


def test_a_page_is_sent_with_headers_that_forbid_every_other_origin(page):
    _, reply, _ = page

    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    for name, value in HEADERS:
        assert reply.headers[name] == value
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"] == "no-cache"


def test_the_policy_allows_nothing_but_this_origin_and_nothing_inline():
    directives = dict(part.split(maxsplit=1) for part in POLICY.split("; "))

    assert directives["default-src"] == "'none'"
    allowed = {value for name, value in directives.items() if name != "require-trusted-types-for"}
    assert allowed == {"'none'", "'self'"}
    assert "unsafe" not in POLICY
    assert directives["require-trusted-types-for"] == "'script'"


def test_a_page_has_no_inline_script_style_or_handler_and_names_no_other_origin(page):
    _, reply, seen = page

    for tag, attributes in seen.tags:
        assert tag != "style"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in ("src", "href"):
            assert attributes.get(name, "/").startswith(("/", "#"))
        assert tag != "script" or "src" in attributes
    assert "://" not in reply.text
    assert "{{" not in reply.text


def test_what_a_page_loads_is_there(page, http):
    _, _, seen = page
    loads = [a["src"] for tag, a in seen.tags if tag == "script"]
    loads += [a["href"] for tag, a in seen.tags if tag == "link"]

    assert len(loads) == 3
    for path in loads:
        assert http.get(path).status_code == 200


def test_a_page_marks_itself_in_the_navigation_and_only_itself(page):
    wanted, _, seen = page

    current = [a["href"] for tag, a in seen.tags if tag == "a" and "aria-current" in a]

    assert current == [wanted.path]
    links = {a.get("href") for tag, a in seen.tags if tag == "a"}
    assert {each.path for each in PAGES} <= links


def test_every_input_has_a_label_and_every_id_is_given_once(page):
    _, _, seen = page

    inputs = [a["id"] for tag, a in seen.tags if tag in {"input", "select", "textarea"}]
    assert set(inputs) <= seen.labelled
    assert len(set(seen.ids)) == len(seen.ids)


def test_every_text_of_a_page_is_there_in_chinese_and_in_english(page):
    _, _, seen = page

    spans = [a.get("lang") for tag, a in seen.tags if tag == "span" and a.get("lang")]
    assert spans.count("zh-CN") == spans.count("en") > 10


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_parses_no_markup_asks_no_other_origin_and_keeps_no_token_beyond_the_tab(name):
    text = (STATIC / name).read_text("utf-8")

    for banned in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert banned not in text
    assert "localStorage" not in text
    assert "document.cookie" not in text
    assert not re.search(r"https?://", text)
    imports = re.findall(r'from "(.*?)"', text)
    assert all(each.startswith("./") and (STATIC / each[2:]).is_file() for each in imports)


@pytest.mark.parametrize("name", ["shell.html", "home.html", "..%2Ffiles.py", "files.py", "x"])
def test_only_styles_scripts_and_pictures_are_assets(http, name):
    assert http.get(f"/console/static/{name}").status_code == 404
