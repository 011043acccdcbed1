"""Check that a person's list is whole: by the answer alone, and the log's key.

The answer of `findUsage` carries `lists`: the proof of the entry that commits to everybody's list,
and for each of the person's tags what that list says.
"""

from collections.abc import Mapping, Sequence

import msgspec

from audit.checkpoint import Opener
from audit.entry import CODE_BY_KIND, EntryKind
from audit.lists import Committed, ListProof, opened_by
from audit.outcome import Outcome
from audit.receipts import check_proof
from audit.replay import Problem
from audit.tlog_proof import read_opening, read_proof
from audit.usage import tag_of
from audit.usage_check import proof_of

_LISTS = CODE_BY_KIND[EntryKind.LISTS]


class _Told(msgspec.Struct, forbid_unknown_fields=True):
    entry: str
    subjects: list[ListProof]


def check_list(answer: Mapping[str, object], verifier: Opener) -> Outcome:
    """Check an answer against the list that the log committed to.

    1. the entry of the list is in the signed tree, is of kind `lists`, and its record is the one
    that was committed to  2. for each tag its leaf, or that there is none, follows from that root
    3. every row that the list reaches is in it  4. every entry that it opens is a row; only where
    the answer has all rows. Whether the rows are what they say is for `check_usages`.
    """
    checked = "a person's list"
    told, rows = answer.get("lists"), answer.get("usages")
    if told is None:
        none = "the answer has no list: none was committed to yet, or this is not its first page"
        return Outcome(checked, unchecked=none)
    try:
        lists = msgspec.convert(told, _Told)
        proof = read_proof(lists.entry)
        opening = read_opening(proof.extra or b"")
        kind = opening.promise()[1]
        committed = msgspec.json.decode(opening.record or "", type=Committed)
    except (msgspec.MsgspecError, ValueError) as error:
        return Outcome(checked, problems=[Problem("lists", str(error))])
    found = check_proof(proof, verifier)
    if found.problems:
        return Outcome(checked, problems=found.problems)
    if kind != _LISTS:
        what = "is not one that commits to lists"
        return Outcome(checked, problems=[Problem(f"entry {proof.index}", what)])
    rows = rows if isinstance(rows, list) else []
    problems, opened, counted = _compared(lists.subjects, committed, rows)
    is_all = answer.get("totalUsages") == len(rows) + _delayed(answer)
    if is_all and not problems:
        shown = {row.index for row in map(proof_of, rows) if row is not None}
        problems += [
            Problem(f"entry {index}", "is in the list, and not in the answer")
            for index in sorted(opened - shown)
        ]
    facts = {
        "committed_by": proof.index,
        "entries_below": committed.stop,
        "listed": counted,
        "not_shown_yet": counted - len(opened),
    }
    why = None if is_all or problems else "the answer is one page of several, or of a period"
    return Outcome(checked, facts, problems, why)


def _compared(
    subjects: Sequence[ListProof], committed: Committed, rows: Sequence[object]
) -> tuple[list[Problem], set[int], int]:
    """Return what does not fit, which entries are opened, and how many are listed."""
    problems: list[Problem] = []
    by_tag: dict[str, set[int]] = {}
    counted = 0
    for place, subject in enumerate(subjects, 1):
        opened = opened_by(subject, committed)
        if opened is None:
            what = "what is told of it does not lead to the root of the list"
            problems.append(Problem(f"tag {place}", what))
            opened = []
        if any(index >= committed.stop for index in opened):
            problems.append(Problem(f"tag {place}", "the list opens an entry after its end"))
        by_tag[subject.tag] = set(opened)
        counted += len(subject.marks)
    if problems:
        return problems, set(), counted
    for row in rows:
        proof = proof_of(row)
        is_own = isinstance(row, Mapping) and row.get("isHousehold") is False
        if proof is None or not is_own or proof.index >= committed.stop:
            continue
        listed = by_tag.get(tag_of(proof).hex())
        if listed is None:
            problems.append(Problem(f"entry {proof.index}", "is about a tag without a list"))
        elif proof.index not in listed:
            problems.append(Problem(f"entry {proof.index}", "is missing in the list"))
    return problems, {index for found in by_tag.values() for index in found}, counted


def _delayed(answer: Mapping[str, object]) -> int:
    delayed = answer.get("delayedUsages")
    return delayed if isinstance(delayed, int) else 0
