WITH search_0 AS 
(SELECT alert.cell AS cell, alert.identity_id AS identity_id, alert.version_id AS version_id, alert.valid_from AS valid_from, alert.record_id AS record_id, alert.band AS band, alert.total AS total, alert.due_on AS due_on, household_1.log_alias AS log_alias 
FROM alert JOIN household_place AS household_place_1 ON household_place_1.cell = alert.cell AND household_place_1.household_id = alert.identity_id AND household_place_1.region LIKE ANY ($1::TEXT[]) AND household_place_1.valid_from <= $2::DATE AND household_place_1.valid_to > $2::DATE AND household_place_1.known_from <= $3::TIMESTAMP WITH TIME ZONE AND household_place_1.known_to > $3::TIMESTAMP WITH TIME ZONE JOIN household AS household_1 ON household_1.cell = alert.cell AND household_1.household_id = alert.identity_id 
WHERE alert.valid_from <= $2::DATE AND alert.valid_to > $2::DATE AND alert.known_from <= $3::TIMESTAMP WITH TIME ZONE AND alert.known_to > $3::TIMESTAMP WITH TIME ZONE AND alert.status != $4::VARCHAR AND ($5::TEXT[] IS NULL OR alert.band = ANY ($5::TEXT[])) AND ($6::TEXT[] IS NULL OR alert.status = ANY ($6::TEXT[])) AND ($7::VARCHAR IS NULL OR alert.assignee = $7::VARCHAR) AND household_place_1.region LIKE $8::VARCHAR AND ($9::INTEGER IS NULL OR coalesce(alert.total, $10::INTEGER) < $9::INTEGER OR coalesce(alert.total, $10::INTEGER) = $9::INTEGER AND alert.record_id > $11::UUID) ORDER BY coalesce(alert.total, $12::INTEGER) DESC, alert.record_id 
 LIMIT $13::INTEGER + $14::INTEGER), 
level_0 AS 
(SELECT search_0.cell AS cell, search_0.identity_id AS identity_id, search_0.version_id AS version_id, search_0.valid_from AS valid_from, search_0.record_id AS record_id, search_0.band AS band, search_0.total AS total, search_0.due_on AS due_on, search_0.log_alias AS log_alias 
FROM search_0 ORDER BY coalesce(search_0.total, $15::INTEGER) DESC, search_0.record_id 
 LIMIT $13::INTEGER), 
