"""What becomes of workers that start, fail, end and are replaced; no process runs."""

import pytest
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import data, integers, sampled_from

from hub.supervision.crew import Crew, Order, Patience, State, Word

PATIENCE = Patience()


def starts(orders):
    return [order.worker for order in orders if order.word is Word.START]


def serving(size=2, now=0.0):
    """Return a crew of which all are ready; the first one leads."""
    crew = Crew(size)
    relieve(crew, crew.begin(now), now, size)
    assert crew.has_served
    return crew


def relieve(crew, orders, now, size=2):
    """Let all of a shift be ready, one after the other; return the last orders."""
    waiting = starts(orders)
    while waiting:
        orders = crew.ready(waiting.pop(0), now, size=size)
        waiting += starts(orders)
    return orders


def test_the_others_of_a_shift_are_started_when_the_first_is_ready():
    crew = Crew(3)

    assert starts(crew.begin(0)) == [1]
    assert starts(crew.ready(1, 1, size=3)) == [2, 3]
    assert starts(crew.ready(2, 2, size=3)) == []


def test_the_first_that_is_ready_leads_and_nobody_else():
    crew = Crew(2)
    (first,) = starts(crew.begin(0))

    assert Order(Word.LEAD, first) in crew.ready(first, 1, size=2)
    assert crew.ready(2, 2, size=2) == []
    assert crew.leader == first


def test_it_serves_once_all_are_ready():
    crew = Crew(2)
    crew.begin(0)
    crew.ready(1, 1, size=2)
    assert not crew.has_served

    crew.ready(2, 2, size=2)

    assert crew.has_served


def test_when_one_cannot_start_at_first_everything_ends():
    crew = Crew(3)
    crew.begin(0)
    crew.ready(1, 1, size=3)

    assert crew.ended(2, 2) == [Order(Word.STOP, 1), Order(Word.KILL, 3)]
    crew.ended(1, 3)
    crew.ended(3, 3)

    assert crew.is_over
    assert crew.why is not None


def test_another_worker_is_started_for_one_that_ended_after_a_long_time_at_once():
    crew = serving(now=0.0)
    crew.ended(1, 100)

    assert starts(crew.tick(100)) == [3]


def test_those_that_are_there_shed_connections_for_one_that_comes_back():
    crew = serving(size=3)
    crew.ended(2, 100)
    (back,) = starts(crew.tick(100))

    assert crew.ready(back, 101, size=3) == [Order(Word.SHED, 1), Order(Word.SHED, 3)]


def test_when_the_leader_ends_another_one_leads():
    crew = serving()

    assert Order(Word.LEAD, 2) in crew.ended(1, 100)


def test_one_that_ends_again_and_again_is_started_more_and_more_slowly():
    crew = serving(now=0.0)
    now, pauses, worker = 1.0, [], 1
    for _ in range(9):
        crew.ended(worker, now)
        due = now
        while not (started := starts(crew.tick(due))):
            due += 0.05
        pauses.append(round(due - now, 1))
        (worker,) = started
        now = due

    assert pauses[:4] == [0.2, 0.4, 0.8, 1.6]
    assert pauses[-1] == pytest.approx(PATIENCE.longest_pause_s, abs=0.1)


def test_when_nobody_is_left_and_five_in_a_row_cannot_start_it_ends_clearly():
    crew = serving(size=1, now=0.0)
    crew.ended(1, 100)
    now, failed = 100.0, 0
    while not crew.is_over:
        now += 1
        assert now < 1_000
        for worker in starts(crew.tick(now)):
            failed += 1
            crew.ended(worker, now)

    assert failed == PATIENCE.attempts
    assert "could not start" in crew.why


def test_while_others_serve_one_that_cannot_start_is_tried_for_ever():
    crew = serving(now=0.0)
    crew.ended(1, 100)
    now, failed = 100.0, 0
    while failed < 50:
        now += PATIENCE.longest_pause_s
        for worker in starts(crew.tick(now)):
            failed += 1
            crew.ended(worker, now)

    assert crew.why is None


def test_a_reload_drains_the_old_ones_only_when_all_new_ones_are_ready():
    crew = serving()
    assert crew.reload(10) == [Order(Word.START, 3)]

    assert crew.ready(3, 11, size=2) == [Order(Word.START, 4)]
    assert crew.ready(4, 12, size=2) == [
        Order(Word.RETIRE, 1),
        Order(Word.RETIRE, 2),
        Order(Word.LEAD, 3),
    ]
    assert (crew.reloads, crew.kept, crew.is_reloading) == (1, False, False)


def test_a_reload_of_which_one_cannot_start_leaves_the_old_ones_alone():
    crew = serving()
    crew.reload(10)
    crew.ready(3, 11, size=2)

    assert crew.ended(4, 12) == [Order(Word.STOP, 3)]
    assert (crew.reloads, crew.kept, crew.is_reloading) == (1, True, False)
    assert crew.ended(3, 13) == []
    assert starts(crew.tick(60)) == []
    assert [crew.workers[n].state for n in (1, 2)] == [State.READY, State.READY]


def test_a_reload_after_one_that_was_given_up_works():
    crew = serving()
    for worker in starts(crew.reload(10)):
        crew.ended(worker, 11)

    orders = relieve(crew, crew.reload(20), 21)

    assert [order.word for order in orders] == [Word.RETIRE, Word.RETIRE, Word.LEAD]
    assert not crew.kept


def test_two_wishes_to_reload_at_once_are_carried_out_one_after_the_other():
    crew = serving(size=1)
    (second,) = starts(crew.reload(10))
    assert crew.reload(11) == []

    (third,) = starts(crew.ready(second, 12, size=1))
    crew.ready(third, 13, size=1)

    assert crew.reloads == 2
    assert crew.leader == third


