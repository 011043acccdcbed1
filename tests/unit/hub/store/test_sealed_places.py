"""Every column of bytes is sealed in a declared place, or known to be none."""

import sqlalchemy as sa

from hub.store.sealed_places import OF_ROW, of_identities, sealed_tables
from hub.store.tables import all_tables
from schema.catalogue import Catalogue, Subject

CATALOGUE = Catalogue.discover()
TABLES = all_tables(CATALOGUE).tables
NOT_SEALED = {
    **dict.fromkeys(["tag", "jti_tag", "key_tag", "content_tag", "number_tag"], "a keyed tag"),
    "person_tag": "a keyed tag",
    "log_alias": "random, by which the log knows somebody",
    "wrapped": "a data key, wrapped",
    "commitment": "a digest of a random key",
}

UNDER_NO_DATA_KEY = {("asked_document", "sealed")}
"""Sealed, but for a replay: under a key of the hub (`hub.sealing.replay_seals`)."""


def test_a_column_of_bytes_is_sealed_or_says_nothing():
    declared = {(s.table, column) for s in sealed_tables(CATALOGUE) for column in s.columns}
    bytes_of = {
        (table.name, column.name)
        for table in TABLES.values()
        for column in table.columns
        if isinstance(column.type, sa.LargeBinary)
    }

    others = bytes_of - declared - UNDER_NO_DATA_KEY
    unknown = {place for place in others if place[1] not in NOT_SEALED}

    assert not unknown, "declare it in hub.store.sealed_places, or say here why it is not sealed"
    assert declared <= bytes_of


def test_what_is_declared_of_a_table_is_there():
    for sealed in sealed_tables(CATALOGUE):
        columns = TABLES[sealed.table].columns
        named = {*sealed.key, *sealed.columns, sealed.identity, sealed.version} - {None}
        if sealed.owner is OF_ROW:
            named.add("department")
        if sealed.dataset is OF_ROW:
            named.add("dataset")
        if sealed.identity is not None:
            named.add("cell")
        assert named <= set(columns.keys()), sealed.table
        assert set(sealed.key) == {c.name for c in TABLES[sealed.table].primary_key}, sealed.table


def test_what_is_about_households_alone_is_not_among_what_is_about_people():
    people = {s.table for s in of_identities(CATALOGUE, Subject.PERSON)}
    homes = {s.table for s in of_identities(CATALOGUE, Subject.HOUSEHOLD)}

    assert {"source_record", "outbox"} == people & homes
    assert {"score", "score_input", "alert"} <= homes - people
    assert {"population", "recognition"} <= people - homes
    assert not {"quarantine", "cursor"} & (people | homes)
