WITH search_0 AS 
(SELECT person_tag.tag AS tag, person_tag.cell AS cell, person_tag.person_id AS person_id 
FROM person_tag 
WHERE person_tag.tag = ANY ($1::BYTEA[])), 
level_0 AS 
(SELECT person.cell AS cell, person.person_id AS person_id, person.log_alias AS log_alias 
FROM person 
WHERE person.cell = ANY (array((SELECT search_0.cell 
FROM search_0))) AND person.person_id = ANY (array((SELECT search_0.person_id 
FROM search_0))) AND (EXISTS (SELECT $2::INTEGER AS anon_1 
FROM membership AS membership_1 JOIN household_place AS household_place_1 ON household_place_1.cell = membership_1.cell AND household_place_1.household_id = membership_1.household_id AND household_place_1.region LIKE ANY ($3::TEXT[]) AND household_place_1.valid_from <= $4::DATE AND household_place_1.valid_to > $4::DATE AND household_place_1.known_from <= $5::TIMESTAMP WITH TIME ZONE AND household_place_1.known_to > $5::TIMESTAMP WITH TIME ZONE 
WHERE membership_1.cell = person.cell AND membership_1.person_id = person.person_id AND membership_1.valid_from <= $4::DATE AND membership_1.valid_to > $4::DATE AND membership_1.known_from <= $5::TIMESTAMP WITH TIME ZONE AND membership_1.known_to > $5::TIMESTAMP WITH TIME ZONE
 LIMIT ALL OFFSET 0))), 
level_1 AS 
(SELECT DISTINCT ON (link_1.person_id) link_1.person_id AS parent, population_1.cell AS cell, population_1.identity_id AS identity_id, population_1.version_id AS version_id, population_1.valid_from AS valid_from, population_1.record_id AS record_id, population_1.sealed_birth_year AS sealed_birth_year, data_key_1.key_version AS key_version, data_key_1.wrapped AS wrapped, data_key_1.commitment AS commitment 
FROM link AS link_1 JOIN population AS population_1 ON population_1.cell = link_1.cell AND population_1.identity_id = link_1.identity_id LEFT OUTER JOIN data_key AS data_key_1 ON data_key_1.cell = population_1.cell AND data_key_1.identity_id = population_1.identity_id AND data_key_1.department = $6::VARCHAR 
WHERE link_1.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND link_1.person_id = ANY (array((SELECT level_0.person_id 
FROM level_0))) AND link_1.valid_from <= $4::DATE AND link_1.valid_to > $4::DATE AND link_1.known_from <= $5::TIMESTAMP WITH TIME ZONE AND link_1.known_to > $5::TIMESTAMP WITH TIME ZONE AND population_1.valid_from <= $4::DATE AND population_1.valid_to > $4::DATE AND population_1.known_from <= $5::TIMESTAMP WITH TIME ZONE AND population_1.known_to > $5::TIMESTAMP WITH TIME ZONE ORDER BY link_1.person_id, population_1.valid_from DESC, population_1.known_from DESC, population_1.version_id), 
level_2 AS 
(SELECT DISTINCT ON (membership_2.person_id) membership_2.person_id AS parent, household_1.cell AS cell, household_1.household_id AS household_id, household_1.log_alias AS log_alias, household_place_2.region AS region 
FROM membership AS membership_2 JOIN household AS household_1 ON household_1.cell = membership_2.cell AND household_1.household_id = membership_2.household_id JOIN household_place AS household_place_2 ON household_place_2.cell = membership_2.cell AND household_place_2.household_id = membership_2.household_id AND household_place_2.region LIKE ANY ($3::TEXT[]) AND household_place_2.valid_from <= $4::DATE AND household_place_2.valid_to > $4::DATE AND household_place_2.known_from <= $5::TIMESTAMP WITH TIME ZONE AND household_place_2.known_to > $5::TIMESTAMP WITH TIME ZONE 
WHERE membership_2.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND membership_2.person_id = ANY (array((SELECT level_0.person_id 
FROM level_0))) AND membership_2.valid_from <= $4::DATE AND membership_2.valid_to > $4::DATE AND membership_2.known_from <= $5::TIMESTAMP WITH TIME ZONE AND membership_2.known_to > $5::TIMESTAMP WITH TIME ZONE ORDER BY membership_2.person_id, membership_2.valid_from DESC, membership_2.known_from DESC, membership_2.version_id), 
search_1 AS 
(SELECT alert.cell AS cell, alert.identity_id AS identity_id, alert.version_id AS version_id, alert.valid_from AS valid_from, alert.record_id AS record_id, alert.total AS total, household_2.log_alias AS log_alias 
FROM alert JOIN household_place AS household_place_3 ON household_place_3.cell = alert.cell AND household_place_3.household_id = alert.identity_id AND household_place_3.region LIKE ANY ($3::TEXT[]) AND household_place_3.valid_from <= $7::DATE AND household_place_3.valid_to > $7::DATE AND household_place_3.known_from <= $8::TIMESTAMP WITH TIME ZONE AND household_place_3.known_to > $8::TIMESTAMP WITH TIME ZONE JOIN household AS household_2 ON household_2.cell = alert.cell AND household_2.household_id = alert.identity_id 
WHERE alert.valid_from <= $7::DATE AND alert.valid_to > $7::DATE AND alert.known_from <= $8::TIMESTAMP WITH TIME ZONE AND alert.known_to > $8::TIMESTAMP WITH TIME ZONE AND alert.status != $9::VARCHAR AND ($10::TEXT[] IS NULL OR alert.band = ANY ($10::TEXT[])) AND ($11::TEXT[] IS NULL OR alert.status = ANY ($11::TEXT[])) AND ($12::VARCHAR IS NULL OR alert.assignee = $12::VARCHAR) AND household_place_3.region LIKE $13::VARCHAR AND ($14::INTEGER IS NULL OR coalesce(alert.total, $15::INTEGER) < $14::INTEGER OR coalesce(alert.total, $15::INTEGER) = $14::INTEGER AND alert.record_id > $16::UUID) ORDER BY coalesce(alert.total, $17::INTEGER) DESC, alert.record_id 
 LIMIT $18::INTEGER + $19::INTEGER), 
