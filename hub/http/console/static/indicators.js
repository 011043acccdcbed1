// Indicators for auditors: what the log adds up to. Each look is a query, and so an entry of the log.

import { at, both, el, moment, say } from "./hub.js";
import { listed } from "./register.js";

const DOCUMENT = `query Indicators($department: String, $severity: String, $open: Boolean!, $first: Int!, $after: String) {
  indicators(department: $department, severity: $severity, open: $open, first: $first, after: $after) {
    edges { node { id rule says severity department actor client startedAt endedAt firstIndex lastIndex count threshold acknowledgedBy acknowledgedAt note } }
    pageInfo { hasNextPage endCursor }
  }
}`;
const SEVERITIES = { high: ["高", "high"], medium: ["中", "medium"], low: ["低", "low"] };

function filters() {
  return {
    department: at("department").value.trim() || null,
    severity: at("severity").value || null,
    open: at("open").checked,
  };
}

function noted(each) {
  if (!each.acknowledgedBy) return "—";
  return [el("div", {}, each.note), el("div", { class: "soft small" }, `${each.acknowledgedBy} · `, moment(each.acknowledgedAt))];
}

function row(each) {
  const [zh, en] = SEVERITIES[each.severity] ?? [each.severity, each.severity];
  return el("tr", {},
    el("td", {}, moment(each.startedAt), el("div", { class: "soft small" }, "– ", moment(each.endedAt))),
    el("th", { scope: "row" }, el("code", {}, each.rule), el("div", { class: "small" }, each.says ?? "")),
    el("td", {}, el("span", { class: each.severity === "high" ? "mark late" : "mark" }, ...both(zh, en))),
    el("td", {}, each.department ?? "—", el("div", { class: "soft small" }, [each.actor, each.client].filter(Boolean).join(" · "))),
    el("td", { class: "number" }, `${each.count} / ${each.threshold}`),
    el("td", { class: "number" }, `${each.firstIndex}–${each.lastIndex}`, el("div", { class: "soft small code" }, each.id)),
    el("td", {}, noted(each)));
}

await listed({
  document: DOCUMENT,
  field: "indicators",
  filters,
  row,
  tell: (nodes) => say(`线索 ${nodes.length} 条`, `Indicators: ${nodes.length}`),
});
