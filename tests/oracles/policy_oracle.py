"""A second reading of a policy: from its text alone, one grant at a time, in the simplest words.

Nothing of `hub.access` is used: the text is TOML, an entitlement is a dictionary of it, and each
question about a field goes through every grant again. `Reading` is what one caller may read on one
day, in the words that `query_oracle` asks in.

Left out: which text the loader refuses, only policies that it takes are read here; and entitlements
over the rows of cases (`own-case`, `caseload`).
"""

import tomllib
from dataclasses import dataclass
from datetime import date

from schema.catalogue import Catalogue, Subject

OPEN = "open"
FRAME = ("Person", "Household", "Member")


@dataclass(frozen=True)
class Reading:
    """What one caller may read on one day: `open`, or why not, for every field of the catalogue."""

    department: str
    verdicts: dict[str, str]
    catalogue: Catalogue
    regions: tuple[str, ...]
    area: tuple[str, ...] | None
    rows: str
    tells_schema: bool
    limits: dict[str, int]
    checks_case: bool = False
    """Whether the case that was named must be one that may be worked on today."""

    def why_not(self, path: str) -> str | None:
        """Return why a field may not be read of anybody, or None."""
        verdict = self.verdicts.get(path, "NOT_GRANTED")
        return None if verdict == OPEN else verdict

    def is_granted(self, path: str) -> bool:
        return self.why_not(path) is None

    def granted_types(self) -> set[str]:
        return {path.partition(".")[0] for path in self.verdicts if self.is_granted(path)}

    def opened_with_consent(self) -> set[str]:
        """Return the types that are read of people whose authorisation covers them."""
        waiting = {p.partition(".")[0] for p, v in self.verdicts.items() if v == "CONSENT_REQUIRED"}
        found = set()
        for name in waiting - self.granted_types():
            dataset = self.catalogue.by_type.get(name)
            if dataset is None or dataset.subject is not Subject.PERSON:
                continue
            if dataset.stored and not dataset.consent_of_another:
                found.add(name)
        return found

    def opens_with_consent(self, path: str) -> bool:
        """Whether the field itself is one that is read with consent."""
        is_its = path.partition(".")[0] in self.opened_with_consent()
        return is_its and self.why_not(path) == "CONSENT_REQUIRED"

    def sees(self, region: str) -> bool:
        """Whether a household that lives there is among the caller's rows."""
        if not any(region.startswith(prefix) for prefix in self.regions):
            return False
        return self.area is None or any(region.startswith(prefix) for prefix in self.area)


class PolicyOracle:
    """Reads one policy's text."""

    def __init__(self, text: str, catalogue: Catalogue) -> None:
        self.stated = tomllib.loads(text)
        self.catalogue = catalogue

    def reading(self, caller, today: date) -> Reading | str:
        """Return what `caller` may read on `today`, or why it may ask nothing at all."""
        who = (caller.department, caller.role, caller.purpose)
        mine = [e for e in self.entitlements() if whom(e) == who]
        live = [e for e in mine if e["from"] <= today < e["until"]]
        if not live:
            return "EXPIRED" if mine else "NO_ENTITLEMENT"
        (entitlement,) = live
        verdicts = {}
        for path in sorted({path for grant in entitlement["grant"] for path in grant["fields"]}):
            verdicts[path] = self.verdict(entitlement, path, caller, today)
        return Reading(
            caller.department,
            verdicts,
            self.catalogue,
            tuple(entitlement["regions"]),
            caller.area,
            entitlement.get("rows", "region"),
            entitlement.get("introspection", True),
            entitlement.get("limits", {}),
            entitlement.get("case_required", False) and caller.case is not None,
        )

    def entitlements(self) -> list[dict]:
        """Return every entitlement with the grants that were added to it."""
        found = [{**e, "grant": list(e["grant"])} for e in self.stated["entitlement"]]
        for added in self.stated.get("addition", []):
            # An addition has days of its own: what it grants is read on no other.
            grants = [
                {
                    **grant,
                    "from": max(grant["from"], added["from"]),
                    "until": min(grant["until"], added["until"]),
                }
                for grant in added["grant"]
            ]
            for e in found:
                is_met = e["from"] < added["until"] and added["from"] < e["until"]
                if whom(e) == whom(added) and is_met:
                    e["grant"] += grants
                    break
            else:
                found.append({**added, "grant": grants})
        return found

    def verdict(self, entitlement: dict, path: str, caller, today: date) -> str:
        """Return `open` for a field, or the reason why it is not."""
        kind = path.partition(".")[0]
        if caller.datasets is not None and kind not in {*caller.datasets, *FRAME}:
            return "NOT_GRANTED"
        if entitlement.get("case_required", False) and caller.case is None:
            return "CASE_REQUIRED"
        stopped = {each["agreement"] for each in self.stated.get("suspension", [])}
        verdict = "EXPIRED"
        for grant in entitlement["grant"]:
            if path not in grant["fields"] or not grant["from"] <= today < grant["until"]:
                continue
            if grant["agreement"] in stopped:
                verdict = "SUSPENDED"
            elif grant.get("consent", False):
                verdict = "CONSENT_REQUIRED"
            else:
                verdict = OPEN
        return verdict


def whom(entitlement: dict) -> tuple[str, str, str]:
    return entitlement["department"], entitlement["role"], entitlement["purpose"]


def case_trouble(cases: list[dict], caller, today: date) -> str | None:
    """Return why the named case may not be worked on today, or None."""
    for case in cases:
        if (case["department"], case["number"]) != (caller.department, caller.case):
            continue
        works = caller.actor in case["officers"] or caller.role in case["roles"]
        if caller.actor is not None and not works:
            return "CASE_NOT_IN_CASELOAD"
        if caller.purpose not in case["purposes"]:
            return "CASE_OTHER_PURPOSE"
        closed = case["closed_on"]
        if today < case["opened_on"] or (closed is not None and closed <= today):
            return "CASE_CLOSED"
        return None
    return "CASE_UNKNOWN"


def covers(world, person, source: str, purpose: str, today: date) -> bool:
    """Whether a person's own authorisation covers that source and purpose today."""
    for link in world.tables["link"]:
        if link["person_id"] != person or link["department"] != "civil-affairs":
            continue
        if not is_now(link, today):
            continue
        for given in world.tables.get("consent", []):
            values = given["values"]
            if given["identity_id"] != link["identity_id"] or not is_now(given, today):
                continue
            if values["revoked_at"] is not None:
                continue
            if (values["source"], values["purpose"]) == (source, purpose):
                return True
    return False


def is_now(row: dict, today: date) -> bool:
    """Whether a row holds today, as it is known now, whatever day and moment were asked about."""
    return row["valid_from"] <= today < row["valid_to"] and row["known_to"].year == 9999


def is_announced(oracle, person, at, receiver: str) -> bool:
    """Whether a recognition of the person holds, and was announced to the receiver."""
    own = {
        row["identity_id"]
        for row in oracle.rows("link", at)
        if row["person_id"] == person and row["department"] == "civil-affairs"
    }
    held = {row["identity_id"] for row in oracle.rows("recognition", at)} & own
    told = {
        row["identity_id"]
        for row in oracle.world.tables.get("outbox", [])
        if row["receiver"] == receiver
    }
    return bool(held & told)
