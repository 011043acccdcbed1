"""The code lists of departments' registers, each with its standard, edition and first day.

Lists of the hub's own ("hub 2026") are what a connector translates a department's words into;
`[R]` marks what was recalled and not yet checked against its standard, `[D]` our own proposal.
"""

from datetime import date
from typing import Final

from schema.codes.model import Code, CodeList

_OURS: Final = "hub 2026 [D]"
_SINCE: Final = date(2026, 1, 1)


def _codes(*said: str) -> tuple[Code, ...]:
    """Return codes from lines `value|zh|en`."""
    return tuple(Code(*line.split("|")) for line in said)


def _ours(name: str, about: str, *said: str) -> CodeList:
    return CodeList(name, about, _OURS, _SINCE, _codes(*said))


MARITAL_STATUS: Final = CodeList(
    "marital_status",
    "GB/T 2261.2",
    "2003 [R]",
    date(2004, 5, 1),
    _codes(
        "10|未婚|never married",
        "20|已婚|married",
        "21|初婚|first marriage",
        "22|再婚|remarried",
        "23|复婚|marriage resumed",
        "30|丧偶|widowed",
        "40|离婚|divorced",
        "90|未说明的婚姻状况|not stated",
    ),
)
HEALTH_STATUS: Final = CodeList(
    "health_status",
    "GB/T 2261.3",
    "2003; 61-64 in sequence [R]",
    date(2004, 5, 1),
    _codes(
        "1|健康或良好|healthy or good",
        "2|一般或较弱|fair or weak",
        "3|有慢性病|chronic disease",
        "6|残疾|disabled",
        "61|视力残疾|sight",
        "62|听力残疾|hearing",
        "63|言语残疾|speech",
        "64|肢体残疾|limb",
        "65|智力残疾|intellectual",
        "66|精神残疾|mental",
        "67|多重残疾|multiple",
        "69|其他残疾|other",
    ),
)
WORK_STATUS: Final = CodeList(
    "work_status",
    "GB/T 2261.4",
    "2003 [R]",
    date(2004, 5, 1),
    _codes(
        "11|国家公务员|civil servant",
        "13|专业技术人员|professional",
        "17|职员|clerk",
        "21|企业管理人员|manager",
        "24|工人|worker",
        "27|农民|farmer",
        "31|学生|student",
        "37|现役军人|military",
        "51|自由职业者|freelance",
        "54|个体经营者|self-employed",
        "70|无业人员|none",
        "80|退(离)休人员|retired",
        "90|其他|other",
    ),
)
EDUCATION_LEVEL: Final = CodeList(
    "education_level",
    "GB/T 4658",
    "2006 [R]",
    date(2006, 10, 1),
    _codes(
        "10|研究生|graduate",
        "20|大学本科|bachelor",
        "30|大学专科|college",
        "40|中等职业|secondary vocational",
        "60|普通高中|senior high",
        "70|初中|junior high",
        "80|小学|primary",
        "90|其他|other",
    ),
)
URBAN_RURAL_TYPE: Final = CodeList(
    "urban_rural_type",
    "statistical urban-rural type",
    "[R]",
    date(2009, 1, 1),
    _codes(
        "111|主城区|main city",
        "112|城乡结合区|urban fringe",
        "121|镇中心区|town centre",
        "122|镇乡结合区|town fringe",
        "123|特殊区域|special area",
        "210|乡中心区|township centre",
        "220|村庄|village",
    ),
)
VALUE_BAND: Final = _ours(
    "value_band",
    "band of the value of a thing",
    "1|5万元以下|below 50,000 yuan",
    "2|5万至10万元|50,000 to 100,000 yuan",
    "3|10万至20万元|100,000 to 200,000 yuan",
    "4|20万至50万元|200,000 to 500,000 yuan",
    "5|50万元以上|500,000 yuan and more",
)
INCOME_BAND: Final = _ours(
    "income_band",
    "band of an amount of taxed income",
    "0|无|nothing",
    "1|1000元以下|below 1,000 yuan",
    "2|1000至3000元|1,000 to 3,000 yuan",
    "3|3000至5000元|3,000 to 5,000 yuan",
    "4|5000至10000元|5,000 to 10,000 yuan",
    "5|10000元以上|10,000 yuan and more",
)
VEHICLE_STATUS: Final = _ours(
    "vehicle_status",
    "status of a vehicle's registration",
    "normal|正常|registered",
    "transferred|转移|transferred",
    "scrapped|报废|scrapped",
    "cancelled|注销|cancelled",
)
VEHICLE_USE: Final = _ours(
    "vehicle_use",
    "use of a vehicle",
    "private|非营运|private",
    "commercial|营运|commercial",
    "disability-scooter|残疾人专用车|scooter for the disabled",
)
ROLL_END_REASON: Final = _ours(
    "roll_end_reason",
    "why assistance ended",
    "income-risen|收入提高|income risen",
    "property|财产超标|property above the limit",
    "deceased|死亡|deceased",
    "moved|迁出|moved away",
    "own-wish|主动退出|at their own wish",
    "other|其他|other",
)
ALLOWANCE_KIND: Final = _ours(
    "allowance_kind",
    "kind of a care allowance",
    "elderly|高龄津贴|for old age",
    "disability-living|困难残疾人生活补贴|living allowance of disabled people in difficulty",
    "disability-care|重度残疾人护理补贴|care allowance of severely disabled people",
    "child|孤儿基本生活费|living allowance of an orphan",
)
SUPPORT_RELATION: Final = _ours(
    "support_relation",
    "what a supporter outside the household is to the person",
    "child|子女|child",
    "parent|父母|parent",
    "sibling|兄弟姐妹|sibling",
    "grandchild|孙子女|grandchild",
    "other|其他|other",
)
SOCIAL_SCHEME: Final = _ours(
    "social_scheme",
    "scheme of social insurance",
    "employee-pension|企业职工基本养老保险|employees' pension",
    "resident-pension|城乡居民基本养老保险|residents' pension",
    "unemployment|失业保险|unemployment",
    "work-injury|工伤保险|work injury",
)
INSURED_STATUS: Final = _ours(
    "insured_status",
    "status of social insurance",
    "active|参保缴费|paying",
    "suspended|暂停缴费|suspended",
    "ended|终止|ended",
)
DISEASE_CLASS: Final = CodeList(
    "disease_class",
    "list of major diseases after a form of Jiangsu, with ICD-10 categories",
    "hub 2026 [D]",
    _SINCE,
    _codes(
        "none|无|none",
        "leukaemia|白血病|leukaemia",
        "renal|终末期肾病|end-stage renal disease",
        "tumour|恶性肿瘤|malignant tumour",
        "transplant|器官移植抗排异|anti-rejection after transplant",
        "aplastic-anaemia|再生障碍性贫血|aplastic anaemia",
        "lupus|系统性红斑狼疮|systemic lupus erythematosus",
        "haemophilia|血友病|haemophilia",
        "cirrhosis|肝硬化失代偿|decompensated cirrhosis",
        "rheumatoid|重症类风湿|severe rheumatoid arthritis",
        "spondylitis|强直性脊柱炎|ankylosing spondylitis",
        "diabetes|糖尿病严重并发症|diabetes with severe complications",
        "infectious|特殊传染病|special infectious disease",
        "copd|慢性阻塞性肺疾病|chronic obstructive pulmonary disease",
        "pneumoconiosis|尘肺病|pneumoconiosis",
        "thalassaemia|地中海贫血|thalassaemia",
        "crohn|克罗恩病|Crohn's disease",
        "motor-neurone|运动神经元病|motor neurone disease",
    ),
)
SCHOOL_STAGE: Final = _ours(
    "school_stage",
    "stage of schooling",
    "primary|小学|primary",
    "junior|初中|junior secondary",
    "senior|普通高中|senior secondary",
    "vocational|中等职业|secondary vocational",
    "college|高等专科|college",
    "university|大学本科|university",
)
SCHOOL_STATUS: Final = _ours(
    "school_status",
    "status on a school's roll",
    "enrolled|在籍在读|enrolled",
    "suspended|休学|suspended",
    "left|离校|left",
    "graduated|毕业|graduated",
)
SCHOOL_ALERT_KIND: Final = _ours(
    "school_alert_kind",
    "what a school reports",
    "results|成绩骤降|drop in results",
    "absence|长期缺课|absence",
    "dropout|疑似辍学|suspected drop-out",
)
AID_LEVEL: Final = _ours(
    "aid_level",
    "level of student aid",
    "1|一档|highest",
    "2|二档|middle",
    "3|三档|lowest",
)
DANGER_GRADE: Final = CodeList(
    "danger_grade",
    "JGJ 125 grade of a dwelling",
    "2016 [R]",
    date(2016, 12, 1),
    _codes(
        "A|A级|safe",
        "B|B级|basically safe",
        "C|C级|partly dangerous",
        "D|D级|wholly dangerous",
    ),
)
ESTATE_USE: Final = _ours(
    "estate_use",
    "use of real estate",
    "dwelling|住宅|dwelling",
    "commercial|商业|commercial",
    "parking|车位|parking space",
    "other|其他|other",
)
ESTATE_STATUS: Final = _ours(
    "estate_status",
    "status of a registration of real estate",
    "current|现势|current",
    "sealed-off|查封|under seizure",
    "historical|历史|historical",
)
ACCOUNT_STATUS: Final = _ours(
    "account_status",
    "status of an account",
    "normal|正常|open",
    "frozen|封存|frozen",
    "closed|销户|closed",
)
INCOME_TYPE: Final = _ours(
    "income_type",
    "type of income of a natural person",
    "wages|工资薪金|wages",
    "services|劳务报酬|services",
    "business|经营所得|business",
    "property|财产租赁|rent and property",
    "other|其他|other",
)
BUSINESS_ROLE: Final = _ours(
    "business_role",
    "role in a business",
    "legal-representative|法定代表人|legal representative",
    "owner|经营者|owner of an individual business",
    "shareholder|股东|shareholder",
)
BUSINESS_STATUS: Final = _ours(
    "business_status",
    "status of a business",
    "open|存续|open",
    "revoked|吊销|revoked",
    "cancelled|注销|cancelled",
)
RELAPSE_LIST: Final = _ours(
    "relapse_list",
    "list of families monitored against return to poverty",
    "unstable|脱贫不稳定户|out of poverty, unstable",
    "marginal|边缘易致贫户|marginal",
    "sudden|突发严重困难户|in sudden grave difficulty",
)
DISASTER_KIND: Final = _ours(
    "disaster_kind",
    "kind of an event",
    "fire|火灾|fire",
    "accident|意外事故|accident",
    "flood|洪涝|flood",
    "storm|风雹|storm",
    "other|其他|other",
)
PREFERENCE_KIND: Final = _ours(
    "preference_kind",
    "kind of preferential treatment",
    "disabled-soldier|残疾军人|disabled soldier",
    "martyr-family|烈士遗属|family of a martyr",
    "veteran|退役军人|veteran",
)
HELP_KIND: Final = _ours(
    "help_kind",
    "kind of help by a social organisation",
    "worker|困难职工帮扶|helped worker",
    "woman|困难妇女帮扶|helped woman",
    "donation|慈善捐助|donation",
    "red-cross|红十字救助|help of the Red Cross",
)
ASSET_KIND: Final = _ours(
    "asset_kind",
    "kind of a financial asset",
    "deposit|存款|deposit",
    "securities|证券市值|market value of securities",
    "policy|保单现金价值|cash value of policies",
    "payment|支付账户余额|balance of a payment account",
)

REGISTER_LISTS: Final = tuple(
    value for value in list(globals().values()) if isinstance(value, CodeList)
)
"""All of the above."""
