"""Whatever way samples reach the twin, the same bits come out; whatever is in them, no estimate breaks."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.loads import LoadKind
from schemas.signals import SIGNALS
from tests import drives
from tests.drives import MINUTE_US, SECOND_US, START_US
from twin.layout import DAY, DAY_US, LOAD, SAMPLE
from twin.twin import Results, Twin, empty_frames
from twin.variants import load

TWINS = {name: Twin(load(name)) for name in ("bmw-i3", "bmw-gen5-rear")}
COUNT = 900


def recording() -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Two drives over midnight at odd spacing, a short gap, a stop that ends a trip, and sensors that come and go."""
    samples = drives.drive(COUNT, hz=8.0)
    times_us = drives.times(COUNT, hz=8.0, start_us=START_US + DAY_US - 30 * SECOND_US) + 7_003 * (
        np.arange(COUNT) % 11
    )
    times_us[300:] += 19 * 1_000_000 + 411
    times_us[600:] += 11 * MINUTE_US
    times_us[850:] += 3 * 3_600 * 1_000_000
    samples["motor_speed_rpm"][480:600] = 0.0
    samples["torque_nm"][480:600] = 0.0
    samples["winding_temp_c"][100:160] = np.nan
    samples["winding_temp_c"][200:330] = 130.0
    samples["coolant_in_temp_c"][350:] = np.nan
    samples["torque_nm"][42] = np.nan
    samples["torque_nm"][340:450] = np.nan  # beyond the hold limit
    samples["oil_temp_c"][77] = 5e9
    return times_us, samples


TIMES_US, SAMPLES = recording()


def outputs(pieces: list[Results]) -> dict[str, bytes]:
    """What several calls put out, as bytes."""
    kinds = ("states", "trips", "alerts", "days", "day_parts", "loads", "healths")
    return {kind: b"".join(getattr(piece, kind).tobytes() for piece in pieces) for kind in kinds}


def run(name: str, frame_cuts: list[int], batch_cuts: list[int]) -> tuple[bytes, dict[str, bytes]]:
    """The row and the outputs after the recording, cut into frames, and the frames into batches."""
    twin = TWINS[name]
    rows = twin.new_rows()
    rows.add()
    edges = [0, *sorted(set(frame_cuts)), COUNT]
    frames = drives.frames(*np.diff(edges).tolist())
    pieces = []
    for first, end in zip([0, *batch_cuts], [*batch_cuts, len(frames)], strict=True):
        batch = frames[first:end].copy()
        if not len(batch):
            continue
        start, stop = batch["first"][0], batch["first"][-1] + batch["count"][-1]
        batch["first"] -= start
        pieces.append(twin.step(rows, batch, TIMES_US[start:stop], SAMPLES[start:stop]))
    pieces.append(twin.tick(rows, int(TIMES_US[-1]) + 3_600 * 1_000_000))
    pieces.append(twin.tick(rows, int(TIMES_US[-1]) + 2 * DAY_US))
    return rows.records.tobytes(), outputs(pieces)


WHOLE = {name: run(name, [], []) for name in TWINS}


def test_the_recording_has_what_could_depend_on_a_cut() -> None:
    for put_out in (WHOLE[name][1] for name in TWINS):
        assert len(put_out["trips"]) > 0
        assert len(put_out["states"]) > 0
        assert len(put_out["loads"]) > 0
        assert len(put_out["healths"]) > 0
        assert len(put_out["day_parts"]) == 2 * DAY.itemsize
        loads = np.frombuffer(put_out["loads"], LOAD)
        assert set(loads["kind"]) >= {LoadKind.JUNCTION_CYCLE, LoadKind.TORQUE_CYCLE}
        assert loads["bridged"].any()


@pytest.mark.parametrize("name", sorted(TWINS))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_cut_into_frames_and_batches_gives_the_same_bits(name: str, data: st.DataObject) -> None:
    frame_cuts = data.draw(st.lists(st.integers(1, COUNT - 1), max_size=40, unique=True))
    batch_cuts = sorted(data.draw(st.lists(st.integers(0, len(frame_cuts)), max_size=8)))
    assert run(name, frame_cuts, batch_cuts) == WHOLE[name]


