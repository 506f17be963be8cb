"""Frames like a fleet's: 100 samples of 16 signals at 10 Hz, smooth driving with sensor noise, seeded."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from schemas.telemetry import Identity
from streams.codec import encode_frame

VARIANT = "bmw-gen5-rear"
SAMPLES = 100
INTERVAL_US = 100_000
FRAMES_PER_MINUTE = 60_000_000 // (SAMPLES * INTERVAL_US)
"""Of one unit, in event time: a state point and a checkpoint share their cost among so many frames."""
START_US = 1_767_225_600_000_000
RECORDING_SAMPLES = 30_000
Floats = NDArray[np.float64]


def recording(seed: int = 7) -> dict[str, Floats]:
    """(RECORDING_SAMPLES,) of each of 16 signals: about 50 minutes of mixed driving of an EESM unit."""
    rng = np.random.default_rng(seed)
    n = RECORDING_SAMPLES
    t = np.arange(n) * INTERVAL_US / 1e6
    speed = np.clip(5_000 + 3_500 * np.sin(t / 60) + 1_500 * np.sin(t / 7.3), 0, 16_000)
    torque = 90 * np.sin(t / 4.1) * (1 + 0.6 * np.sin(t / 31)) + 25
    current = np.abs(torque) * 1.3 + 20
    power_w = torque * speed * np.pi / 30 + 1_500
    voltage = 398 - 6 * np.sin(t / 200)
    heat = np.convolve(torque**2 / 900, np.ones(600) / 600, "same")
    signals = {
        "motor_speed_rpm": speed,
        "torque_nm": torque,
        "dc_voltage_v": voltage,
        "dc_current_a": power_w / voltage,
        "i_d_a": -0.3 * current,
        "i_q_a": np.copysign(current, torque),
        "field_current_a": 8 + np.abs(torque) / 30,
        "field_voltage_v": 30 + np.abs(torque) / 8,
        "winding_temp_c": 62 + heat,
        "inverter_temp_1_c": 48 + heat / 2,
        "coolant_in_temp_c": 45 + 2 * np.sin(t / 300),
        "coolant_out_temp_c": 47 + 2 * np.sin(t / 300) + heat / 20,
        "oil_temp_c": 55 + 5 * np.sin(t / 400),
        "ambient_temp_c": 18 + 0.2 * np.sin(t / 500),
        "coolant_flow_l_min": 9 + np.sin(t / 90),
        "vehicle_speed_km_h": speed * 0.0139,
    }
    noise = {"motor_speed_rpm": 2.0, "torque_nm": 0.3, "dc_current_a": 0.5}
    return {name: values + rng.normal(0, noise.get(name, 0.1), n) for name, values in signals.items()}


def frames(maker: str, units: int, per_unit: int, *, int16: bool) -> Iterator[tuple[bytes, bytes]]:
    """(key, value) of every frame, all units side by side in time; each unit drives another part of the recording."""
    signals = recording()
    people = [
        Identity(unit=f"edu-{number:05d}", vehicle=f"car-{number:05d}", maker=maker, variant=VARIANT, firmware="1.4.2")
        for number in range(units)
    ]
    offsets_us = np.arange(SAMPLES) * INTERVAL_US
    for sequence in range(per_unit):
        times_us = START_US + sequence * SAMPLES * INTERVAL_US + offsets_us
        for number, identity in enumerate(people):
            first = (number * 7_919 + sequence * SAMPLES) % (RECORDING_SAMPLES - SAMPLES)
            block = {name: values[first : first + SAMPLES] for name, values in signals.items()}
            yield identity.unit.encode(), encode_frame(identity, 1, sequence, times_us, block, int16=int16)
