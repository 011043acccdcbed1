// What every page leans on: language, elements, the session, and the one way to ask the hub.
// Elements are made, never parsed from text: what an answer says can only become text.

const LANGUAGE = "hub.language";
const SESSION = "hub.session";
const listeners = [];

// ---- words ------------------------------------------------------------------------------------

export function language() {
  const kept = sessionStorage.getItem(LANGUAGE);
  return kept ?? (navigator.language.startsWith("zh") ? "zh" : "en");
}

// Both languages as elements; the style sheet shows the one that was chosen.
export function both(zh, en) {
  return [el("span", { lang: "zh-CN" }, zh), el("span", { lang: "en" }, en)];
}

// One text for places that take no elements (options, labels of regions).
export function plain(zh, en) {
  return language() === "zh" ? zh : en;
}

function applyLanguage() {
  const chosen = language();
  document.documentElement.dataset.language = chosen;
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
  const other = chosen === "zh" ? ["en", "English"] : ["zh-CN", "中文"];
  fill(document.getElementById("language"), el("span", { lang: other[0], class: "both" }, other[1]));
}

// ---- elements ---------------------------------------------------------------------------------

export function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return parent;
}

export const at = (id) => document.getElementById(id);

export function say(zh, en) {
  fill(at("said"), ...both(zh, en));
}

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

function begin(token, caseId, actor) {
  let claims = null;
  try {
    const part = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), (c) => c.charCodeAt(0))));
  } catch {
    throw new Error("This is no access token. 这不是访问令牌。");
  }
  if (typeof claims.exp !== "number") throw new Error("This is no access token. 这不是访问令牌。");
  keep({ token, claims, caseId, actor });
  changed();
}

function end() {
  sessionStorage.removeItem(SESSION);
  changed();
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
  const current = session();
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
    if (reply.status === 401) end();
    return await reply.json();
  } catch {
    return refusal("UNREACHABLE", "The hub does not answer. 枢纽没有应答。");
  }
}

function refusal(code, message) {
  return { data: null, errors: [{ message, extensions: { code } }] };
}

// What the hub says of itself; with a token where it wants one. Null if it does not say.
export async function told(path, needsToken = false) {
  const current = session();
  if (needsToken && current === null) return null;
  try {
    const reply = await fetch(path, {
      headers: needsToken ? headers(current) : {}, credentials: "omit", redirect: "error",
    });
    const content = await reply.json();
    return reply.ok ? content : null;
  } catch {
    return null;
  }
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

export function moment(text) {
  if (!text) return "";
  return el("time", { datetime: text }, new Date(text).toLocaleString(language() === "zh" ? "zh-CN" : "en-GB"));
}

// ---- signing in -------------------------------------------------------------------------------

let about = null;
export async function hub() {
  about ??= (await told("/console/hub.json")) ?? { signInPath: null, purposes: [], profile: null };
  return about;
}

export async function purposeName(code) {
  const found = (await hub()).purposes.find((each) => each.code === code);
  return found ? both(found.zh, found.en) : [code];
}

async function drawSession() {
  const place = at("session");
  const current = session();
  if (current !== null) return fill(place, await signedIn(current));
  const { signInPath } = await hub();
  const offered = signInPath ? await told(signInPath) : null;
  return fill(place, offered ? demoForm(offered.clients, signInPath) : pasteForm());
}

async function signedIn(current) {
  const { department, role, exp } = current.claims;
  const until = new Date(exp * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  setTimeout(() => { if (session() === null) changed(); }, Math.max(exp * 1000 - Date.now(), 0) + 500);
  return el("div", { class: "row signed-in" },
    el("span", { id: "who" }, ...both("已登录：", "Signed in: "), el("strong", {}, department), ` (${role}) · `,
      el("code", {}, purposeOf(current)), " ", ...(await purposeName(purposeOf(current))),
      " · ", ...both(`有效至 ${until}`, `until ${until}`)),
    ...caseFields(current),
    el("button", { type: "button", class: "quiet", id: "sign-out", onclick: end }, ...both("退出", "Sign out")));
}

function field(id, zh, en, input) {
  input.id = id;
  return el("div", { class: "field" }, el("label", { for: id }, ...both(zh, en)), input);
}

// The headers Hub-Case and Hub-Actor; changed while signed in, they hold from the next question on.
function caseFields(current = null) {
  const text = (value) => el("input", { size: 16, maxlength: 64, autocomplete: "off", spellcheck: "false", value,
    pattern: "[A-Za-z0-9][A-Za-z0-9._:\\/\\-]{0,63}",
    onchange: (event) => {
      if (session() === null || !event.target.reportValidity()) return;
      keep({ ...session(), caseId: at("case").value.trim(), actor: at("actor").value.trim() });
      for (const callback of listeners) callback(session());
    } });
  return [field("case", "案件编号（如需）", "Case, where one is needed", text(current?.caseId)),
    field("actor", "经办人编号", "Clerk's id", text(current?.actor))];
}

const keep = (kept) => sessionStorage.setItem(SESSION, JSON.stringify(kept));

function form(submit, ...fields) {
  const wrong = el("span", { role: "alert" });
  const made = el("form", { id: "sign-in", "aria-label": "Signing in 登录" }, ...fields,
    el("button", { type: "submit" }, ...both("登录", "Sign in")), wrong);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    fill(wrong);
    try {
      const token = await submit();
      begin(token, at("case").value.trim(), at("actor").value.trim());
      at("main").focus({ preventScroll: true });
    } catch (problem) {
      fill(wrong, problem.message);
    }
  });
  return made;
}

function pasteForm() {
  const token = el("input", { size: 40, autocomplete: "off", spellcheck: "false", required: true });
  return form(() => token.value.trim(),
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

function demoForm(clients, path) {
  const wanted = document.querySelector("[data-purpose]")?.dataset.purpose;
  const options = clients.flatMap((client) => client.purposes.map((purpose) => ({ client, purpose })));
  const select = el("select", { required: true }, options.map(({ client, purpose }) =>
    el("option", { value: `${client.id} ${purpose}` }, `${client.department} · ${client.role} · ${purpose}`)));
  const first = options.findIndex(({ purpose }) => purpose === wanted);
  select.selectedIndex = Math.max(first, 0);
  return form(() => demoToken(path, ...select.value.split(" ")), field("as", "以演示部门登录（部门 · 角色 · 用途）", "Sign in as a made-up department (department, role, purpose)", select),
  ...caseFields());
}

at("language").addEventListener("click", () => {
  sessionStorage.setItem(LANGUAGE, language() === "zh" ? "en" : "zh");
  applyLanguage();
});
applyLanguage();
drawSession();
