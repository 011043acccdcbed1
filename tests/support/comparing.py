"""Asks operations both ways, the hub and graphql-core over the same rows, and compares.

The oracle decides by the policy's text (`tests.oracles.policy_oracle`), so what is compared is the
whole way from that text to the bytes: the same data, one error for each denied selection that
graphql-core came to, with its reason; refused whole exactly where a denied field would steer; and
on record nothing that is not granted.
"""

from collections import Counter
from datetime import date, datetime

import orjson

from hub.errors import (
    CaseRefusedError,
    InvalidDocumentError,
    NotGrantedError,
    RefusedError,
    TooCostlyError,
)
from hub.query.answer import Request
from hub.query.bind import day_of
from tests.oracles.policy_oracle import PolicyOracle, Reading, case_trouble
from tests.oracles.query_oracle import Oracle
from tests.support.consented import CASES
from tests.support.schemas import schema_of
from tests.support.world import NOW

_ABOUT_SCHEMA = "{ __schema { queryType { name } } }"
_STEERS = ("chosen and ordered", "told to whom")
_OF_POLICY = ("people", "page")
"""Limits that an entitlement states."""


def without_numbers(path) -> tuple[str, ...]:
    return tuple(part for part in path if isinstance(part, str))


def folded(errors) -> set:
    return {
        (without_numbers(e.path), tuple((place.line, place.column) for place in e.locations))
        for e in errors or ()
    }


def leaves(data) -> list:
    if isinstance(data, dict):
        return [leaf for key, v in data.items() if key != "used" for leaf in leaves(v)]
    if isinstance(data, list):
        return [leaf for item in data for leaf in leaves(item)]
    return [] if data is None else [data]


def is_bare(leaf, schema) -> bool:
    """Whether a value says nothing of a person: a place in a list, a status, a type's name."""
    return isinstance(leaf, int) or leaf in schema.type_map or leaf.endswith(("FOUND", "INVALID"))


