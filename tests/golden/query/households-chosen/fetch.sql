WITH known_0 AS 
(SELECT anon_1.cell AS cell, anon_1.household_id AS household_id, anon_1.log_alias AS log_alias, anon_1.region AS region, anon_1.key AS key 
FROM (SELECT household_1.cell AS cell, household_1.household_id AS household_id, household_1.log_alias AS log_alias, household_place_1.region AS region, anon_2.key AS key 
FROM (SELECT anon_3.cell AS cell, anon_3.tie AS tie, anon_3.key AS key, anon_3.home AS home 
FROM (SELECT score_1.cell AS cell, score_1.identity_id AS tie, score_1.total AS key, score_1.identity_id AS home 
FROM score AS score_1 
WHERE NOT $1::BOOLEAN AND CASE WHEN (score_1.valid_from <= $2::DATE AND score_1.valid_to > $2::DATE AND score_1.known_to = 'infinity'::timestamptz) THEN true ELSE false END AND score_1.total IS NOT NULL AND score_1.total >= $3::INTEGER AND CASE WHEN (score_1.band = ANY ($4::TEXT[])) THEN true ELSE false END AND score_1.total <= $5::INTEGER AND (score_1.total < $5::INTEGER OR score_1.identity_id > $6::UUID) AND (EXISTS (SELECT $7::INTEGER AS anon_4 
FROM household_place AS household_place_2 
WHERE household_place_2.cell = score_1.cell AND household_place_2.household_id = score_1.identity_id AND household_place_2.region LIKE ANY ($8::TEXT[]) AND household_place_2.valid_from <= $2::DATE AND household_place_2.valid_to > $2::DATE AND household_place_2.known_to = 'infinity'::timestamptz AND household_place_2.region LIKE ANY ($9::TEXT[])
 LIMIT ALL OFFSET 0)) AND CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($10::VARCHAR AS TEXT))) <= $11::INTEGER) THEN (score_1.cell, score_1.identity_id) IN (SELECT membership_1.cell, membership_1.household_id 
FROM membership AS membership_1 JOIN link AS link_1 ON link_1.cell = membership_1.cell AND link_1.person_id = membership_1.person_id AND link_1.valid_from <= $2::DATE AND link_1.valid_to > $2::DATE AND link_1.known_to = 'infinity'::timestamptz AND membership_1.valid_from <= $2::DATE AND membership_1.valid_to > $2::DATE AND membership_1.known_to = 'infinity'::timestamptz JOIN population AS population_1 ON population_1.cell = link_1.cell AND population_1.identity_id = link_1.identity_id 
WHERE population_1.valid_from <= $2::DATE AND population_1.valid_to > $2::DATE AND population_1.known_to = 'infinity'::timestamptz) ELSE EXISTS (SELECT $12::INTEGER AS anon_5 
FROM membership AS membership_2 JOIN link AS link_2 ON link_2.cell = membership_2.cell AND link_2.person_id = membership_2.person_id AND link_2.valid_from <= $2::DATE AND link_2.valid_to > $2::DATE AND link_2.known_to = 'infinity'::timestamptz AND membership_2.valid_from <= $2::DATE AND membership_2.valid_to > $2::DATE AND membership_2.known_to = 'infinity'::timestamptz JOIN population AS population_2 ON population_2.cell = link_2.cell AND population_2.identity_id = link_2.identity_id 
WHERE population_2.valid_from <= $2::DATE AND population_2.valid_to > $2::DATE AND population_2.known_to = 'infinity'::timestamptz AND membership_2.cell = score_1.cell AND membership_2.household_id = score_1.identity_id
 LIMIT ALL OFFSET 0) END AND NOT CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($13::VARCHAR AS TEXT))) <= $14::INTEGER) THEN (score_1.cell, score_1.identity_id) IN (SELECT membership_3.cell, membership_3.household_id 
FROM membership AS membership_3 JOIN link AS link_3 ON link_3.cell = membership_3.cell AND link_3.person_id = membership_3.person_id AND link_3.valid_from <= $2::DATE AND link_3.valid_to > $2::DATE AND link_3.known_to = 'infinity'::timestamptz AND membership_3.valid_from <= $2::DATE AND membership_3.valid_to > $2::DATE AND membership_3.known_to = 'infinity'::timestamptz JOIN recognition AS recognition_1 ON recognition_1.cell = link_3.cell AND recognition_1.identity_id = link_3.identity_id 
WHERE recognition_1.valid_from <= $2::DATE AND recognition_1.valid_to > $2::DATE AND recognition_1.known_to = 'infinity'::timestamptz) ELSE EXISTS (SELECT $15::INTEGER AS anon_6 
FROM membership AS membership_4 JOIN link AS link_4 ON link_4.cell = membership_4.cell AND link_4.person_id = membership_4.person_id AND link_4.valid_from <= $2::DATE AND link_4.valid_to > $2::DATE AND link_4.known_to = 'infinity'::timestamptz AND membership_4.valid_from <= $2::DATE AND membership_4.valid_to > $2::DATE AND membership_4.known_to = 'infinity'::timestamptz JOIN recognition AS recognition_2 ON recognition_2.cell = link_4.cell AND recognition_2.identity_id = link_4.identity_id 
WHERE recognition_2.valid_from <= $2::DATE AND recognition_2.valid_to > $2::DATE AND recognition_2.known_to = 'infinity'::timestamptz AND membership_4.cell = score_1.cell AND membership_4.household_id = score_1.identity_id
 LIMIT ALL OFFSET 0) END AND CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($16::VARCHAR AS TEXT))) <= $17::INTEGER) THEN (score_1.cell, score_1.identity_id) IN (SELECT membership_5.cell, membership_5.household_id 
FROM membership AS membership_5 JOIN link AS link_5 ON link_5.cell = membership_5.cell AND link_5.person_id = membership_5.person_id AND link_5.valid_from <= $2::DATE AND link_5.valid_to > $2::DATE AND link_5.known_to = 'infinity'::timestamptz AND membership_5.valid_from <= $2::DATE AND membership_5.valid_to > $2::DATE AND membership_5.known_to = 'infinity'::timestamptz JOIN medical_enrolment AS medical_enrolment_1 ON medical_enrolment_1.cell = link_5.cell AND medical_enrolment_1.identity_id = link_5.identity_id 
WHERE medical_enrolment_1.valid_from <= $2::DATE AND medical_enrolment_1.valid_to > $2::DATE AND medical_enrolment_1.known_to = 'infinity'::timestamptz AND medical_enrolment_1.subsidised = $18::BOOLEAN) ELSE EXISTS (SELECT $19::INTEGER AS anon_7 
FROM membership AS membership_6 JOIN link AS link_6 ON link_6.cell = membership_6.cell AND link_6.person_id = membership_6.person_id AND link_6.valid_from <= $2::DATE AND link_6.valid_to > $2::DATE AND link_6.known_to = 'infinity'::timestamptz AND membership_6.valid_from <= $2::DATE AND membership_6.valid_to > $2::DATE AND membership_6.known_to = 'infinity'::timestamptz JOIN medical_enrolment AS medical_enrolment_2 ON medical_enrolment_2.cell = link_6.cell AND medical_enrolment_2.identity_id = link_6.identity_id 
WHERE medical_enrolment_2.valid_from <= $2::DATE AND medical_enrolment_2.valid_to > $2::DATE AND medical_enrolment_2.known_to = 'infinity'::timestamptz AND medical_enrolment_2.subsidised = $18::BOOLEAN AND membership_6.cell = score_1.cell AND membership_6.household_id = score_1.identity_id
 LIMIT ALL OFFSET 0) END ORDER BY score_1.total DESC, score_1.identity_id 
 LIMIT 201) AS anon_3 
 LIMIT $20::INTEGER + $21::INTEGER) AS anon_2 JOIN household AS household_1 ON household_1.cell = anon_2.cell AND household_1.household_id = anon_2.home JOIN household_place AS household_place_1 ON household_place_1.cell = anon_2.cell AND household_place_1.household_id = anon_2.home AND household_place_1.region LIKE ANY ($8::TEXT[]) AND household_place_1.valid_from <= $2::DATE AND household_place_1.valid_to > $2::DATE AND household_place_1.known_to = 'infinity'::timestamptz) AS anon_1 UNION ALL SELECT anon_8.cell AS cell, anon_8.household_id AS household_id, anon_8.log_alias AS log_alias, anon_8.region AS region, anon_8.key AS key 
