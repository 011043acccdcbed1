"""An answer that only its receiver can open: its class S and X values, or all of it.

Which fields are class S or X is what the catalogue says of the plan's levels, never what a value
looks like. Their values are marked when they have been opened, and where a mark stands in the
answer, a sealed value takes its place; a mark that were forgotten could not be encoded at all.

The making of keys and of ciphertexts is a port (`Recipient`): `hub.sealing.recipients` has JOSE's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from secrets import token_hex
from typing import Any, Final, Protocol

import orjson

from hub.errors import EncryptionRefusedError
from hub.query.model import Plan
from hub.query.reveal import Opened, Revealed
from hub.sealing.seals import Json
from schema.catalogue import Classification, Field

Seal = Callable[[str, bytes], str]
"""Makes the JSON text of a value at a path (a JSON pointer) something that only the receiver opens;
bound to that path and to one answer."""
Sign = Callable[[bytes, str, str], bytes]
"""Signs a content as the hub: content, media type, response id."""
_BLOCK: Final = 16
JSON_TYPE: Final = "application/json"
LINES_TYPE: Final = "application/jsonl"
JOSE_TYPE: Final = "jose"
"""Of a content that is itself signed (RFC 7515 9.2.1, without `application/`)."""


class Form(StrEnum):
    """How an encrypted answer leaves."""

    FIELDS = "fields"
    RESPONSE = "response"
    SIGNED_RESPONSE = "signed-response"


class Recipient(Protocol):
    """A receiver's registered key, whatever it is made of; used by many tasks at once."""

    @property
    def kid(self) -> str:
        """How the key is named: in the answer and in the log."""
        ...

    def fields(self, response_id: str) -> tuple[Mapping[str, object], Seal]:
        """Return what the receiver needs to open values, and what seals them."""
        ...

    def whole(
        self, content: bytes, response_id: str, content_type: str, part: int | None = None
    ) -> bytes:
        """Return a whole answer that only the receiver can open."""
        ...


@dataclass(frozen=True, slots=True)
class Receiving:
    """How one answer, or one chunk of an export, leaves."""

    form: Form
    recipient: Recipient | None
    """None: the client has no key that is good now; nothing may be answered."""
    sign: Sign | None = field(default=None, repr=False)
    """None: it is not signed."""
    response_id: str = field(default_factory=lambda: token_hex(16))
    part: int | None = None
    """Of an export: its place among the chunks. The lines of a chunk are encrypted, not its answer:
    `lines` does that."""

    @property
    def seals_values(self) -> bool:
        """Whether the answer stays JSON, with values of it sealed."""
        return self.form is Form.FIELDS

    @property
    def key(self) -> Recipient:
        """What the answer is encrypted to.

        Raises:
            EncryptionRefusedError: There is nothing; refuse before anything is fetched.
        """
        if self.recipient is None:
            raise EncryptionRefusedError(
                f"The answer must leave encrypted ({self.form}), and your client has no encryption "
                "key that is good now. Have one registered: `hub clients add-encryption-key`."
            )
        return self.recipient

    def record(self) -> dict[str, object]:
        """Return what the log is told: the form, and the name of the key; never the key."""
        return {"form": str(self.form), "key": self.key.kid}

    def encoded(self, body: Mapping[str, object], data: Callable[[], object]) -> bytes:
        """Return the answer as it leaves; `data` gives it with its marks, where values are sealed.

        `body` has the clear answer under `data` already: its place among the keys stays.

        Raises:
            EncryptionRefusedError: There is no key; nothing may be sent.
            KeysUnavailableError: The hub has no key to sign with; nothing may be sent.
        """
        if not self.seals_values:
            clear = orjson.dumps(body)
            return clear if self.part is not None else self._whole(clear, JSON_TYPE)
        told, seal = self.key.fields(self.response_id)
        extensions = body.get("extensions")
        assert isinstance(extensions, dict)  # noqa: S101 - every answer has a receipt there
        sealed: dict[str, object] = {**body, "data": sealed_tree(data(), "/data", seal)}
        sealed["extensions"] = {**extensions, "encryption": told}
        return orjson.dumps(sealed)

    def lines(self, lines: bytes) -> bytes:
        """Return the lines of a chunk as they leave: as they are, or as one line."""
        return lines if self.seals_values else self._whole(lines, LINES_TYPE) + b"\n"

    def _whole(self, content: bytes, content_type: str) -> bytes:
        if self.sign is not None:
            content, content_type = self.sign(content, content_type, self.response_id), JOSE_TYPE
        return self.key.whole(content, self.response_id, content_type, self.part)


class Marked:
    """A value that must not leave in clear; nothing encodes it."""

    __slots__ = ("value",)

    def __init__(self, value: Json) -> None:
        """Keep the value."""
        self.value = value


def marked(plan: Plan, revealed: Sequence[Revealed]) -> tuple[Revealed, ...]:
    """Return the rows with every class S and X value of them marked; null stays null."""
    return tuple(
        Revealed(
            rows.columns,
            {group: _marked_group(_fields(plan, n, group), opened)
             for group, opened in rows.opened.items()},
            rows.covered,
        )
        for n, rows in enumerate(revealed)
    )  # fmt: skip


def marked_payload(payload: Mapping[str, object]) -> dict[str, object]:
    """Return what a command answers, every value of it marked: the catalogue gives it no class."""
    return {key: _marked_each(value) for key, value in payload.items()}


def sealed_tree(tree: object, path: str, seal: Seal) -> object:
    """Return the tree with every marked value sealed at its path; nothing of `tree` is changed.

    One object may stand in several places (who is asked about twice): each has its own path.
    """
    kind = type(tree)
    if kind is dict:
        return {k: sealed_tree(v, f"{path}/{k}", seal) for k, v in tree.items()}  # type: ignore[attr-defined]
    if kind is list:
        return [sealed_tree(v, f"{path}/{n}", seal) for n, v in enumerate(tree)]  # type: ignore[arg-type,var-annotated]
    if kind is Marked:
        return seal(path, _padded(tree.value))  # type: ignore[attr-defined]
    return tree


def _padded(value: Json) -> bytes:
    """Return the JSON of a value, filled up with blanks so that yes and no have one length."""
    plain = orjson.dumps(value)
    return plain + b" " * (-len(plain) % _BLOCK)


def _fields(plan: Plan, level: int, group: str) -> Sequence[Field]:
    dataset = plan.levels[level].dataset
    assert dataset is not None  # noqa: S101 - only records are sealed
    return dataset.groups[group]


def _marked_group(fields: Sequence[Field], opened: Opened) -> Opened:
    """Return the values of one group, row by row, those of class S and X marked."""
    shut = [each.classification is not Classification.GENERAL for each in fields]
    if not any(shut):
        return opened
    return [
        [_marked(value) if is_shut else value for value, is_shut in zip(row, shut, strict=False)]
        for row in opened
    ]


def _marked(value: Json) -> Any:
    """Mark a value; of a list of objects (`Items`), what stands in them."""
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return [{k: _marked_each(v) for k, v in each.items()} for each in value]  # type: ignore[union-attr]
    return Marked(value)


def _marked_each(value: Any) -> Any:
    """Mark a value; of a list, each of its values."""
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return [_marked_each(each) for each in value]
    return Marked(value)
