"""Natural resources: registered real estate."""

from typing import Final

from schema.catalogue import Dataset, Grain, Subject
from schema.codes import ESTATE_STATUS, ESTATE_USE
from schema.declare import S

REAL_ESTATE: Final = Dataset(
    name="real_estate",
    type_name="RealEstate",
    department="natural-resources",
    zh="不动产登记信息",
    en="registered real estate",
    subject=Subject.PERSON,
    many=True,
    plural="real_estates",
    source_time_grain=Grain.MONTH,
    refresh="weekly",
    legal_basis="社会救助法 第23条、第41条",
    fields=(
        S.text("certificate_number", "不动产权证号", "number of the certificate", "estate"),
        S.text("unit_number", "不动产单元号", "number of the unit", "estate"),
        S.whole("share_percent", "共有份额", "share", "percent", "estate"),
        S.text("address", "坐落", "address", "estate"),
        S.code("use", "用途", "use", ESTATE_USE, "estate"),
        S.whole("area_sqm", "面积", "area", "square metre", "estate"),
        S.day("registered_on", "登记日期", "day of registration", "estate"),
        S.flag("mortgaged", "是否抵押", "whether mortgaged", "estate"),
        S.code("status", "登记状态", "status", ESTATE_STATUS, "estate"),
    ),
)

DEPARTMENT_NAMES: Final = {"natural-resources": ("自然资源", "natural resources")}
DATASETS: Final = (REAL_ESTATE,)
