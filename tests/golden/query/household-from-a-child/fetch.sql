WITH named_case AS 
(SELECT CASE WHEN ($1::VARCHAR IS NOT NULL AND NOT ((case_now_1.officers @> CAST(ARRAY[$1::VARCHAR] AS TEXT[])) OR (case_now_1.roles @> CAST(ARRAY[$2::VARCHAR] AS TEXT[])))) THEN 'CASE_NOT_IN_CASELOAD' WHEN NOT ($3::VARCHAR = ANY (case_now_1.purposes)) THEN 'CASE_OTHER_PURPOSE' WHEN (NOT (case_now_1.opened_on <= $4::DATE AND (case_now_1.closed_on IS NULL OR case_now_1.closed_on > $4::DATE))) THEN 'CASE_CLOSED' ELSE 'open' END AS standing 
FROM case_now AS case_now_1 
WHERE case_now_1.department = $5::VARCHAR AND case_now_1.number = $6::VARCHAR)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, (SELECT named_case.standing 
FROM named_case) AS standing, search_0.household_id, level_0.household_id AS household_id_1, level_0.log_alias, level_1.parent, level_1.person_id, level_1.log_alias AS log_alias_1, level_1.relation, level_2.parent AS parent_1, level_2.person_id AS person_id_1, level_2.log_alias AS log_alias_2, level_2.relation AS relation_1, level_3.parent AS parent_2, level_3.person_id AS person_id_2, level_3.log_alias AS log_alias_3, level_3.relation AS relation_2 
FROM LATERAL (SELECT string_agg(uuid_send(search_0_rows.household_id), ''::bytea) AS household_id, array_agg(search_0_rows.cell) AS key_0, array_agg(search_0_rows.household_id) AS key_1 
FROM (SELECT search_0_found.household_id AS household_id, search_0_found.cell AS cell 
FROM (SELECT known_household.cell AS cell, known_household.household_id AS household_id 
FROM known_household 
WHERE known_household.household_id = $7::UUID) AS search_0_found) AS search_0_rows) AS search_0 JOIN LATERAL (SELECT string_agg(uuid_send(level_0_rows.household_id), ''::bytea) AS household_id, array_agg(level_0_rows.log_alias) AS log_alias, array_agg(level_0_rows.cell) AS key_0, array_agg(level_0_rows.household_id) AS key_1 
FROM (SELECT level_0_found.household_id AS household_id, level_0_found.log_alias AS log_alias, level_0_found.cell AS cell 
FROM (SELECT household_1.cell AS cell, household_1.household_id AS household_id, household_1.household_id AS parent, household_1.log_alias AS log_alias 
FROM household AS household_1 JOIN household_place AS household_place_1 ON household_place_1.cell = household_1.cell AND household_place_1.household_id = household_1.household_id AND household_place_1.region LIKE ANY ($8::TEXT[]) AND household_place_1.valid_from <= $9::DATE AND household_place_1.valid_to > $9::DATE AND household_place_1.known_to = 'infinity'::timestamptz AND (EXISTS (SELECT 1 
FROM named_case 
WHERE named_case.standing = 'open')) 
WHERE household_1.cell = ANY (search_0.key_0) AND household_1.household_id = ANY (search_0.key_1)) AS level_0_found ORDER BY level_0_found.household_id) AS level_0_rows) AS level_0 ON true JOIN LATERAL (SELECT string_agg(uuid_send(level_1_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_1_rows.person_id), ''::bytea) AS person_id, array_agg(level_1_rows.log_alias) AS log_alias, array_agg(level_1_rows.relation) AS relation 
FROM (SELECT level_1_found.parent AS parent, level_1_found.person_id AS person_id, level_1_found.log_alias AS log_alias, level_1_found.relation AS relation 
FROM (SELECT member_now_1.household_id AS parent, member_now_1.cell AS cell, member_now_1.person_id AS person_id, member_now_1.log_alias AS log_alias, member_now_1.relation AS relation 
FROM member_now AS member_now_1 
WHERE member_now_1.cell = ANY (level_0.key_0) AND member_now_1.household_id = ANY (level_0.key_1) AND member_now_1.valid_from <= $9::DATE AND member_now_1.valid_to > $9::DATE) AS level_1_found ORDER BY level_1_found.person_id) AS level_1_rows) AS level_1 ON true JOIN LATERAL (SELECT string_agg(uuid_send(level_2_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_2_rows.person_id), ''::bytea) AS person_id, array_agg(level_2_rows.log_alias) AS log_alias, array_agg(level_2_rows.relation) AS relation 
FROM (SELECT level_2_found.parent AS parent, level_2_found.person_id AS person_id, level_2_found.log_alias AS log_alias, level_2_found.relation AS relation 
FROM (SELECT member_now_2.household_id AS parent, member_now_2.cell AS cell, member_now_2.person_id AS person_id, member_now_2.log_alias AS log_alias, member_now_2.relation AS relation 
FROM member_now AS member_now_2 
WHERE member_now_2.cell = ANY (level_0.key_0) AND member_now_2.household_id = ANY (level_0.key_1) AND member_now_2.valid_from <= $9::DATE AND member_now_2.valid_to > $9::DATE) AS level_2_found ORDER BY level_2_found.person_id) AS level_2_rows) AS level_2 ON true JOIN LATERAL (SELECT string_agg(uuid_send(level_3_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_3_rows.person_id), ''::bytea) AS person_id, array_agg(level_3_rows.log_alias) AS log_alias, array_agg(level_3_rows.relation) AS relation 
FROM (SELECT level_3_found.parent AS parent, level_3_found.person_id AS person_id, level_3_found.log_alias AS log_alias, level_3_found.relation AS relation 
FROM (SELECT member_now_3.household_id AS parent, member_now_3.cell AS cell, member_now_3.person_id AS person_id, member_now_3.log_alias AS log_alias, member_now_3.relation AS relation 
FROM member_now AS member_now_3 
WHERE member_now_3.cell = ANY (level_0.key_0) AND member_now_3.household_id = ANY (level_0.key_1) AND member_now_3.valid_from <= $9::DATE AND member_now_3.valid_to > $9::DATE) AS level_3_found ORDER BY level_3_found.person_id) AS level_3_rows) AS level_3 ON true
