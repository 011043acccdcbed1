// Findings: what the log adds up to, and what auditors make of it. Each look and each step is an entry of the log.

import { ask, at, both, count, el, facts, fill, labelled, moment, onSession, option, say, session, showErrors, showReceipt, table } from "./hub.js";
import { catalogue } from "./words.js";

const PAGE = 25;
const NODE = `{ id rule says saysZh severity department actor client startedAt endedAt firstIndex lastIndex entries
  count threshold usual usualDays usualOf state verdict steps ruleDecided ruleHarmless }`;
const LIST = `query Findings($department: String, $rule: String, $severity: String, $state: String, $id: String, $first: Int!, $after: String) {
  indicators(department: $department, rule: $rule, severity: $severity, state: $state, id: $id, first: $first, after: $after) {
    edges { node ${NODE} }
    pageInfo { hasNextPage endCursor }
  }
}`;
const DONE = "{ id number state verdict }";
const STEPS = {
  explain: { zh: "说明（误报）", en: "Explain: a false alarm", from: ["open", "confirmed"],
    document: `mutation Explain($input: FindingExplanationInput!) { step: explainFinding(input: $input) ${DONE} }` },
  confirm: { zh: "确认（确属滥用）", en: "Confirm: it was misuse", from: ["open", "explained"],
    document: `mutation Confirm($input: FindingJudgementInput!) { step: confirmFinding(input: $input) ${DONE} }` },
  close: { zh: "办结", en: "Close", from: ["open", "explained", "confirmed"],
    document: `mutation Close($input: FindingJudgementInput!) { step: closeFinding(input: $input) ${DONE} }` },
  reopen: { zh: "重新打开", en: "Open again", from: ["explained", "confirmed", "closed"],
    document: `mutation Reopen($input: FindingJudgementInput!) { step: reopenFinding(input: $input) ${DONE} }` },
};
const TAKEN = { acknowledge: ["已知悉", "acknowledged"], explain: ["说明", "explained"], confirm: ["确认", "confirmed"], close: ["办结", "closed"], reopen: ["重新打开", "opened again"] };
const STATES = { open: ["待核查", "open"], explained: ["已说明", "explained"], confirmed: ["已确认", "confirmed"], closed: ["已办结", "closed"] };
const SEVERITIES = { high: ["高", "high"], medium: ["中", "medium"], low: ["低", "low"] };
const VERDICTS = { harmless: ["误报", "a false alarm"], misuse: ["滥用", "misuse"] };
const USUAL = { reader: ["该经办人", "this reader"], department: ["该部门", "the department"] };
let asked = 0; // the newest look-up; what an older one answers late is not shown
let following = null;
let findings = []; // those in view
let isBusy = false;

const word = (words, code) => both(...(words[code] ?? [code, code]));
const entry = (index) => el("a", { href: `/entry#${index}` }, String(index));

function filters() {
  const text = (id) => at(id).value.trim() || null;
  return { department: text("department"), rule: text("rule"), severity: text("severity"), state: text("state"), id: null };
}

async function show(after = null) {
  if (session() === null) return;
  const mine = (asked += 1);
  say("查询中……", "Asking ...");
  const answer = await ask(LIST, { ...filters(), first: PAGE, after });
  if (mine !== asked || session() === null) return;
  showErrors(at("errors"), answer);
  showReceipt(at("receipt"), answer);
  const found = answer.data?.indicators;
  if (!found) return void say("", "");
  findings = [...(after === null ? [] : findings), ...found.edges.map((edge) => edge.node)];
  following = found.pageInfo.hasNextPage ? found.pageInfo.endCursor : null;
  draw();
}

