"""What a page must be for people who do not see it, or use no mouse: looked up in a browser.

The checks are our own, after WCAG 2.2 level AA; each returns texts that say what is wrong where.
"""

from typing import Final

from tests.support.browser import Watched

_COMMON: Final = """
const inView = each => each.checkVisibility({checkVisibilityCSS: true});
const shown = each => `${each.tagName.toLowerCase()}${each.id ? "#" + each.id : ""} `
  + each.outerHTML.slice(0, 90);
const found = [];
"""
STRUCTURE: Final = (
    "() => {"
    + _COMMON
    + """
  const tell = (what, each) => found.push(`${what}: ${shown(each)}`);
  const textOf = each => {
    if (each.labels?.length) return [...each.labels].map(label => label.innerText).join(" ");
    return each.innerText ?? "";
  };
  const nameOf = each => (each.getAttribute("aria-label")
    ?? (each.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean)
      .map(id => document.getElementById(id)?.innerText ?? "").join(" ")).trim()
    || textOf(each).trim() || (each.querySelector?.("img[alt]")?.alt ?? "");
  const controls = "a[href], button, input, select, textarea, summary, [tabindex='0'],"
    + " [role=region]";
  for (const each of document.querySelectorAll(controls)) {
    if (inView(each) && !nameOf(each)) tell("4.1.2 no name", each);
  }
  for (const each of document.querySelectorAll("img")) {
    if (!each.hasAttribute("alt")) tell("1.1.1 no alt", each);
  }
  for (const each of document.querySelectorAll("svg")) {
    const named = each.getAttribute("aria-hidden") === "true"
      || (each.getAttribute("role") === "img" && each.querySelector(":scope > title")?.textContent);
    if (inView(each) && !named) tell("1.1.1 a picture without a name", each);
  }
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(inView);
  if (headings.filter(each => each.tagName === "H1").length !== 1) found.push("1.3.1 not one h1");
  let level = 0;
  for (const each of headings) {
    const next = Number(each.tagName[1]);
    if (next > level + 1) tell(`1.3.1 heading after level ${level}`, each);
    if (!each.innerText.trim()) tell("1.3.1 empty heading", each);
    level = next;
  }
  const ids = [...document.querySelectorAll("[id]")].map(each => each.id);
  for (const id of new Set(ids.filter((each, at) => ids.indexOf(each) !== at))) {
    found.push(`4.1.1 the id ${id} stands twice`);
  }
  for (const name of ["aria-labelledby", "aria-describedby", "aria-controls", "for", "list"]) {
    for (const each of document.querySelectorAll(`[${name}]`)) {
      for (const id of each.getAttribute(name).split(" ")) {
        if (inView(each) && !document.getElementById(id)) tell(`1.3.1 ${name} names nothing`, each);
      }
    }
  }
  for (const table of document.querySelectorAll("table")) {
    if (!inView(table)) continue;
    const isNamed = table.caption?.innerText.trim() || table.getAttribute("aria-labelledby")
      || table.getAttribute("aria-label");
    if (!isNamed) tell("1.3.1 a table without a caption", table);
    if (!table.querySelector("thead th, tbody th")) tell("1.3.1 a table without headers", table);
    for (const head of table.querySelectorAll("th")) {
      if (!head.scope) tell("1.3.1 a header without scope", head);
    }
  }
  for (const kind of ["main", "header", "footer", "nav"]) {
    if (document.querySelectorAll(`body ${kind}`).length !== 1) found.push(`1.3.1 not one ${kind}`);
  }
  for (const list of document.querySelectorAll("ul, ol")) {
    for (const each of list.children) {
      if (!["LI", "SCRIPT", "TEMPLATE"].includes(each.tagName)) tell("1.3.1 not an item", each);
    }
  }
  for (const each of document.querySelectorAll("[tabindex]")) {
    if (Number(each.getAttribute("tabindex")) > 0) tell("2.4.3 tabindex", each);
  }
  for (const each of document.querySelectorAll("main *, nav *, header *")) {
    const style = getComputedStyle(each);
    if (style.order !== "0" || style.flexDirection.endsWith("reverse")) {
      tell("1.3.2 another order in view than in the page", each);
    }
    const mayBeCut = ["auto", "scroll"].includes(style.overflowX);
    const isCut = mayBeCut && each.scrollWidth > each.clientWidth;
    if (isCut && inView(each) && !["TEXTAREA", "INPUT", "SELECT"].includes(each.tagName)) {
      const reached = each.tabIndex >= 0 || each.querySelector("a[href], button, input, summary");
      if (!reached) tell("2.1.1 scrolls, and the keyboard does not reach it", each);
    }
  }
  for (const each of document.querySelectorAll("button, select, nav a, input[type=checkbox]")) {
    const {width, height} = each.getBoundingClientRect();
    const label = each.closest("label")?.getBoundingClientRect();
    if (inView(each) && Math.max(height, label?.height ?? 0) < 24 && width > 0) {
      tell("2.5.8 smaller than 24 pixels", each);
    }
  }
  return found;
}"""
)
"""What is wrong with names, pictures, headings, ids, tables, landmarks and order."""

