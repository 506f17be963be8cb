"""A small twin for tests of the pipeline: cheap, sensitive to order, and it keeps nothing outside its rows."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from twin.layout import ALERT, FRAME, ROW, SAMPLE, STATE, TRIP
from twin.twin import Results, Rows, Twin

MINUTE_US = 60_000_000


class RecordingVariant:
    """What the pipeline wants to know of a variant."""

    def __init__(self, name: str, parameter_hash: int) -> None:
        self.name = name
        self.parameter_hash = parameter_hash


class RecordingTwin:
    """Folds every sample into the row; a state when a minute is crossed, a trip when a tick finds 15 silent minutes.

    ``calls`` records what was stepped: (unit's row, first time, samples, gaps, identity); ``ticked`` counts rows.
    """

    def __init__(self, name: str, parameter_hash: int = 1) -> None:
        self.variant = RecordingVariant(name, parameter_hash)
        self.name = name
        self.model_version = f"test+{parameter_hash:x}"
        self.ticked = 0
        self.calls: list[tuple[int, int, int, int, int]] = []

    def new_rows(self) -> Rows:
        return Rows()

    def step(self, rows: Rows, frames: NDArray[Any], times_us: NDArray[np.int64], samples: NDArray[Any]) -> Results:
        assert frames.dtype == FRAME
        assert samples.dtype == SAMPLE
        states: list[tuple[int, int, float]] = []
        causes: list[int] = []
        for n, frame in enumerate(frames):
            part = slice(frame["first"], frame["first"] + frame["count"])
            row = rows.records[frame["row"] : frame["row"] + 1]
            first_us = int(times_us[part][0])
            self.calls.append(
                (int(frame["row"]), first_us, int(frame["count"]), int(frame["gaps"]), int(frame["identity"]))
            )
            if row["identity"][0] != frame["identity"]:
                row["identity"] = frame["identity"]
                row["segment"] += 1
            row["started"] = 1
            row["skipped"] += frame["gaps"]
            torques_nm = np.clip(np.nan_to_num(samples["torque_nm"][part]), -1e6, 1e6)
            for time_us, torque_nm in zip(times_us[part], torques_nm, strict=True):
                minute_us = int(time_us // MINUTE_US * MINUTE_US)
                if 0 < row["time_us"][0] < minute_us:
                    states.append((int(frame["row"]), minute_us, float(row["temp_c"][0, 0])))
                    causes.append(n)
                row["temp_c"][0, 0] = 0.9 * row["temp_c"][0, 0] + torque_nm + 1e-15 * float(time_us)
                row["time_us"] = time_us
            row["trip_open"] = 1
        return self._results(states, causes, [])

    def tick(self, rows: Rows, time_us: int | NDArray[np.int64], which: NDArray[np.int64] | None = None) -> Results:
        chosen = np.arange(len(rows)) if which is None else which
        self.ticked += len(chosen)
        times_us = np.broadcast_to(np.asarray(time_us, np.int64), len(chosen))
        trips: list[tuple[int, int, float]] = []
        for n, now_us in zip(chosen.tolist(), times_us.tolist(), strict=True):
            row = rows.records[n]
            if row["trip_open"] and row["time_us"] < now_us - 15 * MINUTE_US:
                row["trip_open"] = 0
                trips.append((n, int(row["time_us"]), float(row["temp_c"][0])))
        return self._results([], [], trips)

    def as_twin(self) -> Twin:
        """As the type the pipeline declares."""
        return cast(Twin, self)

    def _results(
        self, states: list[tuple[int, int, float]], causes: list[int], trips: list[tuple[int, int, float]]
    ) -> Results:
        state, trip = np.zeros(len(states), STATE), np.zeros(len(trips), TRIP)
        for records, name, rows in ((state, "teeth_temp_c", states), (trip, "max_torque_nm", trips)):
            for n, (row, time_us, number) in enumerate(rows):
                records["row"][n], records["time_us"][n], records[name][n] = row, time_us, number
        none = np.zeros(0, np.int64)
        minus = np.full(len(trips), -1, np.int64)
        return Results(state, np.array(causes, np.int64), trip, minus, np.zeros(0, ALERT), none)


def row_bytes(rows: Rows, index: int) -> bytes:
    """The bytes of a row."""
    assert rows.records.dtype.itemsize == ROW.itemsize
    return rows.records[index : index + 1].tobytes()
