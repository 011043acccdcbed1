// One entry of the log: what it says, and its proof, which is checked in this page.

import { ask, at, both, el, fill, onSession, purposeOf, say, session, showErrors, showReceipt, told } from "./hub.js";
import { DOCUMENT, entryTold, proofIn } from "./entry-told.js";
import { NotProven, readProof } from "./notes.js";
import { drawVerdict, keyForm, logTold, proofButton } from "./proof.js";

let log = null; // what the hub says of its log
let shown = null; // the proof in view
let entry = null; // what an auditor is told of it
let asked = 0; // the newest look-up; what an older one answers late is not shown

const wanted = () => (/^#(0|[1-9][0-9]{0,14})$/.exec(location.hash) ?? [])[1] ?? null;

async function proofOf(index) {
  const reply = await told(`/log/proof/${index}`, true, "text");
  return reply === null ? null : readProof(reply);
}

async function show() {
  const index = wanted();
  const mine = (asked += 1);
  at("index").value = index ?? at("index").value;
  at("previous").disabled = index === null || index === "0" || session() === null;
  at("next").disabled = index === null || session() === null;
  if (`${entry?.index}` !== index) for (const id of ["entry", "errors", "receipt"]) fill(at(id));
  if (session() === null) return say("请登录后查看。", "Sign in to look.");
  if (index === null) return say("请填写日志序号。", "Give the number of an entry.");
  say("查询中……", "Asking ...");
  const found = await logTold();
  if (mine !== asked || session() === null) return undefined;
  const isThere = Number(index) < (found?.size ?? 0);
  const answer = isThere && purposeOf(session()) === "AUDIT" ? await ask(DOCUMENT, { index: Number(index) }) : {};
  const detail = answer.data?.accessEntry ?? null;
  const proof = detail?.proof ? proofIn(detail) : isThere ? await proofOf(index) : null;
  const drawn = detail === null ? [] : await entryTold(detail);
  if (mine !== asked || session() === null) return undefined;
  [log, shown, entry] = [found, proof, detail];
  showErrors(at("errors"), answer);
  showReceipt(at("receipt"), answer);
  fill(at("entry"), drawn);
  at("proof").hidden = shown === null;
  if (shown === null) return say(`日志没有第 ${index} 条。`, `The log has no entry ${index}.`);
  await drawProof();
  const own = answer.extensions?.receipt?.index;
  return own === undefined ? say(`第 ${index} 条。`, `Entry ${index}.`)
    : say(`第 ${index} 条。本次查看已留痕，为第 ${own} 条。`, `Entry ${index}. This look is itself on record, as entry ${own}.`);
}

async function drawProof() {
  if (shown !== null) {
    await drawVerdict(at("verdict"), shown, log);
    const isOpen = shown.opening.record !== undefined;
    at("verdict").append(el("p", { class: "row" }, proofButton(shown),
      isOpen ? el("span", { class: "small soft" }, ...both("文件含记录内容，限审计使用。", "The file holds the record: for auditors only.")) : null));
  }
  if (chosen !== null) await drawVerdict(at("own"), chosen, log);
}

function go(index) {
  if (`#${index}` === location.hash) show();
  else location.hash = `#${index}`;
}

let chosen = null; // the proof that somebody brought

async function drawOwn() {
  const [file] = at("file").files;
  if (!file) return;
  try {
    chosen = readProof(await file.text());
    at("own").className = "sheet";
    await drawVerdict(at("own"), chosen, log);
  } catch (problem) {
    if (!(problem instanceof NotProven)) throw problem;
    chosen = null;
    fill(at("own"), el("p", { class: "verdict bad", role: "alert" }, ...both(problem.zh, problem.en)));
  }
}

at("filter").addEventListener("submit", (event) => { event.preventDefault(); go(at("index").value); });
at("previous").addEventListener("click", () => go(Number(wanted()) - 1));
at("next").addEventListener("click", () => go(Number(wanted()) + 1));
at("file").addEventListener("change", drawOwn);
addEventListener("hashchange", show);
fill(at("keys-place"), keyForm(drawProof));
onSession((current) => {
  asked += 1;
  shown = entry = null;
  at("proof").hidden = true;
  for (const id of ["entry", "verdict", "errors", "receipt"]) fill(at(id));
  if (current === null) log = null;
  return show();
});
