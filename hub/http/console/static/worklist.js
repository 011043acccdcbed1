// The worklist: band by band, page by page; a family opens with what the role may see.

import { ask, at, both, el, fill, hub, labelled, onSession, say, showErrors, showReceipt } from "./hub.js";
import { drawFamily } from "./family.js";
import { granted, grantedOf } from "./schema.js";
import { bandMark, catalogue } from "./words.js";

const PAGE = 20;

// What a row shows, as far as it is granted: what is not would be refused, and on record as such.
function documentFor(rights) {
  const alert = grantedOf(rights, "Alert", ["band", "total", "urgent", "dueOn", "status", "assignee", "step"]);
  const household = grantedOf(rights, "Household", ["id", "region"]);
  const coverage = grantedOf(rights, "Score", ["coverage"]);
  const reasons = grantedOf(rights, "Score", ["reasons"]) && "reasons { points textZh textEn }";
  const score = coverage || reasons ? `score { ${coverage} ${reasons} }` : "";
  const family = household || score ? `household { ${household} ${score} }` : "";
  return `query Worklist($bands: [Band!], $region: String, $first: Int!, $after: String) {
  warnings(bands: $bands, region: $region, first: $first, after: $after) {
    edges { node { recordId ${alert} ${family} } }
    pageInfo { hasNextPage endCursor }
  }
}`;
}

let rights = null;
let lists = {};
let position = null;
let following = null;
const earlier = [];

const chosenBands = () => [...document.querySelectorAll("#bands input:checked")].map((box) => box.value);

// Asks band after band until the page is full; returns rows, where to go on, and the last answer.
async function page(start) {
  const bands = chosenBands();
  const region = at("region").value.trim() || null;
  const rows = [];
  let { band, after } = start;
  let answer = null;
  while (band < bands.length && rows.length < PAGE) {
    const first = PAGE - rows.length;
    answer = await ask(documentFor(rights), { bands: [bands[band]], region, first, after });
    const found = answer.data?.warnings;
    if (!found) return { rows, next: null, answer };
    rows.push(...found.edges.map((edge) => edge.node));
    if (found.pageInfo.hasNextPage) after = found.pageInfo.endCursor;
    else { band += 1; after = null; }
  }
  return { rows, next: band < bands.length ? { band, after } : null, answer };
}

function due(day) {
  if (!day) return "";
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai" }).format(new Date());
  return [el("time", { datetime: day, class: "nowrap" }, day), day < today
    ? [" ", el("span", { class: "mark late" }, ...both("已逾期", "overdue"))] : null];
}

function stateOf(alert) {
  const known = lists.alert_status?.codes[alert.status];
  const name = known ? both(known.zh, known.en) : [alert.status ?? ""];
  return [...name, alert.assignee ? el("span", { class: "soft" }, ` ${alert.assignee}`) : null].filter(Boolean);
}

function reasons(household) {
  const all = [...(household?.score?.reasons ?? [])].sort((one, two) => two.points - one.points);
  if (all.length === 0) return el("span", { class: "soft" }, "—");
  const more = all.length - 3;
  return [el("ul", {}, all.slice(0, 3).map((each) => el("li", {}, ...both(each.textZh, each.textEn)))),
    more > 0 ? el("span", { class: "soft small" }, ...both(`另有 ${more} 条`, `and ${more} more`)) : null];
}

function row(alert) {
  const id = alert.household?.id;
  const open = el("button", { type: "button", class: "quiet", ...labelled(`打开该家庭，${alert.total} 分`, `Open the family with ${alert.total} points`) }, ...both("打开", "Open"));
  const state = el("div", { class: "small" }, ...stateOf(alert));
  const made = el("tr", {},
    el("td", {}, bandMark(alert.band), alert.urgent ? [" ", el("span", { class: "mark late" }, ...both("紧急", "urgent"))] : null),
    el("td", { class: "number" }, String(alert.total ?? ""), el("div", { class: "soft small" },
      ...both(`${alert.household?.score?.coverage ?? "—"}/100 可判定`, `${alert.household?.score?.coverage ?? "—"} of 100 decided`))),
    el("td", {}, due(alert.dueOn), state),
    el("td", { class: "code" }, alert.household?.region ?? ""),
    el("td", {}, reasons(alert.household)),
    el("td", {}, id ? open : "—"));
  open.addEventListener("click", async () => {
    for (const other of document.querySelectorAll("tr.chosen")) other.classList.remove("chosen");
    made.classList.add("chosen");
    await drawFamily(at("family"), id, alert, { opener: open, changed: () => fill(state, ...stateOf(alert)) });
  });
  return made;
}

async function show(start) {
  at("family").hidden = true;
  say("查询中……", "Asking ...");
  const { rows, next, answer } = await page(start);
  position = start;
  following = next;
  fill(at("list").tBodies[0], rows.map(row));
  at("list").hidden = rows.length === 0;
  at("pager").hidden = rows.length === 0 && earlier.length === 0;
  at("previous").disabled = earlier.length === 0;
  at("next").disabled = next === null;
  if (answer === null) return say("请选择预警等级。", "Choose a band.");
  showErrors(at("errors"), answer);
  showReceipt(at("receipt"), answer);
  return say(`本页 ${rows.length} 户。`, `${rows.length} families on this page.`);
}

async function setUp() {
  const { profile } = await hub();
  const bands = [...(profile?.bands ?? [])].reverse();
  fill(at("bands"), bands.map(({ band }) => el("label", {},
    el("input", { type: "checkbox", value: band.toUpperCase(), checked: true }), " ", bandMark(band))));
}

at("filter").addEventListener("submit", (event) => {
  event.preventDefault();
  earlier.length = 0;
  show({ band: 0, after: null });
});
at("next").addEventListener("click", () => { earlier.push(position); show(following); });
at("previous").addEventListener("click", () => show(earlier.pop()));

await setUp();
lists = (await catalogue()).codeLists;
onSession(async (current) => {
  earlier.length = 0;
  if (current !== null) {
    rights = await granted();
    return show({ band: 0, after: null });
  }
  fill(at("list").tBodies[0]);
  for (const id of ["list", "pager", "family"]) at(id).hidden = true;
  fill(at("errors")); fill(at("receipt")); fill(at("family"));
  return say("请登录后查看。", "Sign in to see the families.");
});
