"""Master Zhou's family, made up: what departments hold about it on any day, and who asks.

Hospitalised twice, no income since five months ago, parents in their sixties with pensions, a
daughter in junior high; 3,600 yuan a month, 2,000 of them for treatment. By the profile's worked
example that makes 67 points. Whether he is married, and whether the family was ever assisted,
no department has told.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from connectors.department import discover
from hub.app import apply_policy, catalogue_of, ingest_of, opened, prepare
from hub.commands.migrate import first_policy
from hub.http.clients import make_client_key, registry_entry
from hub.settings import Settings
from hub.store.sources import add_to_scope
from schema.ids import check_character
from scoring.score import CHINA
from tests.support.cases import register_case
from tests.support.plain_words import plain_department, plain_record
from tests.support.records import ListConnector, certificate, enrolment, resident, settlement

HOUSEHOLD = "H-ZHOU"
CASE = "WC-2026-0001"
COMMUNITY = "420106001001"
STRANGER = "690203197406120011"
CLIENTS = {
    "officer": ("civil-affairs", "officer", ("CASE", "WARN"), None),
    "handler": ("civil-affairs", "street-handler", ("CASE", "WARN"), ("420106001",)),
    "community": ("civil-affairs", "community-officer", ("CASE", "WARN"), (COMMUNITY,)),
    "neighbour": ("civil-affairs", "community-officer", ("CASE", "WARN"), ("420106001002",)),
    "approver": ("civil-affairs", "approver", ("PUSH",), None),
    "worker": ("social-work-station", "social-worker", ("CASE",), None),
    "auditor": ("audit-office", "auditor", ("AUDIT",), None),
}
"""Client id: department, role, purposes, and the area that the registry narrows it to."""


def months_before(day: date, months: int) -> date:
    """Return the first day of the month that lies `months` before that of `day`."""
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def number_of(born: date, sequence: int) -> str:
    """Return a citizen number of nobody: no region begins with 69."""
    first17 = f"690106{born:%Y%m%d}{sequence:03d}"
    return first17 + check_character(first17)


@dataclass
class Zhou:
    """The family as it is on `today`."""

    today: date
    numbers: dict[str, str] = field(init=False)

    def __post_init__(self):
        def born(age, sequence):
            return number_of(date(self.today.year - age, 1, 15), sequence)

        self.numbers = {
            "周甲": born(46, 11),
            "周父": born(67, 33),
            "周母": born(66, 44),
            "周女": born(14, 22),
        }

    def sources(self):
        """Return what each department gives, the register first."""
        return {
            "public-security": (discover()["public-security"], self._register()),
            "medical-insurance": (discover()["medical-insurance"], self._insurance()),
            "disabled-federation": (
                discover()["disabled-federation"],
                [certificate(f"{STRANGER}44", STRANGER)],
            ),
            "human-resources": (plain_department("human-resources"), self._human_resources()),
            "education": (plain_department("education"), self._education()),
            "housing": (plain_department("housing"), self._housing()),
            "civil-affairs": (plain_department("civil-affairs"), self._registers()),
        }

    def _register(self):
        relations = {"周甲": "02", "周父": "51", "周母": "52", "周女": "31"}
        return [
            resident(
                f"R{n}",
                self.numbers[name],
                姓名=name,
                性别="男" if name in ("周甲", "周父") else "女",
                户号=HOUSEHOLD,
                与户主关系=relation,
                行政区划=COMMUNITY,
                联系电话=f"1290000000{n}",
            )
            for n, (name, relation) in enumerate(relations.items())
        ]

    def _insurance(self):
        number = self.numbers["周甲"]
        enrolled = [
            enrolment(f"E{n}", key, XM=name) for n, (name, key) in enumerate(self.numbers.items())
        ]
        bills = [("21", 9_000, 6), ("21", 9_000, 3), ("11", 3_000, 5), ("11", 3_000, 2)]
        return enrolled + [self._bill(number, n, *bill) for n, bill in enumerate(bills)]

    def _bill(self, number, n, kind, yuan, months):
        admitted = months_before(self.today, months) + timedelta(days=2)
        settled = (admitted + timedelta(days=8)).isoformat()
        return settlement(
            f"B{n}",
            number,
            at=datetime(self.today.year, self.today.month, 1, tzinfo=UTC),
            XM="周甲",
            YLLB=kind,
            RYRQ=admitted.isoformat(),
            CYRQ=settled,
            JSRQ=settled,
            ZFY=f"{2 * yuan}.00",
            TCZF=f"{yuan}.00",
            GRZF=f"{yuan}.00",
        )

    def _human_resources(self):
        start = date(2015, 1, 1)
        worked = plain_record(
            "social_insurance",
            *(self.numbers["周甲"], "周甲", start),
            unit="示例厂",
            scheme="employee-pension",
            status="active",
            month_from=start,
            month_to=months_before(self.today, 5),
            base_cents=500_000,
        )
        pensions = [
            plain_record(
                "pension",
                *(self.numbers[name], name, start),
                start_date=start,
                end_date=None,
                monthly_cents=cents,
            )
            for name, cents in (("周父", 200_000), ("周母", 160_000))
        ]
        return [worked, *pensions]

    def _education(self):
        girl = (self.numbers["周女"], "周女")
        enrolled = months_before(self.today, 2)
        reported = self.today - timedelta(days=20)
        return [
            plain_record(
                "school_roll",
                *(*girl, enrolled),
                school="示例中学",
                stage="junior",
                grade=2,
                status="enrolled",
            ),
            plain_record(
                "school_alert",
                *(*girl, reported.replace(day=1)),
                kind="results",
                reported_on=reported,
            ),
        ]

    def _housing(self):
        """Return a dwelling of somebody else: housing has spoken, and not of this family."""
        return [
            plain_record("dangerous_housing", STRANGER, "乙", date(2026, 1, 1), grade="A"),
        ]

    def _registers(self):
        """Return somebody else's marriage: that the family has no supporter is told by silence."""
        told = {"status": "20", "event_date": date(2001, 5, 1)}
        return [plain_record("marital_status", STRANGER, "乙", date(2026, 1, 1), **told)]


async def _filled(settings: Settings, family: Zhou) -> None:
    await prepare(settings, catalogue_of(settings))
    async with opened(settings) as core:
        await apply_policy(core)
        async with core.database.connection() as connection:
            await add_to_scope(connection, [core.tagger.household(HOUSEHOLD)], ("household", 1, 1))
            for department in ("civil-affairs", "social-work-station"):
                await register_case(connection, CASE, department)
        ingest = await ingest_of(core)
        for name, (department, records) in family.sources().items():
            source = ListConnector(name, records)
            await ingest.run(department, source, then_score=False)
        await ingest.score_waiting()


def install(home: Path) -> Zhou:
    """Make a hub at `home` that has read what departments hold about the family."""
    settings = Settings(home=home)
    first_policy(settings)
    entries = [
        registry_entry(name, department, role, purposes, make_client_key(home, name), regions)
        for name, (department, role, purposes, regions) in CLIENTS.items()
    ]
    settings.clients_file.write_text("\n".join(entries), encoding="utf-8")
    family = Zhou(datetime.now(UTC).astimezone(CHINA).date())  # noqa: TID251 - `hub serve` has its own clock
    asyncio.run(_filled(settings, family))
    return family
