"""Recordings in Parquet or CSV files as telemetry of pseudonymous units, by a column map."""

import heapq
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.telemetry import VIN_SHAPE, Identity
from streams.sources import Block, SourceError
from streams.sources.maps import ColumnMap, SignalMap
from streams.sources.tables import MICROSECONDS, find_files, numbers, read

_SECOND_US = 1_000_000


class Recording(NamedTuple):
    """One drive as recorded. ``times_us``: (n,) int64, rising; ``signals``, ``measured``: name -> (n,) float64;
    ``clean``: (n,) bool, rows that judge its power; ``file``: where it stands.
    """

    name: str
    times_us: NDArray[np.int64]
    signals: dict[str, NDArray[np.float64]]
    measured: dict[str, NDArray[np.float64]]
    clean: NDArray[np.bool_]
    file: Path


class FileSource:
    """Files below a path, read by a column map. SourceError where path, map and content do not fit.

    ``for_fit``: read what was measured beside the telemetry, too, and take rows without a time.
    """

    def __init__(self, path: Path, column_map: ColumnMap, *, for_fit: bool = False) -> None:
        if not for_fit:
            if column_map.time is None:
                raise SourceError("the map has no [time]: its rows are points of operation, not a recording")
            column_map = column_map.model_copy(update={"measured": {}, "clean": None})
        self._map = column_map
        self.maker = column_map.maker
        recordings = [r for file in find_files(path, column_map) for r in _recordings(file, column_map)]
        if not recordings:
            raise SourceError(f"{path}: no rows")
        self._by_unit = _deal(sorted(recordings, key=lambda recording: recording.name), column_map)
        self.units = list(self._by_unit)

    @property
    def recordings(self) -> dict[str, list[Recording]]:
        """Recordings of each unit in the order of driving, at the times at which they are replayed."""
        return self._by_unit

    @property
    def frames(self) -> int:
        samples = self._map.frame.samples
        return sum(-(-len(r.times_us) // samples) for recordings in self._by_unit.values() for r in recordings)

    def blocks(self) -> Iterator[Block]:
        return heapq.merge(*(self._unit_blocks(unit) for unit in self.units), key=lambda block: block.order)

    def _unit_blocks(self, unit: str) -> Iterator[Block]:
        identity = Identity(unit=unit, vehicle=f"v-{unit}", maker=self.maker, variant=self._map.variant)
        size, mean = self._map.frame.samples, self._map.frame.sampling == "mean"
        for boot, recording in enumerate(self._by_unit[unit]):
            for sequence, first in enumerate(range(0, len(recording.times_us), size)):
                cut = slice(first, first + size)
                signals = {name: values[cut] for name, values in recording.signals.items()}
                yield Block(identity, boot, sequence, recording.times_us[cut], signals, mean, float("nan"))


def _recordings(path: Path, column_map: ColumnMap) -> Iterator[Recording]:
    """The recordings of a file, by the group column or as a whole."""
    table = read(path, column_map)
    times = np.arange(len(table)) * 1e6
    if column_map.time:
        times = numbers(path, table, column_map.time.column) * MICROSECONDS[column_map.time.unit]
    signals = {name: _values(path, table, signal) for name, signal in column_map.signals.items()}
    measured = {str(name): _values(path, table, signal) for name, signal in column_map.measured.items()}
    off = _off(path, table, column_map)
    for name, rows in _groups(path, table, column_map):
        rounded = np.rint(times[rows])
        _check_times(path, name, column_map.time.column if column_map.time else "", rounded)
        own, beside = ({key: values[rows] for key, values in table.items()} for table in (signals, measured))
        times_us = rounded.astype(np.int64)
        clean = _held(times_us, off[rows], column_map.clean.for_s if column_map.clean else 0.0)
        yield Recording(name, times_us, own, beside, clean, path)


def _off(path: Path, table: pa.Table, column_map: ColumnMap) -> NDArray[np.bool_]:
    """(n,) whether all conditions of ``clean`` hold; one without a number does not."""
    held = np.ones(len(table), dtype=bool)
    for condition in column_map.clean.where if column_map.clean else ():
        values = numbers(path, table, condition.column)
        held &= (values >= condition.at_least) & (values <= condition.at_most)
    return held


def _held(times_us: NDArray[np.int64], held: NDArray[np.bool_], for_s: float) -> NDArray[np.bool_]:
    """(n,) whether it held for all of the last ``for_s``; before the first row it did."""
    broken_us = np.maximum.accumulate(np.where(held, np.iinfo(np.int64).min // 2, times_us))
    return held & (times_us - broken_us >= round(for_s * 1e6))


def _values(path: Path, table: pa.Table, signal: SignalMap) -> NDArray[np.float64]:
    if signal.constant is not None:
        return np.full(len(table), signal.constant)
    return numbers(path, table, signal.column) * signal.factor + signal.offset


def _groups(path: Path, table: object, column_map: ColumnMap) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """(name, row numbers) of each recording in a table."""
    length: int = table.num_rows  # type: ignore[attr-defined]
    if not column_map.recordings.column:
        if length:
            yield path.stem, np.arange(length)
        return
    values = table.column(column_map.recordings.column).to_pylist()  # type: ignore[attr-defined]
    rows: dict[object, list[int]] = {}
    for row, value in enumerate(values):
        rows.setdefault(value, []).append(row)
    for value, members in rows.items():
        if value is None:
            column = column_map.recordings.column
            raise SourceError(f"{path}: column {column!r} is empty in row {members[0] + 1}; each row needs a recording")
        yield str(value), np.array(members)


def _check_times(path: Path, name: str, column: str, times_us: NDArray[np.float64]) -> None:
    bad = np.flatnonzero(~np.isfinite(times_us))
    if bad.size:
        raise SourceError(f"{path}: {name}: column {column!r} has no number in row {bad[0] + 1} of the recording")
    back = np.flatnonzero(np.diff(times_us) <= 0)
    if back.size:
        raise SourceError(
            f"{path}: {name}: column {column!r} does not rise after row {back[0] + 1} of the recording; "
            "sort the file or name the column that tells recordings apart in [recordings]"
        )


def _deal(recordings: list[Recording], column_map: ColumnMap) -> dict[str, list[Recording]]:
    """Recordings by unit, placed in time: all units begin at ``start``, a unit's recordings follow each other."""
    by_unit: dict[str, list[Recording]] = {}
    units, prefix = column_map.recordings.units, column_map.recordings.prefix
    for number, recording in enumerate(recordings):
        unit = _pseudonym(recording.name) if units is None else f"{prefix}-{number % units:02d}"
        by_unit.setdefault(unit, []).append(recording)
    pause_us = round(column_map.recordings.pause_min * 60) * _SECOND_US
    for unit, own in by_unit.items():
        if column_map.start_us is None:
            own.sort(key=lambda recording: int(recording.times_us[0]))
            continue
        begin_us = column_map.start_us
        for index, recording in enumerate(own):
            times_us = recording.times_us - recording.times_us[0] + begin_us
            own[index] = recording._replace(times_us=times_us)
            begin_us = -(-(int(times_us[-1]) + pause_us) // _SECOND_US) * _SECOND_US
        by_unit[unit] = own
    return dict(sorted(by_unit.items()))


def _pseudonym(name: str) -> str:
    unit = re.sub(r"[^A-Za-z0-9._-]", "-", name).lstrip("._-")[:64] or "unit"
    if VIN_SHAPE.match(unit):
        raise SourceError(f"recording {name!r} looks like a VIN; set [recordings] units to deal pseudonyms")
    return unit