def test_an_old_worker_that_ends_during_a_reload_is_not_replaced():
    crew = serving()
    crew.reload(10)

    crew.ended(1, 11)

    assert starts(crew.tick(60)) == []


def test_an_old_worker_that_ended_during_a_reload_is_replaced_when_the_reload_is_given_up():
    crew = serving()
    crew.reload(10)
    crew.ended(1, 11)

    crew.ended(3, 12)

    assert starts(crew.tick(60)) == [4]


@pytest.mark.parametrize("size", [4, 3, 1])
def test_a_reload_changes_how_many_there_are(size):
    crew = serving()

    relieve(crew, crew.reload(10), 11, size=size)

    assert crew.size == size
    assert [n for n, w in crew.workers.items() if w.state is State.READY] == [
        3 + n for n in range(size)
    ]


def test_a_reload_that_finds_fewer_wanted_lets_go_of_those_that_are_too_many():
    crew = serving(size=3)
    crew.reload(10)
    crew.ready(4, 11, size=3)

    orders = crew.ready(5, 12, size=2)

    assert orders[0] == Order(Word.KILL, 6)
    assert [n for n, w in crew.workers.items() if w.state is State.READY] == [4, 5]


def test_stopping_lets_the_ready_ones_finish_and_kills_those_that_start():
    crew = serving()
    crew.reload(10)

    assert crew.stop(11) == [
        Order(Word.STOP, 1),
        Order(Word.STOP, 2),
        Order(Word.KILL, 3),
    ]
    for worker in (1, 2, 3):
        crew.ended(worker, 12)
    assert crew.is_over
    assert crew.why is None


def test_asked_twice_to_stop_it_lets_everybody_finish_all_the_same():
    crew = serving()
    crew.stop(10)

    assert crew.stop(11) == []


def test_only_those_who_were_told_to_finish_can_be_hurried():
    crew = serving()
    assert crew.hurry() == []
    crew.stop(10)

    assert crew.hurry() == [Order(Word.KILL, 1), Order(Word.KILL, 2)]


def test_one_that_is_retired_already_is_told_to_stop_as_well():
    crew = serving(size=1)
    (second,) = starts(crew.reload(10))
    crew.ready(second, 11, size=1)

    assert crew.stop(12) == [Order(Word.STOP, 1), Order(Word.STOP, second)]


def test_whoever_takes_too_long_to_start_or_to_end_is_killed():
    crew = Crew(1)
    crew.begin(0)
    assert crew.tick(PATIENCE.start_s) == []
    assert crew.tick(PATIENCE.start_s + 1) == [Order(Word.KILL, 1)]

    crew = serving(size=1)
    crew.stop(0)
    longest = PATIENCE.drain_s + PATIENCE.grace_s
    assert crew.tick(longest) == []
    assert crew.tick(longest + 1) == [Order(Word.KILL, 1)]


class AnyLife(RuleBasedStateMachine):
    """Whatever happens in whatever order, a crew keeps its promises."""

    @initialize(size=integers(1, 3))
    def begin(self, size):
        self.now, self.size = 0.0, size
        self.crew = Crew(size)
        self.leads = set()
        self.obey(self.crew.begin(0))

    def obey(self, orders):
        for order in orders:
            assert order.worker in self.crew.workers
            if order.word is Word.LEAD:
                self.leads.add(order.worker)
            elif order.word in {Word.STOP, Word.RETIRE, Word.KILL}:
                self.leads.discard(order.worker)

    def pick(self, given, state):
        found = [n for n, w in self.crew.workers.items() if w.state is state]
        return given.draw(sampled_from(found)) if found else None

    @rule(given=data())
    def one_is_ready(self, given):
        worker = self.pick(given, State.STARTING)
        if worker is not None:
            self.obey(self.crew.ready(worker, self.now, size=self.size))

    @rule(given=data(), state=sampled_from(State))
    def one_ends(self, given, state):
        worker = self.pick(given, state)
        if worker is not None:
            self.leads.discard(worker)
            self.obey(self.crew.ended(worker, self.now))

    @rule(size=integers(1, 3))
    def somebody_reloads(self, size):
        self.size = size
        self.obey(self.crew.reload(self.now))

    @rule(seconds=integers(1, 30))
    def time_passes(self, seconds):
        self.now += seconds
        self.obey(self.crew.tick(self.now))

    @precondition(lambda self: self.crew.has_served)
    @rule()
    def somebody_stops(self):
        self.obey(self.crew.stop(self.now))

    @invariant()
    def one_leads_whenever_one_is_ready(self):
        if not hasattr(self, "crew"):
            return
        ready = {n for n, w in self.crew.workers.items() if w.state is State.READY}
        assert self.leads <= ready
        assert len(self.leads) <= 1
        assert bool(self.leads) == bool(ready)
        assert self.crew.leader == (next(iter(self.leads)) if self.leads else None)

    def teardown(self):
        """Left alone, with workers that are well, it serves with as many as were asked for."""
        if not hasattr(self, "crew") or self.crew.is_over:
            return
        for _ in range(200):
            self.now += 30
            self.obey(self.crew.tick(self.now))
            for number, worker in list(self.crew.workers.items()):
                if worker.state is State.STARTING:
                    self.obey(self.crew.ready(number, self.now, size=self.size))
                elif worker.state is State.DRAINING:
                    self.obey(self.crew.ended(number, self.now))
        states = [worker.state for worker in self.crew.workers.values()]
        assert self.crew.is_over or states == [State.READY] * self.crew.size


def test_any_life_of_a_crew():
    run_state_machine_as_test(AnyLife, settings=settings(max_examples=150, deadline=None))
