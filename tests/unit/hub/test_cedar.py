"""Cedar's engine, given the same policy, decides every random request as the hub does."""

from datetime import date, timedelta
from random import Random

import pytest

from hub.access import (
    Caller,
    Denied,
    EntitlementRule,
    Grant,
    Policy,
    Purpose,
    Reason,
    Refusal,
    default_policy_text,
    load_policy,
)
from schema.catalogue import Catalogue
from tests.oracles.cedar import Cedar

PATHS = [f"{kind}.{name}" for kind in ("Population", "Score", "BankDeposit") for name in "abcd"]
DEPARTMENTS, ROLES = ("one", "two"), ("clerk", "officer")
PURPOSES = (Purpose.CASE, Purpose.WARN)
REGIONS = ("420106", "420106001", "430102", "43")
ROWS = ("420106001001", "420106002001", "430102001001", "440103001001")
SOURCES = ("banks", "public-security")
BEGIN = date(2026, 1, 1)


def day(random):
    return BEGIN + timedelta(days=random.randrange(20))


def days(random):
    start = day(random)
    return start, start + timedelta(days=random.randrange(10, 60))


def grant_of(random, path):
    start, end = days(random)
    return Grant(path, "A-1", random.choice(SOURCES), "basis", random.random() < 0.4, start, end)


def rule_of(random, key):
    start, end = days(random)
    return EntitlementRule(
        *key,
        legal_basis="basis",
        start=start,
        end=end,
        regions=tuple(random.sample(REGIONS, random.randrange(3))),
        case_required=random.random() < 0.5,
        grants=tuple(grant_of(random, path) for path in random.sample(PATHS, 8)),
    )


def decides(policy, who, path, today, *, has_case, consents, region):
    """Return what the hub decides about a field of a row."""
    caller = Caller(*who, "client", None, "case-1" if has_case else None)
    found = policy.entitlement(caller, today)
    if isinstance(found, Refusal):
        return False
    decision = found.decide(path)
    may = not isinstance(decision, Denied) or (
        decision.reason is Reason.CONSENT_REQUIRED and source_of(policy, who, path) in consents
    )
    return may and any(region.startswith(r) for r in found.regions)


def source_of(policy, who, path):
    """Return whose authorisation a field waits for; each is granted once here."""
    return next(g.source for r in policy.rules if r.key == who for g in r.grants if g.path == path)


def compared(policy, random, requests, keys, paths, begin):
    """Ask both, and return how many were allowed."""
    cedar, allowed = Cedar(policy), 0
    for _ in range(requests):
        who, path = random.choice(keys), random.choice(paths)
        given = {
            "has_case": random.random() < 0.6,
            "consents": random.sample(SOURCES, random.randrange(3)),
            "region": random.choice(ROWS),
        }
        today = begin + timedelta(days=random.randrange(60))
        wanted = cedar.allows(who, path, today, **given)
        assert decides(policy, who, path, today, **given) == wanted, (who, path, today, given)
        allowed += wanted
    return allowed


def random_policies(policies, requests, seed):
    random, allowed = Random(seed), 0
    keys = [(d, r, p) for d in DEPARTMENTS for r in ROLES for p in PURPOSES]
    for n in range(policies):
        rules = tuple(rule_of(random, key) for key in random.sample(keys, 5))
        asked = [(d, r, str(p)) for d, r, p in keys]
        allowed += compared(Policy(f"p{n}", rules), random, requests, asked, PATHS, BEGIN)
    return allowed


def test_both_decide_alike_on_random_policies_and_requests():
    assert random_policies(10, 20, seed=5) > 5, "some are allowed"


@pytest.mark.prove
def test_both_decide_alike_in_a_long_run():
    assert random_policies(200, 100, seed=6) > 500


def test_both_decide_alike_on_the_packaged_policy():
    policy = load_policy(default_policy_text(), Catalogue.discover())
    keys = [(rule.department, rule.role, str(rule.purpose)) for rule in policy.rules]
    paths = sorted({grant.path for rule in policy.rules for grant in rule.grants})

    assert compared(policy, Random(7), 2_400, keys, paths, date(2026, 6, 10)) > 3
