"""Asks under one made-up policy after another, and compares all that comes of it."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import asyncpg

from hub.access import Denied, Entitlement, Refusal, default_policy_text, load_policy
from hub.errors import NotGrantedError, RefusedError
from hub.query.bind import coerced, day_of
from hub.query.policies import publish_policy
from schema.catalogue import Subject
from tests.oracles.policy_oracle import Reading
from tests.support.asking import Asking, asking
from tests.support.comparing import Comparison
from tests.support.operations import Made, Maker
from tests.support.policies import PolicyMaker, Written
from tests.support.world import NOW, World

_DAYS = (0, 0, 0, 0, 1, -1, 150)
"""How far from `NOW` a request comes."""


@dataclass
class Campaign:
    """A district, an answerer over it, and the comparison of everything that it answers."""

    dsn: str
    world: World
    ask: Asking
    comparison: Comparison
    connection: asyncpg.Connection
    cases: int = 0
    planned: int = 0
    seen: set = field(default_factory=set)

    @classmethod
    async def on(cls, dsn: str, world: World, keyring, catalogue) -> "Campaign":
        """Return a campaign on a district that has been written."""
        ask = asking(dsn, keyring, catalogue)
        comparison = Comparison(ask, world, catalogue, default_policy_text())
        return cls(dsn, world, ask, comparison, await asyncpg.connect(dsn))

    async def end(self) -> None:
        """Put the packaged policy in force again."""
        await self.publish(default_policy_text())
        await self.connection.close()
        await self.ask.database.close()

    async def publish(self, text: str) -> None:
        async with self.connection.transaction():
            await publish_policy(self.connection, text, self.comparison.catalogue, NOW)
        self.comparison.under(text)

    async def run(self, *, policies: int, whole: int, plans: int, seed: int = 0) -> None:
        """Ask `whole` operations of the database and `plans` of the planner, a policy."""
        for n in range(seed, seed + policies):
            random = Random(n)
            written = PolicyMaker(self.comparison.catalogue, random).policy()
            await self.publish(written.text)
            maker = Maker(self.comparison.schema, self.world, random)
            few = whole // 5
            asked = await self.ask_whole(written, maker, random, whole - 2 * few)
            await self.ask_consented(written, random, few)
            self.plan_many(written, maker, random, plans)
            await self.ask_again(written, asked, random, few)

    async def ask_whole(self, written: Written, maker: Maker, random: Random, count: int) -> list:
        """Ask each operation as two callers, one after the other; return what was asked."""
        asked: list = []
        for n in range(count):
            caller = random.choice(written.callers)
            at = NOW + timedelta(days=random.choice(_DAYS))
            if n % 8 == 7:
                await self.comparison.ask_schema(caller, at)
            made = maker.operation() if n % 2 == 0 else asked[-1][0]
            await self.comparison.ask_one(made, caller, at)
            asked.append((made, caller, at))
            self.cases += 1
        return asked

    async def ask_consented(self, written: Written, random: Random, count: int) -> None:
        """Ask about people one by one for all that is read with consent, now and of former days."""
        for n in range(count):
            caller = random.choice(written.callers)
            for one in written.callers[n:]:
                reading = self.comparison.reading(one, NOW.date())
                if isinstance(reading, Reading) and reading.opened_with_consent():
                    caller = one
                    break
            await self.comparison.ask_one(self.consent_asked(caller, random), caller)
            self.cases += 1

    def consent_asked(self, caller, random: Random) -> Made:
        """Return an operation that selects every dataset of people that has rows."""
        known = [d for d in self.comparison.catalogue.of(Subject.PERSON) if d.stored]
        full = [d for d in known if d.name in self.world.tables and d.many]
        fields = " ".join(
            f"{d.navigation} {{ recordId {random.choice(d.clear or d.fields).graphql_name} }}"
            for d in full
        )
        reading = self.comparison.reading(caller, NOW.date())
        most = 4 if isinstance(reading, str) else reading.limits.get("people", 4)
        times = random.choice(("", ', asOf: "2026-08-01"', ', asOf: "2027-01-01"'))
        people = " ".join(
            f'p{n}: person(nationalId: "{number}"{times}) {{ id {fields} }}'
            for n, number in enumerate(random.sample(self.world.numbers, most))
        )
        return Made(f"{{ {people} }}", {}, None, {"records that need consent"})

    async def ask_again(self, written: Written, asked: list, random: Random, count: int) -> None:
        """Suspend an agreement under which much is granted, and ask some of it again."""
        agreement = random.choice(("A-civil-affairs-0", "A-civil-affairs-1", "A-public-security-0"))
        if f'"{agreement}"' in written.text:
            stopped = f'[[suspension]]\nagreement = "{agreement}"'
            written.text += "" if stopped in written.text else f"\n{stopped}"
            await self.publish(written.text)
        for made, caller, at in random.sample(asked, count):
            await self.comparison.ask_one(made, caller, at)
            self.cases += 1

    # To the plan, without rows.

    def plan_many(self, written: Written, maker: Maker, random: Random, count: int) -> None:
        policy = load_policy(written.text, self.comparison.catalogue)
        made = None
        for n in range(count):
            # A document is asked about by four callers: making one takes longer than to plan it.
            made = maker.operation() if n % 4 == 0 else made
            caller = random.choice(written.callers)
            at = NOW + timedelta(days=random.choice(_DAYS))
            self.plan_one(policy, made, caller, at)
            self.cases += 1

    def plan_one(self, policy, made, caller, at) -> None:
        """Compare every decision of the entitlement, and what the plan makes of them."""
        held = policy.entitlement(caller, day_of(at))
        reading = self.comparison.reading(caller, day_of(at))
        if isinstance(held, Refusal):
            assert reading == str(held.reason)
            return
        assert isinstance(reading, Reading), reading
        self.check_decisions(held, reading, caller, at)
        try:
            plan = self._plan(made, held)
        except RefusedError as problem:
            if isinstance(problem, NotGrantedError):
                denied = [p for p in problem.fields if self.is_field(p)]
                assert not any(reading.is_granted(path) for path in denied), made.document
            return
        self.check_plan(plan, reading, made)
        for error in plan.errors:
            assert f"({caller.role}) for purpose {caller.purpose}" in error.message
        self.planned += 1

    def check_decisions(self, held: Entitlement, reading: Reading, caller, at) -> None:
        """Compare each field of the catalogue, whose rows, and what else is decided."""
        if (key := (id(reading), caller, day_of(at))) in self.seen:
            return
        self.seen.add(key)
        for path in self.comparison.catalogue.paths:
            decision = held.decide(path)
            reason = str(decision.reason) if isinstance(decision, Denied) else None
            assert reason == reading.why_not(path), (path, caller, at)
        for row in self.world.tables["household_place"]:
            is_seen = any(row["region"].startswith(prefix) for prefix in held.regions)
            assert is_seen == reading.sees(row["region"])
        assert held.may_introspect == reading.tells_schema
        assert str(held.rows) == reading.rows
        limits = {"people": held.limits.people, "page": held.limits.page}
        assert {k: v for k, v in limits.items() if v} == reading.limits

    def is_field(self, path: str) -> bool:
        return self.comparison.catalogue.field(path) is not None

    def _plan(self, made, held: Entitlement):
        answerer = self.ask.answerer
        document = answerer.documents.parsed(made.document)
        operation = document.operation(made.operation_name)
        values = coerced(answerer.documents.schema, operation, made.variables)
        return answerer.plans.prepared(document, operation, values, held).plan

    def check_plan(self, plan, reading: Reading, made) -> None:
        """A plan answers nothing that is denied, and denies nothing that is granted."""
        with_consent = {path for level in plan.consents for path in level.answered}
        for path in {*plan.answered, *with_consent}:
            if self.is_field(path):
                opens = path in with_consent and reading.opens_with_consent(path)
                assert opens or reading.is_granted(path), (path, made.document)
        for error in plan.errors:
            if self.is_field(error.field):
                assert not reading.is_granted(error.field), (error.field, made.document)
