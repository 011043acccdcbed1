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
FROM membership AS membership_1 JOIN household_place AS household_place_1 ON household_place_1.cell = membership_1.cell AND household_place_1.household_id = membership_1.household_id AND household_place_1.region LIKE ANY ($3::TEXT[]) AND household_place_1.valid_from <= $4::DATE AND household_place_1.valid_to > $4::DATE AND coalesce(household_place_1.known_from, household_place_1.known_from) <= $5::TIMESTAMP WITH TIME ZONE AND household_place_1.known_to > $5::TIMESTAMP WITH TIME ZONE 
WHERE membership_1.cell = person.cell AND membership_1.person_id = person.person_id AND membership_1.valid_from <= $4::DATE AND membership_1.valid_to > $4::DATE AND coalesce(membership_1.known_from, membership_1.known_from) <= $5::TIMESTAMP WITH TIME ZONE AND membership_1.known_to > $5::TIMESTAMP WITH TIME ZONE
 LIMIT ALL OFFSET 0))), 
links_0 AS 
(SELECT link_1.cell AS cell, link_1.department AS department, link_1.identity_id AS identity_id, link_1.person_id AS person_id, data_key_1.key_version AS key_version, data_key_1.wrapped AS wrapped, data_key_1.commitment AS commitment 
FROM link AS link_1 LEFT OUTER JOIN data_key AS data_key_1 ON data_key_1.cell = link_1.cell AND data_key_1.identity_id = link_1.identity_id AND data_key_1.department = link_1.department 
WHERE link_1.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND link_1.person_id = ANY (array((SELECT level_0.person_id 
FROM level_0))) AND link_1.department = ANY ($6::TEXT[]) AND link_1.valid_from <= $4::DATE AND link_1.valid_to > $4::DATE AND coalesce(link_1.known_from, link_1.known_from) <= $5::TIMESTAMP WITH TIME ZONE AND link_1.known_to > $5::TIMESTAMP WITH TIME ZONE), 
level_1 AS 
(SELECT population_1.cell AS cell, population_1.identity_id AS identity_id, population_1.version_id AS version_id, population_1.valid_from AS valid_from, population_1.known_from AS known_from, population_1.record_id AS record_id, population_1.sealed_who AS sealed_who 
FROM population AS population_1 
WHERE population_1.cell = ANY (array((SELECT links_0.cell 
FROM links_0))) AND population_1.identity_id = ANY (array((SELECT links_0.identity_id 
FROM links_0))) AND population_1.valid_from <= $4::DATE AND population_1.valid_to > $4::DATE AND coalesce(population_1.known_from, population_1.known_from) <= $5::TIMESTAMP WITH TIME ZONE AND population_1.known_to > $5::TIMESTAMP WITH TIME ZONE), 
level_2 AS 
(SELECT DISTINCT ON (membership_2.person_id) membership_2.person_id AS parent, household_1.cell AS cell, household_1.household_id AS household_id, household_1.log_alias AS log_alias, household_place_2.region AS region 
FROM membership AS membership_2 JOIN household AS household_1 ON household_1.cell = membership_2.cell AND household_1.household_id = membership_2.household_id JOIN household_place AS household_place_2 ON household_place_2.cell = membership_2.cell AND household_place_2.household_id = membership_2.household_id AND household_place_2.region LIKE ANY ($3::TEXT[]) AND household_place_2.valid_from <= $4::DATE AND household_place_2.valid_to > $4::DATE AND coalesce(household_place_2.known_from, household_place_2.known_from) <= $5::TIMESTAMP WITH TIME ZONE AND household_place_2.known_to > $5::TIMESTAMP WITH TIME ZONE 
WHERE membership_2.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND membership_2.person_id = ANY (array((SELECT level_0.person_id 
FROM level_0))) AND membership_2.valid_from <= $4::DATE AND membership_2.valid_to > $4::DATE AND coalesce(membership_2.known_from, membership_2.known_from) <= $5::TIMESTAMP WITH TIME ZONE AND membership_2.known_to > $5::TIMESTAMP WITH TIME ZONE ORDER BY membership_2.person_id, membership_2.valid_from DESC, membership_2.known_from DESC, membership_2.version_id), 
search_1 AS 
(SELECT household.cell AS cell, household.household_id AS household_id 
FROM household 
WHERE household.household_id = ANY ($9::UUID[])), 
level_3 AS 
(SELECT household_2.cell AS cell, household_2.household_id AS household_id, household_2.household_id AS parent, household_2.log_alias AS log_alias, household_place_3.region AS region 
FROM household AS household_2 JOIN household_place AS household_place_3 ON household_place_3.cell = household_2.cell AND household_place_3.household_id = household_2.household_id AND household_place_3.region LIKE ANY ($3::TEXT[]) AND household_place_3.valid_from <= $7::DATE AND household_place_3.valid_to > $7::DATE AND coalesce(household_place_3.known_from, household_place_3.known_from) <= $8::TIMESTAMP WITH TIME ZONE AND household_place_3.known_to > $8::TIMESTAMP WITH TIME ZONE 
WHERE household_2.cell = ANY (array((SELECT search_1.cell 
FROM search_1))) AND household_2.household_id = ANY (array((SELECT search_1.household_id 
FROM search_1)))), 
level_4 AS 
(SELECT membership_3.household_id AS parent, person_1.cell AS cell, person_1.person_id AS person_id, person_1.log_alias AS log_alias, membership_3.relation AS relation 
FROM membership AS membership_3 JOIN person AS person_1 ON person_1.cell = membership_3.cell AND person_1.person_id = membership_3.person_id 
WHERE membership_3.cell = ANY (array((SELECT level_3.cell 
FROM level_3))) AND membership_3.household_id = ANY (array((SELECT level_3.household_id 
FROM level_3))) AND membership_3.valid_from <= $7::DATE AND membership_3.valid_to > $7::DATE AND coalesce(membership_3.known_from, membership_3.known_from) <= $8::TIMESTAMP WITH TIME ZONE AND membership_3.known_to > $8::TIMESTAMP WITH TIME ZONE), 
links_4 AS 
(SELECT link_2.cell AS cell, link_2.department AS department, link_2.identity_id AS identity_id, link_2.person_id AS person_id, data_key_2.key_version AS key_version, data_key_2.wrapped AS wrapped, data_key_2.commitment AS commitment 
FROM link AS link_2 LEFT OUTER JOIN data_key AS data_key_2 ON data_key_2.cell = link_2.cell AND data_key_2.identity_id = link_2.identity_id AND data_key_2.department = link_2.department 
WHERE link_2.cell = ANY (array((SELECT level_4.cell 
FROM level_4))) AND link_2.person_id = ANY (array((SELECT level_4.person_id 
FROM level_4))) AND link_2.department = ANY ($10::TEXT[]) AND link_2.valid_from <= $7::DATE AND link_2.valid_to > $7::DATE AND coalesce(link_2.known_from, link_2.known_from) <= $8::TIMESTAMP WITH TIME ZONE AND link_2.known_to > $8::TIMESTAMP WITH TIME ZONE), 
level_5 AS 
(SELECT population_2.cell AS cell, population_2.identity_id AS identity_id, population_2.version_id AS version_id, population_2.valid_from AS valid_from, population_2.known_from AS known_from, population_2.record_id AS record_id, population_2.sealed_who AS sealed_who 
FROM population AS population_2 
WHERE population_2.cell = ANY (array((SELECT links_4.cell 
FROM links_4))) AND population_2.identity_id = ANY (array((SELECT links_4.identity_id 
FROM links_4))) AND population_2.valid_from <= $7::DATE AND population_2.valid_to > $7::DATE AND coalesce(population_2.known_from, population_2.known_from) <= $8::TIMESTAMP WITH TIME ZONE AND population_2.known_to > $8::TIMESTAMP WITH TIME ZONE), 
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
FROM membership AS membership_4 JOIN household_place AS household_place_4 ON household_place_4.cell = membership_4.cell AND household_place_4.household_id = membership_4.household_id AND household_place_4.region LIKE ANY ($3::TEXT[]) AND household_place_4.valid_from <= $13::DATE AND household_place_4.valid_to > $13::DATE AND coalesce(household_place_4.known_from, household_place_4.known_from) <= $14::TIMESTAMP WITH TIME ZONE AND household_place_4.known_to > $14::TIMESTAMP WITH TIME ZONE 
WHERE membership_4.cell = person.cell AND membership_4.person_id = person.person_id AND membership_4.valid_from <= $13::DATE AND membership_4.valid_to > $13::DATE AND coalesce(membership_4.known_from, membership_4.known_from) <= $14::TIMESTAMP WITH TIME ZONE AND membership_4.known_to > $14::TIMESTAMP WITH TIME ZONE
 LIMIT ALL OFFSET 0))), 
