WITH named_case AS 
(SELECT CASE WHEN ($1::VARCHAR IS NOT NULL AND NOT ((case_now_1.officers @> CAST(ARRAY[$1::VARCHAR] AS TEXT[])) OR (case_now_1.roles @> CAST(ARRAY[$2::VARCHAR] AS TEXT[])))) THEN 'CASE_NOT_IN_CASELOAD' WHEN NOT ($3::VARCHAR = ANY (case_now_1.purposes)) THEN 'CASE_OTHER_PURPOSE' WHEN (NOT (case_now_1.opened_on <= $4::DATE AND (case_now_1.closed_on IS NULL OR case_now_1.closed_on > $4::DATE))) THEN 'CASE_CLOSED' ELSE 'open' END AS standing 
FROM case_now AS case_now_1 
WHERE case_now_1.department = $5::VARCHAR AND case_now_1.number = $6::VARCHAR), 
search_0 AS 
(SELECT known_household.cell AS cell, known_household.household_id AS household_id 
FROM known_household 
WHERE known_household.household_id = $9::UUID), 
level_0 AS 
(SELECT household_1.cell AS cell, household_1.household_id AS household_id, household_1.household_id AS parent, household_1.log_alias AS log_alias 
FROM household AS household_1 JOIN household_place AS household_place_1 ON household_place_1.cell = household_1.cell AND household_place_1.household_id = household_1.household_id AND household_place_1.region LIKE ANY ($7::TEXT[]) AND household_place_1.valid_from <= $8::DATE AND household_place_1.valid_to > $8::DATE AND household_place_1.known_to = 'infinity'::timestamptz AND (EXISTS (SELECT 1 
FROM named_case 
WHERE named_case.standing = 'open')) 
WHERE household_1.cell = ANY (array((SELECT search_0.cell 
FROM search_0))) AND household_1.household_id = ANY (array((SELECT search_0.household_id 
FROM search_0)))), 
level_1 AS 
(SELECT member_now_1.household_id AS parent, member_now_1.cell AS cell, member_now_1.person_id AS person_id, member_now_1.log_alias AS log_alias, member_now_1.relation AS relation 
FROM member_now AS member_now_1 
WHERE member_now_1.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND member_now_1.household_id = ANY (array((SELECT level_0.household_id 
FROM level_0))) AND member_now_1.valid_from <= $8::DATE AND member_now_1.valid_to > $8::DATE), 
level_2 AS 
(SELECT member_now_2.household_id AS parent, member_now_2.cell AS cell, member_now_2.person_id AS person_id, member_now_2.log_alias AS log_alias, member_now_2.relation AS relation 
FROM member_now AS member_now_2 
WHERE member_now_2.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND member_now_2.household_id = ANY (array((SELECT level_0.household_id 
FROM level_0))) AND member_now_2.valid_from <= $8::DATE AND member_now_2.valid_to > $8::DATE), 
level_3 AS 
(SELECT member_now_3.household_id AS parent, member_now_3.cell AS cell, member_now_3.person_id AS person_id, member_now_3.log_alias AS log_alias, member_now_3.relation AS relation 
FROM member_now AS member_now_3 
WHERE member_now_3.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND member_now_3.household_id = ANY (array((SELECT level_0.household_id 
FROM level_0))) AND member_now_3.valid_from <= $8::DATE AND member_now_3.valid_to > $8::DATE)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, (SELECT named_case.standing 
FROM named_case) AS standing, level_0_arrays.household_id, level_0_arrays.log_alias, search_0_arrays.household_id AS household_id_1, level_1_arrays.parent, level_1_arrays.person_id, level_1_arrays.log_alias AS log_alias_1, level_1_arrays.relation, level_2_arrays.parent AS parent_1, level_2_arrays.person_id AS person_id_1, level_2_arrays.log_alias AS log_alias_2, level_2_arrays.relation AS relation_1, level_3_arrays.parent AS parent_2, level_3_arrays.person_id AS person_id_2, level_3_arrays.log_alias AS log_alias_3, level_3_arrays.relation AS relation_2 
FROM (SELECT string_agg(uuid_send(level_0_arrays_rows.household_id), ''::bytea) AS household_id, array_agg(level_0_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_0.household_id AS household_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.household_id) AS level_0_arrays_rows) AS level_0_arrays JOIN (SELECT string_agg(uuid_send(search_0_arrays_rows.household_id), ''::bytea) AS household_id 
FROM (SELECT search_0.household_id AS household_id 
FROM search_0) AS search_0_arrays_rows) AS search_0_arrays ON true JOIN (SELECT string_agg(uuid_send(level_1_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_1_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_1_arrays_rows.log_alias) AS log_alias, array_agg(level_1_arrays_rows.relation) AS relation 
FROM (SELECT level_1.parent AS parent, level_1.person_id AS person_id, level_1.log_alias AS log_alias, level_1.relation AS relation 
FROM level_1 ORDER BY level_1.person_id) AS level_1_arrays_rows) AS level_1_arrays ON true JOIN (SELECT string_agg(uuid_send(level_2_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_2_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_2_arrays_rows.log_alias) AS log_alias, array_agg(level_2_arrays_rows.relation) AS relation 
FROM (SELECT level_2.parent AS parent, level_2.person_id AS person_id, level_2.log_alias AS log_alias, level_2.relation AS relation 
FROM level_2 ORDER BY level_2.person_id) AS level_2_arrays_rows) AS level_2_arrays ON true JOIN (SELECT string_agg(uuid_send(level_3_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_3_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_3_arrays_rows.log_alias) AS log_alias, array_agg(level_3_arrays_rows.relation) AS relation 
FROM (SELECT level_3.parent AS parent, level_3.person_id AS person_id, level_3.log_alias AS log_alias, level_3.relation AS relation 
FROM level_3 ORDER BY level_3.person_id) AS level_3_arrays_rows) AS level_3_arrays ON true
