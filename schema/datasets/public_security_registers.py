"""Public security beside the population register: vehicles, custody, permits."""

from typing import Final

from schema import coarse
from schema.catalogue import Dataset, Grain, Subject
from schema.codes import VALUE_BAND, VEHICLE_STATUS, VEHICLE_USE
from schema.declare import G, S, X

_OWNER: Final = "public-security"

VEHICLE: Final = Dataset(
    name="vehicle",
    type_name="Vehicle",
    department=_OWNER,
    zh="机动车登记信息",
    en="registered motor vehicle",
    subject=Subject.PERSON,
    many=True,
    plural="vehicles",
    refresh="weekly",
    legal_basis="社会救助法 第23条、第41条",
    fields=(
        G.text("plate", "号牌号码", "plate number", sealed=True),
        G.text("plate_class", "号牌种类", "class of the plate"),
        G.text("model", "车辆品牌型号", "brand and type"),
        G.day("first_registered_on", "初次登记日期", "day of first registration"),
        G.code("status", "机动车状态", "status of the registration", VEHICLE_STATUS),
        G.code("value_band", "价值区间", "band of its value", VALUE_BAND),
        G.code("use", "使用性质", "use", VEHICLE_USE),
    ),
)

CUSTODY_STATUS: Final = Dataset(
    name="custody_status",
    type_name="CustodyStatus",
    department=_OWNER,
    zh="羁押与强制隔离戒毒状态",
    en="whether in custody or compulsory rehabilitation",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="daily",
    legal_basis="社会救助法 第39条、第41条",
    fields=(
        X.flag("in_custody", "是否羁押", "whether in custody; nothing of why", "custody"),
        X.day("custody_from", "开始日期", "first day", "custody"),
        X.day("custody_to", "结束日期", "day of release", "custody"),
        S.day(
            "released_on",
            "解除日期",
            "day of release, the verdict for early warning",
            derived=coarse.released_from_custody,
        ),
    ),
)

RESIDENCE_PERMIT: Final = Dataset(
    name="residence_permit",
    type_name="ResidencePermit",
    department=_OWNER,
    zh="居住证信息",
    en="residence permit",
    subject=Subject.PERSON,
    many=True,
    plural="residence_permits",
    refresh="monthly",
    legal_basis="社会救助法 第41条",
    fields=(
        G.text("permit_number", "居住证号", "number of the permit", sealed=True),
        G.day("permit_from", "签发日期", "first day"),
        G.day("permit_to", "有效期至", "last day"),
    ),
)

EXIT_ENTRY: Final = Dataset(
    name="exit_entry",
    type_name="ExitEntry",
    department=_OWNER,
    zh="出入境信息",
    en="days abroad, the count only",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第41条",
    fields=(S.whole("days_abroad", "近12个月出境天数", "days abroad within 12 months", "day"),),
)

DATASETS: Final = (VEHICLE, CUSTODY_STATUS, RESIDENCE_PERMIT, EXIT_ENTRY)
