"""One declaration for each dataset; tables, GraphQL types and mapping targets follow from it.

A dataset is what one department knows about a person or a household, record by
record. Its fields say how sensitive they are, who owns them, and whether they are
stored sealed. Fields of one `seal_group` are sealed into one value: they are only
ever granted together, and the policy loader refuses a grant that splits them.

A coarse form (a year instead of a date, a verdict instead of a detail) is a field
of its own with a `derived` function: it is computed when a record comes in, stored
and sealed apart, and granted on its own.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType, ModuleType
from typing import Final

from schema.codes import CodeList
from schema.replay_fields import REPLAY_FIELDS
from schema.sharing_fields import SHARING_FIELDS

Scalar = str | int | bool | date | datetime | None
"""A field's value in our words: money in cents, dates as `date`, codes as text."""
Values = Mapping[str, Scalar]
"""Field name to value, for one record."""

DEFAULT_PACKAGES: Final = ("schema.datasets",)


class CatalogueError(Exception):
    """A declaration contradicts itself or another; the message names it."""


class Classification(StrEnum):
    """How sensitive a field is (PIPL art. 28; class X by our own decision)."""

    GENERAL = "G"
    SENSITIVE = "S"
    RESTRICTED = "X"


class Kind(StrEnum):
    """What a value is made of."""

    TEXT = "text"
    INTEGER = "integer"
    CENTS = "cents"
    DATE = "date"
    MOMENT = "moment"
    CODE = "code"
    FLAG = "flag"
    STRUCTURE = "structure"
    """A JSON value with a GraphQL type of its own (scores' dimensions and reasons)."""


class Subject(StrEnum):
    """What a record is about."""

    PERSON = "person"
    HOUSEHOLD = "household"


class Sharing(StrEnum):
    """Government Data Sharing Regulations, art. 14."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NOT_SHARED = "not-shared"


class Grain(StrEnum):
    """How finely the time at which a source changed a record is stored in clear, and told."""

    EXACT = "exact"
    MONTH = "month"
    """For records whose time of change tells a day that is sealed."""

    def of(self, moment: datetime) -> datetime:
        """Return an aware moment in this grain: itself, or the first moment of its month, UTC."""
        if self is Grain.EXACT:
            return moment
        return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


class Meaning(StrEnum):
    """What ingest uses a field for, beside storing it."""

    CITIZEN_NUMBER = "citizen-number"
    NAME = "name"
    BIRTH_DATE = "birth-date"
    REGION = "region"
    HOUSEHOLD_NUMBER = "household-number"
    RELATION = "relation"


@lru_cache(maxsize=4_096)
def camel(name: str) -> str:
    """Return a snake_case name in camelCase, as GraphQL has it."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of the catalogue; `Type.camelName` is how grants and GraphQL name it."""

    name: str
    zh: str
    en: str
    kind: Kind
    classification: Classification
    sealed: bool = False
    seal_group: str | None = None
    codes: CodeList | None = None
    unit: str | None = None
    meaning: Meaning | None = None
    derived: Callable[[Values], Scalar] | None = None
    """For a coarse form: its value from the record's other fields."""
    structure: str | None = None
    """For `Kind.STRUCTURE`: the GraphQL type of its items; the value is a list of them."""
    consent: bool = False
    """Whether reading it needs the person's authorisation for that source, today."""
    computed: bool = False
    """Not stored: told from the record's clear fields on the day asked (`hub.query.sql_parts`)."""

    @property
    def graphql_name(self) -> str:
        """The name in GraphQL: camelCase."""
        return camel(self.name)

    @property
    def group(self) -> str | None:
        """The sealed value that holds this field, or None where it is stored clear."""
        if not self.sealed:
            return None
        return self.seal_group or self.name


