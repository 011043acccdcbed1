// What every page leans on: the session, and the one way to ask the hub.

import { at, both, el, fill, labelled, moment, option } from "./elements.js";
import { drawNavigation } from "./navigation.js";

export * from "./elements.js";

const SESSION = "hub.session";
const RETURN = "hub.return";
const listeners = [];

// ---- the session ------------------------------------------------------------------------------
// The token is kept for this tab alone, and gone with it.

export function session() {
  const kept = JSON.parse(sessionStorage.getItem(SESSION) ?? "null");
  if (kept === null || kept.claims.exp * 1000 <= Date.now()) return null;
  return kept;
}

// Calls back now and after each signing in or out.
export function onSession(callback) {
  listeners.push(callback);
  return callback(session());
}

// `via` is the role and purpose of a person's session that a new token can be had for.
function begin(token, caseId, actor, via = null, purposes = null) {
  adopt(token, caseId, actor, via, purposes);
  changed();
}

function adopt(token, caseId, actor, via, purposes) {
  let claims = null;
  try {
    const part = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), (c) => c.charCodeAt(0))));
  } catch {
    throw new Error("This is no access token. 这不是访问令牌。");
  }
  if (typeof claims.exp !== "number") throw new Error("This is no access token. 这不是访问令牌。");
  keep({ token, claims, caseId, actor, via, purposes });
}

function end() {
  sessionStorage.removeItem(SESSION);
  changed();
}

// The session, with a new token if a person's has run out: they ask, so they are still there.
async function renewed() {
  const kept = JSON.parse(sessionStorage.getItem(SESSION) ?? "null");
  if (session() !== null || !kept?.via) return session();
  try {
    adopt(await sessionToken(kept.via), kept.caseId, "", kept.via, kept.purposes);
  } catch {
    return null;
  }
  drawSession();
  return session();
}

function changed() {
  drawSession();
  for (const callback of listeners) callback(session());
}

export const purposeOf = (current) => current.claims.authorization_details?.[0]?.purpose ?? "";

// ---- asking -----------------------------------------------------------------------------------

function headers(current) {
  const sent = { authorization: `Bearer ${current.token}` };
  if (current.caseId) sent["hub-case"] = current.caseId;
  if (current.actor) sent["hub-actor"] = current.actor;
  return sent;
}

