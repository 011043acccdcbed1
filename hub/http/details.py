"""What a token is asked for: one purpose, and how far it is to reach within the client's rights.

A client may ask for a token that can do less than itself: rows of some of its regions, some of the
types of the graph. What a token can do is never more than the policy grants today.

Spec: RFC 9396.
"""

import re
from dataclasses import dataclass
from typing import Final

from hub.access import FRAME, Purpose

DETAIL_TYPE: Final = "hub_query"
_REGION: Final = re.compile(r"[0-9]{1,12}")
_DATASET: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_MAX: Final = 100
_MEMBERS: Final = frozenset({"type", "purpose", "regions", "datasets"})


@dataclass(frozen=True, slots=True)
class Details:
    """The one object of `authorization_details`; None narrows nothing."""

    purpose: Purpose
    regions: tuple[str, ...] | None = None
    """Prefixes of the only regions whose rows are asked for."""
    datasets: frozenset[str] | None = None
    """The only types of the graph whose fields are asked for, beside those of its frame."""

    def told(self) -> list[dict[str, object]]:
        """Return the authorization_details."""
        told: dict[str, object] = {"type": DETAIL_TYPE, "purpose": str(self.purpose)}
        if self.regions is not None:
            told["regions"] = list(self.regions)
        if self.datasets is not None:
            told["datasets"] = sorted(self.datasets)
        return [told]

    def is_within(self, area: tuple[str, ...] | None) -> bool:
        """Whether every region that is asked for lies in `area`; None is everywhere."""
        if self.regions is None or area is None:
            return True
        return all(any(asked.startswith(own) for own in area) for asked in self.regions)


def stated_details(stated: object) -> Details | None:
    """Return what authorization_details state, or None if they are not one hub_query.

    A member that nobody knows makes them none: it might be meant to narrow.
    """
    if not isinstance(stated, list) or len(stated) != 1 or not isinstance(stated[0], dict):
        return None
    (one,) = stated
    purpose = one.get("purpose")
    if one.keys() - _MEMBERS or one.get("type") != DETAIL_TYPE or not isinstance(purpose, str):
        return None
    lists = {}
    for name, form in (("regions", _REGION), ("datasets", _DATASET)):
        if name in one:
            texts = one[name]
            if not _are_texts(texts, form):
                return None
            lists[name] = texts
    if purpose not in set(Purpose):
        return None
    regions, datasets = lists.get("regions"), lists.get("datasets")
    return Details(
        Purpose(purpose),
        None if regions is None else tuple(sorted(set(regions))),
        None if datasets is None else frozenset(datasets) - FRAME,
    )


def _are_texts(stated: object, form: re.Pattern[str]) -> bool:
    return (
        isinstance(stated, list)
        and 0 < len(stated) <= _MAX
        and all(isinstance(text, str) and form.fullmatch(text) for text in stated)
    )
