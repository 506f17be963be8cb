"""Which folder of the lake a row belongs to: one per event day, raw frames one per day and unit bucket."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.sinks.lake.tables import TABLES, raw_bucket

DAY_US = 86_400_000_000
DAY_MS = DAY_US // 1000
LAST_DAY = 2_900_000  # in the year 9909, near the last a datetime can name
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_BUCKETS = 100


def by_folder(name: str, rows: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield (folder, its rows in the order of their key) for the rows of a table, sorted once and then cut."""
    table = TABLES[name]
    groups = _days(name, rows) * _BUCKETS
    if name == "raw_frames":
        groups += np.array([raw_bucket(unit) for unit in rows["unit"].to_pylist()])
    order = ["_group", *dict.fromkeys((*table.key, table.newest))]
    placed = rows.append_column("_group", pa.array(groups)).sort_by([(column, "ascending") for column in order])
    numbers, firsts = np.unique(placed["_group"].to_numpy(), return_index=True)
    sorted_rows = placed.drop_columns(["_group"])
    for number, first, end in zip(numbers.tolist(), firsts, [*firsts[1:], len(rows)], strict=True):
        day, bucket = divmod(number, _BUCKETS)
        folder = f"{name}/{_FIRST + timedelta(days=day):%Y-%m-%d}"
        if name == "raw_frames":
            folder += f"/{bucket:02d}"
        yield folder, sorted_rows.slice(first, end - first)


def _days(name: str, rows: pa.Table) -> NDArray[np.int64]:
    """(n,) days since 1970; whatever a sender put there, the row is kept."""
    time = TABLES[name].time
    days = rows[time].to_numpy() // DAY_US if time else rows["timestamp_ms"].to_numpy() // DAY_MS
    known: NDArray[np.int64] = np.clip(days, 0, LAST_DAY)
    return known