function draw() {
  at("pager").hidden = following === null;
  fill(at("list"), findings.length === 0
    ? el("p", { class: "note" }, ...both("没有这样的线索。", "There is no such finding."))
    : findings.map(card));
  drawRates();
  fill(at("rules"), [...new Set(findings.map((each) => each.rule))].sort().map((id) => el("option", { value: id })));
  const open = findings.filter((each) => each.state === "open").length;
  say(`线索 ${findings.length} 条，其中待核查 ${open} 条`, `Findings: ${findings.length}, open: ${open}`);
}

function card(each) {
  const whose = [each.department, each.actor, each.client].filter(Boolean).join(" · ") || "—";
  return el("article", { class: "sheet", id: `finding-${each.id}`, tabindex: "-1", "aria-labelledby": `title-${each.id}` },
    el("h2", { id: `title-${each.id}`, class: "marks" },
      el("span", { class: each.severity === "high" ? "mark late" : each.severity === "medium" ? "mark orange" : "mark" }, ...word(SEVERITIES, each.severity)),
      el("span", {}, ...both(each.saysZh ?? each.rule, each.says ?? each.rule)),
      el("span", { class: each.state === "open" ? "mark yellow" : "mark" }, ...word(STATES, each.state)),
      each.verdict ? el("span", { class: each.verdict === "misuse" ? "mark X" : "mark green" }, ...word(VERDICTS, each.verdict)) : null),
    facts(
      ["何人所为", "Whose doing", whose],
      ["时段", "Window", [moment(each.startedAt), " – ", moment(each.endedAt)]],
      ["数量", "Counted", [count(each.count), ...both("，阈值 ", ", threshold "), count(each.threshold), usual(each)]],
      ["依据条目", "Rests on entries", evidence(each)],
      ["规则", "Rule", [el("code", {}, each.rule), rate(each)]],
      ["编号", "Id", el("code", { class: "small" }, each.id)]),
    each.steps?.length ? history(each) : null,
    judging(each));
}

function usual(each) {
  if (each.usual === null) return null;
  return [...both("；常态 ", "; usual "), count(each.usual), " (", ...word(USUAL, each.usualOf), ...both(`，${each.usualDays} 天`, `, ${each.usualDays} days`), ")"];
}

function rate(each) {
  if (!each.ruleDecided) return null;
  return [" ", el("span", { class: "soft small" }, ...both(`已判断 ${each.ruleDecided} 条，其中误报 ${each.ruleHarmless} 条`, `judged ${each.ruleDecided}, false alarms ${each.ruleHarmless}`))];
}

function evidence(each) {
  const known = each.entries ?? [];
  const links = known.flatMap((index, place) => (place === 0 ? [entry(index)] : [", ", entry(index)]));
  const isMore = known.length > 0 && each.lastIndex > Number(known[known.length - 1]);
  return [links, isMore ? [...both("……至 ", " ... until "), entry(each.lastIndex)] : null];
}

// A step is told as one line: when, what, where it stood then, by whom, and the words.
function history(each) {
  return el("div", {}, el("h3", {}, ...both("经过", "What was done")), el("ul", {}, each.steps.map((line) => {
    const [, when, what, , by, words] = /^(\S+) (\S+) (\S+) (\S+(?: \(\S+\))?) ([^]*)$/.exec(line) ?? [];
    if (!when) return el("li", {}, line);
    return el("li", {}, moment(when), " ", el("strong", {}, ...word(TAKEN, what)), ...both("，", " by "), by, ": ", words);
  })));
}

