"""Where sealed values are: every table that holds some, and what each of them is bound to.

One declaration for whoever has to reach them all: destroying a person, sealing anew under another
data key, and looking for what should be sealed and is not. A test fails when a table gets a column
of bytes that is neither sealed in here nor known to be a tag, an alias or a key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from hub.store import outbox, score_inputs
from schema.catalogue import Catalogue, Subject

OF_ROW: Final = ""
"""The department or the dataset is the one that the row names, in the column of that name."""


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table with sealed values, and where its rows say what their associated data names."""

    table: str
    columns: Mapping[str, str]
    """Sealed column -> its group."""
    owner: str
    """The department whose data key seals; `OF_ROW`: the row's."""
    dataset: str
    """`OF_ROW`: the row's."""
    identity: str | None
    """The column with the id of the identity or household; None: the department's intake."""
    version: str | None
    """The column with the version's id; None: there is one version, and its id is all zeros."""
    key: tuple[str, ...]
    """The columns that name a row."""
    subject: Subject | None = None
    """Whose ids `identity` holds; None: both people's and households', or nobody's."""


_INTAKE: Final = (
    SealedTable(
        "quarantine", {"words": "intake"}, OF_ROW, OF_ROW, None, "quarantine_id", ("quarantine_id",)
    ),
    SealedTable("cursor", {"position": "position"}, OF_ROW, "cursor", None, None, ("department",)),
)
"""What belongs to no identity: the department's intake key seals it (`hub.store.intake`)."""
_FIXED: Final = (
    SealedTable(
        "source_record",
        {"words": "words"},
        OF_ROW,
        OF_ROW,
        "identity_id",
        "source_record_id",
        ("source_record_id",),
    ),
    SealedTable(
        "outbox",
        {"payload": "payload"},
        outbox.OWNER,
        "outbox",
        "identity_id",
        "message_id",
        ("message_id",),
    ),
    SealedTable(
        "score_input",
        {"sealed": "vector"},
        score_inputs.OWNER,
        "score_input",
        "household_id",
        "version_id",
        ("cell", "household_id"),
        Subject.HOUSEHOLD,
    ),
)


def sealed_tables(catalogue: Catalogue) -> tuple[SealedTable, ...]:
    """Return every table that holds sealed values."""
    return (*_FIXED, *_INTAKE, *_of_datasets(catalogue))


def of_identities(catalogue: Catalogue, subject: Subject) -> tuple[SealedTable, ...]:
    """Return the tables in which values about people, or about households, are under their ids."""
    return tuple(
        sealed
        for sealed in sealed_tables(catalogue)
        if sealed.identity is not None and sealed.subject in (subject, None)
    )


def _of_datasets(catalogue: Catalogue) -> Iterator[SealedTable]:
    for dataset in catalogue.stored:
        yield SealedTable(
            dataset.name,
            {f"sealed_{group}": group for group in dataset.groups},
            dataset.department,
            dataset.name,
            "identity_id",
            "version_id",
            ("cell", "identity_id", "version_id"),
            dataset.subject,
        )
