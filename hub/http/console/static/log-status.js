// How the log stands: its newest checkpoint, and what its witnesses last said of it.

import { at, both, count, el, facts, fill, moment, onSession, say, session, table, told } from "./hub.js";
import { canVerify, base64, readKeys, readNote, signedBy, witnessedBy } from "./notes.js";
import { keyForm, keysText, logTold } from "./proof.js";

let asked = 0;

const mark = (isGood, zh, en) => el("span", { class: isGood ? "mark green" : "mark late" }, ...both(zh, en));

// The checkpoint at a path: read, with whether its signature holds under `keys`.
async function checkpoint(path, keys) {
  const text = await told(path, true, "text");
  if (text === null) return null;
  try {
    const note = readNote(text);
    const key = await signedBy(note, keys);
    return { text, note, key, witnesses: await witnessedBy(note, keys), problem: null };
  } catch (problem) {
    return { text, note: null, witnesses: [], problem };
  }
}

function drawCheckpoint(found) {
  if (found === null) return el("p", {}, ...both("日志还没有条目。", "The log has no entry yet."));
  if (found.problem) {
    return [el("p", { class: "verdict bad" }, ...both(`检查点不成立：${found.problem.zh}`, `The checkpoint does not hold: ${found.problem.en}`)),
      el("pre", { class: "note-text" }, found.text)];
  }
  return [
    el("p", { class: "verdict good" }, ...both("检查点签名成立", "The signature of the checkpoint holds")),
    facts(["日志", "Log", el("code", {}, found.note.origin)], ["条目", "Entries", count(found.note.size)],
      ["根", "Root", el("code", { class: "long" }, base64(found.note.root))],
      ["签名公钥编号", "Signed under key", el("code", {}, found.key.id)]),
    el("details", {}, el("summary", {}, ...both("原文", "As it stands")), el("pre", { class: "note-text" }, found.text)),
  ];
}

function witnessRow(witness, witnessed) {
  const checked = witnessed?.witnesses?.find((each) => each.name === witness.name) ?? null;
  return el("tr", {},
    el("th", { scope: "row", class: "code" }, witness.name),
    el("td", {}, witness.at ? moment(witness.at) : "—"),
    el("td", { class: "number" }, count(witness.size)),
    el("td", {}, witness.isLate ? mark(false, "逾时", "late") : mark(true, "按时", "in time")),
    el("td", {}, checked === null ? both("最新副署检查点上没有", "not on the newest cosigned checkpoint")
      : checked.isGood ? mark(true, "副署成立", "holds") : mark(false, "副署不符", "does not verify")));
}

function drawWitnesses(log, witnessed) {
  if (log.witnesses.length === 0) {
    return el("p", { class: "note" }, ...both(
      "这份日志没有见证方：持有签名密钥和数据库的人可以重写全部历史而不留痕迹。设置 witnesses 即可添加。",
      "This log has no witness: whoever holds its key and the database could write all of it anew unseen. The setting witnesses adds one."));
  }
  return [
    table("见证方", "Witnesses", [["名称", "Name"], ["最后副署", "Last cosigned"], ["当时条目", "Entries then", "number"], ["时效", "In time"], ["本页验证", "Checked here"]],
      log.witnesses.map((each) => witnessRow(each, witnessed))),
    witnessed?.note ? el("p", {}, ...both("最新的副署检查点包含 ", "The newest cosigned checkpoint reaches over "), count(witnessed.note.size), ...both(" 条。", " entries.")) : null,
    log.formerWitnesses.length ? el("p", { class: "small soft" }, ...both("曾经的见证方：", "Former witnesses: "), log.formerWitnesses.join(", ")) : null,
  ];
}

async function show() {
  if (session() === null) return;
  const mine = (asked += 1);
  say("查询中……", "Asking ...");
  const log = await logTold();
  if (mine !== asked || session() === null) return;
  if (log === null) { say("暂时无法取得。", "It is not to be had now."); return; }
  if (!canVerify()) {
    say("浏览器只在 https 或本机地址上提供验证功能。", "A browser can verify on https or on this machine only.");
    return;
  }
  const keys = await readKeys(keysText(log)).catch(() => []);
  const [newest, witnessed] = await Promise.all([checkpoint("/log/checkpoint", keys), log.witnesses.some((each) => each.at) ? checkpoint("/log/witnessed/checkpoint", keys) : null]);
  if (mine !== asked || session() === null) return;
  fill(at("status"),
    el("section", { "aria-labelledby": "newest-title" }, el("h2", { id: "newest-title" }, ...both("最新检查点", "Newest checkpoint")), el("div", { class: "sheet" }, drawCheckpoint(newest))),
    el("section", { "aria-labelledby": "witnesses-title" }, el("h2", { id: "witnesses-title" }, ...both("见证方", "Witnesses")), drawWitnesses(log, witnessed)),
    el("section", { "aria-labelledby": "vkeys-title" }, el("h2", { id: "vkeys-title" }, ...both("枢纽给出的验证公钥", "Verifier keys that the hub gives")),
      el("p", { class: "soft" }, ...both("请把它们存到枢纽运维人员改不了的地方。", "Keep them where the operator of the hub cannot change them.")),
      el("pre", { class: "note-text", id: "vkeys" }, log.vkeys.join("\n"))));
  say(`截至 ${new Date(log.at).toLocaleTimeString("zh-CN")}`, `As of ${new Date(log.at).toLocaleTimeString("en-GB")}`);
}

at("filter").addEventListener("submit", (event) => { event.preventDefault(); show(); });
fill(at("keys-place"), keyForm(show));
onSession((current) => {
  asked += 1;
  if (current !== null) return show();
  fill(at("status"));
  return say("请登录后查看。", "Sign in to look.");
});
