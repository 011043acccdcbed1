"""Migrations and declarations together give exactly the tables that the code names."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

from hub.errors import SetupError
from hub.store.migrate import differences, migrate
from hub.store.revision import current_revision, newest_revision
from schema.catalogue import Catalogue, Field, Kind
from schema.catalogue import Classification as Class

pytestmark = [pytest.mark.anyio, pytest.mark.database]
BEFORE_SEALED_PLACES = """
update alembic_version set version_num = '0002';
drop trigger mark_warned on alert;
drop trigger place_warned on household_place;
alter table household_place drop column warned;
drop index ix_link_person;
alter table link drop column department;
create index ix_link_cell_person_id on link (cell, person_id);
alter table quarantine drop column person_tag;
drop table score_input;
drop table client;
drop table indicator, indicator_note, indicator_progress, indicator_seen, indicator_usual,
 indicator_reader, indicator_field_use, indicator_list, indicator_waiting, indicator_worked;
drop table asked_document, replay_request, log_stream;
drop table quota_window;
drop table key_floor;
drop table key_renewal;
alter table data_key drop column made_at;
drop index ix_source_record_identity_id;
drop table seal_break;
drop table shredding;
drop table legal_hold;
drop table token_revoked;
drop table person_session;
drop table case_act, case_now, case_subject;
drop table policy_proposal;
drop table sharing_act;
drop function tag_tag_version_above_floor, tag_key_version_above_floor cascade;
alter table identity drop column tag_version;
alter table household drop column tag_version;
alter table scope drop column tag_version;
alter table source_record drop column tag_version;
alter table quarantine drop column tag_version;
alter table assertion_seen drop column tag_version;
drop trigger policy_kept on policy_revision;
drop table policy_history;
drop function policy_kept, only_added, second_person;
alter table policy_revision drop column made_by, drop column why;
drop table member_now;
drop table identity_now;
drop trigger present_person_delete on person;
alter table cursor alter column position type text using null;
insert into cursor (department, position, scope_revision, moved_at)
values ('medical-insurance', '{"JSXX":["2026-09-20 09:02:03","JS1"]}', 1, now());
insert into source_record values
(gen_random_uuid(), 'medical-insurance', 'medical_settlement', '1', '1', '420106',
 gen_random_uuid(), '', '2026-09-20 01:02:03+00', now(), 'infinity'),
(gen_random_uuid(), 'public-security', 'population', '2', '2', '420106',
 gen_random_uuid(), '', '2026-09-20 01:02:03+00', now(), 'infinity');
insert into medical_settlement (cell, identity_id, version_id, record_id, source_time, valid_from,
 valid_to, known_from, known_to, sealed_settlement_number, sealed_visit, sealed_money,
 sealed_self_paid_band, sealed_major_disease)
values ('420106', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
 '2026-09-20 01:02:03+00', '2026-09-01', 'infinity', now(), 'infinity', '', '', '', '', '');
"""
"""Puts a database back to what it was, with a settlement that was changed on a day."""


async def test_a_migrated_database_equals_the_declared_tables(database):
    catalogue = Catalogue.discover()

    revision = await migrate(database, catalogue)

    assert revision == newest_revision()
    assert await differences(database, catalogue) == []


async def test_migrating_twice_changes_nothing(database):
    catalogue = Catalogue.discover()
    await migrate(database, catalogue)

    again = await migrate(database, catalogue)

    assert again == await current_revision(database)
    assert await differences(database, catalogue) == []


async def test_a_new_field_of_a_declaration_becomes_a_column(database):
    before = Catalogue.discover()
    await migrate(database, before)
    extra = Field("note", "备注", "remark", Kind.TEXT, Class.GENERAL)
    grown = [replace(d, fields=(*d.fields, extra)) if d.name == "population" else d for d in before]

    assert await differences(database, Catalogue(grown)) != []
    await migrate(database, Catalogue(grown))

    assert await differences(database, Catalogue(grown)) == []


async def test_a_declaration_that_changes_a_stored_type_is_refused_and_nothing_moves(database):
    before = Catalogue.discover()
    await migrate(database, before)
    turned = [
        replace(
            d,
            fields=tuple(
                replace(f, kind=Kind.INTEGER, codes=None) if f.name == "status" else f
                for f in d.fields
            ),
        )
        if d.name == "population"
        else d
        for d in before
    ]

    with pytest.raises(SetupError, match=r"population\.status"):
        await migrate(database, Catalogue(turned))

    assert await differences(database, before) == []


async def test_the_clock_of_known_times_has_one_row(database):
    await migrate(database, Catalogue.discover())
    connection = await asyncpg.connect(database)
    try:
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("insert into known_time values (true, now())")
        assert await connection.fetchval("select count(*) from known_time") == 1
    finally:
        await connection.close()


async def test_places_in_clear_are_forgotten_and_times_that_tell_a_sealed_day_are_cut(database):
    catalogue = Catalogue.discover()
    await migrate(database, catalogue)
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(BEFORE_SEALED_PLACES)
        await migrate(database, catalogue)

        places = await connection.fetch("select department, position from cursor")
        times = await connection.fetch("select source_time from medical_settlement")
        kept = await connection.fetch("select dataset, source_time from source_record")
    finally:
        await connection.close()
    month, exact = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 20, 1, 2, 3, tzinfo=UTC)
    assert [tuple(row) for row in places] == [("medical-insurance", None)]
    assert [tuple(row) for row in times] == [(month,)]
    assert dict(map(tuple, kept)) == {"medical_settlement": month, "population": exact}
    assert await differences(database, catalogue) == []


async def test_a_declared_index_that_is_missing_is_added(database):
    catalogue = Catalogue.discover()
    await migrate(database, catalogue)
    connection = await asyncpg.connect(database)
    await connection.execute("drop index ix_score_by_total_desc, ix_household_by_id")
    await connection.close()

    assert len(await differences(database, catalogue)) == 2
    await migrate(database, catalogue)

    assert await differences(database, catalogue) == []


BEFORE_DEPARTMENTS_ON_LINKS = """
insert into household_place (cell, household_id, version_id, region, valid_from, valid_to,
 known_from, known_to)
