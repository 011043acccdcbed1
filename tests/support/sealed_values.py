"""Every sealed value of a database opened, and one of each kind that a made-up world lacks."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from hub.sealing.datakeys import DataKeys
from hub.sealing.keyring import Keyring
from hub.sealing.seals import aad_prefix, bytes_opener, seal
from hub.store.cursors import Cursor, move_cursor
from hub.store.database import Connection
from hub.store.intake import INTAKE_CELL, intake_owner, made_intake_key
from hub.store.outbox import Letter, write_letter
from hub.store.score_inputs import sealed_vector, write_vectors
from hub.store.sealed_places import OF_ROW, SealedTable, sealed_tables
from schema.catalogue import Catalogue

AT = datetime(2026, 11, 1, tzinfo=UTC)


async def opened_values(
    connection: Connection, catalogue: Catalogue, keyring: Keyring
) -> dict[tuple[object, ...], bytes]:
    """Return what every sealed value says, by table, column and the key of its row.

    Call it in one snapshot. What does not open, or has no key, raises.
    """
    keys = DataKeys(keyring, capacity=0)
    raw = {
        (row["department"], row["cell"], row["identity_id"]): keys.open(
            row["department"], row["key_version"], row["wrapped"], row["commitment"]
        )
        for row in await connection.fetch("select * from data_key")
    }
    found: dict[tuple[object, ...], bytes] = {}
    for sealed in sealed_tables(catalogue):
        for row in await connection.fetch(f"select * from {sealed.table}"):  # noqa: S608 - declared
            for column, group in sealed.columns.items():
                if row[column] is not None:
                    place = (sealed.table, column, *(row[name] for name in sealed.key))
                    found[place] = _opened(sealed, group, row, raw, row[column])
    return found


def _opened(sealed: SealedTable, group: str, row, raw, value: bytes) -> bytes:
    owner = row["department"] if sealed.owner is OF_ROW else sealed.owner
    dataset = row["dataset"] if sealed.dataset is OF_ROW else sealed.dataset
    cell, identity = INTAKE_CELL, intake_owner(owner)
    if sealed.identity is not None:
        cell, identity = row["cell"], row[sealed.identity]
    version = UUID(int=0) if sealed.version is None else row[sealed.version]
    opened = bytes_opener(owner, dataset, group)
    return opened(raw[owner, cell, identity], identity.bytes, version.bytes, value)


async def one_of_each_kind(connection: Connection, keyring: Keyring, department: str) -> None:
    """Add what a world lacks: words, what waits, a cursor, messages and vectors, by their writers.

    Of each identity of the department and of civil affairs, and of each household.
    """
    keys = DataKeys(keyring)
    rows = await connection.fetch(
        "select k.*, h.household_id from data_key k left join household h on h.cell = k.cell "
        "and h.household_id = k.identity_id where k.department in ($1, 'civil-affairs')",
        department,
    )
    for number, row in enumerate(rows):
        key = keys.open(row["department"], row["key_version"], row["wrapped"], row["commitment"])
        cell, identity = row["cell"], row["identity_id"]
        if row["household_id"] is not None:
            vector = sealed_vector(identity, key, b"vector")
            await write_vectors(connection, [((cell, identity), vector)], AT)
        elif row["department"] == "civil-affairs":
            letter = Letter(uuid4(), "receiver", number, "kind", cell, identity, b'{"a": 1}')
            await write_letter(connection, letter, key, AT)
        else:
            for known_to in ("infinity", "2026-11-02"):
                await _words(connection, department, key, row, known_to)
    intake = await made_intake_key(connection, keys, department)
    for _ in range(3):
        quarantine = uuid4()
        words = intake.seal("population", "intake", quarantine, ["key", {"a": "b"}, None, False])
        await _wait(connection, department, quarantine, words)
    await _wait(connection, department, uuid4(), None)
    await connection.execute(
        "insert into cursor (department, scope_revision, moved_at) values ($1, 1, $2)",
        department, AT,
    )  # fmt: skip
    await move_cursor(connection, intake, Cursor("2026-09-20 K1", 1), AT)


async def _words(connection: Connection, department: str, key: bytes, row, known_to: str) -> None:
    source, identity = uuid4(), row["identity_id"]
    prefix = aad_prefix(department, "population", "words")
    words = seal(key, prefix, identity.bytes, source.bytes, [{"XM": "some"}, None])
    await connection.execute(
        "insert into source_record (source_record_id, department, dataset, key_tag, content_tag, "  # noqa: S608
        "cell, identity_id, words, known_from, known_to, tag_version) "
        f"values ($1, $2, 'population', $3, $3, $4, $5, $6, $7, '{known_to}', 1)",
        source, department, source.bytes, row["cell"], identity, words, AT,
    )  # fmt: skip


async def _wait(connection: Connection, department: str, id_: UUID, words: bytes | None) -> None:
    await connection.execute(
        "insert into quarantine (quarantine_id, department, dataset, key_tag, content_tag, "
        "location, reasons, words, arrived_at, tag_version) "
        "values ($1, $2, 'population', $3, $3, 'here', '[]', $4, $5, 1)",
        id_, department, id_.bytes, words, AT,
    )  # fmt: skip
