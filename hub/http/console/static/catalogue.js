// The dataset catalogue, from the declarations.

import { at, both, el, fill, labelled, option, say } from "./hub.js";
import { catalogue, departmentName } from "./words.js";

const SHARING = {
  unconditional: ["无条件共享", "unconditional"],
  conditional: ["有条件共享", "conditional"],
  "not-shared": ["不予共享", "not shared"],
};

const { datasets, codeLists, departments } = await catalogue();

function conditions(dataset) {
  const consent = dataset.fields.some((each) => each.consent);
  const made = [];
  if (!dataset.stored) made.push(both("不入库；只在核对已签承诺时、经本人授权实时查询", "never stored; asked live in the verification of a signed commitment, under the person's authorisation"));
  else if (consent) made.push(both("须有本人授权", "needs the person's authorisation"));
  if (dataset.sharing === "conditional") made.push(both("按共享协议逐字段授权，须申明用途", "granted field by field under an agreement, for a stated purpose"));
  if (dataset.ownDecision) made.push(both("民政部门自身作出", "civil affairs' own decision"));
  if (dataset.grain !== "exact") made.push(both("变更时间只到月", "time of change told by month only"));
  return made.length > 0 ? el("ul", {}, made.map((each) => el("li", {}, ...each))) : "—";
}

function kindOf(field) {
  const codes = field.codes ? codeLists[field.codes] : null;
  if (codes === null) return [field.kind, field.unit ? ` (${field.unit})` : null];
  return [`${field.kind} `, el("span", { class: "soft small" }, `${codes.standard} ${codes.edition}`)];
}

function fieldRow(field) {
  return el("tr", {},
    el("th", { scope: "row" }, ...both(field.zh, field.en), el("div", { class: "soft small code" }, field.path)),
    el("td", {}, ...kindOf(field)),
    el("td", {}, el("span", { class: `mark ${field.class}` }, field.class)),
    el("td", {}, ...(field.sealed ? both("密封", "sealed") : both("明文", "clear"))),
    el("td", {}, ...(field.coarse ? both("粗化值", "coarse form") : []), ...(field.consent ? both(" 须本人授权", " needs consent") : [])));
}

async function section(dataset) {
  const [zh, en] = SHARING[dataset.sharing] ?? [dataset.sharing, dataset.sharing];
  const pair = (zhName, enName, ...value) => [el("dt", {}, ...both(zhName, enName)), el("dd", {}, ...value)];
  return el("section", { class: "sheet", id: dataset.name, "aria-labelledby": `${dataset.name}-title` },
    el("h2", { id: `${dataset.name}-title` }, ...both(dataset.zh, dataset.en), " ", el("span", { class: `mark ${dataset.class}` }, dataset.class)),
    el("dl", { class: "facts" },
      pair("提供部门", "Provider", ...(await departmentName(dataset.department)), el("span", { class: "soft small code" }, ` ${dataset.department}`)),
      pair("对象", "About", ...(dataset.subject === "person" ? both("人员", "people") : both("家庭", "households"))),
      pair("更新周期", "Refresh", dataset.refresh),
      pair("共享类型", "Sharing", ...both(zh, en)),
      pair("共享条件", "Conditions", conditions(dataset)),
      pair("法律依据", "Legal basis", el("span", { lang: "zh-CN", class: "both" }, dataset.legalBasis))),
    el("details", {}, el("summary", {}, ...both(`信息项（${dataset.fields.length}）`, `Items (${dataset.fields.length})`)),
      el("div", { class: "scroll" }, el("table", labelled(`${dataset.zh}的信息项`, `Items of ${dataset.en}`),
        el("thead", {}, el("tr", {}, [["信息项", "Item"], ["类型", "Kind"], ["分级", "Class"], ["存储", "Stored"], ["备注", "Note"]].map(
          ([zhName, enName]) => el("th", { scope: "col" }, ...both(zhName, enName))))),
        el("tbody", {}, dataset.fields.map(fieldRow))))));
}

function fits(dataset) {
  const words = at("words").value.trim().toLowerCase();
  const texts = [dataset, ...dataset.fields].flatMap((each) => [each.zh, each.en, each.path ?? dataset.name]);
  return (!at("department").value || dataset.department === at("department").value)
    && (!at("class").value || dataset.class === at("class").value)
    && (!words || texts.some((text) => text.toLowerCase().includes(words)));
}

async function show() {
  const found = datasets.filter(fits);
  fill(at("datasets"), await Promise.all(found.map(section)));
  const items = found.reduce((sum, each) => sum + each.fields.length, 0);
  say(`数据资源 ${found.length} 个，信息项 ${items} 个`, `Datasets: ${found.length}; items: ${items}`);
}

for (const id of [...new Set(datasets.map((each) => each.department))].sort()) {
  at("department").append(option(id, `${departments[id]?.zh ?? ""} ${id}`.trim(), `${departments[id]?.en ?? ""} ${id}`.trim()));
}
for (const id of ["department", "class", "words"]) at(id).addEventListener("input", show);
at("filter").addEventListener("submit", (event) => { event.preventDefault(); show(); });
await show();
const wanted = location.hash.slice(1) && document.getElementById(location.hash.slice(1));
if (wanted) {
  wanted.querySelector("details").open = true;
  wanted.scrollIntoView();
}
