// The access log for auditors: a search with facets. Each look is a query like any other, and so an entry itself.

import { ask, at, both, count, el, fill, onSession, say, session, showErrors, showReceipt } from "./hub.js";
import { DAY_MS, isoDay } from "./days.js";
import { entryRow, FIELDS, HEADS } from "./log-rows.js";
import { FACETS } from "./log-words.js";
import { addressOf, chosen, drawChips, drawFacets, isPersonal, variablesOf } from "./search.js";
import { catalogue } from "./words.js";

const NAMES = FACETS.map((each) => each.name);
const DECLARED = [...NAMES.map((name) => `$${name}: String`), "$subject: String", "$since: DateTime", "$until: DateTime"].join(", ");
const GIVEN = [...NAMES, "subject", "since", "until"].map((name) => `${name}: $${name}`).join(", ");
const ENTRIES = `query WhoRead(${DECLARED}, $first: Int!, $after: String) {
  accessLog(${GIVEN}, first: $first, after: $after) { edges { node { ${FIELDS} } } pageInfo { hasNextPage endCursor } }
}`;
const COUNTS = `query HowOften(${DECLARED}) {
  accessFacets(${GIVEN}, values: 15) { total isExact counted facets { facet values { value count isExact } } }
}`;
const PAGE = 25;
const INPUTS = { department: "department", actor: "reader", case: "case-wanted", request: "request", field: "field", since: "since", until: "until" };
const PRESETS = [[0, "今天", "Today"], [6, "最近 7 天", "Last 7 days"], [29, "最近 30 天", "Last 30 days"], [null, "全部", "All the time"]];

let subject = ""; // the person of the search: in this page alone
let asked = 0; // the newest look-up; what an older one answers late is not shown
let following = null;
let seen = 0; // entries on the pages before
let earlier = [];

// ---- what is looked for -------------------------------------------------------------------------

// A preset leaves "before" open: so it is found again on the day it was made.
const startOf = (days) => (days === null ? "" : `${isoDay(Date.now() - days * DAY_MS)}T00:00`);

function go(wanted, keepsPerson) {
  if (!keepsPerson) {
    subject = "";
    at("subject").value = "";
  }
  if (addressOf(wanted) === addressOf(chosen())) search();
  else location.hash = addressOf(wanted);
}

function submit(event) {
  event.preventDefault();
  const wanted = chosen();
  for (const [name, id] of Object.entries(INPUTS)) {
    wanted[name] = at(id).value.trim();
    if (wanted[name] && isPersonal(name, wanted[name])) {
      const [zh, en] = ["这里不能填写公民身份号码或手机号：它会进入网址。请填在“公民身份号码”一栏。",
        "A citizen or phone number must not stand here: it would get into the address. Its field is “Citizen number of a person”."];
      return fill(at("errors"), el("div", { class: "errors", role: "alert" }, el("p", {}, ...both(zh, en))));
    }
  }
  subject = at("subject").value.trim();
  return go(wanted, true);
}

async function drawWanted(wanted) {
  for (const [name, id] of Object.entries(INPUTS)) at(id).value = wanted[name] ?? "";
  PRESETS.forEach(([days], place) => {
    const isChosen = (wanted.since ?? "") === startOf(days) && !wanted.until;
    at("presets").children[place].setAttribute("aria-pressed", String(isChosen));
  });
  await drawChips(at("chips"), wanted, subject, go);
}

// ---- what is found ------------------------------------------------------------------------------

function clear() {
  at("found").hidden = true;
  for (const id of ["errors", "receipt", "empty", "facets", "total"]) fill(at(id));
  fill(at("list").tBodies[0]);
}

