WITH named_case AS 
(SELECT CASE WHEN ($1::VARCHAR IS NOT NULL AND NOT ((case_now_1.officers @> CAST(ARRAY[$1::VARCHAR] AS TEXT[])) OR (case_now_1.roles @> CAST(ARRAY[$2::VARCHAR] AS TEXT[])))) THEN 'CASE_NOT_IN_CASELOAD' WHEN NOT ($3::VARCHAR = ANY (case_now_1.purposes)) THEN 'CASE_OTHER_PURPOSE' WHEN (NOT (case_now_1.opened_on <= $4::DATE AND (case_now_1.closed_on IS NULL OR case_now_1.closed_on > $4::DATE))) THEN 'CASE_CLOSED' ELSE 'open' END AS standing 
FROM case_now AS case_now_1 
WHERE case_now_1.department = $5::VARCHAR AND case_now_1.number = $6::VARCHAR), 
search_0 AS 
(SELECT person_tag.tag AS tag, person_tag.cell AS cell, person_tag.person_id AS person_id 
FROM person_tag 
WHERE person_tag.tag = ANY ($7::BYTEA[])), 
level_0 AS 
(SELECT person.cell AS cell, person.person_id AS person_id, person.log_alias AS log_alias 
FROM person 
WHERE person.cell = ANY (array((SELECT search_0.cell 
FROM search_0))) AND person.person_id = ANY (array((SELECT search_0.person_id 
FROM search_0))) AND (EXISTS (SELECT $8::INTEGER AS anon_1 
FROM membership AS membership_1 JOIN household_place AS household_place_1 ON household_place_1.cell = membership_1.cell AND household_place_1.household_id = membership_1.household_id AND household_place_1.region LIKE ANY ($9::TEXT[]) AND household_place_1.valid_from <= $10::DATE AND household_place_1.valid_to > $10::DATE AND coalesce(household_place_1.known_from, household_place_1.known_from) <= $11::TIMESTAMP WITH TIME ZONE AND household_place_1.known_to > $11::TIMESTAMP WITH TIME ZONE AND (EXISTS (SELECT 1 
FROM named_case 
WHERE named_case.standing = 'open')) 
WHERE membership_1.cell = person.cell AND membership_1.person_id = person.person_id AND membership_1.valid_from <= $10::DATE AND membership_1.valid_to > $10::DATE AND coalesce(membership_1.known_from, membership_1.known_from) <= $11::TIMESTAMP WITH TIME ZONE AND membership_1.known_to > $11::TIMESTAMP WITH TIME ZONE
 LIMIT ALL OFFSET 0))), 
