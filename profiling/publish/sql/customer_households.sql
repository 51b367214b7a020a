-- What is known of the households that were found, one row each, in the order in which they were asked for.
SELECT wanted.place, wanted.household_id, {columns}
FROM wanted JOIN households ON households.household_id = wanted.household_id
ORDER BY wanted.place
