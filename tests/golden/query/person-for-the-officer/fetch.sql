WITH named_case AS 
(SELECT CASE WHEN ($1::VARCHAR IS NOT NULL AND NOT ((case_now_1.officers @> CAST(ARRAY[$1::VARCHAR] AS TEXT[])) OR (case_now_1.roles @> CAST(ARRAY[$2::VARCHAR] AS TEXT[])))) THEN 'CASE_NOT_IN_CASELOAD' WHEN NOT ($3::VARCHAR = ANY (case_now_1.purposes)) THEN 'CASE_OTHER_PURPOSE' WHEN (NOT (case_now_1.opened_on <= $4::DATE AND (case_now_1.closed_on IS NULL OR case_now_1.closed_on > $4::DATE))) THEN 'CASE_CLOSED' ELSE 'open' END AS standing 
FROM case_now AS case_now_1 
WHERE case_now_1.department = $5::VARCHAR AND case_now_1.number = $6::VARCHAR), 
search_0 AS 
(SELECT person_tag.tag AS tag, person_tag.cell AS cell, person_tag.person_id AS person_id 
FROM person_tag 
WHERE person_tag.tag = ANY ($9::BYTEA[])), 
level_0 AS 
(SELECT DISTINCT ON (member_now_1.person_id) member_now_1.cell AS cell, member_now_1.person_id AS person_id, member_now_1.log_alias AS log_alias, member_now_1.household_id AS household_id, anon_1.region AS region 
FROM member_now AS member_now_1 JOIN LATERAL (SELECT household_place_1.region AS region 
FROM household_place AS household_place_1 
WHERE household_place_1.cell = member_now_1.cell AND household_place_1.household_id = member_now_1.household_id AND household_place_1.region LIKE ANY ($7::TEXT[]) AND household_place_1.valid_from <= $8::DATE AND household_place_1.valid_to > $8::DATE AND household_place_1.known_to = 'infinity'::timestamptz AND (EXISTS (SELECT 1 
FROM named_case 
WHERE named_case.standing = 'open'))
 LIMIT ALL OFFSET 0) AS anon_1 ON true 
WHERE member_now_1.cell = ANY (array((SELECT search_0.cell 
FROM search_0))) AND member_now_1.person_id = ANY (array((SELECT search_0.person_id 
FROM search_0))) AND member_now_1.valid_from <= $8::DATE AND member_now_1.valid_to > $8::DATE ORDER BY member_now_1.person_id, member_now_1.valid_from DESC, member_now_1.known_from DESC, member_now_1.version_id), 
links_0 AS 
(SELECT identity_now_1.cell AS cell, identity_now_1.department AS department, identity_now_1.identity_id AS identity_id, identity_now_1.person_id AS person_id, identity_now_1.key_version AS key_version, identity_now_1.wrapped AS wrapped, identity_now_1.commitment AS commitment 
FROM identity_now AS identity_now_1 
WHERE identity_now_1.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND identity_now_1.person_id = ANY (array((SELECT level_0.person_id 
FROM level_0))) AND identity_now_1.department = ANY ($10::TEXT[]) AND identity_now_1.valid_from <= $8::DATE AND identity_now_1.valid_to > $8::DATE), 
level_1 AS 
(SELECT population_1.cell AS cell, population_1.identity_id AS identity_id, population_1.version_id AS version_id, population_1.valid_from AS valid_from, population_1.known_from AS known_from, population_1.record_id AS record_id, population_1.sealed_who AS sealed_who, population_1.sealed_national_id AS sealed_national_id, population_1.sealed_phone AS sealed_phone 
FROM population AS population_1 
WHERE population_1.cell = ANY (array((SELECT links_0.cell 
FROM links_0))) AND population_1.identity_id = ANY (array((SELECT links_0.identity_id 
FROM links_0 
WHERE links_0.department = $11::VARCHAR))) AND population_1.valid_from <= $8::DATE AND population_1.valid_to > $8::DATE AND population_1.known_to = 'infinity'::timestamptz), 
level_2 AS 
(SELECT disability_certificate_1.cell AS cell, disability_certificate_1.identity_id AS identity_id, disability_certificate_1.version_id AS version_id, disability_certificate_1.valid_from AS valid_from, disability_certificate_1.known_from AS known_from, disability_certificate_1.record_id AS record_id, disability_certificate_1.sealed_disability AS sealed_disability, disability_certificate_1.sealed_severe AS sealed_severe 
FROM disability_certificate AS disability_certificate_1 
WHERE disability_certificate_1.cell = ANY (array((SELECT links_0.cell 
FROM links_0))) AND disability_certificate_1.identity_id = ANY (array((SELECT links_0.identity_id 
FROM links_0 
WHERE links_0.department = $12::VARCHAR))) AND disability_certificate_1.valid_from <= $8::DATE AND disability_certificate_1.valid_to > $8::DATE AND disability_certificate_1.known_to = 'infinity'::timestamptz), 
level_3 AS 
(SELECT medical_enrolment_1.cell AS cell, medical_enrolment_1.identity_id AS identity_id, medical_enrolment_1.version_id AS version_id, medical_enrolment_1.valid_from AS valid_from, medical_enrolment_1.known_from AS known_from, medical_enrolment_1.record_id AS record_id, medical_enrolment_1.scheme AS scheme, medical_enrolment_1.status AS status 
FROM medical_enrolment AS medical_enrolment_1 
WHERE medical_enrolment_1.cell = ANY (array((SELECT links_0.cell 
FROM links_0))) AND medical_enrolment_1.identity_id = ANY (array((SELECT links_0.identity_id 
FROM links_0 
WHERE links_0.department = $13::VARCHAR))) AND medical_enrolment_1.valid_from <= $8::DATE AND medical_enrolment_1.valid_to > $8::DATE AND medical_enrolment_1.known_to = 'infinity'::timestamptz), 
level_4 AS 
(SELECT medical_settlement_1.cell AS cell, medical_settlement_1.identity_id AS identity_id, medical_settlement_1.version_id AS version_id, medical_settlement_1.valid_from AS valid_from, medical_settlement_1.known_from AS known_from, medical_settlement_1.record_id AS record_id, medical_settlement_1.sealed_self_paid_band AS sealed_self_paid_band 
FROM medical_settlement AS medical_settlement_1 
WHERE medical_settlement_1.cell = ANY (array((SELECT links_0.cell 
FROM links_0))) AND medical_settlement_1.identity_id = ANY (array((SELECT links_0.identity_id 
FROM links_0 
WHERE links_0.department = $14::VARCHAR))) AND medical_settlement_1.valid_from <= $8::DATE AND medical_settlement_1.valid_to > $8::DATE AND medical_settlement_1.known_to = 'infinity'::timestamptz), 
level_5 AS 
(SELECT recognition_1.cell AS cell, recognition_1.identity_id AS identity_id, recognition_1.version_id AS version_id, recognition_1.valid_from AS valid_from, recognition_1.known_from AS known_from, recognition_1.record_id AS record_id, recognition_1.sealed_recognition AS sealed_recognition 
FROM recognition AS recognition_1 
WHERE recognition_1.cell = ANY (array((SELECT links_0.cell 
FROM links_0))) AND recognition_1.identity_id = ANY (array((SELECT links_0.identity_id 
FROM links_0 
WHERE links_0.department = $15::VARCHAR))) AND recognition_1.valid_from <= $8::DATE AND recognition_1.valid_to > $8::DATE AND recognition_1.known_to = 'infinity'::timestamptz)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, (SELECT named_case.standing 
FROM named_case) AS standing, level_0_arrays.person_id, level_0_arrays.log_alias, search_0_arrays.tag, search_0_arrays.person_id AS person_id_1, links_0_arrays.identity_id, links_0_arrays.person_id AS person_id_2, links_0_arrays.key_version, links_0_arrays.wrapped, links_0_arrays.commitment, level_1_arrays.identity_id AS identity_id_1, level_1_arrays.version_id, level_1_arrays.sealed_who, level_1_arrays.sealed_national_id, level_1_arrays.sealed_phone, level_2_arrays.identity_id AS identity_id_2, level_2_arrays.version_id AS version_id_1, level_2_arrays.sealed_disability, level_2_arrays.sealed_severe, level_3_arrays.identity_id AS identity_id_3, level_3_arrays.scheme, level_3_arrays.status, level_4_arrays.identity_id AS identity_id_4, level_4_arrays.version_id AS version_id_2, level_4_arrays.sealed_self_paid_band, level_5_arrays.identity_id AS identity_id_5, level_5_arrays.version_id AS version_id_3, level_5_arrays.sealed_recognition 
FROM (SELECT string_agg(uuid_send(level_0_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_0_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_0.person_id AS person_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.person_id) AS level_0_arrays_rows) AS level_0_arrays JOIN (SELECT array_agg(search_0_arrays_rows.tag) AS tag, string_agg(uuid_send(search_0_arrays_rows.person_id), ''::bytea) AS person_id 
FROM (SELECT search_0.tag AS tag, search_0.person_id AS person_id 
FROM search_0) AS search_0_arrays_rows) AS search_0_arrays ON true JOIN (SELECT string_agg(uuid_send(links_0_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(links_0_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(links_0_arrays_rows.key_version) AS key_version, array_agg(links_0_arrays_rows.wrapped) AS wrapped, array_agg(links_0_arrays_rows.commitment) AS commitment 
FROM (SELECT links_0.identity_id AS identity_id, links_0.person_id AS person_id, links_0.key_version AS key_version, links_0.wrapped AS wrapped, links_0.commitment AS commitment 
FROM links_0) AS links_0_arrays_rows) AS links_0_arrays ON true JOIN (SELECT string_agg(uuid_send(level_1_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_1_arrays_rows.version_id), ''::bytea) AS version_id, array_agg(level_1_arrays_rows.sealed_who) AS sealed_who, array_agg(level_1_arrays_rows.sealed_national_id) AS sealed_national_id, array_agg(level_1_arrays_rows.sealed_phone) AS sealed_phone 
FROM (SELECT level_1.identity_id AS identity_id, level_1.version_id AS version_id, level_1.sealed_who AS sealed_who, level_1.sealed_national_id AS sealed_national_id, level_1.sealed_phone AS sealed_phone 
FROM level_1 ORDER BY level_1.valid_from DESC, level_1.known_from DESC, level_1.version_id) AS level_1_arrays_rows) AS level_1_arrays ON true JOIN (SELECT string_agg(uuid_send(level_2_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_2_arrays_rows.version_id), ''::bytea) AS version_id, array_agg(level_2_arrays_rows.sealed_disability) AS sealed_disability, array_agg(level_2_arrays_rows.sealed_severe) AS sealed_severe 
FROM (SELECT level_2.identity_id AS identity_id, level_2.version_id AS version_id, level_2.sealed_disability AS sealed_disability, level_2.sealed_severe AS sealed_severe 
FROM level_2 ORDER BY level_2.valid_from, level_2.record_id) AS level_2_arrays_rows) AS level_2_arrays ON true JOIN (SELECT string_agg(uuid_send(level_3_arrays_rows.identity_id), ''::bytea) AS identity_id, array_agg(level_3_arrays_rows.scheme) AS scheme, array_agg(level_3_arrays_rows.status) AS status 
FROM (SELECT level_3.identity_id AS identity_id, level_3.scheme AS scheme, level_3.status AS status 
FROM level_3 ORDER BY level_3.valid_from, level_3.record_id) AS level_3_arrays_rows) AS level_3_arrays ON true JOIN (SELECT string_agg(uuid_send(level_4_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_4_arrays_rows.version_id), ''::bytea) AS version_id, array_agg(level_4_arrays_rows.sealed_self_paid_band) AS sealed_self_paid_band 
FROM (SELECT level_4.identity_id AS identity_id, level_4.version_id AS version_id, level_4.sealed_self_paid_band AS sealed_self_paid_band 
FROM level_4 ORDER BY level_4.valid_from, level_4.record_id) AS level_4_arrays_rows) AS level_4_arrays ON true JOIN (SELECT string_agg(uuid_send(level_5_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_5_arrays_rows.version_id), ''::bytea) AS version_id, array_agg(level_5_arrays_rows.sealed_recognition) AS sealed_recognition 
FROM (SELECT level_5.identity_id AS identity_id, level_5.version_id AS version_id, level_5.sealed_recognition AS sealed_recognition 
FROM level_5 ORDER BY level_5.valid_from, level_5.record_id) AS level_5_arrays_rows) AS level_5_arrays ON true
