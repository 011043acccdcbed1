// A search of the log: what was chosen stands behind the # of the address, and a person never does.

import { both, count, el, fill } from "./hub.js";
import { FACETS, named, words } from "./log-words.js";

const TIMES = ["since", "until"];
const NAMES = new Set([...FACETS.map((each) => each.name), ...TIMES]);
const NUMBER = /(?<!\d)(\d{17}[\dXx]|\d{15}|1\d{10})(?!\d)/;
const DIGESTS = new Set(["policy", "document", "request"]);
const OPEN = new Set(["department", "purpose", "actor", "client", "kind", "outcome"]);
const SHORT = 12;

// What the address chooses: an object of facets and times; what it should not have is left out.
export function chosen() {
  const stated = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries([...stated].filter(([name, value]) => NAMES.has(name) && value && !isPersonal(name, value)));
}

export const isPersonal = (name, value) => !DIGESTS.has(name) && NUMBER.test(value.replaceAll("-", ""));

export const addressOf = (wanted) => `#${new URLSearchParams(Object.entries(wanted).filter(([, value]) => value))}`;

// A time of the form, which is of Beijing, as GraphQL takes it.
export function momentOf(text) {
  const at = new Date(`${text}:00+08:00`);
  return text && !Number.isNaN(at.valueOf()) ? at.toISOString() : null;
}

// The variables of the look-up.
export function variablesOf(wanted, subject) {
  return { ...wanted, subject: subject || null, since: momentOf(wanted.since), until: momentOf(wanted.until) };
}

// ---- chips --------------------------------------------------------------------------------------

function chip(zh, en, shown, remove) {
  return el("li", {}, el("button", { type: "button", class: "chip", onclick: remove },
    el("span", { class: "soft" }, ...both(`${zh}：`, `${en}: `)), el("span", {}, shown),
    el("span", { class: "cross", "aria-hidden": "true" }, "×"), el("span", { class: "unseen" }, ...both("去掉", "remove"))));
}

const readable = (time) => time.replace("T", " ");

// One chip for each condition; `change` is called with the conditions that are left, and whether the person is.
export async function drawChips(place, wanted, subject, change) {
  const without = (name) => () => change(Object.fromEntries(Object.entries(wanted).filter(([each]) => each !== name)), true);
  const chips = await Promise.all(FACETS.filter(({ name }) => wanted[name]).map(async ({ name, zh, en }) =>
    chip(zh, en, await shownOf(name, wanted[name]), without(name))));
  if (subject) chips.push(chip("人员", "Person", el("span", {}, ...both("一人（号码不显示）", "one, number not shown")), () => change(wanted, false)));
  if (wanted.since) chips.push(chip("自", "From", readable(wanted.since), without("since")));
  if (wanted.until) chips.push(chip("至", "Before", readable(wanted.until), without("until")));
  if (chips.length > 1) {
    chips.push(el("li", {}, el("button", { type: "button", class: "quiet", id: "clear", onclick: () => change({}, false) }, ...both("全部清除", "Clear all"))));
  }
  const isWithin = place.contains(document.activeElement);
  place.hidden = chips.length === 0;
  fill(place, chips);
  if (isWithin) (place.querySelector("button") ?? document.querySelector("#narrow > summary")).focus();
}

async function shownOf(facet, value) {
  if (DIGESTS.has(facet) && value.length > SHORT + 4) return el("span", { class: "code", title: value }, `${value.slice(0, SHORT)}…`);
  return named(facet, value);
}

// ---- facets -------------------------------------------------------------------------------------

// A button for each value with how often it occurs: it narrows, and where it is chosen, it widens again.
export async function drawFacets(place, found, wanted, change) {
  await words();
  const counted = new Map(found.map((each) => [each.facet, each.values]));
  const parts = await Promise.all(FACETS.filter(({ name }) => counted.get(name)?.length).map(async ({ name, zh, en }) => {
    const items = await Promise.all(counted.get(name).map(async ({ value, count: times, isExact }) => {
      const isChosen = wanted[name] === value;
      const next = { ...wanted };
      if (isChosen) delete next[name];
      else next[name] = value;
      return el("li", {}, el("button", { type: "button", class: "value", title: value, "aria-pressed": String(isChosen), onclick: () => change(next, true) },
        el("span", { class: "what" }, await shownOf(name, value)), el("span", { class: "count" }, count(times), isExact ? null : "+")));
    }));
    return el("details", { "data-facet": name, open: OPEN.has(name) || Boolean(wanted[name]) },
      el("summary", {}, ...both(zh, en), el("span", { class: "soft small" }, ` ${items.length}`)), el("ul", {}, items));
  }));
  const within = document.activeElement.closest("[data-facet]");
  const [facet, value] = [within?.dataset.facet, document.activeElement.title];
  fill(place, parts);
  if (facet) {
    const again = place.querySelector(`[data-facet="${facet}"]`);
    ([...again?.querySelectorAll("button") ?? []].find((each) => each.title === value) ?? document.querySelector("#narrow > summary")).focus();
  }
}
