// A GraphQL explorer of our own: document, variables, schema, examples, answer with its receipt.

import { ask, at, both, el, fill, hub, labelled, onSession, option, say, session, showErrors, showReceipt, signInAs, told } from "./hub.js";
import { granted, named, schema, written } from "./schema.js";

const NUMBER = /(?<!\d)(\d{17}[\dXx]|\d{15}|1\d{10})(?!\d)/;
const { signInPath } = await hub();
let examples = [];

// ---- asking -----------------------------------------------------------------------------------

function goTo({ line, column }) {
  const box = at("document");
  const lines = box.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
  const word = /^\w+/.exec(box.value.slice(start))?.[0] ?? "";
  box.focus();
  box.setSelectionRange(start, start + Math.max(word.length, 1));
}

// The document again, with each error below the line that it belongs to.
function showPlaces(answer, text) {
  const errors = (answer.errors ?? []).filter((error) => error.locations?.length);
  if (errors.length === 0) return fill(at("places"));
  const items = text.trimEnd().split("\n").map((line, index) => {
    const here = errors.filter((error) => error.locations.some((place) => place.line === index + 1));
    return el("li", { class: here.length ? "wrong" : null }, line || " ",
      here.map((error) => el("div", { class: "why" }, `${" ".repeat(error.locations[0].column - 1)}↑ ${error.extensions?.reason ?? error.extensions?.code ?? ""}`)));
  });
  return fill(at("places"), el("h3", {}, ...both("未予应答之处", "Where it was not answered")),
    el("div", { class: "lines numbered code", tabindex: "0", role: "region", ...labelled("错误位置", "Places of errors") }, el("ol", {}, items)));
}

// JSON line by line; a null that was denied says why, at its place.
function showAnswer(answer) {
  const denied = (answer.errors ?? []).filter((error) => error.path);
  const matches = (path) => denied.find((error) => {
    const names = path.filter((step) => typeof step === "string");
    const wanted = error.path.filter((step) => typeof step === "string");
    return names.length === wanted.length && names.every((step, index) => step === wanted[index]);
  });
  const lines = [];
  const put = (text, error) => lines.push(el("li", { class: error ? "wrong" : null }, text,
    error ? el("span", { class: "why" }, `  ← ${error.extensions?.reason ?? ""} ${error.extensions?.field ?? ""}`) : null));
  const walk = (value, path, indent, before, after) => {
    if (value === null || typeof value !== "object") return put(`${indent}${before}${JSON.stringify(value)}${after}`, value === null ? matches(path) : null);
    const isList = Array.isArray(value);
    const entries = isList ? value.map((each, index) => [index, each]) : Object.entries(value);
    const [open, shut] = isList ? "[]" : "{}";
    if (entries.length === 0) return put(`${indent}${before}${open}${shut}${after}`);
    put(`${indent}${before}${open}`);
    entries.forEach(([key, each], index) => walk(each, [...path, key], `${indent}  `,
      isList ? "" : `${JSON.stringify(key)}: `, index < entries.length - 1 ? "," : ""));
    return put(`${indent}${shut}${after}`);
  };
  walk(answer.data ?? null, [], "", "", "");
  at("answer").hidden = false;
  fill(at("answer"), el("ol", {}, lines));
}

async function run() {
  let variables;
  try {
    variables = JSON.parse(at("variables").value || "{}");
  } catch {
    at("variables").focus();
    return say("变量不是 JSON。", "The variables are not JSON.");
  }
  if (session() === null) {
    say("请先登录。", "Sign in first.");
    return document.querySelector("#sign-in select, #sign-in input")?.focus();
  }
  const text = at("document").value;
  say("查询中……", "Asking ...");
  const answer = await ask(text, variables);
  showErrors(at("errors"), answer, goTo);
  showPlaces(answer, text);
  showReceipt(at("receipt"), answer);
  showAnswer(answer);
  return answer.data ? say("已应答。", "Answered.") : say("未予应答。", "Refused.");
}

// ---- examples and links -----------------------------------------------------------------------
// A link carries a document, never variables: whom a question is about is not for an address.

function choose(name) {
  const found = examples.find((each) => each.name === name);
  if (found === undefined) return;
  at("example").value = name;
  at("document").value = found.document;
  at("variables").value = JSON.stringify(found.variables, null, 2);
  fill(at("hint"), ...both(`${found.zh}。用途 `, `${found.en}. Purpose `), el("code", {}, found.purpose),
    ...both("，角色示例 ", ", for example as "), el("code", {}, found.client),
    found.case ? [...both("，案件 ", ", case "), el("code", {}, found.case)] : null, " ",
    signInPath ? el("button", { type: "button", class: "quiet", id: "as-example",
      onclick: () => signInAs(found.client, found.purpose, found.case) }, ...both("以此身份登录", "Sign in as that")) : null);
}

