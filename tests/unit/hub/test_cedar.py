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


def compared(policy, random, requests, keys):
    """Ask both, mostly about what a rule grants and on days when it changes; count the allowed."""
    cedar, allowed = Cedar(policy), 0
    for _ in range(requests):
        rule = random.choice(policy.rules)
        grant = random.choice(rule.grants)
        who = (rule.department, rule.role, str(rule.purpose))
        if random.random() < 0.2:
            who = random.choice(keys)
        path = grant.path if random.random() < 0.8 else random.choice(PATHS)
        given = {
            "has_case": random.random() < 0.8,
            "consents": random.sample(SOURCES, random.randrange(3)),
            "region": random.choice(ROWS),
        }
        turn = random.choice((rule.start, rule.end, grant.start, grant.end))
        today = turn - timedelta(days=random.randrange(2))
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
        allowed += compared(Policy(f"p{n}", rules), random, requests, asked)
    return allowed


def test_both_decide_alike_on_random_policies_and_requests():
    assert random_policies(20, 40, seed=5) > 40, "some are allowed"


@pytest.mark.prove
def test_both_decide_alike_in_a_long_run():
    assert random_policies(200, 100, seed=6) > 500


def told_apart(rule, others, random):
    """Give a request that the rule allows, and others that one word or one day tells from it.

    One random request in a thousand is allowed, so a random sample hardly sees where an answer
    changes.
    """
    days = rule.start, rule.end
    grants = [g for g in rule.grants if (g.start, g.end) == days]
    bound = [g for g in grants if g.consent]
    grant = random.choice(bound or grants)
    base = {
        "who": (rule.department, rule.role, str(rule.purpose)),
        "path": grant.path,
        "today": rule.start,
        "has_case": True,
        "consents": [grant.source],
        "region": f"{random.choice(rule.regions or ('420106',))}001001"[:12],
    }
    department, role, purpose = base["who"]
    one_day = timedelta(days=1)
    changes = [{}]
    changes += [{"today": day} for day in (rule.start - one_day, rule.end - one_day, rule.end)]
    changes += [{"has_case": False}, {"consents": []}, {"region": "440103001001"}]
    changes += [{"path": random.choice([p for p in others if p != grant.path])}]
    changes += [{"who": ("tax", role, purpose)}, {"who": (department, "nobody", purpose)}]
    changes += [{"who": (department, role, str(p))} for p in Purpose if str(p) != purpose][:1]
    changes += [{"path": random.choice(grants).path, "today": rule.end - one_day}]
    return [base | change for change in changes]


def test_both_decide_alike_on_the_packaged_policy():
    policy, random = load_policy(default_policy_text(), Catalogue.discover()), Random(7)
    paths = sorted({grant.path for rule in policy.rules for grant in rule.grants})
    cedar, wanted = Cedar(policy), []
    for rule in policy.rules:
        for asked in told_apart(rule, paths, random):
            wanted.append(cedar.allows(**asked))
            assert decides(policy, **asked) == wanted[-1], asked

    reach = sum(bool(rule.regions) for rule in policy.rules)
    assert sum(wanted) >= 3 * reach, "first day, last day, another field of each rule"
    assert wanted.count(False) >= 5 * len(policy.rules)
