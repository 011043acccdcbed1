// What one entry of the log says, in words, and whether that is what its proven record says.

import { both, count, el, facts, labelled, moment, table } from "./hub.js";
import { unhex } from "./notes.js";
import { named, searchFor, words } from "./log-words.js";

const TEXTS = ["department", "role", "actor", "client", "purpose", "case", "operation", "document", "channel", "outcome", "reason", "policy", "request"];
const NAMED = "name nameZh";
export const DOCUMENT = `query OneEntry($index: Int!) {
  accessEntry(index: $index) {
    index at kind kindName kindNameZh ${TEXTS.join(" ")} knownAt encryption subjectCount
    datasets { type ${NAMED} source fields { path ${NAMED} classification } } denied { path ${NAMED} reason }
    subjects { place fields } told { key value }
    proof { record salt subjectsRoot subjectCount commitment path checkpoint }
  }
}`;

// The proof as it is verified, with the record opened: what is shown rests on it.
export function proofIn(entry) {
  const { record, salt, subjectsRoot, subjectCount, commitment, path, checkpoint } = entry.proof;
  return {
    index: entry.index, path: path.map(unhex), checkpoint,
    opening: { commitment, record, salt, subjects: subjectsRoot, count: subjectCount },
  };
}

// Which of the texts shown are not what the record says.
export function strayed(entry) {
  const record = JSON.parse(entry.proof.record);
  const text = (value) => (typeof value === "string" ? value : null);
  return TEXTS.filter((name) => (entry[name] ?? null) !== text(record[name]));
}

const SAME = {
  department: ["同一部门", "the same department"], actor: ["同一经办人", "the same reader"], client: ["同一系统", "the same system"],
  purpose: ["同一用途", "the same purpose"], case: ["同一案件", "the same case"], policy: ["同一策略版本", "the same policy version"],
  document: ["同一查询文本", "the same question"], request: ["同一请求", "the same request"],
};

async function valued(entry, facet) {
  const value = entry[facet];
  if (!value) return null;
  const shown = facet === "department" ? el("a", { href: `/department#${value}` }, await named(facet, value)) : await named(facet, value);
  const word = (await words())(facet, value);
  return [shown, word ? el("span", { class: "soft small code" }, ` ${value}`) : null,
    SAME[facet] ? [" ", el("a", { class: "same small", href: searchFor({ [facet]: value }) }, ...both(`检索${SAME[facet][0]}`, `search ${SAME[facet][1]}`))] : null];
}

export async function entryTold(entry) {
  const value = (facet) => valued(entry, facet);
  const isRefused = entry.outcome === "refused" || entry.outcome === "failed";
  const stray = entry.proof ? strayed(entry) : [];
  return [
    el("h2", {}, ...both(entry.kindNameZh ?? entry.kind, entry.kindName ?? entry.kind), el("span", { class: "soft" }, " · ", moment(entry.at))),
    stray.length > 0 ? el("p", { class: "verdict bad", role: "alert" }, ...both(
      `所示内容与记录不符：${stray.join("、")}`, `What is shown is not what the record says: ${stray.join(", ")}`)) : null,
    el("div", { class: "sheet" }, facts(
      ["结果", "Outcome", entry.outcome ? [el("span", { class: isRefused ? "mark late" : "mark green" }, await named("outcome", entry.outcome)),
        entry.reason ? [" ", await named("reason", entry.reason)] : null] : null],
      ["部门", "Department", await value("department")], ["角色", "Role", await value("role")], ["经办人", "Reader", await value("actor")],
      ["系统", "System", await value("client")], ["用途", "Purpose", await value("purpose")], ["案件", "Case", await value("case")],
      ["涉及人数", "People and households", count(entry.subjectCount)], ["通道", "Channel", await value("channel")],
      ["操作名", "Operation", entry.operation ? el("span", { class: "code" }, entry.operation) : null],
      ["查询文本摘要", "Text of the question", await value("document")], ["请求编号", "Request", await value("request")],
      ["策略版本", "Policy version", await value("policy")],
      ["数据截至", "Known at", entry.knownAt ? el("span", { class: "code" }, entry.knownAt) : null], ["加密方式", "Encrypted as", entry.encryption])),
    entry.kind === "answer" && !isRefused ? el("p", { class: "no-print" }, el("a", { href: `/replays#index=${entry.index}` },
      ...both("申请重放：当时给出了什么", "Ask for a replay: what was shown then"))) : null,
    await readPart(entry), await refusedPart(entry), subjectsPart(entry), toldPart(entry)];
}

async function readPart({ datasets }) {
  if (datasets.length === 0) return null;
  const of = await words();
  const nameOf = (each) => (each.name ? both(each.nameZh ?? each.name, each.name) : [each.path ?? each.type]);
  const typeOf = (each) => {
    const word = of("field", each.type);
    return each.name || !word ? nameOf(each) : both(word[0].replace("（全部）", ""), word[1].replace(" (any)", ""));
  };
  const parts = await Promise.all(datasets.map(async (each) => el("tr", {},
    el("th", { scope: "row" }, typeOf(each), el("div", { class: "soft small code" }, each.type)),
    el("td", {}, each.source ? await named("department", each.source) : "—"),
    el("td", {}, el("ul", { class: "inline" }, each.fields.map((field) => el("li", {},
      el("a", { href: searchFor({ field: field.path }), title: field.path }, nameOf(field)),
      field.classification && field.classification !== "G" ? [" ", el("span", { class: `mark ${field.classification}` }, field.classification)] : null)))))));
  return el("section", { ...labelled("读取内容", "What was read") }, el("h2", {}, ...both("读取内容", "What was read")),
    table("按数据资源列出的字段", "Fields by dataset", [["数据资源", "Dataset"], ["提供部门", "Provider"], ["字段", "Fields"]], parts));
}

async function refusedPart({ denied }) {
  if (denied.length === 0) return null;
  const rows = await Promise.all(denied.map(async (each) => el("tr", {},
    el("th", { scope: "row" }, await named("field", each.path)), el("td", {}, each.reason ? await named("reason", each.reason) : "—"))));
  return el("section", {}, el("h2", {}, ...both("被拒内容", "What was refused")),
    table("被拒字段及原因", "Refused fields and why", [["字段", "Field"], ["原因", "Reason"]], rows));
}

// How many people had which fields read: who they are, an entry tells nobody.
function subjectsPart({ subjects, subjectCount }) {
  if (subjects.length === 0) return null;
  const groups = new Map();
  for (const { fields } of subjects) {
    const key = fields.join(" ");
    groups.set(key, { fields, times: (groups.get(key)?.times ?? 0) + 1 });
  }
  const rows = [...groups.values()].map(({ fields, times }) => el("tr", {}, el("td", { class: "number" }, count(times)),
    el("td", { class: "code small" }, fields.join(", "))));
  return el("details", {}, el("summary", {}, ...both(`涉及的 ${subjectCount} 人（户），按所读字段`, `${subjectCount} people and households, by what was read of each`)),
    table("对象数与所读字段", "How many, and what was read of each", [["对象数", "How many", "number"], ["字段", "Fields"]], rows));
}

function toldPart({ told }) {
  if (told.length === 0) return null;
  return el("details", {}, el("summary", {}, ...both(`其他记载 ${told.length} 项`, `${told.length} more that the record states`)),
    table("其他记载", "What else the record states", [["位置", "Where"], ["内容", "What"]],
      told.map(({ key, value }) => el("tr", {}, el("th", { scope: "row", class: "code small" }, key), el("td", { class: "code small" }, value ?? "—")))));
}
