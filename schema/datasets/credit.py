"""Civil affairs, about commitments: the notice, the commitment, who authorised what, the verdict.

A commitment's twenty fields (`record`) are those of the national credit platform, in the order of
its template. An authorisation covers one person, one source and one purpose; its days are those
over which it holds. Of a verification only the verdicts are kept: no amount that a source told.
"""

from typing import Final

from schema.catalogue import Classification, Dataset, Field, Kind, Subject
from schema.codes import ASSISTANCE_CATEGORY
from schema.codes.credit import CREDIT_GRADE, CREDIT_STATE, SIGNED_BY
from schema.declare import G, S

COMMITMENT_CODES: Final = "commitment-code"
"""What the keyed tag of a commitment's code, from which its record's id is made, is a tag of."""
_OWNER: Final = "civil-affairs"
_BASIS: Final = "社会救助法 第40条、第41条; 国办发〔2020〕42号"
_NOTICE: Final = "notice"
_RECORD: Final = "record"
_APPLICATION: Final = "application"
_DECLARATION: Final = "declaration"
_REPORT: Final = "report"


def _structure(name: str, zh: str, en: str, group: str, structure: str) -> Field:
    return Field(
        name, zh, en, Kind.STRUCTURE, Classification.SENSITIVE,
        sealed=True, seal_group=group, structure=structure,
    )  # fmt: skip


COMMITMENT_NOTICE: Final = Dataset(
    name="commitment_notice",
    type_name="CommitmentNotice",
    department=_OWNER,
    zh="告知书",
    en="notice of the duty to prove, and that a commitment may take its place",
    subject=Subject.PERSON,
    many=True,
    plural="commitment_notices",
    refresh="real time",
    legal_basis=_BASIS,
    internal=True,
    fields=(
        G.code("state", "办理状态", "where it is", CREDIT_STATE),
        S.text("application_number", "受理编号", "number of the application", _NOTICE),
        S.code("category", "申请类别", "category applied for", ASSISTANCE_CATEGORY, _NOTICE),
        S.text("notice_version", "告知书版本", "version of the notice", _NOTICE),
        S.text("channel", "告知方式", "channel by which it was given", _NOTICE),
        S.day("read_on", "签收日期", "day on which its receipt was signed", _NOTICE),
        S.text("household_ref", "家庭", "opaque id of the household", _NOTICE),
        S.text("not_open", "不适用原因", "why a commitment is not open, if it is not", _NOTICE),
    ),
)

COMMITMENT: Final = Dataset(
    name="commitment",
    type_name="CommitmentRecord",
    department=_OWNER,
    zh="承诺",
    en="commitment in place of proofs, with its credit record",
    subject=Subject.PERSON,
    many=True,
    plural="commitments",
    refresh="real time",
    legal_basis=_BASIS,
    internal=True,
    fields=(
        G.code("state", "办理状态", "where it is", CREDIT_STATE),
        G.day("verification_due_on", "核对期限", "last day for the verification"),
        G.day("due_on", "办结期限", "last day for the confirmation"),
        S.text("code", "承诺编码", "code of the commitment", _RECORD),
        S.text("promisor_name", "承诺人名称", "who commits", _RECORD),
        S.text("promisor_kind", "承诺人类别", "kind of promisor", _RECORD),
        S.text("promisor_code", "承诺人代码", "citizen number", _RECORD),
        S.text("commitment_type", "承诺类型", "type of commitment", _RECORD),
        S.text("matter", "承诺事由", "business applied for", _RECORD),
        S.text("content", "承诺内容", "what is committed to", _RECORD),
        S.text("liability", "违诺责任", "what follows if it is not kept", _RECORD),
        S.day("made_on", "承诺作出日期", "day of the commitment", _RECORD),
        S.day("valid_until", "承诺有效期", "last day", _RECORD),
        S.text("performance", "承诺履行状态", "how far it was kept", _RECORD),
        S.text("unperformed", "未履行的承诺内容", "what was not kept", _RECORD),
        S.text("accountability", "违诺责任追究内容", "what was done about it", _RECORD),
        S.day("determined_on", "履行状态认定日期", "day of the determination", _RECORD),
        S.text("determining_unit", "认定单位", "unit that determined", _RECORD),
        S.text("determining_unit_code", "认定单位代码", "its unified code", _RECORD),
        S.text("accepting_unit", "承诺受理单位", "unit that accepted it", _RECORD),
        S.text("accepting_unit_code", "承诺受理单位代码", "its unified code", _RECORD),
        S.text("publicity", "公开类型", "who may see it", _RECORD),
        S.text("remark", "备注", "remark", _RECORD),
        S.text("household_ref", "家庭", "opaque id of the household", _APPLICATION),
        S.text("notice_ref", "告知书", "opaque id of the notice", _APPLICATION),
        S.code("category", "申请类别", "category applied for", ASSISTANCE_CATEGORY, _APPLICATION),
        S.flag("staff_committed", "经办人承诺", "whether staff committed too", _APPLICATION),
        S.text("decision_number", "认定文书号", "number of the decision", _APPLICATION),
        S.day("start_date", "开始日期", "first day of the benefit", _APPLICATION),
    ),
)

