"""Making the views' choice physical: many small files with repeated keys become one file without."""

from collections import defaultdict
from pathlib import Path

import duckdb

from streams.sinks.lake.files import COMPRESSION, SUFFIX, aside_path, settle
from streams.sinks.lake.tables import TABLES
from streams.sinks.lake.views import newest, parquet


def compact(directory: Path | str) -> int:
    """Rewrite every folder to one file per event hour with the last row of each key; returns how many files went.

    Safe beside a running writer (its new files are left alone) and to be killed at any time (old files go last;
    until then the views show each key once as before). A reader that has a removed file in hand must ask again.
    """
    removed = 0
    for name in TABLES:
        groups: dict[tuple[Path, str], list[Path]] = defaultdict(list)
        for path in sorted((Path(directory) / name).rglob(f"[!.]*{SUFFIX}")):
            hour, dash, _ = path.stem.partition("-")
            groups[path.parent, hour + dash if dash else ""].append(path)
        for (folder, stem), paths in groups.items():
            removed += _rewrite(name, folder, stem, paths)
    return removed


def _rewrite(name: str, folder: Path, stem: str, paths: list[Path]) -> int:
    if len(paths) == 1 and not _repeats(name, paths):
        return 0
    aside = aside_path(folder, stem)
    order = ", ".join(f'"{column}"' for column in TABLES[name].key)
    rows = f"{newest(name, parquet([str(path) for path in paths]))} ORDER BY {order}"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({rows}) TO '{_quoted(aside)}' (FORMAT parquet, COMPRESSION {COMPRESSION})")
    kept = settle(aside, folder, stem)
    old = [path for path in paths if path != kept]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _repeats(name: str, paths: list[Path]) -> bool:
    key = ", ".join(f'"{column}"' for column in TABLES[name].key)
    source = parquet([str(path) for path in paths])
    with duckdb.connect() as connection:
        query = f"SELECT count(*) > count(DISTINCT ({key})) FROM {source}"  # noqa: S608
        (repeats,) = connection.execute(query).fetchone() or (False,)
    return bool(repeats)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