FROM (SELECT household_2.cell AS cell, household_2.household_id AS household_id, household_2.log_alias AS log_alias, household_place_3.region AS region, score_2.total AS key 
FROM unnest($22::TEXT[], $23::TEXT[]) AS anon_9(low, high) JOIN household_place AS household_place_3 ON household_place_3.region >= anon_9.low AND household_place_3.region <= anon_9.high JOIN household AS household_2 ON household_place_3.cell = household_2.cell AND household_place_3.household_id = household_2.household_id JOIN score AS score_2 ON score_2.cell = household_2.cell AND score_2.identity_id = household_2.household_id 
WHERE household_place_3.cell = household_2.cell AND household_place_3.household_id = household_2.household_id AND household_place_3.region LIKE ANY ($8::TEXT[]) AND household_place_3.valid_from <= $2::DATE AND household_place_3.valid_to > $2::DATE AND household_place_3.known_to = 'infinity'::timestamptz AND household_place_3.region LIKE ANY ($9::TEXT[]) AND score_2.valid_from <= $2::DATE AND score_2.valid_to > $2::DATE AND score_2.known_to = 'infinity'::timestamptz AND score_2.total IS NOT NULL AND score_2.total >= $3::INTEGER AND CASE WHEN (score_2.band = ANY ($4::TEXT[])) THEN true ELSE false END AND CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($24::VARCHAR AS TEXT))) <= $25::INTEGER) THEN (household_2.cell, household_2.household_id) IN (SELECT membership_7.cell, membership_7.household_id 
FROM membership AS membership_7 JOIN link AS link_7 ON link_7.cell = membership_7.cell AND link_7.person_id = membership_7.person_id AND link_7.valid_from <= $2::DATE AND link_7.valid_to > $2::DATE AND link_7.known_to = 'infinity'::timestamptz AND membership_7.valid_from <= $2::DATE AND membership_7.valid_to > $2::DATE AND membership_7.known_to = 'infinity'::timestamptz JOIN population AS population_3 ON population_3.cell = link_7.cell AND population_3.identity_id = link_7.identity_id 
WHERE population_3.valid_from <= $2::DATE AND population_3.valid_to > $2::DATE AND population_3.known_to = 'infinity'::timestamptz) ELSE EXISTS (SELECT $26::INTEGER AS anon_10 
FROM membership AS membership_8 JOIN link AS link_8 ON link_8.cell = membership_8.cell AND link_8.person_id = membership_8.person_id AND link_8.valid_from <= $2::DATE AND link_8.valid_to > $2::DATE AND link_8.known_to = 'infinity'::timestamptz AND membership_8.valid_from <= $2::DATE AND membership_8.valid_to > $2::DATE AND membership_8.known_to = 'infinity'::timestamptz JOIN population AS population_4 ON population_4.cell = link_8.cell AND population_4.identity_id = link_8.identity_id 
WHERE population_4.valid_from <= $2::DATE AND population_4.valid_to > $2::DATE AND population_4.known_to = 'infinity'::timestamptz AND membership_8.cell = household_2.cell AND membership_8.household_id = household_2.household_id
 LIMIT ALL OFFSET 0) END AND NOT CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($27::VARCHAR AS TEXT))) <= $28::INTEGER) THEN (household_2.cell, household_2.household_id) IN (SELECT membership_9.cell, membership_9.household_id 
FROM membership AS membership_9 JOIN link AS link_9 ON link_9.cell = membership_9.cell AND link_9.person_id = membership_9.person_id AND link_9.valid_from <= $2::DATE AND link_9.valid_to > $2::DATE AND link_9.known_to = 'infinity'::timestamptz AND membership_9.valid_from <= $2::DATE AND membership_9.valid_to > $2::DATE AND membership_9.known_to = 'infinity'::timestamptz JOIN recognition AS recognition_3 ON recognition_3.cell = link_9.cell AND recognition_3.identity_id = link_9.identity_id 
WHERE recognition_3.valid_from <= $2::DATE AND recognition_3.valid_to > $2::DATE AND recognition_3.known_to = 'infinity'::timestamptz) ELSE EXISTS (SELECT $29::INTEGER AS anon_11 
FROM membership AS membership_10 JOIN link AS link_10 ON link_10.cell = membership_10.cell AND link_10.person_id = membership_10.person_id AND link_10.valid_from <= $2::DATE AND link_10.valid_to > $2::DATE AND link_10.known_to = 'infinity'::timestamptz AND membership_10.valid_from <= $2::DATE AND membership_10.valid_to > $2::DATE AND membership_10.known_to = 'infinity'::timestamptz JOIN recognition AS recognition_4 ON recognition_4.cell = link_10.cell AND recognition_4.identity_id = link_10.identity_id 
WHERE recognition_4.valid_from <= $2::DATE AND recognition_4.valid_to > $2::DATE AND recognition_4.known_to = 'infinity'::timestamptz AND membership_10.cell = household_2.cell AND membership_10.household_id = household_2.household_id
 LIMIT ALL OFFSET 0) END AND CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($30::VARCHAR AS TEXT))) <= $31::INTEGER) THEN (household_2.cell, household_2.household_id) IN (SELECT membership_11.cell, membership_11.household_id 
FROM membership AS membership_11 JOIN link AS link_11 ON link_11.cell = membership_11.cell AND link_11.person_id = membership_11.person_id AND link_11.valid_from <= $2::DATE AND link_11.valid_to > $2::DATE AND link_11.known_to = 'infinity'::timestamptz AND membership_11.valid_from <= $2::DATE AND membership_11.valid_to > $2::DATE AND membership_11.known_to = 'infinity'::timestamptz JOIN medical_enrolment AS medical_enrolment_3 ON medical_enrolment_3.cell = link_11.cell AND medical_enrolment_3.identity_id = link_11.identity_id 
WHERE medical_enrolment_3.valid_from <= $2::DATE AND medical_enrolment_3.valid_to > $2::DATE AND medical_enrolment_3.known_to = 'infinity'::timestamptz AND medical_enrolment_3.subsidised = $18::BOOLEAN) ELSE EXISTS (SELECT $32::INTEGER AS anon_12 
FROM membership AS membership_12 JOIN link AS link_12 ON link_12.cell = membership_12.cell AND link_12.person_id = membership_12.person_id AND link_12.valid_from <= $2::DATE AND link_12.valid_to > $2::DATE AND link_12.known_to = 'infinity'::timestamptz AND membership_12.valid_from <= $2::DATE AND membership_12.valid_to > $2::DATE AND membership_12.known_to = 'infinity'::timestamptz JOIN medical_enrolment AS medical_enrolment_4 ON medical_enrolment_4.cell = link_12.cell AND medical_enrolment_4.identity_id = link_12.identity_id 
WHERE medical_enrolment_4.valid_from <= $2::DATE AND medical_enrolment_4.valid_to > $2::DATE AND medical_enrolment_4.known_to = 'infinity'::timestamptz AND medical_enrolment_4.subsidised = $18::BOOLEAN AND membership_12.cell = household_2.cell AND membership_12.household_id = household_2.household_id
 LIMIT ALL OFFSET 0) END AND $1::BOOLEAN AND score_2.total <= $5::INTEGER AND (score_2.total < $5::INTEGER OR household_2.household_id > $6::UUID) ORDER BY score_2.total DESC, household_2.household_id 
 LIMIT $20::INTEGER + $33::INTEGER) AS anon_8), 
