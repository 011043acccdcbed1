"""A campaign that is worth something fails on every product that is broken on purpose.

Each mutant breaks the product in one way; a slice of made-up policies, two districts that differ in
what is denied, or an export under way must tell. The product as it is passes all of them. Five of
them are tried in the ordinary run, all in the long one.
"""

import time
import tomllib
from base64 import urlsafe_b64decode
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

import tests.support.mutants  # noqa: F401 - it registers them
from hub.errors import HubError, NotGrantedError
from hub.query import export as export_rows
from hub.query.answer import Request
from hub.query.export import Exporter
from tests.support.asking import asking
from tests.support.breaking import MUTANTS
from tests.support.campaign import Campaign
from tests.support.questions import questions
from tests.support.twins import OWNER, READER, RECEIVER, ask_all, policy_text
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database, pytest.mark.timeout(600)]
POLICIES = 12
_EXPORT = "query { households { edges { cursor node { id region } } } }"
_DENIED = "{ warnings(first: 1) { edges { node { total assignee } } } }"
IN_TURN = (
    "a plan is remembered for whatever rights",
    "a registration's regions are ignored",
    "a suspension is ignored",
    "consent is ignored",
    "the end of a grant is ignored",
)
"""Those of the ordinary run."""
_MET = (AssertionError, HubError)
"""How a check tells: something is not as it should be, or the wall stood in the way."""


class Checks:
    """What is looked at under a broken product; each looks anew, with nothing remembered."""

    def __init__(self, consented, twins, catalogue) -> None:
        self.district, self.twins, self.catalogue = consented, twins, catalogue

    async def policies(self) -> None:
        """What is answered under made-up policies is what their texts grant."""
        campaign = await Campaign.on(*self.district, self.catalogue)
        try:
            await campaign.run(policies=POLICIES, whole=20, plans=16)
        finally:
            await campaign.end()

    async def districts(self) -> None:
        """Two districts that differ in what is denied answer alike."""
        places, world, outsider = self.twins
        asked = few(questions(world, outsider))
        told = []
        for dsn, keyring in places:
            async with fresh(dsn, keyring, self.catalogue) as ask:
                await ask_all(ask, asked, OWNER)
                told.append([await ask_all(ask, asked, one) for one in (READER, RECEIVER)])
        assert told[0] == told[1]

    async def exports(self) -> None:
        """Roles of equal rights are told of their own; an export ends with its grant."""
        campaign = await Campaign.on(*self.district, self.catalogue)
        try:
            text = policy_text(self.catalogue)
            await self.roles(campaign, text)
            await campaign.publish(text)
            answerer = campaign.ask.answerer
            exporter = Exporter(answerer.documents, answerer, answerer.disclosures, answerer.meter)
            export = await exporter.begin(Request(_EXPORT, {}, None, READER, "r-1", NOW))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(export_rows, "_SIZES", (2,))
                await export.step(READER, NOW)
                assert not export.is_done
            suspended = agreement_of(text, "Household.region")
            await campaign.publish(f'{text}\n[[suspension]]\nagreement = "{suspended}"')
            with pytest.raises(NotGrantedError):
                await export.step(READER, NOW)
        finally:
            await campaign.end()

    async def lists(self) -> None:
        """What is denied orders no list, and is in no cursor."""
        campaign = await Campaign.on(*self.district, self.catalogue)
        try:
            await campaign.publish(policy_text(self.catalogue, ORDERING))
            for kind, order in ORDERS:
                asked = f"{{ {kind}(first: 2, orderBy: {order}) {{ edges {{ cursor }} }} }}"
                with pytest.raises(NotGrantedError):
                    await campaign.ask.body(asked, READER)
            asked = "{ households(first: 3) { edges { cursor } } }"
            told = await campaign.ask.body(asked, READER)
            for edge in told["data"]["households"]["edges"]:
                assert "|4201" not in urlsafe_b64decode(edge["cursor"]).decode()
            assert told["data"]["households"]["edges"]
        finally:
            await campaign.end()

    @staticmethod
    async def roles(campaign: Campaign, text: str) -> None:
        """See that what is remembered of a role is not told to another one."""
        first = text.split("[[entitlement]]")[1]
        other = replace(READER, role="second")
        copied = first.replace(f'role = "{READER.role}"', f'role = "{other.role}"')
        await campaign.publish(f"{text}\n[[entitlement]]{copied}")
        for caller in (READER, other):
            request = Request(_DENIED, {}, None, caller, "r-1", NOW)
            body = (await campaign.ask.answerer.answer(request)).body
            assert f"({caller.role})".encode() in body


