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
(SELECT population_1.cell AS cell, population_1.identity_id AS identity_id, population_1.version_id AS version_id, population_1.valid_from AS valid_from, population_1.known_from AS known_from, population_1.record_id AS record_id, population_1.sealed_birth_year AS sealed_birth_year 
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
(SELECT alert.cell AS cell, alert.identity_id AS identity_id, alert.version_id AS version_id, alert.valid_from AS valid_from, alert.known_from AS known_from, alert.record_id AS record_id, alert.total AS total, household_place_3.region AS place_region 
FROM alert JOIN household_place AS household_place_3 ON household_place_3.cell = alert.cell AND household_place_3.household_id = alert.identity_id AND household_place_3.region LIKE ANY ($3::TEXT[]) AND household_place_3.valid_from <= $7::DATE AND household_place_3.valid_to > $7::DATE AND coalesce(household_place_3.known_from, household_place_3.known_from) <= $8::TIMESTAMP WITH TIME ZONE AND household_place_3.known_to > $8::TIMESTAMP WITH TIME ZONE 
WHERE household_place_3.warned AND (household_place_3.region ~>=~ $9::VARCHAR) AND (household_place_3.region ~<~ $10::VARCHAR) AND alert.valid_from <= $7::DATE AND alert.valid_to > $7::DATE AND coalesce(alert.known_from, alert.known_from) <= $8::TIMESTAMP WITH TIME ZONE AND alert.known_to > $8::TIMESTAMP WITH TIME ZONE AND alert.status != $11::VARCHAR AND ($12::TEXT[] IS NULL OR alert.band = ANY ($12::TEXT[])) AND ($13::TEXT[] IS NULL OR alert.status = ANY ($13::TEXT[])) AND ($14::VARCHAR IS NULL OR alert.assignee = $14::VARCHAR) AND ($15::INTEGER IS NULL OR coalesce(alert.total, $16::INTEGER) < $15::INTEGER OR coalesce(alert.total, $16::INTEGER) = $15::INTEGER AND alert.record_id > $17::UUID) ORDER BY coalesce(alert.total, $18::INTEGER) DESC, alert.record_id 
 LIMIT $19::INTEGER + $20::INTEGER), 
level_3 AS 
(SELECT anon_2.cell AS cell, anon_2.identity_id AS identity_id, anon_2.version_id AS version_id, anon_2.valid_from AS valid_from, anon_2.known_from AS known_from, anon_2.record_id AS record_id, anon_2.total AS total, anon_2.place_region AS place_region, anon_2.identity_id AS household_id, household_2.log_alias AS log_alias 
FROM (SELECT search_1.cell AS cell, search_1.identity_id AS identity_id, search_1.version_id AS version_id, search_1.valid_from AS valid_from, search_1.known_from AS known_from, search_1.record_id AS record_id, search_1.total AS total, search_1.place_region AS place_region 
FROM search_1 ORDER BY coalesce(search_1.total, $21::INTEGER) DESC, search_1.record_id 
 LIMIT $19::INTEGER) AS anon_2 JOIN household AS household_2 ON household_2.cell = anon_2.cell AND household_2.household_id = anon_2.identity_id), 
level_4 AS 
(SELECT membership_3.household_id AS parent, person_1.cell AS cell, person_1.person_id AS person_id, person_1.log_alias AS log_alias, membership_3.relation AS relation 
FROM membership AS membership_3 JOIN person AS person_1 ON person_1.cell = membership_3.cell AND person_1.person_id = membership_3.person_id 
WHERE membership_3.cell = ANY (array((SELECT level_3.cell 
FROM level_3))) AND membership_3.household_id = ANY (array((SELECT level_3.household_id 
FROM level_3))) AND membership_3.valid_from <= $7::DATE AND membership_3.valid_to > $7::DATE AND coalesce(membership_3.known_from, membership_3.known_from) <= $8::TIMESTAMP WITH TIME ZONE AND membership_3.known_to > $8::TIMESTAMP WITH TIME ZONE)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, level_0_arrays.person_id, level_0_arrays.log_alias, search_0_arrays.tag, search_0_arrays.person_id AS person_id_1, links_0_arrays.identity_id, links_0_arrays.person_id AS person_id_2, links_0_arrays.key_version, links_0_arrays.wrapped, links_0_arrays.commitment, level_1_arrays.identity_id AS identity_id_1, level_1_arrays.version_id, level_1_arrays.sealed_birth_year, level_2_arrays.parent, level_2_arrays.household_id, level_2_arrays.log_alias AS log_alias_1, level_2_arrays.region, level_3_arrays.identity_id AS identity_id_2, level_3_arrays.record_id, level_3_arrays.total, level_3_arrays.log_alias AS log_alias_2, search_1_arrays.record_id AS record_id_1, level_4_arrays.parent AS parent_1, level_4_arrays.person_id AS person_id_3, level_4_arrays.log_alias AS log_alias_3, level_4_arrays.relation 
FROM (SELECT array_agg(level_0_arrays_rows.person_id) AS person_id, array_agg(level_0_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_0.person_id AS person_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.person_id) AS level_0_arrays_rows) AS level_0_arrays JOIN (SELECT array_agg(search_0_arrays_rows.tag) AS tag, array_agg(search_0_arrays_rows.person_id) AS person_id 
FROM (SELECT search_0.tag AS tag, search_0.person_id AS person_id 
FROM search_0) AS search_0_arrays_rows) AS search_0_arrays ON true JOIN (SELECT array_agg(links_0_arrays_rows.identity_id) AS identity_id, array_agg(links_0_arrays_rows.person_id) AS person_id, array_agg(links_0_arrays_rows.key_version) AS key_version, array_agg(links_0_arrays_rows.wrapped) AS wrapped, array_agg(links_0_arrays_rows.commitment) AS commitment 
FROM (SELECT links_0.identity_id AS identity_id, links_0.person_id AS person_id, links_0.key_version AS key_version, links_0.wrapped AS wrapped, links_0.commitment AS commitment 
FROM links_0) AS links_0_arrays_rows) AS links_0_arrays ON true JOIN (SELECT array_agg(level_1_arrays_rows.identity_id) AS identity_id, array_agg(level_1_arrays_rows.version_id) AS version_id, array_agg(level_1_arrays_rows.sealed_birth_year) AS sealed_birth_year 
FROM (SELECT level_1.identity_id AS identity_id, level_1.version_id AS version_id, level_1.sealed_birth_year AS sealed_birth_year 
FROM level_1 ORDER BY level_1.valid_from DESC, level_1.known_from DESC, level_1.version_id) AS level_1_arrays_rows) AS level_1_arrays ON true JOIN (SELECT array_agg(level_2_arrays_rows.parent) AS parent, array_agg(level_2_arrays_rows.household_id) AS household_id, array_agg(level_2_arrays_rows.log_alias) AS log_alias, array_agg(level_2_arrays_rows.region) AS region 
FROM (SELECT level_2.parent AS parent, level_2.household_id AS household_id, level_2.log_alias AS log_alias, level_2.region AS region 
FROM level_2) AS level_2_arrays_rows) AS level_2_arrays ON true JOIN (SELECT array_agg(level_3_arrays_rows.identity_id) AS identity_id, array_agg(level_3_arrays_rows.record_id) AS record_id, array_agg(level_3_arrays_rows.total) AS total, array_agg(level_3_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_3.identity_id AS identity_id, level_3.record_id AS record_id, level_3.total AS total, level_3.log_alias AS log_alias 
FROM level_3 ORDER BY coalesce(level_3.total, $22::INTEGER) DESC, level_3.record_id) AS level_3_arrays_rows) AS level_3_arrays ON true JOIN (SELECT array_agg(search_1_arrays_rows.record_id) AS record_id 
FROM (SELECT search_1.record_id AS record_id 
FROM search_1) AS search_1_arrays_rows) AS search_1_arrays ON true JOIN (SELECT array_agg(level_4_arrays_rows.parent) AS parent, array_agg(level_4_arrays_rows.person_id) AS person_id, array_agg(level_4_arrays_rows.log_alias) AS log_alias, array_agg(level_4_arrays_rows.relation) AS relation 
FROM (SELECT level_4.parent AS parent, level_4.person_id AS person_id, level_4.log_alias AS log_alias, level_4.relation AS relation 
FROM level_4 ORDER BY level_4.person_id) AS level_4_arrays_rows) AS level_4_arrays ON true
