WITH search_0 AS 
(SELECT person_tag.tag AS tag, person_tag.cell AS cell, person_tag.person_id AS person_id 
FROM person_tag 
WHERE person_tag.tag = ANY ($3::BYTEA[])), 
level_0 AS 
(SELECT DISTINCT ON (member_now_1.person_id) member_now_1.cell AS cell, member_now_1.person_id AS person_id, member_now_1.log_alias AS log_alias, member_now_1.household_id AS household_id, anon_1.region AS region 
FROM member_now AS member_now_1 JOIN LATERAL (SELECT household_place_1.region AS region 
FROM household_place AS household_place_1 
WHERE household_place_1.cell = member_now_1.cell AND household_place_1.household_id = member_now_1.household_id AND household_place_1.region LIKE ANY ($1::TEXT[]) AND household_place_1.valid_from <= $2::DATE AND household_place_1.valid_to > $2::DATE AND household_place_1.known_to = 'infinity'::timestamptz
 LIMIT ALL OFFSET 0) AS anon_1 ON true 
WHERE member_now_1.cell = ANY (array((SELECT search_0.cell 
FROM search_0))) AND member_now_1.person_id = ANY (array((SELECT search_0.person_id 
FROM search_0))) AND member_now_1.valid_from <= $2::DATE AND member_now_1.valid_to > $2::DATE ORDER BY member_now_1.person_id, member_now_1.valid_from DESC, member_now_1.known_from DESC, member_now_1.version_id), 
links_0 AS 
(SELECT identity_now_1.cell AS cell, identity_now_1.department AS department, identity_now_1.identity_id AS identity_id, identity_now_1.person_id AS person_id, identity_now_1.key_version AS key_version, identity_now_1.wrapped AS wrapped, identity_now_1.commitment AS commitment 
FROM identity_now AS identity_now_1 
WHERE identity_now_1.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND identity_now_1.person_id = ANY (array((SELECT level_0.person_id 
FROM level_0))) AND identity_now_1.department = ANY ($4::TEXT[]) AND identity_now_1.valid_from <= $2::DATE AND identity_now_1.valid_to > $2::DATE), 
level_1 AS 
(SELECT medical_enrolment_1.cell AS cell, medical_enrolment_1.identity_id AS identity_id, medical_enrolment_1.version_id AS version_id, medical_enrolment_1.valid_from AS valid_from, medical_enrolment_1.known_from AS known_from, medical_enrolment_1.record_id AS record_id, medical_enrolment_1.scheme AS scheme, medical_enrolment_1.start_date AS start_date 
FROM medical_enrolment AS medical_enrolment_1 
WHERE medical_enrolment_1.cell = ANY (array((SELECT links_0.cell 
FROM links_0))) AND medical_enrolment_1.identity_id = ANY (array((SELECT links_0.identity_id 
FROM links_0 
WHERE links_0.department = $5::VARCHAR))) AND medical_enrolment_1.valid_from <= $2::DATE AND medical_enrolment_1.valid_to > $2::DATE AND medical_enrolment_1.known_to = 'infinity'::timestamptz), 
level_2 AS 
(SELECT population_1.cell AS cell, population_1.identity_id AS identity_id, population_1.version_id AS version_id, population_1.valid_from AS valid_from, population_1.known_from AS known_from, population_1.record_id AS record_id, population_1.sealed_who AS sealed_who 
FROM population AS population_1 
WHERE population_1.cell = ANY (array((SELECT links_0.cell 
FROM links_0))) AND population_1.identity_id = ANY (array((SELECT links_0.identity_id 
FROM links_0 
WHERE links_0.department = $6::VARCHAR))) AND population_1.valid_from <= $2::DATE AND population_1.valid_to > $2::DATE AND population_1.known_to = 'infinity'::timestamptz), 
level_3 AS 
(SELECT recognition_1.cell AS cell, recognition_1.identity_id AS identity_id, recognition_1.version_id AS version_id, recognition_1.valid_from AS valid_from, recognition_1.known_from AS known_from, recognition_1.record_id AS record_id 
FROM recognition AS recognition_1 
WHERE recognition_1.cell = ANY (array((SELECT links_0.cell 
FROM links_0))) AND recognition_1.identity_id = ANY (array((SELECT links_0.identity_id 
FROM links_0 
WHERE links_0.department = $7::VARCHAR))) AND recognition_1.valid_from <= $2::DATE AND recognition_1.valid_to > $2::DATE AND recognition_1.known_to = 'infinity'::timestamptz)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, level_0_arrays.person_id, level_0_arrays.log_alias, search_0_arrays.tag, search_0_arrays.person_id AS person_id_1, links_0_arrays.identity_id, links_0_arrays.person_id AS person_id_2, links_0_arrays.key_version, links_0_arrays.wrapped, links_0_arrays.commitment, level_1_arrays.identity_id AS identity_id_1, level_1_arrays.record_id, level_1_arrays.scheme, level_1_arrays.start_date, level_2_arrays.identity_id AS identity_id_2, level_2_arrays.version_id, level_2_arrays.record_id AS record_id_1, level_2_arrays.sealed_who, level_3_arrays.identity_id AS identity_id_3, level_3_arrays.record_id AS record_id_2 
FROM (SELECT string_agg(uuid_send(level_0_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_0_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_0.person_id AS person_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.person_id) AS level_0_arrays_rows) AS level_0_arrays JOIN (SELECT array_agg(search_0_arrays_rows.tag) AS tag, string_agg(uuid_send(search_0_arrays_rows.person_id), ''::bytea) AS person_id 
FROM (SELECT search_0.tag AS tag, search_0.person_id AS person_id 
FROM search_0) AS search_0_arrays_rows) AS search_0_arrays ON true JOIN (SELECT string_agg(uuid_send(links_0_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(links_0_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(links_0_arrays_rows.key_version) AS key_version, array_agg(links_0_arrays_rows.wrapped) AS wrapped, array_agg(links_0_arrays_rows.commitment) AS commitment 
FROM (SELECT links_0.identity_id AS identity_id, links_0.person_id AS person_id, links_0.key_version AS key_version, links_0.wrapped AS wrapped, links_0.commitment AS commitment 
FROM links_0) AS links_0_arrays_rows) AS links_0_arrays ON true JOIN (SELECT string_agg(uuid_send(level_1_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_1_arrays_rows.record_id), ''::bytea) AS record_id, array_agg(level_1_arrays_rows.scheme) AS scheme, array_agg(level_1_arrays_rows.start_date) AS start_date 
FROM (SELECT level_1.identity_id AS identity_id, level_1.record_id AS record_id, level_1.scheme AS scheme, level_1.start_date AS start_date 
FROM level_1 ORDER BY level_1.valid_from, level_1.record_id) AS level_1_arrays_rows) AS level_1_arrays ON true JOIN (SELECT string_agg(uuid_send(level_2_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_2_arrays_rows.version_id), ''::bytea) AS version_id, string_agg(uuid_send(level_2_arrays_rows.record_id), ''::bytea) AS record_id, array_agg(level_2_arrays_rows.sealed_who) AS sealed_who 
FROM (SELECT level_2.identity_id AS identity_id, level_2.version_id AS version_id, level_2.record_id AS record_id, level_2.sealed_who AS sealed_who 
FROM level_2 ORDER BY level_2.valid_from DESC, level_2.known_from DESC, level_2.version_id) AS level_2_arrays_rows) AS level_2_arrays ON true JOIN (SELECT string_agg(uuid_send(level_3_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_3_arrays_rows.record_id), ''::bytea) AS record_id 
FROM (SELECT level_3.identity_id AS identity_id, level_3.record_id AS record_id 
FROM level_3 ORDER BY level_3.valid_from, level_3.record_id) AS level_3_arrays_rows) AS level_3_arrays ON true
