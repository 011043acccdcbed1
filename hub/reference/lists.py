"""The pages of lists: datasets and fields, settings, errors and reasons.

Datasets come from the catalogue, settings from their declarations, error codes from the classes
and the reasons that a record or a field can be refused for from their lists.
"""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic.fields import FieldInfo

from connectors.protocol import ReasonCode
from hub.access.model import Reason
from hub.errors import (
    CorruptError,
    HubError,
    RefusedError,
    SetupError,
    UnavailableError,
)
from hub.ingest.report import LinkReason
from hub.reference.markdown import page, table
from hub.settings import SETTINGS_FILE, Settings
from schema.catalogue import CORE_FIELDS, Catalogue, Classification, Dataset, Field, Grain

_CLASSES: Final[Mapping[Classification, str]] = {
    Classification.GENERAL: "general",
    Classification.SENSITIVE: "sensitive personal information (PIPL art. 28), always sealed",
    Classification.RESTRICTED: "restricted by our own decision, always sealed",
}

_GRAINS: Final[Mapping[Grain, str]] = {
    Grain.EXACT: "exact",
    Grain.MONTH: "by month, because it tells a sealed day",
}

_ERROR_MODULES: Final = (
    "hub.errors",
    "hub.access.explained",
    "hub.access.policy",
    "hub.casework.alert_errors",
    "hub.casework.case_errors",
    "hub.casework.finding_errors",
    "hub.casework.credit.errors",
    "hub.casework.errors",
    "hub.casework.replay_errors",
    "hub.casework.sharing.desk",
    "hub.casework.sharing.life",
    "hub.casework.sharing.request",
    "hub.casework.sharing.whose",
    "hub.custody.resealing",
    "hub.custody.retention",
    "hub.custody.rotation",
    "hub.custody.shredding",
    "hub.http.body",
    "hub.http.exchange",
    "hub.http.limits",
    "hub.http.origins",
    "hub.http.presence",
    "hub.http.problems",
    "hub.http.provider",
    "hub.http.session_desk",
    "hub.http.trusted",
    "hub.ingest.report",
    "hub.query.citizens",
    "hub.query.pockets",
)
"""Where subclasses of HubError are declared."""

_KINDS_OF_ERROR: Final[Sequence[tuple[type[HubError], str, str]]] = (
    (RefusedError, "The caller can change the request", "Nothing was disclosed."),
    (UnavailableError, "The caller can try again", "Wait as long as `Retry-After` says."),
    (SetupError, "The operator must act", "The message says which setting, file or key."),
    (CorruptError, "Someone is paged", "The caller can do nothing; the error id finds the log."),
    (HubError, "Others", "Below none of the kinds above."),
)

DENIALS: Final[Mapping[Reason, str]] = {
    Reason.NOT_GRANTED: "No grant for this department, role and purpose opens the field.",
    Reason.EXPIRED: "A grant opened the field once, and does not hold today.",
    Reason.CONSENT_REQUIRED: "The person's authorisation for that source is not on file today.",
    Reason.CASE_REQUIRED: "For this purpose the request must name its case.",
    Reason.CASE_UNKNOWN: "The department has registered no case of that number.",
    Reason.CASE_CLOSED: "The case is not open today.",
    Reason.CASE_OTHER_PURPOSE: "The case is not for that purpose.",
    Reason.CASE_NOT_IN_CASELOAD: "The case is not in the caseload of who acts.",
    Reason.SUSPENDED: "The sharing agreement that opens the field is suspended.",
    Reason.NO_ENTITLEMENT: "The department may not ask in this role for this purpose at all.",
}
"""What each reason of a denied field means."""

QUARANTINES: Final[Mapping[ReasonCode | LinkReason, str]] = {
    ReasonCode.NUMBER_MISSING: "The record has no citizen number.",
    ReasonCode.NUMBER_FORMAT: "The citizen number has not 15 digits or 18 characters.",
    ReasonCode.NUMBER_CHECK_DIGIT: "The check character of the citizen number is another.",
    ReasonCode.NUMBER_BIRTH_DATE: "The number's birth date is impossible, to come, or another.",
    ReasonCode.NAME_MISSING: "The record has no name.",
    ReasonCode.HOUSEHOLD_MISSING: "The record does not say which household it belongs to.",
    ReasonCode.VALUE_MISSING: "A value that the mapping requires is absent.",
    ReasonCode.TEXT_FORMAT: "A text has not the form that was agreed.",
    ReasonCode.DATE_IMPOSSIBLE: "A date is not in the calendar, or not in the agreed form.",
    ReasonCode.DATE_IN_FUTURE: "A day that must have come is still to come.",
    ReasonCode.CODE_UNKNOWN: "A code is not in the agreed table; it is never guessed.",
    ReasonCode.AMOUNT_FORMAT: "An amount is no number, below zero, or less than its parts.",
    ReasonCode.ORDER: "Days that must follow each other run backwards.",
    ReasonCode.COLUMN_COUNT: "A row has more or fewer columns than the file's head.",
    ReasonCode.ROW_UNREADABLE: "A row cannot be decoded.",
    ReasonCode.FILE_UNREADABLE: "A file cannot be decoded; none of its rows was taken.",
    ReasonCode.SOURCE_SILENT: "A resource was asked about a person and did not answer.",
    LinkReason.IDENTITY_CONFLICT: "Name and birth date both differ from the number's holder.",
    LinkReason.PERSON_UNKNOWN: "The number is in scope, but no register record has it yet.",
    LinkReason.COUNTY_CHANGED: "The household moved to a county that another cell manages.",
    LinkReason.DATASET_UNKNOWN: "The record is of a dataset that the catalogue does not have.",
}
"""What each reason of a quarantined record means."""


