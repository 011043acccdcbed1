// Names from the declarations: what a field, a code, a department is called in both languages.

import { both, el, told } from "./hub.js";

let loaded = null;
export async function catalogue() {
  loaded ??= (await told("/console/catalogue.json")) ?? { departments: {}, datasets: [], graph: [], codeLists: {} };
  return loaded;
}

let byPath = null;
export async function fieldsByPath() {
  if (byPath === null) {
    const { datasets, graph } = await catalogue();
    byPath = new Map(graph.map((field) => [field.path, field]));
    for (const dataset of datasets) for (const field of dataset.fields) byPath.set(field.path, field);
  }
  return byPath;
}

export async function departmentName(id) {
  const found = (await catalogue()).departments[id];
  return found ? both(found.zh, found.en) : [id];
}

export function bandMark(code) {
  const names = { red: "红", orange: "橙", yellow: "黄", green: "绿" };
  const band = String(code).toLowerCase();
  return el("span", { class: `band ${band}` }, ...both(`${names[band] ?? band}`, band));
}

export function codeName(lists, name, value) {
  const found = lists[name]?.codes[value];
  return found ? [...both(found.zh, found.en), el("span", { class: "soft small" }, ` ${value}`)] : [String(value)];
}
