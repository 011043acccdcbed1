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
(SELECT link_1.person_id AS parent, medical_enrolment_1.cell AS cell, medical_enrolment_1.identity_id AS identity_id, medical_enrolment_1.version_id AS version_id, medical_enrolment_1.valid_from AS valid_from, medical_enrolment_1.record_id AS record_id, medical_enrolment_1.scheme AS scheme, medical_enrolment_1.start_date AS start_date 
FROM link AS link_1 JOIN medical_enrolment AS medical_enrolment_1 ON medical_enrolment_1.cell = link_1.cell AND medical_enrolment_1.identity_id = link_1.identity_id 
WHERE link_1.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND link_1.person_id = ANY (array((SELECT level_0.person_id 
FROM level_0))) AND link_1.valid_from <= $4::DATE AND link_1.valid_to > $4::DATE AND link_1.known_from <= $5::TIMESTAMP WITH TIME ZONE AND link_1.known_to > $5::TIMESTAMP WITH TIME ZONE AND medical_enrolment_1.valid_from <= $4::DATE AND medical_enrolment_1.valid_to > $4::DATE AND medical_enrolment_1.known_from <= $5::TIMESTAMP WITH TIME ZONE AND medical_enrolment_1.known_to > $5::TIMESTAMP WITH TIME ZONE), 
level_2 AS 
(SELECT DISTINCT ON (link_2.person_id) link_2.person_id AS parent, population_1.cell AS cell, population_1.identity_id AS identity_id, population_1.version_id AS version_id, population_1.valid_from AS valid_from, population_1.record_id AS record_id, population_1.sealed_who AS sealed_who, data_key_1.key_version AS key_version, data_key_1.wrapped AS wrapped, data_key_1.commitment AS commitment 
FROM link AS link_2 JOIN population AS population_1 ON population_1.cell = link_2.cell AND population_1.identity_id = link_2.identity_id LEFT OUTER JOIN data_key AS data_key_1 ON data_key_1.cell = population_1.cell AND data_key_1.identity_id = population_1.identity_id AND data_key_1.department = $6::VARCHAR 
WHERE link_2.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND link_2.person_id = ANY (array((SELECT level_0.person_id 
FROM level_0))) AND link_2.valid_from <= $4::DATE AND link_2.valid_to > $4::DATE AND link_2.known_from <= $5::TIMESTAMP WITH TIME ZONE AND link_2.known_to > $5::TIMESTAMP WITH TIME ZONE AND population_1.valid_from <= $4::DATE AND population_1.valid_to > $4::DATE AND population_1.known_from <= $5::TIMESTAMP WITH TIME ZONE AND population_1.known_to > $5::TIMESTAMP WITH TIME ZONE ORDER BY link_2.person_id, population_1.valid_from DESC, population_1.known_from DESC, population_1.version_id), 
level_3 AS 
(SELECT link_3.person_id AS parent, recognition_1.cell AS cell, recognition_1.identity_id AS identity_id, recognition_1.version_id AS version_id, recognition_1.valid_from AS valid_from, recognition_1.record_id AS record_id 
FROM link AS link_3 JOIN recognition AS recognition_1 ON recognition_1.cell = link_3.cell AND recognition_1.identity_id = link_3.identity_id 
WHERE link_3.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND link_3.person_id = ANY (array((SELECT level_0.person_id 
FROM level_0))) AND link_3.valid_from <= $4::DATE AND link_3.valid_to > $4::DATE AND link_3.known_from <= $5::TIMESTAMP WITH TIME ZONE AND link_3.known_to > $5::TIMESTAMP WITH TIME ZONE AND recognition_1.valid_from <= $4::DATE AND recognition_1.valid_to > $4::DATE AND recognition_1.known_from <= $5::TIMESTAMP WITH TIME ZONE AND recognition_1.known_to > $5::TIMESTAMP WITH TIME ZONE)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, l0.person_id, l0.log_alias, s0.tag, s0.person_id AS person_id_1, l1.parent, l1.identity_id, l1.version_id, l1.record_id, l1.scheme, l1.start_date, l2.parent AS parent_1, l2.identity_id AS identity_id_1, l2.version_id AS version_id_1, l2.record_id AS record_id_1, l2.sealed_who, l2.key_version, l2.wrapped, l2.commitment, l3.parent AS parent_2, l3.identity_id AS identity_id_2, l3.version_id AS version_id_2, l3.record_id AS record_id_2 
FROM (SELECT array_agg(l0_rows.person_id) AS person_id, array_agg(l0_rows.log_alias) AS log_alias 
FROM (SELECT level_0.person_id AS person_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.person_id) AS l0_rows) AS l0 JOIN (SELECT array_agg(s0_rows.tag) AS tag, array_agg(s0_rows.person_id) AS person_id 
FROM (SELECT search_0.tag AS tag, search_0.person_id AS person_id 
FROM search_0) AS s0_rows) AS s0 ON true JOIN (SELECT array_agg(l1_rows.parent) AS parent, array_agg(l1_rows.identity_id) AS identity_id, array_agg(l1_rows.version_id) AS version_id, array_agg(l1_rows.record_id) AS record_id, array_agg(l1_rows.scheme) AS scheme, array_agg(l1_rows.start_date) AS start_date 
FROM (SELECT level_1.parent AS parent, level_1.identity_id AS identity_id, level_1.version_id AS version_id, level_1.record_id AS record_id, level_1.scheme AS scheme, level_1.start_date AS start_date 
FROM level_1 ORDER BY level_1.parent, level_1.valid_from, level_1.record_id) AS l1_rows) AS l1 ON true JOIN (SELECT array_agg(l2_rows.parent) AS parent, array_agg(l2_rows.identity_id) AS identity_id, array_agg(l2_rows.version_id) AS version_id, array_agg(l2_rows.record_id) AS record_id, array_agg(l2_rows.sealed_who) AS sealed_who, array_agg(l2_rows.key_version) AS key_version, array_agg(l2_rows.wrapped) AS wrapped, array_agg(l2_rows.commitment) AS commitment 
FROM (SELECT level_2.parent AS parent, level_2.identity_id AS identity_id, level_2.version_id AS version_id, level_2.record_id AS record_id, level_2.sealed_who AS sealed_who, level_2.key_version AS key_version, level_2.wrapped AS wrapped, level_2.commitment AS commitment 
FROM level_2 ORDER BY level_2.parent, level_2.valid_from, level_2.record_id) AS l2_rows) AS l2 ON true JOIN (SELECT array_agg(l3_rows.parent) AS parent, array_agg(l3_rows.identity_id) AS identity_id, array_agg(l3_rows.version_id) AS version_id, array_agg(l3_rows.record_id) AS record_id 
FROM (SELECT level_3.parent AS parent, level_3.identity_id AS identity_id, level_3.version_id AS version_id, level_3.record_id AS record_id 
FROM level_3 ORDER BY level_3.parent, level_3.valid_from, level_3.record_id) AS l3_rows) AS l3 ON true
