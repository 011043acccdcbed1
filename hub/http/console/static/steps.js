// Steps of casework on an alert: a form for each mutation about one that the schema offers and the
// grants allow. The hub decides whether a step fits where the alert is, and says so if not.

import { ask, both, el, fill, option, showErrors, showReceipt } from "./hub.js";
import { isLeaf, named } from "./schema.js";
import { catalogue, fieldsByPath } from "./words.js";

const KEPT = new Set(["alertId", "step"]);
const today = () => new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai" }).format(new Date());

// Returns the forms, or none; `done` is called with the hub's word of a step that was taken.
export async function stepForms(alert, family, { known, rights }, done) {
  const mutations = known.types.get(known.mutationType)?.fields ?? [];
  const forms = [];
  for (const mutation of mutations) {
    const input = known.types.get(named(mutation.args[0]?.type ?? mutation.type).name);
    const isAboutAlert = input?.inputFields?.some((field) => field.name === "alertId");
    if (isAboutAlert && rights.fields.has(`${known.mutationType}.${mutation.name}`)) {
      forms.push(await stepForm(mutation, input, alert, family, known, done));
    }
  }
  return forms;
}

async function stepForm(mutation, input, alert, family, known, done) {
  const declared = (await fieldsByPath()).get(`${known.mutationType}.${mutation.name}`);
  const controls = [];
  const isOptional = (field) => field.type.kind !== "NON_NULL";
  for (const field of [...input.inputFields].sort((one, two) => isOptional(one) - isOptional(two))) {
    if (!KEPT.has(field.name)) controls.push(await controlOf(field, `${mutation.name}-${field.name}`, family));
  }
  const errors = el("div");
  const receipt = el("p", { class: "receipt" });
  const form = el("form", { id: `step-${mutation.name}` }, controls.map((each) => each.shown),
    el("button", { type: "submit" }, ...both("记录", "Record")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = { alertId: alert.recordId, step: alert.step };
    for (const { name, value } of controls) {
      const stated = value();
      if (stated !== null) given[name] = stated;
    }
    const told = known.types.get(named(mutation.type).name).fields.filter((each) => isLeaf(each.type)).map((each) => each.name);
    const document = `mutation Step($input: ${input.name}!) {\n  ${mutation.name}(input: $input) { ${told.join(" ")} }\n}`;
    const answer = await ask(document, { input: given });
    showErrors(errors, answer);
    showReceipt(receipt, answer);
    const step = answer.data?.[mutation.name];
    if (step) done(step, answer);
  });
  const name = declared ? both(declared.zh, declared.en) : [mutation.description ?? mutation.name];
  return el("details", {}, el("summary", {}, ...name), form, errors, receipt);
}

// A control with its label, and what it states: a text, a list, or null for nothing.
async function controlOf(field, id, family) {
  const isRequired = field.type.kind === "NON_NULL";
  const isList = (isRequired ? field.type.ofType : field.type).kind === "LIST";
  const { control, value } = await inputOf(field, isRequired, isList, family);
  control.id = id;
  const [zh, en] = await labelOf(field.name);
  return {
    name: field.name,
    value,
    shown: el("div", { class: "field" }, el("label", { for: id }, ...both(zh, en),
      field.description && !/Code list/.test(field.description) ? el("span", { class: "small" }, ` ${field.description}`) : null), control),
  };
}

async function inputOf(field, isRequired, isList, family) {
  const options = await optionsOf(field, family);
  const stated = (text) => (text.trim() === "" ? null : text.trim());
  if (options !== null) {
    const control = el("select", { required: isRequired, multiple: isList }, isRequired ? null : el("option", { value: "" }, "—"), options);
    return { control, value: () => (isList ? [...control.selectedOptions].map((each) => each.value) : stated(control.value)) };
  }
  if (named(field.type).name === "Date") {
    const control = el("input", { type: "date", required: isRequired, value: today(), max: today() });
    return { control, value: () => stated(control.value) };
  }
  const limit = /At most ([\d,]+) characters/.exec(field.description ?? "")?.[1].replaceAll(",", "");
  const control = limit ? el("textarea", { rows: 3, maxlength: limit, required: isRequired })
    : el("input", { required: isRequired, autocomplete: "off", size: 24 });
  return { control, value: () => stated(control.value) };
}

// What may be chosen: the codes of the list that the schema or a declaration names, or records of
// the family for the id of one. Null where the text is free.
async function optionsOf(field, family) {
  const { datasets, codeLists } = await catalogue();
  const own = datasets.filter((each) => each.ownDecision);
  const record = field.name.endsWith("Id") ? own.find((each) => each.name === field.name.slice(0, -2)) : undefined;
  if (record) {
    return (family[record.navigation] ?? []).map((each) => el("option", { value: each.recordId },
      Object.entries(each).filter(([key]) => !key.endsWith("Id")).map(([, value]) => value).filter(Boolean).join(" · ")));
  }
  const named_ = /Code list (\w+)/.exec(field.description ?? "")?.[1];
  const declared = own.flatMap((each) => each.fields).find((each) => each.codes && each.path.endsWith(`.${field.name}`));
  const list = named_ ?? declared?.codes;
  if (!codeLists[list]) return null;
  return Object.entries(codeLists[list].codes).map(([value, name]) => option(value, name.zh, name.en));
}

async function labelOf(name) {
  const { datasets } = await catalogue();
  const found = datasets.filter((each) => each.ownDecision).flatMap((each) => each.fields).find((each) => each.path.endsWith(`.${name}`));
  return found ? [found.zh, found.en] : [name, name];
}

export function showTaken(place, step, answer) {
  const receipt = el("p", { class: "receipt" });
  showReceipt(receipt, answer);
  const services = step.services?.length ? [...both("；可用服务：", "; services that answer: "), step.services.join(", ")] : null;
  fill(place, el("div", { class: "note", role: "status" }, el("p", {}, ...both("已记录，当前状态：", "Recorded; the alert is now: "),
    el("strong", {}, step.status ?? ""), services), receipt));
}
