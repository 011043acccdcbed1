WITH search_0 AS 
(SELECT household.cell AS cell, household.household_id AS household_id 
FROM household 
WHERE household.household_id = $4::UUID), 
level_0 AS 
(SELECT household_1.cell AS cell, household_1.household_id AS household_id, household_1.household_id AS parent, household_1.log_alias AS log_alias 
FROM household AS household_1 JOIN household_place AS household_place_1 ON household_place_1.cell = household_1.cell AND household_place_1.household_id = household_1.household_id AND household_place_1.region LIKE ANY ($1::TEXT[]) AND household_place_1.valid_from <= $2::DATE AND household_place_1.valid_to > $2::DATE AND coalesce(household_place_1.known_from, household_place_1.known_from) <= $3::TIMESTAMP WITH TIME ZONE AND household_place_1.known_to > $3::TIMESTAMP WITH TIME ZONE 
WHERE household_1.cell = ANY (array((SELECT search_0.cell 
FROM search_0))) AND household_1.household_id = ANY (array((SELECT search_0.household_id 
FROM search_0)))), 
level_1 AS 
(SELECT membership_1.household_id AS parent, person_1.cell AS cell, person_1.person_id AS person_id, person_1.log_alias AS log_alias, membership_1.relation AS relation 
FROM membership AS membership_1 JOIN person AS person_1 ON person_1.cell = membership_1.cell AND person_1.person_id = membership_1.person_id 
WHERE membership_1.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND membership_1.household_id = ANY (array((SELECT level_0.household_id 
FROM level_0))) AND membership_1.valid_from <= $2::DATE AND membership_1.valid_to > $2::DATE AND coalesce(membership_1.known_from, membership_1.known_from) <= $3::TIMESTAMP WITH TIME ZONE AND membership_1.known_to > $3::TIMESTAMP WITH TIME ZONE), 
level_2 AS 
(SELECT membership_2.household_id AS parent, person_2.cell AS cell, person_2.person_id AS person_id, person_2.log_alias AS log_alias, membership_2.relation AS relation 
FROM membership AS membership_2 JOIN person AS person_2 ON person_2.cell = membership_2.cell AND person_2.person_id = membership_2.person_id 
WHERE membership_2.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND membership_2.household_id = ANY (array((SELECT level_0.household_id 
FROM level_0))) AND membership_2.valid_from <= $2::DATE AND membership_2.valid_to > $2::DATE AND coalesce(membership_2.known_from, membership_2.known_from) <= $3::TIMESTAMP WITH TIME ZONE AND membership_2.known_to > $3::TIMESTAMP WITH TIME ZONE), 
level_3 AS 
(SELECT membership_3.household_id AS parent, person_3.cell AS cell, person_3.person_id AS person_id, person_3.log_alias AS log_alias, membership_3.relation AS relation 
FROM membership AS membership_3 JOIN person AS person_3 ON person_3.cell = membership_3.cell AND person_3.person_id = membership_3.person_id 
WHERE membership_3.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND membership_3.household_id = ANY (array((SELECT level_0.household_id 
FROM level_0))) AND membership_3.valid_from <= $2::DATE AND membership_3.valid_to > $2::DATE AND coalesce(membership_3.known_from, membership_3.known_from) <= $3::TIMESTAMP WITH TIME ZONE AND membership_3.known_to > $3::TIMESTAMP WITH TIME ZONE)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, level_0_arrays.household_id, level_0_arrays.log_alias, search_0_arrays.household_id AS household_id_1, level_1_arrays.parent, level_1_arrays.person_id, level_1_arrays.log_alias AS log_alias_1, level_1_arrays.relation, level_2_arrays.parent AS parent_1, level_2_arrays.person_id AS person_id_1, level_2_arrays.log_alias AS log_alias_2, level_2_arrays.relation AS relation_1, level_3_arrays.parent AS parent_2, level_3_arrays.person_id AS person_id_2, level_3_arrays.log_alias AS log_alias_3, level_3_arrays.relation AS relation_2 
FROM (SELECT array_agg(level_0_arrays_rows.household_id) AS household_id, array_agg(level_0_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_0.household_id AS household_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.household_id) AS level_0_arrays_rows) AS level_0_arrays JOIN (SELECT array_agg(search_0_arrays_rows.household_id) AS household_id 
FROM (SELECT search_0.household_id AS household_id 
FROM search_0) AS search_0_arrays_rows) AS search_0_arrays ON true JOIN (SELECT array_agg(level_1_arrays_rows.parent) AS parent, array_agg(level_1_arrays_rows.person_id) AS person_id, array_agg(level_1_arrays_rows.log_alias) AS log_alias, array_agg(level_1_arrays_rows.relation) AS relation 
FROM (SELECT level_1.parent AS parent, level_1.person_id AS person_id, level_1.log_alias AS log_alias, level_1.relation AS relation 
FROM level_1 ORDER BY level_1.person_id) AS level_1_arrays_rows) AS level_1_arrays ON true JOIN (SELECT array_agg(level_2_arrays_rows.parent) AS parent, array_agg(level_2_arrays_rows.person_id) AS person_id, array_agg(level_2_arrays_rows.log_alias) AS log_alias, array_agg(level_2_arrays_rows.relation) AS relation 
FROM (SELECT level_2.parent AS parent, level_2.person_id AS person_id, level_2.log_alias AS log_alias, level_2.relation AS relation 
FROM level_2 ORDER BY level_2.person_id) AS level_2_arrays_rows) AS level_2_arrays ON true JOIN (SELECT array_agg(level_3_arrays_rows.parent) AS parent, array_agg(level_3_arrays_rows.person_id) AS person_id, array_agg(level_3_arrays_rows.log_alias) AS log_alias, array_agg(level_3_arrays_rows.relation) AS relation 
FROM (SELECT level_3.parent AS parent, level_3.person_id AS person_id, level_3.log_alias AS log_alias, level_3.relation AS relation 
FROM level_3 ORDER BY level_3.person_id) AS level_3_arrays_rows) AS level_3_arrays ON true
