// The access log for auditors. Each look is a query like any other, and so an entry itself.

import { at, both, el, moment, say } from "./hub.js";
import { listed } from "./register.js";

const DOCUMENT = `query WhoRead($department: String, $subject: String, $since: DateTime, $until: DateTime, $first: Int!, $after: String) {
  accessLog(department: $department, subject: $subject, since: $since, until: $until, first: $first, after: $after) {
    edges { node { index at kind department role actor purpose case outcome fields denied subjectCount } }
    pageInfo { hasNextPage endCursor }
  }
}`;

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

await listed({
  document: DOCUMENT,
  field: "accessLog",
  filters,
  row,
  tell: (entries, answer) => {
    const index = answer.extensions?.receipt?.index;
    if (index === undefined) return say("", "");
    return say(`${entries.length} 条。本次查看已留痕，为第 ${index} 条。`,
      `${entries.length} entries. This look is itself on record, as entry ${index}.`);
  },
});