links_6 AS 
(SELECT link_3.cell AS cell, link_3.department AS department, link_3.identity_id AS identity_id, link_3.person_id AS person_id, data_key_3.key_version AS key_version, data_key_3.wrapped AS wrapped, data_key_3.commitment AS commitment 
FROM link AS link_3 LEFT OUTER JOIN data_key AS data_key_3 ON data_key_3.cell = link_3.cell AND data_key_3.identity_id = link_3.identity_id AND data_key_3.department = link_3.department 
WHERE link_3.cell = ANY (array((SELECT level_6.cell 
FROM level_6))) AND link_3.person_id = ANY (array((SELECT level_6.person_id 
FROM level_6))) AND link_3.department = ANY ($15::TEXT[]) AND link_3.valid_from <= $13::DATE AND link_3.valid_to > $13::DATE AND coalesce(link_3.known_from, link_3.known_from) <= $14::TIMESTAMP WITH TIME ZONE AND link_3.known_to > $14::TIMESTAMP WITH TIME ZONE), 
level_7 AS 
(SELECT population_3.cell AS cell, population_3.identity_id AS identity_id, population_3.version_id AS version_id, population_3.valid_from AS valid_from, population_3.known_from AS known_from, population_3.record_id AS record_id, population_3.sealed_who AS sealed_who 
FROM population AS population_3 
WHERE population_3.cell = ANY (array((SELECT links_6.cell 
FROM links_6))) AND population_3.identity_id = ANY (array((SELECT links_6.identity_id 
FROM links_6))) AND population_3.valid_from <= $13::DATE AND population_3.valid_to > $13::DATE AND coalesce(population_3.known_from, population_3.known_from) <= $14::TIMESTAMP WITH TIME ZONE AND population_3.known_to > $14::TIMESTAMP WITH TIME ZONE), 
level_8 AS 
(SELECT DISTINCT ON (membership_5.person_id) membership_5.person_id AS parent, household_3.cell AS cell, household_3.household_id AS household_id, household_3.log_alias AS log_alias, household_place_5.region AS region 
FROM membership AS membership_5 JOIN household AS household_3 ON household_3.cell = membership_5.cell AND household_3.household_id = membership_5.household_id JOIN household_place AS household_place_5 ON household_place_5.cell = membership_5.cell AND household_place_5.household_id = membership_5.household_id AND household_place_5.region LIKE ANY ($3::TEXT[]) AND household_place_5.valid_from <= $13::DATE AND household_place_5.valid_to > $13::DATE AND coalesce(household_place_5.known_from, household_place_5.known_from) <= $14::TIMESTAMP WITH TIME ZONE AND household_place_5.known_to > $14::TIMESTAMP WITH TIME ZONE 
WHERE membership_5.cell = ANY (array((SELECT level_6.cell 
FROM level_6))) AND membership_5.person_id = ANY (array((SELECT level_6.person_id 
FROM level_6))) AND membership_5.valid_from <= $13::DATE AND membership_5.valid_to > $13::DATE AND coalesce(membership_5.known_from, membership_5.known_from) <= $14::TIMESTAMP WITH TIME ZONE AND membership_5.known_to > $14::TIMESTAMP WITH TIME ZONE ORDER BY membership_5.person_id, membership_5.valid_from DESC, membership_5.known_from DESC, membership_5.version_id), 
level_9 AS 
(SELECT membership_6.household_id AS parent, person_2.cell AS cell, person_2.person_id AS person_id, person_2.log_alias AS log_alias 
FROM membership AS membership_6 JOIN person AS person_2 ON person_2.cell = membership_6.cell AND person_2.person_id = membership_6.person_id 
WHERE membership_6.cell = ANY (array((SELECT level_8.cell 
FROM level_8))) AND membership_6.household_id = ANY (array((SELECT level_8.household_id 
FROM level_8))) AND membership_6.valid_from <= $13::DATE AND membership_6.valid_to > $13::DATE AND coalesce(membership_6.known_from, membership_6.known_from) <= $14::TIMESTAMP WITH TIME ZONE AND membership_6.known_to > $14::TIMESTAMP WITH TIME ZONE), 
links_9 AS 
(SELECT link_4.cell AS cell, link_4.department AS department, link_4.identity_id AS identity_id, link_4.person_id AS person_id, data_key_4.key_version AS key_version, data_key_4.wrapped AS wrapped, data_key_4.commitment AS commitment 
FROM link AS link_4 LEFT OUTER JOIN data_key AS data_key_4 ON data_key_4.cell = link_4.cell AND data_key_4.identity_id = link_4.identity_id AND data_key_4.department = link_4.department 
WHERE link_4.cell = ANY (array((SELECT level_9.cell 
FROM level_9))) AND link_4.person_id = ANY (array((SELECT level_9.person_id 
FROM level_9))) AND link_4.department = ANY ($16::TEXT[]) AND link_4.valid_from <= $13::DATE AND link_4.valid_to > $13::DATE AND coalesce(link_4.known_from, link_4.known_from) <= $14::TIMESTAMP WITH TIME ZONE AND link_4.known_to > $14::TIMESTAMP WITH TIME ZONE), 
level_10 AS 
(SELECT population_4.cell AS cell, population_4.identity_id AS identity_id, population_4.version_id AS version_id, population_4.valid_from AS valid_from, population_4.known_from AS known_from, population_4.record_id AS record_id, population_4.sealed_who AS sealed_who 
FROM population AS population_4 
WHERE population_4.cell = ANY (array((SELECT links_9.cell 
FROM links_9))) AND population_4.identity_id = ANY (array((SELECT links_9.identity_id 
FROM links_9))) AND population_4.valid_from <= $13::DATE AND population_4.valid_to > $13::DATE AND coalesce(population_4.known_from, population_4.known_from) <= $14::TIMESTAMP WITH TIME ZONE AND population_4.known_to > $14::TIMESTAMP WITH TIME ZONE)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, level_0_arrays.person_id, level_0_arrays.log_alias, search_0_arrays.person_id AS person_id_1, links_0_arrays.identity_id, links_0_arrays.person_id AS person_id_2, links_0_arrays.key_version, links_0_arrays.wrapped, links_0_arrays.commitment, level_1_arrays.identity_id AS identity_id_1, level_1_arrays.version_id, level_1_arrays.record_id, level_1_arrays.sealed_who, level_2_arrays.parent, level_2_arrays.household_id, level_2_arrays.log_alias AS log_alias_1, level_2_arrays.region, level_3_arrays.household_id AS household_id_1, level_3_arrays.log_alias AS log_alias_2, level_3_arrays.region AS region_1, search_1_arrays.household_id AS household_id_2, level_4_arrays.parent AS parent_1, level_4_arrays.person_id AS person_id_3, level_4_arrays.log_alias AS log_alias_3, level_4_arrays.relation, links_4_arrays.identity_id AS identity_id_2, links_4_arrays.person_id AS person_id_4, links_4_arrays.key_version AS key_version_1, links_4_arrays.wrapped AS wrapped_1, links_4_arrays.commitment AS commitment_1, level_5_arrays.identity_id AS identity_id_3, level_5_arrays.version_id AS version_id_1, level_5_arrays.record_id AS record_id_1, level_5_arrays.sealed_who AS sealed_who_1, level_6_arrays.person_id AS person_id_5, level_6_arrays.log_alias AS log_alias_4, search_2_arrays.tag, search_2_arrays.person_id AS person_id_6, links_6_arrays.identity_id AS identity_id_4, links_6_arrays.person_id AS person_id_7, links_6_arrays.key_version AS key_version_2, links_6_arrays.wrapped AS wrapped_2, links_6_arrays.commitment AS commitment_2, level_7_arrays.identity_id AS identity_id_5, level_7_arrays.version_id AS version_id_2, level_7_arrays.record_id AS record_id_2, level_7_arrays.sealed_who AS sealed_who_2, level_8_arrays.parent AS parent_2, level_8_arrays.household_id AS household_id_3, level_8_arrays.log_alias AS log_alias_5, level_8_arrays.region AS region_2, level_9_arrays.parent AS parent_3, level_9_arrays.person_id AS person_id_8, level_9_arrays.log_alias AS log_alias_6, links_9_arrays.identity_id AS identity_id_6, links_9_arrays.person_id AS person_id_9, links_9_arrays.key_version AS key_version_3, links_9_arrays.wrapped AS wrapped_3, links_9_arrays.commitment AS commitment_3, level_10_arrays.identity_id AS identity_id_7, level_10_arrays.version_id AS version_id_3, level_10_arrays.record_id AS record_id_3, level_10_arrays.sealed_who AS sealed_who_3 
FROM (SELECT array_agg(level_0_arrays_rows.person_id) AS person_id, array_agg(level_0_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_0.person_id AS person_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.person_id) AS level_0_arrays_rows) AS level_0_arrays JOIN (SELECT array_agg(search_0_arrays_rows.person_id) AS person_id 
FROM (SELECT search_0.person_id AS person_id 
FROM search_0) AS search_0_arrays_rows) AS search_0_arrays ON true JOIN (SELECT array_agg(links_0_arrays_rows.identity_id) AS identity_id, array_agg(links_0_arrays_rows.person_id) AS person_id, array_agg(links_0_arrays_rows.key_version) AS key_version, array_agg(links_0_arrays_rows.wrapped) AS wrapped, array_agg(links_0_arrays_rows.commitment) AS commitment 
FROM (SELECT links_0.identity_id AS identity_id, links_0.person_id AS person_id, links_0.key_version AS key_version, links_0.wrapped AS wrapped, links_0.commitment AS commitment 
FROM links_0) AS links_0_arrays_rows) AS links_0_arrays ON true JOIN (SELECT array_agg(level_1_arrays_rows.identity_id) AS identity_id, array_agg(level_1_arrays_rows.version_id) AS version_id, array_agg(level_1_arrays_rows.record_id) AS record_id, array_agg(level_1_arrays_rows.sealed_who) AS sealed_who 
FROM (SELECT level_1.identity_id AS identity_id, level_1.version_id AS version_id, level_1.record_id AS record_id, level_1.sealed_who AS sealed_who 
FROM level_1 ORDER BY level_1.valid_from DESC, level_1.known_from DESC, level_1.version_id) AS level_1_arrays_rows) AS level_1_arrays ON true JOIN (SELECT array_agg(level_2_arrays_rows.parent) AS parent, array_agg(level_2_arrays_rows.household_id) AS household_id, array_agg(level_2_arrays_rows.log_alias) AS log_alias, array_agg(level_2_arrays_rows.region) AS region 
FROM (SELECT level_2.parent AS parent, level_2.household_id AS household_id, level_2.log_alias AS log_alias, level_2.region AS region 
FROM level_2) AS level_2_arrays_rows) AS level_2_arrays ON true JOIN (SELECT array_agg(level_3_arrays_rows.household_id) AS household_id, array_agg(level_3_arrays_rows.log_alias) AS log_alias, array_agg(level_3_arrays_rows.region) AS region 
FROM (SELECT level_3.household_id AS household_id, level_3.log_alias AS log_alias, level_3.region AS region 
FROM level_3 ORDER BY level_3.household_id) AS level_3_arrays_rows) AS level_3_arrays ON true JOIN (SELECT array_agg(search_1_arrays_rows.household_id) AS household_id 
FROM (SELECT search_1.household_id AS household_id 
FROM search_1) AS search_1_arrays_rows) AS search_1_arrays ON true JOIN (SELECT array_agg(level_4_arrays_rows.parent) AS parent, array_agg(level_4_arrays_rows.person_id) AS person_id, array_agg(level_4_arrays_rows.log_alias) AS log_alias, array_agg(level_4_arrays_rows.relation) AS relation 
FROM (SELECT level_4.parent AS parent, level_4.person_id AS person_id, level_4.log_alias AS log_alias, level_4.relation AS relation 
FROM level_4 ORDER BY level_4.person_id) AS level_4_arrays_rows) AS level_4_arrays ON true JOIN (SELECT array_agg(links_4_arrays_rows.identity_id) AS identity_id, array_agg(links_4_arrays_rows.person_id) AS person_id, array_agg(links_4_arrays_rows.key_version) AS key_version, array_agg(links_4_arrays_rows.wrapped) AS wrapped, array_agg(links_4_arrays_rows.commitment) AS commitment 
FROM (SELECT links_4.identity_id AS identity_id, links_4.person_id AS person_id, links_4.key_version AS key_version, links_4.wrapped AS wrapped, links_4.commitment AS commitment 
FROM links_4) AS links_4_arrays_rows) AS links_4_arrays ON true JOIN (SELECT array_agg(level_5_arrays_rows.identity_id) AS identity_id, array_agg(level_5_arrays_rows.version_id) AS version_id, array_agg(level_5_arrays_rows.record_id) AS record_id, array_agg(level_5_arrays_rows.sealed_who) AS sealed_who 
FROM (SELECT level_5.identity_id AS identity_id, level_5.version_id AS version_id, level_5.record_id AS record_id, level_5.sealed_who AS sealed_who 
FROM level_5 ORDER BY level_5.valid_from DESC, level_5.known_from DESC, level_5.version_id) AS level_5_arrays_rows) AS level_5_arrays ON true JOIN (SELECT array_agg(level_6_arrays_rows.person_id) AS person_id, array_agg(level_6_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_6.person_id AS person_id, level_6.log_alias AS log_alias 
FROM level_6 ORDER BY level_6.person_id) AS level_6_arrays_rows) AS level_6_arrays ON true JOIN (SELECT array_agg(search_2_arrays_rows.tag) AS tag, array_agg(search_2_arrays_rows.person_id) AS person_id 
FROM (SELECT search_2.tag AS tag, search_2.person_id AS person_id 
FROM search_2) AS search_2_arrays_rows) AS search_2_arrays ON true JOIN (SELECT array_agg(links_6_arrays_rows.identity_id) AS identity_id, array_agg(links_6_arrays_rows.person_id) AS person_id, array_agg(links_6_arrays_rows.key_version) AS key_version, array_agg(links_6_arrays_rows.wrapped) AS wrapped, array_agg(links_6_arrays_rows.commitment) AS commitment 
FROM (SELECT links_6.identity_id AS identity_id, links_6.person_id AS person_id, links_6.key_version AS key_version, links_6.wrapped AS wrapped, links_6.commitment AS commitment 
FROM links_6) AS links_6_arrays_rows) AS links_6_arrays ON true JOIN (SELECT array_agg(level_7_arrays_rows.identity_id) AS identity_id, array_agg(level_7_arrays_rows.version_id) AS version_id, array_agg(level_7_arrays_rows.record_id) AS record_id, array_agg(level_7_arrays_rows.sealed_who) AS sealed_who 
FROM (SELECT level_7.identity_id AS identity_id, level_7.version_id AS version_id, level_7.record_id AS record_id, level_7.sealed_who AS sealed_who 
FROM level_7 ORDER BY level_7.valid_from DESC, level_7.known_from DESC, level_7.version_id) AS level_7_arrays_rows) AS level_7_arrays ON true JOIN (SELECT array_agg(level_8_arrays_rows.parent) AS parent, array_agg(level_8_arrays_rows.household_id) AS household_id, array_agg(level_8_arrays_rows.log_alias) AS log_alias, array_agg(level_8_arrays_rows.region) AS region 
FROM (SELECT level_8.parent AS parent, level_8.household_id AS household_id, level_8.log_alias AS log_alias, level_8.region AS region 
FROM level_8) AS level_8_arrays_rows) AS level_8_arrays ON true JOIN (SELECT array_agg(level_9_arrays_rows.parent) AS parent, array_agg(level_9_arrays_rows.person_id) AS person_id, array_agg(level_9_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_9.parent AS parent, level_9.person_id AS person_id, level_9.log_alias AS log_alias 
FROM level_9 ORDER BY level_9.person_id) AS level_9_arrays_rows) AS level_9_arrays ON true JOIN (SELECT array_agg(links_9_arrays_rows.identity_id) AS identity_id, array_agg(links_9_arrays_rows.person_id) AS person_id, array_agg(links_9_arrays_rows.key_version) AS key_version, array_agg(links_9_arrays_rows.wrapped) AS wrapped, array_agg(links_9_arrays_rows.commitment) AS commitment 
FROM (SELECT links_9.identity_id AS identity_id, links_9.person_id AS person_id, links_9.key_version AS key_version, links_9.wrapped AS wrapped, links_9.commitment AS commitment 
FROM links_9) AS links_9_arrays_rows) AS links_9_arrays ON true JOIN (SELECT array_agg(level_10_arrays_rows.identity_id) AS identity_id, array_agg(level_10_arrays_rows.version_id) AS version_id, array_agg(level_10_arrays_rows.record_id) AS record_id, array_agg(level_10_arrays_rows.sealed_who) AS sealed_who 
FROM (SELECT level_10.identity_id AS identity_id, level_10.version_id AS version_id, level_10.record_id AS record_id, level_10.sealed_who AS sealed_who 
FROM level_10 ORDER BY level_10.valid_from DESC, level_10.known_from DESC, level_10.version_id) AS level_10_arrays_rows) AS level_10_arrays ON true