select '420106', home::uuid, gen_random_uuid(), '420106001001', '-infinity', 'infinity', now(),
 'infinity' from unnest(array['00000000-0000-4000-8000-000000000001',
                              '00000000-0000-4000-8000-000000000002']) home;
insert into alert (cell, identity_id, version_id, record_id, valid_from, valid_to, known_from,
 known_to) values ('420106', '00000000-0000-4000-8000-000000000001', gen_random_uuid(),
 gen_random_uuid(), '2026-09-01', 'infinity', now(), 'infinity');
insert into identity values
 ('420106', '00000000-0000-4000-8000-000000000003', 'tax', '1', now(), 1);
insert into link (cell, identity_id, version_id, person_id, evidence, certainty, valid_from,
 valid_to, known_from, known_to, department)
values ('420106', '00000000-0000-4000-8000-000000000003', gen_random_uuid(), gen_random_uuid(),
 'citizen-number', 100, '-infinity', 'infinity', now(), 'infinity', '');
update alembic_version set version_num = '0005';
drop table client;
drop table indicator, indicator_note, indicator_progress, indicator_seen, indicator_usual,
 indicator_reader, indicator_field_use, indicator_list, indicator_waiting, indicator_worked;
drop table asked_document, replay_request, log_stream;
drop table quota_window;
drop table key_floor;
drop table key_renewal;
alter table data_key drop column made_at;
drop index ix_source_record_identity_id;
drop table seal_break;
drop table shredding;
drop table legal_hold;
drop table token_revoked;
drop table person_session;
drop table case_act, case_now, case_subject;
drop table policy_proposal;
drop table sharing_act;
drop function tag_tag_version_above_floor, tag_key_version_above_floor cascade;
alter table identity drop column tag_version;
alter table household drop column tag_version;
alter table scope drop column tag_version;
alter table source_record drop column tag_version;
alter table quarantine drop column tag_version;
alter table assertion_seen drop column tag_version;
drop trigger policy_kept on policy_revision;
drop table policy_history;
drop function policy_kept, only_added, second_person;
alter table policy_revision drop column made_by, drop column why;
drop table member_now;
drop table identity_now;
drop trigger present_person_delete on person;
drop trigger present_link_update on link;
drop trigger mark_warned on alert;
drop trigger place_warned on household_place;
alter table household_place drop column warned;
drop index ix_link_person;
alter table link drop column department;
create index ix_link_cell_person_id on link (cell, person_id);
"""
WARNED = "select household_id, warned from household_place order by household_id, version_id"


async def test_links_learn_their_department_and_places_who_was_warned_about(database):
    catalogue = Catalogue.discover()
    await migrate(database, catalogue)
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(BEFORE_DEPARTMENTS_ON_LINKS)
        await migrate(database, catalogue)

        departments = await connection.fetch("select department from link")
        warned = await connection.fetch(WARNED)
    finally:
        await connection.close()
    assert [tuple(row) for row in departments] == [("tax",)]
    assert [row["warned"] for row in warned] == [True, False]
    assert await differences(database, catalogue) == []


ALERT = """
insert into alert (cell, identity_id, version_id, record_id, valid_from, valid_to, known_from,
 known_to) values ('420106', $1, gen_random_uuid(), gen_random_uuid(), '2026-09-01', 'infinity',
 now(), 'infinity')
"""
PLACE = """
insert into household_place (cell, household_id, version_id, region, valid_from, valid_to,
 known_from, known_to) values ('420106', $1, gen_random_uuid(), '420106001001', '-infinity',
 'infinity', now(), 'infinity')
"""


async def test_every_place_of_a_household_that_was_warned_about_says_so(database):
    await migrate(database, Catalogue.discover())
    warned, other = sorted(uuid4() for _ in range(2))
    connection = await asyncpg.connect(database)
    try:
        for home in (warned, other):
            await connection.execute(PLACE, home)
        await connection.execute(ALERT, warned)
        for home in (warned, other):
            await connection.execute(PLACE, home)
        found = await connection.fetch(WARNED)
    finally:
        await connection.close()

    assert [tuple(row) for row in found] == [
        (warned, True),
        (warned, True),
        (other, False),
        (other, False),
    ]
