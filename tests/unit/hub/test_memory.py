"""The collector leaves alone what was there before; what is remembered stays bounded."""

import gc
import subprocess
import sys
import weakref

import pytest

from hub.memory import forget_oldest, settled


class Knot:
    """Refers to itself, so that only the collector can free it."""

    def __init__(self):
        self.itself = self


def test_what_exists_is_not_walked_and_what_is_made_later_is_still_freed():
    with settled():
        assert gc.get_freeze_count() > 10_000
        later = weakref.ref(Knot())
        assert later() is not None
        gc.collect()
        assert later() is None


def test_afterwards_the_collector_is_as_it_was():
    before = gc.get_threshold()

    with settled():
        assert gc.get_threshold() != before
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize("most", [0, 1, 2, 15, 16, 100])
def test_what_came_first_is_forgotten_and_never_more_than_allowed_is_kept(most):
    known = {}
    for each in range(5 * most + 5):
        known[each] = None
        forget_oldest(known, most)
        kept = list(known)
        assert len(kept) <= most
        assert kept == list(range(each + 1 - len(kept), each + 1))
        assert len(kept) >= min(each, most - most // 16)


def test_a_worker_loads_nothing_that_only_others_need():
    loaded = "import sys, hub.commands.worker; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, check=True, text=True
    ).stdout.split()

    assert {"hub.app", "hub.store.revision"} <= set(told)
    assert {"alembic", "mako", "xlsxwriter", "hub.demo"}.isdisjoint(told)
