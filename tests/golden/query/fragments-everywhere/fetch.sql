WITH named_case AS 
(SELECT CASE WHEN ($1::VARCHAR IS NOT NULL AND NOT ((case_now_1.officers @> CAST(ARRAY[$1::VARCHAR] AS TEXT[])) OR (case_now_1.roles @> CAST(ARRAY[$2::VARCHAR] AS TEXT[])))) THEN 'CASE_NOT_IN_CASELOAD' WHEN NOT ($3::VARCHAR = ANY (case_now_1.purposes)) THEN 'CASE_OTHER_PURPOSE' WHEN (NOT (case_now_1.opened_on <= $4::DATE AND (case_now_1.closed_on IS NULL OR case_now_1.closed_on > $4::DATE))) THEN 'CASE_CLOSED' ELSE 'open' END AS standing 
FROM case_now AS case_now_1 
WHERE case_now_1.department = $5::VARCHAR AND case_now_1.number = $6::VARCHAR), 
search_0 AS 
(SELECT known_person.cell AS cell, known_person.person_id AS person_id 
FROM known_person 
WHERE known_person.person_id = ANY ($9::UUID[])), 
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
(SELECT population_1.cell AS cell, population_1.identity_id AS identity_id, population_1.version_id AS version_id, population_1.valid_from AS valid_from, population_1.known_from AS known_from, population_1.record_id AS record_id, population_1.sealed_who AS sealed_who 
FROM population AS population_1 
WHERE population_1.cell = ANY (array((SELECT links_0.cell 
FROM links_0))) AND population_1.identity_id = ANY (array((SELECT links_0.identity_id 
FROM links_0))) AND population_1.valid_from <= $8::DATE AND population_1.valid_to > $8::DATE AND population_1.known_to = 'infinity'::timestamptz), 
level_2 AS 
(SELECT level_0.person_id AS parent, household_1.cell AS cell, household_1.household_id AS household_id, household_1.log_alias AS log_alias, level_0.region AS region 
FROM level_0 JOIN household AS household_1 ON household_1.cell = level_0.cell AND household_1.household_id = level_0.household_id), 
search_1 AS 
(SELECT known_household.cell AS cell, known_household.household_id AS household_id 
FROM known_household 
WHERE known_household.household_id = ANY ($13::UUID[])), 
level_3 AS 
(SELECT household_2.cell AS cell, household_2.household_id AS household_id, household_2.household_id AS parent, household_2.log_alias AS log_alias, household_place_2.region AS region 
FROM household AS household_2 JOIN household_place AS household_place_2 ON household_place_2.cell = household_2.cell AND household_place_2.household_id = household_2.household_id AND household_place_2.region LIKE ANY ($11::TEXT[]) AND household_place_2.valid_from <= $12::DATE AND household_place_2.valid_to > $12::DATE AND household_place_2.known_to = 'infinity'::timestamptz AND (EXISTS (SELECT 1 
FROM named_case 
WHERE named_case.standing = 'open')) 
WHERE household_2.cell = ANY (array((SELECT search_1.cell 
FROM search_1))) AND household_2.household_id = ANY (array((SELECT search_1.household_id 
FROM search_1)))), 
level_4 AS 
(SELECT member_now_2.household_id AS parent, member_now_2.cell AS cell, member_now_2.person_id AS person_id, member_now_2.log_alias AS log_alias, member_now_2.relation AS relation 
FROM member_now AS member_now_2 
WHERE member_now_2.cell = ANY (array((SELECT level_3.cell 
FROM level_3))) AND member_now_2.household_id = ANY (array((SELECT level_3.household_id 
FROM level_3))) AND member_now_2.valid_from <= $12::DATE AND member_now_2.valid_to > $12::DATE), 
links_4 AS 
(SELECT identity_now_2.cell AS cell, identity_now_2.department AS department, identity_now_2.identity_id AS identity_id, identity_now_2.person_id AS person_id, identity_now_2.key_version AS key_version, identity_now_2.wrapped AS wrapped, identity_now_2.commitment AS commitment 
FROM identity_now AS identity_now_2 
WHERE identity_now_2.cell = ANY (array((SELECT level_4.cell 
FROM level_4))) AND identity_now_2.household_id = ANY (array((SELECT level_4.parent 
FROM level_4))) AND identity_now_2.department = ANY ($14::TEXT[]) AND identity_now_2.valid_from <= $12::DATE AND identity_now_2.valid_to > $12::DATE), 
level_5 AS 
(SELECT population_2.cell AS cell, population_2.identity_id AS identity_id, population_2.version_id AS version_id, population_2.valid_from AS valid_from, population_2.known_from AS known_from, population_2.record_id AS record_id, population_2.sealed_who AS sealed_who 
FROM population AS population_2 
WHERE population_2.cell = ANY (array((SELECT links_4.cell 
FROM links_4))) AND population_2.identity_id = ANY (array((SELECT links_4.identity_id 
FROM links_4))) AND population_2.valid_from <= $12::DATE AND population_2.valid_to > $12::DATE AND population_2.known_to = 'infinity'::timestamptz), 
search_2 AS 
(SELECT person_tag.tag AS tag, person_tag.cell AS cell, person_tag.person_id AS person_id 
FROM person_tag 
WHERE person_tag.tag = ANY ($17::BYTEA[])), 
level_6 AS 
(SELECT DISTINCT ON (member_now_3.person_id) member_now_3.cell AS cell, member_now_3.person_id AS person_id, member_now_3.log_alias AS log_alias, member_now_3.household_id AS household_id, anon_2.region AS region 
FROM member_now AS member_now_3 JOIN LATERAL (SELECT household_place_3.region AS region 
FROM household_place AS household_place_3 
WHERE household_place_3.cell = member_now_3.cell AND household_place_3.household_id = member_now_3.household_id AND household_place_3.region LIKE ANY ($15::TEXT[]) AND household_place_3.valid_from <= $16::DATE AND household_place_3.valid_to > $16::DATE AND household_place_3.known_to = 'infinity'::timestamptz AND (EXISTS (SELECT 1 
FROM named_case 
WHERE named_case.standing = 'open'))
 LIMIT ALL OFFSET 0) AS anon_2 ON true 
WHERE member_now_3.cell = ANY (array((SELECT search_2.cell 
FROM search_2))) AND member_now_3.person_id = ANY (array((SELECT search_2.person_id 
FROM search_2))) AND member_now_3.valid_from <= $16::DATE AND member_now_3.valid_to > $16::DATE ORDER BY member_now_3.person_id, member_now_3.valid_from DESC, member_now_3.known_from DESC, member_now_3.version_id), 
links_6 AS 
(SELECT identity_now_3.cell AS cell, identity_now_3.department AS department, identity_now_3.identity_id AS identity_id, identity_now_3.person_id AS person_id, identity_now_3.key_version AS key_version, identity_now_3.wrapped AS wrapped, identity_now_3.commitment AS commitment 
FROM identity_now AS identity_now_3 
WHERE identity_now_3.cell = ANY (array((SELECT level_6.cell 
FROM level_6))) AND identity_now_3.person_id = ANY (array((SELECT level_6.person_id 
FROM level_6))) AND identity_now_3.department = ANY ($18::TEXT[]) AND identity_now_3.valid_from <= $16::DATE AND identity_now_3.valid_to > $16::DATE), 
level_7 AS 
(SELECT population_3.cell AS cell, population_3.identity_id AS identity_id, population_3.version_id AS version_id, population_3.valid_from AS valid_from, population_3.known_from AS known_from, population_3.record_id AS record_id, population_3.sealed_who AS sealed_who 
FROM population AS population_3 
WHERE population_3.cell = ANY (array((SELECT links_6.cell 
FROM links_6))) AND population_3.identity_id = ANY (array((SELECT links_6.identity_id 
FROM links_6))) AND population_3.valid_from <= $16::DATE AND population_3.valid_to > $16::DATE AND population_3.known_to = 'infinity'::timestamptz), 
level_8 AS 
(SELECT level_6.person_id AS parent, household_3.cell AS cell, household_3.household_id AS household_id, household_3.log_alias AS log_alias, level_6.region AS region 
FROM level_6 JOIN household AS household_3 ON household_3.cell = level_6.cell AND household_3.household_id = level_6.household_id), 
level_9 AS 
(SELECT member_now_4.household_id AS parent, member_now_4.cell AS cell, member_now_4.person_id AS person_id, member_now_4.log_alias AS log_alias 
FROM member_now AS member_now_4 
WHERE member_now_4.cell = ANY (array((SELECT level_8.cell 
FROM level_8))) AND member_now_4.household_id = ANY (array((SELECT level_8.household_id 
FROM level_8))) AND member_now_4.valid_from <= $16::DATE AND member_now_4.valid_to > $16::DATE), 
links_9 AS 
(SELECT identity_now_4.cell AS cell, identity_now_4.department AS department, identity_now_4.identity_id AS identity_id, identity_now_4.person_id AS person_id, identity_now_4.key_version AS key_version, identity_now_4.wrapped AS wrapped, identity_now_4.commitment AS commitment 
FROM identity_now AS identity_now_4 
WHERE identity_now_4.cell = ANY (array((SELECT level_9.cell 
FROM level_9))) AND identity_now_4.household_id = ANY (array((SELECT level_9.parent 
FROM level_9))) AND identity_now_4.department = ANY ($19::TEXT[]) AND identity_now_4.valid_from <= $16::DATE AND identity_now_4.valid_to > $16::DATE), 
level_10 AS 
(SELECT population_4.cell AS cell, population_4.identity_id AS identity_id, population_4.version_id AS version_id, population_4.valid_from AS valid_from, population_4.known_from AS known_from, population_4.record_id AS record_id, population_4.sealed_who AS sealed_who 
FROM population AS population_4 
WHERE population_4.cell = ANY (array((SELECT links_9.cell 
FROM links_9))) AND population_4.identity_id = ANY (array((SELECT links_9.identity_id 
FROM links_9))) AND population_4.valid_from <= $16::DATE AND population_4.valid_to > $16::DATE AND population_4.known_to = 'infinity'::timestamptz)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, (SELECT named_case.standing 
FROM named_case) AS standing, level_0_arrays.person_id, level_0_arrays.log_alias, search_0_arrays.person_id AS person_id_1, links_0_arrays.identity_id, links_0_arrays.person_id AS person_id_2, links_0_arrays.key_version, links_0_arrays.wrapped, links_0_arrays.commitment, level_1_arrays.identity_id AS identity_id_1, level_1_arrays.version_id, level_1_arrays.record_id, level_1_arrays.sealed_who, level_2_arrays.parent, level_2_arrays.household_id, level_2_arrays.log_alias AS log_alias_1, level_2_arrays.region, level_3_arrays.household_id AS household_id_1, level_3_arrays.log_alias AS log_alias_2, level_3_arrays.region AS region_1, search_1_arrays.household_id AS household_id_2, level_4_arrays.parent AS parent_1, level_4_arrays.person_id AS person_id_3, level_4_arrays.log_alias AS log_alias_3, level_4_arrays.relation, links_4_arrays.identity_id AS identity_id_2, links_4_arrays.person_id AS person_id_4, links_4_arrays.key_version AS key_version_1, links_4_arrays.wrapped AS wrapped_1, links_4_arrays.commitment AS commitment_1, level_5_arrays.identity_id AS identity_id_3, level_5_arrays.version_id AS version_id_1, level_5_arrays.record_id AS record_id_1, level_5_arrays.sealed_who AS sealed_who_1, level_6_arrays.person_id AS person_id_5, level_6_arrays.log_alias AS log_alias_4, search_2_arrays.tag, search_2_arrays.person_id AS person_id_6, links_6_arrays.identity_id AS identity_id_4, links_6_arrays.person_id AS person_id_7, links_6_arrays.key_version AS key_version_2, links_6_arrays.wrapped AS wrapped_2, links_6_arrays.commitment AS commitment_2, level_7_arrays.identity_id AS identity_id_5, level_7_arrays.version_id AS version_id_2, level_7_arrays.record_id AS record_id_2, level_7_arrays.sealed_who AS sealed_who_2, level_8_arrays.parent AS parent_2, level_8_arrays.household_id AS household_id_3, level_8_arrays.log_alias AS log_alias_5, level_8_arrays.region AS region_2, level_9_arrays.parent AS parent_3, level_9_arrays.person_id AS person_id_8, level_9_arrays.log_alias AS log_alias_6, links_9_arrays.identity_id AS identity_id_6, links_9_arrays.person_id AS person_id_9, links_9_arrays.key_version AS key_version_3, links_9_arrays.wrapped AS wrapped_3, links_9_arrays.commitment AS commitment_3, level_10_arrays.identity_id AS identity_id_7, level_10_arrays.version_id AS version_id_3, level_10_arrays.record_id AS record_id_3, level_10_arrays.sealed_who AS sealed_who_3 
FROM (SELECT string_agg(uuid_send(level_0_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_0_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_0.person_id AS person_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.person_id) AS level_0_arrays_rows) AS level_0_arrays JOIN (SELECT string_agg(uuid_send(search_0_arrays_rows.person_id), ''::bytea) AS person_id 
FROM (SELECT search_0.person_id AS person_id 
FROM search_0) AS search_0_arrays_rows) AS search_0_arrays ON true JOIN (SELECT string_agg(uuid_send(links_0_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(links_0_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(links_0_arrays_rows.key_version) AS key_version, array_agg(links_0_arrays_rows.wrapped) AS wrapped, array_agg(links_0_arrays_rows.commitment) AS commitment 
FROM (SELECT links_0.identity_id AS identity_id, links_0.person_id AS person_id, links_0.key_version AS key_version, links_0.wrapped AS wrapped, links_0.commitment AS commitment 
FROM links_0) AS links_0_arrays_rows) AS links_0_arrays ON true JOIN (SELECT string_agg(uuid_send(level_1_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_1_arrays_rows.version_id), ''::bytea) AS version_id, string_agg(uuid_send(level_1_arrays_rows.record_id), ''::bytea) AS record_id, array_agg(level_1_arrays_rows.sealed_who) AS sealed_who 
FROM (SELECT level_1.identity_id AS identity_id, level_1.version_id AS version_id, level_1.record_id AS record_id, level_1.sealed_who AS sealed_who 
FROM level_1 ORDER BY level_1.valid_from DESC, level_1.known_from DESC, level_1.version_id) AS level_1_arrays_rows) AS level_1_arrays ON true JOIN (SELECT string_agg(uuid_send(level_2_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_2_arrays_rows.household_id), ''::bytea) AS household_id, array_agg(level_2_arrays_rows.log_alias) AS log_alias, array_agg(level_2_arrays_rows.region) AS region 
FROM (SELECT level_2.parent AS parent, level_2.household_id AS household_id, level_2.log_alias AS log_alias, level_2.region AS region 
FROM level_2) AS level_2_arrays_rows) AS level_2_arrays ON true JOIN (SELECT string_agg(uuid_send(level_3_arrays_rows.household_id), ''::bytea) AS household_id, array_agg(level_3_arrays_rows.log_alias) AS log_alias, array_agg(level_3_arrays_rows.region) AS region 
FROM (SELECT level_3.household_id AS household_id, level_3.log_alias AS log_alias, level_3.region AS region 
FROM level_3 ORDER BY level_3.household_id) AS level_3_arrays_rows) AS level_3_arrays ON true JOIN (SELECT string_agg(uuid_send(search_1_arrays_rows.household_id), ''::bytea) AS household_id 
FROM (SELECT search_1.household_id AS household_id 
FROM search_1) AS search_1_arrays_rows) AS search_1_arrays ON true JOIN (SELECT string_agg(uuid_send(level_4_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_4_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_4_arrays_rows.log_alias) AS log_alias, array_agg(level_4_arrays_rows.relation) AS relation 
FROM (SELECT level_4.parent AS parent, level_4.person_id AS person_id, level_4.log_alias AS log_alias, level_4.relation AS relation 
FROM level_4 ORDER BY level_4.person_id) AS level_4_arrays_rows) AS level_4_arrays ON true JOIN (SELECT string_agg(uuid_send(links_4_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(links_4_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(links_4_arrays_rows.key_version) AS key_version, array_agg(links_4_arrays_rows.wrapped) AS wrapped, array_agg(links_4_arrays_rows.commitment) AS commitment 
FROM (SELECT links_4.identity_id AS identity_id, links_4.person_id AS person_id, links_4.key_version AS key_version, links_4.wrapped AS wrapped, links_4.commitment AS commitment 
FROM links_4) AS links_4_arrays_rows) AS links_4_arrays ON true JOIN (SELECT string_agg(uuid_send(level_5_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_5_arrays_rows.version_id), ''::bytea) AS version_id, string_agg(uuid_send(level_5_arrays_rows.record_id), ''::bytea) AS record_id, array_agg(level_5_arrays_rows.sealed_who) AS sealed_who 
FROM (SELECT level_5.identity_id AS identity_id, level_5.version_id AS version_id, level_5.record_id AS record_id, level_5.sealed_who AS sealed_who 
FROM level_5 ORDER BY level_5.valid_from DESC, level_5.known_from DESC, level_5.version_id) AS level_5_arrays_rows) AS level_5_arrays ON true JOIN (SELECT string_agg(uuid_send(level_6_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_6_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_6.person_id AS person_id, level_6.log_alias AS log_alias 
FROM level_6 ORDER BY level_6.person_id) AS level_6_arrays_rows) AS level_6_arrays ON true JOIN (SELECT array_agg(search_2_arrays_rows.tag) AS tag, string_agg(uuid_send(search_2_arrays_rows.person_id), ''::bytea) AS person_id 
FROM (SELECT search_2.tag AS tag, search_2.person_id AS person_id 
FROM search_2) AS search_2_arrays_rows) AS search_2_arrays ON true JOIN (SELECT string_agg(uuid_send(links_6_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(links_6_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(links_6_arrays_rows.key_version) AS key_version, array_agg(links_6_arrays_rows.wrapped) AS wrapped, array_agg(links_6_arrays_rows.commitment) AS commitment 
FROM (SELECT links_6.identity_id AS identity_id, links_6.person_id AS person_id, links_6.key_version AS key_version, links_6.wrapped AS wrapped, links_6.commitment AS commitment 
FROM links_6) AS links_6_arrays_rows) AS links_6_arrays ON true JOIN (SELECT string_agg(uuid_send(level_7_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_7_arrays_rows.version_id), ''::bytea) AS version_id, string_agg(uuid_send(level_7_arrays_rows.record_id), ''::bytea) AS record_id, array_agg(level_7_arrays_rows.sealed_who) AS sealed_who 
FROM (SELECT level_7.identity_id AS identity_id, level_7.version_id AS version_id, level_7.record_id AS record_id, level_7.sealed_who AS sealed_who 
FROM level_7 ORDER BY level_7.valid_from DESC, level_7.known_from DESC, level_7.version_id) AS level_7_arrays_rows) AS level_7_arrays ON true JOIN (SELECT string_agg(uuid_send(level_8_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_8_arrays_rows.household_id), ''::bytea) AS household_id, array_agg(level_8_arrays_rows.log_alias) AS log_alias, array_agg(level_8_arrays_rows.region) AS region 
FROM (SELECT level_8.parent AS parent, level_8.household_id AS household_id, level_8.log_alias AS log_alias, level_8.region AS region 
FROM level_8) AS level_8_arrays_rows) AS level_8_arrays ON true JOIN (SELECT string_agg(uuid_send(level_9_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_9_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_9_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_9.parent AS parent, level_9.person_id AS person_id, level_9.log_alias AS log_alias 
FROM level_9 ORDER BY level_9.person_id) AS level_9_arrays_rows) AS level_9_arrays ON true JOIN (SELECT string_agg(uuid_send(links_9_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(links_9_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(links_9_arrays_rows.key_version) AS key_version, array_agg(links_9_arrays_rows.wrapped) AS wrapped, array_agg(links_9_arrays_rows.commitment) AS commitment 
FROM (SELECT links_9.identity_id AS identity_id, links_9.person_id AS person_id, links_9.key_version AS key_version, links_9.wrapped AS wrapped, links_9.commitment AS commitment 
FROM links_9) AS links_9_arrays_rows) AS links_9_arrays ON true JOIN (SELECT string_agg(uuid_send(level_10_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_10_arrays_rows.version_id), ''::bytea) AS version_id, string_agg(uuid_send(level_10_arrays_rows.record_id), ''::bytea) AS record_id, array_agg(level_10_arrays_rows.sealed_who) AS sealed_who 
FROM (SELECT level_10.identity_id AS identity_id, level_10.version_id AS version_id, level_10.record_id AS record_id, level_10.sealed_who AS sealed_who 
FROM level_10 ORDER BY level_10.valid_from DESC, level_10.known_from DESC, level_10.version_id) AS level_10_arrays_rows) AS level_10_arrays ON true