LANGUAGES: Final = (
    "wanted => {"
    + _COMMON
    + """
  if (document.documentElement.lang !== wanted) found.push("3.1.1 lang of the page");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || !inView(parent) || parent.closest("script, .code, code, pre, option")) continue;
    const lang = parent.closest("[lang]").lang;
    const isChinese = /[\\u4e00-\\u9fff]/.test(text);
    if (isChinese && !lang.startsWith("zh")) found.push(`3.1.2 not marked Chinese: ${text}`);
    const isOther = lang !== wanted && !parent.closest(".both");
    if (isOther) found.push(`3.1.2 the other language: ${text}`);
  }
  for (const each of document.querySelectorAll("option, [aria-label]")) {
    const isOption = each.tagName === "OPTION";
    const text = isOption ? each.textContent : each.getAttribute("aria-label");
    const isChinese = /[\\u4e00-\\u9fff]/.test(text);
    if (isOption ? each.parentElement.tagName !== "SELECT" : !inView(each)) continue;
    if (isChinese && wanted === "en") found.push(`3.1.2 Chinese in an English name: ${text}`);
  }
  return found;
}"""
)
"""Texts that are not in the language that the page, or the part, is said to be in."""

CONTRAST: Final = """() => {
  const parse = text => {
    const parts = text.match(/[\\d.]+/g).map(Number);
    return parts.length < 4 ? [...parts, 1] : parts;
  };
  const linear = part => {
    const share = part / 255;
    return share <= .03928 ? share / 12.92 : ((share + .055) / 1.055) ** 2.4;
  };
  const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
  const ground = start => {
    for (let at = start; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const el = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || !el.checkVisibility() || el.closest(":disabled, script, .skip")) continue;
    const style = getComputedStyle(el);
    const ink = el.closest("svg") ? style.fill : style.color;
    const both = [light(parse(ink)), light(ground(el))];
    const ratio = (Math.max(...both) + .05) / (Math.min(...both) + .05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${text.slice(0, 40)}`);
  }
  return poor;
}"""
"""Texts with less contrast than WCAG 2.2, 1.4.3 asks for (level AA)."""

_STOPS: Final = """() => {
  window.stops ??= new Map([...document.querySelectorAll("*")].map((each, at) => [each, at]));
  const each = document.activeElement;
  if (each === document.body || each === document.documentElement) return null;
  const style = getComputedStyle(each);
  const box = each.getBoundingClientRect();
  return {
    at: window.stops.get(each) ?? -1, what: each.outerHTML.slice(0, 120),
    outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
    inView: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
  };
}"""
_START: Final = """() => {
  window.stops = undefined;
  scrollTo(0, 0);
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
}"""
_STAY: Final = 400


def keyboard_problems(watched: Watched) -> list[str]:
    """Walk through the page by Tab from its start; return what is wrong with the way.

    Each stop shows that it has the focus and is in view, stops come in the order of the page, none
    comes twice, and after the last one the page is left.
    """
    page = watched.page
    page.evaluate(_START)
    page.keyboard.press("Tab")
    found: list[str] = []
    last = -1
    for _ in range(_STAY):
        stop = page.evaluate(_STOPS)
        if stop is None:
            return found
        if not stop["outline"]:
            found.append(f"2.4.7 no visible focus: {stop['what']}")
        if not stop["inView"]:
            found.append(f"2.4.11 the focus is out of view: {stop['what']}")
        # A date has stops of its own for day, month and year.
        if stop["at"] < last or (stop["at"] == last and 'type="date' not in stop["what"]):
            found.append(f"2.4.3 out of order: {stop['what']}")
            return found
        last = stop["at"]
        page.keyboard.press("Tab")
    return [*found, "2.1.2 the keyboard does not get out"]


def page_problems(watched: Watched, language: str) -> list[str]:
    """Return what is wrong with structure, languages and contrast as the page is now."""
    page = watched.page
    found = [*page.evaluate(STRUCTURE), *page.evaluate(LANGUAGES, language)]
    return found + [f"1.4.3 {each}" for each in page.evaluate(CONTRAST)]
