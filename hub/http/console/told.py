"""What pages are told of the hub itself: the declarations, the profile, the purposes; no rows.

Everything comes from where it is declared, so a new dataset or indicator is on the pages at once.
"""

from collections.abc import Iterable

from hub.access import Entitlement, Refusal
from hub.access.model import Denied
from hub.access.words import PURPOSES
from schema.catalogue import CORE_FIELDS, Catalogue, Classification, Dataset, Field, Meaning
from schema.codes import CodeList
from scoring.parameters.document import Label, ProfileDocument

Told = dict[str, object]


def told_catalogue(catalogue: Catalogue) -> Told:
    """Return every dataset with its fields, the graph's own fields, and the code lists used."""
    lists = {f.codes.name: f.codes for d in catalogue for f in d.fields if f.codes is not None}
    return {
        "departments": {
            department: {"zh": zh, "en": en}
            for department, (zh, en) in sorted(catalogue.department_names.items())
        },
        "datasets": [_dataset(dataset) for dataset in catalogue],
        "graph": [{"path": f.path, "zh": f.zh, "en": f.en} for f in CORE_FIELDS],
        "codeLists": {name: _codes(codes) for name, codes in sorted(lists.items())},
    }


def told_profile(document: ProfileDocument) -> Told:
    """Return how a score comes about: dimensions, indicators, triggers and bands."""
    return {
        "code": document.code,
        "from": document.valid_from.isoformat(),
        **_label(document.label),
        "reference": document.reference,
        "dimensions": [
            {"code": each.code, "cap": each.cap, **_label(each.label)}
            for each in document.dimensions
        ],
        "indicators": [
            {
                "code": each.code,
                "dimension": each.dimension,
                "most": each.most,
                "reference": each.reference,
                **_label(each.label),
            }
            for each in document.indicators
        ],
        "triggers": [
            {
                "code": each.code,
                "urgent": each.urgent,
                "reference": each.reference,
                **_label(each.label),
            }
            for each in document.triggers
        ],
        "bands": [
            {"band": each.band, "cut": each.cut, "visitWorkingDays": each.visit_working_days}
            for each in document.bands
        ],
    }


def told_purposes() -> list[Told]:
    """Return every purpose with its name in both languages."""
    return [{"code": str(code), "zh": zh, "en": en} for code, (zh, en) in PURPOSES.items()]


def told_entitlement(found: Entitlement | Refusal) -> Told:
    """Return what a caller may read: fields by path, and for the others of its grants the reason.

    It says nothing that the caller could not learn by asking, field by field.
    """
    if isinstance(found, Refusal):
        return {"refusal": str(found.reason), "regions": [], "fields": [], "denied": {}}
    return {
        "refusal": None,
        "regions": list(found.regions),
        "fields": sorted(path for path in found.decisions if found.is_granted(path)),
        "denied": {
            path: str(decision.reason)
            for path, decision in sorted(found.decisions.items())
            if isinstance(decision, Denied)
        },
    }


def _dataset(dataset: Dataset) -> Told:
    return {
        "name": dataset.name,
        "type": dataset.type_name,
        "navigation": dataset.navigation,
        "department": dataset.department,
        "zh": dataset.zh,
        "en": dataset.en,
        "subject": str(dataset.subject),
        "many": dataset.many,
        "refresh": dataset.refresh,
        "sharing": str(dataset.sharing),
        "legalBasis": dataset.legal_basis,
        "stored": dataset.stored,
        "ownDecision": dataset.internal,
        "grain": str(dataset.source_time_grain),
        "class": str(highest_class(dataset.fields)),
        "fields": [_field(dataset, each) for each in dataset.fields],
    }


def highest_class(fields: Iterable[Field]) -> Classification:
    """Return the most sensitive class among `fields`."""
    order = (Classification.GENERAL, Classification.SENSITIVE, Classification.RESTRICTED)
    return max((each.classification for each in fields), key=order.index)


def _field(dataset: Dataset, each: Field) -> Told:
    return {
        "path": f"{dataset.type_name}.{each.graphql_name}",
        "zh": each.zh,
        "en": each.en,
        "kind": str(each.kind),
        "class": str(each.classification),
        "sealed": each.sealed,
        "unit": each.unit,
        "codes": each.codes.name if each.codes else None,
        "coarse": each.derived is not None,
        "consent": each.consent,
        "isNumber": each.meaning is Meaning.CITIZEN_NUMBER,
    }


def _codes(codes: CodeList) -> Told:
    return {
        "standard": codes.standard,
        "edition": codes.edition,
        "from": codes.valid_from.isoformat(),
        "pattern": codes.pattern,
        "codes": {code.value: {"zh": code.zh, "en": code.en} for code in codes.codes},
    }


def _label(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en}
