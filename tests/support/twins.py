"""Two districts that differ only in what one caller may not read, and everything it may ask.

`READER` is granted much; `SECRETS` are denied to it, among them clear columns that lists could be
ordered and chosen by. `OWNER` may read everything everywhere, and asks the same before it, so that
what is remembered of another caller would show. `RECEIVER` reads own recipients alone.
"""

from dataclasses import dataclass
from datetime import date
from random import Random

import orjson

from hub.access import Caller
from hub.errors import HubError
from hub.query.answer import Request
from hub.query.export import Exporter
from schema.catalogue import Catalogue, Kind
from tests.support.consented import WITHDRAWN, with_consents
from tests.support.policies import table, units_of
from tests.support.world import CORRECTED, NOW, World, made_world, number_of

SECRETS = {
    "Population": {"phone", "householdNumber", "ethnicGroup", "registeredAddress"},
    "MedicalSettlement": {
        "settlementNumber", "visitType", "admittedOn", "dischargedOn", "settledOn", "totalCents",
        "fundPaidCents", "selfPaidCents",
    },
    "MedicalEnrolment": {"personalNumber", "scheme", "startDate", "endDate"},
    "Score": {"profile", "reasons", "causeHint"},
    "Alert": {"assignee", "dueOn", "overdue", "outcome", "step"},
    "Member": {"relation"},
}  # fmt: skip
"""Fields of types that are granted otherwise."""
CLOSED = {
    "DisabilityCertificate", "AssistanceRoll", "Authorisation", "Supporter", "Verification",
    "CommitmentRecord", "Declaration", "CommitmentNotice", "Mutation", "AccessEntry", "AccessRule",
}  # fmt: skip
"""Types of which nothing is granted."""
_HERE = ("420106",)
"""What registrations narrow to: of the entitlements' regions the database would show all."""
READER = Caller("civil-affairs", "officer", "VERIFY", "reader", "u1", None, _HERE)
OWNER = Caller("civil-affairs", "owner", "VERIFY", "owner", "u2")
RECEIVER = Caller("housing", "clerk", "PUSH", "receiver", "u3", None, _HERE)
MUTE = Caller("civil-affairs", "silent-officer", "VERIFY", "mute", "u1")
"""The same rights as the reader's, to whom the schema is not told."""
ELSEWHERE = "420107001001"


def policy_text(catalogue: Catalogue, but: frozenset[str] = frozenset()) -> str:
    """Return the policy under which the twins are asked; `but`: denied to the reader too."""
    units = units_of(catalogue)
    open_units = [
        u
        for u in units
        if u.kind not in CLOSED
        and not {p.partition(".")[2] for p in u.paths} & SECRETS.get(u.kind, set())
        and not but & set(u.paths)
    ]
    own = [
        u
        for u in open_units
        if u.kind in ("Population", "Recognition") or u.paths == ("Person.id",)
    ]
    return "\n".join(
        [
            _entitlement(READER, ["4201"], open_units),
            _entitlement(MUTE, ["420106"], open_units, introspection=False),
            _entitlement(OWNER, ["4201"], units),
            _entitlement(RECEIVER, ["4201"], own, rows="own-recipients"),
        ]
    )


def _entitlement(who: Caller, regions, units, **more) -> str:
    whole = {
        "department": who.department, "role": who.role, "purpose": who.purpose,
        "legal_basis": "basis", "from": date(2026, 1, 1), "until": date(2028, 1, 1),
        "regions": regions, **more,
    }  # fmt: skip
    text = ["[[entitlement]]", table(whole)]
    for n, unit in enumerate(dict.fromkeys(units)):
        grant = {
            "agreement": f"A-{n}", "source": unit.source, "legal_basis": "basis",
            "from": date(2026, 1, 1), "until": date(2028, 1, 1),
            "consent": unit.needs_consent, "fields": list(unit.paths),
        }  # fmt: skip
        text += ["[[entitlement.grant]]", table(grant)]
    return "\n".join(text)


# What differs.


@dataclass(frozen=True)
class Outsider:
    """Somebody outside the reader's rows, who is in the second district alone."""

    number: str
    person: str
    household: str


def one_world(catalogue: Catalogue) -> World:
    """Return the first of the two."""
    return with_consents(made_world(catalogue))


def other_world(catalogue: Catalogue) -> tuple[World, Outsider]:
    """Return the second: all that the reader may not read is another."""
    world, random = one_world(catalogue), Random(99)
    for change in (_values, _relations, _elsewhere, _closed, _without_consent):
        change(world, random)
    return world, _somebody_new(world)


def _values(world: World, random: Random) -> None:
    """Give every denied field another value, in the same version of the same record."""
    for kind, names in SECRETS.items():
        dataset = world.catalogue.by_type.get(kind)
        for row in world.tables.get(dataset.name, ()) if dataset else ():
            values = row["values"] = dict(row["values"])
            for f in dataset.fields:
                if f.graphql_name in names and f.name in values and not f.computed:
                    values[f.name] = _another(f.kind, values[f.name], random)


