"""The departments of the made-up district, in the order in which the hub reads them.

Public security comes first: its register says who everybody is.
"""

from typing import Final

from hub.demo.sources import (
    agriculture,
    civil_affairs,
    education,
    emergency_management,
    federation,
    finance,
    health,
    housing,
    housing_fund,
    human_resources,
    insurance,
    justice,
    market_regulation,
    natural_resources,
    register,
    social_organisations,
    tax,
    transport,
    veterans_affairs,
)
from hub.demo.writing import Source

SOURCES: Final[tuple[Source, ...]] = (
    register.SOURCE,
    insurance.SOURCE,
    federation.SOURCE,
    civil_affairs.SOURCE,
    human_resources.SOURCE,
    health.SOURCE,
    justice.SOURCE,
    education.SOURCE,
    housing.SOURCE,
    housing_fund.SOURCE,
    natural_resources.SOURCE,
    tax.SOURCE,
    finance.SOURCE,
    market_regulation.SOURCE,
    transport.SOURCE,
    agriculture.SOURCE,
    emergency_management.SOURCE,
    veterans_affairs.SOURCE,
    social_organisations.SOURCE,
)
DEPARTMENTS: Final = tuple(source.department for source in SOURCES)
