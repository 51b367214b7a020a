-- Households and profile households per cell, in the subset of SQL that DuckDB and Spark share.
-- {cells}: columns that make a cell; {weight}: weight of a household, or 1; {last_rank}: lowest rank in the profile.
SELECT {cells},
       COUNT(*) AS n_base,
       SUM(CASE WHEN rank <= {last_rank} THEN 1 ELSE 0 END) AS n_profile,
       CAST(SUM(CAST({weight} AS DECIMAL(18, 6))) AS DOUBLE) AS base,
       CAST(SUM(CASE WHEN rank <= {last_rank} THEN CAST({weight} AS DECIMAL(18, 6)) ELSE 0 END) AS DOUBLE) AS profile
FROM scores
GROUP BY {cells}
ORDER BY {cells}