// The steps that may follow; the hub decides whether whoever is here may take them.
function judging(each) {
  const possible = Object.entries(STEPS).filter(([, step]) => step.from.includes(each.state));
  const field = (name, zh, en, control) => {
    control.id = `${name}-${each.id}`;
    return el("div", { class: name === "words" ? "field wide" : "field" }, el("label", { for: control.id }, ...both(zh, en)), control);
  };
  const what = el("select", { required: true }, possible.map(([name, step]) => option(name, step.zh, step.en)));
  const words = el("textarea", { rows: 2, maxlength: 1000, required: true });
  const whose = el("input", { size: 18, maxlength: 64, autocomplete: "off", spellcheck: "false", pattern: "[A-Za-z0-9][A-Za-z0-9._:\\/\\-]{0,63}" });
  const whosePart = field("whose", "何人说明（编号，可空）", "Whose explanation, an id; left out: yours", whose);
  const wrong = el("div", {});
  const follow = () => { whosePart.hidden = what.value !== "explain"; };
  what.addEventListener("change", follow);
  follow();
  const made = el("form", { ...labelled("核查", "Judging"), onsubmit: async (event) => {
    event.preventDefault();
    const input = { id: each.id, words: words.value.trim(), ...(what.value === "explain" && whose.value.trim() ? { wordsOf: whose.value.trim() } : {}) };
    await take(each, STEPS[what.value].document, input, wrong);
  } }, field("step", "步骤", "Step", what), whosePart,
  field("words", "理由（不写姓名和号码）", "Why: no name and no number of a person", words),
  el("button", { type: "submit" }, ...both("记录", "Record")));
  return el("details", { class: "no-print" }, el("summary", {}, ...both("核查", "Judge it")), made, wrong);
}

async function take(each, document_, input, wrong) {
  if (isBusy) return;
  isBusy = true;
  const answer = await ask(document_, { input });
  isBusy = false;
  if (session() === null) return;
  if (!answer.data?.step) return void showErrors(wrong, answer);
  const anew = await ask(LIST, { department: null, rule: null, severity: null, state: null, id: each.id, first: 1, after: null });
  if (session() === null) return;
  const [edge] = anew.data?.indicators.edges ?? [];
  findings = findings.map((one) => (one.id === each.id ? edge?.node ?? { ...one, state: answer.data.step.state, verdict: answer.data.step.verdict } : one));
  draw();
  showReceipt(at("receipt"), answer);
  say(`已记录：线索现为“${STATES[answer.data.step.state]?.[0] ?? answer.data.step.state}”。`, `Recorded: the finding is now ${answer.data.step.state}.`);
  at(`finding-${each.id}`).focus();
}

function drawRates() {
  const rules = new Map(findings.map((each) => [each.rule, each]));
  const known = [...rules.values()].filter((each) => each.ruleDecided).sort((a, b) => a.rule.localeCompare(b.rule));
  at("rates-part").hidden = known.length === 0;
  const share = (each) => `${Math.round((100 * each.ruleHarmless) / each.ruleDecided)} %`;
  fill(at("rates"), table("误报率", "False alarms", [["规则", "Rule"], ["已判断", "Judged", "number"], ["误报", "False alarms", "number"], ["误报率", "Share", "number"]],
    known.map((each) => el("tr", {}, el("th", { scope: "row" }, el("code", {}, each.rule), el("div", { class: "soft small" }, ...both(each.saysZh ?? "", each.says ?? ""))),
      el("td", { class: "number" }, count(each.ruleDecided)), el("td", { class: "number" }, count(each.ruleHarmless)), el("td", { class: "number" }, share(each))))));
}

at("state").append(...Object.entries(STATES).map(([code, [zh, en]]) => option(code, zh, en)));
at("state").value = "open";
at("severity").append(...Object.entries(SEVERITIES).map(([code, [zh, en]]) => option(code, zh, en)));
at("filter").addEventListener("submit", (event) => { event.preventDefault(); show(); });
at("more").addEventListener("click", () => show(following));
const departments = [...new Set((await catalogue()).datasets.map((each) => each.department))].sort();
fill(at("departments"), departments.map((id) => el("option", { value: id })));
onSession((current) => {
  asked += 1;
  findings = [];
  for (const id of ["list", "errors", "receipt", "rates"]) fill(at(id));
  for (const id of ["pager", "rates-part"]) at(id).hidden = true;
  if (current === null) return say("请以审计角色登录后查看。", "Sign in as an auditor to look.");
  return show();
});