@dataclass(frozen=True, slots=True)
class Dataset:
    """What one department knows, record by record.

    `source` tells where records come from: a connector, or the hub's own decisions.
    `many` says whether a subject may have several records at a time; if not, the
    newest one is the one shown.
    """

    name: str
    type_name: str
    department: str
    zh: str
    en: str
    subject: Subject
    many: bool
    fields: tuple[Field, ...]
    refresh: str
    legal_basis: str
    sharing: Sharing = Sharing.CONDITIONAL
    plural: str | None = None
    """The GraphQL field on Person or Household; default: the name, in camelCase."""
    internal: bool = False
    stored: bool = True
    """False for what is only asked for live, under an authorisation, and never kept."""
    consent_of_another: bool = False
    """Whether its consent-bound fields are about somebody else than the record's own person: their
    authorisation cannot be found from here, so nothing opens them."""
    source_time_grain: Grain = Grain.EXACT
    orders: tuple[str, ...] = ()
    """Columns that lists are ordered by, `-` before one whose greatest comes first; each has an
    index, with an opaque id behind it that breaks ties."""
    groups: Mapping[str, tuple[Field, ...]] = field(init=False, repr=False, compare=False)
    """Sealed group to its fields, in the order in which they are sealed."""
    clear: tuple[Field, ...] = field(init=False, repr=False, compare=False)
    """The fields that are stored as they are."""
    _by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the declaration, and derive what is asked of it for every record."""
        by_name = {f.name: f for f in self.fields}
        if len({f.graphql_name for f in self.fields}) != len(self.fields):
            raise CatalogueError(f"{self.name}: two fields have one name")
        chosen = {f.seal_group for f in self.fields if f.seal_group is not None}
        for f in self.fields:
            self._check(f)
            if f.group in chosen and f.seal_group is None:
                raise CatalogueError(f"{self.name}.{f.name}: a seal group has the field's name")
        object.__setattr__(self, "_by_name", by_name)
        object.__setattr__(self, "groups", _groups(self.fields))
        object.__setattr__(
            self, "clear", tuple(f for f in self.fields if not f.sealed and not f.computed)
        )

    def _check(self, f: Field) -> None:
        where = f"{self.name}.{f.name}"
        if (f.kind is Kind.CODE) != (f.codes is not None):
            raise CatalogueError(f"{where}: a code needs a code list, and only a code has one")
        if (f.kind is Kind.STRUCTURE) != (f.structure is not None):
            raise CatalogueError(f"{where}: a structure names its GraphQL type")
        if f.seal_group is not None and not f.sealed:
            raise CatalogueError(f"{where}: a seal group is for sealed fields")
        if f.classification is not Classification.GENERAL and not f.sealed:
            raise CatalogueError(f"{where}: class {f.classification} is always sealed")
        if f.computed and (f.sealed or f.derived is not None):
            raise CatalogueError(f"{where}: a computed field is clear, and nothing of it is stored")
        if f.name in RESERVED or f.group in RESERVED_GROUPS:
            raise CatalogueError(f"{where}: the name is the hub's own, on every record")

    @property
    def navigation(self) -> str:
        """The GraphQL field that leads from the subject to its records."""
        return camel(self.plural or self.name)

    @property
    def consents_for_itself(self) -> bool:
        """Whether the authorisation of the person whose record it is can open it."""
        return self.stored and self.subject is Subject.PERSON and not self.consent_of_another

    def field_named(self, name: str) -> Field:
        """Return the field with this snake_case name.

        Raises:
            KeyError: There is none.
        """
        return self._by_name[name]

    def with_meaning(self, meaning: Meaning) -> Field | None:
        """Return the field that ingest uses for `meaning`, if the dataset has one."""
        return next((f for f in self.fields if f.meaning is meaning), None)

    def derive(self, values: Values) -> dict[str, Scalar]:
        """Return `values` with every coarse form computed and every field present."""
        complete = {f.name: values.get(f.name) for f in self.fields}
        for f in self.fields:
            if f.derived is not None:
                complete[f.name] = f.derived(complete)
        return complete


def _groups(fields: Sequence[Field]) -> Mapping[str, tuple[Field, ...]]:
    groups: dict[str, list[Field]] = {}
    for f in fields:
        if f.group is not None:
            groups.setdefault(f.group, []).append(f)
    return MappingProxyType({name: tuple(members) for name, members in groups.items()})


RESERVED: Final = frozenset(
    {"cell", "identity_id", "record_id", "version_id", "valid_from", "valid_to"}
    | {"known_from", "known_to", "source_time", "provider"}
)
"""Columns and GraphQL fields that every record has; no declaration may use them."""
RESERVED_GROUPS: Final = frozenset({"words", "intake"})
"""What ingest seals of a record as it came, in place of a group; no declaration may use them."""


@dataclass(frozen=True, slots=True)
class CoreField:
    """A grantable field of the graph's own types: an opaque id, or the way to another type."""

    type_name: str
    name: str
    zh: str
    en: str
    classification: Classification = Classification.GENERAL

    @property
    def path(self) -> str:
        """`Type.field`."""
        return f"{self.type_name}.{self.name}"


