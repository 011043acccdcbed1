// Sharing agreements and requests: where each stands, what is due, everything that was done.

import { ask, at, both, el, fill, onSession, option, say, session, showErrors, showReceipt } from "./hub.js";
import { catalogue } from "./words.js";

const AGREEMENTS = `query SharingAgreements($source: String, $department: String, $states: [String!], $overdue: Boolean!, $first: Int!, $after: String) {
  sharingAgreements(source: $source, department: $department, states: $states, overdue: $overdue, first: $first, after: $after) {
    edges { node { agreement state step source departments role purpose fields scene startDate endDate lacks due dueOn overdue dispute history problem } }
    pageInfo { hasNextPage endCursor }
  }
}`;
const PAGE = 100;
const MOST = 50; // pages: every agreement of a large city
const STATES = {
  "filed": ["待答复", "filed"], "noticed": ["待补正", "noticed"], "approved": ["待复核", "approved"],
  "in force": ["生效", "in force"], "suspended": ["暂停", "suspended"], "resuming": ["恢复待复核", "resuming"],
  "run out": ["到期", "run out"], "terminated": ["终止", "terminated"], "purged": ["已销毁", "purged"],
  "refused": ["不予共享", "refused"], "withdrawn": ["已撤回", "withdrawn"], "unclear": ["记录有误", "unclear"],
};
const DUE = {
  "answer": ["答复", "answer"], "delivery": ["交付", "delivery"], "purge certificate": ["销毁证明", "purge certificate"],
  "dispute: talk": ["争议协商", "dispute: talk"], "dispute: authority": ["争议协调", "dispute: authority"],
  "dispute: government": ["争议裁决", "dispute: government"],
};
let asked = 0; // the newest look-up; what an older one answers late is not shown

async function read(wanted) {
  const found = [];
  let answer = null;
  let after = null;
  for (let page = 0; page < MOST; page += 1) {
    answer = await ask(AGREEMENTS, { ...wanted, first: PAGE, after });
    const connection = answer.data?.sharingAgreements;
    if (!connection) return [null, answer];
    found.push(...connection.edges.map((edge) => edge.node));
    if (!connection.pageInfo.hasNextPage) return [found, answer];
    after = connection.pageInfo.endCursor;
  }
  return [found, answer];
}

const word = (words, text) => both(...(words[text] ?? [text, text]));

function due(agreement) {
  if (!agreement.due) return "—";
  const late = agreement.overdue ? [el("span", { class: "mark" }, ...both("逾期", "overdue"))] : [];
  return [...word(DUE, agreement.due), ` ${agreement.dueOn} `, ...late];
}

function more(agreement) {
  const lines = [...agreement.lacks, ...agreement.fields, ...agreement.history];
  return el("details", {},
    el("summary", {}, ...both("字段与过程", "Fields and steps"), ` · ${agreement.fields.length} · ${agreement.step}`),
    el("ul", { class: "small" }, lines.map((each) => el("li", {}, each))));
}

function row(agreement) {
  const who = [agreement.departments.join(", "), agreement.role, agreement.purpose].filter(Boolean).join(" · ");
  return el("tr", {},
    el("th", { scope: "row" }, el("code", {}, agreement.agreement), el("div", { class: "soft small" }, agreement.problem ?? agreement.scene ?? "")),
    el("td", {}, agreement.source),
    el("td", {}, who),
    el("td", {}, el("span", { class: "mark" }, ...word(STATES, agreement.state))),
    el("td", {}, due(agreement)),
    el("td", {}, agreement.dispute ?? "—"),
    el("td", {}, `${agreement.startDate ?? "…"} – ${agreement.endDate ?? "…"}`),
    el("td", {}, more(agreement)));
}

function table(agreements) {
  const heads = [["协议", "Agreement"], ["提供部门", "Source"], ["使用部门", "Read by"], ["状态", "State"],
    ["下一时限", "Due"], ["争议", "Dispute"], ["期限", "Days"], ["明细", "More"]];
  return el("table", {}, el("caption", {}, ...both("协议与申请", "Agreements and requests")),
    el("thead", {}, el("tr", {}, heads.map(([zh, en]) => el("th", { scope: "col" }, ...both(zh, en))))),
    el("tbody", {}, agreements.map(row)));
}

async function show() {
  if (session() === null) return;
  const mine = (asked += 1);
  say("正在查询……", "Looking it up ...");
  const text = (id) => at(id).value.trim() || null;
  const state = at("state").value;
  const [found, answer] = await read({
    source: text("source"), department: text("department"), states: state ? [state] : null, overdue: at("overdue").checked,
  });
  if (mine !== asked || session() === null) return;
  showErrors(at("errors"), answer);
  showReceipt(at("receipt"), answer);
  fill(at("agreements"), found ? table(found) : null);
  const late = (found ?? []).filter((each) => each.overdue).length;
  if (found) say(`协议 ${found.length} 份，逾期 ${late} 份`, `Agreements: ${found.length}, overdue: ${late}`);
  else say("", "");
}

const { departments } = await catalogue();
fill(at("departments"), Object.keys(departments).sort().map((id) => option(id, departments[id].zh, departments[id].en)));
at("state").append(...Object.entries(STATES).map(([state, [zh, en]]) => option(state, zh, en)));
at("filter").addEventListener("submit", (event) => { event.preventDefault(); show(); });
onSession((current) => {
  if (current === null) {
    asked += 1;
    for (const id of ["agreements", "errors", "receipt"]) fill(at(id));
    say("请以共享管理或审计用途登录。", "Sign in for the purpose SHARE or AUDIT.");
  } else show();
});
