WITH named_case AS 
(SELECT CASE WHEN ($1::VARCHAR IS NOT NULL AND NOT ((case_now_1.officers @> CAST(ARRAY[$1::VARCHAR] AS TEXT[])) OR (case_now_1.roles @> CAST(ARRAY[$2::VARCHAR] AS TEXT[])))) THEN 'CASE_NOT_IN_CASELOAD' WHEN NOT ($3::VARCHAR = ANY (case_now_1.purposes)) THEN 'CASE_OTHER_PURPOSE' WHEN (NOT (case_now_1.opened_on <= $4::DATE AND (case_now_1.closed_on IS NULL OR case_now_1.closed_on > $4::DATE))) THEN 'CASE_CLOSED' ELSE 'open' END AS standing 
FROM case_now AS case_now_1 
WHERE case_now_1.department = $5::VARCHAR AND case_now_1.number = $6::VARCHAR), 
search_0 AS 
(SELECT person_tag.tag AS tag, person_tag.cell AS cell, person_tag.person_id AS person_id 
FROM person_tag 
WHERE person_tag.tag = ANY ($9::BYTEA[])), 
level_0 AS 
(SELECT DISTINCT ON (member_now_1.person_id) member_now_1.cell AS cell, member_now_1.person_id AS person_id, member_now_1.log_alias AS log_alias, member_now_1.household_id AS household_id, anon_1.region AS region 
FROM member_now AS member_now_1 JOIN LATERAL (SELECT household_place_1.region AS region 
FROM household_place AS household_place_1 
WHERE household_place_1.cell = member_now_1.cell AND household_place_1.household_id = member_now_1.household_id AND household_place_1.region LIKE ANY ($7::TEXT[]) AND household_place_1.valid_from <= $8::DATE AND household_place_1.valid_to > $8::DATE AND household_place_1.known_to = 'infinity'::timestamptz AND (EXISTS (SELECT 1 
FROM named_case 
WHERE named_case.standing = 'open'))
 LIMIT ALL OFFSET 0) AS anon_1 ON true 
WHERE member_now_1.cell = ANY (array((SELECT search_0.cell 
FROM search_0))) AND member_now_1.person_id = ANY (array((SELECT search_0.person_id 
FROM search_0))) AND member_now_1.valid_from <= $8::DATE AND member_now_1.valid_to > $8::DATE ORDER BY member_now_1.person_id, member_now_1.valid_from DESC, member_now_1.known_from DESC, member_now_1.version_id), 
links_0 AS 
(SELECT identity_now_1.cell AS cell, identity_now_1.department AS department, identity_now_1.identity_id AS identity_id, identity_now_1.person_id AS person_id, identity_now_1.key_version AS key_version, identity_now_1.wrapped AS wrapped, identity_now_1.commitment AS commitment 
FROM identity_now AS identity_now_1 
WHERE identity_now_1.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND identity_now_1.person_id = ANY (array((SELECT level_0.person_id 
FROM level_0))) AND identity_now_1.department = ANY ($10::TEXT[]) AND identity_now_1.valid_from <= $8::DATE AND identity_now_1.valid_to > $8::DATE), 
level_1 AS 
(SELECT population_1.cell AS cell, population_1.identity_id AS identity_id, population_1.version_id AS version_id, population_1.valid_from AS valid_from, population_1.known_from AS known_from, population_1.record_id AS record_id, population_1.sealed_birth_year AS sealed_birth_year 
FROM population AS population_1 
WHERE population_1.cell = ANY (array((SELECT links_0.cell 
FROM links_0))) AND population_1.identity_id = ANY (array((SELECT links_0.identity_id 
FROM links_0))) AND population_1.valid_from <= $8::DATE AND population_1.valid_to > $8::DATE AND population_1.known_to = 'infinity'::timestamptz), 
level_2 AS 
(SELECT level_0.person_id AS parent, household_1.cell AS cell, household_1.household_id AS household_id, household_1.log_alias AS log_alias, level_0.region AS region 
FROM level_0 JOIN household AS household_1 ON household_1.cell = level_0.cell AND household_1.household_id = level_0.household_id), 
search_1 AS 
(SELECT alert.cell AS cell, alert.identity_id AS identity_id, alert.version_id AS version_id, alert.valid_from AS valid_from, alert.known_from AS known_from, alert.record_id AS record_id, alert.total AS total, household_place_2.region AS place_region 
FROM alert JOIN household_place AS household_place_2 ON household_place_2.cell = alert.cell AND household_place_2.household_id = alert.identity_id AND household_place_2.region LIKE ANY ($11::TEXT[]) AND household_place_2.valid_from <= $12::DATE AND household_place_2.valid_to > $12::DATE AND household_place_2.known_to = 'infinity'::timestamptz AND (EXISTS (SELECT 1 
FROM named_case 
WHERE named_case.standing = 'open')) 
WHERE household_place_2.warned AND (household_place_2.region ~>=~ $13::VARCHAR) AND (household_place_2.region ~<~ $14::VARCHAR) AND alert.valid_from <= $12::DATE AND alert.valid_to > $12::DATE AND alert.known_to = 'infinity'::timestamptz AND alert.status != $15::VARCHAR AND ($16::TEXT[] IS NULL OR alert.band = ANY ($16::TEXT[])) AND ($17::TEXT[] IS NULL OR alert.status = ANY ($17::TEXT[])) AND ($18::VARCHAR IS NULL OR alert.assignee = $18::VARCHAR) AND ($19::INTEGER IS NULL OR coalesce(alert.total, $20::INTEGER) < $19::INTEGER OR coalesce(alert.total, $20::INTEGER) = $19::INTEGER AND alert.record_id > $21::UUID) ORDER BY coalesce(alert.total, $22::INTEGER) DESC, alert.record_id 
 LIMIT $23::INTEGER + $24::INTEGER), 
