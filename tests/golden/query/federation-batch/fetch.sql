WITH search_0 AS 
(SELECT person.cell AS cell, person.person_id AS person_id 
FROM person 
WHERE person.person_id = ANY ($1::UUID[])), 
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
(SELECT DISTINCT ON (link_1.person_id) link_1.person_id AS parent, population_1.cell AS cell, population_1.identity_id AS identity_id, population_1.version_id AS version_id, population_1.valid_from AS valid_from, population_1.record_id AS record_id, population_1.sealed_who AS sealed_who, data_key_1.key_version AS key_version, data_key_1.wrapped AS wrapped, data_key_1.commitment AS commitment 
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
(SELECT household.cell AS cell, household.household_id AS household_id 
FROM household 
WHERE household.household_id = ANY ($9::UUID[])), 
level_3 AS 
(SELECT household_2.cell AS cell, household_2.household_id AS household_id, household_2.household_id AS parent, household_2.log_alias AS log_alias, household_place_3.region AS region 
FROM household AS household_2 JOIN household_place AS household_place_3 ON household_place_3.cell = household_2.cell AND household_place_3.household_id = household_2.household_id AND household_place_3.region LIKE ANY ($3::TEXT[]) AND household_place_3.valid_from <= $7::DATE AND household_place_3.valid_to > $7::DATE AND household_place_3.known_from <= $8::TIMESTAMP WITH TIME ZONE AND household_place_3.known_to > $8::TIMESTAMP WITH TIME ZONE 
WHERE household_2.cell = ANY (array((SELECT search_1.cell 
FROM search_1))) AND household_2.household_id = ANY (array((SELECT search_1.household_id 
FROM search_1)))), 
level_4 AS 
(SELECT DISTINCT ON (score_1.identity_id) score_1.identity_id AS parent, score_1.cell AS cell, score_1.identity_id AS identity_id, score_1.version_id AS version_id, score_1.valid_from AS valid_from, score_1.record_id AS record_id, score_1.band AS band 
FROM score AS score_1 
WHERE score_1.cell = ANY (array((SELECT level_3.cell 
FROM level_3))) AND score_1.identity_id = ANY (array((SELECT level_3.household_id 
FROM level_3))) AND score_1.valid_from <= $7::DATE AND score_1.valid_to > $7::DATE AND score_1.known_from <= $8::TIMESTAMP WITH TIME ZONE AND score_1.known_to > $8::TIMESTAMP WITH TIME ZONE ORDER BY score_1.identity_id, score_1.valid_from DESC, score_1.known_from DESC, score_1.version_id), 
level_5 AS 
(SELECT membership_3.household_id AS parent, person_1.cell AS cell, person_1.person_id AS person_id, person_1.log_alias AS log_alias, membership_3.relation AS relation 
FROM membership AS membership_3 JOIN person AS person_1 ON person_1.cell = membership_3.cell AND person_1.person_id = membership_3.person_id 
WHERE membership_3.cell = ANY (array((SELECT level_3.cell 
FROM level_3))) AND membership_3.household_id = ANY (array((SELECT level_3.household_id 
FROM level_3))) AND membership_3.valid_from <= $7::DATE AND membership_3.valid_to > $7::DATE AND membership_3.known_from <= $8::TIMESTAMP WITH TIME ZONE AND membership_3.known_to > $8::TIMESTAMP WITH TIME ZONE)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, l0.person_id, l0.log_alias, s0.person_id AS person_id_1, l1.parent, l1.identity_id, l1.version_id, l1.sealed_who, l1.key_version, l1.wrapped, l1.commitment, l2.parent AS parent_1, l2.household_id, l2.log_alias AS log_alias_1, l2.region, l3.household_id AS household_id_1, l3.log_alias AS log_alias_2, l3.region AS region_1, s1.household_id AS household_id_2, l4.parent AS parent_2, l4.identity_id AS identity_id_1, l4.version_id AS version_id_1, l4.band, l5.parent AS parent_3, l5.person_id AS person_id_2, l5.log_alias AS log_alias_3, l5.relation 
FROM (SELECT array_agg(l0_rows.person_id) AS person_id, array_agg(l0_rows.log_alias) AS log_alias 
FROM (SELECT level_0.person_id AS person_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.person_id) AS l0_rows) AS l0 JOIN (SELECT array_agg(s0_rows.person_id) AS person_id 
FROM (SELECT search_0.person_id AS person_id 
FROM search_0) AS s0_rows) AS s0 ON true JOIN (SELECT array_agg(l1_rows.parent) AS parent, array_agg(l1_rows.identity_id) AS identity_id, array_agg(l1_rows.version_id) AS version_id, array_agg(l1_rows.sealed_who) AS sealed_who, array_agg(l1_rows.key_version) AS key_version, array_agg(l1_rows.wrapped) AS wrapped, array_agg(l1_rows.commitment) AS commitment 
FROM (SELECT level_1.parent AS parent, level_1.identity_id AS identity_id, level_1.version_id AS version_id, level_1.sealed_who AS sealed_who, level_1.key_version AS key_version, level_1.wrapped AS wrapped, level_1.commitment AS commitment 
FROM level_1 ORDER BY level_1.parent, level_1.valid_from, level_1.record_id) AS l1_rows) AS l1 ON true JOIN (SELECT array_agg(l2_rows.parent) AS parent, array_agg(l2_rows.household_id) AS household_id, array_agg(l2_rows.log_alias) AS log_alias, array_agg(l2_rows.region) AS region 
FROM (SELECT level_2.parent AS parent, level_2.household_id AS household_id, level_2.log_alias AS log_alias, level_2.region AS region 
FROM level_2 ORDER BY level_2.parent) AS l2_rows) AS l2 ON true JOIN (SELECT array_agg(l3_rows.household_id) AS household_id, array_agg(l3_rows.log_alias) AS log_alias, array_agg(l3_rows.region) AS region 
FROM (SELECT level_3.household_id AS household_id, level_3.log_alias AS log_alias, level_3.region AS region 
FROM level_3 ORDER BY level_3.household_id) AS l3_rows) AS l3 ON true JOIN (SELECT array_agg(s1_rows.household_id) AS household_id 
FROM (SELECT search_1.household_id AS household_id 
FROM search_1) AS s1_rows) AS s1 ON true JOIN (SELECT array_agg(l4_rows.parent) AS parent, array_agg(l4_rows.identity_id) AS identity_id, array_agg(l4_rows.version_id) AS version_id, array_agg(l4_rows.band) AS band 
FROM (SELECT level_4.parent AS parent, level_4.identity_id AS identity_id, level_4.version_id AS version_id, level_4.band AS band 
FROM level_4 ORDER BY level_4.parent, level_4.valid_from, level_4.record_id) AS l4_rows) AS l4 ON true JOIN (SELECT array_agg(l5_rows.parent) AS parent, array_agg(l5_rows.person_id) AS person_id, array_agg(l5_rows.log_alias) AS log_alias, array_agg(l5_rows.relation) AS relation 
FROM (SELECT level_5.parent AS parent, level_5.person_id AS person_id, level_5.log_alias AS log_alias, level_5.relation AS relation 
FROM level_5 ORDER BY level_5.parent, level_5.person_id) AS l5_rows) AS l5 ON true
