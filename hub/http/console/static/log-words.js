// What the log's codes are called: from the declarations, and here what those do not have.

import { both, el, hub } from "./hub.js";
import { catalogue, fieldsByPath } from "./words.js";

// What entries are found by: name of the argument, what it is called, whether its values are counted.
export const FACETS = [
  ["department", "部门", "Department"], ["purpose", "用途", "Purpose"], ["actor", "经办人", "Reader"],
  ["client", "系统", "System"], ["role", "角色", "Role"], ["field", "字段", "Field"],
  ["kind", "类别", "Kind of entry"], ["outcome", "结果", "Outcome"], ["reason", "拒绝原因", "Reason of refusal"],
  ["deniedField", "被拒字段", "Refused field"], ["channel", "通道", "Channel"], ["policy", "策略版本", "Policy version"],
].map(([name, zh, en]) => ({ name, zh, en, isCounted: true })).concat([
  ["case", "案件", "Case"], ["request", "请求编号", "Request"], ["document", "查询摘要", "Text of the question"],
].map(([name, zh, en]) => ({ name, zh, en, isCounted: false })));

const WORDS = {
  department: {
    "audit-office": ["审计机关", "audit office"], portal: ["政务服务门户", "citizens' portal"],
    "data-authority": ["数据主管部门", "data authority"], "credit-office": ["信用主管部门", "credit office"],
  },
  kind: {
    start: ["启动", "a worker began to serve"], stop: ["停止", "a worker ended"], answer: ["查询应答", "answer"],
    denial: ["拒绝", "refusal or failure"], ingest: ["数据接入", "records taken in"], scoring: ["评分", "scores"],
    lookup: ["日志查阅", "look-up in the log"], message: ["推送", "message sent"],
    dictionary: ["字段词典", "set of fields defined"], policy: ["策略变更", "change of policy"],
    command: ["业务办理", "decision"], key: ["密钥", "change of a key"],
    retention: ["留存与清除", "entries held, released or dropped"],
    lists: ["名册承诺", "everybody's list of entries committed to"],
  },
  role: {
    analyst: ["分析员", "analyst"], approver: ["审批人", "approver"], "audit-lead": ["审计负责人", "lead of the audit"],
    auditor: ["审计员", "auditor"], clerk: ["窗口人员", "clerk"], "community-officer": ["社区救助专员", "community officer"],
    officer: ["救助工作人员", "officer"], "policy-keeper": ["策略管理员", "keeper of the policy"], portal: ["门户", "portal"],
    scorer: ["评分程序", "scorer"], "sharing-authority": ["共享主管", "sharing authority"],
    "sharing-head": ["共享负责人", "head for sharing"], "sharing-officer": ["共享经办人", "sharing officer"],
    "social-worker": ["社会工作者", "social worker"], "street-handler": ["街道经办人", "street handler"],
    "verification-centre": ["核对机构", "verification centre"],
  },
  outcome: {
    answered: ["已应答", "answered"], refused: ["已拒绝", "refused"], failed: ["失败", "failed"],
    announced: ["已登记", "announced"], found: ["已发现", "found"],
    done: ["已完成", "done"], asking: ["准备查询外部来源", "asking a source"],
  },
  channel: {
    graphql: ["图查询接口", "GraphQL"], export: ["批量导出", "export in bulk"], "log-export": ["日志导出", "export of the log"],
    replay: ["重演", "replay"], outbox: ["对外推送", "outbox"], usage: ["本人查询接口", "a person's own look"], "sign-in": ["登录", "sign-in"],
  },
  reason: {
    NOT_GRANTED: ["未授权", "not granted"], EXPIRED: ["授权已过期", "grant has ended"],
    CONSENT_REQUIRED: ["缺少本人授权", "no authorisation of the person"], CASE_REQUIRED: ["未注明案件", "no case named"],
    CASE_UNKNOWN: ["案件不存在", "case unknown"], CASE_CLOSED: ["案件已结", "case closed"],
    CASE_OTHER_PURPOSE: ["案件用途不符", "case is for another purpose"],
    CASE_NOT_IN_CASELOAD: ["不是经办人的案件", "case of somebody else"],
    NO_ENTITLEMENT: ["该角色不得为此用途查询", "may not ask for this purpose"], SUSPENDED: ["共享协议已中止", "agreement suspended"],
  },
};

// Types of the graph itself; those of records are in the catalogue.
const TYPES = {
  Person: ["人员", "person"], Household: ["家庭", "household"], Member: ["家庭成员", "member of a household"],
  Mutation: ["业务办理", "decision"], AccessEntry: ["查询留痕", "access log"], AccessEntryDetail: ["日志条目", "one entry of the log"],
  AccessFacets: ["留痕计数", "counts of the log"], AccessProfile: ["部门画像", "profile of a department"],
  AccessTimeline: ["个人留痕", "one person's accesses"], AccessRule: ["访问规则", "rule of access"],
  AuditIndicator: ["审计线索", "audit indicator"], AuditReplay: ["重演", "replay"],
  SharingAgreement: ["共享协议", "sharing agreement"], UsageEntry: ["本人查询记录", "a person's own look"],
};

const known = new Map(); // what a value of a facet is called, by "facet value"
let isLoaded = false;

async function load() {
  if (isLoaded) return;
  const { departments, datasets } = await catalogue();
  for (const [id, { zh, en }] of Object.entries(departments)) known.set(`department ${id}`, [zh, en]);
  for (const { code, zh, en } of (await hub()).purposes) known.set(`purpose ${code}`, [zh, en]);
  for (const [facet, words] of Object.entries(WORDS)) {
    for (const [value, word] of Object.entries(words)) known.set(`${facet} ${value}`, word);
  }
  const types = new Map([...Object.entries(TYPES), ...datasets.map((each) => [each.type, [each.zh, each.en]])]);
  for (const [path, { zh, en }] of await fieldsByPath()) {
    const owner = types.get(path.split(".")[0]) ?? [path.split(".")[0], path.split(".")[0]];
    known.set(`field ${path}`, [`${owner[0]} · ${zh}`, `${owner[1]} · ${en}`]);
  }
  for (const [type, word] of types) known.set(`field ${type}`, [`${word[0]}（全部）`, `${word[1]} (any)`]);
  isLoaded = true;
}

// Loads what is declared; gives what says a value in both languages, or null for one without a name.
export async function words() {
  await load();
  return (facet, value) => known.get(`${facet === "deniedField" ? "field" : facet} ${value}`) ?? null;
}

// A value in words with its code beside a pointer, or the code where it has no name.
export async function named(facet, value) {
  if (!value) return "";
  const word = (await words())(facet, value);
  return word ? el("span", { title: value }, ...both(...word)) : el("span", { class: "code" }, value);
}

// The address of a search: facets and times alone, never a person.
export function searchFor(wanted) {
  const stated = Object.entries(wanted).filter(([, value]) => value);
  return `/access-log#${new URLSearchParams(stated)}`;
}
