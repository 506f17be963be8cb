"""Making the views' choice physical: many small files with repeated keys become one file without."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from streams.sinks.lake.files import COMPRESSION, SUFFIX, aside_path, settle
from streams.sinks.lake.tables import TABLES
from streams.sinks.lake.views import newest, parquet

HOUR_US = 3_600_000_000
DAY_ROWS = 5_000_000
"""A day of more rows, about 1 GB, is kept by the event hour."""


def compact(directory: Path | str, day_rows: int = DAY_ROWS) -> int:
    """Rewrite every day to one file, a large one to one file an hour, with the last row of each key.

    Returns how many files went. Safe beside a running writer (its new files are left alone) and to be killed at any
    time (old files go last; until then the views show each key once as before). A reader that has a removed file in
    hand must ask again.
    """
    removed = 0
    for name in TABLES:
        folders: dict[Path, list[Path]] = defaultdict(list)
        for path in sorted((Path(directory) / name).rglob(f"[!.]*{SUFFIX}")):
            folders[path.parent].append(path)
        for folder, paths in folders.items():
            removed += _rewrite(name, folder, paths, day_rows)
    return removed


def _rewrite(name: str, folder: Path, paths: list[Path], day_rows: int) -> int:
    source = parquet([str(path) for path in paths])
    order = _listed(TABLES[name].key)
    with duckdb.connect() as connection:
        pieces = {"": "true"}
        if "time_us" in TABLES[name].key and sum(pq.read_metadata(path).num_rows for path in paths) > day_rows:
            pieces = dict(_hours(connection, source))
        in_place = sorted(path.stem[: path.stem.rfind("-") + 1] for path in paths) == sorted(pieces)
        if in_place and not _repeats(connection, name, source):
            return 0
        kept = set()
        for stem, condition in pieces.items():
            aside = aside_path(folder, stem)
            rows = f"{newest(name, f'(FROM {source} WHERE {condition})')} ORDER BY {order}"
            connection.execute(f"COPY ({rows}) TO '{_quoted(aside)}' (FORMAT parquet, COMPRESSION {COMPRESSION})")
            kept.add(settle(aside, folder, stem))
    old = [path for path in paths if path not in kept]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _hours(connection: duckdb.DuckDBPyConnection, source: str) -> Iterator[tuple[str, str]]:
    """Yield (beginning of the file name, SQL condition) for each event hour there is."""
    query = f"SELECT DISTINCT time_us // {HOUR_US} AS hour FROM {source} ORDER BY hour"  # noqa: S608
    for (hour,) in connection.execute(query).fetchall():
        yield f"{hour % 24:02d}-", f"time_us // {HOUR_US} = {hour}"


def _repeats(connection: duckdb.DuckDBPyConnection, name: str, source: str) -> bool:
    query = f"SELECT count(*) > count(DISTINCT ({_listed(TABLES[name].key)})) FROM {source}"  # noqa: S608
    (repeats,) = connection.execute(query).fetchone() or (False,)
    return bool(repeats)


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
