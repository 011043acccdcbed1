"""What tests ask of the access log in an auditor's name."""

from datetime import timedelta

import orjson

from hub.query.answer import Request
from tests.support.asking import AUDITOR
from tests.support.world import NOW

LATER = NOW + timedelta(hours=1)
SELECTION = """$subject: String, $department: String, $kind: String, $role: String, $actor: String,
  $client: String, $purpose: String, $field: String, $deniedField: String, $reason: String,
  $outcome: String, $channel: String, $case: String, $policy: String, $document: String,
  $request: String, $since: DateTime, $until: DateTime"""
GIVEN = ", ".join(
    f"{name}: ${name}"
    for each in SELECTION.replace("\n", " ").split(",")
    for name in [each.partition(":")[0].strip().lstrip("$")]
)
SEARCH = f"""query ({SELECTION}, $first: Int = 200, $after: String) {{
  accessLog(first: $first, after: $after, {GIVEN}) {{
    edges {{ cursor node {{ index kind department role actor client purpose case outcome channel
      policy document request reason fields denied at }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}"""
COUNT = f"""query ({SELECTION}, $facets: [String!], $values: Int = 20) {{
  accessFacets({GIVEN}, facets: $facets, values: $values) {{
    total isExact counted
    facets {{ facet values {{ value name nameZh count isExact }} }}
  }}
}}"""
POINT = """query ($n: String!) {
  person(nationalId: $n) { population { name sex birthDate phone } } }"""
LIVED_IN = "query ($n: String!) { person(nationalId: $n) { population { name } } }"


async def told(asked, asking_what, /, **given):
    """Return the data that an auditor is given."""
    request = Request(asking_what, given, None, AUDITOR, "r-1", NOW)
    return orjson.loads((await asked.answerer.answer(request)).body)["data"]


async def page(asked, **given):
    return (await told(asked, SEARCH, **given))["accessLog"]


async def nodes(asked, **given):
    return [edge["node"] for edge in (await page(asked, **given))["edges"]]


async def facets(asked, **given):
    return (await told(asked, COUNT, **given))["accessFacets"]
