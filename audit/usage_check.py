"""Check what a person was told of who read their data: by the answer alone, and the log's key.

An answer is what `POST /v2/findUsage` gave: `usages`, each with its `proof`, and the signed
`checkpoint` that the proofs lead to.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import orjson

from audit.checkpoint import Checkpoint, Opener
from audit.errors import InvalidNoteError
from audit.outcome import Outcome
from audit.replay import Problem
from audit.usage import UsageProof, proves, tag_of

_NO_PROOF: Final = "has no proof, or one of another form"


def answer_in(text: bytes) -> Mapping[str, object]:
    """Return the answer in JSON text.

    Raises:
        ValueError: It is none.
    """
    found: object = orjson.loads(text)
    if not isinstance(found, Mapping) or not isinstance(found.get("usages"), list):
        raise ValueError("this is no answer of findUsage: it has no usages")  # noqa: TRY004 - as for other texts
    return found


def check_usages(answer: Mapping[str, object], verifier: Opener) -> Outcome:
    """Check every row of an answer.

    1. a key of the log signed the checkpoint  2. each row's proof leads from one subject of one
    entry to the signed root  3. the row has the number of that entry, and no entry stands twice
    for one subject  4. rows about the person, not the household, are about one person: as many
    tags as the key has had epochs.
    """
    rows = answer["usages"]
    assert isinstance(rows, list)  # noqa: S101 - `answer_in` looked
    checked = f"{len(rows):,} accesses"
    opened = signed_in(answer, verifier)
    if isinstance(opened, Problem):
        return Outcome(checked, problems=[opened])
    problems: list[Problem] = []
    seen: set[int] = set()
    tags: set[bytes] = set()
    for number, row in enumerate(rows, 1):
        proof = proof_of(row)
        if proof is None:
            problems.append(Problem(f"usage {number}", _NO_PROOF))
            continue
        place = f"entry {proof.index}"
        if not isinstance(row, Mapping) or row.get("index") != proof.index:
            problems.append(Problem(place, "is not the entry that the row names"))
        elif proof.index in seen:
            problems.append(Problem(place, "stands twice"))
        elif not _holds(proof, opened):
            what = "its proof does not lead from the subject to the signed root"
            problems.append(Problem(place, what))
        seen.add(proof.index)
        if isinstance(row, Mapping) and row.get("isHousehold") is False:
            tags.add(tag_of(proof))
    facts = {"log": opened.origin, "tree_size": opened.size, "tags": len(tags)}
    return Outcome(checked, facts, problems)


def signed_in(answer: Mapping[str, object], verifier: Opener) -> Checkpoint | Problem:
    """Return the checkpoint of an answer, or what is wrong with it."""
    try:
        return verifier.open(str(answer.get("checkpoint")))
    except InvalidNoteError as error:
        return Problem("checkpoint", str(error))


def proof_of(row: object) -> UsageProof | None:
    """Return the proof of a row; None where it has none that we know."""
    told = row.get("proof") if isinstance(row, Mapping) else None
    try:
        proof = msgspec.convert(told, UsageProof)
        tag_of(proof)
    except (msgspec.ValidationError, ValueError):
        return None
    return proof


def _holds(proof: UsageProof, opened: Checkpoint) -> bool:
    try:
        return proves(proof, opened.size, opened.root)
    except ValueError:
        return False
