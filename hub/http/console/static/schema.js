// The schema from introspection, and the documents that are made from it: never a list of our own.

import { ask, told } from "./hub.js";
import { fieldsByPath } from "./words.js";

const WRAPPED = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";
const INTROSPECTION = `query Schema {
  __schema {
    queryType { name } mutationType { name }
    types {
      kind name description
      fields { name description args { name description type { ${WRAPPED} } defaultValue } type { ${WRAPPED} } }
      inputFields { name description type { ${WRAPPED} } defaultValue }
      enumValues { name description }
    }
  }
}`;

let loading = null;
// Returns {types: Map, queryType, mutationType}, or null where the hub does not tell.
export function schema() {
  loading ??= ask(INTROSPECTION).then((answer) => {
    const found = answer.data?.__schema;
    if (!found) { loading = null; return null; }
    const types = new Map(found.types.filter((type) => !type.name.startsWith("__")).map((type) => [type.name, type]));
    return { types, queryType: found.queryType.name, mutationType: found.mutationType?.name ?? null };
  });
  return loading;
}

export function named(type) {
  let inner = type;
  while (inner.ofType) inner = inner.ofType;
  return inner;
}

export function written(type) {
  if (type.kind === "NON_NULL") return `${written(type.ofType)}!`;
  if (type.kind === "LIST") return `[${written(type.ofType)}]`;
  return type.name;
}

const isNeeded = (arg) => arg.type.kind === "NON_NULL" && arg.defaultValue === null;
export const isLeaf = (type) => ["SCALAR", "ENUM"].includes(named(type).kind);

// What this caller may read today, as a set of Type.field; null without a session.
export async function granted() {
  const answer = await told("/console/granted.json", true);
  return answer === null ? null : { ...answer, fields: new Set(answer.fields) };
}

// The selection of everything below `typeName` that is granted, without going in circles and
// without citizen numbers, which nobody needs in order to read about a family.
// Returns text, or "" where nothing is granted.
export async function grantedSelection(known, rights, typeName) {
  const declared = await fieldsByPath();
  const hasDeclared = (type) => type.fields.some((field) => declared.has(`${type.name}.${field.name}`));
  // A record's id comes with any granted field of its type; steps of casework name records by it.
  const isRecordId = (type, field) => field.name === "recordId"
    && type.fields.some((each) => rights.fields.has(`${type.name}.${each.name}`));
  const walk = (name, above, indent) => {
    const type = known.types.get(name);
    const isStructure = !hasDeclared(type) && !type.fields.some((field) => !isLeaf(field.type));
    const lines = [];
    for (const field of type.fields) {
      const path = `${name}.${field.name}`;
      const inner = named(field.type).name;
      if (declared.has(path) && !rights.fields.has(path)) continue;
      if (declared.get(path)?.isNumber) continue;
      if (isLeaf(field.type)) {
        if (declared.has(path) || isStructure || isRecordId(type, field)) lines.push(indent + field.name);
      } else if (!above.includes(inner) && !field.args.some(isNeeded)) {
        const below = walk(inner, [...above, name], `${indent}  `);
        if (below) lines.push(`${indent}${field.name} {\n${below}\n${indent}}`);
      }
    }
    return lines.join("\n");
  };
  return walk(typeName, [], "    ");
}

// The selection of those of `names` that are granted, under a type; all of them without an answer.
export const grantedOf = (rights, typeName, names) => names
  .filter((name) => rights === null || rights.refusal !== null || rights.fields.has(`${typeName}.${name}`)).join(" ");
