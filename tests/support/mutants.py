"""Ways to break what keeps a caller to its rights, one at a time, each taken back afterwards.

Every one is a mistake that somebody could make in the compiler from policy to answer; those about
rows and consent are in `mutants_rows`. A campaign that lets one of them pass proves nothing
(`tests/integration/query/test_mutants.py`).
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import tests.support.mutants_rows  # noqa: F401 - it registers its own
from hub.access import Entitlement, EntitlementRule, Grant, Policy, model, policy
from hub.query import answer, disclosure, listing, lists_sql
from hub.query.granting import Granting
from hub.query.model import Introspected
from tests.support.breaking import mutant

# The policy's text, and what follows from it.


@mutant("the end of a grant is ignored")
def _() -> tuple:
    return Grant, "is_live", lambda self, today: self.start <= today


@mutant("the beginning of a grant is ignored")
def _() -> tuple:
    return Grant, "is_live", lambda self, today: today < self.end


@mutant("a suspension is ignored")
def _() -> tuple:
    return policy, "_suspended", lambda rules, _agreements: rules


@mutant("an addition holds on any day")
def _() -> tuple:
    return policy, "_within", lambda grant, _start, _end: grant


@mutant("the case is not required")
def _() -> tuple:
    decide = Policy._decide
    return Policy, "_decide", lambda self, who, day: decide(self, replace(who, case="any"), day)


@mutant("a case that does not hold is let pass")
def _() -> tuple:
    return answer, "check_standing", lambda _standing, _caller: None


@mutant("a registration's regions are ignored")
def _() -> tuple:
    return Entitlement, "within", lambda self, _area: self


@mutant("a token's types are ignored")
def _() -> tuple:
    return EntitlementRule, "only", lambda self, _datasets: self


@mutant("an entitlement's limits are ignored")
def _() -> tuple:
    return answer, "checked_range", lambda _roots, _limits: None


@mutant("rights are those of the day that is asked about")
def _() -> tuple:
    entitled = answer.entitled

    def of_the_day(held, request):
        stated = re.findall(r'asOf: "([0-9-]+)"', request.document)
        if not stated:
            return entitled(held, request)
        at = request.at.replace(**_parts(date.fromisoformat(stated[0])))
        return entitled(held, replace(request, at=at))

    return answer, "entitled", of_the_day


def _parts(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "day": day.day}


# What chooses and orders.


@mutant("a denied field may choose a list")
def _() -> tuple:
    def of_order(choice):
        if choice.order.path is not None:
            yield choice.order.path

    return listing, "steering", of_order


@mutant("a denied field may order a list")
def _() -> tuple:
    steering = listing.steering

    def but_the_order(choice):
        return (path for path in steering(choice) if path != choice.order.path)

    return listing, "steering", but_the_order


@mutant("a cursor carries what may be denied")
def _() -> tuple:
    columns = lists_sql._Households._columns

    def with_region(self, household, place, key):
        shown = place.c.region if self.order.source is None else key
        return columns(self, household, place, shown)

    return lists_sql._Households, "_columns", with_region


# What is remembered.


@mutant("a plan is remembered for whatever rights")
def _() -> tuple:
    return model, "_digest", lambda _rule, _decisions: "one for all"


@mutant("a plan is remembered for whatever role")
def _() -> tuple:
    digest = model._digest
    return model, "_digest", lambda rule, made: digest(replace(rule, role=""), made)


@mutant("rows of a new policy are answered under the old one")
def _() -> tuple:
    way = answer.Answerer._way

    def whatever(self, bound, request):
        async def answered(bound, asked, held, request):
            blind = replace(self, fetcher=_Blind(self.fetcher, held.digest))
            return await way(blind, bound, request)(bound, asked, held, request)

        return answered

    return answer.Answerer, "_way", whatever


@dataclass
class _Blind:
    """Takes every row to be of one policy's time."""

    fetcher: Any
    digest: str

    async def fetch(self, *given):
        return replace(await self.fetcher.fetch(*given), policy_digest=self.digest)

    async def fetch_for(self, *given):
        return replace(await self.fetcher.fetch_for(*given), policy_digest=self.digest)


@mutant("an export goes on under the rights that it began with")
def _() -> tuple:
    entitled, known = answer.entitled, {}

    def of_the_first(held, request):
        if request.channel != "export":
            return entitled(held, request)
        key = (request.request_id, request.caller.client_id)
        return known.setdefault(key, entitled(held, request))

    return answer, "entitled", of_the_first


# What is told beside data.


@mutant("the schema is told although it is withheld")
def _() -> tuple:
    return Granting, "introspected", lambda _self, key, _name: Introspected(key)


@mutant("an answer says that somebody is elsewhere")
def _() -> tuple:
    known = disclosure.Disclosures.answered

    async def answered(self, asked, digest, plan, bound, sealed, *more):
        receipt = await known(self, asked, digest, plan, bound, sealed, *more)
        roots = [disclosure._root_record(one, sealed) for one in bound if not one.root.is_register]
        is_there = any(root.get("outside") for root in roots)
        return replace(receipt, origin=f"{receipt.origin} (elsewhere)") if is_there else receipt

    return disclosure.Disclosures, "answered", answered
