-- The place of each household in the order of rank: (partition << 33) + row within the partition. Spark sorts by ranges,
-- so no partition ever holds everything; ties go by the hash of the key, and then by position.
SELECT position, monotonically_increasing_id() AS place
FROM (SELECT position FROM scored ORDER BY score DESC, tie, position)
