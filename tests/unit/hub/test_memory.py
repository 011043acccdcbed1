"""What was there before is left alone by the collector; what comes later is collected."""

import gc
import weakref

from hub.memory import settled


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
