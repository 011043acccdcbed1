"""Everything that a caller may try in order to learn what it is not told."""

from tests.support.operations import Maker

_HOME = """id region members { relation person { id household { id region }
  population { name phone } medicalSettlements {
  selfPaidBand totalCents recordId } bankDeposits { amountCents kind } records { recordId validFrom
  ... on Population { name ethnicGroup } } } } score { total profile reasons { points } }"""
_PAGE = "totalCount pageInfo { hasNextPage endCursor startCursor } edges { cursor node { id } }"
_ALERTS = """totalCount pageInfo { hasNextPage endCursor } edges { cursor node { recordId total
  status assignee dueOn overdue household { id region } } }"""
_ORDERS = ("ID", "TOTAL_DESC", "TOTAL_ASC", "REGION", "SCORED_DESC")
_ALERT_ORDERS = ("TOTAL_DESC", "TOTAL_ASC", "DUE_ASC", "OPENED_DESC")
_FILTERS = (
    "{has: [SCORE]}",
    "{lacks: [ALERT]}",
    "{has: [DISABILITY_CERTIFICATE]}",
    "{lacks: [ASSISTANCE_ROLL]}",
    "{has: [MEDICAL_SETTLEMENT]}",
    '{region: "420107"}',
    '{regions: ["420106001", "420107"]}',
    "{score: {total: {from: 50}}}",
    '{score: {profile: ["abababababababab"]}}',
    '{alerts: {assignee: ["u17"]}}',
    "{alerts: {overdue: true}}",
    '{medicalEnrolments: {scheme: ["390"]}}',
    '{population: {ethnicGroup: ["01"]}}',
    '{changedSince: "2026-09-15T00:00:00Z"}',
    '{changedSince: "2026-08-01T00:00:00Z"}',
    '{score: {changedSince: "2026-09-01T00:00:00Z"}}',
)
_TIMES = (
    "",
    ', asOf: "2026-05-01"',
    ', knownAt: "2026-09-15T00:00:00Z"',
    ', asOf: "2026-08-01", knownAt: "2026-10-02T00:00:00Z"',
)


def questions(world, outsider) -> list[tuple[str, str, dict]]:
    """Return each question by a name: document and variables."""
    numbers = [*world.numbers, outsider.number, "nonsense", "690106199001019980"]
    people = [str(person) for person in world.person_by_number.values()]
    homes = [str(row["household_id"]) for row in world.tables["household"]]
    things = [{"__typename": "Person", "id": one} for one in [*people, outsider.person]]
    things += [{"__typename": "Household", "id": one} for one in [*homes, outsider.household]]
    found: list[tuple[str, str, dict]] = []

    def add(name, document, **variables) -> None:
        found.append((name, document, variables))

    body = "id household { id region } population { name phone } bankDeposits { amountCents }"
    for number in (*numbers[:4], outsider.number, "690106199001019980"):
        add("person", f"query ($n: String!) {{ person(nationalId: $n) {{ {body} }} }}", n=number)
    for times in _TIMES:
        text = f"query ($n: [String!]!) {{ people(nationalIds: $n{times}) {{ index status"
        add("people", f"{text} person {{ {body} }} }} }}", n=numbers)
    add(
        "export of people",
        "query ($n: [String!]!) { people(nationalIds: $n) { index status person "
        f"{{ {body} }} }} }}",
        n=numbers,
    )
    for key in (*homes[:4], outsider.household):
        add("household", f"query ($i: ID!) {{ household(id: $i) {{ {_HOME} }} }}", i=key)
    for key in (*people[:3], *homes[:3], outsider.person, outsider.household, "nobody"):
        add("node", "query ($i: ID!) { node(id: $i) { id __typename } }", i=key)
    entity = "... on Person { id population { name phone } } ... on Household { id region }"
    text = f"query ($r: [_Any!]!) {{ _entities(representations: $r) {{ __typename {entity} }} }}"
    add("entities", text, r=things)
    _lists(add)
    _others(add)
    return found


def _lists(add) -> None:
    for order in _ORDERS:
        for times in _TIMES if order in ("ID", "TOTAL_DESC") else _TIMES[:1]:
            given = f"first: 3, orderBy: {order}{times}"
            add("households in order", f"{{ households({given}) {{ {_PAGE} }} }}")
    for chosen in _FILTERS:
        add("households filtered", f"{{ households(first: 4, filter: {chosen}) {{ {_PAGE} }} }}")
    for order in _ALERT_ORDERS:
        add("warnings in order", f"{{ warnings(first: 3, orderBy: {order}) {{ {_ALERTS} }} }}")
    for given in (
        "first: 2",
        "first: 9, bands: [RED]",
        'first: 9, region: "420107"',
        'first: 9, assignee: "u17"',
        'first: 9, statuses: ["screened", "assigned"]',
        'first: 9, filter: {dueOn: {to: "2026-11-10"}}',
        "first: 9, filter: {step: {from: 1}}",
    ):
        add("warnings", f"{{ warnings({given}) {{ {_ALERTS} }} }}")
    row = f"edges {{ cursor node {{ {_HOME} }} }}"
    add("export of households", f"{{ households(orderBy: TOTAL_DESC) {{ {row} }} }}")
    add("export of warnings", "{ warnings { edges { cursor node { recordId total dueOn } } } }")


def _others(add) -> None:
    add("introspection", "{ __schema { types { name fields { name } } } }")
    add("introspection", '{ __type(name: "Alert") { fields { name } } }')
    add("schema as text", "{ _service { sdl } }")
    add("rules", "{ accessRules { edges { node { field state } } } }")
    add("log", "{ accessLog { edges { node { index } } } }")
    add("error", "{ households { edges { node { nothing } } } }")
    add("error", '{ households(after: "nonsense") { totalCount } }')
    add("error", "query ($n: Int!) { households(first: $n) { totalCount } }")


def generated(schema, world, random, count: int) -> list[tuple[str, str, dict]]:
    """Return made-up operations that name no operation."""
    maker, found = Maker(schema, world, random), []
    while len(found) < count:
        made = maker.operation()
        if made.operation_name is None:
            found.append(("generated", made.document, made.variables))
    return found
