"""What can be granted of sharing agreements: the steps about them, and what is told of them.

Nothing of it is about a person in the graph; who took a step stands as an opaque id.
"""

from typing import Final

_TYPE: Final = "SharingAgreement"
_STEPS: Final = (
    ("requestSharing", "共享申请", "ask for an agreement"),
    ("completeSharing", "补正申请", "complete a request after the notice"),
    ("withdrawSharing", "撤回申请", "take a request back"),
    ("noticeSharing", "一次性告知", "give the one notice of what a request lacks"),
    ("extendSharing", "延期答复", "extend the time for the answer"),
    ("approveSharing", "同意共享", "approve a request, for the source"),
    ("confirmSharing", "复核生效", "confirm, as a second person"),
    ("refuseSharing", "不予共享", "refuse a request, with the reasons"),
    ("suspendSharing", "暂停共享", "stop all reading under an agreement at once"),
    ("resumeSharing", "恢复共享", "propose to resume; a second person confirms"),
    ("terminateSharing", "终止共享", "end an agreement for good"),
    ("certifyPurge", "销毁证明", "hand in the certificate that what was shared is disposed of"),
    ("remindPurge", "催交销毁证明", "ask again for the certificate of disposal"),
    ("consentToExtension", "同意延期", "consent, for the authority, to a longer time"),
    ("openDispute", "提出争议", "open a dispute about a request or an agreement"),
    ("escalateDispute", "提请协调", "bring a dispute before who is above"),
    ("settleDispute", "争议办结", "end a dispute, everything standing as it does"),
    ("reopenSharing", "重新答复", "end a dispute: a refused request is answered anew"),
    ("proposePolicy", "授权提议", "propose the policy file"),
    ("confirmPolicy", "授权复核", "put a proposed policy in force, as a second person"),
)
_TOLD: Final = (
    ("agreement", "协议编号", "its name, of its whole life"),
    ("state", "状态", "where it stands"),
    ("step", "步骤数", "how many steps were taken: what the next command names"),
    ("source", "提供部门", "who shares"),
    ("departments", "使用部门", "who may read, or asks to"),
    ("role", "角色", "in which role"),
    ("purpose", "用途", "for which purpose"),
    ("fields", "字段", "which fields"),
    ("sharing", "共享类型", "the strictest sharing type of what is asked"),
    ("legalBasis", "法律依据", "the legal basis of the use"),
    ("scene", "使用场景", "the business it is used in"),
    ("regions", "地域范围", "the regions whose people it is about"),
    ("method", "共享方式", "query, batch or file"),
    ("startDate", "起", "from which day"),
    ("endDate", "止", "the first day on which it does not hold any more"),
    ("lacks", "缺少", "what the Regulations demand and it does not say"),
    ("due", "下一时限", "what is due next"),
    ("dueOn", "到期日", "by which day"),
    ("overdue", "逾期", "whether that day has passed"),
    ("dispute", "争议", "before whom a dispute is, if one is open"),
    ("problem", "记录有误", "what is wrong with its record, if anything is"),
    ("history", "办理过程", "every step: the day, the step, by whom, why"),
)
SHARING_FIELDS: Final[tuple[tuple[str, str, str, str], ...]] = (
    *(("Mutation", *each) for each in _STEPS),
    *((_TYPE, *each) for each in _TOLD),
)
"""Type, field, and what it is, in Chinese and in English."""
