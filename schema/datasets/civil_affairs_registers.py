"""Civil affairs' own registers: marriage, funerals, rolls, children, allowances, supporters."""

from typing import Final

from schema import coarse
from schema.catalogue import Dataset, Grain, Subject
from schema.codes import (
    ALLOWANCE_KIND,
    ASSISTANCE_CATEGORY,
    DISABILITY_CATEGORY,
    MARITAL_STATUS,
    ROLL_END_REASON,
    SUPPORT_RELATION,
)
from schema.declare import CONSENTED, S, X

_OWNER: Final = "civil-affairs"

MARITAL_STATUS_RECORD: Final = Dataset(
    name="marital_status",
    type_name="MaritalStatus",
    department=_OWNER,
    zh="婚姻登记信息",
    en="marriage registration",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="daily",
    legal_basis="社会救助法 第41条",
    fields=(
        S.code("status", "婚姻状况", "marital status", MARITAL_STATUS, "marriage"),
        S.day("event_date", "登记日期", "day of the registration", "marriage"),
        S.text(
            "spouse_document_hash", "配偶证件摘要", "keyed hash of the spouse's document number"
        ),
    ),
)

FUNERAL: Final = Dataset(
    name="funeral",
    type_name="Funeral",
    department=_OWNER,
    zh="殡葬信息",
    en="funeral",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="daily",
    legal_basis="社会救助法 第41条、第46条",
    fields=(
        S.day("died_on", "死亡日期", "day of death", "death"),
        S.day("cremated_on", "火化日期", "day of cremation", "death"),
        S.text("place", "殡葬机构", "where", "death"),
    ),
)

ASSISTANCE_ROLL: Final = Dataset(
    name="assistance_roll",
    type_name="AssistanceRoll",
    department=_OWNER,
    zh="社会救助名册",
    en="roll of recipients of assistance",
    subject=Subject.PERSON,
    many=True,
    plural="assistance_rolls",
    source_time_grain=Grain.MONTH,
    refresh="real time",
    legal_basis="社会救助法 第42条",
    fields=(
        S.code("category", "救助类别", "category of assistance", ASSISTANCE_CATEGORY, "roll"),
        S.day("start_date", "开始日期", "first day", "roll"),
        S.day("end_date", "停发日期", "last day", "roll"),
        S.code("end_reason", "停发原因", "why it ended", ROLL_END_REASON, "roll"),
        S.cents("amount_cents", "月救助金额", "amount a month"),
        S.text("payee_account", "发放账户（掩码）", "account it is paid to, masked"),
    ),
)

ASSISTANCE_HISTORY: Final = Dataset(
    name="assistance_history",
    type_name="AssistanceHistory",
    department=_OWNER,
    zh="历史救助核查",
    en="enquiry about earlier assistance",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="on application",
    legal_basis="社会救助法 第39条、第42条",
    fields=(
        S.day("checked_on", "核查日期", "day of the enquiry", "history"),
        S.flag("ever_assisted", "曾受救助", "whether assisted before, anywhere", "history"),
    ),
)

CHILD_STATUS: Final = Dataset(
    name="child_status",
    type_name="ChildStatus",
    department=_OWNER,
    zh="儿童福利状态",
    en="status of a child: orphan, unattended, left behind",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第16条、第39条",
    fields=(
        X.flag("orphan", "孤儿", "orphan", "child"),
        X.flag("unattended", "事实无人抚养", "de facto unattended", "child"),
        X.flag("left_behind", "留守儿童", "left behind", "child"),
        S.flag(
            "unattended_verdict",
            "需监护干预",
            "orphan or de facto unattended, the verdict",
            derived=coarse.is_unattended,
        ),
    ),
)

CARE_ALLOWANCE: Final = Dataset(
    name="care_allowance",
    type_name="CareAllowance",
    department=_OWNER,
    zh="老年与残疾人福利补贴",
    en="allowance for old or disabled people",
    subject=Subject.PERSON,
    many=True,
    plural="care_allowances",
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第41条",
    fields=(
        S.code("kind", "补贴类别", "kind of allowance", ALLOWANCE_KIND, "allowance"),
        S.code(
            "disability_category",
            "残疾类别",
            "category of disability it is paid for",
            DISABILITY_CATEGORY,
            "allowance",
        ),
        S.cents("monthly_cents", "月补贴金额", "amount a month", "allowance"),
        S.day("start_date", "开始日期", "first day", "allowance"),
        S.day("end_date", "结束日期", "last day", "allowance"),
    ),
)

SUPPORTER: Final = Dataset(
    name="supporter",
    type_name="Supporter",
    department=_OWNER,
    zh="家庭外赡养扶养人",
    en="supporter outside the household; never a member of it",
    subject=Subject.PERSON,
    many=True,
    plural="supporters",
    consent_of_another=True,
    source_time_grain=Grain.MONTH,
    refresh="on application",
    legal_basis="社会救助法 第41条",
    fields=(
        CONSENTED.text(
            "supporter_number", "证件号码", "the supporter's document number", "supporter"
        ),
        CONSENTED.text("supporter_name", "姓名", "the supporter's name", "supporter"),
        CONSENTED.code(
            "relation", "关系", "what the supporter is to the person", SUPPORT_RELATION, "supporter"
        ),
        S.flag("supports", "是否提供支持", "whether there is support, the verdict"),
    ),
)

DATASETS: Final = (
    MARITAL_STATUS_RECORD,
    FUNERAL,
    ASSISTANCE_ROLL,
    ASSISTANCE_HISTORY,
    CHILD_STATUS,
    CARE_ALLOWANCE,
    SUPPORTER,
)
