"""Sharing by mutations: the token says who acts, departments take their own steps, two widen."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson
import pytest

from audit.entry import EntryKind
from hub.access import Caller, default_policy_text
from hub.casework.commands import Commands
from hub.casework.sharing.clocks import packaged_clock
from hub.casework.sharing.desk import SharingDesk
from hub.casework.sharing.life import NotNowError, SamePersonError
from hub.casework.sharing.policy_desk import PolicyDesk
from hub.casework.sharing.request import InvalidRequestFileError
from hub.casework.sharing.rooms import sharing_rooms
from hub.casework.sharing.whose import Named, NotAPartyError, NotTheHeadError
from hub.errors import AuditUnavailableError, NotGrantedError
from hub.query.answer import Request
from hub.query.cases import CaseCheck
from hub.query.disclosure import Disclosures
from hub.query.documents import Documents
from hub.query.policies import Policies
from hub.sealing.tags import Tagger
from hub.store.database import Database
from hub.store.sharing import acts_of
from schema.catalogue import CORE_FIELDS, Catalogue
from tests.fakes.audit_log import Break, FakeLog
from tests.support.asking import AUDITOR, Asking, asking
from tests.support.postgres import fresh_database
from tests.support.schemas import schema_of
from tests.support.sharing import REQUEST, publish_packaged
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
NAME, PACKAGED = "PS-ED-2026-09", "PS-MI-2026-01"
NAMED = Named({"public-security": ["ps-head", "ps-deputy"], "tax": ["tax-head"]}, ["da-head"])
STEP = "agreement state step lacks due dueOn policy"
TOLD = " ".join(f.name for f in CORE_FIELDS if f.type_name == "SharingAgreement")


def of(department, role, person):
    return Caller(department, role, "SHARE", f"{department}-desk", person)


OFFICER = of("education", "sharing-officer", "person:ed")
HEAD = of("public-security", "sharing-head", "ps-head")
DEPUTY = of("public-security", "sharing-head", "ps-deputy")
KEEPER, SECOND = (of("civil-affairs", "policy-keeper", f"keeper-{n}") for n in (1, 2))


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.discover()


@pytest.fixture(scope="module")
def ready(postgres_server, catalogue):
    """Name of a database with the packaged policy in force, to be copied."""
    with fresh_database(postgres_server) as dsn:
        asyncio.run(publish_packaged(dsn, catalogue))
        yield urlsplit(dsn).path.removeprefix("/")


@dataclass
class Office:
    """Gives commands as somebody, and asks the register."""

    commands: Commands
    log: FakeLog
    store: Database
    asking: Asking

    async def give(self, caller, name, **stated):
        """Return what the mutation answered, or raise what refused it."""
        kind = {
            "requestSharing": "SharingRequestInput",
            "completeSharing": "SharingRequestInput",
            "proposePolicy": "PolicyProposalInput",
            "confirmPolicy": "PolicyConfirmationInput",
        }.get(name, "SharingStepInput")
        shown = "digest changes" if kind.startswith("Policy") else STEP
        document = f"mutation ($in: {kind}!) {{ {name}(input: $in) {{ {shown} }} }}"
        request = Request(document, {"in": stated}, None, caller, "r-1", NOW)
        return orjson.loads((await self.commands.answer(request)).body)["data"][name]

    async def step(self, caller, name, step, why="", agreement=NAME):
        return await self.give(caller, name, agreement=agreement, step=step, why=why)

    async def listed(self, caller=OFFICER, **wanted):
        document = (
            "query ($a: String, $s: [String!], $o: Boolean! = false, $n: Int! = 50, $c: String,"
            "  $d: String) { sharingAgreements(agreement: $a, states: $s, overdue: $o, first: $n,"
            "    after: $c, department: $d, source: $d) {"
            f" edges {{ node {{ __typename {TOLD} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        )
        body = await self.asking.body(document, caller, **wanted)
        return body["data"]["sharingAgreements"]

    async def acts(self):
        async with self.store.connection() as connection:
            return [(a.step, a.by) for a in await acts_of(connection, NAME)]


@pytest.fixture
def own(postgres_server, ready):
    with fresh_database(postgres_server, ready) as dsn:
        yield dsn


@pytest.fixture
async def office(own, catalogue, keyring, tmp_path):
    store, log = Database(own), FakeLog()
    file = tmp_path / "policy.toml"
    own_fields = '"StudentAid.level", "StudentAid.amountCents",\n]'
    more = own_fields.replace("]", '"SchoolAlert.kind", "SchoolAlert.reportedOn",\n]')
    wider = default_policy_text().replace(own_fields, more, 1)
    file.write_text(wider, "utf-8")
    schema = schema_of(catalogue)
    rooms = sharing_rooms(
        SharingDesk(store, log, catalogue, NAMED, lambda: NOW),
        PolicyDesk(store, log, catalogue, file, lambda: NOW),
        packaged_clock(),
    )
    commands = Commands(
        schema,
        Documents(schema),
        Policies(store, catalogue),
        Disclosures(log, Tagger(keyring)),
        log,
        CaseCheck(store),
        rooms,
    )
    asked = asking(own, keyring, catalogue)
    yield Office(commands, log, store, asked)
    await asked.database.close()
    await store.close()


async def in_force(office):
    await office.give(OFFICER, "requestSharing", **REQUEST)
    await office.step(HEAD, "approveSharing", 1)
    return await office.step(DEPUTY, "confirmSharing", 2)


async def test_an_agreement_goes_its_whole_way_by_mutations(office):
    asked = await office.give(OFFICER, "requestSharing", **REQUEST)
    approved = await office.step(HEAD, "approveSharing", 1)
    with pytest.raises(SamePersonError):
        await office.step(HEAD, "confirmSharing", 2)
    confirmed = await office.step(DEPUTY, "confirmSharing", 2)
    suspended = await office.step(OFFICER, "suspendSharing", 3, "an incident")
    await office.step(HEAD, "resumeSharing", 4)
    resumed = await office.step(DEPUTY, "confirmSharing", 5)
    await office.step(HEAD, "terminateSharing", 6, "the purpose has ended")
    purged = await office.step(OFFICER, "certifyPurge", 7, "certificate 7")

    assert (asked["state"], asked["step"], asked["due"]) == ("filed", 1, "answer")
    assert (approved["state"], approved["due"]) == ("approved", "delivery")
    assert confirmed["state"] == resumed["state"] == "in force"
    assert confirmed["policy"] == resumed["policy"] != approved["policy"]
    assert suspended["state"] == "suspended"
    assert suspended["policy"] not in {approved["policy"], confirmed["policy"]}
    assert purged == {
        "agreement": NAME, "state": "purged", "step": 8, "lacks": [], "due": None, "dueOn": None,
        "policy": approved["policy"],
    }  # fmt: skip


async def test_the_register_tells_all_of_it_and_is_paged_and_chosen(office):
    await in_force(office)

    (edge,) = (await office.listed(a=NAME))["edges"]
    told = edge["node"]
    assert told["__typename"] == "SharingAgreement"
    assert told["departments"] == ["education"]
    assert told["scene"] == REQUEST["scene"]
    assert (told["startDate"], told["sharing"]) == ("2026-10-01", "conditional")
    assert told["history"][0] == "2026-11-23 FILE by person:ed"
    assert len(told["history"]) == told["step"] == 3
    (packaged,) = (await office.listed(AUDITOR, a=PACKAGED))["edges"]
    assert packaged["node"]["departments"] == ["medical-insurance"]
    assert packaged["node"]["purpose"] is None
    assert (await office.listed(s=["filed"]))["edges"] == []
    seen, cursor = [], None
    while True:
        page = await office.listed(n=20, c=cursor)
        seen += [edge["node"]["agreement"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        cursor = page["pageInfo"]["endCursor"]
    assert seen == sorted(set(seen))
    assert {NAME, PACKAGED} < set(seen)
    assert office.asking.log.entries[-1].kind is EntryKind.LOOKUP


async def test_who_acts_is_whom_the_token_names_whatever_a_header_says(office):
    await office.give(OFFICER, "requestSharing", **REQUEST)
    desk = Caller(
        "public-security", "sharing-head", "SHARE", "ps-desk", "ps-head", is_actor_stated=True
    )

    with pytest.raises(NotTheHeadError):
        await office.step(desk, "approveSharing", 1)
    assert await office.acts() == [("FILE", "person:ed")]


async def test_one_client_is_one_person_whoever_it_says_is_at_the_keys(office):
    asked = [
        Caller("education", "sharing-officer", "SHARE", "ed-desk", name, is_actor_stated=True)
        for name in ("one", "two")
    ]
    await office.give(asked[0], "requestSharing", **REQUEST)
    await office.step(asked[1], "withdrawSharing", 1)

    assert await office.acts() == [("FILE", "ed-desk"), ("WITHDRAW", "ed-desk")]


async def test_no_department_takes_another_ones_step(office):
    housing = of("housing", "sharing-officer", "person:ho")
    await office.give(OFFICER, "requestSharing", **REQUEST)
    with pytest.raises(NotAPartyError, match="education"):
        await office.step(housing, "withdrawSharing", 1)
    await office.step(HEAD, "approveSharing", 1)
    await office.step(DEPUTY, "confirmSharing", 2)
    for name in ("suspendSharing", "terminateSharing"):
        with pytest.raises(NotAPartyError, match="public-security"):
            await office.step(housing, name, 3, "out of spite")

    assert [step for step, _ in await office.acts()] == ["FILE", "APPROVE", "CONFIRM"]


async def test_a_head_of_another_department_does_not_approve_and_who_runs_the_hub_may_stop(office):
    await office.give(OFFICER, "requestSharing", **REQUEST)
    for caller in (of("tax", "sharing-head", "tax-head"), of("tax", "sharing-head", "ps-head")):
        with pytest.raises(NotAPartyError, match="public-security"):
            await office.step(caller, "approveSharing", 1)
    await office.step(HEAD, "approveSharing", 1)
    await office.step(DEPUTY, "confirmSharing", 2)
    keeper = of("civil-affairs", "sharing-head", "ca-head")

    assert (await office.step(keeper, "suspendSharing", 3, "abuse"))["state"] == "suspended"


async def test_a_step_that_is_sent_again_is_told_again_and_one_that_was_overtaken_is_refused(
    office,
):
    first = await office.give(OFFICER, "requestSharing", **REQUEST)
    again = await office.give(OFFICER, "requestSharing", **REQUEST)
    await office.step(HEAD, "approveSharing", 1)
    late = await office.give(OFFICER, "requestSharing", **REQUEST)
    with pytest.raises(NotNowError, match="2 steps, not 1"):
        await office.step(OFFICER, "withdrawSharing", 1)
    with pytest.raises(NotNowError, match="2 steps, not 0"):
        await office.give(OFFICER, "requestSharing", **REQUEST | {"scene": "another"})

    assert first == again == late
    assert [step for step, _ in await office.acts()] == ["FILE", "APPROVE"]


async def test_what_a_request_lacks_is_told_once_and_completed(office):
    lacking = REQUEST | {"legalBasis": "", "endDate": None}
    first = await office.give(OFFICER, "requestSharing", **lacking)
    again = await office.give(OFFICER, "requestSharing", **lacking)
    with pytest.raises(NotNowError, match="still lacks"):
        await office.give(OFFICER, "completeSharing", **lacking | {"step": 2})
    done = await office.give(OFFICER, "completeSharing", **REQUEST | {"step": 2})

    assert (first["state"], len(first["lacks"]), first["step"]) == ("noticed", 2, 2)
    assert again == first
    assert (done["state"], done["lacks"]) == ("filed", [])


async def test_nobody_takes_a_request_over_by_completing_it(office):
    await office.give(OFFICER, "requestSharing", **REQUEST | {"legalBasis": ""})
    housing = of("housing", "sharing-officer", "person:ho")
    for caller, changed in (
        (housing, {}),
        (OFFICER, {"source": "education", "fields": ["SchoolRoll.school"]}),
    ):
        with pytest.raises(NotAPartyError, match="asked by education of public-security"):
            await office.give(caller, "completeSharing", **REQUEST | changed | {"step": 2})

    assert [step for step, _ in await office.acts()] == ["FILE", "NOTICE"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"regions": ["420107"]}, "regions must be"),
        ({"fields": ["Population.name"]}, "sealed together"),
        ({"fields": ["Population.unknown"]}, "no field"),
        ({"purpose": "CHAT"}, "CHAT"),
        ({"scene": "x" * 2_001}, "2000"),
        ({"role": "a\u0007b"}, "printable"),
    ],
)
async def test_a_request_that_could_never_be_in_force_is_refused_at_once(office, changed, told):
    with pytest.raises(InvalidRequestFileError, match=told):
        await office.give(OFFICER, "requestSharing", **REQUEST | changed)
    assert await office.acts() == []


async def test_no_role_takes_a_step_that_it_is_not_granted(office):
    with pytest.raises(NotGrantedError):
        await office.give(HEAD, "requestSharing", **REQUEST)
    with pytest.raises(NotGrantedError):
        await office.step(OFFICER, "approveSharing", 1)


async def test_a_number_given_as_a_department_is_not_on_record(office):
    number = "690106197903150012"
    assert (await office.listed(AUDITOR, d=number))["edges"] == []

    assert number.encode() not in office.asking.log.entries[-1].record


@pytest.mark.parametrize("breaks", [Break.BEFORE, Break.AFTER])
async def test_a_step_of_which_nobody_knows_that_it_is_on_record_is_not_taken(office, breaks):
    office.log.breaks = breaks
    with pytest.raises(AuditUnavailableError):
        await office.give(OFFICER, "requestSharing", **REQUEST)
    office.log.breaks = None

    assert await office.acts() == []
    assert (await office.give(OFFICER, "requestSharing", **REQUEST))["step"] == 1


async def test_two_people_put_the_policy_file_in_force(office):
    proposed = await office.give(KEEPER, "proposePolicy", why="a new field")
    with pytest.raises(SamePersonError):
        await office.give(KEEPER, "confirmPolicy", digest=proposed["digest"])
    for digest in ("f" * 12, proposed["digest"][:7], "x" * 12):
        with pytest.raises(NotNowError):
            await office.give(SECOND, "confirmPolicy", digest=digest)
    done = await office.give(SECOND, "confirmPolicy", digest=proposed["digest"][:12])

    assert any("SchoolAlert.kind" in change for change in proposed["changes"])
    assert done == proposed
    assert (await office.step(OFFICER, "suspendSharing", 0, "why", "ED-OWN"))[
        "state"
    ] == "suspended"


@pytest.mark.parametrize("breaks", [Break.BEFORE, Break.AFTER])
async def test_a_proposal_that_is_not_on_record_waits_for_nobody(office, breaks):
    office.log.breaks = breaks
    with pytest.raises(AuditUnavailableError):
        await office.give(KEEPER, "proposePolicy")
    office.log.breaks = None
    async with office.store.connection() as connection:
        assert await connection.fetchval("select count(*) from policy_proposal") == 0
