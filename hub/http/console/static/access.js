// The rules of access: who may read what, line by line, as a matrix of purposes and as CSV.

import { ask, at, both, el, fill, hub, labelled, onSession, option, say, session, showErrors, showReceipt } from "./hub.js";
import { catalogue, departmentName, fieldsByPath } from "./words.js";

const RULES = `query AccessRules($department: String, $purpose: String, $field: String, $day: Date, $first: Int!, $after: String) {
  accessRules(department: $department, purpose: $purpose, field: $field, day: $day, first: $first, after: $after) {
    edges { node { department role purpose field classification source state agreement legalBasis startDate endDate regions conditions missing } }
    pageInfo { hasNextPage endCursor }
  }
}`;
const PAGE = 100;
const MOST = 50; // pages: the whole policy of a large installation
const MOST_OPEN = 6; // groups that are shown at once
const COLUMNS = ["department", "role", "purpose", "field", "classification", "source", "state", "agreement",
  "legalBasis", "startDate", "endDate", "regions", "conditions", "missing"];
const STATES = {
  "open": ["可读", "open"], "with a case": ["须有案件", "with a case"], "with consent": ["须有授权", "with consent"],
  "with a case and consent": ["须有案件与授权", "with a case and consent"], "ended": ["已到期", "ended"],
  "not yet": ["未生效", "not yet"], "missing": ["未授权", "missing"],
};
let lines = [];

async function read() {
  const wanted = Object.fromEntries(["department", "purpose", "field", "day"].map((id) => [id, at(id).value.trim() || null]));
  const found = [];
  let answer = null;
  let after = null;
  for (let page = 0; page < MOST; page += 1) {
    answer = await ask(RULES, { ...wanted, first: PAGE, after });
    const connection = answer.data?.accessRules;
    if (!connection) return [null, answer];
    found.push(...connection.edges.map((edge) => edge.node));
    if (!connection.pageInfo.hasNextPage) return [found, answer];
    after = connection.pageInfo.endCursor;
  }
  return [found, answer];
}

function state(rule) {
  const [zh, en] = STATES[rule.state] ?? [rule.state, rule.state];
  return el("span", { class: "mark" }, ...both(zh, en));
}

function names(rule, fields) {
  const declared = fields.get(rule.field);
  return [...(declared ? both(declared.zh, declared.en) : []), el("div", { class: "soft small code" }, rule.field)];
}

function row(rule, fields) {
  const by = rule.agreement
    ? [el("code", {}, rule.agreement), el("div", { class: "small both", lang: "zh-CN" }, rule.legalBasis),
      el("div", { class: "soft small" }, `${rule.startDate} – ${rule.endDate}`)]
    : "—";
  const also = [...rule.conditions, ...rule.missing];
  return el("tr", {},
    el("th", { scope: "row" }, ...names(rule, fields)),
    el("td", {}, el("span", { class: `mark ${rule.classification ?? ""}` }, rule.classification ?? "—")),
    el("td", {}, state(rule)),
    el("td", {}, by),
    el("td", {}, rule.source),
    el("td", {}, also.length ? el("ul", {}, also.map((each) => el("li", {}, each))) : "—"));
}

async function table([key, rules], fields, isOpen) {
  const [department, role, purpose] = key.split("\n");
  const heads = [["字段", "Field"], ["分级", "Class"], ["状态", "State"], ["协议与依据", "Agreement, basis, days"], ["提供部门", "Source"], ["条件或缺少", "Conditions, or what is missing"]];
  return el("details", { open: isOpen },
    el("summary", {}, ...(await departmentName(department)), ` ${department} (${role || "—"}) · `, el("code", {}, purpose), ` · ${rules.length}`),
    el("table", labelled(`${department} ${role} ${purpose} 的规则`, `Rules of ${department} ${role} ${purpose}`),
      el("thead", {}, el("tr", {}, heads.map(([zh, en]) => el("th", { scope: "col" }, ...both(zh, en))))),
      el("tbody", {}, rules.map((rule) => row(rule, fields)))));
}

async function show() {
  if (session() === null) return;
  say("正在查询……", "Looking it up ...");
  const [found, answer] = await read();
  showErrors(at("errors"), answer);
  showReceipt(at("receipt"), answer);
  lines = found ?? [];
  at("save").disabled = lines.length === 0;
  const groups = new Map();
  for (const rule of lines) {
    const key = [rule.department, rule.role, rule.purpose].join("\n");
    groups.set(key, [...(groups.get(key) ?? []), rule]);
  }
  const fields = await fieldsByPath();
  fill(at("rules"), await Promise.all([...groups].map((group) => table(group, fields, groups.size <= MOST_OPEN))));
  if (found) say(`规则 ${lines.length} 条`, `Rules: ${lines.length}`);
  else say("", "");
}

// A text that a spreadsheet would take for a formula is quoted.
function cell(value) {
  const text = Array.isArray(value) ? value.join("; ") : String(value ?? "");
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function save() {
  const text = [COLUMNS, ...lines.map((rule) => COLUMNS.map((name) => rule[name]))]
    .map((line) => line.map(cell).join(",")).join("\r\n");
  const address = URL.createObjectURL(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv;charset=utf-8" }));
  el("a", { href: address, download: "access-rules.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

const { departments } = await catalogue();
fill(at("departments"), Object.keys(departments).sort().map((id) => option(id, departments[id].zh, departments[id].en)));
fill(at("fields"), [...(await fieldsByPath()).keys()].sort().map((path) => el("option", { value: path })));
at("purpose").append(...(await hub()).purposes.map((each) => option(each.code, `${each.code} ${each.zh}`, `${each.code} ${each.en}`)));
at("filter").addEventListener("submit", (event) => { event.preventDefault(); show(); });
at("save").addEventListener("click", save);
onSession((current) => {
  if (current === null) {
    lines = [];
    for (const id of ["rules", "errors", "receipt"]) fill(at(id));
    at("save").disabled = true;
    say("请以审计用途登录。", "Sign in for the purpose AUDIT.");
  } else show();
});
