"""Transport and maritime affairs: ride-hailing, ships."""

from typing import Final

from schema.catalogue import Dataset, Subject
from schema.codes import VALUE_BAND
from schema.declare import G

_OWNER: Final = "transport"

RIDE_HAILING_PERMIT: Final = Dataset(
    name="ride_hailing_permit",
    type_name="RideHailingPermit",
    department=_OWNER,
    zh="网约车许可信息",
    en="permit for ride-hailing",
    subject=Subject.PERSON,
    many=True,
    plural="ride_hailing_permits",
    refresh="monthly",
    legal_basis="社会救助法 第41条",
    fields=(
        G.text("permit_number", "许可证号", "number of the permit", sealed=True),
        G.text("vehicle_type", "车型", "type of vehicle"),
        G.day("permit_from", "有效期起", "first day"),
        G.day("permit_to", "有效期止", "last day"),
    ),
)

SHIP: Final = Dataset(
    name="ship",
    type_name="Ship",
    department=_OWNER,
    zh="船舶登记信息",
    en="registered ship",
    subject=Subject.PERSON,
    many=True,
    plural="ships",
    refresh="monthly",
    legal_basis="社会救助法 第23条、第41条",
    fields=(
        G.text("ship_name", "船名", "name of the ship", sealed=True),
        G.text("ship_type", "船舶种类", "type of ship"),
        G.code("value_band", "价值区间", "band of its value", VALUE_BAND),
    ),
)

DEPARTMENT_NAMES: Final = {"transport": ("交通运输", "transport")}
DATASETS: Final = (RIDE_HAILING_PERMIT, SHIP)
