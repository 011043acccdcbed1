WITH search_0 AS 
(SELECT alert.cell AS cell, alert.identity_id AS identity_id, alert.version_id AS version_id, alert.valid_from AS valid_from, alert.known_from AS known_from, alert.record_id AS record_id, alert.band AS band, alert.total AS total, alert.due_on AS due_on, household_place_1.region AS place_region 
FROM alert JOIN household_place AS household_place_1 ON household_place_1.cell = alert.cell AND household_place_1.household_id = alert.identity_id AND household_place_1.region LIKE ANY ($1::TEXT[]) AND household_place_1.valid_from <= $2::DATE AND household_place_1.valid_to > $2::DATE AND household_place_1.known_to = 'infinity'::timestamptz 
WHERE household_place_1.warned AND (household_place_1.region ~>=~ $3::VARCHAR) AND (household_place_1.region ~<~ $4::VARCHAR) AND alert.valid_from <= $2::DATE AND alert.valid_to > $2::DATE AND alert.known_to = 'infinity'::timestamptz AND alert.status != $5::VARCHAR AND ($6::TEXT[] IS NULL OR alert.band = ANY ($6::TEXT[])) AND ($7::TEXT[] IS NULL OR alert.status = ANY ($7::TEXT[])) AND ($8::VARCHAR IS NULL OR alert.assignee = $8::VARCHAR) AND ($9::INTEGER IS NULL OR coalesce(alert.total, $10::INTEGER) < $9::INTEGER OR coalesce(alert.total, $10::INTEGER) = $9::INTEGER AND alert.record_id > $11::UUID) ORDER BY coalesce(alert.total, $12::INTEGER) DESC, alert.record_id 
 LIMIT $13::INTEGER + $14::INTEGER), 
level_0 AS 
(SELECT anon_1.cell AS cell, anon_1.identity_id AS identity_id, anon_1.version_id AS version_id, anon_1.valid_from AS valid_from, anon_1.known_from AS known_from, anon_1.record_id AS record_id, anon_1.band AS band, anon_1.total AS total, anon_1.due_on AS due_on, anon_1.place_region AS place_region, anon_1.identity_id AS household_id, household_1.log_alias AS log_alias 
FROM (SELECT search_0.cell AS cell, search_0.identity_id AS identity_id, search_0.version_id AS version_id, search_0.valid_from AS valid_from, search_0.known_from AS known_from, search_0.record_id AS record_id, search_0.band AS band, search_0.total AS total, search_0.due_on AS due_on, search_0.place_region AS place_region 
FROM search_0 ORDER BY coalesce(search_0.total, $15::INTEGER) DESC, search_0.record_id 
 LIMIT $13::INTEGER) AS anon_1 JOIN household AS household_1 ON household_1.cell = anon_1.cell AND household_1.household_id = anon_1.identity_id), 
