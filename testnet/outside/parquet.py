"""DuckDB reads every table as Parquet and comes to the sums of the API and of the ledger, to the
fen; no column is a float."""

import tempfile
from pathlib import Path

import duckdb

from explorer import Explorer, facts, require

TABLES = [
    "entries", "movements", "allocations", "payments", "donations", "organizations", "projects",
    "publications", "notice",
]
FLOATS = {"FLOAT", "DOUBLE", "REAL"}

# What the movements count as, as `/api/v1/totals` groups them.
GROUPS = ["measure", "fund", "notice", "level", "category", "flow"]

# Sums of the API that are of accounts or of funds, not of movements.
NOT_MOVEMENTS = {"left", "from_funds", "to_funds"}

# What the movements count as that lead to where money ends.
ENDS = ["spent", "remitted", "refunded", "voided"]


class Tables:
    """The downloads, each a table of DuckDB."""

    def __init__(self, explorer, directory):
        self.connection = duckdb.connect()
        for table in TABLES:
            path = Path(directory) / f"{table}.parquet"
            path.write_bytes(explorer.bytes(f"/data/{table}.parquet"))
            self.connection.execute(f"CREATE TABLE {table} AS FROM read_parquet('{path}')")

    def rows(self, query):
        return self.connection.execute(query).fetchall()

    def one(self, query):
        return self.rows(query)[0]

    def columns(self, table):
        return {name: kind for name, kind, *_ in self.rows(f"DESCRIBE {table}")}


def columns_add_up(tables, explorer, table):
    """A table has the rows of the API, and each column of money its sum."""
    columns = tables.columns(table)
    floats = [name for name, kind in columns.items() if kind in FLOATS]
    require(not floats, f"{table}: {floats} are floats")
    rows = list(explorer.rows(table))
    require(rows and tables.one(f"SELECT count(*) FROM {table}")[0] == len(rows), f"{table}: rows")
    for name in [name for name in columns if name.endswith("_fen")]:
        require(columns[name] == "BIGINT", f"{table}.{name} is {columns[name]}")
        found = tables.one(f"SELECT coalesce(sum({name}), 0) FROM {table}")[0]
        said = sum(int(row[name] or 0) for row in rows)
        require(found == said, f"{table}.{name}: DuckDB has {found}, the API {said} fen")
        print(f"{table}.{name}: {found} fen in {len(rows)} rows")


def flows_add_up(tables, explorer):
    """The movements of each kind come to the totals of the API, and none is left out of these."""
    group = ", ".join(GROUPS)
    query = f"SELECT {group}, sum(amount_fen), count(*) FROM movements GROUP BY ALL"
    found = {tuple(key): (fen, count) for *key, fen, count in tables.rows(query)}
    said = {
        tuple(row[name] for name in GROUPS): (int(row["amount_fen"]), row["count"])
        for row in explorer.rows("totals")
        if row["flow"] not in NOT_MOVEMENTS
    }
    require(len(found) > 1 and found == said, f"totals: {found.items() ^ said.items()}")
    print(f"totals of {len(found)} kinds of movements")


def accounts_add_up(tables):
    """What came to an account less what left it is its balance; none is below zero."""
    tables.connection.execute(
        "CREATE TABLE balances AS SELECT account, sum(fen)::BIGINT AS fen FROM ("
        "SELECT to_account AS account, amount_fen AS fen FROM movements UNION ALL "
        "SELECT from_account, -amount_fen FROM movements WHERE from_account IS NOT NULL"
        ") GROUP BY account"
    )
    require(tables.one("SELECT min(fen) FROM balances")[0] >= 0, "an account is overdrawn")
    for table in ["allocations", "payments"]:
        differs = tables.rows(
            f"SELECT account, fen, balance_fen FROM {table} LEFT JOIN balances USING (account) "
            "WHERE fen IS DISTINCT FROM balance_fen"
        )
        require(not differs, f"{table}: balances differ: {differs[:5]}")


def rest_adds_up(tables, explorer):
    """What is left in accounts where money does not end is what the API says is left."""
    ends = ", ".join(f"'{flow}'" for flow in ENDS)
    found = dict(tables.rows(
        "SELECT measure, sum(fen) FROM balances JOIN ("
        "SELECT to_account AS account, any_value(measure) AS measure FROM movements "
        f"GROUP BY to_account HAVING NOT bool_or(flow IN ({ends}))"
        ") USING (account) GROUP BY measure"
    ))
    said = {}
    for row in explorer.rows("totals"):
        if row["flow"] == "left":
            said[row["measure"]] = said.get(row["measure"], 0) + int(row["amount_fen"])
    require(found and found == said, f"left: DuckDB has {found}, the API {said}")
    print(f"left: {found}")


def ledger_agrees(tables, ledger):
    """What the nodes' blocks come to when they are executed again, which no explorer does."""
    came_in = "SELECT sum(amount_fen) FROM movements WHERE from_account IS NULL"
    found = {
        "records": tables.one("SELECT count(*) FROM entries")[0],
        "refused": tables.one("SELECT count(*) FROM entries WHERE code <> 0")[0],
        "movements": tables.one("SELECT count(*) FROM movements")[0],
        "accounts": tables.one("SELECT count(*) FROM balances")[0],
        "origins_fen": str(tables.one(came_in)[0]),
        "held_fen": str(tables.one("SELECT sum(fen) FROM balances")[0]),
    }
    require(found == ledger | {"held_fen": ledger["origins_fen"]}, f"{found}, not {ledger}")
    print(f"the ledger: {found}")


def main():
    known = facts()
    explorer = Explorer(known["explorer"])
    print(f"DuckDB {duckdb.__version__}")
    with tempfile.TemporaryDirectory() as directory:
        tables = Tables(explorer, directory)
        for table in TABLES:
            columns_add_up(tables, explorer, table)
        flows_add_up(tables, explorer)
        accounts_add_up(tables)
        rest_adds_up(tables, explorer)
        ledger_agrees(tables, known["ledger"])


if __name__ == "__main__":
    main()
