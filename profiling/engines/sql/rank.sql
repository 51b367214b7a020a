-- Places become ranks 1 … n: the rows of all partitions before come first. Back in the order of the population.
WITH parts AS (SELECT shiftright(place, 33) AS part, COUNT(*) AS n FROM placed GROUP BY shiftright(place, 33)),
     starts AS (SELECT part, SUM(n) OVER (ORDER BY part) - n AS start FROM parts)
SELECT {columns}, starts.start + (placed.place & 8589934591) + 1 AS rank
FROM scored
JOIN placed ON scored.position = placed.position
JOIN starts ON shiftright(placed.place, 33) = starts.part
ORDER BY scored.position
