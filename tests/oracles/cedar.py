"""The policy as Cedar text, decided by Cedar's own engine: an oracle that shares no line with us.

A grant becomes one `permit`: field, department, role, purpose, the days of entitlement and grant,
the case, the consent, the regions. What no `permit` allows, Cedar denies.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date

import cedarpy

from hub.access import EntitlementRule, Grant, Policy


def cedar_text(policy: Policy) -> str:
    """Return the policy in Cedar's words."""
    return "\n".join(_permits(policy.rules))


def _permits(rules: Iterable[EntitlementRule]) -> Iterator[str]:
    for rule in rules:
        for grant in rule.grants:
            yield (
                f'permit(principal, action == Action::"read", resource == Field::"{grant.path}") '
                f"when {{ {' && '.join(_conditions(rule, grant))} }};"
            )


def _conditions(rule: EntitlementRule, grant: Grant) -> Iterator[str]:
    for name, value in (
        ("department", rule.department),
        ("role", rule.role),
        ("purpose", str(rule.purpose)),
    ):
        yield f"context.{name} == {json.dumps(value)}"
    for start, end in ((rule.start, rule.end), (grant.start, grant.end)):
        yield f"context.today >= {start.toordinal()}"
        yield f"context.today < {end.toordinal()}"
    if rule.case_required:
        yield "context.hasCase"
    if grant.consent:
        yield f"context.consents.contains({json.dumps(grant.source)})"
    likes = [f'context.region like "{region}*"' for region in rule.regions]
    yield f"({' || '.join(likes)})" if likes else "false"


class Cedar:
    """Decides as Cedar does."""

    def __init__(self, policy: Policy) -> None:
        self._policies = cedarpy.PolicySet.from_str(cedar_text(policy))
        self._entities = cedarpy.Entities.from_json_str("[]")

    def allows(
        self,
        who: tuple[str, str, str],
        path: str,
        today: date,
        *,
        has_case: bool,
        consents: Iterable[str],
        region: str,
    ) -> bool:
        """Whether `who` may read the field of a row in the region."""
        department, role, purpose = who
        request = {
            "principal": 'Client::"c"',
            "action": 'Action::"read"',
            "resource": f'Field::"{path}"',
            "context": {
                "department": department,
                "role": role,
                "purpose": purpose,
                "today": today.toordinal(),
                "hasCase": has_case,
                "consents": sorted(consents),
                "region": region,
            },
        }
        found = cedarpy.is_authorized(request, self._policies, self._entities)
        return bool(found.allowed)
