"""Looks at the workers of a served hub from outside, and asks it without a pause."""

import http.client
import itertools
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

DOCUMENT = "query($n: Int!) { warnings(first: $n) { edges { node { band household { id } } } } }"
_ESTABLISHED = "01"


def children_of(process: int) -> list[int]:
    """Return the processes that `process` has started and that have not ended."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    return [int(child) for child in children if _state(int(child)) not in {"Z", ""}]


def _state(process: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(") ")[2][:1]
    return ""


def is_alive(process: int) -> bool:
    """Return whether a process is there and is no zombie."""
    return _state(process) not in {"Z", ""}


def rss_mb(process: int) -> float:
    """Return the resident memory of a process, in MiB."""
    for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no such process")


def connections_by_worker(workers: list[int], port: int) -> Counter[int]:
    """Return how many connections to `port` each worker has open, as the kernel tells it."""
    inodes = set()
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        words = line.split()
        if int(words[1].rpartition(":")[2], 16) == port and words[3] == _ESTABLISHED:
            inodes.add(f"socket:[{words[9]}]")
    held: Counter[int] = Counter(dict.fromkeys(workers, 0))
    for worker in workers:
        with suppress(OSError):
            for descriptor in Path(f"/proc/{worker}/fd").iterdir():
                with suppress(OSError):
                    held[worker] += str(descriptor.readlink()) in inodes
    return held


@dataclass
class Asking:
    """What several connections that ask without a pause have seen."""

    address: str
    token: str
    document: str = DOCUMENT
    variables: Mapping[str, object] = field(default_factory=lambda: {"n": 3})
    more: Mapping[str, str] = field(default_factory=dict)
    """Further headers of each request."""
    data: list[tuple[float, str]] = field(default_factory=list)
    """When each whole answer had come (monotonic seconds), and its data as JSON."""
    answers: dict[str, int] = field(default_factory=dict)
    """Request id and index in the log of each whole answer."""
    refused: Counter[int] = field(default_factory=Counter)
    """Other statuses than 200, and answers with errors as 0."""
    broken: list[str] = field(default_factory=list)
    """Requests that got no answer, by what their connection said."""
    stop: threading.Event = field(default_factory=threading.Event)
    _is_resting: threading.Event = field(default_factory=threading.Event)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def ask(self) -> None:
        """Ask on one connection until told to stop; after a failure, on another one."""
        place = urlsplit(self.address)
        connection = None
        while not self.stop.is_set():
            if self._is_resting.is_set():
                time.sleep(0.05)
                continue
            name = f"load-{os.getpid()}-{next(self._numbers)}"
            try:
                if connection is None:
                    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
                    connection.connect()
                connection.request("POST", "/graphql", self._body(), self._headers(name))
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as problem:
                self.broken.append(f"{type(problem).__name__}: {problem}")
                if connection is not None:
                    connection.close()
                connection = None
                time.sleep(0.02)
                continue
            if answer.status == 200:
                told = json.loads(content)
                self.answers[name] = told["extensions"]["receipt"]["index"]
                self.data.append((time.monotonic(), json.dumps(told["data"])))
                if "errors" in told:
                    self.refused[0] += 1
            else:
                self.refused[answer.status] += 1
            if answer.will_close:
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Ask nothing new while this is open."""
        self._is_resting.set()
        try:
            yield
        finally:
            self._is_resting.clear()

    def _body(self) -> bytes:
        return json.dumps({"query": self.document, "variables": self.variables}).encode()

    def _headers(self, name: str) -> dict[str, str]:
        return {
            "authorization": f"Bearer {self.token}",
            "content-type": "application/json",
            "hub-request-id": name,
            **self.more,
        }


@contextmanager
def asking(
    address: str,
    token: str,
    connections: int = 8,
    document: str = DOCUMENT,
    *,
    variables: Mapping[str, object] | None = None,
    more: Mapping[str, str] | None = None,
) -> Iterator[Asking]:
    """Ask on so many connections while this is open; `more` are further headers."""
    seen = Asking(address, token, document, variables or {"n": 3}, more or {})
    threads = [threading.Thread(target=seen.ask) for _ in range(connections)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        seen.stop.set()
        for thread in threads:
            thread.join(60)