DECLARATION: Final = Dataset(
    name="declaration",
    type_name="Declaration",
    department=_OWNER,
    zh="收入财产申报",
    en="what an applicant declared of income, property and members",
    subject=Subject.PERSON,
    many=True,
    plural="declarations",
    refresh="real time",
    legal_basis=_BASIS,
    internal=True,
    fields=(
        _structure("members", "申报成员", "declared members", _DECLARATION, "DeclaredMember"),
        S.whole("others", "其他成员", "members that the hub does not know", "person", _DECLARATION),
        S.cents("monthly_income_cents", "月收入", "income of all a month", _DECLARATION),
        S.whole("vehicles", "机动车", "vehicles", "vehicle", _DECLARATION),
        S.whole("properties", "不动产", "real estate", "property", _DECLARATION),
        S.whole("businesses", "经营主体", "businesses", "business", _DECLARATION),
        S.cents("deposit_cents", "存款", "deposits of all", _DECLARATION),
    ),
)

AUTHORISATION: Final = Dataset(
    name="consent",
    type_name="Authorisation",
    department=_OWNER,
    zh="核对授权",
    en="leave to read one source about one person for one purpose, on the days over which it holds",
    subject=Subject.PERSON,
    many=True,
    plural="authorisations",
    refresh="real time",
    legal_basis="社会救助法 第40条、第41条; 个人信息保护法 第29条、第31条",
    internal=True,
    fields=(
        G.text("source", "授权来源", "department that may be asked"),
        G.text("purpose", "授权用途", "purpose for which it may be asked"),
        G.code("signed_by", "签署人", "who signed", SIGNED_BY),
        G.moment("revoked_at", "撤回时间", "when it was withdrawn"),
        S.flag("outside", "户外赡养人", "a supporter outside the household", "basis"),
        S.text("commitment_ref", "承诺", "opaque id of the commitment", "basis"),
        S.text("case_ref", "案件", "case that it belongs to", "basis"),
        S.text("evidence", "授权凭证", "where the signed paper is kept", "evidence"),
    ),
)

VERIFICATION: Final = Dataset(
    name="verification",
    type_name="Verification",
    department=_OWNER,
    zh="信息核对结果",
    en="how declared and found agree; verdicts alone",
    subject=Subject.PERSON,
    many=True,
    plural="verifications",
    refresh="real time",
    legal_basis="社会救助法 第41条",
    internal=True,
    fields=(
        S.code("grade", "核对结论", "whether basically consistent", CREDIT_GRADE),
        S.text("report_number", "报告编号", "number of the report", _REPORT),
        S.text("commitment_ref", "承诺", "opaque id of the commitment", _REPORT),
        _structure("items", "逐项结论", "verdict of each item", _REPORT, "VerificationItem"),
        _structure("sources", "来源答复", "which sources answered", _REPORT, "SourceAnswer"),
    ),
)

DATASETS: Final = (COMMITMENT_NOTICE, COMMITMENT, DECLARATION, AUTHORISATION, VERIFICATION)
