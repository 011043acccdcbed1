"""An export of the log goes on only while its reader may read: token and grants at every file."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from audit.search import Filter
from audit.selection import Wanted
from hub.access import default_policy_text, load_policy
from hub.errors import (
    InvalidRequestError,
    NotGrantedError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from hub.http.exchange import Incoming
from hub.http.limits import BusyError, DisconnectedError, Limits, Places
from hub.http.log_export import LogExportEdge
from schema.catalogue import Catalogue
from tests.support.asking import AUDITOR, OFFICER

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 27, 4, tzinfo=UTC)
FILES = (("a.json", b"1"), ("b.json", b"22"), ("manifest.json", b"333"))
ENDED = UnauthenticatedError("The token has ended.")


@dataclass
class Signed:
    """Lets one caller in; after `files` more looks it raises `end`, or is somebody else's."""

    files: int = 99
    end: Exception | None = None
    then: object = AUDITOR

    async def caller(self, _):
        return AUDITOR

    async def still(self, _):
        self.files -= 1
        if self.files < 0 and self.end is not None:
            raise self.end
        return AUDITOR if self.files >= 0 else self.then


@dataclass
class Exported:
    """Gives the same files each time, and remembers what was refused."""

    broken_after: int = 99
    endless_at: int = 99
    is_ended: bool = False
    refusals: list = field(default_factory=list)

    @property
    def disclosures(self):
        return self

    async def refused(self, _, refusal):
        self.refusals.append(type(refusal))

    async def begin(self, _, __):
        return Wanted(Filter(), {}, ())

    async def files(self, _):
        try:
            for number, each in enumerate(FILES):
                if number == self.broken_after:
                    raise StoreUnavailableError("The log cannot be read just now.")
                if number == self.endless_at:
                    await asyncio.Event().wait()
                yield each
        finally:
            self.is_ended = True


@dataclass
class InForce:
    policy: object

    async def current(self):
        return self.policy

    async def is_in_force(self, _):
        return True


@pytest.fixture(scope="module")
def policies():
    return InForce(load_policy(default_policy_text(), Catalogue.discover()))


async def begun(edge, body=b"{}", gone=None):
    """Return an export that `body` asks for; its caller goes when `gone` is set, or never."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    gone = gone or asyncio.Event()

    async def receive():
        if messages:
            return messages.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    headers = {b"content-type": b"application/json"}
    return await edge.post(Incoming({"headers": []}, receive, headers, "r-1"))


async def received(edge):
    """Return what leaves of an export, and how it ends."""
    streamed = await begun(edge)
    pieces = []
    try:
        async for piece in streamed.pieces:
            pieces.append(piece)  # noqa: PERF401 - what left before the break counts
    except DisconnectedError:
        return pieces, "broken off"
    return pieces, "whole"


def edge_of(policies, signed, exported):
    return LogExportEdge(signed, policies, exported, lambda: NOW, Limits(), Places(1))


async def test_the_archive_of_who_may_read_to_the_end_has_every_file_and_an_end(policies):
    pieces, end = await received(edge_of(policies, Signed(), Exported()))
    assert (len(pieces), end) == (len(FILES) + 1, "whole")
    assert pieces[-1] == bytes(1024)


@pytest.mark.parametrize(
    ("signed", "reason"),
    [
        (Signed(1, end=ENDED), UnauthenticatedError),
        (Signed(1, then=OFFICER), NotGrantedError),
    ],
    ids=["a token that was revoked", "a grant that ended"],
)
async def test_whoever_may_read_no_longer_gets_no_further_file_and_that_is_on_record(
    policies, signed, reason
):
    exported = Exported()
    edge = edge_of(policies, signed, exported)
    pieces, end = await received(edge)
    assert (len(pieces), end) == (2, "broken off")
    assert exported.refusals == [reason]
    with edge.running:
        pass  # its place is free again


async def test_a_log_that_cannot_be_read_on_breaks_the_archive_off(policies):
    exported = Exported(broken_after=1)
    edge = edge_of(policies, Signed(), exported)
    pieces, end = await received(edge)
    assert (len(pieces), end) == (1, "broken off")
    assert exported.refusals == []
    with edge.running, pytest.raises(BusyError), edge.running:
        pass


@pytest.mark.parametrize("endless_at", [1, 99], ids=["while a file is made", "between files"])
async def test_no_further_file_is_made_for_a_reader_who_has_gone(policies, endless_at):
    exported, gone = Exported(endless_at=endless_at), asyncio.Event()
    edge = edge_of(policies, Signed(), exported)
    streamed = await begun(edge, gone=gone)
    assert await anext(streamed.pieces)

    gone.set()
    with pytest.raises(DisconnectedError):
        await asyncio.wait_for(anext(streamed.pieces), 5)

    assert exported.is_ended
    assert exported.refusals == []
    with edge.running:
        pass  # its place is free again


@pytest.mark.parametrize("forms", [b"[[]]", b"[{}]", b"[1]", b'["pdf"]', b'"csv"', b"{}"])
async def test_a_form_that_nobody_makes_is_a_bad_request(policies, forms):
    exported = Exported()
    edge = edge_of(policies, Signed(), exported)

    with pytest.raises(InvalidRequestError, match="forms"):
        await begun(edge, b'{"forms": %b}' % forms)

    assert exported.refusals == [InvalidRequestError]
