"""What the log's names are called, for people: departments, purposes, fields, kinds of entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from audit.entry import EntryKind
from audit.facets import Facet
from hub.access import Purpose
from hub.access.words import PURPOSES
from schema.catalogue import Catalogue, CoreField

KINDS: Final[Mapping[EntryKind, tuple[str, str]]] = {
    EntryKind.START: ("启动", "a worker began to serve"),
    EntryKind.STOP: ("停止", "a worker ended"),
    EntryKind.ANSWER: ("查询应答", "answer"),
    EntryKind.DENIAL: ("拒绝", "refusal or failure"),
    EntryKind.INGEST: ("数据接入", "records taken in"),
    EntryKind.SCORING: ("评分", "scores"),
    EntryKind.LOOKUP: ("日志查阅", "look-up in the log"),
    EntryKind.MESSAGE: ("推送", "message sent"),
    EntryKind.DICTIONARY: ("字段词典", "set of fields defined"),
    EntryKind.POLICY: ("策略变更", "change of policy"),
    EntryKind.COMMAND: ("业务办理", "decision"),
    EntryKind.KEY: ("密钥", "change of a key"),
    EntryKind.RETENTION: ("留存与清除", "entries held, released or dropped"),
    EntryKind.LISTS: ("名册承诺", "everybody's list of entries committed to"),
}

Name = tuple[str | None, str | None]
"""In Chinese, in English."""
_NONE: Final[Name] = (None, None)


@dataclass(frozen=True, slots=True)
class Words:
    """Finds the name of a value of a facet."""

    catalogue: Catalogue

    def of(self, facet: Facet, value: str) -> Name:
        """Return what a value is called, if it has a name."""
        match facet:
            case Facet.DEPARTMENT:
                return self.department(value)
            case Facet.PURPOSE:
                return PURPOSES[Purpose(value)] if value in set(Purpose) else _NONE
            case Facet.KIND:
                return KINDS[EntryKind(value)] if value in set(EntryKind) else _NONE
            case Facet.FIELD | Facet.DENIED_FIELD:
                return self.field(value)
            case _:
                return _NONE

    def department(self, value: str) -> Name:
        """Return what a department is called."""
        return self.catalogue.department_names.get(value, _NONE)

    def field(self, value: str) -> Name:
        """Return what a field or a type is called."""
        dataset = self.catalogue.by_type.get(value)
        if dataset is not None:
            return dataset.zh, dataset.en
        found = self.catalogue.field(value)
        if found is None:
            return _NONE
        return (found.zh, found.en) if isinstance(found, CoreField) else (found[1].zh, found[1].en)

    def classification(self, path: str) -> str | None:
        """Return how sensitive a dataset's field is: G, S or X."""
        found = self.catalogue.field(path)
        if found is None or isinstance(found, CoreField):
            return None
        return str(found[1].classification)
