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
(SELECT membership_3.household_id AS parent, person_1.cell AS cell, person_1.person_id AS person_id, person_1.log_alias AS log_alias, membership_3.relation AS relation 
FROM membership AS membership_3 JOIN person AS person_1 ON person_1.cell = membership_3.cell AND person_1.person_id = membership_3.person_id 
WHERE membership_3.cell = ANY (array((SELECT level_3.cell 
FROM level_3))) AND membership_3.household_id = ANY (array((SELECT level_3.household_id 
FROM level_3))) AND membership_3.valid_from <= $7::DATE AND membership_3.valid_to > $7::DATE AND membership_3.known_from <= $8::TIMESTAMP WITH TIME ZONE AND membership_3.known_to > $8::TIMESTAMP WITH TIME ZONE), 
level_5 AS 
(SELECT DISTINCT ON (link_2.person_id) link_2.person_id AS parent, population_2.cell AS cell, population_2.identity_id AS identity_id, population_2.version_id AS version_id, population_2.valid_from AS valid_from, population_2.record_id AS record_id, population_2.sealed_who AS sealed_who, data_key_2.key_version AS key_version, data_key_2.wrapped AS wrapped, data_key_2.commitment AS commitment 
FROM link AS link_2 JOIN population AS population_2 ON population_2.cell = link_2.cell AND population_2.identity_id = link_2.identity_id LEFT OUTER JOIN data_key AS data_key_2 ON data_key_2.cell = population_2.cell AND data_key_2.identity_id = population_2.identity_id AND data_key_2.department = $10::VARCHAR 
WHERE link_2.cell = ANY (array((SELECT level_4.cell 
FROM level_4))) AND link_2.person_id = ANY (array((SELECT level_4.person_id 
FROM level_4))) AND link_2.valid_from <= $7::DATE AND link_2.valid_to > $7::DATE AND link_2.known_from <= $8::TIMESTAMP WITH TIME ZONE AND link_2.known_to > $8::TIMESTAMP WITH TIME ZONE AND population_2.valid_from <= $7::DATE AND population_2.valid_to > $7::DATE AND population_2.known_from <= $8::TIMESTAMP WITH TIME ZONE AND population_2.known_to > $8::TIMESTAMP WITH TIME ZONE ORDER BY link_2.person_id, population_2.valid_from DESC, population_2.known_from DESC, population_2.version_id), 
search_2 AS 
(SELECT person_tag.tag AS tag, person_tag.cell AS cell, person_tag.person_id AS person_id 
FROM person_tag 
WHERE person_tag.tag = ANY ($11::BYTEA[])), 
level_6 AS 
(SELECT person.cell AS cell, person.person_id AS person_id, person.log_alias AS log_alias 
FROM person 
WHERE person.cell = ANY (array((SELECT search_2.cell 
FROM search_2))) AND person.person_id = ANY (array((SELECT search_2.person_id 
FROM search_2))) AND (EXISTS (SELECT $12::INTEGER AS anon_2 
FROM membership AS membership_4 JOIN household_place AS household_place_4 ON household_place_4.cell = membership_4.cell AND household_place_4.household_id = membership_4.household_id AND household_place_4.region LIKE ANY ($3::TEXT[]) AND household_place_4.valid_from <= $13::DATE AND household_place_4.valid_to > $13::DATE AND household_place_4.known_from <= $14::TIMESTAMP WITH TIME ZONE AND household_place_4.known_to > $14::TIMESTAMP WITH TIME ZONE 
WHERE membership_4.cell = person.cell AND membership_4.person_id = person.person_id AND membership_4.valid_from <= $13::DATE AND membership_4.valid_to > $13::DATE AND membership_4.known_from <= $14::TIMESTAMP WITH TIME ZONE AND membership_4.known_to > $14::TIMESTAMP WITH TIME ZONE
 LIMIT ALL OFFSET 0))), 
