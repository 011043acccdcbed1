"""Text can be read: enough contrast, light and dark, and no page is wider than a phone."""

import pytest

from hub.demo.installation import AUDITOR, OFFICER
from hub.http.console.files import PAGES
from tests.support.browser import Watched

pytestmark = [pytest.mark.extra, pytest.mark.timeout(300)]
CLIENTS = {
    "/access-log": (AUDITOR.id, "AUDIT"),
    "/agreements": (AUDITOR.id, "AUDIT"),
}
POOR = """() => {
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
    const both = [light(parse(getComputedStyle(el).color)), light(ground(el))];
    const ratio = (Math.max(...both) + .05) / (Math.min(...both) + .05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${text.slice(0, 40)}`);
  }
  return poor;
}"""
"""Texts with less contrast than WCAG 2.2, 1.4.3 asks for (level AA)."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.name)
def test_every_text_has_enough_contrast(browser, hub, page, scheme):
    context = browser.new_context(locale="en-GB", color_scheme=scheme)
    watched = Watched(context.new_page(), hub)
    watched.open(page.path)
    watched.sign_in(*CLIENTS.get(page.path, (OFFICER.id, "WARN")))

    poor = watched.page.evaluate(POOR)

    context.close()
    assert poor == []


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.name)
def test_a_page_fits_a_narrow_screen(browser, hub, page):
    context = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 800})
    watched = Watched(context.new_page(), hub)
    watched.open(page.path)
    watched.sign_in(*CLIENTS.get(page.path, (OFFICER.id, "WARN")))

    width = watched.page.evaluate("document.documentElement.scrollWidth")

    context.close()
    assert width <= 390
