// The verdict over a proof in the page: by which keys, step by step, and the proof as a file.

import { both, el, fill, labelled, told } from "./hub.js";
import { canVerify, checked, readKeys, writeProof } from "./notes.js";

const PINNED = "hub.pinned";
const STEPS = {
  record: ["记录", "Record"], path: ["在日志中的位置", "Place in the log"],
  signature: ["检查点签名", "Signature of the checkpoint"], witness: ["见证", "Witnesses"], keys: ["验证公钥", "Verifier keys"],
};

export const pinned = () => sessionStorage.getItem(PINNED) ?? "";

// What the hub says of its log; null before anybody has signed in.
export const logTold = () => told("/console/log.json", true);

// The keys to check with, as text: those that somebody pinned here, else those that the hub gives.
export function keysText(log) {
  const own = pinned();
  if (own) return own;
  return [...(log?.vkeys ?? []), ...(log?.witnesses ?? []).map((each) => each.vkey)].join("\n");
}

// A form for keys that were got elsewhere; they are kept for this tab and never sent. `changed` checks anew.
export function keyForm(changed) {
  const box = el("textarea", { id: "keys", rows: 3, spellcheck: "false", autocomplete: "off", "aria-describedby": "keys-hint" });
  box.value = pinned();
  const wrong = el("p", { role: "alert" });
  const keep = async (event) => {
    event.preventDefault();
    fill(wrong);
    try {
      if (box.value.trim()) await readKeys(box.value);
    } catch (problem) {
      return fill(wrong, el("span", { class: "mark late" }, ...both(problem.zh, problem.en)));
    }
    if (box.value.trim()) sessionStorage.setItem(PINNED, box.value.trim());
    else sessionStorage.removeItem(PINNED);
    return changed();
  };
  return el("details", { class: "keys", open: pinned() !== "" },
    el("summary", {}, ...both("用自己保存的公钥验证", "Check with keys that you kept yourself")),
    el("form", { onsubmit: keep, ...labelled("验证公钥", "Verifier keys") },
      el("div", { class: "field wide" }, el("label", { for: "keys" }, ...both("验证公钥，每行一个", "Verifier keys, one a line")), box,
        el("p", { id: "keys-hint", class: "small soft" }, ...both(
          "来自命令 hub audit key 或见证方。留空则用枢纽给出的公钥。只保存在本标签页，从不发送。",
          "As hub audit key or a witness gave them. Left empty, those that the hub gives are taken. They are kept in this tab alone, and never sent."))),
      el("button", { type: "submit" }, ...both("用这些公钥验证", "Check with these"))), wrong);
}

function line({ step, isGood, zh, en }) {
  const [sign, word] = { true: ["✓", both("通过：", "Holds: ")], false: ["✗", both("不通过：", "Fails: ")], null: ["–", both("未检：", "Not checked: ")] }[String(isGood)];
  return el("li", { class: `step ${isGood === null ? "open" : isGood ? "good" : "bad"}`, "data-step": step },
    el("span", { class: "sign", "aria-hidden": "true" }, sign),
    el("div", {}, el("strong", {}, ...both(...STEPS[step])), el("div", {}, ...word, ...both(zh, en))));
}

// Draws the verdict into `place`; says whether the proof holds.
export async function drawVerdict(place, proof, log) {
  if (!canVerify()) {
    fill(place, el("p", { class: "note" }, ...both(
      "浏览器只在 https 或本机地址上提供验证功能；请用 hub-audit verify-receipt 验证。",
      "A browser can verify on https or on this machine only; use hub-audit verify-receipt.")));
    return false;
  }
  let steps;
  try {
    steps = await checked(proof, await readKeys(keysText(log)));
  } catch (problem) {
    steps = [{ step: "keys", isGood: false, zh: problem.zh, en: problem.en }];
  }
  const failed = steps.find((each) => each.isGood === false);
  const verdict = failed
    ? both(`证明不成立：${STEPS[failed.step][0]}`, `The proof does not hold: ${STEPS[failed.step][1].toLowerCase()}`)
    : both("证明成立", "The proof holds");
  fill(place,
    el("p", { class: `verdict ${failed ? "bad" : "good"}`, role: "status" }, ...verdict),
    el("ul", { class: "steps" }, steps.map(line)),
    el("p", { class: "small soft" }, ...(pinned()
      ? both("在本页由浏览器计算，所用公钥是您保存的。", "Computed in this page by your browser, with the keys that you kept.")
      : both("在本页由浏览器计算，所用公钥由本枢纽给出；要不依赖枢纽，请用自己保存的公钥。", "Computed in this page by your browser, with the keys that this hub gives. To depend on it for nothing, check with keys that you kept."))));
  return !failed;
}

// A button that saves the proof as a file that hub-audit and other programs read.
export function proofButton(proof) {
  const save = () => {
    const address = URL.createObjectURL(new Blob([writeProof(proof)], { type: "text/plain;charset=utf-8" }));
    el("a", { href: address, download: `${proof.index}.tlog-proof` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  };
  return el("button", { type: "button", class: "quiet", id: "save-proof", onclick: save }, ...both("下载证明（.tlog-proof）", "Download the proof (.tlog-proof)"));
}

