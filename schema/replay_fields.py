"""What can be granted about replays: the register of requests for them, and its mutations.

Each line is a `schema.catalogue.CoreField`: type, field, word in Chinese, word in English.
"""

from typing import Final

REPLAY_FIELDS: Final = (
    ("Mutation", "askReplay", "申请重放", "ask that an answer be asked again"),
    ("Mutation", "approveReplay", "批准重放", "approve a replay"),
    ("Mutation", "refuseReplay", "驳回重放", "refuse a replay"),
    ("Mutation", "runReplay", "执行重放", "run an approved replay"),
    ("AuditReplay", "id", "重放编号", "the request's id"),
    ("AuditReplay", "index", "日志序号", "the answer's entry on the log"),
    ("AuditReplay", "state", "状态", "asked, approved, refused, run, lapsed"),
    ("AuditReplay", "reason", "理由", "why it was asked"),
    ("AuditReplay", "askedBy", "申请人", "who asked"),
    ("AuditReplay", "askedAt", "申请时间", "when"),
    ("AuditReplay", "decidedBy", "审批人", "who approved or refused"),
    ("AuditReplay", "decidedAt", "审批时间", "when"),
    ("AuditReplay", "expiresAt", "批准失效时间", "until when it may be run"),
    ("AuditReplay", "ranAt", "执行时间", "when it was run"),
    ("AuditReplay", "verdict", "结论", "same, differs, impossible"),
    ("AuditReplay", "why", "说明", "why it may differ, or is impossible"),
)