level_3 AS 
(SELECT search_1.cell AS cell, search_1.identity_id AS identity_id, search_1.version_id AS version_id, search_1.valid_from AS valid_from, search_1.record_id AS record_id, search_1.total AS total, search_1.log_alias AS log_alias 
FROM search_1 ORDER BY coalesce(search_1.total, $20::INTEGER) DESC, search_1.record_id 
 LIMIT $18::INTEGER), 
level_4 AS 
(SELECT household_3.cell AS cell, household_3.household_id AS household_id, household_3.household_id AS parent, household_3.log_alias AS log_alias 
FROM household AS household_3 JOIN household_place AS household_place_4 ON household_place_4.cell = household_3.cell AND household_place_4.household_id = household_3.household_id AND household_place_4.region LIKE ANY ($3::TEXT[]) AND household_place_4.valid_from <= $7::DATE AND household_place_4.valid_to > $7::DATE AND household_place_4.known_from <= $8::TIMESTAMP WITH TIME ZONE AND household_place_4.known_to > $8::TIMESTAMP WITH TIME ZONE 
WHERE household_3.cell = ANY (array((SELECT level_3.cell 
FROM level_3))) AND household_3.household_id = ANY (array((SELECT level_3.identity_id 
FROM level_3)))), 
level_5 AS 
(SELECT membership_3.household_id AS parent, person_1.cell AS cell, person_1.person_id AS person_id, person_1.log_alias AS log_alias, membership_3.relation AS relation 
FROM membership AS membership_3 JOIN person AS person_1 ON person_1.cell = membership_3.cell AND person_1.person_id = membership_3.person_id 
WHERE membership_3.cell = ANY (array((SELECT level_4.cell 
FROM level_4))) AND membership_3.household_id = ANY (array((SELECT level_4.household_id 
FROM level_4))) AND membership_3.valid_from <= $7::DATE AND membership_3.valid_to > $7::DATE AND membership_3.known_from <= $8::TIMESTAMP WITH TIME ZONE AND membership_3.known_to > $8::TIMESTAMP WITH TIME ZONE)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, l0.person_id, l0.log_alias, s0.tag, s0.person_id AS person_id_1, l1.parent, l1.identity_id, l1.version_id, l1.sealed_birth_year, l1.key_version, l1.wrapped, l1.commitment, l2.parent AS parent_1, l2.household_id, l2.log_alias AS log_alias_1, l2.region, l3.identity_id AS identity_id_1, l3.version_id AS version_id_1, l3.record_id, l3.total, l3.log_alias AS log_alias_2, s1.record_id AS record_id_1, l4.parent AS parent_2, l4.household_id AS household_id_1, l4.log_alias AS log_alias_3, l5.parent AS parent_3, l5.person_id AS person_id_2, l5.log_alias AS log_alias_4, l5.relation 
FROM (SELECT array_agg(l0_rows.person_id) AS person_id, array_agg(l0_rows.log_alias) AS log_alias 
FROM (SELECT level_0.person_id AS person_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.person_id) AS l0_rows) AS l0 JOIN (SELECT array_agg(s0_rows.tag) AS tag, array_agg(s0_rows.person_id) AS person_id 
FROM (SELECT search_0.tag AS tag, search_0.person_id AS person_id 
FROM search_0) AS s0_rows) AS s0 ON true JOIN (SELECT array_agg(l1_rows.parent) AS parent, array_agg(l1_rows.identity_id) AS identity_id, array_agg(l1_rows.version_id) AS version_id, array_agg(l1_rows.sealed_birth_year) AS sealed_birth_year, array_agg(l1_rows.key_version) AS key_version, array_agg(l1_rows.wrapped) AS wrapped, array_agg(l1_rows.commitment) AS commitment 
FROM (SELECT level_1.parent AS parent, level_1.identity_id AS identity_id, level_1.version_id AS version_id, level_1.sealed_birth_year AS sealed_birth_year, level_1.key_version AS key_version, level_1.wrapped AS wrapped, level_1.commitment AS commitment 
FROM level_1 ORDER BY level_1.parent, level_1.valid_from, level_1.record_id) AS l1_rows) AS l1 ON true JOIN (SELECT array_agg(l2_rows.parent) AS parent, array_agg(l2_rows.household_id) AS household_id, array_agg(l2_rows.log_alias) AS log_alias, array_agg(l2_rows.region) AS region 
FROM (SELECT level_2.parent AS parent, level_2.household_id AS household_id, level_2.log_alias AS log_alias, level_2.region AS region 
FROM level_2 ORDER BY level_2.parent) AS l2_rows) AS l2 ON true JOIN (SELECT array_agg(l3_rows.identity_id) AS identity_id, array_agg(l3_rows.version_id) AS version_id, array_agg(l3_rows.record_id) AS record_id, array_agg(l3_rows.total) AS total, array_agg(l3_rows.log_alias) AS log_alias 
FROM (SELECT level_3.identity_id AS identity_id, level_3.version_id AS version_id, level_3.record_id AS record_id, level_3.total AS total, level_3.log_alias AS log_alias 
FROM level_3 ORDER BY coalesce(level_3.total, $21::INTEGER) DESC, level_3.record_id) AS l3_rows) AS l3 ON true JOIN (SELECT array_agg(s1_rows.record_id) AS record_id 
FROM (SELECT search_1.record_id AS record_id 
FROM search_1) AS s1_rows) AS s1 ON true JOIN (SELECT array_agg(l4_rows.parent) AS parent, array_agg(l4_rows.household_id) AS household_id, array_agg(l4_rows.log_alias) AS log_alias 
FROM (SELECT level_4.parent AS parent, level_4.household_id AS household_id, level_4.log_alias AS log_alias 
FROM level_4 ORDER BY level_4.household_id) AS l4_rows) AS l4 ON true JOIN (SELECT array_agg(l5_rows.parent) AS parent, array_agg(l5_rows.person_id) AS person_id, array_agg(l5_rows.log_alias) AS log_alias, array_agg(l5_rows.relation) AS relation 
FROM (SELECT level_5.parent AS parent, level_5.person_id AS person_id, level_5.log_alias AS log_alias, level_5.relation AS relation 
FROM level_5 ORDER BY level_5.parent, level_5.person_id) AS l5_rows) AS l5 ON true
