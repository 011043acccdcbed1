// Replays: who asks, who approves, what was shown then. Each step is a command, and so an entry of the log.

import { ask, at, both, el, fill, moment, onSession, option, say, session, showErrors, showReceipt, table } from "./hub.js";

const PAGE = 25;
const LIST = `query Replays($state: String, $first: Int!, $after: String) {
  replays(state: $state, first: $first, after: $after) {
    edges { node { id index state reason askedBy askedAt decidedBy decidedAt expiresAt ranAt verdict why } }
    pageInfo { hasNextPage endCursor }
  }
}`;
const STEP = "{ id index state expiresAt }";
const ASK = `mutation AskReplay($input: ReplayAskingInput!) { step: askReplay(input: $input) ${STEP} }`;
const APPROVE = `mutation ApproveReplay($input: ReplayInput!) { step: approveReplay(input: $input) ${STEP} }`;
const REFUSE = `mutation RefuseReplay($input: ReplayInput!) { step: refuseReplay(input: $input) ${STEP} }`;
const RUN = `mutation RunReplay($input: ReplayInput!) {
  step: runReplay(input: $input) { id index entry verdict why operation document variables data }
}`;
const STATES = { asked: ["待批准", "asked"], approved: ["已批准", "approved"], refused: ["已拒绝", "refused"], run: ["已执行", "run"], lapsed: ["已失效", "lapsed"] };
const VERDICTS = {
  same: ["与当时所示逐字节相同", "This is what was shown then, byte by byte", "good"],
  differs: ["与当时所示不同", "This is not what was shown then", "bad"],
  impossible: ["无法重放", "It cannot be asked again", "bad"],
};
let asked = 0; // the newest look-up; what an older one answers late is not shown
let following = null;
let drawn = []; // the requests in view
let isBusy = false;

const word = (words, code) => both(...(words[code] ?? [code, code]));
const entry = (index) => el("a", { href: `/entry#${index}` }, String(index));
const isLead = () => session()?.claims.role === "audit-lead";

async function show(after = null) {
  if (session() === null) return;
  const mine = (asked += 1);
  say("查询中……", "Asking ...");
  const answer = await ask(LIST, { state: at("state").value || null, first: PAGE, after });
  if (mine !== asked || session() === null) return;
  showErrors(at("errors"), answer);
  showReceipt(at("receipt"), answer);
  const found = answer.data?.replays;
  if (!found) return void say("", "");
  drawn = [...(after === null ? [] : drawn), ...found.edges.map((edge) => edge.node)];
  following = found.pageInfo.hasNextPage ? found.pageInfo.endCursor : null;
  at("pager").hidden = following === null;
  fill(at("requests"), drawn.length === 0
    ? el("p", { class: "note" }, ...both("没有申请。", "There is no request."))
    : table("重放申请，新的在前", "Requests for a replay, the newest first",
      [["时间", "When"], ["日志序号", "Entry"], ["理由", "Why"], ["状态", "State"], ["结论", "Verdict"], ["办理", "Steps"]], drawn.map(row)));
  const waiting = drawn.filter((each) => each.state === "asked").length;
  say(`申请 ${drawn.length} 件，其中待批准 ${waiting} 件`, `Requests: ${drawn.length}, waiting for approval: ${waiting}`);
}

function row(each) {
  const by = (who, when) => el("div", { class: "soft small" }, who, " · ", moment(when));
  return el("tr", {},
    el("td", {}, moment(each.askedAt), el("div", { class: "soft small" }, ...both("提出：", "by "), each.askedBy)),
    el("th", { scope: "row" }, entry(each.index)),
    el("td", {}, each.reason),
    el("td", {}, el("span", { class: "mark" }, ...word(STATES, each.state)), each.decidedBy ? by(each.decidedBy, each.decidedAt) : null,
      each.state === "approved" ? el("div", { class: "soft small" }, ...both("执行期限 ", "until "), moment(each.expiresAt)) : null),
    el("td", {}, each.verdict ? verdictMark(each.verdict) : "—", each.ranAt ? el("div", { class: "soft small" }, moment(each.ranAt)) : null),
    el("td", {}, el("div", { class: "row" }, stepsOf(each))));
}