function share() {
  const text = at("document").value;
  if (NUMBER.test(text)) {
    return say("文档中有号码；请改用变量后再分享。", "A number stands in the document; put it into the variables first.");
  }
  const chosen = examples.find((each) => each.name === at("example").value && each.document === text);
  const fragment = chosen ? `example=${chosen.name}` : `document=${encodeURIComponent(text)}`;
  const address = `${location.origin}/explorer#${fragment}`;
  history.replaceState(null, "", `#${fragment}`);
  at("link").hidden = false;
  const box = el("input", { id: "address", readonly: true, value: address });
  fill(at("link"), el("div", { class: "field" }, el("label", { for: "address" }, ...both("链接（不含变量）", "Link (without variables)")), box));
  box.focus();
  return box.select();
}

function fromAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  if (parts.has("document")) at("document").value = parts.get("document");
  else choose(parts.get("example") ?? examples[0]?.name);
}

// ---- the schema -------------------------------------------------------------------------------

// A description may begin with the Chinese name of what it describes.
function described(text) {
  const [, zh, rest] = /^([^\x00-\x7f]+)(: .*)$/s.exec(text ?? "") ?? [];
  if (zh) return el("span", { class: "soft" }, " ", el("span", { lang: "zh-CN", class: "both" }, zh), rest);
  return text ? el("span", { class: "soft" }, ` ${text}`) : null;
}

function typeLink(type) {
  const inner = named(type);
  return inner.kind === "SCALAR" ? el("code", {}, written(type)) : el("a", { href: `#type-${inner.name}`, class: "code" }, written(type));
}

function fieldItem(owner, field, rights) {
  const isGranted = rights?.fields.has(`${owner}.${field.name}`);
  return el("li", {}, el("code", {}, field.name),
    field.args?.length ? ["(", field.args.flatMap((arg, index) => [index ? ", " : "", el("span", { title: arg.description }, arg.name, ": "), typeLink(arg.type)]), ")"] : null,
    ": ", typeLink(field.type), isGranted ? [" ", el("span", { class: "mark" }, ...both("已授权", "granted"))] : null,
    described(field.description));
}

function typeItem(type, rights, isOpen) {
  const fields = type.fields ?? type.inputFields ?? [];
  return el("details", { id: `type-${type.name}`, open: isOpen }, el("summary", {}, el("strong", { class: "code" }, type.name),
    described(type.description)),
    el("ul", {}, fields.map((field) => fieldItem(type.name, field, rights)),
      (type.enumValues ?? []).map((value) => el("li", {}, el("code", {}, value.name), el("span", { class: "soft" }, ` ${value.description ?? ""}`)))));
}

let shown = { types: [], rights: null, roots: [] };

function drawSchema() {
  const words = at("words").value.trim().toLowerCase();
  const found = shown.types.filter((type) => !words || type.name.toLowerCase().includes(words)
    || (type.fields ?? type.inputFields ?? []).some((field) => `${field.name} ${field.description ?? ""}`.toLowerCase().includes(words)));
  fill(at("schema"), found.map((type) => typeItem(type, shown.rights, !words && type.name === shown.roots[0])));
}

async function loadSchema(current) {
  if (current === null) {
    shown = { types: [], rights: null, roots: [] };
    return fill(at("schema"), el("p", {}, ...both("登录后显示。", "Sign in to see it.")));
  }
  const [known, rights] = await Promise.all([schema(), granted()]);
  if (known === null) return fill(at("schema"), el("p", {}, ...both("暂时无法取得。", "It is not to be had now.")));
  const roots = [known.queryType, known.mutationType].filter(Boolean);
  const types = [...known.types.values()].filter((type) => ["OBJECT", "INPUT_OBJECT", "ENUM"].includes(type.kind));
  types.sort((one, two) => roots.includes(two.name) - roots.includes(one.name) || one.name.localeCompare(two.name));
  shown = { types, rights, roots };
  return drawSchema();
}

at("run").addEventListener("click", run);
at("share").addEventListener("click", share);
at("find").addEventListener("submit", (event) => event.preventDefault());
at("words").addEventListener("input", drawSchema);
at("example").addEventListener("change", () => choose(at("example").value));
at("document").addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run(); });
at("schema").addEventListener("click", (event) => {
  const target = event.target.closest("a")?.getAttribute("href");
  if (target?.startsWith("#type-")) {
    event.preventDefault();
    const found = document.getElementById(target.slice(1));
    if (found) { found.open = true; found.scrollIntoView({ block: "center" }); found.querySelector("summary").focus(); }
  }
});

examples = (await told("/console/examples.json"))?.examples ?? [];
at("example").append(...examples.map((each) => option(each.name, each.zh, each.en)));
fromAddress();
addEventListener("hashchange", fromAddress);
onSession(loadSchema);