def test_one_sample_a_frame_gives_the_same_bits() -> None:
    every = list(range(1, COUNT))
    assert run("bmw-i3", every, every) == WHOLE["bmw-i3"]


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(6)))
def test_the_order_of_units_in_a_batch_does_not_matter(order: list[int]) -> None:
    twin = TWINS["bmw-gen5-rear"]
    count = 250
    inputs = [drives.drive(count, phase=float(unit)) for unit in range(6)]

    def rows_after(sequence: list[int]) -> tuple[list[bytes], list[bytes]]:
        rows = twin.new_rows()
        for _ in range(6):
            rows.add()
        frames = empty_frames(6)
        frames["row"] = sequence
        frames["first"] = np.arange(6) * count
        frames["count"] = count
        samples = np.concatenate([inputs[unit] for unit in sequence])
        results = twin.step(rows, frames, np.tile(drives.times(count), 6), samples)
        states = [results.states[results.states["row"] == unit].tobytes() for unit in range(6)]
        return [row.tobytes() for row in rows.records], states

    assert rows_after(list(order)) == rows_after(list(range(6)))


def wild_drive(seed: int, share: float) -> NDArray[Any]:
    """(600,) SAMPLE of which a share of all values is what no sensor means."""
    rng = np.random.default_rng(seed)
    samples = drives.drive(600)
    values = samples.view(np.float64).reshape(600, len(SIGNALS))
    wild = np.array([np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, 0.0, -0.0, 1e9])
    hit = rng.random(values.shape) < share
    values[hit] = rng.choice(wild, int(hit.sum()))
    return samples


@pytest.mark.parametrize("name", sorted(TWINS))
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.0, 0.3))
def test_samples_alone_never_reset_anything(name: str, seed: int, share: float) -> None:
    rows = TWINS[name].new_rows()
    rows.add()
    times_us = drives.times(600)
    results = TWINS[name].step(rows, drives.frames(600), times_us, wild_drive(seed, share))
    late = TWINS[name].tick(rows, int(times_us[-1]) + 2 * DAY_US)
    assert rows.records["resets"].tolist() == [0]
    for points in (results.states, late.states, late.trips, late.days):
        assert not points["resets"].any()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.0, 0.3))
def test_nothing_a_sample_can_hold_reaches_the_state_as_a_non_number(seed: int, share: float) -> None:
    twin = TWINS["bmw-i3"]
    samples = wild_drive(seed, share)
    rows = twin.new_rows()
    rows.add()
    before = samples.copy()
    results = twin.step(rows, drives.frames(600), drives.times(600), samples)
    row = rows.records[0]
    for name in ("temp_c", "covariance", "cross", "part", "interval", "trip", "stop", "copper_factor", "wear"):
        assert np.all(np.isfinite(row[name])), name
    assert row["resets"] == 0
    for name in results.states.dtype.names or ():
        if name.endswith("_sd_k") and "_offset_" not in name:  # no soak, no offset
            assert np.all(results.states[name] > 0.0)
    assert samples.tobytes() == before.tobytes(), "the twin must not write into its input"


@pytest.mark.parametrize("signal", ["winding_temp_c", "oil_temp_c", "coolant_out_temp_c", "dc_current_a", "i_d_a"])
def test_every_optional_signal_can_be_absent(signal: str) -> None:
    twin = TWINS["bmw-gen5-rear"]
    samples = drives.drive(1_300)
    samples[signal] = np.nan
    rows = twin.new_rows()
    rows.add()
    results = twin.step(rows, drives.frames(1_300), drives.times(1_300), samples)
    assert np.all(np.isfinite(results.states["end_winding_temp_c"]))
    assert results.states["time_us"][-1] == START_US + 2 * MINUTE_US
    assert SAMPLE.names is not None
