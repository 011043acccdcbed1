"""Tells a person who read their data: when, whose department, why, which kinds, on what basis.

Whose data it is says a portal's assertion (`hub.query.citizens`). A row tells of the person, or of
a household while they belong to it, and of nobody else: not who else an answer was about, nor how
many. A purpose may be shown later, as the policy has it; such rows are counted, until then.

What is shown is on record as a digest, so that the hub cannot tell two people two stories.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final

import asyncpg
import msgspec
import orjson

from audit.dictionary import definition_in
from audit.entry import EntryKind, canonical
from audit.search import Filter, find
from hub.access import Policy, Purpose
from hub.access.words import PURPOSES
from hub.clock import Clock
from hub.errors import StoreUnavailableError
from hub.query.bind import day_of
from hub.query.model import BoundRoot
from hub.query.policies import Policies
from hub.query.registers import Found
from hub.query.shape import Tree
from hub.query.words import KINDS
from hub.sealing.tags import Tagger
from hub.store.database import Connection, Connections, snapshot
from hub.store.lists import list_of
from hub.store.log_side import IN_HUB, LogSide
from hub.store.log_tree import newest
from hub.store.usages import Alias, Opened, Usage, aliases_of, opened, usages
from schema.catalogue import Catalogue

_POLICY: Final = "select digest from policy_revision"
_DEFINITIONS_AT_A_TIME: Final = 5_000
_GRAPH: Final[Mapping[str, tuple[str, str]]] = {
    "Person": ("个人标识", "the person's opaque id"),
    "Household": ("家庭标识与地区", "the household's opaque id and region"),
    "Member": ("家庭成员关系", "members of the household"),
    "AccessEntry": ("访问日志", "the access log"),
    "UsageEntry": ("本人访问记录", "this list"),
}
"""What the graph's own types are called; datasets have names of their own."""
_HUB: Final = "hub"
"""The system that acts where no client of a department does."""


@dataclass(slots=True)
class Usages:
    """Reads the log for the person it is about; remembers the dictionary, which only grows."""

    database: Connections
    tagger: Tagger
    policies: Policies
    catalogue: Catalogue
    clock: Clock
    side: LogSide = IN_HUB
    _fields: dict[int, tuple[str, ...]] = field(default_factory=dict, repr=False)
    _read_to: int = -1

    async def find(self, bound: BoundRoot) -> Found:
        """Return a page of accesses to the data of the person that was asserted.

        Raises:
            StoreUnavailableError: The database gave up.
        """
        policy = await self.policies.current()
        try:
            # One snapshot: the policy, the entries and the tree are of one moment.
            async with (
                self.database.connection() as connection,
                snapshot(connection),
                self.side.snapshot(connection) as there,
            ):
                digest: str | None = await connection.fetchval(_POLICY)
                wanted = [tag for number in bound.numbers for tag in number.tags]
                aliases = await aliases_of(connection, wanted)
                in_force = digest if digest == policy.digest else None
                return await self._found(there, bound, policy, in_force, aliases)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise StoreUnavailableError("The database did not answer the look-up.") from problem

    async def _found(
        self,
        connection: Connection,
        bound: BoundRoot,
        policy: Policy,
        in_force: str | None,
        aliases: Sequence[Alias],
    ) -> Found:
        own, tags = self._tags(aliases)
        names = list(tags.values())
        told = [_theirs(usage, names) for usage in await usages(connection, list(tags))]
        told = [usage for usage in told if usage.about]
        now = self.clock()
        by_tag = _by_tag(told, tags)
        hidden = frozenset(one.index for one in told if _visible_at(one, policy) > now)
        told = _between(told, bound.parameters)
        shown = [usage for usage in told if usage.index not in hidden]
        page, has_more = _page(shown, bound)
        head = await newest(connection)
        size = head.size if head is not None else 0
        proofs = await opened(connection, page, list(tags), size) if page else {}
        await self._learn(connection, proofs.values())
        entries = tuple(self._entry(one, proofs[one.index], policy, tags) for one in page)
        record = {
            "found": len(entries),
            "isKnown": bool(own),
            "total": len(told),
            "delayed": len(told) - len(shown),
            "shown": sha256(canonical({"entries": list(entries)})).hexdigest(),
        }
        extension: dict[str, object] = {
            "total": len(told),
            "shown": len(shown),
            "delayed": len(told) - len(shown),
            "treeSize": size,
            "checkpoint": head.note if head is not None else None,
            "lists": None,
        }
        if head is not None and by_tag and _is_first(bound):
            extension["lists"] = await list_of(connection, head, by_tag, hidden)
        cursors = tuple(str(usage.index) for usage in page)
        return Found(in_force, entries, cursors, record, has_more, own, {"usage": extension})

    def _tags(self, aliases: Sequence[Alias]) -> tuple[tuple[bytes, ...], dict[bytes, list[Alias]]]:
        """Return the person's tags of now, and every tag of every epoch with what it stands for.

        Their own come first: where an entry is about them and their household, it is theirs.
        """
        own = tuple(self.tagger.subject(one.alias) for one in aliases if one.is_own)
        tags: dict[bytes, list[Alias]] = {}
        for one in sorted(aliases, key=lambda alias: not alias.is_own):
            for tag in self.tagger.subjects(one.alias):
                tags.setdefault(bytes(tag), []).append(one)
        return own, tags

    async def _learn(self, connection: Connection, proofs: Iterable[Opened]) -> None:
        """Read the definitions of field sets that this process has not met yet."""
        used = {each for proof in proofs for each in proof.field_sets}
        while used - self._fields.keys():
            wanted = Filter(
                kinds=[EntryKind.DICTIONARY], after=self._read_to, limit=_DEFINITIONS_AT_A_TIME
            )
            definitions = await find(connection, wanted)
            if not definitions:
                return
            for entry in definitions:
                definition = definition_in(entry.record)
                self._fields.setdefault(definition.field_set, definition.fields)
            self._read_to = definitions[-1].index

    def _entry(
        self, usage: Usage, opening: Opened, policy: Policy, tags: Mapping[bytes, list[Alias]]
    ) -> Tree:
        record = _record(usage)
        purpose = _text(record.get("purpose"))
        department = _text(record.get("receiver")) or usage.department or _HUB
        zh, en = _reason(usage.kind, purpose)
        name_zh, name = self.catalogue.department_names.get(department, (department, department))
        kinds = self._kinds_of_data(opening.field_sets)
        is_own = any(one.is_own for one in list(tags.values())[usage.about[0]])
        return {
            "index": usage.index,
            "at": usage.at.astimezone(UTC).isoformat(),
            "kind": str(usage.kind),
            "department": department,
            "receiver": name,
            "receiverZh": name_zh,
            "system": _text(record.get("client")) or _HUB,
            "purpose": purpose,
            "action": en,
            "actionZh": zh,
            "fields": [en for _, en in kinds],
            "fieldsZh": [zh for zh, _ in kinds],
            "legalBasis": _legal_basis(policy, record, usage),
            "isOwn": usage.kind is EntryKind.LOOKUP and purpose == Purpose.TRANSPARENCY,
            "isHousehold": not is_own,
            "proof": orjson.dumps(msgspec.to_builtins(opening.proof)).decode(),
        }

    def _kinds_of_data(self, field_sets: Iterable[int]) -> list[tuple[str, str]]:
        """Return what the fields belong to, in Chinese and in English, each once."""
        paths = {path for each in field_sets for path in self._fields.get(each, ())}
        found: set[tuple[str, str]] = set()
        for kind in {path.partition(".")[0] for path in paths}:
            dataset = self.catalogue.by_type.get(kind) or self.catalogue.by_name.get(kind)
            own = _GRAPH.get(kind, (kind, kind))
            found.add(own if dataset is None else (dataset.zh, dataset.en))
        return sorted(found)


