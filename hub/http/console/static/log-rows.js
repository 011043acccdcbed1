// Entries of the log as lines of a table, each leading to its entry.

import { both, el, moment } from "./hub.js";
import { named, words } from "./log-words.js";

export const HEADS = [
  ["序号", "Entry", "number"], ["时间", "When"], ["类别与结果", "Kind, outcome"], ["部门与角色", "Department, role"],
  ["用途与案件", "Purpose, case"], ["人数", "People", "number"], ["字段", "Fields"],
];
export const FIELDS = "index at kind department role actor client purpose case outcome reason fields denied subjectCount";

async function list(values, zh, en) {
  if (!values || values.length === 0) return null;
  const of = await words();
  const items = values.map((each) => {
    const [path, reason] = each.split(" ");
    const word = of("field", path);
    const why = reason ? of("reason", reason) : null;
    return el("li", { title: path }, word ? both(...word) : path,
      reason ? [el("span", { class: "soft" }, " — ", why ? both(...why) : reason)] : null);
  });
  return el("details", {}, el("summary", {}, ...both(`${zh} ${values.length} 项`, `${values.length} ${en}`)),
    el("ul", { class: "small" }, items));
}

export async function entryRow(entry) {
  const isRefused = entry.outcome === "refused" || entry.outcome === "failed";
  const who = [entry.role ? await named("role", entry.role) : null, entry.actor ?? entry.client].filter(Boolean);
  return el("tr", {},
    el("td", { class: "number" }, el("a", { href: `/entry#${entry.index}` }, String(entry.index))),
    el("td", {}, moment(entry.at)),
    el("td", {}, await named("kind", entry.kind),
      el("div", { class: "small" }, el("span", { class: isRefused ? "mark late" : "soft" }, await named("outcome", entry.outcome))),
      entry.reason ? el("div", { class: "small" }, await named("reason", entry.reason)) : null),
    el("td", {}, entry.department ? el("a", { href: `/department#${entry.department}` }, await named("department", entry.department)) : "—",
      el("div", { class: "soft small" }, who.flatMap((each, at) => (at === 0 ? [each] : [" · ", each])))),
    el("td", {}, entry.purpose ? await named("purpose", entry.purpose) : "—",
      el("div", { class: "soft small code" }, [entry.purpose, entry.case].filter(Boolean).join(" · "))),
    el("td", { class: "number" }, String(entry.subjectCount ?? "")),
    el("td", {}, await list(entry.fields, "已应答", "answered"), await list(entry.denied, "已拒绝", "refused")));
}