CORE_FIELDS: Final = (
    CoreField("Person", "id", "人员标识", "opaque id of a person"),
    CoreField("Person", "household", "所在家庭", "the household a person lives in"),
    CoreField("Household", "id", "家庭标识", "opaque id of a household"),
    CoreField("Household", "region", "所在区划", "region of the household, 12 digits"),
    CoreField("Household", "members", "家庭成员", "the people of a household"),
    CoreField(
        "Member", "relation", "与户主关系", "relation to the head or to the anchor, GB/T 4761"
    ),
    CoreField("Mutation", "recognise", "认定", "record a recognition"),
    CoreField("Mutation", "assignAlert", "预警派单", "give an alert to somebody to visit"),
    CoreField("Mutation", "recordVisit", "入户登记", "record what a visit found"),
    CoreField("Mutation", "assessNeeds", "需求评估", "record what a family needs"),
    CoreField("Mutation", "refer", "转介", "refer a family to a service"),
    CoreField("Mutation", "confirmService", "服务落实", "record what became of a referral"),
    CoreField("Mutation", "closeAlert", "预警办结", "close an alert"),
    CoreField("Mutation", "openCase", "立案", "open a case"),
    CoreField("Mutation", "assignCase", "案件分派", "give a case to others"),
    CoreField("Mutation", "closeCase", "结案", "close a case"),
    CoreField("Mutation", "giveNotice", "告知", "give notice"),
    CoreField("Mutation", "commit", "承诺", "take in a commitment"),
    CoreField("Mutation", "verifyCommitment", "核对", "verify a commitment"),
    CoreField("Mutation", "confirmCommitment", "简化确认", "confirm a commitment"),
    CoreField("Mutation", "determinePerformance", "履行认定", "determine how far it was kept"),
    CoreField("Mutation", "explainFinding", "线索说明", "explain a finding"),
    CoreField("Mutation", "confirmFinding", "线索核实", "confirm a finding"),
    CoreField("Mutation", "closeFinding", "线索办结", "close a finding"),
    CoreField("Mutation", "reopenFinding", "线索重开", "open a finding again"),
    CoreField("Mutation", "giveAuthorisation", "授权登记", "put an authorisation on file"),
    CoreField("Mutation", "revokeAuthorisation", "撤回授权", "withdraw an authorisation"),
    CoreField("AccessEntry", "index", "日志序号", "place in the log"),
    CoreField("AccessEntry", "at", "时间", "when"),
    CoreField("AccessEntry", "kind", "类别", "what kind of entry"),
    CoreField("AccessEntry", "department", "部门", "which department"),
    CoreField("AccessEntry", "role", "角色", "in which role"),
    CoreField("AccessEntry", "actor", "经办人", "who acted, as the department names them"),
    CoreField("AccessEntry", "purpose", "用途", "for which purpose"),
    CoreField("AccessEntry", "case", "案件", "for which case"),
    CoreField("AccessEntry", "outcome", "结果", "answered, refused, failed"),
    CoreField("AccessEntry", "fields", "字段", "which fields were answered"),
    CoreField("AccessEntry", "denied", "被拒字段", "which fields were refused, and why"),
    CoreField("AccessEntry", "subjectCount", "涉及人数", "how many people and households"),
    CoreField("AccessEntry", "client", "系统", "which system asked"),
    CoreField("AccessEntry", "channel", "通道", "by which of the hub's ways"),
    CoreField("AccessEntry", "policy", "策略版本", "digest of the policy in force"),
    CoreField("AccessEntry", "operation", "操作名", "name of the operation"),
    CoreField("AccessEntry", "document", "查询摘要", "SHA-256 of the question's text"),
    CoreField("AccessEntry", "request", "请求编号", "id of the request"),
    CoreField("AccessEntry", "reason", "拒绝原因", "why the whole was refused"),
    CoreField("AccessFacets", "total", "总数", "how many entries are selected"),
    CoreField("AccessFacets", "isExact", "是否准确", "whether there are no more than that"),
    CoreField("AccessFacets", "counted", "计数条数", "newest entries that the counts rest on"),
    CoreField("AccessFacets", "facets", "分面", "how often each value occurs"),
    CoreField("AccessEntryDetail", "index", "日志序号", "place in the log"),
    CoreField("AccessEntryDetail", "at", "时间", "when"),
    CoreField("AccessEntryDetail", "kind", "类别", "what kind of entry"),
    CoreField("AccessEntryDetail", "kindName", "类别名称", "that in English"),
    CoreField("AccessEntryDetail", "kindNameZh", "类别中文名", "that in Chinese"),
    CoreField("AccessEntryDetail", "department", "部门", "which department"),
    CoreField("AccessEntryDetail", "departmentName", "部门名称", "its name in English"),
    CoreField("AccessEntryDetail", "departmentNameZh", "部门中文名", "its name in Chinese"),
    CoreField("AccessEntryDetail", "role", "角色", "in which role"),
    CoreField("AccessEntryDetail", "actor", "经办人", "who acted, as the department names them"),
    CoreField("AccessEntryDetail", "client", "系统", "which system asked"),
    CoreField("AccessEntryDetail", "purpose", "用途", "for which purpose"),
    CoreField("AccessEntryDetail", "purposeName", "用途名称", "that in English"),
    CoreField("AccessEntryDetail", "purposeNameZh", "用途中文名", "that in Chinese"),
    CoreField("AccessEntryDetail", "case", "案件", "for which case"),
    CoreField("AccessEntryDetail", "operation", "操作名", "name of the operation"),
    CoreField("AccessEntryDetail", "document", "查询摘要", "SHA-256 of the question's text"),
    CoreField("AccessEntryDetail", "channel", "通道", "by which of the hub's ways"),
    CoreField("AccessEntryDetail", "outcome", "结果", "answered, refused, failed"),
    CoreField("AccessEntryDetail", "reason", "拒绝原因", "why the whole was refused"),
    CoreField("AccessEntryDetail", "policy", "策略版本", "digest of the policy in force"),
    CoreField("AccessEntryDetail", "request", "请求编号", "id of the request"),
    CoreField("AccessEntryDetail", "knownAt", "知悉时刻", "newest known time of its snapshot"),
    CoreField("AccessEntryDetail", "encryption", "加密方式", "how the answer left, if encrypted"),
    CoreField("AccessEntryDetail", "datasets", "读取内容", "what was read, by type"),
    CoreField("AccessEntryDetail", "denied", "被拒字段", "what was refused, and why"),
    CoreField("AccessEntryDetail", "subjectCount", "涉及人数", "how many people and households"),
    CoreField("AccessEntryDetail", "subjects", "涉及对象", "what was read of each, not who it is"),
    CoreField("AccessEntryDetail", "told", "其他记载", "what else the record states"),
    CoreField("AccessEntryDetail", "proof", "证明", "what proves that it is in the log"),
    CoreField("AccessTimeline", "total", "总数", "how many entries are about the person"),
    CoreField("AccessTimeline", "isExact", "是否准确", "whether there are no more than that"),
    CoreField("AccessTimeline", "firstAt", "最早", "when the first of those counted was"),
    CoreField("AccessTimeline", "lastAt", "最近", "when the last one was"),
    CoreField("AccessTimeline", "days", "逐日", "by day, the newest first"),
    CoreField("AccessTimeline", "departments", "部门", "by department"),
    CoreField("AccessTimeline", "purposes", "用途", "by purpose"),
    CoreField("AccessTimeline", "readers", "经办人", "by who acted, or which system"),
    CoreField("AccessTimeline", "fields", "字段", "by field"),
    CoreField("AccessTimeline", "kinds", "类别", "by kind of entry"),
    CoreField("AccessProfile", "department", "部门", "which department"),
    CoreField("AccessProfile", "name", "部门名称", "its name in English"),
    CoreField("AccessProfile", "nameZh", "部门中文名", "its name in Chinese"),
    CoreField("AccessProfile", "since", "起日", "the first of these days"),
    CoreField("AccessProfile", "until", "止日", "the last of these days"),
    CoreField("AccessProfile", "total", "总数", "entries in these days"),
    CoreField("AccessProfile", "before", "此前总数", "entries in the days before"),
    CoreField("AccessProfile", "denials", "拒绝数", "those in which something was refused"),
    CoreField("AccessProfile", "denialsBefore", "此前拒绝数", "the same in the days before"),
    CoreField("AccessProfile", "isExact", "是否准确", "whether all were counted"),
    CoreField("AccessProfile", "days", "逐日", "day by day"),
    CoreField("AccessProfile", "hours", "按小时", "by hour of the day"),
    CoreField("AccessProfile", "weekdays", "按星期", "by day of the week"),
    CoreField("AccessProfile", "purposes", "用途", "by purpose"),
    CoreField("AccessProfile", "kinds", "类别", "by kind of entry"),
    CoreField("AccessProfile", "fields", "字段", "by field"),
    CoreField("AccessProfile", "readers", "经办人", "by who acted"),
    CoreField("AccessProfile", "reasons", "拒绝原因", "by reason of refusal"),
    CoreField("AccessProfile", "channels", "通道", "by channel"),
    CoreField("AuditIndicator", "id", "线索编号", "the indicator's id"),
    CoreField("AuditIndicator", "rule", "规则", "by which rule"),
    CoreField("AuditIndicator", "says", "含义", "what the rule means"),
    CoreField("AuditIndicator", "severity", "级别", "low, medium, high"),
    CoreField("AuditIndicator", "department", "部门", "whose doing; none where it is several's"),
    CoreField("AuditIndicator", "actor", "经办人", "whose doing, as the department names them"),
    CoreField("AuditIndicator", "client", "系统", "by which system"),
    CoreField("AuditIndicator", "startedAt", "时段起", "when its window begins"),
    CoreField("AuditIndicator", "endedAt", "时段止", "when its window is over"),
    CoreField("AuditIndicator", "firstIndex", "起始日志序号", "first entry that it rests on"),
    CoreField("AuditIndicator", "lastIndex", "截止日志序号", "last entry that it rests on"),
    CoreField("AuditIndicator", "count", "数量", "how much was counted"),
    CoreField("AuditIndicator", "threshold", "阈值", "from how much on it is an indicator"),
    CoreField("AuditIndicator", "acknowledgedBy", "核查人", "which auditor took note of it"),
    CoreField("AuditIndicator", "acknowledgedAt", "核查时间", "when"),
    CoreField("AuditIndicator", "note", "核查意见", "what was noted"),
    CoreField("AuditIndicator", "saysZh", "中文含义", "what the rule means, in Chinese"),
    CoreField("AuditIndicator", "state", "状态", "open, explained, confirmed, closed"),
    CoreField("AuditIndicator", "verdict", "结论", "harmless, misuse, or none yet"),
    CoreField("AuditIndicator", "usual", "常态值", "what is usual there: the median of peaks"),
    CoreField("AuditIndicator", "usualDays", "常态天数", "on how many days that rests"),
    CoreField(
        "AuditIndicator", "usualOf", "常态主体", "whose days: the reader's, the department's"
    ),
    CoreField("AuditIndicator", "entries", "日志条目", "first entries that it rests on"),
    CoreField("AuditIndicator", "steps", "处理过程", "who made what of it when, oldest first"),
    CoreField(
        "AuditIndicator", "ruleDecided", "规则已判数", "findings of the rule that were judged"
    ),
    CoreField("AuditIndicator", "ruleHarmless", "规则误报数", "those of them that were harmless"),
    CoreField("UsageEntry", "index", "日志序号", "place in the log"),
    CoreField("UsageEntry", "at", "时间", "when"),
    CoreField("UsageEntry", "kind", "类别", "what kind of entry"),
    CoreField("UsageEntry", "department", "部门代码", "whose doing: the code of the department"),
    CoreField("UsageEntry", "receiver", "接收部门", "the department's name, in English"),
    CoreField("UsageEntry", "receiverZh", "接收部门名称", "the department's name, in Chinese"),
    CoreField("UsageEntry", "system", "系统", "which of the department's systems"),
    CoreField("UsageEntry", "purpose", "用途代码", "for which purpose"),
    CoreField("UsageEntry", "action", "事由", "the reason, in English"),
    CoreField("UsageEntry", "actionZh", "事由说明", "the reason, in Chinese"),
    CoreField("UsageEntry", "fields", "数据类别", "which kinds of data, in English"),
    CoreField("UsageEntry", "fieldsZh", "数据类别名称", "which kinds of data, in Chinese"),
    CoreField("UsageEntry", "legalBasis", "法律依据", "on which legal basis"),
    CoreField("UsageEntry", "isOwn", "本人查询", "whether it was a look at this list"),
    CoreField("UsageEntry", "isHousehold", "涉及家庭", "whether about the whole household"),
    CoreField("UsageEntry", "proof", "证明", "what proves it, as JSON"),
    CoreField("AccessRule", "department", "使用部门", "which department may read"),
    CoreField("AccessRule", "role", "角色", "in which role"),
    CoreField("AccessRule", "purpose", "用途", "for which purpose"),
    CoreField("AccessRule", "field", "字段", "which field"),
    CoreField("AccessRule", "classification", "分级", "the field's class: G, S, X"),
    CoreField("AccessRule", "source", "提供部门", "whose field it is"),
    CoreField("AccessRule", "state", "状态", "open, on a condition, ended, not yet, missing"),
    CoreField("AccessRule", "agreement", "共享协议", "by which sharing agreement"),
    CoreField("AccessRule", "legalBasis", "法律依据", "on which legal basis"),
    CoreField("AccessRule", "startDate", "起", "from which day"),
    CoreField("AccessRule", "endDate", "止", "the first day on which it does not hold any more"),
    CoreField("AccessRule", "regions", "地域", "in which regions"),
    CoreField("AccessRule", "conditions", "条件", "what a request must also fulfil"),
    CoreField("AccessRule", "missing", "缺少", "what would be needed"),
    *(CoreField(*each) for each in (*SHARING_FIELDS, *REPLAY_FIELDS)),
)
"""What can be granted beside the datasets' fields."""

