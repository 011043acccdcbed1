// One entry of the log: what it says, and its proof, which is checked in this page.

import { at, both, el, fill, onSession, say, session, told } from "./hub.js";
import { NotProven, readProof } from "./notes.js";
import { drawVerdict, keyForm, logTold, proofButton } from "./proof.js";

let log = null; // what the hub says of its log
let shown = null; // the proof in view
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
  if (session() === null) return say("请登录后查看。", "Sign in to look.");
  if (index === null) return say("请填写日志序号。", "Give the number of an entry.");
  say("查询中……", "Asking ...");
  const found = await logTold();
  const proof = Number(index) < (found?.size ?? 0) ? await proofOf(index) : null;
  if (mine !== asked || session() === null) return undefined;
  [log, shown] = [found, proof];
  at("proof").hidden = shown === null;
  if (shown === null) return say(`日志没有第 ${index} 条。`, `The log has no entry ${index}.`);
  await drawProof();
  return say(`第 ${index} 条。`, `Entry ${index}.`);
}

async function drawProof() {
  if (shown !== null) {
    await drawVerdict(at("verdict"), shown, log);
    at("verdict").append(el("p", {}, proofButton(shown)));
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
  shown = null;
  at("proof").hidden = true;
  for (const id of ["entry", "verdict", "errors", "receipt"]) fill(at(id));
  if (current === null) log = null;
  return show();
});
