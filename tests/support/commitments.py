"""Made-up commitments: before anything was determined, kept, and broken."""

from dataclasses import replace
from datetime import date

from connectors.outbound.commitment_record import CommitmentRecord, Performance

BUREAU = "11320100MB1886843H"
INTERIM = CommitmentRecord(
    code="42020320260315000001",
    promisor_name="甲",
    promisor_code="690203197406120011",
    matter="申请最低生活保障(告知承诺)",
    content="家庭收入、财产、人口如实申报。",
    liability="撤销决定,追回救助金,记入信用记录。",
    made_on=date(2026, 3, 15),
    performance=Performance.NOT_DETERMINED,
    accepting_unit="示范县民政局",
    accepting_unit_code=BUREAU,
)
KEPT = replace(
    INTERIM,
    performance=Performance.FULL,
    determined_on=date(2026, 9, 1),
    determining_unit="示范县民政局",
    determining_unit_code=BUREAU,
)
BROKEN = replace(
    KEPT,
    performance=Performance.PARTIAL,
    unperformed="未申报一辆机动车。",
    accountability="撤销认定,追回已领取的救助金。",
)