search_0 AS 
(SELECT known_0.cell AS cell, known_0.household_id AS household_id, known_0.log_alias AS log_alias, known_0.region AS region, known_0.key AS key 
FROM known_0 UNION ALL SELECT anon_13.cell AS cell, anon_13.household_id AS household_id, anon_13.log_alias AS log_alias, anon_13.region AS region, anon_13.key AS key 
FROM (SELECT household_3.cell AS cell, household_3.household_id AS household_id, household_3.log_alias AS log_alias, household_place_4.region AS region, CAST(NULL AS INTEGER) AS key 
FROM unnest($22::TEXT[], $23::TEXT[]) AS anon_14(low, high) JOIN household_place AS household_place_4 ON household_place_4.region >= anon_14.low AND household_place_4.region <= anon_14.high JOIN household AS household_3 ON household_place_4.cell = household_3.cell AND household_place_4.household_id = household_3.household_id 
WHERE household_place_4.cell = household_3.cell AND household_place_4.household_id = household_3.household_id AND household_place_4.region LIKE ANY ($8::TEXT[]) AND household_place_4.valid_from <= $2::DATE AND household_place_4.valid_to > $2::DATE AND household_place_4.known_to = 'infinity'::timestamptz AND household_place_4.region LIKE ANY ($9::TEXT[]) AND CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($34::VARCHAR AS TEXT))) <= $35::INTEGER) THEN (household_3.cell, household_3.household_id) IN (SELECT membership_13.cell, membership_13.household_id 
FROM membership AS membership_13 JOIN link AS link_13 ON link_13.cell = membership_13.cell AND link_13.person_id = membership_13.person_id AND link_13.valid_from <= $2::DATE AND link_13.valid_to > $2::DATE AND link_13.known_to = 'infinity'::timestamptz AND membership_13.valid_from <= $2::DATE AND membership_13.valid_to > $2::DATE AND membership_13.known_to = 'infinity'::timestamptz JOIN population AS population_5 ON population_5.cell = link_13.cell AND population_5.identity_id = link_13.identity_id 
WHERE population_5.valid_from <= $2::DATE AND population_5.valid_to > $2::DATE AND population_5.known_to = 'infinity'::timestamptz) ELSE EXISTS (SELECT $36::INTEGER AS anon_15 
FROM membership AS membership_14 JOIN link AS link_14 ON link_14.cell = membership_14.cell AND link_14.person_id = membership_14.person_id AND link_14.valid_from <= $2::DATE AND link_14.valid_to > $2::DATE AND link_14.known_to = 'infinity'::timestamptz AND membership_14.valid_from <= $2::DATE AND membership_14.valid_to > $2::DATE AND membership_14.known_to = 'infinity'::timestamptz JOIN population AS population_6 ON population_6.cell = link_14.cell AND population_6.identity_id = link_14.identity_id 
WHERE population_6.valid_from <= $2::DATE AND population_6.valid_to > $2::DATE AND population_6.known_to = 'infinity'::timestamptz AND membership_14.cell = household_3.cell AND membership_14.household_id = household_3.household_id
 LIMIT ALL OFFSET 0) END AND NOT CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($37::VARCHAR AS TEXT))) <= $38::INTEGER) THEN (household_3.cell, household_3.household_id) IN (SELECT membership_15.cell, membership_15.household_id 
FROM membership AS membership_15 JOIN link AS link_15 ON link_15.cell = membership_15.cell AND link_15.person_id = membership_15.person_id AND link_15.valid_from <= $2::DATE AND link_15.valid_to > $2::DATE AND link_15.known_to = 'infinity'::timestamptz AND membership_15.valid_from <= $2::DATE AND membership_15.valid_to > $2::DATE AND membership_15.known_to = 'infinity'::timestamptz JOIN recognition AS recognition_5 ON recognition_5.cell = link_15.cell AND recognition_5.identity_id = link_15.identity_id 
WHERE recognition_5.valid_from <= $2::DATE AND recognition_5.valid_to > $2::DATE AND recognition_5.known_to = 'infinity'::timestamptz) ELSE EXISTS (SELECT $39::INTEGER AS anon_16 
FROM membership AS membership_16 JOIN link AS link_16 ON link_16.cell = membership_16.cell AND link_16.person_id = membership_16.person_id AND link_16.valid_from <= $2::DATE AND link_16.valid_to > $2::DATE AND link_16.known_to = 'infinity'::timestamptz AND membership_16.valid_from <= $2::DATE AND membership_16.valid_to > $2::DATE AND membership_16.known_to = 'infinity'::timestamptz JOIN recognition AS recognition_6 ON recognition_6.cell = link_16.cell AND recognition_6.identity_id = link_16.identity_id 
WHERE recognition_6.valid_from <= $2::DATE AND recognition_6.valid_to > $2::DATE AND recognition_6.known_to = 'infinity'::timestamptz AND membership_16.cell = household_3.cell AND membership_16.household_id = household_3.household_id
 LIMIT ALL OFFSET 0) END AND CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($40::VARCHAR AS TEXT))) <= $41::INTEGER) THEN (household_3.cell, household_3.household_id) IN (SELECT membership_17.cell, membership_17.household_id 
FROM membership AS membership_17 JOIN link AS link_17 ON link_17.cell = membership_17.cell AND link_17.person_id = membership_17.person_id AND link_17.valid_from <= $2::DATE AND link_17.valid_to > $2::DATE AND link_17.known_to = 'infinity'::timestamptz AND membership_17.valid_from <= $2::DATE AND membership_17.valid_to > $2::DATE AND membership_17.known_to = 'infinity'::timestamptz JOIN medical_enrolment AS medical_enrolment_5 ON medical_enrolment_5.cell = link_17.cell AND medical_enrolment_5.identity_id = link_17.identity_id 
WHERE medical_enrolment_5.valid_from <= $2::DATE AND medical_enrolment_5.valid_to > $2::DATE AND medical_enrolment_5.known_to = 'infinity'::timestamptz AND medical_enrolment_5.subsidised = $18::BOOLEAN) ELSE EXISTS (SELECT $42::INTEGER AS anon_17 
FROM membership AS membership_18 JOIN link AS link_18 ON link_18.cell = membership_18.cell AND link_18.person_id = membership_18.person_id AND link_18.valid_from <= $2::DATE AND link_18.valid_to > $2::DATE AND link_18.known_to = 'infinity'::timestamptz AND membership_18.valid_from <= $2::DATE AND membership_18.valid_to > $2::DATE AND membership_18.known_to = 'infinity'::timestamptz JOIN medical_enrolment AS medical_enrolment_6 ON medical_enrolment_6.cell = link_18.cell AND medical_enrolment_6.identity_id = link_18.identity_id 
WHERE medical_enrolment_6.valid_from <= $2::DATE AND medical_enrolment_6.valid_to > $2::DATE AND medical_enrolment_6.known_to = 'infinity'::timestamptz AND medical_enrolment_6.subsidised = $18::BOOLEAN AND membership_18.cell = household_3.cell AND membership_18.household_id = household_3.household_id
 LIMIT ALL OFFSET 0) END AND CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($43::VARCHAR AS TEXT))) <= $44::INTEGER) THEN (household_3.cell, household_3.household_id) IN (SELECT score_3.cell, score_3.identity_id 
FROM score AS score_3 
WHERE score_3.valid_from <= $2::DATE AND score_3.valid_to > $2::DATE AND score_3.known_to = 'infinity'::timestamptz AND score_3.total >= $3::INTEGER AND score_3.band = ANY ($4::TEXT[])) ELSE EXISTS (SELECT $45::INTEGER AS anon_18 
FROM score AS score_4 
WHERE score_4.valid_from <= $2::DATE AND score_4.valid_to > $2::DATE AND score_4.known_to = 'infinity'::timestamptz AND score_4.total >= $3::INTEGER AND score_4.band = ANY ($4::TEXT[]) AND score_4.cell = household_3.cell AND score_4.identity_id = household_3.household_id
 LIMIT ALL OFFSET 0) END AND NOT (EXISTS (SELECT $46::INTEGER AS anon_19 
FROM score AS score_5 
WHERE score_5.cell = household_3.cell AND score_5.identity_id = household_3.household_id AND score_5.valid_from <= $2::DATE AND score_5.valid_to > $2::DATE AND score_5.known_to = 'infinity'::timestamptz AND score_5.total IS NOT NULL)) AND household_3.household_id > $47::UUID AND (SELECT count(*) AS count_1 
FROM known_0) <= $20::INTEGER ORDER BY household_3.household_id 
 LIMIT $20::INTEGER + $48::INTEGER) AS anon_13), 
