"""One request, planned and with its arguments: what is left is to ask."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hub.access import Entitlement
from hub.query.fetch import LONG
from hub.query.model import BoundRoot, Number, Plan
from hub.query.plans import Prepared


@dataclass(slots=True)
class Bound:
    """One request, planned and with its arguments."""

    prepared: Prepared
    plan: Plan
    """That of `prepared`."""
    roots: tuple[BoundRoot, ...]
    parameters: Mapping[str, object]
    introspected: Mapping[str, object]
    cost: int
    entitlement: Entitlement

    @property
    def assertion(self) -> str | None:
        """A portal's word on the citizen that is asked about; None: no root takes one."""
        given = (one.parameters.get("assertion") for one in self.roots if one.root.is_register)
        return next((str(each) for each in given if each is not None), None)

    @property
    def goes_together(self) -> bool:
        """Whether it may be answered together with others who ask the same: it has one root."""
        return self.prepared.goes_together and self.cost < LONG and self.roots[0].known_at is None

    def about(self, citizen: Number | None) -> "Bound":
        """Return the same about a citizen, where there is one."""
        if citizen is None:
            return self
        return replace(self, roots=tuple(replace(one, numbers=(citizen,)) for one in self.roots))
