// The access log for auditors. Each look is a query like any other, and so an entry itself.

import { ask, at, both, el, fill, moment, onSession, say, showErrors, showReceipt } from "./hub.js";
import { catalogue } from "./words.js";

const PAGE = 25;
const DOCUMENT = `query WhoRead($department: String, $subject: String, $since: DateTime, $until: DateTime, $first: Int!, $after: String) {
  accessLog(department: $department, subject: $subject, since: $since, until: $until, first: $first, after: $after) {
    edges { node { index at kind department role actor purpose case outcome fields denied subjectCount } }
    pageInfo { hasNextPage endCursor }
  }
}`;

let asked = null;
let following = null;
const earlier = [];

const asMoment = (text) => (text ? new Date(text).toISOString() : null);

function filters() {
  return {
    department: at("department").value.trim() || null,
    subject: at("subject").value.trim() || null,
    since: asMoment(at("since").value),
    until: asMoment(at("until").value),
  };
}

function names(list, zh, en) {
  if (!list || list.length === 0) return null;
  return el("details", {}, el("summary", {}, ...both(`${zh} ${list.length} 项`, `${list.length} ${en}`)),
    el("ul", { class: "small code" }, list.map((each) => el("li", {}, each))));
}

function row(entry) {
  const isRefused = entry.outcome === "refused" || entry.outcome === "failed";
  return el("tr", {},
    el("td", { class: "number" }, String(entry.index)),
    el("td", {}, moment(entry.at)),
    el("td", {}, entry.kind ?? ""),
    el("td", {}, entry.department ?? "", el("div", { class: "soft small" }, [entry.role, entry.actor].filter(Boolean).join(" · "))),
    el("td", {}, el("code", {}, entry.purpose ?? ""), el("div", { class: "soft small code" }, entry.case ?? "")),
    el("td", {}, el("span", { class: isRefused ? "mark late" : "" }, entry.outcome ?? "")),
    el("td", { class: "number" }, String(entry.subjectCount ?? "")),
    el("td", {}, names(entry.fields, "已应答", "answered"), names(entry.denied, "已拒绝", "denied")));
}

async function show(after) {
  say("查询中……", "Asking ...");
  const answer = await ask(DOCUMENT, { ...filters(), first: PAGE, after });
  const found = answer.data?.accessLog;
  const entries = (found?.edges ?? []).map((edge) => edge.node);
  asked = after;
  following = found?.pageInfo.hasNextPage ? found.pageInfo.endCursor : null;
  fill(at("list").tBodies[0], entries.map(row));
  at("list").hidden = entries.length === 0;
  at("pager").hidden = entries.length === 0 && earlier.length === 0;
  at("previous").disabled = earlier.length === 0;
  at("next").disabled = following === null;
  showErrors(at("errors"), answer);
  showReceipt(at("receipt"), answer);
  const index = answer.extensions?.receipt?.index;
  if (index === undefined) return say("", "");
  return say(`${entries.length} 条。本次查看已留痕，为第 ${index} 条。`,
    `${entries.length} entries. This look is itself on record, as entry ${index}.`);
}

at("filter").addEventListener("submit", (event) => {
  event.preventDefault();
  earlier.length = 0;
  show(null);
});
at("next").addEventListener("click", () => { earlier.push(asked); show(following); });
at("previous").addEventListener("click", () => show(earlier.pop()));

const departments = [...new Set((await catalogue()).datasets.map((each) => each.department))].sort();
fill(at("departments"), departments.map((id) => el("option", { value: id })));
onSession((current) => {
  earlier.length = 0;
  if (current !== null) return show(null);
  fill(at("list").tBodies[0]);
  for (const id of ["list", "pager"]) at(id).hidden = true;
  fill(at("errors")); fill(at("receipt"));
  return say("请以审计角色登录后查看。", "Sign in as an auditor to look.");
});
