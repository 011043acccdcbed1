// What was read of one person, day by day. The number stands in the body of a request only, and in its field.

import { ask, at, both, count, day, el, fill, moment, onSession, say, showErrors, showReceipt, table } from "./hub.js";
import { chart } from "./charts.js";
import { DAY_MS, isoDay, midnight, spanned } from "./days.js";
import { entryRow, FIELDS, HEADS } from "./log-rows.js";
import { named } from "./log-words.js";

const COUNTS = "{ value count isExact }";
const DOCUMENT = `query Timeline($subject: String!, $since: DateTime) {
  accessTimeline(subject: $subject, since: $since) {
    total isExact firstAt lastAt days { day count denials departments ${COUNTS} purposes ${COUNTS} }
    departments ${COUNTS} purposes ${COUNTS} readers ${COUNTS} fields ${COUNTS} kinds ${COUNTS}
  }
}`;
const ENTRIES = `query OneDay($subject: String!, $since: DateTime!, $until: DateTime!) {
  accessLog(subject: $subject, since: $since, until: $until, first: 100) {
    edges { node { ${FIELDS} } } pageInfo { hasNextPage }
  }
}`;
const NAMES = { value: ["条目", "entries"], part: ["其中被拒", "of them refused"] };
const MOST_DAYS = 92;
let asked = 0; // the newest look-up; what an older one answers late is not shown

function clear() {
  asked += 1;
  for (const id of ["told", "days", "errors", "receipt"]) fill(at(id));
  at("days-part").hidden = true;
}

async function show() {
  const subject = at("subject").value.trim();
  const period = Number(at("period").value);
  clear();
  const mine = asked;
  say("查询中……", "Asking ...");
  const since = period ? midnight(isoDay(Date.now() - (period - 1) * DAY_MS)) : null;
  const answer = await ask(DOCUMENT, { subject, since });
  if (mine !== asked) return undefined;
  showErrors(at("errors"), answer);
  showReceipt(at("receipt"), answer);
  const found = answer.data?.accessTimeline;
  if (!found) return say("", "");
  const index = answer.extensions?.receipt?.index;
  say(`${found.total} 条，涉及 ${found.days.length} 天。本次查看已留痕，为第 ${index} 条。`,
    `Entries: ${found.total}, days: ${found.days.length}. This look is itself on record, as entry ${index}.`);
  if (found.total === 0) {
    return fill(at("told"), el("p", { class: "note" }, ...both(
      "该时段内日志没有关于此人的条目。日志不区分枢纽未收录的人与没有记录的人。",
      "The log has no entry about this person in that time. A person whom the hub does not know looks the same.")));
  }
  const rankings = await rankingsOf(found);
  const days = await Promise.all(found.days.map((each) => dayPart(each, subject)));
  if (mine !== asked) return undefined;
  fill(at("told"), figures(found), overDays(found), rankings);
  fill(at("days"), days);
  at("days-part").hidden = false;
  return undefined;
}

function figures(found) {
  const figure = (zh, en, ...value) => el("div", {}, el("dt", {}, ...both(zh, en)), el("dd", {}, value));
  return el("dl", { class: "figures" },
    figure("条目", "Entries", count(found.total), found.isExact ? null : "+"),
    figure("部门", "Departments", count(found.departments.length)),
    figure("经办人与系统", "Readers", count(found.readers.length)),
    el("div", {}, el("dt", {}, ...both("首次", "First")), el("dd", { class: "text" }, moment(found.firstAt))),
    el("div", {}, el("dt", {}, ...both("最近", "Last")), el("dd", { class: "text" }, moment(found.lastAt))));
}

