"""From confirmed causes to needs, and from needs to services: pure look-ups in a dated map.

The map is data with a legal reference for each service (`parameters/services_*.toml`). It
proposes; a person assesses the needs and chooses the services.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Final

import msgspec

from schema.codes import FAMILY_NEED, SERVICE
from scoring.alert_life import Cause
from scoring.parameters.document import Code, Part, Text

_PREFIX: Final = "services_"


class ServiceMapError(Exception):
    """A map of services cannot be used; `faults` lists everything that is wrong with it."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class Service(Part, frozen=True):
    """A service that answers a need: who provides it, and by which law or rule."""

    code: Code
    need: Code
    receiver: Code
    """The unit that is asked to provide it, where nobody names another one."""
    reference: Text


class ServiceDocument(Part, frozen=True):
    """A whole map: the services in order of preference, the needs that a cause suggests."""

    valid_from: date
    reference: Text
    services: tuple[Service, ...]
    suggested_needs: dict[Cause, tuple[Code, ...]]


@dataclass(frozen=True, slots=True)
class ServiceMap:
    """A checked map."""

    document: ServiceDocument

    def suggested(self, cause: Cause) -> tuple[str, ...]:
        """Return the needs that `cause` suggests to whoever assesses them."""
        return self.document.suggested_needs[cause]

    def services_for(self, needs: Iterable[str]) -> tuple[Service, ...]:
        """Return the services that answer any of `needs`, in the map's order."""
        wanted = frozenset(needs)
        return tuple(service for service in self.document.services if service.need in wanted)

    def offer(self, need: str, service: str) -> Service | None:
        """Return the service as it answers `need`, or None where it does not."""
        offers = (s for s in self.document.services if (s.need, s.code) == (need, service))
        return next(offers, None)


def load_services(text: str) -> ServiceMap:
    """Return the map that `text` (TOML) writes.

    Raises:
        ServiceMapError: With every fault: another form, a need or service outside the code
            lists, a need that no service answers, a cause that suggests nothing.
    """
    try:
        document = msgspec.toml.decode(text, type=ServiceDocument)
    except msgspec.MsgspecError as error:
        raise ServiceMapError((str(error),)) from error
    answered = {service.need for service in document.services}
    pairs = [(service.need, service.code) for service in document.services]
    faults = [f"{code}: no such service" for _, code in pairs if code not in SERVICE]
    faults += [f"{need}: no such need" for need, _ in pairs if need not in FAMILY_NEED]
    faults += [f"{need}: no service answers it" for need in _needs() - answered]
    faults += [f"{pair[1]} answers {pair[0]} twice" for pair in set(pairs) if pairs.count(pair) > 1]
    for cause in Cause:
        suggested = document.suggested_needs.get(cause, ())
        if not suggested or not answered.issuperset(suggested):
            faults.append(f"{cause}: suggests no need, or one that no service answers")
    if faults:
        raise ServiceMapError(tuple(sorted(faults)))
    return ServiceMap(document)


def packaged_services(on: date) -> ServiceMap:
    """Return the newest shipped map that is in force on a day.

    Raises:
        ServiceMapError: None is in force, or the one that is does not load.
    """
    folder = resources.files("scoring.parameters")
    texts = (
        entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.startswith(_PREFIX) and entry.name.endswith(".toml")
    )
    dated = [(msgspec.toml.decode(text)["valid_from"], text) for text in texts]
    in_force = [pair for pair in dated if pair[0] <= on]
    if not in_force:
        raise ServiceMapError((f"no map of services is in force on {on.isoformat()}",))
    return load_services(max(in_force)[1])


def _needs() -> frozenset[str]:
    return frozenset(code.value for code in FAMILY_NEED.codes)
