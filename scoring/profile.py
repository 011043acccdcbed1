"""A profile is loaded whole and checked, or refused with what is wrong in it.

A score is a reader like any other: each input names the catalogue fields that feed it
and the law that lets the scorer read them. An input of a restricted class, or one that
needs consent, makes the profile unloadable: no grant could make it lawful. An input that
no department supplies yet, or that is not granted for early warning today, is
unavailable: it is forgotten before a household is scored, so that nothing can be read
past this check, and the score's coverage says so.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib import resources
from itertools import pairwise
from string import Formatter
from typing import Final

import msgspec

from scoring.household import Input
from scoring.parameters.document import Label, ProfileDocument, Region
from scoring.rules import RULES, TRIGGER_RULES

BANDS: Final = ("yellow", "orange", "red")
"""The bands that a profile cuts, in rising order; below the first is green."""


class InputStatus(StrEnum):
    """What the catalogue and the grants say of a field that a profile wants to read."""

    GRANTED = "granted"
    NOT_GRANTED = "not-granted"
    RESTRICTED = "restricted"
    CONSENT_BOUND = "consent-bound"
    UNDECLARED = "undeclared"


REFUSALS: Final = {
    InputStatus.RESTRICTED: "is of class X; read a verdict on it instead",
    InputStatus.CONSENT_BOUND: "needs a person's consent, which early warning does not have",
}

_MISSING: Final = frozenset({InputStatus.NOT_GRANTED, InputStatus.UNDECLARED})


class ProfileError(Exception):
    """A profile cannot be used; `faults` lists everything that is wrong with it."""

    def __init__(self, name: str, faults: tuple[str, ...]) -> None:
        super().__init__(f"{name}: " + "; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Profile:
    """A checked profile.

    `digest` is SHA-256 (hex) over the document's canonical JSON and the unavailable
    inputs: two scores with one digest were made by the same rules from the same inputs.
    """

    document: ProfileDocument
    unavailable: frozenset[Input]
    not_granted: tuple[str, ...]
    """Declared catalogue fields that the profile would read if they were granted, sorted."""
    digest: str

    @property
    def fields_read(self) -> tuple[str, ...]:
        """The catalogue fields that this profile reads, sorted."""
        return tuple(
            sorted(
                {
                    path
                    for name, source in self.document.inputs.items()
                    if Input(name) not in self.unavailable
                    for path in source.fields
                }
            )
        )

    def region(self, code: str | None, on: date) -> Region | None:
        """Return the local standards for a 12-digit region on a day, if there are any."""
        if code is None:
            return None
        matching = (
            r for r in self.document.regions if code.startswith(r.prefix) and r.valid_from <= on
        )
        return max(matching, key=lambda r: (len(r.prefix), r.valid_from), default=None)


def load_profile(text: str, catalogue_check: Callable[[str], InputStatus]) -> Profile:
    """Return the profile that `text` (TOML) writes, checked against the catalogue.

    `catalogue_check` takes a field as `Type.camelName`.

    Raises:
        ProfileError: With every fault found: a form that is not a profile's, an unknown
            rule or input, a text that quotes what its rule does not give, an input that
            the scorer may not read.
    """
    try:
        document = msgspec.toml.decode(text, type=ProfileDocument)
    except msgspec.MsgspecError as error:
        raise ProfileError("profile", (str(error),)) from error
    statuses = {
        name: {path: catalogue_check(path) for path in source.fields}
        for name, source in document.inputs.items()
    }
    faults = (*_form_faults(document), *_input_faults(statuses))
    if faults:
        raise ProfileError(document.code, tuple(faults))
    unavailable = _unread(document) | {
        Input(name) for name, found in statuses.items() if not _MISSING.isdisjoint(found.values())
    }
    not_granted = {
        path
        for found in statuses.values()
        for path, status in found.items()
        if status is InputStatus.NOT_GRANTED
    }
    canonical = msgspec.json.encode((document, sorted(unavailable)), order="sorted")
    digest = hashlib.sha256(canonical).hexdigest()
    return Profile(document, unavailable, tuple(sorted(not_granted)), digest)


def packaged_profile(on: date, catalogue_check: Callable[[str], InputStatus]) -> Profile:
    """Return the newest shipped profile that is in force on a day.

    Raises:
        ProfileError: None is in force, or the one that is does not load.
    """
    folder = resources.files("scoring.parameters")
    texts = (
        entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.startswith("profile_") and entry.name.endswith(".toml")
    )
    dated = [(msgspec.toml.decode(text)["valid_from"], text) for text in texts]
    in_force = [pair for pair in dated if pair[0] <= on]
    if not in_force:
        raise ProfileError("packaged profiles", (f"none is in force on {on.isoformat()}",))
    return load_profile(max(in_force)[1], catalogue_check)


def _unread(document: ProfileDocument) -> frozenset[Input]:
    return frozenset(name for name in Input if name.value not in document.inputs)


def _form_faults(document: ProfileDocument) -> Iterator[str]:
    dimensions = [dimension.code for dimension in document.dimensions]
    codes = [i.code for i in document.indicators] + [t.code for t in document.triggers]
    if len(set(dimensions)) != len(dimensions) or len(set(codes)) != len(codes):
        yield "a dimension, indicator or trigger has the code of another"
    if sum(dimension.cap for dimension in document.dimensions) != 100:  # noqa: PLR2004 a score is out of 100
        yield "the caps of the dimensions must add up to 100"
    if tuple(rule.band for rule in document.bands) != BANDS or any(
        low.cut >= high.cut for low, high in pairwise(document.bands)
    ):
        yield f"bands must be {', '.join(BANDS)}, with rising cuts"
    yield from _indicator_faults(document, frozenset(dimensions))
    yield from _trigger_faults(document)
    yield from _source_text_faults(document)


def _indicator_faults(document: ProfileDocument, dimensions: frozenset[str]) -> Iterator[str]:
    for indicator in document.indicators:
        if indicator.dimension not in dimensions:
            yield f"{indicator.code}: no dimension {indicator.dimension}"
        rule = RULES.get(indicator.rule)
        if rule is None:
            yield f"{indicator.code}: no rule {indicator.rule}"
            continue
        if not rule.accepts(indicator.tiers):
            yield f"{indicator.code}: its rule needs {rule.tiers}"
        yield from _text_faults(indicator.code, indicator.text, rule.arguments)


def _trigger_faults(document: ProfileDocument) -> Iterator[str]:
    for trigger in document.triggers:
        rule = TRIGGER_RULES.get(trigger.rule)
        if rule is None:
            yield f"{trigger.code}: no rule {trigger.rule}"
            continue
        yield from _text_faults(trigger.code, trigger.text, rule.arguments)


def _source_text_faults(document: ProfileDocument) -> Iterator[str]:
    texts = document.source_texts
    yield from _text_faults("source_texts.text", texts.text, frozenset({"items"}))
    yield from _text_faults("source_texts.item", texts.item, frozenset({"department", "age"}))


def _text_faults(where: str, text: Label, arguments: frozenset[str]) -> Iterator[str]:
    for template in (text.zh, text.en):
        try:
            parts = tuple(Formatter().parse(template))
        except ValueError:
            yield f"{where}: a text has a brace without its partner"
            continue
        for _, name, form, conversion in parts:
            if name is not None and (name not in arguments or form or conversion):
                yield f"{where}: a text quotes {{{name}}}, which its rule does not give"


def _input_faults(statuses: dict[str, dict[str, InputStatus]]) -> Iterator[str]:
    known = {name.value for name in Input}
    for name, found in statuses.items():
        if name not in known:
            yield f"inputs.{name}: there is no such input"
        if not found:
            yield f"inputs.{name}: names no catalogue field"
        for path, status in found.items():
            if status in REFUSALS:
                yield f"inputs.{name}: {path} {REFUSALS[status]}"
