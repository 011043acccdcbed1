// Charts that the hub draws of numbers, with the same numbers as a table for people who do not see them.
// The picture is built anew here, element by element; whatever is not on these lists is left out.

import { both, count, el, fill, language, pictured, table } from "./hub.js";

const ELEMENTS = new Set(["svg", "title", "desc", "g", "rect", "line", "text"]);
const ATTRIBUTES = new Set(["class", "role", "viewBox", "fill", "stroke", "x", "y", "x1", "x2", "y1", "y2", "width", "height",
  "text-anchor", "font-size"]);
const NARROWEST = 240;
const WIDEST = 832;
const PAUSE_MS = 250;

function built(from) {
  if (!ELEMENTS.has(from.localName)) return null;
  const made = document.createElementNS(from.namespaceURI, from.localName);
  if (!(made instanceof SVGElement)) return null;
  for (const { name, value } of from.attributes) if (ATTRIBUTES.has(name)) made.setAttribute(name, value);
  for (const child of from.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) made.append(child.data);
    else if (child.nodeType === Node.ELEMENT_NODE) made.append(built(child) ?? "");
  }
  return made;
}

// A figure: `title`, `description` and each of `names` (value, part, usual) in both languages, and `bars`
// of {label, value, part, usual}, where a label is one text or both languages. Drawn once it is in the page.
export function chart({ title, description, head, names, bars }) {
  const place = el("div", { class: "both picture" });
  const keys = Object.keys(names);
  const figure = el("figure", {},
    el("figcaption", {}, ...both(...title)),
    el("p", { class: "legend small soft" }, keys.map((key) =>
      el("span", { class: "nowrap" }, el("span", { class: `swatch of-${key}`, "aria-hidden": "true" }), ...both(...names[key])))),
    place,
    el("details", {}, el("summary", {}, ...both("以表格查看", "As a table")),
      table(...title, [head, ...keys.map((key) => [...names[key], "number"])],
        bars.map((bar) => el("tr", {}, el("th", { scope: "row" }, worded(bar.label)),
          keys.map((key) => el("td", { class: "number" }, count(bar[key]))))))));

  let drawn = null; // language and width of the picture in view
  async function draw() {
    if (!place.isConnected) return;
    const [zhOrEn, width] = [language() === "zh" ? 0 : 1, Math.max(NARROWEST, Math.min(WIDEST, Math.floor(place.clientWidth)))];
    if (drawn === `${zhOrEn} ${width}`) return;
    drawn = `${zhOrEn} ${width}`;
    const mine = drawn;
    const picture = await pictured({
      title: title[zhOrEn], description: description[zhOrEn], language: zhOrEn === 0 ? "zh-CN" : "en", width,
      names: Object.fromEntries(keys.map((key) => [key, names[key][zhOrEn]])),
      bars: bars.map((bar) => ({ label: oneOf(bar.label, zhOrEn), ...Object.fromEntries(keys.map((key) => [key, bar[key]])) })),
    });
    if (mine !== drawn) return;
    place.lang = zhOrEn === 0 ? "zh-CN" : "en";
    const made = picture === null ? null : built(picture.documentElement);
    fill(place, made ?? el("p", { class: "soft" }, ...both("无法绘制图表，数字见下表。", "The chart cannot be drawn; the table has its numbers.")));
  }

  whenever(place, draw);
  return figure;
}

const oneOf = (label, zhOrEn) => (Array.isArray(label) ? label[zhOrEn] : label);
const worded = (label) => (Array.isArray(label) ? both(...label) : label);

// Draws when the place has come into the page, and anew with another language or width, until it has left it.
function whenever(place, draw) {
  let pause = null;
  const seen = new ResizeObserver(() => {
    if (!place.isConnected) {
      removeEventListener("hub-language", draw);
      return seen.disconnect();
    }
    clearTimeout(pause);
    pause = setTimeout(draw, place.childNodes.length === 0 ? 0 : PAUSE_MS);
    return undefined;
  });
  seen.observe(place);
  addEventListener("hub-language", draw);
}