// Returns the whole answer. Whom it is about stands in the body; nothing personal is in an address.
export async function ask(query, variables = {}, operationName = null) {
  const current = await renewed();
  if (current === null) {
    end();
    return refusal("UNAUTHENTICATED", "Sign in first. 请先登录。");
  }
  let reply;
  try {
    reply = await fetch("/graphql", {
      method: "POST",
      headers: { ...headers(current), "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ query, variables, operationName }),
      cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer",
    });
    if (reply.status === 401) chooseAgain();
    return await reply.json();
  } catch {
    return refusal("UNREACHABLE", "The hub does not answer. 枢纽没有应答。");
  }
}

function refusal(code, message) {
  return { data: null, errors: [{ message, extensions: { code } }] };
}

// What the hub says of itself, as JSON or as text; with a token where it wants one. Null if it does not say.
export async function told(path, needsToken = false, form = "json") {
  const current = needsToken ? await renewed() : null;
  if (needsToken && current === null) return null;
  try {
    const reply = await fetch(path, {
      headers: needsToken ? headers(current) : {}, credentials: "omit", redirect: "error",
    });
    const content = await reply[form]();
    return reply.ok ? content : null;
  } catch {
    return null;
  }
}

// What the hub sends while it makes it, such as an archive: as a blob, or the errors of a refusal. `heard` is
// told how many bytes have come. What was broken off is no blob.
export async function streamed(path, content, signal, heard) {
  const current = await renewed();
  if (current === null) return refusal("UNAUTHENTICATED", "Sign in first. 请先登录。");
  try {
    const reply = await fetch(path, {
      method: "POST", headers: { ...headers(current), "content-type": "application/json" }, body: JSON.stringify(content),
      cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer", signal,
    });
    if (!reply.ok) {
      const problem = await reply.json();
      return refusal(problem.code, problem.detail);
    }
    const pieces = [];
    let bytes = 0;
    for (const reader = reply.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      heard((bytes += value.length));
    }
    return { blob: new Blob(pieces, { type: reply.headers.get("content-type") }), request: reply.headers.get("hub-request-id") };
  } catch {
    return refusal("UNREACHABLE", "The hub does not answer, or broke it off. 枢纽没有应答，或中途断开。");
  }
}

// The picture that the hub draws of numbers, as a document of its own; null where it draws none.
// XMLHttpRequest, because fetch gives text, and no text becomes markup here.
export async function pictured(chart) {
  const current = await renewed();
  if (current === null) return null;
  return new Promise((resolve) => {
    const asked = new XMLHttpRequest();
    asked.open("POST", "/console/chart");
    asked.responseType = "document";
    for (const [name, value] of Object.entries(headers(current))) asked.setRequestHeader(name, value);
    asked.setRequestHeader("content-type", "application/json");
    asked.onloadend = () => resolve(asked.status === 200 ? asked.responseXML : null);
    asked.send(JSON.stringify(chart));
  });
}

// ---- what came of it --------------------------------------------------------------------------

export function showErrors(place, answer, goTo = null) {
  const errors = answer.errors ?? [];
  if (errors.length === 0) return fill(place);
  const items = errors.map((error) => {
    const { code, reason } = error.extensions ?? {};
    const spot = error.locations?.[0];
    const where = spot ? `${spot.line}:${spot.column}` : null;
    return el("li", {}, el("code", {}, reason ?? code ?? ""), " ", error.message, " ",
      where && goTo ? el("button", { type: "button", class: "quiet", onclick: () => goTo(spot) }, where) : where);
  });
  const heading = answer.data
    ? both("有内容未予应答：", "Not all of it was answered:") : both("本次请求未予应答：", "This was refused:");
  return fill(place, el("div", { class: "errors", role: "alert" }, el("p", {}, ...heading), el("ul", {}, items)));
}

export function showReceipt(place, answer) {
  const receipt = answer.extensions?.receipt;
  const request = answer.errors?.[0]?.extensions?.requestId;
  if (receipt) {
    const known = answer.extensions.knownAt;
    fill(place, ...both("留痕回执：日志 ", "Receipt: log "), el("code", {}, receipt.log),
      ...both(" 第 ", ", entry "), el("strong", {}, String(receipt.index)),
      ...both(" 条，日志共 ", " of "), String(receipt.treeSize), ...both(" 条", ""),
      known ? [...both("；数据截至 ", "; known at "), moment(known)] : null);
  } else if (request) {
    fill(place, ...both("请求编号 ", "On record under request "), el("code", {}, request));
  } else fill(place);
}

// ---- signing in -------------------------------------------------------------------------------

let about = null;
export async function hub() {
  about ??= (await told("/console/hub.json")) ?? { signInPath: null, sessionPath: null, purposes: [], profile: null };
  return about;
}

export async function purposeName(code) {
  const found = (await hub()).purposes.find((each) => each.code === code);
  return found ? both(found.zh, found.en) : [code];
}

// The purposes that whoever is here has: those of a person's roles, or that of the token.
const purposesOf = (current) => (current === null ? null : current.purposes ?? [purposeOf(current)]);

async function drawSession() {
  const place = at("session");
  const current = session();
  drawNavigation(purposesOf(current));
  if (current !== null) return fill(place, await signedIn(current));
  const { signInPath, sessionPath, purposes } = await hub();
  const person = sessionPath ? await personsSession(sessionPath) : null;
  if (person?.actor) return drawPerson(place, person);
  const offered = signInPath ? await told(signInPath) : null;
  return fill(place, person ? signInLinks(person.signInPath) : null,
    offered ? demoForm(offered.clients, signInPath, purposes) : pasteForm());
}

async function signedIn(current) {
  const { department, role, exp } = current.claims;
  const until = el("time", { datetime: new Date(exp * 1000).toISOString(), "data-form": "clock" });
  setTimeout(() => { if (session() === null && !current.via) changed(); }, Math.max(exp * 1000 - Date.now(), 0) + 500);
  return el("div", { class: "row signed-in" },
    el("span", { id: "who" }, ...both("已登录：", "Signed in: "), el("strong", {}, department), ` (${role}) · `,
      el("code", {}, purposeOf(current)), " ", ...(await purposeName(purposeOf(current))),
      " · ", ...both("有效至 ", "until "), until),
    ...caseFields(current),
    current.via ? el("button", { type: "button", class: "quiet", id: "other-purpose", onclick: chooseAgain }, ...both("更换用途", "Other purpose")) : null,
    el("button", { type: "button", class: "quiet", id: "sign-out", onclick: current.via ? signOutPerson : end }, ...both("退出", "Sign out")));
}

// ---- a person's session -------------------------------------------------------------------------
// The cookie is good for these paths alone; everything else is asked with the token had from them.

let providersEnd = null;
let isChoosing = false;

async function posted(path, content) {
  const reply = await fetch(path, {
    method: "POST", headers: { "content-type": "application/json" }, credentials: "same-origin",
    redirect: "error", body: JSON.stringify(content),
  });
  const answer = await reply.json();
  if (!reply.ok) throw new Error(answer.detail);
  return answer;
}

async function personsSession(path) {
  try {
    const reply = await fetch(path, { credentials: "same-origin", redirect: "error" });
    return reply.ok ? await reply.json() : null;
  } catch {
    return null;
  }
}

async function sessionToken(via) {
  return (await posted(`${(await hub()).sessionPath}/token`, via)).access_token;
}

async function signOutPerson() {
  try {
    providersEnd = (await posted(`${(await hub()).sessionPath}/end`, {})).signOutAt;
  } catch (problem) {
    return fill(at("who"), el("span", { role: "alert" }, problem.message));
  }
  return end();
}

function chooseAgain() {
  isChoosing = true;
  end();
}

function signInLinks(path) {
  const here = `${path}?${new URLSearchParams({ to: location.pathname })}`;
  return el("p", { class: "row" },
    el("a", { id: "sign-in-person", href: here, onclick: rememberPlace }, ...both("以本人账号登录", "Sign in with your account")),
    providersEnd ? el("a", { id: "sign-out-provider", href: providersEnd }, ...both("同时退出身份平台", "Sign out at the provider too")) : null);
}

// What was looked for stands behind the # and does not go to the provider: it waits in this tab.
function rememberPlace() {
  if (location.hash) sessionStorage.setItem(RETURN, location.pathname + location.hash);
}

function backToWhereOneWas() {
  const kept = sessionStorage.getItem(RETURN);
  sessionStorage.removeItem(RETURN);
  if (!location.hash && kept?.startsWith(`${location.pathname}#`)) history.replaceState(null, "", kept);
}

// On a page for one purpose somebody who has it gets the token at once; elsewhere they choose.
async function drawPerson(place, person) {
  const wanted = document.querySelector("[data-purpose]")?.dataset.purpose;
  const options = person.roles.flatMap((role) => role.purposes.map((purpose) => ({ role, purpose })));
  const purposes = [...new Set(options.map(({ purpose }) => purpose))];
  drawNavigation(purposes);
  const fitting = options.filter(({ purpose }) => purpose === wanted);
  if (fitting.length === 1 && !isChoosing) {
    const via = { role: fitting[0].role.id, purpose: wanted };
    try {
      return begin(await sessionToken(via), "", "", via, purposes);
    } catch {
      isChoosing = true;
    }
  }
  const known = (await hub()).purposes;
  const select = el("select", { required: true }, options.map(({ role, purpose }) =>
    choice(role.id, role, known.find((each) => each.code === purpose) ?? { code: purpose, zh: purpose, en: purpose })));
  const submit = async () => {
    const [role, purpose] = select.value.split(" ");
    isChoosing = false;
    return { token: await sessionToken({ role, purpose }), via: { role, purpose }, purposes };
  };
  return fill(place,
    form(submit, field("as", "角色与用途", "Role and purpose", select), ...caseFields({ via: true })),
    el("button", { type: "button", class: "quiet", id: "sign-out", onclick: signOutPerson }, ...both("退出", "Sign out")),
    el("span", { id: "who" }));
}

const choice = (id, { department, role }, purpose) => option(`${id} ${purpose.code}`,
  `${department} · ${role} · ${purpose.code} ${purpose.zh}`, `${department} · ${role} · ${purpose.code} ${purpose.en}`);

function field(id, zh, en, input) {
  input.id = id;
  return el("div", { class: "field" }, el("label", { for: id }, ...both(zh, en)), input);
}

// The headers Hub-Case and Hub-Actor; changed while signed in, they hold from the next question on.
// Who signed in as a person is named by the token, and by nothing else.
function caseFields(current = null) {
  const text = (value) => el("input", { size: 16, maxlength: 64, autocomplete: "off", spellcheck: "false", value,
    pattern: "[A-Za-z0-9][A-Za-z0-9._:\\/\\-]{0,63}",
    onchange: (event) => {
      if (session() === null || !event.target.reportValidity()) return;
      keep({ ...session(), caseId: at("case").value.trim(), actor: at("actor")?.value.trim() ?? "" });
      for (const callback of listeners) callback(session());
    } });
  return [field("case", "案件编号（如需）", "Case, where one is needed", text(current?.caseId)),
    ...(current?.via ? [] : [field("actor", "经办人编号", "Clerk's id", text(current?.actor))])];
}

const keep = (kept) => sessionStorage.setItem(SESSION, JSON.stringify(kept));

function form(submit, ...fields) {
  const wrong = el("span", { role: "alert" });
  const made = el("form", { id: "sign-in", ...labelled("登录", "Signing in") }, ...fields,
    el("button", { type: "submit" }, ...both("登录", "Sign in")), wrong);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    fill(wrong);
    try {
      const { token, via, purposes } = await submit();
      begin(token, at("case").value.trim(), at("actor")?.value.trim() ?? "", via, purposes ?? null);
      at("main").focus({ preventScroll: true });
    } catch (problem) {
      fill(wrong, problem.message);
    }
  });
  return made;
}

