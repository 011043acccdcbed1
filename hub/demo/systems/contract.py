"""A contract that a system is made from: an OpenAPI 3.1 document, read at start.

The document says which routes there are, how large a body may be, and what requests and answers
look like; nothing of that is written a second time in the system. Two formats are ours: the
numbers of people and units, whose check characters no schema can express.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, cast

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from schema.ids import CitizenNumber, CreditCode, parse_citizen_number, parse_credit_code

_DOCUMENT: Final = "urn:contract"
Json = Any
"""What JSON can say."""


def _is_citizen_number(value: object) -> bool:
    parsed = parse_citizen_number(value) if isinstance(value, str) else None
    return not isinstance(value, str) or (
        isinstance(parsed, CitizenNumber) and parsed.text == value
    )


def _is_credit_code(value: object) -> bool:
    parsed = parse_credit_code(value) if isinstance(value, str) else None
    return not isinstance(value, str) or (isinstance(parsed, CreditCode) and parsed.text == value)


def _is_day(value: object) -> bool:
    try:
        return not isinstance(value, str) or (date.fromisoformat(value).isoformat() == value)
    except ValueError:
        return False


def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    checker.checks("citizen-number")(_is_citizen_number)
    checker.checks("unified-social-credit-code")(_is_credit_code)
    checker.checks("date")(_is_day)
    return checker


@dataclass(frozen=True, slots=True)
class FormFault:
    """What is wrong with a member of an object: its name, and which rule it breaks."""

    member: str | None
    reason: str


class Contract:
    """An OpenAPI document that checks what comes in and what goes out."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        """Take a document; its own references must lead somewhere inside it."""
        self._document = document
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        self._registry: Registry[Json] = Registry().with_resource(_DOCUMENT, resource)
        self._formats = _formats()

    @classmethod
    def read(cls, path: Path) -> "Contract":
        """Return the contract of a YAML file."""
        return cls(yaml.safe_load(path.read_text("utf-8")))

    def operations(self) -> Iterator[tuple[str, str, str]]:
        """Give each route: path, method, id of the operation."""
        for path, methods in self._document["paths"].items():
            for method, operation in methods.items():
                yield path, method.upper(), operation["operationId"]

    def largest_body(self, path: str, method: str) -> int:
        """Return how many bytes a request may bring."""
        content = self._document["paths"][path][method.lower()]["requestBody"]["content"]
        (form,) = content.values()
        return int(form["schema"]["maxLength"])

    def faults(self, name: str, value: Json) -> list[FormFault]:
        """Return what is wrong with a value that is to be of the form `name`."""
        form = {"$ref": f"{_DOCUMENT}#/components/schemas/{name}"}
        found = (_fault(error) for error in self._validator(form).iter_errors(value))
        return list(dict.fromkeys(f for several in found for f in several))

    def members(self, name: str) -> frozenset[str]:
        """Return the names that an object of the form `name` may have."""
        return frozenset(self._document["components"]["schemas"][name]["properties"])

    def promises(self, path: str, method: str, status: int, value: Json) -> bool:
        """Whether the document says that this answer may come."""
        operation = self._document["paths"][path][method.lower()]
        response = operation["responses"].get(str(status))
        if response is not None and "$ref" in response:
            response = self._document["components"]["responses"][
                response["$ref"].rpartition("/")[2]
            ]
        if response is None:
            return False
        (form,) = response["content"].values()
        return self._validator(_absolute(form["schema"])).is_valid(value)

    def _validator(self, form: Json) -> Draft202012Validator:
        return Draft202012Validator(form, registry=self._registry, format_checker=self._formats)


def _absolute(form: Json) -> Json:
    """Return a schema whose references name the document."""
    if isinstance(form, dict):
        return {
            key: f"{_DOCUMENT}{value}" if key == "$ref" else _absolute(value)
            for key, value in form.items()
        }
    return [_absolute(item) for item in form] if isinstance(form, list) else form


_REASONS: Final = {
    "maxLength": "too-long",
    "enum": "not-in-list",
    "const": "not-in-list",
}


def _fault(error: ValidationError) -> list[FormFault]:
    """Say what an error is about: the outermost member, and the reason in a word."""
    rule, form, instance = (
        str(error.validator),
        cast("Json", error.schema),
        cast("Json", error.instance),
    )
    if rule == "required" and not error.path:
        missing = [name for name in form["required"] if name not in instance]
        return [FormFault(name, "required") for name in missing]
    member = str(error.path[0]) if error.path else None
    if rule == "type" and error.validator_value == "null":
        return [FormFault(member, "must-be-empty")]
    if instance is None or instance == "":
        return [FormFault(member, "required")]
    return [FormFault(member, _REASONS.get(rule, "format"))]