def _another(kind: Kind, value, random: Random):
    if value is None and kind is not Kind.TEXT:
        return None
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + random.randrange(1, 900)
    if isinstance(value, date):
        return value.replace(year=value.year - 1)
    if isinstance(value, list):
        return []
    return f"{random.randrange(10**6)}"


def _relations(world: World, random: Random) -> None:
    for row in world.tables["membership"]:
        row["relation"] = random.choice(("02", "10", "20", "30", None))


def _outside(world: World) -> set:
    homes = {r["household_id"] for r in world.tables["household_place"] if r["region"] == ELSEWHERE}
    inside = {r["person_id"] for r in world.tables["membership"] if r["household_id"] not in homes}
    people = {r["person_id"] for r in world.tables["membership"] if r["household_id"] in homes}
    return homes | (people - inside)


def _elsewhere(world: World, random: Random) -> None:
    """Change everything about people and households outside the regions."""
    outside = _outside(world)
    owners = outside | {key for (_, p), key in world.identities.items() if p in outside}
    for dataset in world.catalogue.stored:
        rows = world.tables.get(dataset.name, [])
        kept = [r for r in rows if r["identity_id"] not in owners or random.random() < 0.5]
        for row in kept:
            if row["identity_id"] in owners and dataset.name in ("score", "alert"):
                row["values"] = {**row["values"], "total": 99, "band": "red"}
        if rows:
            world.tables[dataset.name] = kept


def _closed(world: World, random: Random) -> None:
    """Add records of types of which nothing is granted, and take others away."""
    certificates = world.tables["disability_certificate"]
    world.tables["disability_certificate"] = certificates[::2]
    for n, person in enumerate(list(world.person_by_number.values())):
        if random.random() < 0.5:
            values = {"category": "DB", "start_date": date(2026, 1, 1), "amount_cents": n}
            world.record("assistance_roll", person, values)


def _without_consent(world: World, random: Random) -> None:
    """Change deposits of whom no authorisation covers, and every authorisation for other things."""
    covered = set()
    for row in world.tables["consent"]:
        values = row["values"]
        if (values["source"], values["purpose"]) == ("banks", "VERIFY"):
            is_now = (
                row["valid_from"] <= NOW.date() < row["valid_to"] and row["known_to"].year > 9998
            )
            if is_now and values["revoked_at"] is None:
                covered.add(row["identity_id"])
        else:
            row["values"] = {**values, "revoked_at": random.choice((None, WITHDRAWN))}
    covers = {p for (_, p), key in world.identities.items() if key in covered}
    for person in list(world.person_by_number.values()):
        if person not in covers:
            for k in range(3):
                world.record("bank_deposit", person, {"kind": "deposit", "amount_cents": k})


def _somebody_new(world: World) -> Outsider:
    home = world.household(ELSEWHERE)
    person = world.person(home, "02", date(1970, 5, 5))
    for known in world.tables["membership"][2:9:3]:
        # Somebody of the reader's moved in there too, later than into the home that it may see.
        world.member(home, known["person_id"], "30", valid_from=date(2026, 7, 1))
    world.record("score", home, {"total": 90, "band": "red", "coverage": 60})
    world.record(
        "alert", home, {"band": "red", "total": 90, "status": "screened", "opened_at": CORRECTED}
    )
    number = world.numbers[-1]
    assert number == number_of(len(world.numbers), date(1970, 5, 5))
    return Outsider(number, str(person), str(home))


# What is asked.


@dataclass
class Told:
    """What came of one question: bytes of an answer, or what a refusal says."""

    name: str
    said: bytes


async def ask_all(ask, questions, caller: Caller, *, at=NOW) -> list[Told]:
    """Ask every question, and return what was said; records of the log are not told."""
    found = []
    for name, document, variables in questions:
        request = Request(document, variables, None, caller, "r-1", at)
        found.append(Told(name, await _said(ask, request)))
        if name.startswith("export"):
            found.append(Told(f"{name}, whole", await _exported(ask, request)))
    return found


async def _said(ask, request: Request) -> bytes:
    try:
        return (await ask.answerer.answer(request)).body
    except HubError as problem:
        return refusal(problem)


def refusal(problem: HubError) -> bytes:
    """Return all that a refusal tells."""
    told = {name: getattr(problem, name, None) for name in ("code", "status", "fields", "cost")}
    return orjson.dumps({"message": str(problem), **told}, default=str)


async def _exported(ask, request: Request) -> bytes:
    answerer = ask.answerer
    exporter = Exporter(answerer.documents, answerer, answerer.disclosures, answerer.meter)
    lines = b""
    try:
        export = await exporter.begin(request)
        while not export.is_done:
            lines += await export.step(request.caller, NOW)
    except HubError as problem:
        return lines + refusal(problem)
    return lines