const verdictMark = (verdict) => el("span", { class: verdict === "same" ? "mark green" : "mark X" }, ...word(VERDICTS, verdict));

// What may be done next by whoever is here; the hub decides whether it may.
function stepsOf(each) {
  const button = (zh, en, kind, onclick) => el("button", { type: "button", class: kind, onclick,
    "aria-label": null }, ...both(`${zh} ${each.index}`, `${en} ${each.index}`));
  if (each.state === "asked" && isLead()) {
    return [button("批准", "Approve", null, () => step(APPROVE, { id: each.id })),
      button("拒绝", "Refuse", "quiet", () => step(REFUSE, { id: each.id }))];
  }
  if (each.state === "approved" && !isLead()) return [button("执行", "Run", null, () => step(RUN, { id: each.id }))];
  return ["—"];
}

async function step(document_, input) {
  if (isBusy) return;
  isBusy = true;
  say("办理中……", "Doing it ...");
  const answer = await ask(document_, { input });
  isBusy = false;
  if (session() === null) return;
  const done = answer.data?.step;
  if (!done) {
    say("", "");
    showReceipt(at("receipt"), answer);
    return void showErrors(at("errors"), answer);
  }
  if (document_ === ASK) at("ask").reset();
  await show();
  drawOutcome(done);
}

function drawOutcome(done) {
  const part = at("outcome-part");
  part.hidden = false;
  if (done.verdict === undefined) {
    fill(at("outcome"), el("p", { class: "note", role: "status" }, ...both("已记录：日志第 ", "Recorded: the request about entry "), entry(done.index),
      ...both(" 条的申请现为", " is now "), el("strong", {}, ...word(STATES, done.state)),
      done.expiresAt ? [...both("，期限 ", ", until "), moment(done.expiresAt)] : null, "."));
  } else {
    const [zh, en, kind] = VERDICTS[done.verdict] ?? [done.verdict, done.verdict, "bad"];
    const text = (zhName, enName, content) => (content ? [el("h3", {}, ...both(zhName, enName)), el("pre", { class: "note-text", tabindex: "0" }, content)] : null);
    fill(at("outcome"), el("div", { class: "sheet" },
      el("p", { class: `verdict ${kind}`, role: "status" }, ...both(zh, en)),
      done.why.length > 0 ? el("ul", {}, done.why.map((each) => el("li", {}, each))) : null,
      el("p", { class: "soft" }, ...both("原条目 ", "The answer: entry "), entry(done.index), ...both("；本次重放留痕为第 ", "; this replay: entry "), entry(done.entry), ...both(" 条。", ".")),
      text("当时的查询", "What was asked", done.document), text("变量", "Its variables", pretty(done.variables)),
      text("所示内容", "What it shows", pretty(done.data)),
      done.data ? el("p", { class: "soft small no-print" }, ...both("离开本页即清除，且不能再执行一次。", "It is gone when you leave this page, and cannot be run once more.")) : null));
  }
  part.focus({ preventScroll: true });
  part.scrollIntoView({ block: "start" });
}

function pretty(text) {
  if (!text) return "";
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function fromAddress() {
  const index = (/^#index=(0|[1-9][0-9]{0,14})$/.exec(location.hash) ?? [])[1];
  if (index) at("index").value = index;
}

at("state").append(...Object.entries(STATES).map(([state, [zh, en]]) => option(state, zh, en)));
at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  step(ASK, { index: Number(at("index").value), reason: at("reason").value.trim() });
});
at("filter").addEventListener("submit", (event) => { event.preventDefault(); show(); });
at("more").addEventListener("click", () => show(following));
addEventListener("hashchange", fromAddress);
fromAddress();
onSession((current) => {
  asked += 1;
  drawn = [];
  for (const id of ["requests", "errors", "receipt", "outcome"]) fill(at(id));
  for (const id of ["outcome-part", "pager"]) at(id).hidden = true;
  at("ask-part").hidden = current === null || isLead();
  if (current === null) return say("请以审计角色登录后查看。", "Sign in as an auditor to look.");
  return show();
});
