"""Decides what becomes of the workers; pure: events and the time go in, orders come out.

A worker starts, is ready, and drains. The newest workers are the *shift*; a reload starts another
shift beside the one that serves, and drains the old one only when all of the new one is ready. The
first worker of a shift starts alone: where something is wrong, one process finds out and not many.
A shift of which one cannot start is given up, and the old one serves on. Exactly one ready worker
is told to *lead*: it does what is done once for all of them (index behind the log, outbox,
following commitments). When it ends or drains, another one is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """Where a worker is in its life."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


class Word(StrEnum):
    """What the supervisor is told to do with one worker."""

    START = "start"
    LEAD = "lead"
    RETIRE = "retire"
    """Take no more connections, close those that are open after their next answer, then end."""
    SHED = "shed"
    """Close a part of the connections after their next answer: another worker wants some."""
    STOP = "stop"
    """Finish the requests under way, then end."""
    KILL = "kill"


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to do, now; orders are carried out in the order in which they were given."""

    word: Word
    worker: int


@dataclass(frozen=True, slots=True)
class Patience:
    """How long anything may take, in seconds, and how often it is tried."""

    start_s: float = 60.0
    """From the start of a process until it is ready."""
    drain_s: float = 30.0
    """For requests under way."""
    grace_s: float = 15.0
    """Beyond that: the last entry of the log, connections closed. Then it is killed."""
    first_pause_s: float = 0.2
    longest_pause_s: float = 10.0
    settled_s: float = 10.0
    """A worker that lived so long was well: the next one is started at once."""
    attempts: int = 5
    """So many starts may fail in a row while no worker is ready."""


@dataclass(slots=True)
class Worker:
    """One process; `since` is when it came into its state."""

    state: State
    shift: int
    since: float
    began: float


@dataclass(slots=True)
class Crew:
    """Every worker of one `hub serve`. Times are seconds of a clock that never goes back."""

    size: int
    patience: Patience = Patience()
    workers: dict[int, Worker] = field(default_factory=dict)
    shift: int = 0
    """The newest shift: of it is whoever is started now."""
    reloads: int = 0
    """How many reloads have come to their end, well or not."""
    kept: bool = False
    """Whether the last reload was given up: the old shift serves on."""
    has_served: bool = False
    """Whether a whole shift was ever ready."""
    leader: int | None = None
    why: str | None = None
    """Why everything ends, if it does not end because somebody wished it."""
    _serving: int = 0
    """The shift that serves; another one than `shift` while a reload is under way."""
    _is_stopping: bool = False
    _again: bool = False
    _shifts: int = 0
    _failures: int = 0
    _due: list[float] = field(default_factory=list)
    """When those who ended are to be replaced."""
    _last: int = 0
    _orders: list[Order] = field(default_factory=list)

    @property
    def is_stopping(self) -> bool:
        """Whether everybody was told to end."""
        return self._is_stopping

    @property
    def is_over(self) -> bool:
        """Whether everything has ended."""
        return self._is_stopping and not self.workers

    @property
    def is_reloading(self) -> bool:
        """Whether a new shift is being started beside the one that serves."""
        return self.shift != self._serving

    def begin(self, now: float) -> list[Order]:
        """Start the first worker; the others follow when it is ready."""
        self._start(1, now)
        return self._given()

    def ready(self, worker: int, now: float, *, size: int) -> list[Order]:
        """A worker is ready; `size` is how many there shall be as it has read the settings."""
        found = self.workers.get(worker)
        if found is None or found.state is not State.STARTING:
            return []
        found.state, found.since, self._failures = State.READY, now, 0
        if found.shift == self.shift:
            self._resize(size, now)
            if self.has_served and not self.is_reloading:
                others = [n for n in self._of(State.READY, self.shift) if n != worker]
                self._orders += [Order(Word.SHED, other) for other in others]
        self._take_over(now)
        self._appoint()
        return self._given()

    def ended(self, worker: int, now: float) -> list[Order]:
        """A process has ended, however it ended."""
        gone = self.workers.pop(worker, None)
        if gone is None:
            return []
        if self.leader == worker:
            self.leader = None
        if not self._is_stopping:
            self._mend(gone, now)
        self._appoint()
        return self._given()

    def reload(self, now: float) -> list[Order]:
        """Start a new shift; while one is being started, once more after it."""
        self._reload(now)
        return self._given()

    def stop(self, now: float, why: str | None = None) -> list[Order]:
        """Let everybody finish and end; a second wish changes nothing."""
        self._stop(now, why)
        return self._given()

    def hurry(self) -> list[Order]:
        """End everybody at once who was told to finish."""
        return [Order(Word.KILL, number) for number in self.workers if self._is_stopping]

    def tick(self, now: float) -> list[Order]:
        """Time has passed: replace who is due, and kill who takes too long."""
        due = [at for at in self._due if at <= now]
        if due and not self._is_stopping:
            self._due = [at for at in self._due if at > now]
            self._start(len(due), now)
        patience = self.patience
        for number, worker in self.workers.items():
            longest = {
                State.STARTING: patience.start_s,
                State.DRAINING: patience.drain_s + patience.grace_s,
            }.get(worker.state)
            if longest is not None and now - worker.since > longest:
                self._orders.append(Order(Word.KILL, number))
        return self._given()

    def _given(self) -> list[Order]:
        given, self._orders = self._orders, []
        return given

    def _reload(self, now: float) -> None:
        if self._is_stopping:
            return
        if self.is_reloading or not self.has_served:
            self._again = True
            return
        self._again = False
        self._due.clear()
        self._shifts += 1
        self.shift = self._shifts
        self._start(1, now)

    def _stop(self, now: float, why: str | None) -> None:
        self.why = self.why or why
        if self._is_stopping:
            return
        self._is_stopping = True
        for number in list(self.workers):
            self._let_go(number, Word.STOP, now)

    def _of(self, state: State, shift: int | None = None) -> Iterator[int]:
        for number, worker in self.workers.items():
            if worker.state is state and shift in (None, worker.shift):
                yield number

    def _start(self, how_many: int, now: float) -> None:
        for _ in range(how_many):
            self._last += 1
            self.workers[self._last] = Worker(State.STARTING, self.shift, now, now)
            self._orders.append(Order(Word.START, self._last))

    def _let_go(self, number: int, word: Word, now: float) -> None:
        """Let a worker drain; one that is not ready yet has nothing to finish."""
        worker = self.workers[number]
        if worker.state is State.STARTING:
            word = Word.KILL
        if worker.state is not State.DRAINING or word is Word.STOP:
            self._orders.append(Order(word, number))
            worker.state, worker.since = State.DRAINING, now
        if self.leader == number:
            self.leader = None

    def _resize(self, size: int, now: float) -> None:
        """Have `size` workers in the newest shift from now on."""
        self.size = size
        there = [*self._of(State.READY, self.shift), *self._of(State.STARTING, self.shift)]
        missing = size - len(there) - len(self._due)
        if missing > 0:
            self._start(missing, now)
        for number in there[size:]:
            self._let_go(number, Word.RETIRE, now)

    def _take_over(self, now: float) -> None:
        """Once all of the new shift is ready, let the old one go."""
        if len(list(self._of(State.READY, self.shift))) < self.size:
            return
        self.has_served = True
        if self.is_reloading:
            self._end_reload(kept=False)
            self._serving = self.shift
            for number in list(self.workers):
                if self.workers[number].shift != self.shift:
                    self._let_go(number, Word.RETIRE, now)
        if self._again:
            self._reload(now)

    def _end_reload(self, *, kept: bool) -> None:
        self.reloads += 1
        self.kept = kept

    def _appoint(self) -> None:
        """See to it that one ready worker leads, of the shift that serves if there is one."""
        if self.leader is not None or self._is_stopping:
            return
        for number in (*self._of(State.READY, self._serving), *self._of(State.READY)):
            self.leader = number
            self._orders.append(Order(Word.LEAD, number))
            return

    def _mend(self, gone: Worker, now: float) -> None:
        """A worker has ended that was not told to, or that was: decide what follows."""
        if gone.state is State.DRAINING:
            return
        if gone.state is State.STARTING:
            self._failed(gone, now)
        elif gone.shift == self.shift:
            is_young = now - gone.began < self.patience.settled_s
            self._failures = self._failures + 1 if is_young else 0
            self._due.append(now + self._pause())
        # One of the old shift that ends in the middle of a reload is not replaced.

    def _failed(self, gone: Worker, now: float) -> None:
        """One could not start: give the reload up, end everything, or try again later."""
        if gone.shift != self.shift:
            return
        if self.is_reloading and any(True for _ in self._of(State.READY, self._serving)):
            self._give_up(now)
            return
        self._failures += 1
        is_alone = not any(True for _ in self._of(State.READY))
        if not self.has_served:
            self._stop(now, "A worker could not start; its words are above.")
        elif is_alone and self._failures >= self.patience.attempts:
            why = f"{self._failures} workers in a row could not start; their words are above."
            self._stop(now, why)
        else:
            self._due.append(now + self._pause())

    def _give_up(self, now: float) -> None:
        """Leave the serving shift as it is; who is started from now on counts to it."""
        for number in list(self.workers):
            if self.workers[number].shift == self.shift:
                self._let_go(number, Word.STOP, now)
        self._due.clear()
        self.shift = self._serving
        self._end_reload(kept=True)
        there = len(list(self._of(State.READY, self.shift)))
        self._due += [now + self.patience.first_pause_s] * (self.size - there)
        if self._again:
            self._reload(now)

    def _pause(self) -> float:
        """Return how long to wait before the next start: none, then doubled each time."""
        if not self._failures:
            return 0.0
        doubled = self.patience.first_pause_s * (1 << min(self._failures - 1, 16))
        return min(doubled, self.patience.longest_pause_s)
