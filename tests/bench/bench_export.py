"""How fast a whole district is exported as JSON Lines, and that memory does not grow with it.

Every household with its members and their names, through POST /export of a worker that serves as
always: chunk by chunk, each granted, opened and on record for itself. Nothing is kept on this side
but counts.
"""

import http.client
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import orjson

from tests.bench.bench_size import check_disk, home_of, name_of
from tests.bench.cpu import database_us, family_us, memory_mib
from tests.bench.measuring import Server
from tests.bench.ours import AS_IT_IS, all_serving
from tests.bench.progress import Progress

DOCUMENT = """
query Export {
  households {
    edges {
      cursor
      node {
        id
        region
        score { total band }
        members { relation person { population { name birthDate } } }
      }
    }
  }
}
"""
GOAL_MIB = 250
CHUNK = 200
"""Households between two receipts: as many as a page may have, where their cost allows it."""
PIECE = 1 << 20
MEMBER = b'"relation":'
"""Stands once in the line of a household for each member."""


class BrokenExportError(Exception):
    """The export did not end with its last line; nothing of it counts."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What an export gave."""

    lines: int
    people: int
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of one export, and what it took."""

    counted: Counted
    seconds: float
    worker_s: float
    database_s: float
    before_mib: float
    most_mib: float


def pieces(server: Server) -> Iterator[bytes]:
    """Ask for everything, and give what is sent as it comes."""
    assert server.token is not None
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    headers = {
        "content-type": "application/json",
        "accept": "application/jsonl",
        "authorization": f"Bearer {server.token()}",
    }
    connection.request("POST", "/export", orjson.dumps({"query": DOCUMENT}), headers)
    try:
        answer = connection.getresponse()
        if answer.status != 200:
            raise BrokenExportError(answer.read()[:400])
        while piece := answer.read1(PIECE):
            yield piece
    finally:
        connection.close()


def counted(sent: Iterable[bytes], tell: Callable[[int], None] = lambda _: None) -> Counted:
    """Count what is sent, whatever pieces it comes in.

    Raises:
        BrokenExportError: The last line does not say that it is whole.
    """
    lines = people = size = 0
    last = rest = b""
    for piece in sent:
        whole, newline, rest = (rest + piece).rpartition(b"\n")
        lines += whole.count(b"\n") + len(newline)
        people += whole.count(MEMBER)
        size += len(piece)
        last = whole.rpartition(b"\n")[2] or last
        tell(people)
    if rest or b'"done":true' not in last:
        raise BrokenExportError(last[:400])
    return Counted(lines, people, size)


def exported(server: Server, people: int) -> Exported:
    """Export everything that the officer may see; raises as `counted`."""
    used = family_us(server.pid), database_us(server.home)
    before_mib, _ = memory_mib(server.pid)
    started = time.perf_counter()
    found = counted(pieces(server), Progress(people, "people exported"))
    return Exported(
        found,
        time.perf_counter() - started,
        (family_us(server.pid) - used[0]) / 1e6,
        (database_us(server.home) - used[1]) / 1e6,
        before_mib,
        memory_mib(server.pid)[1],
    )


def print_export(name: str, one: Exported) -> None:
    """Print a row for one export."""
    found = one.counted
    print(
        f"| {name} | {found.lines:,} lines, {found.size / 1e6:,.0f} MB | {one.seconds:,.1f} s "
        f"| {found.lines / one.seconds:,.0f} lines/s | {found.people / one.seconds:,.0f} people/s "
        f"| {one.worker_s:,.1f} s | {one.database_s:,.1f} s "
        f"| {one.before_mib:,.0f} MiB | {one.most_mib:,.0f} MiB |",
        flush=True,
    )


def run(sizes: Sequence[int]) -> None:
    """Export homes that are gone afterwards, the smaller ones first."""
    check_disk(sizes)
    with ExitStack() as stack:
        homes = [(home_of(stack, people), name_of(people), AS_IT_IS) for people in sizes]
        servers = all_serving(stack, homes)
        print(
            "\n| district | exported | took | lines | people | worker CPU | database CPU "
            f"| memory before | at most (wanted: {GOAL_MIB} MiB) |"
            "\n|---|--:|--:|--:|--:|--:|--:|--:|--:|"
        )
        for server, people in zip(servers, sizes, strict=True):
            print_export(server.name, exported(server, people))