level_3 AS 
(SELECT anon_2.cell AS cell, anon_2.identity_id AS identity_id, anon_2.version_id AS version_id, anon_2.valid_from AS valid_from, anon_2.known_from AS known_from, anon_2.record_id AS record_id, anon_2.total AS total, anon_2.place_region AS place_region, anon_2.identity_id AS household_id, household_2.log_alias AS log_alias 
FROM (SELECT search_1.cell AS cell, search_1.identity_id AS identity_id, search_1.version_id AS version_id, search_1.valid_from AS valid_from, search_1.known_from AS known_from, search_1.record_id AS record_id, search_1.total AS total, search_1.place_region AS place_region 
FROM search_1 ORDER BY coalesce(search_1.total, $25::INTEGER) DESC, search_1.record_id 
 LIMIT $23::INTEGER) AS anon_2 JOIN household AS household_2 ON household_2.cell = anon_2.cell AND household_2.household_id = anon_2.identity_id), 
level_4 AS 
(SELECT member_now_2.household_id AS parent, member_now_2.cell AS cell, member_now_2.person_id AS person_id, member_now_2.log_alias AS log_alias, member_now_2.relation AS relation 
FROM member_now AS member_now_2 
WHERE member_now_2.cell = ANY (array((SELECT level_3.cell 
FROM level_3))) AND member_now_2.household_id = ANY (array((SELECT level_3.household_id 
FROM level_3))) AND member_now_2.valid_from <= $12::DATE AND member_now_2.valid_to > $12::DATE)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, (SELECT named_case.standing 
FROM named_case) AS standing, level_0_arrays.person_id, level_0_arrays.log_alias, search_0_arrays.tag, search_0_arrays.person_id AS person_id_1, links_0_arrays.identity_id, links_0_arrays.person_id AS person_id_2, links_0_arrays.key_version, links_0_arrays.wrapped, links_0_arrays.commitment, level_1_arrays.identity_id AS identity_id_1, level_1_arrays.version_id, level_1_arrays.sealed_birth_year, level_2_arrays.parent, level_2_arrays.household_id, level_2_arrays.log_alias AS log_alias_1, level_2_arrays.region, level_3_arrays.identity_id AS identity_id_2, level_3_arrays.record_id, level_3_arrays.total, level_3_arrays.log_alias AS log_alias_2, search_1_arrays.record_id AS record_id_1, level_4_arrays.parent AS parent_1, level_4_arrays.person_id AS person_id_3, level_4_arrays.log_alias AS log_alias_3, level_4_arrays.relation 
FROM (SELECT string_agg(uuid_send(level_0_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_0_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_0.person_id AS person_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.person_id) AS level_0_arrays_rows) AS level_0_arrays JOIN (SELECT array_agg(search_0_arrays_rows.tag) AS tag, string_agg(uuid_send(search_0_arrays_rows.person_id), ''::bytea) AS person_id 
FROM (SELECT search_0.tag AS tag, search_0.person_id AS person_id 
FROM search_0) AS search_0_arrays_rows) AS search_0_arrays ON true JOIN (SELECT string_agg(uuid_send(links_0_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(links_0_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(links_0_arrays_rows.key_version) AS key_version, array_agg(links_0_arrays_rows.wrapped) AS wrapped, array_agg(links_0_arrays_rows.commitment) AS commitment 
FROM (SELECT links_0.identity_id AS identity_id, links_0.person_id AS person_id, links_0.key_version AS key_version, links_0.wrapped AS wrapped, links_0.commitment AS commitment 
FROM links_0) AS links_0_arrays_rows) AS links_0_arrays ON true JOIN (SELECT string_agg(uuid_send(level_1_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_1_arrays_rows.version_id), ''::bytea) AS version_id, array_agg(level_1_arrays_rows.sealed_birth_year) AS sealed_birth_year 
FROM (SELECT level_1.identity_id AS identity_id, level_1.version_id AS version_id, level_1.sealed_birth_year AS sealed_birth_year 
FROM level_1 ORDER BY level_1.valid_from DESC, level_1.known_from DESC, level_1.version_id) AS level_1_arrays_rows) AS level_1_arrays ON true JOIN (SELECT string_agg(uuid_send(level_2_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_2_arrays_rows.household_id), ''::bytea) AS household_id, array_agg(level_2_arrays_rows.log_alias) AS log_alias, array_agg(level_2_arrays_rows.region) AS region 
FROM (SELECT level_2.parent AS parent, level_2.household_id AS household_id, level_2.log_alias AS log_alias, level_2.region AS region 
FROM level_2) AS level_2_arrays_rows) AS level_2_arrays ON true JOIN (SELECT string_agg(uuid_send(level_3_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_3_arrays_rows.record_id), ''::bytea) AS record_id, array_agg(level_3_arrays_rows.total) AS total, array_agg(level_3_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_3.identity_id AS identity_id, level_3.record_id AS record_id, level_3.total AS total, level_3.log_alias AS log_alias 
FROM level_3 ORDER BY coalesce(level_3.total, $26::INTEGER) DESC, level_3.record_id) AS level_3_arrays_rows) AS level_3_arrays ON true JOIN (SELECT string_agg(uuid_send(search_1_arrays_rows.record_id), ''::bytea) AS record_id 
FROM (SELECT search_1.record_id AS record_id 
FROM search_1) AS search_1_arrays_rows) AS search_1_arrays ON true JOIN (SELECT string_agg(uuid_send(level_4_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_4_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_4_arrays_rows.log_alias) AS log_alias, array_agg(level_4_arrays_rows.relation) AS relation 
FROM (SELECT level_4.parent AS parent, level_4.person_id AS person_id, level_4.log_alias AS log_alias, level_4.relation AS relation 
FROM level_4 ORDER BY level_4.person_id) AS level_4_arrays_rows) AS level_4_arrays ON true