level_7 AS 
(SELECT DISTINCT ON (link_3.person_id) link_3.person_id AS parent, population_3.cell AS cell, population_3.identity_id AS identity_id, population_3.version_id AS version_id, population_3.valid_from AS valid_from, population_3.record_id AS record_id, population_3.sealed_who AS sealed_who, data_key_3.key_version AS key_version, data_key_3.wrapped AS wrapped, data_key_3.commitment AS commitment 
FROM link AS link_3 JOIN population AS population_3 ON population_3.cell = link_3.cell AND population_3.identity_id = link_3.identity_id LEFT OUTER JOIN data_key AS data_key_3 ON data_key_3.cell = population_3.cell AND data_key_3.identity_id = population_3.identity_id AND data_key_3.department = $15::VARCHAR 
WHERE link_3.cell = ANY (array((SELECT level_6.cell 
FROM level_6))) AND link_3.person_id = ANY (array((SELECT level_6.person_id 
FROM level_6))) AND link_3.valid_from <= $13::DATE AND link_3.valid_to > $13::DATE AND link_3.known_from <= $14::TIMESTAMP WITH TIME ZONE AND link_3.known_to > $14::TIMESTAMP WITH TIME ZONE AND population_3.valid_from <= $13::DATE AND population_3.valid_to > $13::DATE AND population_3.known_from <= $14::TIMESTAMP WITH TIME ZONE AND population_3.known_to > $14::TIMESTAMP WITH TIME ZONE ORDER BY link_3.person_id, population_3.valid_from DESC, population_3.known_from DESC, population_3.version_id), 
level_8 AS 
(SELECT DISTINCT ON (membership_5.person_id) membership_5.person_id AS parent, household_3.cell AS cell, household_3.household_id AS household_id, household_3.log_alias AS log_alias, household_place_5.region AS region 
FROM membership AS membership_5 JOIN household AS household_3 ON household_3.cell = membership_5.cell AND household_3.household_id = membership_5.household_id JOIN household_place AS household_place_5 ON household_place_5.cell = membership_5.cell AND household_place_5.household_id = membership_5.household_id AND household_place_5.region LIKE ANY ($3::TEXT[]) AND household_place_5.valid_from <= $13::DATE AND household_place_5.valid_to > $13::DATE AND household_place_5.known_from <= $14::TIMESTAMP WITH TIME ZONE AND household_place_5.known_to > $14::TIMESTAMP WITH TIME ZONE 
WHERE membership_5.cell = ANY (array((SELECT level_6.cell 
FROM level_6))) AND membership_5.person_id = ANY (array((SELECT level_6.person_id 
FROM level_6))) AND membership_5.valid_from <= $13::DATE AND membership_5.valid_to > $13::DATE AND membership_5.known_from <= $14::TIMESTAMP WITH TIME ZONE AND membership_5.known_to > $14::TIMESTAMP WITH TIME ZONE ORDER BY membership_5.person_id, membership_5.valid_from DESC, membership_5.known_from DESC, membership_5.version_id), 
level_9 AS 
(SELECT membership_6.household_id AS parent, person_2.cell AS cell, person_2.person_id AS person_id, person_2.log_alias AS log_alias 
FROM membership AS membership_6 JOIN person AS person_2 ON person_2.cell = membership_6.cell AND person_2.person_id = membership_6.person_id 
WHERE membership_6.cell = ANY (array((SELECT level_8.cell 
FROM level_8))) AND membership_6.household_id = ANY (array((SELECT level_8.household_id 
FROM level_8))) AND membership_6.valid_from <= $13::DATE AND membership_6.valid_to > $13::DATE AND membership_6.known_from <= $14::TIMESTAMP WITH TIME ZONE AND membership_6.known_to > $14::TIMESTAMP WITH TIME ZONE), 
level_10 AS 
(SELECT DISTINCT ON (link_4.person_id) link_4.person_id AS parent, population_4.cell AS cell, population_4.identity_id AS identity_id, population_4.version_id AS version_id, population_4.valid_from AS valid_from, population_4.record_id AS record_id, population_4.sealed_who AS sealed_who, data_key_4.key_version AS key_version, data_key_4.wrapped AS wrapped, data_key_4.commitment AS commitment 
FROM link AS link_4 JOIN population AS population_4 ON population_4.cell = link_4.cell AND population_4.identity_id = link_4.identity_id LEFT OUTER JOIN data_key AS data_key_4 ON data_key_4.cell = population_4.cell AND data_key_4.identity_id = population_4.identity_id AND data_key_4.department = $16::VARCHAR 
WHERE link_4.cell = ANY (array((SELECT level_9.cell 
FROM level_9))) AND link_4.person_id = ANY (array((SELECT level_9.person_id 
FROM level_9))) AND link_4.valid_from <= $13::DATE AND link_4.valid_to > $13::DATE AND link_4.known_from <= $14::TIMESTAMP WITH TIME ZONE AND link_4.known_to > $14::TIMESTAMP WITH TIME ZONE AND population_4.valid_from <= $13::DATE AND population_4.valid_to > $13::DATE AND population_4.known_from <= $14::TIMESTAMP WITH TIME ZONE AND population_4.known_to > $14::TIMESTAMP WITH TIME ZONE ORDER BY link_4.person_id, population_4.valid_from DESC, population_4.known_from DESC, population_4.version_id)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, l0.person_id, l0.log_alias, s0.person_id AS person_id_1, l1.parent, l1.identity_id, l1.version_id, l1.record_id, l1.sealed_who, l1.key_version, l1.wrapped, l1.commitment, l2.parent AS parent_1, l2.household_id, l2.log_alias AS log_alias_1, l2.region, l3.household_id AS household_id_1, l3.log_alias AS log_alias_2, l3.region AS region_1, s1.household_id AS household_id_2, l4.parent AS parent_2, l4.person_id AS person_id_2, l4.log_alias AS log_alias_3, l4.relation, l5.parent AS parent_3, l5.identity_id AS identity_id_1, l5.version_id AS version_id_1, l5.record_id AS record_id_1, l5.sealed_who AS sealed_who_1, l5.key_version AS key_version_1, l5.wrapped AS wrapped_1, l5.commitment AS commitment_1, l6.person_id AS person_id_3, l6.log_alias AS log_alias_4, s2.tag, s2.person_id AS person_id_4, l7.parent AS parent_4, l7.identity_id AS identity_id_2, l7.version_id AS version_id_2, l7.record_id AS record_id_2, l7.sealed_who AS sealed_who_2, l7.key_version AS key_version_2, l7.wrapped AS wrapped_2, l7.commitment AS commitment_2, l8.parent AS parent_5, l8.household_id AS household_id_3, l8.log_alias AS log_alias_5, l8.region AS region_2, l9.parent AS parent_6, l9.person_id AS person_id_5, l9.log_alias AS log_alias_6, l10.parent AS parent_7, l10.identity_id AS identity_id_3, l10.version_id AS version_id_3, l10.record_id AS record_id_3, l10.sealed_who AS sealed_who_3, l10.key_version AS key_version_3, l10.wrapped AS wrapped_3, l10.commitment AS commitment_3 
FROM (SELECT array_agg(l0_rows.person_id) AS person_id, array_agg(l0_rows.log_alias) AS log_alias 
FROM (SELECT level_0.person_id AS person_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.person_id) AS l0_rows) AS l0 JOIN (SELECT array_agg(s0_rows.person_id) AS person_id 
FROM (SELECT search_0.person_id AS person_id 
FROM search_0) AS s0_rows) AS s0 ON true JOIN (SELECT array_agg(l1_rows.parent) AS parent, array_agg(l1_rows.identity_id) AS identity_id, array_agg(l1_rows.version_id) AS version_id, array_agg(l1_rows.record_id) AS record_id, array_agg(l1_rows.sealed_who) AS sealed_who, array_agg(l1_rows.key_version) AS key_version, array_agg(l1_rows.wrapped) AS wrapped, array_agg(l1_rows.commitment) AS commitment 
FROM (SELECT level_1.parent AS parent, level_1.identity_id AS identity_id, level_1.version_id AS version_id, level_1.record_id AS record_id, level_1.sealed_who AS sealed_who, level_1.key_version AS key_version, level_1.wrapped AS wrapped, level_1.commitment AS commitment 
FROM level_1 ORDER BY level_1.parent, level_1.valid_from, level_1.record_id) AS l1_rows) AS l1 ON true JOIN (SELECT array_agg(l2_rows.parent) AS parent, array_agg(l2_rows.household_id) AS household_id, array_agg(l2_rows.log_alias) AS log_alias, array_agg(l2_rows.region) AS region 
FROM (SELECT level_2.parent AS parent, level_2.household_id AS household_id, level_2.log_alias AS log_alias, level_2.region AS region 
FROM level_2 ORDER BY level_2.parent) AS l2_rows) AS l2 ON true JOIN (SELECT array_agg(l3_rows.household_id) AS household_id, array_agg(l3_rows.log_alias) AS log_alias, array_agg(l3_rows.region) AS region 
FROM (SELECT level_3.household_id AS household_id, level_3.log_alias AS log_alias, level_3.region AS region 
FROM level_3 ORDER BY level_3.household_id) AS l3_rows) AS l3 ON true JOIN (SELECT array_agg(s1_rows.household_id) AS household_id 
FROM (SELECT search_1.household_id AS household_id 
FROM search_1) AS s1_rows) AS s1 ON true JOIN (SELECT array_agg(l4_rows.parent) AS parent, array_agg(l4_rows.person_id) AS person_id, array_agg(l4_rows.log_alias) AS log_alias, array_agg(l4_rows.relation) AS relation 
FROM (SELECT level_4.parent AS parent, level_4.person_id AS person_id, level_4.log_alias AS log_alias, level_4.relation AS relation 
FROM level_4 ORDER BY level_4.parent, level_4.person_id) AS l4_rows) AS l4 ON true JOIN (SELECT array_agg(l5_rows.parent) AS parent, array_agg(l5_rows.identity_id) AS identity_id, array_agg(l5_rows.version_id) AS version_id, array_agg(l5_rows.record_id) AS record_id, array_agg(l5_rows.sealed_who) AS sealed_who, array_agg(l5_rows.key_version) AS key_version, array_agg(l5_rows.wrapped) AS wrapped, array_agg(l5_rows.commitment) AS commitment 
FROM (SELECT level_5.parent AS parent, level_5.identity_id AS identity_id, level_5.version_id AS version_id, level_5.record_id AS record_id, level_5.sealed_who AS sealed_who, level_5.key_version AS key_version, level_5.wrapped AS wrapped, level_5.commitment AS commitment 
FROM level_5 ORDER BY level_5.parent, level_5.valid_from, level_5.record_id) AS l5_rows) AS l5 ON true JOIN (SELECT array_agg(l6_rows.person_id) AS person_id, array_agg(l6_rows.log_alias) AS log_alias 
FROM (SELECT level_6.person_id AS person_id, level_6.log_alias AS log_alias 
FROM level_6 ORDER BY level_6.person_id) AS l6_rows) AS l6 ON true JOIN (SELECT array_agg(s2_rows.tag) AS tag, array_agg(s2_rows.person_id) AS person_id 
FROM (SELECT search_2.tag AS tag, search_2.person_id AS person_id 
FROM search_2) AS s2_rows) AS s2 ON true JOIN (SELECT array_agg(l7_rows.parent) AS parent, array_agg(l7_rows.identity_id) AS identity_id, array_agg(l7_rows.version_id) AS version_id, array_agg(l7_rows.record_id) AS record_id, array_agg(l7_rows.sealed_who) AS sealed_who, array_agg(l7_rows.key_version) AS key_version, array_agg(l7_rows.wrapped) AS wrapped, array_agg(l7_rows.commitment) AS commitment 
FROM (SELECT level_7.parent AS parent, level_7.identity_id AS identity_id, level_7.version_id AS version_id, level_7.record_id AS record_id, level_7.sealed_who AS sealed_who, level_7.key_version AS key_version, level_7.wrapped AS wrapped, level_7.commitment AS commitment 
FROM level_7 ORDER BY level_7.parent, level_7.valid_from, level_7.record_id) AS l7_rows) AS l7 ON true JOIN (SELECT array_agg(l8_rows.parent) AS parent, array_agg(l8_rows.household_id) AS household_id, array_agg(l8_rows.log_alias) AS log_alias, array_agg(l8_rows.region) AS region 
FROM (SELECT level_8.parent AS parent, level_8.household_id AS household_id, level_8.log_alias AS log_alias, level_8.region AS region 
FROM level_8 ORDER BY level_8.parent) AS l8_rows) AS l8 ON true JOIN (SELECT array_agg(l9_rows.parent) AS parent, array_agg(l9_rows.person_id) AS person_id, array_agg(l9_rows.log_alias) AS log_alias 
FROM (SELECT level_9.parent AS parent, level_9.person_id AS person_id, level_9.log_alias AS log_alias 
FROM level_9 ORDER BY level_9.parent, level_9.person_id) AS l9_rows) AS l9 ON true JOIN (SELECT array_agg(l10_rows.parent) AS parent, array_agg(l10_rows.identity_id) AS identity_id, array_agg(l10_rows.version_id) AS version_id, array_agg(l10_rows.record_id) AS record_id, array_agg(l10_rows.sealed_who) AS sealed_who, array_agg(l10_rows.key_version) AS key_version, array_agg(l10_rows.wrapped) AS wrapped, array_agg(l10_rows.commitment) AS commitment 
FROM (SELECT level_10.parent AS parent, level_10.identity_id AS identity_id, level_10.version_id AS version_id, level_10.record_id AS record_id, level_10.sealed_who AS sealed_who, level_10.key_version AS key_version, level_10.wrapped AS wrapped, level_10.commitment AS commitment 
FROM level_10 ORDER BY level_10.parent, level_10.valid_from, level_10.record_id) AS l10_rows) AS l10 ON true
