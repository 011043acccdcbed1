// One family, as far as the caller's role may see it: asked from the schema and the grants, and
// shown under the declarations' names. It is one query, on record like any other.

import { ask, both, el, fill, hub, labelled, showErrors, showReceipt } from "./hub.js";
import { grantedSelection, granted, schema } from "./schema.js";
import { showTaken, stepForms } from "./steps.js";
import { bandMark, catalogue, codeName, departmentName, fieldsByPath } from "./words.js";

export async function drawFamily(place, id, alert, { opener, changed }) {
  const close = el("button", { type: "button", class: "quiet", onclick: () => { place.hidden = true; opener.focus(); } },
    ...both("关闭", "Close"));
  const heading = el("div", { class: "row" }, el("h2", { id: "family-title" }, ...both("家庭 ", "Family "),
    bandMark(alert.band)), close);
  fill(place, heading, el("p", { role: "status" }, ...both("查询中……", "Asking ...")));
  place.hidden = false;
  place.focus();
  const known = await schema();
  const rights = await granted();
  const selection = known && rights ? await grantedSelection(known, rights, "Household") : "";
  if (!selection) {
    return fill(place, heading, el("p", {}, ...both("当前角色和用途无权查看家庭详情。", "This role may not see more of a family for this purpose.")));
  }
  const answer = await ask(`query Family($id: ID!) {\n  household(id: $id) {\n${selection}\n  }\n}`, { id });
  const errors = el("div");
  const receipt = el("p", { class: "receipt" });
  showErrors(errors, answer);
  showReceipt(receipt, answer);
  const family = answer.data?.household;
  const lists = (await catalogue()).codeLists;
  const declared = await fieldsByPath();
  const context = { lists, declared, known, rights };
  const news = el("div", { "aria-live": "polite" });
  const taken = async (step, told) => {
    Object.assign(alert, { status: step.status, step: step.step });
    changed();
    await drawFamily(place, id, alert, { opener, changed });
    showTaken(place.querySelector("[aria-live]"), step, told);
  };
  const steps = family ? await stepForms(alert, family, context, taken) : [];
  return fill(place, heading, news, errors,
    family ? await drawn(family, steps, context) : null, receipt);
}

async function drawn(family, steps, context) {
  const { profile } = await hub();
  const parts = [];
  if (family.score) parts.push(scoreOf(family.score, profile));
  if (steps.length > 0) parts.push(el("section", {}, el("h3", {}, ...both("办理", "Casework")), steps));
  if (family.members) parts.push(el("h3", {}, ...both("家庭成员", "Members")));
  for (const [index, member] of (family.members ?? []).entries()) {
    parts.push(el("details", { open: index === 0 }, el("summary", {}, ...memberTitle(member, index, context)),
      ...(await records(member.person, "Person", context))));
  }
  const { members, score, alerts, ...rest } = family;
  parts.push(...(await records(rest, "Household", context)));
  return parts;
}

function memberTitle(member, index, { lists, declared }) {
  const register = Object.values(member.person ?? {}).find((value) => value && typeof value === "object" && "name" in value);
  const relation = declared.get("Population.relationToHead")?.codes;
  return [el("strong", {}, register?.name ?? plainNumber(index)), " ",
    member.relation ? el("span", { class: "soft" }, ...(relation ? codeName(lists, relation, member.relation) : [member.relation])) : null];
}

const plainNumber = (index) => `成员 Member ${index + 1}`;