level_1 AS 
(SELECT household_2.cell AS cell, household_2.household_id AS household_id, household_2.household_id AS parent, household_2.log_alias AS log_alias, household_place_2.region AS region 
FROM household AS household_2 JOIN household_place AS household_place_2 ON household_place_2.cell = household_2.cell AND household_place_2.household_id = household_2.household_id AND household_place_2.region LIKE ANY ($1::TEXT[]) AND household_place_2.valid_from <= $2::DATE AND household_place_2.valid_to > $2::DATE AND household_place_2.known_from <= $3::TIMESTAMP WITH TIME ZONE AND household_place_2.known_to > $3::TIMESTAMP WITH TIME ZONE 
WHERE household_2.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND household_2.household_id = ANY (array((SELECT level_0.identity_id 
FROM level_0)))), 
level_2 AS 
(SELECT DISTINCT ON (score_1.identity_id) score_1.identity_id AS parent, score_1.cell AS cell, score_1.identity_id AS identity_id, score_1.version_id AS version_id, score_1.valid_from AS valid_from, score_1.record_id AS record_id, score_1.coverage AS coverage, score_1.sealed_reasons AS sealed_reasons, data_key_1.key_version AS key_version, data_key_1.wrapped AS wrapped, data_key_1.commitment AS commitment 
FROM score AS score_1 LEFT OUTER JOIN data_key AS data_key_1 ON data_key_1.cell = score_1.cell AND data_key_1.identity_id = score_1.identity_id AND data_key_1.department = $17::VARCHAR 
WHERE score_1.cell = ANY (array((SELECT level_1.cell 
FROM level_1))) AND score_1.identity_id = ANY (array((SELECT level_1.household_id 
FROM level_1))) AND score_1.valid_from <= $2::DATE AND score_1.valid_to > $2::DATE AND score_1.known_from <= $3::TIMESTAMP WITH TIME ZONE AND score_1.known_to > $3::TIMESTAMP WITH TIME ZONE ORDER BY score_1.identity_id, score_1.valid_from DESC, score_1.known_from DESC, score_1.version_id), 
level_3 AS 
(SELECT membership_1.household_id AS parent, person_1.cell AS cell, person_1.person_id AS person_id, person_1.log_alias AS log_alias, membership_1.relation AS relation 
FROM membership AS membership_1 JOIN person AS person_1 ON person_1.cell = membership_1.cell AND person_1.person_id = membership_1.person_id 
WHERE membership_1.cell = ANY (array((SELECT level_1.cell 
FROM level_1))) AND membership_1.household_id = ANY (array((SELECT level_1.household_id 
FROM level_1))) AND membership_1.valid_from <= $2::DATE AND membership_1.valid_to > $2::DATE AND membership_1.known_from <= $3::TIMESTAMP WITH TIME ZONE AND membership_1.known_to > $3::TIMESTAMP WITH TIME ZONE), 
level_4 AS 
(SELECT DISTINCT ON (link_1.person_id) link_1.person_id AS parent, population_1.cell AS cell, population_1.identity_id AS identity_id, population_1.version_id AS version_id, population_1.valid_from AS valid_from, population_1.record_id AS record_id, population_1.sealed_who AS sealed_who, population_1.sealed_birth_year AS sealed_birth_year, data_key_2.key_version AS key_version, data_key_2.wrapped AS wrapped, data_key_2.commitment AS commitment 
FROM link AS link_1 JOIN population AS population_1 ON population_1.cell = link_1.cell AND population_1.identity_id = link_1.identity_id LEFT OUTER JOIN data_key AS data_key_2 ON data_key_2.cell = population_1.cell AND data_key_2.identity_id = population_1.identity_id AND data_key_2.department = $18::VARCHAR 
WHERE link_1.cell = ANY (array((SELECT level_3.cell 
FROM level_3))) AND link_1.person_id = ANY (array((SELECT level_3.person_id 
FROM level_3))) AND link_1.valid_from <= $2::DATE AND link_1.valid_to > $2::DATE AND link_1.known_from <= $3::TIMESTAMP WITH TIME ZONE AND link_1.known_to > $3::TIMESTAMP WITH TIME ZONE AND population_1.valid_from <= $2::DATE AND population_1.valid_to > $2::DATE AND population_1.known_from <= $3::TIMESTAMP WITH TIME ZONE AND population_1.known_to > $3::TIMESTAMP WITH TIME ZONE ORDER BY link_1.person_id, population_1.valid_from DESC, population_1.known_from DESC, population_1.version_id)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, l0.identity_id, l0.version_id, l0.record_id, l0.total, l0.log_alias, l0.band, l0.due_on, s0.record_id AS record_id_1, l1.parent, l1.household_id, l1.log_alias AS log_alias_1, l1.region, l2.parent AS parent_1, l2.identity_id AS identity_id_1, l2.version_id AS version_id_1, l2.coverage, l2.sealed_reasons, l2.key_version, l2.wrapped, l2.commitment, l3.parent AS parent_2, l3.person_id, l3.log_alias AS log_alias_2, l3.relation, l4.parent AS parent_3, l4.identity_id AS identity_id_2, l4.version_id AS version_id_2, l4.sealed_who, l4.sealed_birth_year, l4.key_version AS key_version_1, l4.wrapped AS wrapped_1, l4.commitment AS commitment_1 
FROM (SELECT array_agg(l0_rows.identity_id) AS identity_id, array_agg(l0_rows.version_id) AS version_id, array_agg(l0_rows.record_id) AS record_id, array_agg(l0_rows.total) AS total, array_agg(l0_rows.log_alias) AS log_alias, array_agg(l0_rows.band) AS band, array_agg(l0_rows.due_on) AS due_on 
FROM (SELECT level_0.identity_id AS identity_id, level_0.version_id AS version_id, level_0.record_id AS record_id, level_0.total AS total, level_0.log_alias AS log_alias, level_0.band AS band, level_0.due_on AS due_on 
FROM level_0 ORDER BY coalesce(level_0.total, $16::INTEGER) DESC, level_0.record_id) AS l0_rows) AS l0 JOIN (SELECT array_agg(s0_rows.record_id) AS record_id 
FROM (SELECT search_0.record_id AS record_id 
FROM search_0) AS s0_rows) AS s0 ON true JOIN (SELECT array_agg(l1_rows.parent) AS parent, array_agg(l1_rows.household_id) AS household_id, array_agg(l1_rows.log_alias) AS log_alias, array_agg(l1_rows.region) AS region 
FROM (SELECT level_1.parent AS parent, level_1.household_id AS household_id, level_1.log_alias AS log_alias, level_1.region AS region 
FROM level_1 ORDER BY level_1.household_id) AS l1_rows) AS l1 ON true JOIN (SELECT array_agg(l2_rows.parent) AS parent, array_agg(l2_rows.identity_id) AS identity_id, array_agg(l2_rows.version_id) AS version_id, array_agg(l2_rows.coverage) AS coverage, array_agg(l2_rows.sealed_reasons) AS sealed_reasons, array_agg(l2_rows.key_version) AS key_version, array_agg(l2_rows.wrapped) AS wrapped, array_agg(l2_rows.commitment) AS commitment 
FROM (SELECT level_2.parent AS parent, level_2.identity_id AS identity_id, level_2.version_id AS version_id, level_2.coverage AS coverage, level_2.sealed_reasons AS sealed_reasons, level_2.key_version AS key_version, level_2.wrapped AS wrapped, level_2.commitment AS commitment 
FROM level_2 ORDER BY level_2.parent, level_2.valid_from, level_2.record_id) AS l2_rows) AS l2 ON true JOIN (SELECT array_agg(l3_rows.parent) AS parent, array_agg(l3_rows.person_id) AS person_id, array_agg(l3_rows.log_alias) AS log_alias, array_agg(l3_rows.relation) AS relation 
FROM (SELECT level_3.parent AS parent, level_3.person_id AS person_id, level_3.log_alias AS log_alias, level_3.relation AS relation 
FROM level_3 ORDER BY level_3.parent, level_3.person_id) AS l3_rows) AS l3 ON true JOIN (SELECT array_agg(l4_rows.parent) AS parent, array_agg(l4_rows.identity_id) AS identity_id, array_agg(l4_rows.version_id) AS version_id, array_agg(l4_rows.sealed_who) AS sealed_who, array_agg(l4_rows.sealed_birth_year) AS sealed_birth_year, array_agg(l4_rows.key_version) AS key_version, array_agg(l4_rows.wrapped) AS wrapped, array_agg(l4_rows.commitment) AS commitment 
FROM (SELECT level_4.parent AS parent, level_4.identity_id AS identity_id, level_4.version_id AS version_id, level_4.sealed_who AS sealed_who, level_4.sealed_birth_year AS sealed_birth_year, level_4.key_version AS key_version, level_4.wrapped AS wrapped, level_4.commitment AS commitment 
FROM level_4 ORDER BY level_4.parent, level_4.valid_from, level_4.record_id) AS l4_rows) AS l4 ON true
