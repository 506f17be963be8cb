"""Reading the lake: one DuckDB view per table that keeps the last row of each key."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from streams.records import Message
from streams.sinks.lake.files import SUFFIX
from streams.sinks.lake.tables import TABLES
from twin.layout import DAY_US

_WHOSE = f"maker, variant, unit, segment, (time_us - 1) // {DAY_US} AS day"
_CYCLE_STEPS = """CASE kind WHEN 'torque_cycle' THEN 20.0 ELSE 5.0 END"""
SUMMED = {
    "load_matrix": f"""SELECT {_WHOSE}, torque_nm, speed_rpm, sum(duration_s) AS duration_s, sum(energy_j) AS energy_j
        FROM loads WHERE kind = 'torque_speed' GROUP BY ALL""",  # noqa: S608
    "load_revolutions": f"""SELECT {_WHOSE}, torque_nm, sum(revolutions) AS revolutions
        FROM loads WHERE kind = 'torque_revolutions' GROUP BY ALL""",  # noqa: S608
    "load_cycles": f"""SELECT {_WHOSE}, kind, step * floor(abs("end" - start) / step) AS range_from,
        step * floor(("end" + start) / 2 / step) AS mean_from, step, sum(count) AS count
        FROM (SELECT *, {_CYCLE_STEPS} AS step FROM loads WHERE count IS NOT NULL) GROUP BY ALL""",  # noqa: S608
}
"""Name of a view -> its sums over the last row of each key; cycles in classes of 5 K, of torque 20 Nm."""


def connect(directory: Path | str) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB with the views ``edu_state``, ``edu_trip``, ``edu_day``, ``edu_health``, ``edu_fleet``,
    ``edu_cohort``, ``edu_life``, ``day_parts``, ``loads``, ``alerts``, ``fleet_alerts``, ``refused``, ``raw_frames``
    and ``row_snapshots``; ``load_matrix``, ``load_revolutions`` and ``load_cycles`` sum the loads by unit and UTC day.

    Files written later are seen by later queries, except in a table that had no file yet: that view stays empty.
    Views with an event time have it as ``time``, too.
    """
    root = Path(directory)
    if not root.is_dir():
        raise FileNotFoundError(f"no lake at {root}: give the directory a worker, replay or demo wrote to")
    connection = duckdb.connect()
    for name, table in TABLES.items():
        if next((root / name).rglob(f"[!.]*{SUFFIX}"), None) is None:
            connection.register("_nothing", table.schema.empty_table())
            # A table: what is registered cursors do not see.
            connection.execute(f'CREATE TABLE "_{name}" AS SELECT * FROM _nothing')  # noqa: S608
            source = f'"_{name}"'
        else:
            source = parquet([str(root / name / "**" / f"*{SUFFIX}")])
        time = f", make_timestamp({table.time}) AS time" if table.time else ""
        connection.execute(f'CREATE VIEW "{name}" AS SELECT *{time} FROM ({newest(name, source)})')  # noqa: S608
    for name, query in SUMMED.items():
        connection.execute(f'CREATE VIEW "{name}" AS {query}')
    return connection


def parquet(paths: list[str]) -> str:
    """SQL that reads files (or patterns), also of an older layout: columns are found by name."""
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{quoted}], union_by_name = true, hive_partitioning = false)"


def newest(name: str, source: str) -> str:
    """SQL for the last row of each key."""
    table = TABLES[name]
    key = ", ".join(f'"{column}"' for column in table.key)
    order = f'"{table.newest}" DESC'
    return f"SELECT * FROM {source} QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {order}) = 1"  # noqa: S608


def raw_messages(
    connection: duckdb.DuckDBPyConnection, unit: str | None = None, since_us: int = 0, until_us: int = 1 << 62
) -> Iterator[tuple[int, Message]]:
    """Yield (partition, archived record) of one unit or all, as the broker had them, in the order of their offsets.

    Only frames whose first sample is from ``since_us`` to ``until_us``.
    """
    where = "WHERE time_us BETWEEN ? AND ?" + ("" if unit is None else " AND unit = ?")
    columns = 'partition, key, value, headers, timestamp_ms, "offset"'
    query = f'SELECT {columns} FROM raw_frames {where} ORDER BY partition, "offset"'  # noqa: S608
    cursor = connection.cursor().execute(query, [since_us, until_us, *([] if unit is None else [unit])])
    while rows := cursor.fetchmany(1000):
        for partition, key, value, headers, timestamp_ms, offset in rows:
            pairs = [(header["name"], header["value"]) for header in headers]
            yield partition, Message(key, value, pairs, timestamp_ms, offset)


def nearest_snapshot(
    connection: duckdb.DuckDBPyConnection, unit: str, before_us: int
) -> tuple[int, int, bytes, bytes] | None:
    """The archive's last row of a unit by a time: (partition, time_us, layout, value); None: there is none."""
    query = "SELECT partition, time_us, layout, value FROM row_snapshots WHERE unit = ? AND time_us <= ? "
    found = connection.execute(query + 'ORDER BY time_us DESC, "offset" DESC LIMIT 1', [unit, before_us]).fetchone()
    return None if found is None else (found[0], found[1], found[2], found[3])
