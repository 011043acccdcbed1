// The profile of a department: #ID, with &days= and &day= where they are others than the usual ones.

import { ask, at, both, count, day, el, fill, onSession, say, session, showErrors, showReceipt, table } from "./hub.js";
import { chart } from "./charts.js";
import { DAY_MS, isoDay } from "./days.js";
import { named, searchFor, words } from "./log-words.js";
import { catalogue } from "./words.js";

const COMPARED = "{ value count before }";
const DOCUMENT = `query Profile($department: String!, $days: Int!, $day: Date) {
  accessProfile(department: $department, days: $days, day: $day) {
    department since until total before denials denialsBefore days { day count denials usual }
    hours { hour count before } weekdays { hour count before }
    purposes ${COMPARED} readers ${COMPARED} fields ${COMPARED} kinds ${COMPARED} reasons ${COMPARED} channels ${COMPARED}
  }
}`;
const WEEKDAYS = [["周一", "Mon"], ["周二", "Tue"], ["周三", "Wed"], ["周四", "Thu"], ["周五", "Fri"], ["周六", "Sat"], ["周日", "Sun"]];
const BESIDE = { value: ["这段日子", "these days"], usual: ["此前同样天数", "as many days before"] };
const USUAL_DAYS = "28";
let asked = 0; // the newest look-up; what an older one answers late is not shown

function wanted() {
  const [department, ...others] = location.hash.slice(1).split("&");
  const stated = new URLSearchParams(others.join("&"));
  return { department, days: stated.get("days") ?? USUAL_DAYS, day: stated.get("day") ?? "" };
}

function go() {
  const [department, days, last] = [at("department").value.trim(), at("days").value, at("day").value];
  const hash = `#${department}${days === USUAL_DAYS ? "" : `&days=${days}`}${last ? `&day=${last}` : ""}`;
  if (hash === location.hash) show();
  else location.hash = hash;
}

async function show() {
  const { department, days, day: last } = wanted();
  asked += 1;
  const mine = asked;
  for (const id of ["told", "errors", "receipt"]) fill(at(id));
  at("department").value = department || at("department").value;
  at("days").value = days;
  at("day").value = last;
  if (session() === null) return say("请以审计角色登录后查看。", "Sign in as an auditor to look.");
  if (!department) {
    say("请选择部门。", "Choose a department.");
    return fill(at("told"), el("ul", { class: "chips" }, offered));
  }
  say("查询中……", "Asking ...");
  const answer = await ask(DOCUMENT, { department, days: Number(days), day: last || null });
  if (mine !== asked) return undefined;
  showErrors(at("errors"), answer);
  showReceipt(at("receipt"), answer);
  const found = answer.data?.accessProfile;
  if (!found) return say("", "");
  const shown = await profile(found);
  if (mine !== asked) return undefined;
  fill(at("told"), shown);
  const index = answer.extensions?.receipt?.index;
  return say(`${found.since} 至 ${found.until}。本次查看已留痕，为第 ${index} 条。`,
    `${found.since} to ${found.until}. This look is itself on record, as entry ${index}.`);
}

async function profile(found) {
  const since = `${found.since}T00:00`;
  const until = `${isoDay(Date.parse(found.until) + DAY_MS, "UTC")}T00:00`;
  const search = (more) => searchFor({ department: found.department, ...more, since, until });
  const word = (await words())("department", found.department);
  const heading = el("h2", {}, word ? both(...word) : found.department, word ? [" ", el("span", { class: "soft small code" }, found.department)] : null);
  if (found.total === 0 && found.before === 0) {
    return [heading, el("p", { class: "note" }, ...both("这些日子及此前都没有该部门的条目。", "No entry of this department, neither in these days nor before."))];
  }
  const since_ = [day(found.since), " – ", day(found.until)];
  return [heading,
    el("dl", { class: "figures" },
      compared("条目", "Entries", found.total, found.before),
      compared("被拒", "Refused", found.denials, found.denialsBefore),
      el("div", {}, el("dt", {}, ...both("时段", "Days")), el("dd", { class: "text" }, since_))),
    el("p", {}, el("a", { href: search({}) }, ...both("检索这些条目", "Search these entries"))),
    chart({
      title: ["逐日条目", "Entries day by day"], head: ["日期", "Day"],
      description: [`${found.since} 至 ${found.until}，共 ${found.total} 条，其中被拒 ${found.denials} 条；横线为此前同一星期几的平均数。`,
        `${found.since} to ${found.until}: ${found.total} entries, of them ${found.denials} refused; the line is the mean of that weekday before.`],
      names: { value: ["条目", "entries"], part: ["其中被拒", "of them refused"], usual: ["此前平均", "usual before"] },
      bars: found.days.map((each) => ({ label: each.day.slice(5), value: each.count, part: each.denials, usual: each.usual })),
    }),
    el("div", { class: "columns" },
      chart({
        title: ["按小时（北京时间）", "By hour, in Beijing"], head: ["小时", "Hour"], names: BESIDE,
        description: ["一天各小时的条目数；横线为此前同样天数。", "Entries by hour of the day; the line is as many days before."],
        bars: found.hours.map((each) => ({ label: String(each.hour).padStart(2, "0"), value: each.count, usual: each.before })),
      }),
      chart({
        title: ["按星期", "By day of the week"], head: ["星期", "Weekday"], names: BESIDE,
        description: ["一周各天的条目数；横线为此前同样天数。", "Entries by day of the week; the line is as many days before."],
        bars: found.weekdays.map((each) => ({ label: WEEKDAYS[each.hour], value: each.count, usual: each.before })),
      })),
    el("div", { class: "rankings" }, await rankings(found, search))];
}

function compared(zh, en, now, before) {
  return el("div", {}, el("dt", {}, ...both(zh, en)), el("dd", {}, count(now)),
    el("dd", {}, ...both("此前 ", "before: "), count(before)));
}

const PARTS = [
  ["用途", "Purpose", "purpose", "purposes"], ["经办人", "Reader", "actor", "readers"], ["字段", "Field", "field", "fields"],
  ["类别", "Kind of entry", "kind", "kinds"], ["拒绝原因", "Reason of refusal", "reason", "reasons"], ["通道", "Channel", "channel", "channels"],
];

async function rankings(found, search) {
  return Promise.all(PARTS.map(async ([zh, en, facet, key]) => {
    if (found[key].length === 0) return null;
    const rows = await Promise.all(found[key].map(async (each) => el("tr", {},
      el("th", { scope: "row" }, el("a", { href: search({ [facet]: each.value }) }, await named(facet, each.value)),
        found.before > 0 && each.before === 0 ? [" ", el("span", { class: "mark yellow" }, ...both("新", "new"))] : null),
      el("td", { class: "number" }, count(each.count)), el("td", { class: "number" }, count(each.before)))));
    return el("div", { class: "ranking" }, table(`按${zh}`, `By ${en.toLowerCase()}`, [[zh, en], ["这段日子", "These days", "number"], ["此前", "Before", "number"]], rows));
  }));
}

at("filter").addEventListener("submit", (event) => { event.preventDefault(); go(); });
addEventListener("hashchange", show);
const names = Object.entries((await catalogue()).departments).sort();
const offered = names.map(([id, { zh, en }]) => el("li", {}, el("a", { class: "chip", href: `#${id}`, title: id }, ...both(zh, en))));
fill(at("departments"), names.map(([id, { zh, en }]) => el("option", { value: id, label: `${zh} ${en}` })));
onSession(show);