links_0 AS 
(SELECT link_1.cell AS cell, link_1.department AS department, link_1.identity_id AS identity_id, link_1.person_id AS person_id, data_key_1.key_version AS key_version, data_key_1.wrapped AS wrapped, data_key_1.commitment AS commitment 
FROM link AS link_1 LEFT OUTER JOIN data_key AS data_key_1 ON data_key_1.cell = link_1.cell AND data_key_1.identity_id = link_1.identity_id AND data_key_1.department = link_1.department 
WHERE link_1.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND link_1.person_id = ANY (array((SELECT level_0.person_id 
FROM level_0))) AND link_1.department = ANY ($12::TEXT[]) AND link_1.valid_from <= $10::DATE AND link_1.valid_to > $10::DATE AND coalesce(link_1.known_from, link_1.known_from) <= $11::TIMESTAMP WITH TIME ZONE AND link_1.known_to > $11::TIMESTAMP WITH TIME ZONE), 
level_1 AS 
(SELECT population_1.cell AS cell, population_1.identity_id AS identity_id, population_1.version_id AS version_id, population_1.valid_from AS valid_from, population_1.known_from AS known_from, population_1.record_id AS record_id, population_1.sealed_who AS sealed_who 
FROM population AS population_1 
WHERE population_1.cell = ANY (array((SELECT links_0.cell 
FROM links_0))) AND population_1.identity_id = ANY (array((SELECT links_0.identity_id 
FROM links_0))) AND population_1.valid_from <= $10::DATE AND population_1.valid_to > $10::DATE AND coalesce(population_1.known_from, population_1.known_from) <= $11::TIMESTAMP WITH TIME ZONE AND population_1.known_to > $11::TIMESTAMP WITH TIME ZONE), 
level_2 AS 
(SELECT DISTINCT ON (membership_2.person_id) membership_2.person_id AS parent, household_1.cell AS cell, household_1.household_id AS household_id, household_1.log_alias AS log_alias, household_place_2.region AS region 
FROM membership AS membership_2 JOIN household AS household_1 ON household_1.cell = membership_2.cell AND household_1.household_id = membership_2.household_id JOIN household_place AS household_place_2 ON household_place_2.cell = membership_2.cell AND household_place_2.household_id = membership_2.household_id AND household_place_2.region LIKE ANY ($9::TEXT[]) AND household_place_2.valid_from <= $10::DATE AND household_place_2.valid_to > $10::DATE AND coalesce(household_place_2.known_from, household_place_2.known_from) <= $11::TIMESTAMP WITH TIME ZONE AND household_place_2.known_to > $11::TIMESTAMP WITH TIME ZONE AND (EXISTS (SELECT 1 
FROM named_case 
WHERE named_case.standing = 'open')) 
WHERE membership_2.cell = ANY (array((SELECT level_0.cell 
FROM level_0))) AND membership_2.person_id = ANY (array((SELECT level_0.person_id 
FROM level_0))) AND membership_2.valid_from <= $10::DATE AND membership_2.valid_to > $10::DATE AND coalesce(membership_2.known_from, membership_2.known_from) <= $11::TIMESTAMP WITH TIME ZONE AND membership_2.known_to > $11::TIMESTAMP WITH TIME ZONE ORDER BY membership_2.person_id, membership_2.valid_from DESC, membership_2.known_from DESC, membership_2.version_id)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, (SELECT named_case.standing 
FROM named_case) AS standing, level_0_arrays.person_id, level_0_arrays.log_alias, search_0_arrays.tag, search_0_arrays.person_id AS person_id_1, links_0_arrays.identity_id, links_0_arrays.person_id AS person_id_2, links_0_arrays.key_version, links_0_arrays.wrapped, links_0_arrays.commitment, level_1_arrays.identity_id AS identity_id_1, level_1_arrays.version_id, level_1_arrays.valid_from, level_1_arrays.known_from, level_1_arrays.sealed_who, level_2_arrays.parent, level_2_arrays.household_id, level_2_arrays.log_alias AS log_alias_1, level_2_arrays.region 
FROM (SELECT string_agg(uuid_send(level_0_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(level_0_arrays_rows.log_alias) AS log_alias 
FROM (SELECT level_0.person_id AS person_id, level_0.log_alias AS log_alias 
FROM level_0 ORDER BY level_0.person_id) AS level_0_arrays_rows) AS level_0_arrays JOIN (SELECT array_agg(search_0_arrays_rows.tag) AS tag, string_agg(uuid_send(search_0_arrays_rows.person_id), ''::bytea) AS person_id 
FROM (SELECT search_0.tag AS tag, search_0.person_id AS person_id 
FROM search_0) AS search_0_arrays_rows) AS search_0_arrays ON true JOIN (SELECT string_agg(uuid_send(links_0_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(links_0_arrays_rows.person_id), ''::bytea) AS person_id, array_agg(links_0_arrays_rows.key_version) AS key_version, array_agg(links_0_arrays_rows.wrapped) AS wrapped, array_agg(links_0_arrays_rows.commitment) AS commitment 
FROM (SELECT links_0.identity_id AS identity_id, links_0.person_id AS person_id, links_0.key_version AS key_version, links_0.wrapped AS wrapped, links_0.commitment AS commitment 
FROM links_0) AS links_0_arrays_rows) AS links_0_arrays ON true JOIN (SELECT string_agg(uuid_send(level_1_arrays_rows.identity_id), ''::bytea) AS identity_id, string_agg(uuid_send(level_1_arrays_rows.version_id), ''::bytea) AS version_id, array_agg(level_1_arrays_rows.valid_from) AS valid_from, array_agg(level_1_arrays_rows.known_from) AS known_from, array_agg(level_1_arrays_rows.sealed_who) AS sealed_who 
FROM (SELECT level_1.identity_id AS identity_id, level_1.version_id AS version_id, level_1.valid_from AS valid_from, level_1.known_from AS known_from, level_1.sealed_who AS sealed_who 
FROM level_1 ORDER BY level_1.valid_from DESC, level_1.known_from DESC, level_1.version_id) AS level_1_arrays_rows) AS level_1_arrays ON true JOIN (SELECT string_agg(uuid_send(level_2_arrays_rows.parent), ''::bytea) AS parent, string_agg(uuid_send(level_2_arrays_rows.household_id), ''::bytea) AS household_id, array_agg(level_2_arrays_rows.log_alias) AS log_alias, array_agg(level_2_arrays_rows.region) AS region 
FROM (SELECT level_2.parent AS parent, level_2.household_id AS household_id, level_2.log_alias AS log_alias, level_2.region AS region 
FROM level_2) AS level_2_arrays_rows) AS level_2_arrays ON true
