WITH changed_0 AS 
(SELECT household_place_1.cell AS cell, household_place_1.household_id AS household_id 
FROM household_place AS household_place_1 
WHERE household_place_1.known_from > $1::TIMESTAMP WITH TIME ZONE AND household_place_1.known_from <= $2::TIMESTAMP WITH TIME ZONE UNION SELECT household_place_2.cell AS cell, household_place_2.household_id AS household_id 
FROM household_place AS household_place_2 
WHERE household_place_2.known_to < 'infinity'::timestamptz AND household_place_2.known_to > $1::TIMESTAMP WITH TIME ZONE AND household_place_2.known_to <= $2::TIMESTAMP WITH TIME ZONE UNION SELECT membership_1.cell AS cell, membership_1.household_id AS household_id 
FROM membership AS membership_1 
WHERE membership_1.known_from > $1::TIMESTAMP WITH TIME ZONE AND membership_1.known_from <= $2::TIMESTAMP WITH TIME ZONE UNION SELECT membership_2.cell AS cell, membership_2.household_id AS household_id 
FROM membership AS membership_2 
WHERE membership_2.known_to < 'infinity'::timestamptz AND membership_2.known_to > $1::TIMESTAMP WITH TIME ZONE AND membership_2.known_to <= $2::TIMESTAMP WITH TIME ZONE UNION SELECT alert_1.cell AS cell, alert_1.identity_id AS household_id 
FROM alert AS alert_1 
WHERE alert_1.known_from > $1::TIMESTAMP WITH TIME ZONE AND alert_1.known_from <= $2::TIMESTAMP WITH TIME ZONE UNION SELECT alert_2.cell AS cell, alert_2.identity_id AS household_id 
FROM alert AS alert_2 
WHERE alert_2.known_to < 'infinity'::timestamptz AND alert_2.known_to > $1::TIMESTAMP WITH TIME ZONE AND alert_2.known_to <= $2::TIMESTAMP WITH TIME ZONE UNION SELECT membership_3.cell AS cell, membership_3.household_id AS household_id 
FROM membership AS membership_3 JOIN link AS link_1 ON link_1.cell = membership_3.cell AND link_1.person_id = membership_3.person_id AND link_1.valid_from <= $3::DATE AND link_1.valid_to > $3::DATE AND link_1.known_to = 'infinity'::timestamptz AND membership_3.valid_from <= $3::DATE AND membership_3.valid_to > $3::DATE AND membership_3.known_to = 'infinity'::timestamptz JOIN population AS population_1 ON population_1.cell = link_1.cell AND population_1.identity_id = link_1.identity_id 
WHERE population_1.known_from > $1::TIMESTAMP WITH TIME ZONE AND population_1.known_from <= $2::TIMESTAMP WITH TIME ZONE UNION SELECT membership_4.cell AS cell, membership_4.household_id AS household_id 
FROM membership AS membership_4 JOIN link AS link_2 ON link_2.cell = membership_4.cell AND link_2.person_id = membership_4.person_id AND link_2.valid_from <= $3::DATE AND link_2.valid_to > $3::DATE AND link_2.known_to = 'infinity'::timestamptz AND membership_4.valid_from <= $3::DATE AND membership_4.valid_to > $3::DATE AND membership_4.known_to = 'infinity'::timestamptz JOIN population AS population_2 ON population_2.cell = link_2.cell AND population_2.identity_id = link_2.identity_id 
WHERE population_2.known_to < 'infinity'::timestamptz AND population_2.known_to > $1::TIMESTAMP WITH TIME ZONE AND population_2.known_to <= $2::TIMESTAMP WITH TIME ZONE UNION SELECT score_1.cell AS cell, score_1.identity_id AS household_id 
FROM score AS score_1 
WHERE score_1.known_from > $1::TIMESTAMP WITH TIME ZONE AND score_1.known_from <= $2::TIMESTAMP WITH TIME ZONE UNION SELECT score_2.cell AS cell, score_2.identity_id AS household_id 
FROM score AS score_2 
WHERE score_2.known_to < 'infinity'::timestamptz AND score_2.known_to > $1::TIMESTAMP WITH TIME ZONE AND score_2.known_to <= $2::TIMESTAMP WITH TIME ZONE), 
search_0 AS 
(SELECT household_1.cell AS cell, household_1.household_id AS household_id, household_1.log_alias AS log_alias, CAST(NULL AS INTEGER) AS key 
FROM changed_0 JOIN household_place AS household_place_3 ON household_place_3.cell = changed_0.cell AND household_place_3.household_id = changed_0.household_id JOIN household AS household_1 ON household_place_3.cell = household_1.cell AND household_place_3.household_id = household_1.household_id 
WHERE household_place_3.cell = household_1.cell AND household_place_3.household_id = household_1.household_id AND household_place_3.region LIKE ANY ($4::TEXT[]) AND household_place_3.valid_from <= $3::DATE AND household_place_3.valid_to > $3::DATE AND household_place_3.known_to = 'infinity'::timestamptz AND household_place_3.region LIKE ANY ($5::TEXT[]) AND household_1.household_id > $6::UUID ORDER BY household_1.household_id 
 LIMIT $7::INTEGER + $8::INTEGER)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, search_0_all.household_id, level_0.household_id AS household_id_1, level_0.log_alias, level_0.key 
FROM LATERAL (SELECT string_agg(uuid_send(search_0_all_rows.household_id), ''::bytea) AS household_id 
FROM (SELECT search_0.household_id AS household_id 
FROM search_0) AS search_0_all_rows) AS search_0_all JOIN LATERAL (SELECT string_agg(uuid_send(level_0_rows.household_id), ''::bytea) AS household_id, array_agg(level_0_rows.log_alias) AS log_alias, array_agg(level_0_rows.key) AS key 
FROM (SELECT level_0_found.household_id AS household_id, level_0_found.log_alias AS log_alias, level_0_found.key AS key 
FROM (SELECT search_0.cell AS cell, search_0.household_id AS household_id, search_0.log_alias AS log_alias, search_0.key AS key 
FROM search_0 ORDER BY search_0.household_id 
 LIMIT $7::INTEGER) AS level_0_found ORDER BY level_0_found.household_id) AS level_0_rows) AS level_0 ON true
