WITH changed_0 AS 
(SELECT household_place_2.cell AS cell, household_place_2.household_id AS household_id 
FROM household_place AS household_place_2 
WHERE household_place_2.known_from > $4::TIMESTAMP WITH TIME ZONE AND household_place_2.known_from <= $3::TIMESTAMP WITH TIME ZONE OR household_place_2.known_to > $4::TIMESTAMP WITH TIME ZONE AND household_place_2.known_to <= $3::TIMESTAMP WITH TIME ZONE UNION SELECT membership_1.cell AS cell, membership_1.household_id AS household_id 
FROM membership AS membership_1 
WHERE membership_1.known_from > $4::TIMESTAMP WITH TIME ZONE AND membership_1.known_from <= $3::TIMESTAMP WITH TIME ZONE OR membership_1.known_to > $4::TIMESTAMP WITH TIME ZONE AND membership_1.known_to <= $3::TIMESTAMP WITH TIME ZONE UNION SELECT alert_1.cell AS cell, alert_1.identity_id AS household_id 
FROM alert AS alert_1 
WHERE alert_1.known_from > $4::TIMESTAMP WITH TIME ZONE AND alert_1.known_from <= $3::TIMESTAMP WITH TIME ZONE OR alert_1.known_to > $4::TIMESTAMP WITH TIME ZONE AND alert_1.known_to <= $3::TIMESTAMP WITH TIME ZONE UNION SELECT membership_2.cell AS cell, membership_2.household_id AS household_id 
FROM population AS population_1 JOIN link AS link_1 ON link_1.cell = population_1.cell AND link_1.identity_id = population_1.identity_id AND link_1.valid_from <= $2::DATE AND link_1.valid_to > $2::DATE AND link_1.known_from <= $3::TIMESTAMP WITH TIME ZONE AND link_1.known_to > $3::TIMESTAMP WITH TIME ZONE JOIN membership AS membership_2 ON membership_2.cell = link_1.cell AND membership_2.person_id = link_1.person_id AND membership_2.valid_from <= $2::DATE AND membership_2.valid_to > $2::DATE AND membership_2.known_from <= $3::TIMESTAMP WITH TIME ZONE AND membership_2.known_to > $3::TIMESTAMP WITH TIME ZONE 
WHERE population_1.known_from > $4::TIMESTAMP WITH TIME ZONE AND population_1.known_from <= $3::TIMESTAMP WITH TIME ZONE OR population_1.known_to > $4::TIMESTAMP WITH TIME ZONE AND population_1.known_to <= $3::TIMESTAMP WITH TIME ZONE UNION SELECT score_1.cell AS cell, score_1.identity_id AS household_id 
FROM score AS score_1 
WHERE score_1.known_from > $4::TIMESTAMP WITH TIME ZONE AND score_1.known_from <= $3::TIMESTAMP WITH TIME ZONE OR score_1.known_to > $4::TIMESTAMP WITH TIME ZONE AND score_1.known_to <= $3::TIMESTAMP WITH TIME ZONE), 
search_0 AS 
(SELECT household_1.cell AS cell, household_1.household_id AS household_id, household_1.log_alias AS log_alias, CAST(NULL AS INTEGER) AS key 
FROM household AS household_1 JOIN household_place AS household_place_1 ON household_place_1.cell = household_1.cell AND household_place_1.household_id = household_1.household_id AND household_place_1.region LIKE ANY ($1::TEXT[]) AND household_place_1.valid_from <= $2::DATE AND household_place_1.valid_to > $2::DATE AND household_place_1.known_from <= $3::TIMESTAMP WITH TIME ZONE AND household_place_1.known_to > $3::TIMESTAMP WITH TIME ZONE 
WHERE (EXISTS (SELECT * 
FROM changed_0 
WHERE changed_0.cell = household_1.cell AND changed_0.household_id = household_1.household_id)) AND household_1.household_id > $5::UUID ORDER BY household_1.household_id 
 LIMIT $6::INTEGER + $7::INTEGER), 
level_0 AS 
(SELECT search_0.cell AS cell, search_0.household_id AS household_id, search_0.log_alias AS log_alias, search_0.key AS key 
FROM search_0 ORDER BY search_0.household_id 
 LIMIT $6::INTEGER)
 SELECT (SELECT policy_revision.digest 
FROM policy_revision) AS policy, (SELECT known_time.at 
FROM known_time) AS known, l0.household_id, l0.log_alias, l0.key, s0.household_id AS household_id_1 
FROM (SELECT array_agg(l0_rows.household_id) AS household_id, array_agg(l0_rows.log_alias) AS log_alias, array_agg(l0_rows.key) AS key 
FROM (SELECT level_0.household_id AS household_id, level_0.log_alias AS log_alias, level_0.key AS key 
FROM level_0 ORDER BY level_0.household_id) AS l0_rows) AS l0 JOIN (SELECT array_agg(s0_rows.household_id) AS household_id 
FROM (SELECT search_0.household_id AS household_id 
FROM search_0) AS s0_rows) AS s0 ON true
