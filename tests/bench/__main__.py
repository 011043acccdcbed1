"""Runs the benchmarks: `python -m tests.bench [WHICH]`; without a name, those of `make bench`.

    query   the hub beside its peers                      7 minutes
    locks   what audit, sealing and authorisation cost    5 minutes
    ingest  departments' records become facts             3 minutes
    audit   entries become durable, and are verified      1 minute
    audit-search  an auditor's first page, by each facet  1 hour for ten million entries
    size    a small district beside a large one           15 minutes for a million people
    export  a whole district as JSON Lines                15 minutes for a million people
    workers one worker beside two                         3 minutes
    stages  where a request's processor time goes         1 minute
    access  what a decision costs                         seconds
    sealing values, a page of them, and a key's rotation  1 minute
    receiving values and answers for a receiver alone     seconds
    profile functions and statement of each question      2 minutes

`make bench` runs the first four. Times are of a quiet machine with two cores, at the lengths that
are used unless others are given; ten times as many people take ten times as long to store.

First it says which Python runs it and at what pace: one that was built with profile-guided
optimisation, as Linux distributions have it, needs up to a tenth less time than one that a version
manager built without; the peers in other languages are the same under both.

Each is imported when it is asked for: this module is loaded by the workers too, whose memory is
measured.
"""

import argparse
import platform
import timeit
from collections.abc import Callable
from pathlib import Path

from tests.bench.measuring import Length
from tests.bench.questions import QUESTIONS, Question

PEOPLE = 21_600
MIDDLE, LARGE = 100_000, 1_000_000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("which", nargs="?", choices=[*MODES, "all"], default="all")
    parser.add_argument(
        "--people",
        type=int,
        action="append",
        help="people whom the hub keeps; `size` and `export` take several",
    )
    parser.add_argument(
        "--entries", type=int, default=10_000_000, help="entries of the log of `audit-search`"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each question")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round")
    parser.add_argument(
        "--apart",
        action="store_true",
        help="of `query`, `locks` and `size`: keep each worker on one processor, the database and "
        "the client on the others",
    )
    names = [question.name for question in QUESTIONS]
    parser.add_argument("--only", choices=names, action="append", help="only these questions")
    parser.add_argument("--profile", type=Path, help="folder in which `profile` leaves its figures")
    return parser.parse_args()


def _length(given: argparse.Namespace) -> Length:
    return Length(given.rounds, given.seconds, is_apart=given.apart)


def _people(given: argparse.Namespace) -> int:
    return int(given.people[0]) if given.people else PEOPLE


def _questions(given: argparse.Namespace) -> tuple[Question, ...]:
    return tuple(q for q in QUESTIONS if given.only is None or q.name in given.only)


def query(given: argparse.Namespace) -> None:
    from tests.bench import bench_query

    bench_query.run(bench_query.Plan(_people(given), _length(given), _questions(given)))


def locks(given: argparse.Namespace) -> None:
    from tests.bench import bench_locks

    bench_locks.run(bench_locks.Plan(_people(given), _length(given)))


def size(given: argparse.Namespace) -> None:
    from tests.bench import bench_size

    bench_size.run(bench_size.Plan(given.people or (PEOPLE, LARGE), _length(given)))


def ingest(given: argparse.Namespace) -> None:
    from tests.bench import bench_ingest

    bench_ingest.run(_people(given))


def audit(given: argparse.Namespace) -> None:
    from tests.bench import bench_audit

    bench_audit.run(given.seconds)


def audit_search(given: argparse.Namespace) -> None:
    from tests.bench import bench_audit_search

    bench_audit_search.run(given.entries)


def by_stages(given: argparse.Namespace) -> None:
    from tests.bench import stages

    stages.run(_people(given))


def profile(given: argparse.Namespace) -> None:
    from tests.bench import bench_profile

    asked, folder = _questions(given), given.profile
    bench_profile.run(bench_profile.Plan(_people(given), _length(given), asked, folder))


def export(given: argparse.Namespace) -> None:
    from tests.bench import bench_export

    bench_export.run(given.people or (MIDDLE, LARGE))


def workers(given: argparse.Namespace) -> None:
    from tests.bench import bench_workers

    bench_workers.run(bench_workers.Plan(_people(given), length=_length(given)))


def access(given: argparse.Namespace) -> None:
    from tests.bench import bench_access

    del given
    bench_access.run()


def sealing(given: argparse.Namespace) -> None:
    from tests.bench import bench_sealing

    bench_sealing.run(_people(given))


def receiving(given: argparse.Namespace) -> None:
    from tests.bench import bench_receiving

    del given
    bench_receiving.run()


MODES: dict[str, Callable[[argparse.Namespace], None]] = {
    "query": query,
    "access": access,
    "sealing": sealing,
    "receiving": receiving,
    "locks": locks,
    "ingest": ingest,
    "audit": audit,
    "audit-search": audit_search,
    "size": size,
    "export": export,
    "workers": workers,
    "stages": by_stages,
    "profile": profile,
}
ALL = ("query", "locks", "ingest", "audit")


def pace() -> str:
    """Return which Python this is, and how fast it is on this machine now."""
    best = min(timeit.repeat("for n in range(1_000_000): x += n", "x = 0", number=1, repeat=5))
    built = f"{platform.python_version()}, built by {platform.python_compiler()}"
    return f"Python {built}; a million additions take {best * 1000:.0f} ms."


def main() -> None:
    given = arguments()
    print(pace(), flush=True)
    for which in ALL if given.which == "all" else (given.which,):
        MODES[which](given)


if __name__ == "__main__":
    main()
