"""Tells who may read what, for which purpose: the policy in force, line by line.

A line is one field of one agreement under one entitlement. Where department, purpose and field are
all named, roles without such a line are told too, with the piece that is missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import asyncpg

from hub.access import Explanation, Policy, Purpose, Question, explain_access, matrix
from hub.access.explained import Cell, conditions, roles_of
from hub.errors import StoreUnavailableError
from hub.query.documents import masked
from hub.query.model import BoundRoot
from hub.query.policies import Policies
from hub.query.registers import Found
from hub.query.shape import Tree
from hub.store.database import Database
from schema.catalogue import Catalogue, CoreField

_DIGEST: Final = "select digest from policy_revision"
MISSING: Final = "missing"
"""The state of a line that no agreement has."""


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Reads the policy that is in force."""

    database: Database
    policies: Policies
    catalogue: Catalogue

    async def find(self, bound: BoundRoot) -> Found:
        """Return a page of lines.

        Raises:
            StoreUnavailableError: The database gave up.
        """
        policy = await self.policies.current()
        try:
            async with self.database.connection() as connection:
                digest: str | None = await connection.fetchval(_DIGEST)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise StoreUnavailableError("The database did not answer the look-up.") from problem
        lines = list(rules(policy, self.catalogue, bound.as_of, bound.parameters))
        skipped = bound.parameters["skipped"]
        assert isinstance(skipped, int)  # noqa: S101 - bound from a cursor
        page = lines[skipped : skipped + bound.first]
        cursors = tuple(str(skipped + n) for n in range(1, len(page) + 1))
        asked, wanted = bound.parameters, ("department", "role", "purpose", "field")
        record = {
            "found": len(page),
            "filter": {name: _stated(str(given)) for name in wanted if (given := asked[name])},
            "day": bound.as_of.isoformat(),
        }
        has_more = len(lines) > skipped + len(page)
        in_force = digest if digest == policy.digest else None
        return Found(in_force, tuple(page), cursors, record, has_more)


def _stated(name: str) -> str:
    """Return a name as it goes on record: a field's two parts are names of their own."""
    return ".".join(masked(part) or "" for part in name.split("."))


def rules(
    policy: Policy, catalogue: Catalogue, day: date, wanted: Mapping[str, object]
) -> Iterator[Tree]:
    """Go through the lines of the policy that are `wanted`, by the names of the arguments."""
    shown: set[str] = set()
    for cell in matrix(policy, day):
        line = _line(cell, catalogue)
        if all(wanted[name] in {None, line[name]} for name in ("department", "role", "purpose")):
            path = cell.grant.path
            if wanted["field"] in {None, path, path.partition(".")[0]}:
                shown.add(cell.rule.role)
                yield line
    for told in _explained(policy, catalogue, day, wanted):
        if told.question.role not in shown:
            yield _missing(told, catalogue)


def _explained(
    policy: Policy, catalogue: Catalogue, day: date, wanted: Mapping[str, object]
) -> Iterator[Explanation]:
    department, purpose, path = (wanted[name] for name in ("department", "purpose", "field"))
    if department is None or purpose is None or catalogue.field(str(path)) is None:
        return
    stated = Purpose(str(purpose))
    role = wanted["role"]
    roles = (str(role),) if role else roles_of(policy, str(department), stated)
    for each in roles or ("",):
        asked = Question(str(department), each, stated, str(path), day)
        yield explain_access(policy, catalogue, asked)


def _line(cell: Cell, catalogue: Catalogue) -> Tree:
    rule, grant = cell.rule, cell.grant
    return {
        "department": rule.department,
        "role": rule.role,
        "purpose": str(rule.purpose),
        "field": grant.path,
        "classification": _class_of(grant.path, catalogue),
        "source": grant.source,
        "state": str(cell.state),
        "agreement": grant.agreement,
        "legalBasis": grant.legal_basis,
        "startDate": max(rule.start, grant.start).isoformat(),
        "endDate": cell.until.isoformat(),
        "regions": list(rule.regions),
        "conditions": list(conditions(rule, grant)),
        "missing": [],
    }


def _missing(told: Explanation, catalogue: Catalogue) -> Tree:
    asked = told.question
    return {
        "department": asked.department,
        "role": asked.role,
        "purpose": str(asked.purpose),
        "field": asked.path,
        "classification": _class_of(asked.path, catalogue),
        "source": told.owner,
        "state": MISSING,
        "agreement": None,
        "legalBasis": None,
        "startDate": None,
        "endDate": None,
        "regions": [],
        "conditions": [],
        "missing": list(told.missing),
    }


def _class_of(path: str, catalogue: Catalogue) -> str | None:
    found = catalogue.field(path)
    return None if found is None or isinstance(found, CoreField) else str(found[1].classification)