level_1 AS 
(SELECT score_1.cell AS cell, score_1.identity_id AS identity_id, score_1.version_id AS version_id, score_1.valid_from AS valid_from, score_1.known_from AS known_from, score_1.record_id AS record_id, score_1.coverage AS coverage, score_1.sealed_reasons AS sealed_reasons, data_key_1.key_version AS key_version, data_key_1.wrapped AS wrapped, data_key_1.commitment AS commitment 
FROM score AS score_1 LEFT OUTER JOIN data_key AS data_key_1 ON data_key_1.cell = score_1.cell AND data_key_1.identity_id = score_1.identity_id AND data_key_1.department = $17::VARCHAR 
WHERE score_1.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND score_1.identity_id = ANY (array((SELECT level_0.household_id 
FROM level_0))) AND score_1.valid_from <= $2::DATE AND score_1.valid_to > $2::DATE AND score_1.known_to = 'infinity'::timestamptz), 
level_2 AS 
(SELECT member_now_1.household_id AS parent, member_now_1.cell AS cell, member_now_1.person_id AS person_id, member_now_1.log_alias AS log_alias, member_now_1.relation AS relation 
FROM member_now AS member_now_1 
WHERE member_now_1.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND member_now_1.household_id = ANY (array((SELECT level_0.household_id 
FROM level_0))) AND member_now_1.valid_from <= $2::DATE AND member_now_1.valid_to > $2::DATE), 
links_2 AS 
(SELECT identity_now_1.cell AS cell, identity_now_1.department AS department, identity_now_1.identity_id AS identity_id, identity_now_1.person_id AS person_id, identity_now_1.key_version AS key_version, identity_now_1.wrapped AS wrapped, identity_now_1.commitment AS commitment 
FROM identity_now AS identity_now_1 
WHERE identity_now_1.cell = ANY (array((SELECT level_2.cell 
FROM level_2))) AND identity_now_1.household_id = ANY (array((SELECT level_2.parent 
FROM level_2))) AND identity_now_1.department = ANY ($18::TEXT[]) AND identity_now_1.valid_from <= $2::DATE AND identity_now_1.valid_to > $2::DATE), 
level_3 AS 
(SELECT population_1.cell AS cell, population_1.identity_id AS identity_id, population_1.version_id AS version_id, population_1.valid_from AS valid_from, population_1.known_from AS known_from, population_1.record_id AS record_id, population_1.sealed_who AS sealed_who, population_1.sealed_birth_year AS sealed_birth_year 
FROM population AS population_1 
WHERE population_1.cell = ANY (array((SELECT links_2.cell 
FROM links_2))) AND population_1.identity_id = ANY (array((SELECT links_2.identity_id 
FROM links_2))) AND population_1.valid_from <= $2::DATE AND population_1.valid_to > $2::DATE AND population_1.known_to = 'infinity'::timestamptz)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, level_0_arrays.identity_id, level_0_arrays.record_id, level_0_arrays.total, level_0_arrays.log_alias, level_0_arrays.band, level_0_arrays.due_on, level_0_arrays.place_region, search_0_arrays.record_id AS record_id_1, level_1_arrays.identity_id AS identity_id_1, level_1_arrays.version_id, level_1_arrays.coverage, level_1_arrays.sealed_reasons, level_1_arrays.key_version, level_1_arrays.wrapped, level_1_arrays.commitment, level_2_arrays.parent, level_2_arrays.person_id, level_2_arrays.log_alias AS log_alias_1, level_2_arrays.relation, links_2_arrays.identity_id AS identity_id_2, links_2_arrays.person_id AS person_id_1, links_2_arrays.key_version AS key_version_1, links_2_arrays.wrapped AS wrapped_1, links_2_arrays.commitment AS commitment_1, level_3_arrays.identity_id AS identity_id_3, level_3_arrays.version_id AS version_id_1, level_3_arrays.sealed_who, level_3_arrays.sealed_birth_year 
FROM (SELECT string_agg(uuid_send(level_0_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_0_arrays_rows.record_id), ''::bytea) AS record_id, array_agg(level_0_arrays_rows.total) AS total, array_agg(level_0_arrays_rows.log_alias) AS log_alias, array_agg(level_0_arrays_rows.band) AS band, array_agg(level_0_arrays_rows.due_on) AS due_on, array_agg(level_0_arrays_rows.place_region) AS place_region 
FROM (SELECT level_0.identity_id AS identity_id, level_0.record_id AS record_id, level_0.total AS total, level_0.log_alias AS log_alias, level_0.band AS band, level_0.due_on AS due_on, level_0.place_region AS place_region 
FROM level_0 ORDER BY coalesce(level_0.total, $16::INTEGER) DESC, level_0.record_id) AS level_0_arrays_rows) AS level_0_arrays JOIN (SELECT string_agg(uuid_send(search_0_arrays_rows.record_id), ''::bytea) AS record_id 
FROM (SELECT search_0.record_id AS record_id 
FROM search_0) AS search_0_arrays_rows) AS search_0_arrays ON true JOIN (SELECT string_agg(uuid_send(level_1_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_1_arrays_rows.version_id), ''::bytea) AS version_id, array_agg(level_1_arrays_rows.coverage) AS coverage, array_agg(level_1_arrays_rows.sealed_reasons) AS sealed_reasons, array_agg(level_1_arrays_rows.key_version) AS key_version, array_agg(level_1_arrays_rows.wrapped) AS wrapped, array_agg(level_1_arrays_rows.commitment) AS commitment 
FROM (SELECT level_1.identity_id AS identity_id, level_1.version_id AS version_id, level_1.coverage AS coverage, level_1.sealed_reasons AS sealed_reasons, level_1.key_version AS key_version, level_1.wrapped AS wrapped, level_1.commitment AS commitment 
FROM level_1 ORDER BY level_1.valid_from DESC, level_1.known_from DESC, level_1.version_id) AS level_1_arrays_rows) AS level_1_arrays ON true JOIN (SELECT string_agg(uuid_send(level_2_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_2_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_2_arrays_rows.log_alias) AS log_alias, array_agg(level_2_arrays_rows.relation) AS relation 
FROM (SELECT level_2.parent AS parent, level_2.person_id AS person_id, level_2.log_alias AS log_alias, level_2.relation AS relation 
FROM level_2 ORDER BY level_2.person_id) AS level_2_arrays_rows) AS level_2_arrays ON true JOIN (SELECT string_agg(uuid_send(links_2_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(links_2_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(links_2_arrays_rows.key_version) AS key_version, array_agg(links_2_arrays_rows.wrapped) AS wrapped, array_agg(links_2_arrays_rows.commitment) AS commitment 
FROM (SELECT links_2.identity_id AS identity_id, links_2.person_id AS person_id, links_2.key_version AS key_version, links_2.wrapped AS wrapped, links_2.commitment AS commitment 
FROM links_2) AS links_2_arrays_rows) AS links_2_arrays ON true JOIN (SELECT string_agg(uuid_send(level_3_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_3_arrays_rows.version_id), ''::bytea) AS version_id, array_agg(level_3_arrays_rows.sealed_who) AS sealed_who, array_agg(level_3_arrays_rows.sealed_birth_year) AS sealed_birth_year 
FROM (SELECT level_3.identity_id AS identity_id, level_3.version_id AS version_id, level_3.sealed_who AS sealed_who, level_3.sealed_birth_year AS sealed_birth_year 
FROM level_3 ORDER BY level_3.valid_from DESC, level_3.known_from DESC, level_3.version_id) AS level_3_arrays_rows) AS level_3_arrays ON true
