"""Synthetic drives for tests of the twins: smooth, deterministic, made by sines only (no random numbers, no plant)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.signals import SIGNALS
from twin.layout import SAMPLE
from twin.twin import empty_frames

START_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US


def blank(count: int) -> NDArray[Any]:
    """(count,) SAMPLE with nothing in it."""
    return np.full((count, len(SIGNALS)), np.nan).view(SAMPLE).reshape(count)


def times(count: int, *, hz: float = 10.0, start_us: int = START_US) -> NDArray[np.int64]:
    """(count,) times, the first one period after the start."""
    return start_us + np.round(np.arange(1, count + 1) * (1e6 / hz)).astype(np.int64)


def drive(count: int, *, hz: float = 10.0, phase: float = 0.0, current_scale: float = 1.0) -> NDArray[Any]:
    """(count,) SAMPLE of 16 signals: accelerating, cruising and braking, with sensors near what one would measure."""
    t = np.arange(1, count + 1) / hz + 37.0 * phase
    samples = blank(count)
    speed = 4_000.0 + 3_500.0 * np.sin(t / 31.0) + 600.0 * np.sin(t / 5.3)
    samples["motor_speed_rpm"] = np.maximum(speed, 0.0)
    samples["torque_nm"] = 60.0 + 110.0 * np.sin(t / 11.0 + 0.3) + 20.0 * np.sin(t / 2.1)
    shaft_w = samples["torque_nm"] * samples["motor_speed_rpm"] * (2.0 * np.pi / 60.0)
    loss_w = 400.0 + 0.06 * np.abs(shaft_w)
    samples["dc_voltage_v"] = 370.0 + 5.0 * np.cos(t / 50.0)
    samples["dc_current_a"] = current_scale * (shaft_w + loss_w) / samples["dc_voltage_v"]
    samples["switching_frequency_hz"] = 9_000.0
    warm = 1.0 - np.exp(-t / 300.0)
    samples["winding_temp_c"] = 40.0 + 25.0 * warm + 2.0 * np.sin(t / 17.0)
    samples["inverter_temp_1_c"] = 45.0 + 12.0 * warm
    samples["inverter_temp_2_c"] = 45.0 + 11.0 * warm
    samples["coolant_in_temp_c"] = 38.0 + 6.0 * warm
    samples["coolant_out_temp_c"] = 39.0 + 8.0 * warm
    samples["oil_temp_c"] = 38.0 + 15.0 * warm
    samples["ambient_temp_c"] = 12.0
    samples["coolant_flow_l_min"] = 8.0 + np.sin(t / 40.0)
    samples["pump_duty"] = 0.7
    samples["vehicle_speed_km_h"] = samples["motor_speed_rpm"] * 0.0144
    samples["isolation_ohm"] = 5e6
    return samples


def constant(count: int, **signals: float) -> NDArray[Any]:
    """(count,) SAMPLE with the same values throughout."""
    samples = blank(count)
    for name, value in signals.items():
        samples[name] = value
    return samples


def frames(*counts: int, row: int = 0, identity: int = 1) -> NDArray[Any]:
    """FRAME records of one unit that cut its samples into ``counts`` pieces."""
    records = empty_frames(len(counts))
    records["row"] = row
    records["count"] = counts
    records["first"] = np.concatenate([[0], np.cumsum(counts)[:-1]])
    records["identity"] = identity
    return records
