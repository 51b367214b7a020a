-- The household of each row of `asked` (row, postcode, house, addition, spelled, flags) in `book` (house, addition,
-- spelled, household_id). Counts first: a household is taken only where it is the only one that fits.
WITH wanted AS (
    SELECT DISTINCT house FROM asked WHERE house IS NOT NULL
),
near AS (
    SELECT book.* FROM book SEMI JOIN wanted ON book.house = wanted.house
),
by_address AS (
    SELECT house, addition, count(*) AS n, min(household_id) AS household_id FROM near GROUP BY house, addition
),
by_spelling AS (
    SELECT house, spelled, count(*) AS n, min(household_id) AS household_id FROM near GROUP BY house, spelled
),
by_house AS (
    SELECT house, count(*) AS n, min(household_id) AS household_id FROM near GROUP BY house
),
said AS (
    SELECT
        asked.row,
        asked.flags,
        CASE
            WHEN contains(asked.flags, 'foreign') THEN 'foreign'
            WHEN asked.postcode IS NULL THEN 'invalid_postcode'
            WHEN asked.house IS NULL THEN 'no_number'
            WHEN contains(asked.flags, 'two_postcodes') THEN 'ambiguous'
            WHEN by_address.n = 1 AND NOT regexp_matches(asked.flags, '(^| )range( |$)') THEN 'exact'
            WHEN by_house.n IS NULL AND contains(asked.flags, 'range') THEN 'ambiguous'
            WHEN by_house.n IS NULL THEN 'not_found'
            WHEN by_address.n > 1 OR contains(asked.flags, 'range') OR contains(asked.flags, 'two_numbers')
                THEN 'ambiguous'
            WHEN by_spelling.n = 1 THEN 'other_spelling'
            WHEN by_house.n = 1 THEN 'without_addition'
            ELSE 'ambiguous'
        END AS kind,
        CASE kind
            WHEN 'exact' THEN by_address.household_id
            WHEN 'other_spelling' THEN by_spelling.household_id
            WHEN 'without_addition' THEN by_house.household_id
        END AS household_id
    FROM asked
    LEFT JOIN by_address ON by_address.house = asked.house AND by_address.addition = asked.addition
    LEFT JOIN by_spelling ON by_spelling.house = asked.house AND by_spelling.spelled = asked.spelled
    LEFT JOIN by_house ON by_house.house = asked.house
)
SELECT
    row,
    CASE
        WHEN household_id IS NOT NULL AND row > min(row) OVER (PARTITION BY household_id) THEN 'duplicate'
        ELSE kind
    END AS kind,
    household_id,
    flags
FROM said
ORDER BY row