level_0 AS 
(SELECT search_0.cell AS cell, search_0.household_id AS household_id, search_0.log_alias AS log_alias, search_0.region AS region, search_0.key AS key 
FROM search_0 ORDER BY search_0.key DESC NULLS LAST, search_0.household_id 
 LIMIT $20::INTEGER), 
count_0 AS 
(SELECT count(*) AS count 
FROM unnest($22::TEXT[], $23::TEXT[]) AS anon_20(low, high) JOIN household_place AS household_place_5 ON household_place_5.region >= anon_20.low AND household_place_5.region <= anon_20.high JOIN household AS household_4 ON household_place_5.cell = household_4.cell AND household_place_5.household_id = household_4.household_id 
WHERE household_place_5.cell = household_4.cell AND household_place_5.household_id = household_4.household_id AND household_place_5.region LIKE ANY ($8::TEXT[]) AND household_place_5.valid_from <= $2::DATE AND household_place_5.valid_to > $2::DATE AND household_place_5.known_to = 'infinity'::timestamptz AND household_place_5.region LIKE ANY ($9::TEXT[]) AND CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($49::VARCHAR AS TEXT))) <= $50::INTEGER) THEN (household_4.cell, household_4.household_id) IN (SELECT membership_19.cell, membership_19.household_id 
FROM membership AS membership_19 JOIN link AS link_19 ON link_19.cell = membership_19.cell AND link_19.person_id = membership_19.person_id AND link_19.valid_from <= $2::DATE AND link_19.valid_to > $2::DATE AND link_19.known_to = 'infinity'::timestamptz AND membership_19.valid_from <= $2::DATE AND membership_19.valid_to > $2::DATE AND membership_19.known_to = 'infinity'::timestamptz JOIN population AS population_7 ON population_7.cell = link_19.cell AND population_7.identity_id = link_19.identity_id 
WHERE population_7.valid_from <= $2::DATE AND population_7.valid_to > $2::DATE AND population_7.known_to = 'infinity'::timestamptz) ELSE EXISTS (SELECT $51::INTEGER AS anon_21 
FROM membership AS membership_20 JOIN link AS link_20 ON link_20.cell = membership_20.cell AND link_20.person_id = membership_20.person_id AND link_20.valid_from <= $2::DATE AND link_20.valid_to > $2::DATE AND link_20.known_to = 'infinity'::timestamptz AND membership_20.valid_from <= $2::DATE AND membership_20.valid_to > $2::DATE AND membership_20.known_to = 'infinity'::timestamptz JOIN population AS population_8 ON population_8.cell = link_20.cell AND population_8.identity_id = link_20.identity_id 
WHERE population_8.valid_from <= $2::DATE AND population_8.valid_to > $2::DATE AND population_8.known_to = 'infinity'::timestamptz AND membership_20.cell = household_4.cell AND membership_20.household_id = household_4.household_id
 LIMIT ALL OFFSET 0) END AND NOT CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($52::VARCHAR AS TEXT))) <= $53::INTEGER) THEN (household_4.cell, household_4.household_id) IN (SELECT membership_21.cell, membership_21.household_id 
FROM membership AS membership_21 JOIN link AS link_21 ON link_21.cell = membership_21.cell AND link_21.person_id = membership_21.person_id AND link_21.valid_from <= $2::DATE AND link_21.valid_to > $2::DATE AND link_21.known_to = 'infinity'::timestamptz AND membership_21.valid_from <= $2::DATE AND membership_21.valid_to > $2::DATE AND membership_21.known_to = 'infinity'::timestamptz JOIN recognition AS recognition_7 ON recognition_7.cell = link_21.cell AND recognition_7.identity_id = link_21.identity_id 
WHERE recognition_7.valid_from <= $2::DATE AND recognition_7.valid_to > $2::DATE AND recognition_7.known_to = 'infinity'::timestamptz) ELSE EXISTS (SELECT $54::INTEGER AS anon_22 
FROM membership AS membership_22 JOIN link AS link_22 ON link_22.cell = membership_22.cell AND link_22.person_id = membership_22.person_id AND link_22.valid_from <= $2::DATE AND link_22.valid_to > $2::DATE AND link_22.known_to = 'infinity'::timestamptz AND membership_22.valid_from <= $2::DATE AND membership_22.valid_to > $2::DATE AND membership_22.known_to = 'infinity'::timestamptz JOIN recognition AS recognition_8 ON recognition_8.cell = link_22.cell AND recognition_8.identity_id = link_22.identity_id 
WHERE recognition_8.valid_from <= $2::DATE AND recognition_8.valid_to > $2::DATE AND recognition_8.known_to = 'infinity'::timestamptz AND membership_22.cell = household_4.cell AND membership_22.household_id = household_4.household_id
 LIMIT ALL OFFSET 0) END AND CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($55::VARCHAR AS TEXT))) <= $56::INTEGER) THEN (household_4.cell, household_4.household_id) IN (SELECT membership_23.cell, membership_23.household_id 
FROM membership AS membership_23 JOIN link AS link_23 ON link_23.cell = membership_23.cell AND link_23.person_id = membership_23.person_id AND link_23.valid_from <= $2::DATE AND link_23.valid_to > $2::DATE AND link_23.known_to = 'infinity'::timestamptz AND membership_23.valid_from <= $2::DATE AND membership_23.valid_to > $2::DATE AND membership_23.known_to = 'infinity'::timestamptz JOIN medical_enrolment AS medical_enrolment_7 ON medical_enrolment_7.cell = link_23.cell AND medical_enrolment_7.identity_id = link_23.identity_id 
WHERE medical_enrolment_7.valid_from <= $2::DATE AND medical_enrolment_7.valid_to > $2::DATE AND medical_enrolment_7.known_to = 'infinity'::timestamptz AND medical_enrolment_7.subsidised = $18::BOOLEAN) ELSE EXISTS (SELECT $57::INTEGER AS anon_23 
FROM membership AS membership_24 JOIN link AS link_24 ON link_24.cell = membership_24.cell AND link_24.person_id = membership_24.person_id AND link_24.valid_from <= $2::DATE AND link_24.valid_to > $2::DATE AND link_24.known_to = 'infinity'::timestamptz AND membership_24.valid_from <= $2::DATE AND membership_24.valid_to > $2::DATE AND membership_24.known_to = 'infinity'::timestamptz JOIN medical_enrolment AS medical_enrolment_8 ON medical_enrolment_8.cell = link_24.cell AND medical_enrolment_8.identity_id = link_24.identity_id 
WHERE medical_enrolment_8.valid_from <= $2::DATE AND medical_enrolment_8.valid_to > $2::DATE AND medical_enrolment_8.known_to = 'infinity'::timestamptz AND medical_enrolment_8.subsidised = $18::BOOLEAN AND membership_24.cell = household_4.cell AND membership_24.household_id = household_4.household_id
 LIMIT ALL OFFSET 0) END AND CASE WHEN ((SELECT pg_class.reltuples 
FROM pg_class 
WHERE pg_class.oid = to_regclass(CAST($58::VARCHAR AS TEXT))) <= $59::INTEGER) THEN (household_4.cell, household_4.household_id) IN (SELECT score_6.cell, score_6.identity_id 
FROM score AS score_6 
WHERE score_6.valid_from <= $2::DATE AND score_6.valid_to > $2::DATE AND score_6.known_to = 'infinity'::timestamptz AND score_6.total >= $3::INTEGER AND score_6.band = ANY ($4::TEXT[])) ELSE EXISTS (SELECT $60::INTEGER AS anon_24 
FROM score AS score_7 
WHERE score_7.valid_from <= $2::DATE AND score_7.valid_to > $2::DATE AND score_7.known_to = 'infinity'::timestamptz AND score_7.total >= $3::INTEGER AND score_7.band = ANY ($4::TEXT[]) AND score_7.cell = household_4.cell AND score_7.identity_id = household_4.household_id
 LIMIT ALL OFFSET 0) END), 
