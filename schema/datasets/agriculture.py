"""Agriculture: machinery, land, subsidies, the relapse list."""

from typing import Final

from schema.catalogue import Dataset, Grain, Subject
from schema.codes import RELAPSE_LIST, VALUE_BAND
from schema.declare import G, S

_OWNER: Final = "agriculture"

FARM_MACHINERY: Final = Dataset(
    name="farm_machinery",
    type_name="FarmMachinery",
    department=_OWNER,
    zh="农机登记信息",
    en="registered farm machinery",
    subject=Subject.PERSON,
    many=True,
    plural="farm_machineries",
    refresh="monthly",
    legal_basis="社会救助法 第23条、第41条",
    fields=(
        G.text("machine_type", "农机类型", "type of machine"),
        G.code("value_band", "价值区间", "band of its value", VALUE_BAND),
    ),
)

LAND_CONTRACT: Final = Dataset(
    name="land_contract",
    type_name="LandContract",
    department=_OWNER,
    zh="土地承包信息",
    en="contracted land",
    subject=Subject.PERSON,
    many=True,
    plural="land_contracts",
    refresh="monthly",
    legal_basis="社会救助法 第41条",
    fields=(
        G.whole("area_sqm", "承包面积", "area", "square metre"),
        G.day("contract_from", "承包起始日期", "first day"),
        G.day("contract_to", "承包终止日期", "last day"),
    ),
)

FARM_SUBSIDY: Final = Dataset(
    name="farm_subsidy",
    type_name="FarmSubsidy",
    department=_OWNER,
    zh="农业补贴信息",
    en="farm subsidy",
    subject=Subject.PERSON,
    many=True,
    plural="farm_subsidies",
    refresh="monthly",
    legal_basis="社会救助法 第41条",
    fields=(
        G.text("item", "补贴项目", "item"),
        G.cents("amount_cents", "补贴金额", "amount"),
        G.day("paid_on", "发放日期", "day of payment"),
    ),
)

RELAPSE_MONITORING: Final = Dataset(
    name="relapse_monitoring",
    type_name="RelapseMonitoring",
    department=_OWNER,
    zh="防止返贫监测信息",
    en="on the list of those monitored against return to poverty",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第13条、第41条",
    fields=(
        S.code("list_kind", "监测对象类别", "which list", RELAPSE_LIST, "list"),
        S.day("listed_on", "识别日期", "day of listing", "list"),
        S.flag("risk_gone", "风险消除", "whether the risk is gone", "list"),
    ),
)

DEPARTMENT_NAMES: Final = {"agriculture": ("农业农村", "agriculture and rural affairs")}
DATASETS: Final = (FARM_MACHINERY, LAND_CONTRACT, FARM_SUBSIDY, RELAPSE_MONITORING)
