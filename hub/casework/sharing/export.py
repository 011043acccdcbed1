"""The policy and the agreements as one document that can be signed, kept and checked elsewhere.

It says who may read what, by which agreement, on one day, and where each agreement stands. There is
nothing of a person in the graph in it; who took a step stands as an opaque id.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import asyncpg
import orjson

from hub.access import Policy, load_policy
from hub.access.model import EntitlementRule
from hub.casework.sharing.clocks import Clock
from hub.casework.sharing.standing import Agreement, agreements_of
from hub.errors import SetupError, StoreUnavailableError
from hub.store.database import Connections, snapshot
from hub.store.sharing import acts_of
from schema.catalogue import Catalogue

TYPE: Final = "hub-policy+jws"
"""The `typ` of the signature: nothing else that the hub signs can be taken for it."""
FORMAT: Final = 1
_IN_FORCE: Final = "select revision, digest, document from policy_revision"


async def exported(
    database: Connections, catalogue: Catalogue, clock: Clock, today: date
) -> dict[str, object]:
    """Return the document of the policy in force and of all agreements, read in one snapshot.

    Raises:
        SetupError: No policy is in force.
        StoreUnavailableError: The database gave up.
    """
    try:
        async with (
            database.connection() as connection,
            snapshot(connection),
        ):
            row = await connection.fetchrow(_IN_FORCE)
            stored = await acts_of(connection)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
        raise StoreUnavailableError("The database did not answer.") from problem
    if row is None:
        raise SetupError("No policy is in force; run `hub migrate`.")
    revision, digest, document = row
    policy = load_policy(document, catalogue)
    agreements = agreements_of(document, stored, catalogue)
    return {
        "format": FORMAT,
        "day": today.isoformat(),
        "revision": revision,
        "digest": digest,
        "entitlements": _entitlements(policy),
        "agreements": [_agreement(each, clock, today) for each in agreements],
    }


def written(document: Mapping[str, object]) -> bytes:
    """Return the document as JSON: keys in order, so that the same content has the same bytes."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def is_of_text(document: Mapping[str, object], text: str) -> bool:
    """Whether `text` is the policy's text that the document is about."""
    return document.get("digest") == hashlib.sha256(text.encode()).hexdigest()


def _entitlements(policy: Policy) -> list[dict[str, object]]:
    return [
        {
            "department": rule.department,
            "role": rule.role,
            "purpose": str(rule.purpose),
            "legalBasis": rule.legal_basis,
            "from": rule.start.isoformat(),
            "until": rule.end.isoformat(),
            "regions": list(rule.regions),
            "caseRequired": rule.case_required,
            "introspection": rule.introspection,
            "rows": str(rule.rows),
            "limits": {
                "people": rule.limits.people,
                "page": rule.limits.page,
                "retentionDays": rule.limits.retention_days,
            },
            "grants": _grants(rule),
        }
        for rule in policy.rules
    ]


def _grants(rule: EntitlementRule) -> list[dict[str, object]]:
    """Return the grants of an entitlement, the fields of one agreement and time together."""
    together: dict[tuple[object, ...], list[str]] = {}
    for grant in rule.grants:
        days = (grant.start.isoformat(), grant.end.isoformat())
        key = (grant.agreement, grant.source, grant.legal_basis, *days)
        together.setdefault((*key, grant.consent, grant.suspended), []).append(grant.path)
    names = ("agreement", "source", "legalBasis", "from", "until", "consent", "suspended")
    return [
        {**dict(zip(names, key, strict=True)), "fields": fields} for key, fields in together.items()
    ]


def _agreement(each: Agreement, clock: Clock, today: date) -> dict[str, object]:
    return {
        "agreement": each.name,
        "state": each.state(today),
        "source": each.source,
        "departments": list(each.departments),
        "fields": list(each.fields),
        "from": None if each.start is None else each.start.isoformat(),
        "until": None if each.end is None else each.end.isoformat(),
        "due": _dues(each.dues(clock, today)),
        "overdue": _dues(each.overdue(clock, today)),
        **({"problem": each.problem} if each.problem else {}),
        "acts": [
            {"step": str(act.step), "by": act.by, "on": act.on.isoformat(), "why": act.why}
            for act in each.life.acts
        ],
    }


def _dues(dues: Sequence[tuple[str, date]]) -> list[dict[str, str]]:
    return [{"what": what, "on": day.isoformat()} for what, day in dues]
