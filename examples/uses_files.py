"""Files as a library would export them, made from the demo's simulated data, for `make uses`.

Members with their number of loans, two files of partners, candidate sites where no branch stands, and the outcome of an
experiment that was drawn by lot. The uses take CSV and Excel, and the simulation writes Parquet.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb


def write(demo: Path, folder: Path) -> None:
    """Write members.csv, food-bank.csv, museum.csv, candidates.csv and outcome.csv into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as database:
        for name in ("members", "loans", "courses"):
            database.execute(f"CREATE VIEW {name} AS SELECT * FROM '{demo / name}.parquet'")
        database.execute(f"CREATE VIEW households AS SELECT * FROM '{demo / 'households' / '*.parquet'}'")
        database.execute(f"CREATE VIEW branches AS SELECT * FROM '{demo / 'branches.csv'}'")
        for name, query in QUERIES.items():
            database.execute(f"COPY ({query}) TO '{folder / name}.csv' (HEADER, DELIMITER ';')")


ADDRESS = "postcode, house_number AS huisnummer, addition AS toevoeging"
QUERIES = {
    "members": f"""SELECT m.patron AS lidnummer, {ADDRESS}, coalesce(l.n, 0) AS uitleningen
        FROM members AS m LEFT JOIN (SELECT patron, count(*) AS n FROM loans GROUP BY patron) AS l USING (patron)
        WHERE m.card_type = 'adult' ORDER BY lidnummer""",
    "food-bank": f"""SELECT row_number() OVER () AS nummer, {ADDRESS} FROM households
        WHERE household_income < 28 AND hash(household_id) % 10 < 3 ORDER BY household_id""",
    "museum": f"""SELECT row_number() OVER () AS nummer, {ADDRESS} FROM households
        WHERE hobby_museums = 1 AND hash(household_id) % 10 BETWEEN 2 AND 3 ORDER BY household_id""",
    "candidates": """WITH spots AS (
            SELECT (SELECT min(x) FROM branches) + 1500 * i AS x, (SELECT min(y) FROM branches) + 1500 * j AS y
            FROM range(20) AS a(i), range(20) AS b(j)),
        free AS (SELECT s.x, s.y, min(sqrt((s.x - b.x) ** 2 + (s.y - b.y) ** 2)) AS away FROM spots AS s, branches AS b
            GROUP BY s.x, s.y)
        SELECT 'K' || row_number() OVER (ORDER BY x, y) AS site, replace(site, 'K', 'Plek ') AS name, x, y
        FROM free WHERE away BETWEEN 1500 AND 4000 ORDER BY x, y LIMIT 12""",
    "outcome": """SELECT CASE WHEN hash(patron) % 4 = 0 THEN 'control' ELSE 'actie' END AS groep,
            CASE WHEN hash(patron || 'x') % 100 < (CASE groep WHEN 'control' THEN 6 ELSE 9 END) THEN 'ja' ELSE 'nee' END
            AS lid FROM members WHERE card_type = 'adult' ORDER BY patron LIMIT 4000""",
}

if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