class Comparison:
    """Compares answers under one policy at a time, and counts what was met."""

    def __init__(self, ask, world, catalogue, text: str) -> None:
        self.schema = schema_of(catalogue)
        self.oracle = Oracle(catalogue, world, self.schema)
        self.ask, self.world, self.catalogue = ask, world, catalogue
        self.cases = CASES
        self.under(text)
        self.asked = self.answered = self.errors = self.refused = 0
        self.met: Counter[str] = Counter()

    def under(self, text: str) -> None:
        """Go on with another policy, which has been put in force."""
        self._policy = PolicyOracle(text, self.catalogue)
        self._readings: dict[tuple, Reading | str] = {}

    def reading(self, caller, today: date) -> Reading | str:
        """Return what the policy's text lets a caller read; read once."""
        key = (caller, today)
        if key not in self._readings:
            self._readings[key] = self._policy.reading(caller, today)
        return self._readings[key]

    async def ask_one(self, made, caller, at: datetime = NOW) -> None:
        """Ask one operation, and compare what comes of it."""
        self.asked += 1
        reading = self.reading(caller, day_of(at))
        request = Request(made.document, made.variables, made.operation_name, caller, "r-1", at)
        if isinstance(reading, str):
            self.check_none(await self.outcome(request), reading)
            return
        self.oracle.now, self.oracle.today = at, day_of(at)
        truth = self.oracle.run(
            made.document, made.variables, reading, made.operation_name, caller=caller
        )
        outcome = await self.outcome(request)
        assert not isinstance(outcome, InvalidDocumentError), made.document
        if self.check_case(outcome, reading, caller, at):
            return
        if isinstance(outcome, TooCostlyError):
            is_stated = outcome.limit in _OF_POLICY
            assert not is_stated or self.exceeds(reading.limits), made.document
            return
        if isinstance(outcome, NotGrantedError):
            self.refused += 1
            self.check_refusal(str(outcome), truth, made, reading)
            return
        self.check_answer(outcome, truth, made, reading)
        self.check_words(outcome, caller)

    def check_case(self, outcome, reading: Reading, caller, at: datetime) -> bool:
        """See that a case is refused exactly where it is none of the caller's; return whether."""
        trouble = None
        if reading.checks_case:
            trouble = case_trouble(self.cases, caller, day_of(at))
        if isinstance(outcome, CaseRefusedError):
            assert str(outcome.reason) == trouble
        else:
            assert trouble is None or isinstance(outcome, RefusedError), caller
        return trouble is not None

    async def outcome(self, request: Request):
        """Return the answer, or the refusal in its place."""
        try:
            return await self.ask.answerer.answer(request)
        except RefusedError as problem:
            return problem

    async def ask_schema(self, caller, at: datetime = NOW) -> None:
        """Ask about the schema itself, which is told or not as the policy says."""
        reading = self.reading(caller, day_of(at))
        told = await self.outcome(Request(_ABOUT_SCHEMA, {}, None, caller, "r-1", at))
        if isinstance(reading, str):
            self.check_none(told, reading)
        elif not self.check_case(told, reading, caller, at):
            assert isinstance(told, NotGrantedError) != reading.tells_schema, caller

    def exceeds(self, limits: dict) -> bool:
        """Whether an operation goes beyond what its entitlement allows."""
        most, longest = limits.get("people"), limits.get("page")
        return (most is not None and self.oracle.people > most) or (
            longest is not None and self.oracle.page > longest
        )

    @staticmethod
    def check_none(outcome, why: str) -> None:
        if isinstance(outcome, TooCostlyError) and outcome.limit not in _OF_POLICY:
            return  # of the document, which is read first
        assert isinstance(outcome, NotGrantedError), outcome
        assert f"({why})" in str(outcome)

    def check_answer(self, answer, truth, made, reading) -> None:
        assert not self.oracle.refused, (made.document, self.oracle.refused)
        assert not self.exceeds(reading.limits), made.document
        body = orjson.loads(answer.body)
        assert orjson.dumps(body["data"]) == orjson.dumps(truth.data), made.document
        self.check_errors(body.get("errors", ()), truth, made, reading)
        self.check_record(reading)
        kept = body["extensions"].get("retention", {}).get("days")
        assert kept == reading.limits.get("retention_days")
        self.answered += 1
        self.met.update(made.features)
        self.met["consent asked"] += any(
            e["extensions"]["reason"] == "CONSENT_REQUIRED" for e in body.get("errors", ())
        )

    @staticmethod
    def check_words(answer, caller) -> None:
        """Who is denied something is told of its own role, and of nobody else's."""
        for error in orjson.loads(answer.body).get("errors", ()):
            if error["extensions"]["reason"] != "CONSENT_REQUIRED":
                assert f"({caller.role}) for purpose {caller.purpose}" in error["message"]

    def check_refusal(self, refusal: str, truth, made, reading) -> None:
        """What is refused whole tells nothing in graphql-core's answer either, or is steered."""
        if any(words in refusal for words in _STEERS):
            by_id = "told to whom" in refusal and not reading.is_granted("Person.id")
            assert self.oracle.refused or by_id, made.document
            return
        shown = [leaf for leaf in leaves(truth.data) if not is_bare(leaf, self.schema)]
        assert not shown, made.document

    def check_errors(self, errors, truth, made, reading) -> None:
        """One error a denied selection that graphql-core came to, on the type it came to."""
        told = {
            (tuple(e["path"]), tuple((p["line"], p["column"]) for p in e["locations"]))
            for e in errors
            if (tuple(e["path"]), e["extensions"]["field"].partition(".")[0]) in self.oracle.visited
        }
        assert told == folded(truth.errors), made.document
        for error in errors:
            named, reason = error["extensions"]["field"], error["extensions"]["reason"]
            if self.catalogue.field(named) is not None:
                assert reading.why_not(named) == reason or reason == "CONSENT_REQUIRED", named
                assert not reading.is_granted(named), named
        self.errors += len(told)

    def check_record(self, reading) -> None:
        """The record of the answer names no field of the catalogue that is not granted."""
        record = self.ask.log.record()
        for path in self.ask.log.fields_of(record["fields"]):
            if self.catalogue.field(path) is not None:
                assert reading.is_granted(path) or reading.opens_with_consent(path), path

    def rare(self, features, least: int) -> set[str]:
        """Return the features that fewer than `least` of the answered operations had."""
        return {name for name in features if self.met[name] < least}