def _theirs(usage: Usage, names: Sequence[Sequence[Alias]]) -> Usage:
    """Return an entry as it is about the person, or a household that they belonged to then.

    Of a household on other days it may say something too, which is others' and is left out.
    """
    day = day_of(usage.at)
    about = tuple(place for place in usage.about if any(_is_held(n, day) for n in names[place]))
    return replace(usage, about=about)


def _is_held(name: Alias, day: date) -> bool:
    """Whether a name in the log stands for the person on a day."""
    return name.days is None or name.days[0] <= day < name.days[1]


def _by_tag(told: Sequence[Usage], tags: Mapping[bytes, list[Alias]]) -> dict[bytes, list[int]]:
    """Return the person's own tags, each with its entries in the order of the log."""
    names = list(tags)
    found: dict[bytes, list[int]] = {
        tag: [] for tag, aliases in tags.items() if any(one.is_own for one in aliases)
    }
    for usage in reversed(told):
        for place in usage.about:
            if names[place] in found:
                found[names[place]].append(usage.index)
    return found


def _is_first(bound: BoundRoot) -> bool:
    return bound.parameters["before"] is None and bound.parameters["offset"] == 0


def _between(told: list[Usage], given: Mapping[str, object]) -> list[Usage]:
    since, until = given["since"], given["until"]
    if isinstance(since, datetime):
        told = [usage for usage in told if usage.at >= since]
    if isinstance(until, datetime):
        told = [usage for usage in told if usage.at < until]
    return told


def _visible_at(usage: Usage, policy: Policy) -> datetime:
    """Return when the person is told of an access, by its purpose."""
    purpose = _text(_record(usage).get("purpose")) if policy.delays else None
    return usage.at + timedelta(days=policy.delays.get(purpose or "", 0))


def _page(shown: list[Usage], bound: BoundRoot) -> tuple[list[Usage], bool]:
    before, offset = bound.parameters["before"], bound.parameters["offset"]
    assert isinstance(offset, int)  # noqa: S101 - bound from a checked argument
    if isinstance(before, int):
        shown = [usage for usage in shown if usage.index < before]
    end = offset + bound.first
    return shown[offset:end], len(shown) > end


def _legal_basis(policy: Policy, record: Mapping[str, object], usage: Usage) -> str | None:
    """Return on which basis the policy lets such a caller read; None where no entitlement did.

    Of several in a row it is the one of the day, or where none was in force, the latest.
    """
    key = (usage.department, record.get("role"), record.get("purpose"))
    rules = sorted((rule for rule in policy.rules if rule.key == key), key=lambda rule: rule.start)
    day = day_of(usage.at)
    live = [rule for rule in rules if rule.start <= day < rule.end] or rules
    return live[-1].legal_basis if live else None


def _reason(kind: EntryKind, purpose: str | None) -> tuple[str, str]:
    """Return why, in Chinese and in English: what for, and where nobody says, what was done."""
    done = KINDS[kind]
    named = PURPOSES.get(Purpose(purpose)) if purpose in set(Purpose) else None
    if named is None:
        return done
    if kind is EntryKind.ANSWER:
        return named
    return f"{named[0]}：{done[0]}", f"{named[1]}: {done[1]}"


def _record(usage: Usage) -> Mapping[str, object]:
    record: object = orjson.loads(usage.record)
    return record if isinstance(record, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
