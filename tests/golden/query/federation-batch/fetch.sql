WITH search_0 AS 
(SELECT known_person.cell AS cell, known_person.person_id AS person_id 
FROM known_person 
WHERE known_person.person_id = ANY ($3::UUID[])), 
level_0 AS 
(SELECT DISTINCT ON (member_now_1.person_id) member_now_1.cell AS cell, member_now_1.person_id AS person_id, member_now_1.log_alias AS log_alias, member_now_1.household_id AS household_id, anon_1.region AS region 
FROM member_now AS member_now_1 JOIN LATERAL (SELECT household_place_1.region AS region 
FROM household_place AS household_place_1 
WHERE household_place_1.cell = member_now_1.cell AND household_place_1.household_id = member_now_1.household_id AND household_place_1.region LIKE ANY ($1::TEXT[]) AND household_place_1.valid_from <= $2::DATE AND household_place_1.valid_to > $2::DATE AND household_place_1.known_to = 'infinity'::timestamptz
 LIMIT ALL OFFSET 0) AS anon_1 ON true 
WHERE member_now_1.cell = ANY (array((SELECT search_0.cell 
FROM search_0))) AND member_now_1.person_id = ANY (array((SELECT search_0.person_id 
FROM search_0))) AND member_now_1.valid_from <= $2::DATE AND member_now_1.valid_to > $2::DATE ORDER BY member_now_1.person_id, member_now_1.valid_from DESC, member_now_1.known_from DESC, member_now_1.version_id), 
links_0 AS 
(SELECT identity_now_1.cell AS cell, identity_now_1.department AS department, identity_now_1.identity_id AS identity_id, identity_now_1.person_id AS person_id, identity_now_1.key_version AS key_version, identity_now_1.wrapped AS wrapped, identity_now_1.commitment AS commitment 
FROM identity_now AS identity_now_1 
WHERE identity_now_1.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND identity_now_1.person_id = ANY (array((SELECT level_0.person_id 
FROM level_0))) AND identity_now_1.department = ANY ($4::TEXT[]) AND identity_now_1.valid_from <= $2::DATE AND identity_now_1.valid_to > $2::DATE), 
level_1 AS 
(SELECT population_1.cell AS cell, population_1.identity_id AS identity_id, population_1.version_id AS version_id, population_1.valid_from AS valid_from, population_1.known_from AS known_from, population_1.record_id AS record_id, population_1.sealed_who AS sealed_who 
FROM population AS population_1 
WHERE population_1.cell = ANY (array((SELECT links_0.cell 
FROM links_0))) AND population_1.identity_id = ANY (array((SELECT links_0.identity_id 
FROM links_0))) AND population_1.valid_from <= $2::DATE AND population_1.valid_to > $2::DATE AND population_1.known_to = 'infinity'::timestamptz), 
level_2 AS 
(SELECT level_0.person_id AS parent, household_1.cell AS cell, household_1.household_id AS household_id, household_1.log_alias AS log_alias, level_0.region AS region 
FROM level_0 JOIN household AS household_1 ON household_1.cell = level_0.cell AND household_1.household_id = level_0.household_id), 
search_1 AS 
(SELECT known_household.cell AS cell, known_household.household_id AS household_id 
FROM known_household 
WHERE known_household.household_id = ANY ($7::UUID[])), 
level_3 AS 
(SELECT household_2.cell AS cell, household_2.household_id AS household_id, household_2.household_id AS parent, household_2.log_alias AS log_alias, household_place_2.region AS region 
FROM household AS household_2 JOIN household_place AS household_place_2 ON household_place_2.cell = household_2.cell AND household_place_2.household_id = household_2.household_id AND household_place_2.region LIKE ANY ($5::TEXT[]) AND household_place_2.valid_from <= $6::DATE AND household_place_2.valid_to > $6::DATE AND household_place_2.known_to = 'infinity'::timestamptz 
WHERE household_2.cell = ANY (array((SELECT search_1.cell 
FROM search_1))) AND household_2.household_id = ANY (array((SELECT search_1.household_id 
FROM search_1)))), 
level_4 AS 
(SELECT score_1.cell AS cell, score_1.identity_id AS identity_id, score_1.version_id AS version_id, score_1.valid_from AS valid_from, score_1.known_from AS known_from, score_1.record_id AS record_id, score_1.band AS band 
FROM score AS score_1 
WHERE score_1.cell = ANY (array((SELECT level_3.cell 
FROM level_3))) AND score_1.identity_id = ANY (array((SELECT level_3.household_id 
FROM level_3))) AND score_1.valid_from <= $6::DATE AND score_1.valid_to > $6::DATE AND score_1.known_to = 'infinity'::timestamptz), 
level_5 AS 
(SELECT member_now_2.household_id AS parent, member_now_2.cell AS cell, member_now_2.person_id AS person_id, member_now_2.log_alias AS log_alias, member_now_2.relation AS relation 
FROM member_now AS member_now_2 
WHERE member_now_2.cell = ANY (array((SELECT level_3.cell 
FROM level_3))) AND member_now_2.household_id = ANY (array((SELECT level_3.household_id 
FROM level_3))) AND member_now_2.valid_from <= $6::DATE AND member_now_2.valid_to > $6::DATE)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, level_0_arrays.person_id, level_0_arrays.log_alias, search_0_arrays.person_id AS person_id_1, links_0_arrays.identity_id, links_0_arrays.person_id AS person_id_2, links_0_arrays.key_version, links_0_arrays.wrapped, links_0_arrays.commitment, level_1_arrays.identity_id AS identity_id_1, level_1_arrays.version_id, level_1_arrays.sealed_who, level_2_arrays.parent, level_2_arrays.household_id, level_2_arrays.log_alias AS log_alias_1, level_2_arrays.region, level_3_arrays.household_id AS household_id_1, level_3_arrays.log_alias AS log_alias_2, level_3_arrays.region AS region_1, search_1_arrays.household_id AS household_id_2, level_4_arrays.identity_id AS identity_id_2, level_4_arrays.band, level_5_arrays.parent AS parent_1, level_5_arrays.person_id AS person_id_3, level_5_arrays.log_alias AS log_alias_3, level_5_arrays.relation 
FROM (SELECT string_agg(uuid_send(level_0_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_0_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_0.person_id AS person_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.person_id) AS level_0_arrays_rows) AS level_0_arrays JOIN (SELECT string_agg(uuid_send(search_0_arrays_rows.person_id), ''::bytea) AS person_id 
FROM (SELECT search_0.person_id AS person_id 
FROM search_0) AS search_0_arrays_rows) AS search_0_arrays ON true JOIN (SELECT string_agg(uuid_send(links_0_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(links_0_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(links_0_arrays_rows.key_version) AS key_version, array_agg(links_0_arrays_rows.wrapped) AS wrapped, array_agg(links_0_arrays_rows.commitment) AS commitment 
FROM (SELECT links_0.identity_id AS identity_id, links_0.person_id AS person_id, links_0.key_version AS key_version, links_0.wrapped AS wrapped, links_0.commitment AS commitment 
FROM links_0) AS links_0_arrays_rows) AS links_0_arrays ON true JOIN (SELECT string_agg(uuid_send(level_1_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_1_arrays_rows.version_id), ''::bytea) AS version_id, array_agg(level_1_arrays_rows.sealed_who) AS sealed_who 
FROM (SELECT level_1.identity_id AS identity_id, level_1.version_id AS version_id, level_1.sealed_who AS sealed_who 
FROM level_1 ORDER BY level_1.valid_from DESC, level_1.known_from DESC, level_1.version_id) AS level_1_arrays_rows) AS level_1_arrays ON true JOIN (SELECT string_agg(uuid_send(level_2_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_2_arrays_rows.household_id), ''::bytea) AS household_id, array_agg(level_2_arrays_rows.log_alias) AS log_alias, array_agg(level_2_arrays_rows.region) AS region 
FROM (SELECT level_2.parent AS parent, level_2.household_id AS household_id, level_2.log_alias AS log_alias, level_2.region AS region 
FROM level_2) AS level_2_arrays_rows) AS level_2_arrays ON true JOIN (SELECT string_agg(uuid_send(level_3_arrays_rows.household_id), ''::bytea) AS household_id, array_agg(level_3_arrays_rows.log_alias) AS log_alias, array_agg(level_3_arrays_rows.region) AS region 
FROM (SELECT level_3.household_id AS household_id, level_3.log_alias AS log_alias, level_3.region AS region 
FROM level_3 ORDER BY level_3.household_id) AS level_3_arrays_rows) AS level_3_arrays ON true JOIN (SELECT string_agg(uuid_send(search_1_arrays_rows.household_id), ''::bytea) AS household_id 
FROM (SELECT search_1.household_id AS household_id 
FROM search_1) AS search_1_arrays_rows) AS search_1_arrays ON true JOIN (SELECT string_agg(uuid_send(level_4_arrays_rows.identity_id), ''::bytea) AS identity_id, array_agg(level_4_arrays_rows.band) AS band 
FROM (SELECT level_4.identity_id AS identity_id, level_4.band AS band 
FROM level_4 ORDER BY level_4.valid_from DESC, level_4.known_from DESC, level_4.version_id) AS level_4_arrays_rows) AS level_4_arrays ON true JOIN (SELECT string_agg(uuid_send(level_5_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_5_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_5_arrays_rows.log_alias) AS log_alias, array_agg(level_5_arrays_rows.relation) AS relation 
FROM (SELECT level_5.parent AS parent, level_5.person_id AS person_id, level_5.log_alias AS log_alias, level_5.relation AS relation 
FROM level_5 ORDER BY level_5.person_id) AS level_5_arrays_rows) AS level_5_arrays ON true