OWN_TYPES: Final = frozenset(
    {f.type_name for f in CORE_FIELDS} | {"Query", "PersonLookup", "Record", "Node"}
)
"""Types of the graph itself; no dataset may be named so."""
_OWN_WAYS: Final = frozenset((f.type_name, f.name) for f in CORE_FIELDS) | {
    ("Person", "records"),
    ("Household", "records"),
}


class Catalogue:
    """Every dataset the hub knows, by name and by GraphQL type."""

    def __init__(
        self, datasets: Sequence[Dataset], names: Mapping[str, tuple[str, str]] | None = None
    ) -> None:
        """Check that names are unique; `names` are departments' in Chinese and in English.

        Raises:
            CatalogueError: Two datasets, or one and the graph itself, claim one name, type or
                GraphQL field.
        """
        self.datasets = tuple(sorted(datasets, key=lambda d: d.name))
        self.department_names: Mapping[str, tuple[str, str]] = names or {}
        """Names for people; a department that has none goes by its id."""
        self.by_name = {d.name: d for d in self.datasets}
        self.by_type = {d.type_name: d for d in self.datasets}
        ways = {(d.subject, d.navigation) for d in self.datasets}
        if not len(self.by_name) == len(self.by_type) == len(ways) == len(self.datasets):
            raise CatalogueError("two datasets share a name, a type or a GraphQL field")
        for d in self.datasets:
            if d.type_name in OWN_TYPES or (d.subject.capitalize(), d.navigation) in _OWN_WAYS:
                raise CatalogueError(f"{d.name}: its type or GraphQL field is the graph's own")
        _check_restricted(self.datasets)
        self._fields = {
            f"{d.type_name}.{f.graphql_name}": (d, f) for d in self.datasets for f in d.fields
        }
        self._core = {f.path: f for f in CORE_FIELDS}

    @property
    def stored(self) -> tuple[Dataset, ...]:
        """The datasets that have a table."""
        return tuple(d for d in self.datasets if d.stored)

    def __iter__(self) -> Iterator[Dataset]:
        """Go through the datasets by name."""
        return iter(self.datasets)

    def of(self, subject: Subject) -> tuple[Dataset, ...]:
        """Return the datasets about persons, or about households."""
        return tuple(d for d in self.datasets if d.subject is subject)

    def field(self, path: str) -> tuple[Dataset, Field] | CoreField | None:
        """Return what `Type.camelName` names, or None."""
        return self._fields.get(path) or self._core.get(path)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every grantable field, sorted."""
        return tuple(sorted([*self._fields, *self._core]))

    @classmethod
    def discover(cls, packages: Sequence[str] = DEFAULT_PACKAGES) -> "Catalogue":
        """Collect `DATASETS`, and `DEPARTMENT_NAMES` if any, from every module of `packages`.

        Adding a department is adding a module; nothing lists them.

        Raises:
            CatalogueError: A package cannot be imported, a module has no `DATASETS`, or
                declarations clash.
        """
        found: list[Dataset] = []
        names: dict[str, tuple[str, str]] = {}
        for package_name in packages:
            package = _imported(package_name)
            if not hasattr(package, "__path__"):
                raise CatalogueError(f"{package_name} is a module, not a package")
            for info in pkgutil.iter_modules(package.__path__):
                module = _imported(f"{package_name}.{info.name}")
                if not hasattr(module, "DATASETS"):
                    raise CatalogueError(f"{module.__name__} declares no DATASETS")
                found.extend(module.DATASETS)
                names |= getattr(module, "DEPARTMENT_NAMES", {})
        return cls(found, names)


def _check_restricted(datasets: Sequence[Dataset]) -> None:
    """Hold all class X fields of a department to one row a person: that it is there says nothing.

    Raises:
        CatalogueError: A department spreads them, or lists them record by record.
    """
    owners: dict[str, str] = {}
    for d in datasets:
        if not any(f.classification is Classification.RESTRICTED for f in d.fields):
            continue
        if d.many:
            raise CatalogueError(f"{d.name}: class X fields are one row a person")
        if owners.setdefault(d.department, d.name) != d.name:
            raise CatalogueError(f"{d.name}: class X fields of {d.department} are in one dataset")


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as problem:
        raise CatalogueError(f"{name} cannot be imported: {problem}") from problem