function scoreOf(score, profile) {
  const names = new Map((profile?.dimensions ?? []).map((each) => [each.code, each]));
  const bars = (score.dimensions ?? []).map((each) => {
    const name = names.get(each.code) ?? { zh: each.code, en: each.code };
    const points = `${each.points} / ${each.cap}`;
    return [el("dt", {}, ...both(name.zh, name.en)),
      el("dd", {}, el("meter", { min: 0, max: each.cap, value: each.points, ...labelled(`${name.zh}：${points}`, `${name.en}: ${points}`) }), ` ${each.points} / ${each.cap} `,
        each.coverage < each.cap ? el("span", { class: "soft small" },
          ...both(`仅 ${each.coverage} 分可判定`, `only ${each.coverage} could be decided`)) : null)];
  });
  const reasons = [...(score.reasons ?? [])].sort((one, two) => two.points - one.points);
  return el("section", {},
    el("p", {}, ...both("总分 ", "Score "), el("strong", {}, String(score.total ?? "—")),
      ...both(`，100 分中 ${score.coverage ?? "—"} 分可判定`, `; ${score.coverage ?? "—"} of 100 points could be decided`)),
    bars.length > 0 ? el("dl", { class: "facts" }, bars) : null,
    reasons.length > 0 ? [el("h3", {}, ...both("依据", "Reasons")), reasonList(reasons.slice(0, FIRST))] : null,
    reasons.length > FIRST ? el("details", {}, el("summary", {},
      ...both(`另有 ${reasons.length - FIRST} 条依据`, `${reasons.length - FIRST} more reasons`)), reasonList(reasons.slice(FIRST))) : null);
}

const FIRST = 8;
const reasonList = (reasons) => el("ul", {}, reasons.map((each) => el("li", {},
  el("strong", {}, `${each.points}`), " ", ...both(each.textZh, each.textEn))));

const NEWEST = 12;

async function records(subject, typeName, context) {
  if (!subject) return [];
  const { datasets } = await catalogue();
  const made = [];
  for (const [key, value] of Object.entries(subject)) {
    const dataset = datasets.find((each) => each.navigation === key && each.subject === typeName.toLowerCase());
    if (dataset === undefined) continue;
    const rows = (Array.isArray(value) ? value : [value]).filter(Boolean);
    if (rows.length === 0) continue;
    made.push(el("h3", {}, ...both(dataset.zh, dataset.en), el("span", { class: "soft small" }, " ", ...(await departmentName(dataset.department)))));
    made.push(rows.length === 1 ? facts(rows[0], dataset, context) : table(rows, dataset, context));
  }
  return made;
}

// The fields of a record that have a declaration, with their values.
const fieldsOf = (row, dataset, { declared }) => Object.entries(row)
  .map(([key, value]) => [declared.get(`${dataset.type}.${key}`), value]).filter(([field]) => field !== undefined);

function facts(row, dataset, context) {
  return el("dl", { class: "facts" }, fieldsOf(row, dataset, context).map(([field, value]) =>
    [el("dt", {}, ...both(field.zh, field.en.split(";")[0])), el("dd", {}, ...shown(field, value, context.lists))]));
}

function table(rows, dataset, context) {
  const names = fieldsOf(rows[0], dataset, context).map(([field]) => el("th", { scope: "col" }, ...both(field.zh, field.en.split(";")[0])));
  const lines = rows.slice(0, NEWEST).map((row) => el("tr", {}, fieldsOf(row, dataset, context).map(([field, value]) =>
    el("td", {}, ...shown(field, value, context.lists)))));
  const more = rows.length - NEWEST;
  return el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, names)), el("tbody", {}, lines)),
    more > 0 ? el("p", { class: "soft small" }, ...both(`另有 ${more} 条`, `and ${more} more`)) : null);
}

function shown(field, value, lists) {
  if (value === null) return [el("span", { class: "soft" }, ...both("未知", "unknown"))];
  if (Array.isArray(value)) return [el("ul", {}, value.map((each) => el("li", {}, Object.values(each).join(" · "))))];
  if (typeof value === "boolean") return value ? both("是", "yes") : both("否", "no");
  if (field.kind === "cents") return [`¥ ${(value / 100).toLocaleString("en", { minimumFractionDigits: 2 })}`];
  if (field.codes) return codeName(lists, field.codes, value);
  return [String(value)];
}
