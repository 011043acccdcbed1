"""A page's verdicts: reached in order, counted, and handed to the batch that carries them out."""

from collections.abc import Iterator

from hub.ingest.batch import Batch, Desk
from hub.ingest.judge import (
    Accepted,
    Ended,
    Held,
    OutOfScope,
    Stale,
    Unchanged,
    Verdict,
    held_unreadable,
    judge,
)
from hub.ingest.known import Known
from hub.ingest.prepared import Papers, Prepared, PreparedUnreadable
from hub.ingest.report import IngestReport

Paper = Prepared | PreparedUnreadable


def judged(papers: Papers, known: Known, desk: Desk) -> Iterator[tuple[Paper, Verdict]]:
    """Go through a page in order, each piece judged by what is known when its turn comes."""
    for record in papers.records:
        says_who = desk.mappings[record.source.dataset].household is not None
        yield record, judge(record, known, from_register=says_who)
    for piece in papers.pieces:
        yield piece, held_unreadable(piece.piece, piece.key_tag, piece.content_tag, known)


def quiet_verdicts(papers: Papers, known: Known, desk: Desk) -> list[Verdict] | None:
    """Return the verdicts of a page of which nothing is to be stored, None for any other.

    Nothing is where everything was seen before, or is nobody's in scope. The first verdict that
    changes something ends the look.
    """
    verdicts: list[Verdict] = []
    for _, verdict in judged(papers, known, desk):
        waits = isinstance(verdict, Held) and not verdict.is_new
        if not waits and not isinstance(verdict, Unchanged | OutOfScope):
            return None
        verdicts.append(verdict)
    return verdicts


def count(report: IngestReport, *verdicts: Verdict) -> None:
    """Add verdicts to a report."""
    for verdict in verdicts:
        match verdict:
            case Unchanged():
                report.unchanged += 1
            case OutOfScope():
                report.out_of_scope += 1
            case Held(codes=codes):
                report.quarantined.update(codes)
            case Stale():
                report.stale += 1
            case Ended():
                report.ended += 1
            case Accepted():
                report.accepted += 1


def carry_out(batch: Batch, paper: Paper, verdict: Verdict) -> None:
    """Let the batch do what the verdict says."""
    match verdict, paper:
        case Held(), _:
            batch.hold(paper, verdict)
        case Stale(), Prepared():
            batch.keep_stale(paper, verdict)
        case Ended(), Prepared():
            batch.end(paper, verdict)
        case Accepted(), Prepared():
            batch.accept(paper, verdict)
        case _:
            pass