def _kind(field: Field) -> str:
    kind = field.kind.value
    if field.codes is not None:
        kind += f" `{field.codes.name}` ({field.codes.standard})"
    if field.structure is not None:
        kind += f" of `{field.structure}`"
    return f"{kind}, {field.unit}" if field.unit else kind


def _kept(field: Field) -> str:
    if field.group is None:
        return "clear, computed when asked" if field.computed else "clear"
    return "sealed" if field.seal_group is None else f"sealed in `{field.group}`"


def _dataset(dataset: Dataset) -> str:
    how_many = "several records at a time" if dataset.many else "one record at a time"
    source = "decided by the hub's own department" if dataset.internal else "through a connector"
    rows = [
        (
            f"`{dataset.type_name}.{field.graphql_name}`",
            field.zh,
            field.en,
            _kind(field),
            field.classification.value,
            _kept(field),
            "yes" if field.derived else "",
            "yes" if field.consent else "",
        )
        for field in dataset.fields
    ]
    head = ("field", "中文", "English", "kind", "class", "stored", "coarse form", "consent")
    return (
        f"## {dataset.zh} ({dataset.en})\n\n"
        f"`{dataset.name}`, owner {dataset.department}, {source}; about a {dataset.subject}, "
        f"{how_many}, reached by `{dataset.subject.capitalize()}.{dataset.navigation}`; "
        f"refreshed: {dataset.refresh}; time of change: {_GRAINS[dataset.source_time_grain]}; "
        f"sharing: {dataset.sharing}; legal basis: "
        f"{dataset.legal_basis}.\n\n" + table(head, rows)
    )


def datasets_page(catalogue: Catalogue) -> str:
    """Return the page about every dataset of `catalogue` and every grantable field."""
    classes = "".join(f"* **{c.value}**: {text}\n" for c, text in _CLASSES.items())
    own = table(
        ("field", "中文", "English", "class"),
        [(f"`{f.path}`", f.zh, f.en, f.classification.value) for f in CORE_FIELDS],
    )
    return page(
        "Datasets and fields",
        "What each department knows, field by field. A grant names fields as they stand here.\n",
        classes,
        "A coarse form is computed when a record comes in and is granted on its own. Fields that "
        "are sealed in one group are granted together or not at all.\n",
        *(_dataset(dataset) for dataset in catalogue),
        f"## The graph's own fields\n\n{own}",
    )


def _default(field: FieldInfo) -> str:
    value = field.get_default(
        call_default_factory=True, validated_data={"home": Path("HOME_OF_THE_HUB")}
    )
    if isinstance(value, Path):
        return f"`{value}`".replace("HOME_OF_THE_HUB", "<home>")
    return "" if value is None or value in ((), {}) else f"`{value}`"


def _bounds(field: FieldInfo) -> str:
    names = {"ge": "at least", "le": "at most", "max_length": "length at most", "pattern": "form"}
    found = (
        f"{words} `{bound}`"
        for rule in field.metadata
        for name, words in names.items()
        if (bound := getattr(rule, name, None)) is not None
    )
    return ", ".join(found)


def settings_page() -> str:
    """Return the page about everything that an operator may set."""
    rows = [
        (
            f"`{name}`",
            f"`HUB_{name.upper()}`",
            _default(field),
            _bounds(field),
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]
    return page(
        "Settings",
        f"An argument of a command wins over the environment, and that over `{SETTINGS_FILE}` in "
        "the home. A name that is not listed here is refused.\n",
        table(("setting", "environment", "default", "bounds", "what it is for"), rows),
    )


def _below(root: type[HubError]) -> Iterator[type[HubError]]:
    for error in root.__subclasses__():
        yield error
        yield from _below(error)


def every_error() -> list[type[HubError]]:
    """Return every class of the hub's errors, by code and name, whatever else is imported."""
    for name in _ERROR_MODULES:
        importlib.import_module(name)
    classes: set[type[HubError]] = {HubError, *_below(HubError)}
    found = [error for error in classes if error.__module__ in _ERROR_MODULES]
    return sorted(found, key=lambda error: (error.code, error.__name__))


def _errors_of(kind: type[HubError], taken: set[type[HubError]]) -> list[Sequence[str]]:
    mine = [e for e in every_error() if issubclass(e, kind) and e not in taken]
    taken.update(mine)
    return [
        (f"`{e.code}`", str(e.status), f"`{e.__name__}`", (e.__doc__ or "").split("\n")[0])
        for e in mine
        if "code" in vars(e)
    ]


def errors_page() -> str:
    """Return the page about every code that an error, a denied field or a record can carry."""
    taken: set[type[HubError]] = set()
    head = ("code", "status", "class", "what it says")
    kinds = [
        f"## {title}\n\n{advice}\n\n{table(head, rows)}"
        for kind, title, advice in _KINDS_OF_ERROR
        if (rows := _errors_of(kind, taken))
    ]
    reasons = ("reason", "what it means")
    denials = [(f"`{reason.value}`", text) for reason, text in DENIALS.items()]
    quarantines = [(f"`{reason.value}`", text) for reason, text in QUARANTINES.items()]
    return page(
        "Error codes and reasons",
        "The code is the contract, the text is not. No text holds a name, a number, a value or a "
        "key of a person.\n",
        *kinds,
        f"## Why a field is denied\n\n{table(reasons, denials)}",
        f"## Why a record waits in quarantine\n\n{table(reasons, quarantines)}",
    )