function pasteForm() {
  const token = el("input", { size: 40, autocomplete: "off", spellcheck: "false", required: true });
  return form(() => ({ token: token.value.trim(), via: null }),
    field("token", "访问令牌（hub token 命令给出）", "Access token (from hub token)", token), ...caseFields());
}

async function demoToken(path, client, purpose) {
  const reply = await fetch(path, {
    method: "POST", headers: { "content-type": "application/json" }, credentials: "omit",
    body: JSON.stringify({ client, purpose }),
  });
  const answer = await reply.json();
  if (!reply.ok) throw new Error(answer.detail);
  return answer.access_token;
}

// In a demonstration: signs in as a made-up department at once. False where there is no such way.
export async function signInAs(client, purpose, caseId) {
  const { signInPath } = await hub();
  if (!signInPath) return false;
  begin(await demoToken(signInPath, client, purpose), caseId ?? "", "");
  return true;
}

function demoForm(clients, path, purposes) {
  const named = (code) => purposes.find((each) => each.code === code) ?? { code, zh: code, en: code };
  const wanted = document.querySelector("[data-purpose]")?.dataset.purpose;
  const options = clients.flatMap((client) => client.purposes.map((purpose) => ({ client, purpose })));
  const select = el("select", { required: true }, options.map(({ client, purpose }) => choice(client.id, client, named(purpose))));
  const first = options.findIndex(({ purpose }) => purpose === wanted);
  select.selectedIndex = Math.max(first, 0);
  return form(async () => ({ token: await demoToken(path, ...select.value.split(" ")), via: null }), field("as", "以演示部门登录（部门 · 角色 · 用途）", "Sign in as a made-up department (department, role, purpose)", select),
  ...caseFields());
}

backToWhereOneWas();
drawSession();
