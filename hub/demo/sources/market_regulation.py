"""Writes what the register of market entities serves: roles in businesses."""

from typing import Final

from hub.demo import belongings as b
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day, yuan
from hub.demo.sources.sinks import TOKEN_FILE, FeedSink
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "market-regulation"
_ROLE: Final = "business_registration"
_ROLES: Final = {
    "legal-representative": "LEGAL_REPRESENTATIVE",
    "owner": "OWNER",
    "shareholder": "SHAREHOLDER",
}
_STATUSES: Final = {"open": "OPEN", "revoked": "REVOKED", "cancelled": "CANCELLED"}


def _role(record: b.BusinessRole, person: Person, pen: Pen) -> Words:
    return {
        "positionId": record.key,
        "personNumber": person.number,
        "personName": person.name,
        "creditCode": record.business.code,
        "businessName": record.business.name,
        "role": _ROLES[record.role],
        "capitalYuan": yuan(record.capital_cents),
        "registeredOn": day(record.registered_on),
        "status": _STATUSES[record.status],
        "updatedAt": pen.moment(record.registered_on).replace(" ", "T") + "+08:00",
    }


_TRANSLATIONS: Final = (
    Translation(
        _ROLE,
        lambda life: life.economy.businesses,
        _role,
        "personNumber",
        (
            (Fault.NEGATIVE_AMOUNT, "capitalYuan", "-1.00"),
            (Fault.IMPOSSIBLE_DATE, "registeredOn", "2019-02-29"),
        ),
    ),
)


def _writer(shop: Workshop) -> Scribe:
    return Scribe(shop, DEPARTMENT, _TRANSLATIONS, FeedSink(shop.folder, [_ROLE]))


def start(running: Running) -> dict[str, str]:
    """Run the register's GraphQL server; return where it is and who we are to it."""
    address = running.serve("hub.demo.systems.market", "--data", running.folder)
    return {
        "url": f"{address}/graphql",
        "token_file": str(running.folder / TOKEN_FILE),
    }


SOURCE: Final = Source(DEPARTMENT, "market_regulation", _writer, start)