// A bar a day; over a longer time a bar a month, so that nothing is left out.
function overDays(found) {
  const all = spanned(found.days[found.days.length - 1].day, found.days[0].day);
  const isByDay = all.length <= MOST_DAYS;
  const keyOf = (text) => (isByDay ? text : text.slice(0, 7));
  const sums = new Map(all.map((each) => [keyOf(each), { value: 0, part: 0 }]));
  for (const each of found.days) {
    const sum = sums.get(keyOf(each.day));
    sum.value += each.count;
    sum.part += each.denials;
  }
  const bars = [...sums].slice(-120).map(([label, sum]) => ({ label: isByDay ? label.slice(5) : label, ...sum }));
  return chart({
    title: isByDay ? ["逐日条目", "Entries day by day"] : ["逐月条目", "Entries month by month"],
    description: [`${bars[0].label} 至 ${bars[bars.length - 1].label}，共 ${found.total} 条。`,
      `${bars[0].label} to ${bars[bars.length - 1].label}, ${found.total} entries.`],
    head: isByDay ? ["日期", "Day"] : ["月份", "Month"], names: NAMES, bars,
  });
}

async function rankingsOf(found) {
  const parts = [["部门", "Department", "department", found.departments], ["用途", "Purpose", "purpose", found.purposes],
    ["经办人与系统", "Reader", "actor", found.readers], ["字段", "Field", "field", found.fields]];
  const made = await Promise.all(parts.map(async ([zh, en, facet, values]) => {
    const rows = await Promise.all(values.map(async (each) => el("tr", {},
      el("th", { scope: "row" }, await named(facet, each.value)), el("td", { class: "number" }, count(each.count)))));
    return rows.length === 0 ? null : el("div", { class: "ranking" }, table(`按${zh}`, `By ${en.toLowerCase()}`, [[zh, en], ["条目", "Entries", "number"]], rows));
  }));
  return el("div", { class: "rankings" }, made);
}

async function words(facet, values) {
  const parts = await Promise.all(values.map(async (each) => [await named(facet, each.value), ` ${each.count}`]));
  return parts.map((each) => el("span", { class: "mark" }, each));
}

async function dayPart(each, subject) {
  const place = el("div");
  const button = el("button", { type: "button", class: "quiet" }, ...both("列出条目", "List the entries"));
  button.addEventListener("click", async () => {
    const mine = asked;
    button.disabled = true;
    const answer = await ask(ENTRIES, { subject, since: midnight(each.day), until: midnight(isoDay(Date.parse(each.day) + DAY_MS, "UTC")) });
    if (mine !== asked) return;
    showErrors(at("errors"), answer);
    showReceipt(at("receipt"), answer);
    button.disabled = false;
    const found = answer.data?.accessLog;
    if (!found) return;
    const rows = await Promise.all(found.edges.map(({ node }) => entryRow(node)));
    fill(place, el("div", { class: "entries" }, table(`${each.day} 的条目`, `Entries of ${each.day}`, HEADS, rows)),
      found.pageInfo.hasNextPage ? el("p", { class: "soft small" }, ...both("只列出最近 100 条。", "The newest 100 are listed.")) : null);
  });
  return el("section", { class: "day sheet" },
    el("h3", {}, day(each.day), " · ", ...both(`${each.count} 条`, `${each.count} ${each.count === 1 ? "entry" : "entries"}`),
      each.denials > 0 ? [" ", el("span", { class: "mark late" }, ...both(`被拒 ${each.denials}`, `${each.denials} refused`))] : null),
    el("p", { class: "marks" }, el("span", { class: "soft small" }, ...both("部门 ", "Departments ")), await words("department", each.departments)),
    each.purposes.length > 0 ? el("p", { class: "marks" }, el("span", { class: "soft small" }, ...both("用途 ", "Purposes ")), await words("purpose", each.purposes)) : null,
    el("p", {}, button), place);
}

at("filter").addEventListener("submit", (event) => { event.preventDefault(); show(); });
onSession((current) => {
  clear();
  if (current === null) {
    at("subject").value = "";
    return say("请以审计角色登录后查看。", "Sign in as an auditor to look.");
  }
  return say("请填写公民身份号码。", "Give a citizen number.");
});
