"""Results of a lake. Only files that came since are read for what is new, so a long-lived lake costs little."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from schemas.alerts import Alert
from schemas.fleet_alerts import FleetAlert
from schemas.results import OWN_TAGS
from streams.serve.reader import COHORT_DAYS, ReaderError, Row, Span, in_order
from streams.sinks.lake import connect
from streams.sinks.lake.files import SUFFIX
from streams.sinks.lake.tables import TABLES
from streams.sinks.lake.views import newest, parquet
from twin.layout import DAY_US


class LakeReader:
    """See ``Reader``. FileNotFoundError when there is no lake."""

    def __init__(self, directory: Path) -> None:
        self._root = directory
        self._seen: dict[str, set[Path]] = defaultdict(set)
        self._spans: dict[str, dict[int, tuple[Span, set[int]]]] = defaultdict(dict)
        self._lives: dict[str, tuple[int, pa.Table]] = {}
        """Unit -> when its lives were told last, and what: a part of a table that many units share."""
        self._lock = threading.Lock()
        self._entering = threading.Lock()
        """Held from looking for new files until what they say is entered: nobody answers from the half of it."""
        self._connection, self._empty = connect(directory), self._without_files()

    def newest(self, series: str) -> list[Row]:
        """See ``Reader``."""
        own = [tag for tag in OWN_TAGS if tag in TABLES[series].schema.names]
        key = ", ".join(["unit", *own])
        files = f'SELECT DISTINCT arg_max(filename, (time_us, "offset")) AS file FROM {{source}} GROUP BY {key}'  # noqa: S608
        last = f'QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY time_us DESC, "offset" DESC) = 1'
        query = f'SELECT * EXCLUDE ("partition", "offset") FROM {{source}} {last}'  # noqa: S608
        return self._new(series, series, query, files)

    def alerts(self) -> tuple[list[FleetAlert], list[Alert]]:
        """See ``Reader``."""
        of_fleet = self._new("fleet_alerts", "fleet_alerts", "SELECT * EXCLUDE (time_us) FROM ({newest})")
        of_units = self._new("alerts", "alerts", 'SELECT * EXCLUDE ("partition") FROM ({newest})')
        told = [FleetAlert.model_validate(row) for row in of_fleet]
        said = [Alert.model_validate(row) for row in of_units]
        return in_order(told, said)

    def history(
        self, series: str, unit: str, fields: Sequence[str], span_us: tuple[int, int], most: int
    ) -> tuple[list[Row], bool]:
        """See ``Reader``."""
        listed = ", ".join(f'"{field}"' for field in fields)
        where = f"FROM {series} WHERE unit = ? AND time_us BETWEEN ? AND ?"
        values: list[Any] = [unit, *span_us]
        whole = f"SELECT count(*) AS n, min(time_us) AS first, max(time_us) AS last {where}"
        counted, first, last = self._of(series, whole, values)[0].values()
        thinned = counted > most
        last_only = ""
        if thinned:
            stretch_us = (last - first) // most + 1
            of_stretch = f"PARTITION BY (time_us - {first}) // {stretch_us} ORDER BY time_us DESC"
            last_only = f"QUALIFY row_number() OVER ({of_stretch}) = 1"
        return self._of(series, f"SELECT time_us, {listed} {where} {last_only} ORDER BY time_us", values), thinned

    def before(self, series: str, unit: str, time_us: int) -> Row | None:
        """See ``Reader``."""
        query = f"SELECT * FROM {series} WHERE unit = ? AND time_us <= ? ORDER BY time_us DESC LIMIT 1"  # noqa: S608
        return next(iter(self._of(series, query, [unit, time_us])), None)

    def segments(self, unit: str) -> list[Span]:
        """See ``Reader``."""
        query = """SELECT unit, segment, min(start_us) AS since, max(end_us) AS until, list(DISTINCT day) AS days,
            arg_max(model_version, time_us) AS model FROM {source} GROUP BY unit, segment ORDER BY since"""
        with self._entering:
            for row in self._new("edu_day", "segments", query):
                known = self._spans[row["unit"]]
                number = row["segment"]
                before, days = known.get(number, (Span(number, row["since"], 0, 0, ""), set()))
                days |= set(row["days"])
                since, until = min(before.since_us, row["since"]), max(before.until_us, row["until"])
                known[number] = (Span(number, since, until, len(days), row["model"]), days)
            spans = [span for span, _ in self._spans.get(unit, {}).values()]
        return sorted(spans, key=lambda span: span.since_us)

    def lives(self, unit: str) -> list[Row]:
        """See ``Reader``. All parts of a unit are told together."""
        files = 'SELECT DISTINCT arg_max(filename, (time_us, "offset")) AS file FROM {source} GROUP BY unit'
        query = """SELECT * EXCLUDE ("partition", "offset") FROM {source}
            QUALIFY row_number() OVER (PARTITION BY unit, component ORDER BY time_us DESC, "offset" DESC) = 1
            ORDER BY unit"""
        with self._entering:
            source, paths = self._unread("edu_life", "lives", files)
            if source:
                with self._asking() as cursor:
                    self._hold(cursor.sql(query.format(source=source)).to_arrow_table())
            self._seen["lives"] = paths
            found = self._lives.get(unit)
        return found[1].to_pylist() if found else []

    def _hold(self, table: pa.Table) -> None:
        """Lives of units, sorted by unit."""
        names, times_us = (table[name].to_numpy(zero_copy_only=False) for name in ("unit", "time_us"))
        first = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1).tolist(), len(names)] if len(names) else []
        for begin, end in pairwise(first):
            unit, time_us = str(names[begin]), int(times_us[begin:end].max())
            if unit not in self._lives or self._lives[unit][0] <= time_us:
                self._lives[unit] = (time_us, table.slice(begin, end - begin))

    def life(self, unit: str, component: str) -> list[Row]:
        """See ``Reader``."""
        query = "SELECT * FROM edu_life WHERE unit = ? AND component = ? ORDER BY time_us"
        return self._of("edu_life", query, [unit, component])

    def cohorts(self, kind: str) -> list[Row]:
        """See ``Reader``."""
        query = """SELECT * EXCLUDE ("partition", "offset") FROM edu_cohort
            WHERE kind = ? AND time_us > (SELECT max(time_us) FROM edu_cohort) - ?
            QUALIFY row_number() OVER (PARTITION BY variant, cohort ORDER BY time_us DESC) = 1
            ORDER BY variant, cohort"""
        return self._of("edu_cohort", query, [kind, COHORT_DAYS * DAY_US])

    def close(self) -> None:
        """See ``Reader``."""
        self._connection.close()

    def _new(self, name: str, purpose: str, query: str, among: str = "") -> list[Row]:
        """Rows of the files of a table that were not read before for this purpose."""
        source, paths = self._unread(name, purpose, among)
        rows = self._rows(query.format(source=source, newest=newest(name, source)), []) if source else []
        self._seen[purpose] = paths
        return rows

    def _unread(self, name: str, purpose: str, among: str) -> tuple[str, set[Path]]:
        """SQL that reads those files, empty where there are none, and all files there are. ``among``: a query that says
        by a few columns which of them are worth reading: of a long-lived lake hardly any.
        """
        paths = set((self._root / name).rglob(f"[!.]*{SUFFIX}"))
        fresh = sorted(paths - self._seen[purpose])
        source = parquet([str(path) for path in fresh]) if fresh else ""
        if source and among:
            source = parquet(sorted(row["file"] for row in self._rows(among.format(source=source), [])))
        return source, paths

    def _of(self, name: str, query: str, values: list[Any]) -> list[Row]:
        """Rows of a query of the view of a table."""
        if name in self._empty and name not in (empty := self._without_files()):  # its view would stay empty
            with self._lock:
                self._connection, self._empty = connect(self._root), empty
        return self._rows(query, values)

    def _without_files(self) -> set[str]:
        return {name for name in TABLES if next((self._root / name).rglob(f"[!.]*{SUFFIX}"), None) is None}

    def _rows(self, query: str, values: list[Any]) -> list[Row]:
        with self._asking() as cursor:
            found = cursor.execute(query, values)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    @contextmanager
    def _asking(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with self._lock:
                cursor = self._connection.cursor()
            yield cursor
        except (duckdb.Error, OSError) as error:
            raise ReaderError(f"lake {self._root}: {error}") from error