@asynccontextmanager
async def fresh(dsn, keyring, catalogue):
    """Give an answerer that remembers nothing."""
    ask = asking(dsn, keyring, catalogue)
    yield ask
    await ask.database.close()


def few(asked):
    """Return some of the questions, those of each name among them."""
    seen: dict[str, int] = {}
    chosen = []
    for one in asked:
        seen[one[0]] = seen.get(one[0], 0) + 1
        if seen[one[0]] % 4 == 1:
            chosen.append(one)
    return chosen


def agreement_of(text: str, path: str) -> str:
    """Return the agreement under which the reader is granted a field."""
    entitlement = tomllib.loads(text)["entitlement"][0]
    return next(g["agreement"] for g in entitlement["grant"] if path in g["fields"])


ORDERING = frozenset({"Household.region", "Score.total", "Alert.total", "Alert.openedAt"})
ORDERS = (
    *(("households", order) for order in ("REGION", "TOTAL_ASC", "TOTAL_DESC")),
    *(("warnings", order) for order in ("DUE_ASC", "OPENED_DESC", "TOTAL_ASC", "TOTAL_DESC")),
)
FIRST = {
    "a cursor carries what may be denied": "lists",
    "a denied field may order a list": "lists",
    "an export goes on under the rights that it began with": "exports",
    "an answer says that somebody is elsewhere": "districts",
    "rows are not looked at": "districts",
    "a plan is remembered for whatever role": "exports",
    "rows of a new policy are answered under the old one": "exports",
    "a count is of rows that are not the caller's too": "districts",
    "a person is found by an id whosoever it is": "districts",
    "a person's household is shown beyond rows": "districts",
}
"""Which check is made first: the one that is expected to tell."""


@pytest.fixture
def checks(consented, twins, catalogue):
    return Checks(consented, twins, catalogue)


async def caught_by(checks, name: str) -> str | None:
    """Return which check tells that the product is broken."""
    checks_in_turn = ("policies", "lists", "exports", "districts")
    order = sorted(checks_in_turn, key=lambda check: check != FIRST.get(name))
    with MUTANTS[name]():
        for check in order:
            try:
                await getattr(checks, check)()
            except (*_MET, pytest.fail.Exception):
                return check
    return None


@pytest.mark.prove
async def test_the_product_as_it_is_passes_every_check(checks):
    await checks.exports()
    await checks.lists()
    await checks.districts()
    await checks.policies()


@pytest.mark.parametrize("name", IN_TURN)
async def test_a_broken_product_is_caught(checks, name):
    assert await caught_by(checks, name) is not None


def test_there_are_enough_ways_to_break_it():
    assert len(MUTANTS) >= 20


@pytest.mark.prove
@pytest.mark.timeout(1800)
async def test_every_broken_product_is_caught(checks):
    began, caught = time.monotonic(), {}
    for name in sorted(MUTANTS):
        start = time.monotonic()
        caught[name] = await caught_by(checks, name)
        print(f"\n{name}: {caught[name]}, {time.monotonic() - start:.1f} s", end="")

    missed = [name for name, check in caught.items() if check is None]
    print(f"\n{len(caught) - len(missed)} of {len(caught)} caught in ", end="")
    print(f"{time.monotonic() - began:.0f} s")
    assert missed == []
