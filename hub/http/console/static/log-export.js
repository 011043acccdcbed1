// A signed export of the log: chosen here, made by the hub, saved by the browser.

import { at, both, count, el, fill, onSession, plain, say, session, showErrors, streamed } from "./hub.js";
import { catalogue } from "./words.js";

const DAY_MS = 86_400_000;
let going = null; // what stops the export under way
let made = null; // the address of the archive that can be saved

// The moment at which a day begins in Beijing.
const begins = (day, more = 0) => new Date(Date.parse(`${day}T00:00:00+08:00`) + more * DAY_MS).toISOString();

function wanted() {
  const text = (id) => at(id).value.trim();
  const given = {
    since: text("since") && begins(text("since")),
    until: text("until") && begins(text("until"), 1),
    department: text("department"), subject: text("subject"),
  };
  const forms = [...document.querySelectorAll("input[name=form]:checked")].map((each) => each.value);
  return { ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== "")), ...(forms.length > 0 ? { forms } : {}) };
}

function forget() {
  if (made !== null) URL.revokeObjectURL(made);
  made = null;
  fill(at("done"));
}

function busy(isBusy) {
  at("begin").disabled = isBusy;
  at("stop").hidden = !isBusy;
}

async function begin() {
  if (at("since").value && at("until").value && at("since").value > at("until").value) {
    at("until").setCustomValidity(plain("止日早于起日", "It ends before it begins."));
    at("until").reportValidity();
    return;
  }
  forget();
  fill(at("errors"));
  const mine = (going = new AbortController());
  busy(true);
  say("正在导出……", "Making it ...");
  const answer = await streamed("/audit/export", wanted(), mine.signal, (bytes) => {
    const kB = Math.round(bytes / 1000);
    say(`正在导出：已收到 ${kB} kB`, `Making it: ${kB} kB so far`);
  });
  if (going !== mine) return;
  going = null;
  busy(false);
  if (!answer.blob) {
    say("没有导出。", "Nothing was exported.");
    if (!mine.signal.aborted) showErrors(at("errors"), answer);
    return;
  }
  made = URL.createObjectURL(answer.blob);
  const save = el("a", { id: "save", href: made, download: "audit-export.tar" }, ...both("保存 audit-export.tar", "Save audit-export.tar"));
  fill(at("done"), el("div", { class: "sheet" },
    el("p", {}, save, " ", count(answer.blob.size), ...both(" 字节", " bytes")),
    el("p", { class: "soft" }, ...both("请求编号 ", "On record under request "), el("code", {}, answer.request ?? ""), ...both("。归档含个人信息的标识，按审计材料保管。", ". The archive tells who read about whom by opaque tags; keep it as audit material."))));
  say("已导出。", "Exported.");
  save.focus();
}

at("until").addEventListener("input", () => at("until").setCustomValidity(""));
at("since").addEventListener("input", () => at("until").setCustomValidity(""));
at("filter").addEventListener("submit", (event) => { event.preventDefault(); if (going === null) begin(); });
at("stop").addEventListener("click", () => going?.abort());
const departments = [...new Set((await catalogue()).datasets.map((each) => each.department))].sort();
fill(at("departments"), departments.map((id) => el("option", { value: id })));
onSession((current) => {
  going?.abort();
  going = null;
  busy(false);
  forget();
  fill(at("errors"));
  at("begin").disabled = current === null;
  if (current === null) {
    at("subject").value = "";
    return say("请以审计角色登录后导出。", "Sign in as an auditor to export.");
  }
  return say("不选即不限制：导出全部日志。", "What is left out does not restrict: everything, if nothing is chosen.");
});