// What was found before stays in view, dimmed, until something else is: so nothing jumps, and the focus stays.
async function search() {
  asked += 1;
  earlier = [];
  seen = 0;
  const wanted = chosen();
  // What an address should not have, such as a number, does not stay in it.
  if (location.hash && addressOf(wanted) !== location.hash) history.replaceState(null, "", addressOf(wanted));
  await drawWanted(wanted);
  if (session() === null) {
    clear();
    return say("请以审计角色登录后查看。", "Sign in as an auditor to look.");
  }
  const mine = asked;
  return Promise.all([page(null), countAll(wanted, mine)]);
}

async function page(after) {
  const mine = asked;
  at("found").setAttribute("aria-busy", "true");
  say("查询中……", "Asking ...");
  const answer = await ask(ENTRIES, { ...variablesOf(chosen(), subject), first: PAGE, after });
  if (mine !== asked) return undefined;
  showErrors(at("errors"), answer);
  showReceipt(at("receipt"), answer);
  const found = answer.data?.accessLog;
  if (!found) {
    at("found").hidden = true;
    return say("", "");
  }
  const rows = await Promise.all(found.edges.map(({ node }) => entryRow(node)));
  if (mine !== asked) return undefined;
  fill(at("list").tBodies[0], rows);
  at("found").hidden = false;
  at("found").removeAttribute("aria-busy");
  at("list").hidden = rows.length === 0;
  following = found.pageInfo.hasNextPage ? { after: found.pageInfo.endCursor, seen: seen + rows.length } : null;
  at("pager").hidden = following === null && earlier.length === 0;
  at("previous").disabled = earlier.length === 0;
  at("next").disabled = following === null;
  current = after;
  fill(at("empty"), rows.length > 0 ? null : el("p", { class: "note" }, ...both(
    "日志中没有符合全部条件的条目。可去掉一个条件，或放宽时段。", "No entry of the log meets all conditions. Remove one, or take a longer time.")));
  const index = answer.extensions?.receipt?.index;
  const [zh, en] = rows.length === 0 ? ["0 条。", "0 entries."]
    : [`第 ${seen + 1} 至 ${seen + rows.length} 条。`, `Entries ${seen + 1} to ${seen + rows.length}.`];
  return say(`${zh}本次查看已留痕，为第 ${index} 条。`, `${en} This look is itself on record, as entry ${index}.`);
}

let current = null; // the cursor of the page in view

async function countAll(wanted, mine) {
  const answer = await ask(COUNTS, variablesOf(wanted, subject));
  const found = answer.data?.accessFacets;
  if (mine !== asked) return;
  if (!found) for (const id of ["facets", "total"]) fill(at(id));
  if (!found) return;
  const isSample = found.counted < found.total;
  fill(at("total"), ...both("共 ", "Selected: "), el("strong", {}, count(found.total), found.isExact ? null : "+"), ...both(" 条", ""),
    isSample ? both(`；按最近 ${found.counted} 条计数`, `; counted among the newest ${found.counted}`) : null);
  await drawFacets(at("facets"), found.facets, wanted, go);
}

at("filter").addEventListener("submit", submit);
at("next").addEventListener("click", () => { earlier.push({ after: current, seen }); seen = following.seen; page(following.after); });
at("previous").addEventListener("click", () => { const back = earlier.pop(); seen = back.seen; page(back.after); });
addEventListener("hashchange", search);

fill(at("presets"), PRESETS.map(([days, zh, en]) => el("button", { type: "button", class: "quiet", "aria-pressed": "false",
  onclick: () => go({ ...chosen(), since: startOf(days), until: "" }, true) }, ...both(zh, en))));
at("narrow").open = matchMedia("(min-width: 74rem)").matches;
fill(at("list").tHead, el("tr", {}, HEADS.map(([zh, en, kind]) => el("th", { scope: "col", class: kind ?? null }, ...both(zh, en)))));
fill(at("departments"), Object.entries((await catalogue()).departments).sort().map(([id, { zh, en }]) => el("option", { value: id, label: `${zh} ${en}` })));
onSession((who) => {
  if (who === null) {
    subject = "";
    at("subject").value = "";
  }
  return search();
});