level_1 AS 
(SELECT score_8.cell AS cell, score_8.identity_id AS identity_id, score_8.version_id AS version_id, score_8.valid_from AS valid_from, score_8.known_from AS known_from, score_8.record_id AS record_id, score_8.total AS total, score_8.band AS band 
FROM score AS score_8 
WHERE score_8.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND score_8.identity_id = ANY (array((SELECT level_0.household_id 
FROM level_0))) AND score_8.valid_from <= $2::DATE AND score_8.valid_to > $2::DATE AND score_8.known_to = 'infinity'::timestamptz), 
level_2 AS 
(SELECT member_now_1.household_id AS parent, member_now_1.cell AS cell, member_now_1.person_id AS person_id, member_now_1.log_alias AS log_alias 
FROM member_now AS member_now_1 
WHERE member_now_1.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND member_now_1.household_id = ANY (array((SELECT level_0.household_id 
FROM level_0))) AND member_now_1.valid_from <= $2::DATE AND member_now_1.valid_to > $2::DATE), 
links_2 AS 
(SELECT identity_now_1.cell AS cell, identity_now_1.department AS department, identity_now_1.identity_id AS identity_id, identity_now_1.person_id AS person_id, identity_now_1.key_version AS key_version, identity_now_1.wrapped AS wrapped, identity_now_1.commitment AS commitment 
FROM identity_now AS identity_now_1 
WHERE identity_now_1.cell = ANY (array((SELECT level_2.cell 
FROM level_2))) AND identity_now_1.household_id = ANY (array((SELECT level_2.parent 
FROM level_2))) AND identity_now_1.department = ANY ($61::TEXT[]) AND identity_now_1.valid_from <= $2::DATE AND identity_now_1.valid_to > $2::DATE), 
level_3 AS 
(SELECT population_9.cell AS cell, population_9.identity_id AS identity_id, population_9.version_id AS version_id, population_9.valid_from AS valid_from, population_9.known_from AS known_from, population_9.record_id AS record_id, population_9.sealed_who AS sealed_who 
FROM population AS population_9 
WHERE population_9.cell = ANY (array((SELECT links_2.cell 
FROM links_2))) AND population_9.identity_id = ANY (array((SELECT links_2.identity_id 
FROM links_2))) AND population_9.valid_from <= $2::DATE AND population_9.valid_to > $2::DATE AND population_9.known_to = 'infinity'::timestamptz)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, level_0_arrays.household_id, level_0_arrays.log_alias, level_0_arrays.region, level_0_arrays.key, search_0_arrays.household_id AS household_id_1, count_0_arrays.count, level_1_arrays.identity_id, level_1_arrays.total, level_1_arrays.band, level_2_arrays.parent, level_2_arrays.person_id, level_2_arrays.log_alias AS log_alias_1, links_2_arrays.identity_id AS identity_id_1, links_2_arrays.person_id AS person_id_1, links_2_arrays.key_version, links_2_arrays.wrapped, links_2_arrays.commitment, level_3_arrays.identity_id AS identity_id_2, level_3_arrays.version_id, level_3_arrays.sealed_who 
FROM (SELECT string_agg(uuid_send(level_0_arrays_rows.household_id), ''::bytea) AS household_id, array_agg(level_0_arrays_rows.log_alias) AS log_alias, array_agg(level_0_arrays_rows.region) AS region, array_agg(level_0_arrays_rows.key) AS key 
FROM (SELECT level_0.household_id AS household_id, level_0.log_alias AS log_alias, level_0.region AS region, level_0.key AS key 
FROM level_0 ORDER BY level_0.key DESC NULLS LAST, level_0.household_id) AS level_0_arrays_rows) AS level_0_arrays JOIN (SELECT string_agg(uuid_send(search_0_arrays_rows.household_id), ''::bytea) AS household_id 
FROM (SELECT search_0.household_id AS household_id 
FROM search_0) AS search_0_arrays_rows) AS search_0_arrays ON true JOIN (SELECT array_agg(count_0_arrays_rows.count) AS count 
FROM (SELECT count_0.count AS count 
FROM count_0) AS count_0_arrays_rows) AS count_0_arrays ON true JOIN (SELECT string_agg(uuid_send(level_1_arrays_rows.identity_id), ''::bytea) AS identity_id, array_agg(level_1_arrays_rows.total) AS total, array_agg(level_1_arrays_rows.band) AS band 
FROM (SELECT level_1.identity_id AS identity_id, level_1.total AS total, level_1.band AS band 
FROM level_1 ORDER BY level_1.valid_from DESC, level_1.known_from DESC, level_1.version_id) AS level_1_arrays_rows) AS level_1_arrays ON true JOIN (SELECT string_agg(uuid_send(level_2_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_2_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_2_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_2.parent AS parent, level_2.person_id AS person_id, level_2.log_alias AS log_alias 
FROM level_2 ORDER BY level_2.person_id) AS level_2_arrays_rows) AS level_2_arrays ON true JOIN (SELECT string_agg(uuid_send(links_2_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(links_2_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(links_2_arrays_rows.key_version) AS key_version, array_agg(links_2_arrays_rows.wrapped) AS wrapped, array_agg(links_2_arrays_rows.commitment) AS commitment 
FROM (SELECT links_2.identity_id AS identity_id, links_2.person_id AS person_id, links_2.key_version AS key_version, links_2.wrapped AS wrapped, links_2.commitment AS commitment 
FROM links_2) AS links_2_arrays_rows) AS links_2_arrays ON true JOIN (SELECT string_agg(uuid_send(level_3_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_3_arrays_rows.version_id), ''::bytea) AS version_id, array_agg(level_3_arrays_rows.sealed_who) AS sealed_who 
FROM (SELECT level_3.identity_id AS identity_id, level_3.version_id AS version_id, level_3.sealed_who AS sealed_who 
FROM level_3 ORDER BY level_3.valid_from DESC, level_3.known_from DESC, level_3.version_id) AS level_3_arrays_rows) AS level_3_arrays ON true
