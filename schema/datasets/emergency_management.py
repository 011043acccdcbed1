"""Emergency management: disasters, fires, accidents."""

from typing import Final

from schema.catalogue import Dataset, Subject
from schema.codes import DISASTER_KIND
from schema.declare import G

DISASTER_DAMAGE: Final = Dataset(
    name="disaster_damage",
    type_name="DisasterDamage",
    department="emergency-management",
    zh="受灾与救灾信息",
    en="damage by an event, and relief",
    subject=Subject.PERSON,
    many=True,
    plural="disaster_damages",
    refresh="on event",
    legal_basis="社会救助法 第15条、第39条",
    fields=(
        G.code("kind", "灾害类别", "kind of event", DISASTER_KIND),
        G.day("occurred_on", "发生日期", "day of the event"),
        G.whole("loss_level", "损失等级", "level of loss, 1 slight to 4 total", "level"),
        G.cents("relief_cents", "救助金额", "relief that was given"),
    ),
)

DEPARTMENT_NAMES: Final = {"emergency-management": ("应急管理", "emergency management")}
DATASETS: Final = (DISASTER_DAMAGE,)
