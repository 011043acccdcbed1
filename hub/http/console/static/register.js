// A register that auditors page through: its filter, its pages, and who is signed in.

import { ask, at, el, fill, onSession, say, showErrors, showReceipt } from "./hub.js";
import { catalogue } from "./words.js";

const PAGE = 25;

// `field` is the connection of `document` that is listed, `filters` gives its variables, `row` makes a
// line of the table of a node, `tell` says how many there are of an answer.
export async function listed({ document, field, filters, row, tell }) {
  let asked = null;
  let following = null;
  const earlier = [];

  async function show(after) {
    say("查询中……", "Asking ...");
    const answer = await ask(document, { ...filters(), first: PAGE, after });
    const found = answer.data?.[field];
    const nodes = (found?.edges ?? []).map((edge) => edge.node);
    asked = after;
    following = found?.pageInfo.hasNextPage ? found.pageInfo.endCursor : null;
    fill(at("list").tBodies[0], nodes.map(row));
    at("list").hidden = nodes.length === 0;
    at("pager").hidden = nodes.length === 0 && earlier.length === 0;
    at("previous").disabled = earlier.length === 0;
    at("next").disabled = following === null;
    showErrors(at("errors"), answer);
    showReceipt(at("receipt"), answer);
    return found ? tell(nodes, answer) : say("", "");
  }

  at("filter").addEventListener("submit", (event) => {
    event.preventDefault();
    earlier.length = 0;
    show(null);
  });
  at("next").addEventListener("click", () => { earlier.push(asked); show(following); });
  at("previous").addEventListener("click", () => show(earlier.pop()));

  const departments = [...new Set((await catalogue()).datasets.map((each) => each.department))].sort();
  fill(at("departments"), departments.map((id) => el("option", { value: id })));
  onSession((current) => {
    earlier.length = 0;
    if (current !== null) return show(null);
    fill(at("list").tBodies[0]);
    for (const id of ["list", "pager"]) at(id).hidden = true;
    fill(at("errors")); fill(at("receipt"));
    return say("请以审计角色登录后查看。", "Sign in as an auditor to look.");
  });
}
