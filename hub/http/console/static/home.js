// The overview: what is held, from whom, and how a warning comes about.

import { at, both, count, el, fill, hub, moment, onSession, told } from "./hub.js";
import { bandMark, catalogue, departmentName } from "./words.js";

const ORDER = ["red", "orange", "yellow", "green"];
const coarse = (told_) => (told_?.atLeast === undefined
  ? both("少于 10", "fewer than 10") : [count(told_.atLeast), "+"]);

async function drawHoldings(current) {
  const place = at("holdings");
  if (current === null) {
    return fill(place, el("p", { class: "note" }, ...both(
      "登录后显示数量。数量只到十位，少于十的不显示。", "Sign in to see how much. Counts are whole tens; below ten only that.")));
  }
  const held = await told("/console/holdings.json", true);
  if (held === null) return fill(place, el("p", {}, ...both("暂时无法统计。", "Counts are not to be had now.")));
  const records = Object.values(held.records).reduce((sum, each) => sum + (each.atLeast ?? 0), 0);
  const figure = (zh, en, value) => el("div", {}, el("dt", {}, ...both(zh, en)), el("dd", {}, ...value));
  fill(place,
    el("dl", { class: "figures" },
      figure("人员", "People", coarse(held.people)),
      figure("家庭", "Households", coarse(held.households)),
      figure("部门记录", "Records of departments", coarse({ atLeast: records })),
      Object.entries(held.openAlerts).sort(([one], [two]) => ORDER.indexOf(one) - ORDER.indexOf(two)).map(([band, value]) =>
        el("div", {}, el("dt", {}, ...both("未办结预警 ", "Open warnings "), bandMark(band)), el("dd", {}, ...coarse(value))))),
    el("p", { class: "soft small" }, ...both(
      "数量向下取整到十，少于十的不显示；限制级数据不计数。统计时间 ",
      "Rounded down to tens, below ten only that; what is of class X is not counted. Taken "), moment(held.at)));
  return drawDepartments(held.records);
}

async function drawDepartments(records = null) {
  const { datasets, departments: names } = await catalogue();
  const departments = [...new Set(datasets.map((each) => each.department))].sort();
  const rows = await Promise.all(departments.map(async (id) => {
    const own = datasets.filter((each) => each.department === id);
    const fields = own.flatMap((each) => each.fields);
    return el("tr", {},
      el("th", { scope: "row" }, ...(await departmentName(id)), names[id] ? el("div", { class: "soft small code" }, id) : null),
      el("td", {}, el("ul", {}, own.map((each) => el("li", {},
        el("a", { href: `/catalogue#${each.name}` }, ...both(each.zh, each.en)),
        each.stored ? null : [" ", el("span", { class: "mark" }, ...both("不入库，经授权实时查询", "never stored, asked under consent"))],
        records?.[each.name] ? el("span", { class: "soft small" }, " ", ...coarse(records[each.name])) : null)))),
      el("td", { class: "number" }, String(fields.length)),
      el("td", { class: "number" }, String(fields.filter((each) => each.sealed).length)));
  }));
  fill(at("departments"), el("div", { class: "scroll" }, el("table", {},
    el("caption", {}, ...both(`${departments.length} 个部门，${datasets.length} 个数据资源`, `${departments.length} departments, ${datasets.length} datasets`)),
    el("thead", {}, el("tr", {},
      el("th", { scope: "col" }, ...both("部门", "Department")), el("th", { scope: "col" }, ...both("数据资源", "Datasets")),
      el("th", { scope: "col", class: "number" }, ...both("信息项", "Items")), el("th", { scope: "col", class: "number" }, ...both("密封", "Sealed")))),
    el("tbody", {}, rows))));
}

async function drawProfile() {
  const { profile } = await hub();
  if (profile === null) return;
  const bands = [...profile.bands].reverse().map((each) => el("li", {}, bandMark(each.band),
    ...both(` ${each.cut} 分起，${each.visitWorkingDays} 个工作日内入户`, ` from ${each.cut} points, visit within ${each.visitWorkingDays} working days`)));
  const rows = profile.dimensions.map((dimension) => el("tr", {},
    el("th", { scope: "row" }, ...both(dimension.zh, dimension.en)),
    el("td", { class: "number" }, String(dimension.cap)),
    el("td", {}, el("ul", {}, profile.indicators.filter((each) => each.dimension === dimension.code).map((each) =>
      el("li", {}, ...both(each.zh, each.en), el("span", { class: "soft small" }, ...both(` 最高 ${each.most} 分`, ` up to ${each.most}`))))))));
  fill(at("profile"),
    el("p", {}, ...both(`${profile.zh}，自 ${profile.from} 起。依据：`, `${profile.en}, from ${profile.from}. Basis: `),
      el("span", { lang: "zh-CN", class: "both" }, profile.reference)),
    el("ul", {}, bands),
    el("div", { class: "scroll" }, el("table", {},
      el("caption", {}, ...both("六个维度及指标，满分 100", "Six dimensions and their indicators, 100 points in all")),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, ...both("维度", "Dimension")),
        el("th", { scope: "col", class: "number" }, ...both("上限", "Cap")), el("th", { scope: "col" }, ...both("指标", "Indicators")))),
      el("tbody", {}, rows))),
    el("h3", {}, ...both("硬性触发（直接为红色）", "Hard triggers (red at once)")),
    el("ul", {}, profile.triggers.map((each) => el("li", {}, ...both(each.zh, each.en),
      each.urgent ? [" ", el("span", { class: "mark late" }, ...both("24 小时内入户", "visit within 24 hours"))] : null))));
}

async function drawAddress() {
  const { issuer } = await hub();
  if (issuer) fill(at("address"), ...both("查询地址：", "Ask at "), el("code", {}, `POST ${issuer}/graphql`));
}

drawAddress();
drawProfile();
await drawDepartments();
onSession(drawHoldings);
