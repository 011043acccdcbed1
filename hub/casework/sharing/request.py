"""What a sharing request must say, and how one that is in force stands in the policy.

Government Data Sharing Regulations, art. 20: basis, scene, scope, method and time limit.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from hub.errors import RefusedError
from schema.catalogue import Catalogue, CoreField, Sharing

_CORE_OWNER: Final = "civil-affairs"
_MARK: Final = (
    "\n# ---- what came of sharing requests; written by `hub agreements`, not by hand ----\n"
)
_METHODS: Final = ("query", "batch", "file")


class InvalidRequestFileError(RefusedError):
    """The request cannot be taken in at all; the message names the place."""

    code = "SHARING_REQUEST"


class RequestText(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A request as it is written; what it lacks of what the Regulations demand is noticed."""

    agreement: str
    source: str
    department: str
    role: str
    purpose: str
    fields: list[str]
    basis: str = ""
    scene: str = ""
    scope: list[str] = []
    method: str = ""
    start: date | None = msgspec.field(default=None, name="from")
    end: date | None = msgspec.field(default=None, name="until")
    consent: bool = False
    case_required: bool = False
    introspection: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was taken in."""

    text: RequestText
    sharing: Sharing
    """The strictest sharing type among what it asks for: it decides the clock."""

    def lacks(self) -> tuple[str, ...]:
        """Return what the Regulations demand and it does not say, each in plain words."""
        return tuple(_lacking(self.text))


def read_request(text: str, catalogue: Catalogue) -> Request:
    """Return the request that `text` (TOML) states.

    Raises:
        InvalidRequestFileError: It is none, or asks for what the source does not have or share.
    """
    try:
        stated = msgspec.convert(tomllib.loads(text), RequestText)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as problem:
        raise InvalidRequestFileError(f"The request cannot be read: {problem}.") from None
    if not stated.fields:
        raise InvalidRequestFileError("The request names no field.")
    kinds = {_sharing_of(path, stated.source, catalogue) for path in stated.fields}
    strictest = Sharing.CONDITIONAL if Sharing.CONDITIONAL in kinds else Sharing.UNCONDITIONAL
    return Request(stated, strictest)


def _sharing_of(path: str, source: str, catalogue: Catalogue) -> Sharing:
    found = catalogue.field(path)
    if found is None:
        raise InvalidRequestFileError(f"The catalogue has no field {path}.")
    core = isinstance(found, CoreField)
    owner = _CORE_OWNER if isinstance(found, CoreField) else found[0].department
    if owner != source:
        raise InvalidRequestFileError(f"{path} belongs to {owner}, not to {source}.")
    if core or isinstance(found, CoreField):
        return Sharing.CONDITIONAL
    if found[0].sharing is Sharing.NOT_SHARED:
        basis = found[0].legal_basis
        raise InvalidRequestFileError(f"{found[0].type_name} is not shared: {basis}.")
    return found[0].sharing


def _lacking(text: RequestText) -> Iterator[str]:
    if not text.basis.strip():
        yield "basis: the legal basis of the use"
    if not text.scene.strip():
        yield "scene: the business it is used in"
    if not text.scope:
        yield "scope: the regions whose people it is about"
    if text.method not in _METHODS:
        yield f"method: one of {', '.join(_METHODS)}"
    if text.start is None or text.end is None or text.start >= text.end:
        yield "from, until: the time limit, the first day before the last"


def compiled(base: str, additions: Sequence[RequestText], suspended: Sequence[str]) -> str:
    """Return the policy's text: the operator's, then what came of requests, then suspensions."""
    blocks = [*map(_addition, additions), *map(_suspension, suspended)]
    return base_of(base) + (_MARK + "\n".join(blocks) if blocks else "")


def rebased(base: str, document: str) -> str:
    """Return a new text of the operator's with what came of requests in `document`."""
    _, mark, rest = document.partition(_MARK)
    return base_of(base) + mark + rest


def base_of(document: str) -> str:
    """Return the operator's own part of a policy's text."""
    return document.partition(_MARK)[0]


def written(request: Mapping[str, object]) -> str:
    """Return a request's text (TOML) from its keys; what is not stated is left out."""
    return _table({name: value for name, value in request.items() if value is not None})


def _addition(text: RequestText) -> str:
    whole = {
        "department": text.department,
        "role": text.role,
        "purpose": text.purpose,
        "legal_basis": text.basis,
        "from": text.start,
        "until": text.end,
        "regions": text.scope,
        "case_required": text.case_required,
        "introspection": text.introspection,
    }
    grant = {
        "agreement": text.agreement,
        "source": text.source,
        "legal_basis": text.basis,
        "from": text.start,
        "until": text.end,
        "consent": text.consent,
        "fields": text.fields,
    }
    return f"[[addition]]\n{_table(whole)}\n[[addition.grant]]\n{_table(grant)}"


def _suspension(agreement: str) -> str:
    return f"[[suspension]]\n{_table({'agreement': agreement})}"


def _table(values: Mapping[str, object]) -> str:
    return "\n".join(f"{name} = {_value(value)}" for name, value in values.items()) + "\n"


def _value(value: object) -> str:
    """Return a value as TOML: a JSON string is a basic string of TOML too."""
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
