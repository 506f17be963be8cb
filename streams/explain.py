"""Going back in a unit's life: its archived frames through the pipeline again, up to one moment."""

from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from streams.pipeline import Pipeline
from streams.sinks.lake import nearest_snapshot, raw_messages
from streams.snapshots import PRESENT, Collected, layout_record, parse_layout
from twin.explain import Step
from twin.layout.fresh import fresh_row
from twin.twin import Results, Rows, Twin

MINUTE_US = 60_000_000
CLOSE_US = 2 * MINUTE_US
"""So long before the moment samples are stepped through one by one."""
ALL_OUT_US = 1 << 62


class HistoryError(ValueError):
    """The archive cannot say what was asked; the text says why and what to do."""


class Moment(NamedTuple):
    """A unit at a moment: the twin it had then, and the step that closed its last second."""

    twin: Twin
    step: Step
    snapshot_us: int | None
    """Event time of the archived row it began with; None: its life from the first frame on."""
    frames: int


class _Walk(Twin):
    """A twin that stops at a moment, and remembers the step that closed the last second before it."""

    def __init__(self, twin: Twin, from_us: int, until_us: int) -> None:
        super().__init__(twin.variant)
        self.frames = 0
        self.last: Step | None = None
        self._from_us, self._until_us = from_us, until_us

    def step(self, rows: Rows, frames: Any, times_us: NDArray[np.int64], samples: Any) -> Results:
        """See ``Twin.step``; samples later than the moment are left out."""
        nothing = super().step(rows, frames[:0], times_us, samples)
        for frame in frames:
            first, row = int(frame["first"]), int(frame["row"])
            times = times_us[first : first + int(frame["count"])]
            self.frames += 1
            one = np.array([frame], frames.dtype)
            if times[-1] < self._from_us:
                super().step(rows, one, times_us, samples)
                continue
            one["count"] = 1
            for place in range(first, first + int(np.searchsorted(times, self._until_us, "right"))):
                one["first"] = place
                before, day = rows.copy(row)
                super().step(rows, one, times_us, samples)
                one["gaps"] = 0
                if rows.records["closed_us"][row] != before["closed_us"][0] and before["started"][0]:
                    self.last = Step(
                        before, day, samples[place : place + 1].copy(), int(times_us[place]), int(frame["flags"])
                    )
        return nothing

    def tick(self, rows: Rows, time_us: int | NDArray[np.int64], which: NDArray[np.int64] | None = None) -> Results:
        """No tick reaches a moment of the past."""
        return super().tick(rows, 0, np.zeros(0, np.int64))


def moment(connection: duckdb.DuckDBPyConnection, unit: str, at_us: int, twins: dict[str, Twin]) -> Moment:
    """The unit as its twin saw it at ``at_us``; HistoryError where the archive does not reach."""
    last_us, maker, variant = _last_frame(connection, unit, at_us)
    if variant not in twins:
        raise HistoryError(
            f"{unit}: is of variant {variant!r}, which is not among those loaded ({', '.join(sorted(twins))}); "
            f"name the folder that holds {variant}.toml with --variants"
        )
    walks = {name: _Walk(twin, last_us - CLOSE_US, at_us) for name, twin in twins.items()}
    found = nearest_snapshot(connection, unit, last_us - CLOSE_US - MINUTE_US)
    partition, since_us = (0, 0) if found is None else (found[0], found[1] - MINUTE_US)
    pipeline = Pipeline(partition, maker, walks, [])
    if found is not None:
        pipeline.restore(_snapshots(unit, *found[2:]))
    pipeline.process([message for _, message in raw_messages(connection, unit, since_us, last_us)])
    pipeline.drain()
    closed = [(walk.last, twins[name]) for name, walk in walks.items() if walk.last is not None]
    if not closed:
        raise HistoryError(f"{unit}: not one second of the unit is complete at that time; ask for a later one")
    step, twin = max(closed, key=lambda found: found[0].time_us)
    return Moment(twin, step, None if found is None else found[1], sum(walk.frames for walk in walks.values()))


def _last_frame(connection: duckdb.DuckDBPyConnection, unit: str, at_us: int) -> tuple[int, str, str]:
    """Start of the last archived frame at or before a time, and the unit's maker and variant then."""
    first_us, last_us, reached_us = connection.execute(
        "SELECT min(time_us), max(time_us), max(time_us) FILTER (time_us <= ?) FROM raw_frames WHERE unit = ?",
        [at_us, unit],
    ).fetchone() or (None, None, None)
    if first_us is None:
        raise HistoryError(
            f"{unit}: no raw frames in this lake; a worker keeps them unless EDU_TWIN_LAKE__ARCHIVE_FRAMES is off, "
            "a replay with --archive"
        )
    if reached_us is None:
        first, last = (str(np.datetime64(time_us, "us").astype("datetime64[s]")) for time_us in (first_us, last_us))
        raise HistoryError(f"{unit}: its frames in this lake begin at {first} and end at {last} UTC")
    whose = connection.execute(
        "SELECT maker, variant FROM edu_state WHERE unit = ? ORDER BY time_us < ?, abs(time_us - ?) LIMIT 1",
        [unit, reached_us, reached_us],
    ).fetchone()
    if whose is None:
        raise HistoryError(f"{unit}: frames but no results in this lake; replay them first")
    return int(reached_us), str(whose[0]), str(whose[1])


def _snapshots(unit: str, layout: bytes, value: bytes) -> Any:
    """The archived row as a snapshot of today's layout."""

    def fresh(_: str) -> Any:
        return fresh_row()

    collected = Collected(PRESENT, fresh)
    collected.put(*layout_record(parse_layout(layout)))
    collected.put(unit.encode(), value)
    return collected.take()
