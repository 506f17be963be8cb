"""How senders write frames and ticks: the other direction of ``decode``."""

import json
from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from schemas import telemetry_pb2
from schemas.signals import INT16_MISSING, LOGARITHMIC, SIGNAL_BY_NAME, Signal
from schemas.telemetry import MAX_SAMPLES, MAX_SPAN_US, Identity, JsonFrame, Tick
from streams.identities import encode_identity

Signals = Mapping[str, ArrayLike]
"""Name of the signal -> (n,) values in the contract's units, NaN where missing."""


def encode_frame(
    identity: Identity,
    boot: int,
    sequence: int,
    times_us: ArrayLike,
    signals: Signals,
    *,
    mean: bool = False,
    ready: bool = True,
    odometer_km: float = np.nan,
    int16: bool = False,
    lost: Counter[str] | None = None,
) -> bytes:
    """The binary form. ``times_us``: (n,) strictly rising; equal spacing is found and written as ``interval_us``.

    With ``int16``, values outside the form's range become missing and are counted per signal in ``lost``.
    """
    times = np.asarray(times_us, np.int64)
    interval_us, offsets_us = _spacing(times)
    columns = [SIGNAL_BY_NAME[name] for name in signals]
    values = [np.asarray(column, np.float64) for column in signals.values()]
    if int16:
        block = np.stack([_quantised(s, v, lost) for s, v in zip(columns, values, strict=True)], axis=1).astype("<i2")
    else:
        block = np.stack(values, axis=1).astype("<f4")
    return telemetry_pb2.Frame(
        identity=encode_identity(identity),
        boot=boot,
        sequence=sequence,
        start_us=int(times[0]),
        interval_us=interval_us,
        offsets_us=offsets_us,
        sampling=telemetry_pb2.MEAN if mean else telemetry_pb2.POINT,
        ready=ready,
        odometer_km=0.0 if np.isnan(odometer_km) else odometer_km,
        form=telemetry_pb2.INT16 if int16 else telemetry_pb2.FLOAT32,
        signals=bytes(signal.id for signal in columns),
        block=block.tobytes(),
    ).SerializeToString()


def encode_json(
    identity: Identity,
    boot: int,
    sequence: int,
    times_us: ArrayLike,
    signals: Signals,
    *,
    mean: bool = False,
    ready: bool = True,
    odometer_km: float = np.nan,
) -> bytes:
    """The JSON form; a missing sample is null."""
    times = np.asarray(times_us, np.int64)
    interval_us, offsets_us = _spacing(times)
    columns = {name: np.asarray(column, np.float64).tolist() for name, column in signals.items()}
    frame = JsonFrame(
        identity=identity,
        boot=boot,
        sequence=sequence,
        start_us=int(times[0]),
        interval_us=interval_us or None,
        offsets_us=offsets_us or None,
        sampling="mean" if mean else "point",
        ready=ready,
        odometer_km=None if np.isnan(odometer_km) else odometer_km,
        signals={name: [None if value != value else value for value in column] for name, column in columns.items()},
    )
    return frame.model_dump_json(exclude_none=False).encode()


def encode_tick(time_us: int) -> bytes:
    """A tick record's value."""
    return json.dumps(Tick(time_us=time_us).model_dump()).encode()


def _spacing(times: NDArray[np.int64]) -> tuple[int, list[int]]:
    """(interval, no offsets) for equally spaced times, else (0, offsets). A single sample gets an interval of 1 s."""
    if not 0 < len(times) <= MAX_SAMPLES or times[-1] - times[0] > MAX_SPAN_US:
        limits = f"1 to {MAX_SAMPLES} samples within {MAX_SPAN_US / 1e6:.0f} s"
        raise ValueError(f"a frame carries {limits}; these are {len(times)}: cut them into several frames")
    steps = np.diff(times)
    if len(times) == 1:
        return 1_000_000, []
    if (steps == steps[0]).all() and steps[0] > 0:
        return int(steps[0]), []
    return 0, (times - times[0]).tolist()


def _quantised(signal: Signal, values: NDArray[np.float64], lost: Counter[str] | None) -> NDArray[np.float64]:
    """Steps of the int16 form, missing as INT16_MISSING."""
    with np.errstate(all="ignore"):
        steps = np.rint((np.log10(values) if signal.name in LOGARITHMIC else values) / signal.scale)
        fits = np.abs(steps) <= -INT16_MISSING - 1
    if lost is not None:
        lost[signal.name] += int((~fits & ~np.isnan(values)).sum())
    return np.where(fits, steps, INT16_MISSING)
