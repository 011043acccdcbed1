"""Runs the benchmarks: `python -m tests.bench [query|ingest|audit|stages]`; without a name, all."""

import argparse
from pathlib import Path

from tests.bench import bench_audit, bench_ingest, bench_locks, bench_query, stages
from tests.bench.measuring import Length
from tests.bench.questions import QUESTIONS


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "which",
        nargs="?",
        choices=["query", "locks", "ingest", "audit", "stages", "all"],
        default="all",
    )
    parser.add_argument("--people", type=int, default=21_600, help="people whom the hub keeps")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each question")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round")
    names = [question.name for question in QUESTIONS]
    parser.add_argument("--only", choices=names, action="append", help="only these questions")
    parser.add_argument("--profile", type=Path, help="folder for the profile of the hub's worker")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    if given.which in {"query", "all"}:
        asked = tuple(q for q in QUESTIONS if given.only is None or q.name in given.only)
        length = Length(given.rounds, given.seconds)
        plan = bench_query.Plan(given.people, length, asked, profile=given.profile)
        bench_query.run(plan)
    if given.which in {"locks", "all"}:
        bench_locks.run(bench_locks.Plan(given.people, Length(given.rounds, given.seconds)))
    if given.which in {"ingest", "all"}:
        bench_ingest.run(given.people)
    if given.which in {"audit", "all"}:
        bench_audit.run(given.seconds)
    if given.which == "stages":
        stages.run(given.people)


if __name__ == "__main__":
    main()
