"""What a sender's values become."""

from collections import Counter

import numpy as np
import pytest

from schemas import telemetry_pb2
from schemas.signals import INT16_MISSING
from streams.codec import encode_frame
from tests.frames import NOON_US, SECOND_US, identity


def block(signals: dict[str, list[float]], lost: Counter[str] | None = None) -> np.ndarray:
    times_us = NOON_US + np.arange(len(signals["torque_nm"])) * SECOND_US
    frame = telemetry_pb2.Frame.FromString(encode_frame(identity(), 1, 0, times_us, signals, int16=True, lost=lost))
    return np.frombuffer(frame.block, "<i2").reshape(len(times_us), -1)


def test_values_outside_the_int16_form_become_missing_and_are_counted() -> None:
    lost: Counter[str] = Counter()
    sent = {
        "motor_speed_rpm": [32_767.0, 32_768.0, -32_767.0, -32_768.0, np.nan],
        "torque_nm": [np.inf, -np.inf, 1e300, 0.04, 0.06],
        "isolation_ohm": [0.0, -5.0, 1e12, 1.0, 1e40],
    }
    steps = block(sent, lost)
    missing = INT16_MISSING
    assert steps[:, 0].tolist() == [32_767, missing, -32_767, missing, missing]
    assert steps[:, 1].tolist() == [missing, missing, missing, 0, 1]
    assert steps[:, 2].tolist() == [missing, missing, 12_000, 0, missing]
    assert lost == {"motor_speed_rpm": 2, "torque_nm": 3, "isolation_ohm": 3}


def encoded(times_us: list[int]) -> telemetry_pb2.Frame:
    signals = {"motor_speed_rpm": [0.0] * len(times_us), "torque_nm": [0.0] * len(times_us)}
    return telemetry_pb2.Frame.FromString(encode_frame(identity(), 1, 0, np.array(times_us) + NOON_US, signals))


@pytest.mark.parametrize(
    ("times_us", "interval_us", "offsets_us"),
    [
        ([0, 10, 20], 10, []),
        ([0, 10, 21], 0, [0, 10, 21]),
        ([0], SECOND_US, []),
        ([0, 3_600 * SECOND_US], 3_600 * SECOND_US, []),
    ],
)
def test_equal_spacing_is_found(times_us: list[int], interval_us: int, offsets_us: list[int]) -> None:
    frame = encoded(times_us)
    assert (frame.start_us, frame.interval_us, list(frame.offsets_us)) == (NOON_US, interval_us, offsets_us)


@pytest.mark.parametrize("times_us", [[], [0, 3_601 * SECOND_US], list(range(6_001))])
def test_what_does_not_fit_into_a_frame_is_said_at_once(times_us: list[int]) -> None:
    with pytest.raises(ValueError, match="cut them into several frames"):
        encoded(times_us)
