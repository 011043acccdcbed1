"""What `hub explain` says of each example and each of its askers, under the packaged policy.

Without the statement and the database's own plan: the golden queries pin the one, no test can pin
the other.
"""

import json
import re
from datetime import UTC, datetime

import pytest

from hub.access import Caller, default_policy_text, load_policy
from hub.demo.installation import CLIENTS
from hub.errors import InvalidDocumentError, NotGrantedError
from hub.query.documents import Documents
from hub.query.explain import Asking, Explainer
from schema.catalogue import Catalogue
from schema.graph import build_schema, core_schema
from tests.support.golden import ROOT, assert_same

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
EXAMPLES = sorted((ROOT / "examples").glob("*.graphql"))
NUMBER = "690106197903150012"


class PlainTags:
    """Tags that anybody can read, so that one that is told is seen."""

    def people(self, citizen_number):
        return (f"tag of {citizen_number}".encode(),)

    def identifier(self, dataset, key):
        return f"tag of {key}".encode()


@pytest.fixture(scope="module")
def explainer():
    catalogue = Catalogue.discover()
    documents = Documents(core_schema(build_schema(catalogue)))
    policy = load_policy(default_policy_text(), catalogue)
    return Explainer(catalogue, documents, policy, PlainTags(), 200_000)


def stated(document: str) -> dict[str, str]:
    """Return what the comments at the head of an example say."""
    return dict(re.findall(r"^# ([a-z]+): (.*)$", document, re.MULTILINE))


def asking(document: str, variables=None, **other) -> Asking:
    head = stated(document)
    client = next(c for c in CLIENTS if c.id == head["client"].split(",")[0].strip())
    caller = Caller(
        client.department, client.role, head["purpose"], client.id, case=head.get("case")
    )
    given = json.loads(head["variables"]) if variables is None else variables
    return Asking(document, None, caller, given, NOW, **other)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
async def test_an_example_is_explained_as_reviewed(explainer, example):
    bound = await explainer.explain(asking(example.read_text("utf-8")))

    told, _, _ = bound.told.text().partition("\nparameters\n")
    told = told.replace(explainer.policy.digest[:12], "DIGEST")
    assert_same(ROOT / "tests" / "golden" / "explain" / f"{example.stem}.txt", told)


async def test_no_value_of_a_parameter_is_told_in_either_form(explainer):
    example = (ROOT / "examples" / "one-person.graphql").read_text("utf-8")
    bound = await explainer.explain(asking(example, {"nationalId": NUMBER}))

    told = bound.told.text() + json.dumps(bound.told.content())

    assert [f"tag of {NUMBER}".encode()] in bound.parameters
    assert NUMBER not in told
    assert "tag of" not in told
    assert "r0_tags" in told


async def test_without_variables_the_plan_is_told_and_the_cost_of_a_unit(explainer):
    example = (ROOT / "examples" / "bulk.graphql").read_text("utf-8")
    request = asking(example)

    whole = await explainer.explain(request)
    bound = await explainer.explain(Asking(example, None, request.caller, None, NOW))

    (root,) = bound.told.plan.roots
    assert bound.told.plan == whole.told.plan
    assert (bound.told.cost, bound.parameters) == (None, None)
    assert whole.told.cost.cost == 3 * root.unit_cost
    assert f"{root.unit_cost} for each of" in bound.told.text()


async def test_what_branches_on_a_variable_is_not_explained_without_it(explainer):
    document = (
        "# client: civil-affairs-officer\n# purpose: WARN\n# variables: {}\n"
        "query ($with: Boolean!) { warnings(first: 1) { edges { node { band "
        "total @include(if: $with) } } } }"
    )
    request = asking(document)

    with pytest.raises(InvalidDocumentError, match=r"\$with"):
        await explainer.explain(Asking(document, None, request.caller, None, NOW))
    bound = await explainer.explain(asking(document, {"with": False}))

    assert "Alert.band" in dict(bound.told.granted)


LIST = """# client: civil-affairs-officer
# purpose: WARN
query Chosen($low: Int, $r: String) { warnings(first: 3, region: $r, orderBy: DUE_ASC,
  filter: {step: {from: $low}}) { edges { node { total } } } }"""


async def test_a_list_is_explained_as_it_is_chosen_and_ordered(explainer):
    unfiltered = LIST.replace("$low: Int, ", "").replace("filter: {step: {from: $low}}", "")
    plain = await explainer.explain(asking(unfiltered, {}))
    bound = await explainer.explain(asking(LIST, {"low": 2}))

    (level,) = bound.told.plan.levels
    assert level.choice.order.name == "due-asc"
    assert [(c.column, str(c.test)) for c in level.choice.own] == [("step", "from")]
    assert 2 in bound.parameters
    assert bound.told.statement.text != plain.told.statement.text
    assert "Alert.step" in dict(bound.told.granted)


async def test_what_a_list_is_chosen_by_has_to_be_given(explainer):
    request = asking(LIST, {})

    with pytest.raises(InvalidDocumentError, match=r"\$low") as refused:
        await explainer.explain(Asking(LIST, None, request.caller, None, NOW))
    assert "$r" not in str(refused.value)
    literal = LIST.replace("$low: Int, ", "").replace("$low", "2")
    bound = await explainer.explain(Asking(literal, None, request.caller, None, NOW))
    assert bound.told.plan.levels[0].choice.own
    assert bound.parameters is None


async def test_a_refused_field_is_told_with_its_reason_and_its_place(explainer):
    document = (
        "# client: civil-affairs-analyst\n# purpose: WARN\n# variables: {}\n"
        "{ warnings(first: 1) { edges { node { band household { members { person {\n"
        "  population { name } } } } } } } }"
    )

    text = (await explainer.explain(asking(document))).told.text()

    assert "Population.name NOT_GRANTED, at warnings.edges.node.household" in text
    assert "(5:16)" in text


async def test_what_would_be_refused_whole_is_refused_here_too(explainer):
    document = (
        "# client: medical-insurance-desk\n# purpose: PUSH\n# variables: {}\n"
        "{ warnings(first: 1) { edges { node { band } } } }"
    )

    with pytest.raises(NotGrantedError):
        await explainer.explain(asking(document))


@pytest.mark.parametrize(
    "document", ["mutation { recognise(input: {}) { people } }", "{ nothing }"]
)
async def test_what_is_no_query_or_no_document_is_refused(explainer, document):
    head = "# client: civil-affairs-officer\n# purpose: WARN\n# variables: {}\n"

    with pytest.raises(InvalidDocumentError):
        await explainer.explain(asking(head + document))
