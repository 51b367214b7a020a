-- Households and profile households per cell, in the subset of SQL that DuckDB and Spark share.
-- {cells}: columns that make a cell; {known}: the same, with a code for households without one; {weight}: weight of a
-- household, or 1; {last_rank}: lowest rank in the profile.
SELECT {cells},
       COUNT(*) AS n_base,
       SUM(inside) AS n_profile,
       CAST(SUM(weight) AS DOUBLE) AS base,
       CAST(SUM(CASE WHEN inside = 1 THEN weight ELSE 0 END) AS DOUBLE) AS profile
FROM (SELECT {known},
             CAST({weight} AS DECIMAL(18, 6)) AS weight,
             CASE WHEN rank <= {last_rank} THEN 1 ELSE 0 END AS inside
      FROM scores) AS households
GROUP BY {cells}
ORDER BY {cells}
