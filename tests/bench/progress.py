"""Says on stderr how far a long piece of work is, so that tables on stdout stay clean."""

import sys
import time

EVERY_S = 5.0


def say(words: str) -> None:
    """Say something about the way, at once."""
    print(words, file=sys.stderr, flush=True)


class Progress:
    """Call it with how much is done; it speaks every few seconds."""

    def __init__(self, whole: int, what: str) -> None:
        """Begin now; `whole` is about how much there is."""
        self._whole = whole
        self._what = what
        self._began = self._said = time.perf_counter()

    def __call__(self, done: int) -> None:
        """Say how far it is, unless that was just said."""
        now = time.perf_counter()
        if now - self._said < EVERY_S:
            return
        self._said = now
        left = (now - self._began) / done * max(0, self._whole - done) if done else 0.0
        say(f"  {done:,} of about {self._whole:,} {self._what}, {left:,.0f} s left")
