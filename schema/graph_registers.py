"""The types of what the hub tells of itself: its access log, indicators, rules of access."""

from datetime import date, datetime

from schema.graph_types import core_fields, make_type


def access_entry() -> type:
    """Return the type of one entry of the access log."""
    return make_type(
        "AccessEntry",
        "One entry of the access log, as an auditor sees it.",
        core_fields(
            "AccessEntry",
            {
                "index": int | None,
                "at": datetime | None,
                "kind": str | None,
                "department": str | None,
                "role": str | None,
                "actor": str | None,
                "purpose": str | None,
                "case": str | None,
                "outcome": str | None,
                "fields": list[str] | None,
                "denied": list[str] | None,
                "subject_count": int | None,
                **dict.fromkeys(
                    ("client", "channel", "policy", "operation", "document", "request", "reason"),
                    str | None,
                ),
            },
        ),
    )


def audit_indicator() -> type:
    """Return the type of one indicator for auditors."""
    texts = ("id", "rule", "says", "severity", "department", "actor", "client",
             "acknowledged_by", "note", "says_zh", "state", "verdict", "usual_of")  # fmt: skip
    moments = ("started_at", "ended_at", "acknowledged_at")
    numbers = ("first_index", "last_index", "count", "threshold", "usual", "usual_days",
               "rule_decided", "rule_harmless")  # fmt: skip
    return make_type(
        "AuditIndicator",
        "A finding: what the access log adds up to under a rule, that is worth a look, and what "
        "auditors made of it. A reason to ask, no judgement of anybody.",
        core_fields(
            "AuditIndicator",
            {
                **dict.fromkeys(texts, str | None),
                **dict.fromkeys(moments, datetime | None),
                **dict.fromkeys(numbers, int | None),
                **dict.fromkeys(("entries", "steps"), list[str] | None),
            },
        ),
    )


def usage_entry() -> type:
    """Return the type of one access to a person's data, as that person is told of it."""
    texts = ("kind", "department", "receiver", "receiver_zh", "system", "purpose", "action",
             "action_zh", "legal_basis", "proof")  # fmt: skip
    return make_type(
        "UsageEntry",
        "One access to the data of the very person who asks: who, when, why, which kinds of data.",
        core_fields(
            "UsageEntry",
            {
                "index": int | None,
                "at": datetime | None,
                **dict.fromkeys(texts, str | None),
                **dict.fromkeys(("fields", "fields_zh"), list[str] | None),
                **dict.fromkeys(("is_own", "is_household"), bool | None),
            },
        ),
    )


def audit_replay() -> type:
    """Return the type of one request for a replay."""
    texts = ("id", "state", "reason", "asked_by", "decided_by", "verdict")
    moments = ("asked_at", "decided_at", "expires_at", "ran_at")
    return make_type(
        "AuditReplay",
        "A request that an answer be asked again as of then: who asked, why, what came of it.",
        core_fields(
            "AuditReplay",
            {
                **dict.fromkeys(texts, str | None),
                **dict.fromkeys(moments, datetime | None),
                "index": int | None,
                "why": list[str] | None,
            },
        ),
    )


def access_rule() -> type:
    """Return the type of one line of the policy: a field that an entitlement names."""
    texts = ("department", "role", "purpose", "field", "classification", "source", "state",
             "agreement", "legal_basis")  # fmt: skip
    return make_type(
        "AccessRule",
        "Who may read one field, for which purpose, by which agreement; or what is missing.",
        core_fields(
            "AccessRule",
            {
                **dict.fromkeys(texts, str | None),
                "start_date": date | None,
                "end_date": date | None,
                **dict.fromkeys(("regions", "conditions", "missing"), list[str] | None),
            },
        ),
    )


def sharing_agreement() -> type:
    """Return the type of a sharing agreement, or of the request that may become one."""
    texts = ("agreement", "state", "source", "role", "purpose", "sharing", "legal_basis", "scene",
             "method", "due", "dispute", "problem")  # fmt: skip
    lists = ("departments", "fields", "regions", "lacks", "history")
    return make_type(
        "SharingAgreement",
        "Who asks for what of whom, where that stands, and what is due.",
        core_fields(
            "SharingAgreement",
            {
                **dict.fromkeys(texts, str | None),
                **dict.fromkeys(lists, list[str] | None),
                **dict.fromkeys(("start_date", "end_date", "due_on"), date | None),
                "step": int | None,
                "overdue": bool | None,
            },
        ),
    )
