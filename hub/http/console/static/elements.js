// Words in two languages, and elements: made, never parsed from text, so what an answer says can
// only become text.

const LANGUAGE = "hub.language";

// ---- words ------------------------------------------------------------------------------------

export function language() {
  const kept = sessionStorage.getItem(LANGUAGE);
  return kept ?? (navigator.language.startsWith("zh") ? "zh" : "en");
}

export const locale = () => (language() === "zh" ? "zh-CN" : "en-GB");

// Both languages as elements; the style sheet shows the one that was chosen.
export function both(zh, en) {
  return [el("span", { lang: "zh-CN" }, zh), el("span", { lang: "en" }, en)];
}

// One text for places that take no elements; what is drawn with it changes over when it is drawn anew.
export function plain(zh, en) {
  return language() === "zh" ? zh : en;
}

// An option, whose text changes over with the language.
export function option(value, zh, en, attributes = {}) {
  return el("option", { value, "data-zh": zh, "data-en": en, ...attributes }, plain(zh, en));
}

// Attributes that name an element in both languages: told by screen readers, not in view.
export function labelled(zh, en) {
  return { "data-label-zh": zh, "data-label-en": en, "aria-label": plain(zh, en) };
}

function applyLanguage() {
  const chosen = language();
  const root = document.documentElement;
  root.dataset.language = chosen;
  root.lang = chosen === "zh" ? "zh-CN" : "en";
  document.title = root.dataset[chosen === "zh" ? "titleZh" : "titleEn"] ?? document.title;
  const other = chosen === "zh" ? ["en", "English"] : ["zh-CN", "中文"];
  fill(at("language"), el("span", { lang: other[0], class: "both" }, other[1]));
  for (const each of document.querySelectorAll("[data-zh]")) each.textContent = each.dataset[chosen];
  for (const each of document.querySelectorAll("[data-label-zh]")) {
    each.setAttribute("aria-label", chosen === "zh" ? each.dataset.labelZh : each.dataset.labelEn);
  }
  for (const each of document.querySelectorAll("time[datetime]")) writeTime(each);
  for (const each of document.querySelectorAll("data[value]")) each.textContent = written(each.value);
}

// ---- times and numbers, as the language writes them --------------------------------------------
// Times are of Beijing: the log, its windows and its days are.

const ZONE = "Asia/Shanghai";
const FORMS = {
  moment: { dateStyle: "medium", timeStyle: "medium", timeZone: ZONE },
  day: { dateStyle: "medium", timeZone: "UTC" },
  weekday: { dateStyle: "full", timeZone: "UTC" },
  clock: { hour: "2-digit", minute: "2-digit", timeZone: ZONE },
};

function writeTime(each) {
  const form = FORMS[each.dataset.form];
  const at_ = new Date(each.dateTime);
  if (form && !Number.isNaN(at_.valueOf())) each.textContent = new Intl.DateTimeFormat(locale(), form).format(at_);
}

function time(text, form) {
  if (!text) return "";
  const made = el("time", { datetime: text, "data-form": form, class: "nowrap" });
  writeTime(made);
  return made;
}

export const moment = (text) => time(text, "moment");
export const day = (text) => time(text, "day");
export const weekday = (text) => time(text, "weekday");

const written = (number) => new Intl.NumberFormat(locale()).format(Number(number));

export function count(number) {
  if (number === null || number === undefined) return "—";
  return el("data", { value: String(number) }, written(number));
}

// ---- elements ---------------------------------------------------------------------------------

export function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  if (name === "time" && made.childNodes.length === 0) writeTime(made);
  return made;
}

export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return parent;
}

export const at = (id) => document.getElementById(id);

// Says in the page's one live region what came of a look.
export function say(zh, en) {
  fill(at("said"), ...both(zh, en));
}

// A list of terms: [zh, en, value] each; without a value a term is left out.
export function facts(...terms) {
  return el("dl", { class: "facts" }, terms.filter(([, , value]) => value !== null && value !== undefined && value !== "")
    .map(([zh, en, value]) => [el("dt", {}, ...both(zh, en)), el("dd", {}, value)]));
}

// A table that a narrow screen may scroll; its region can be reached by keyboard.
export function table(zh, en, heads, rows) {
  return el("div", { class: "scroll", role: "region", tabindex: "0", ...labelled(zh, en) }, el("table", {},
    el("caption", {}, ...both(zh, en)),
    el("thead", {}, el("tr", {}, heads.map(([zhName, enName, kind]) =>
      el("th", { scope: "col", class: kind ?? null }, ...both(zhName, enName))))),
    el("tbody", {}, rows)));
}

at("language").addEventListener("click", () => {
  sessionStorage.setItem(LANGUAGE, language() === "zh" ? "en" : "zh");
  applyLanguage();
  dispatchEvent(new Event("hub-language"));
});
addEventListener("beforeprint", () => writeTime(Object.assign(at("printed"), { dateTime: new Date().toISOString() })));
applyLanguage();
