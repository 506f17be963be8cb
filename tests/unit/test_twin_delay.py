"""Torque and DC power come to the same time, whatever the rate of the samples."""

from typing import Any

import numpy as np
import pytest

from tests import drives
from tests.drives import MINUTE_US, START_US
from twin.estimators import delay
from twin.layout import WORK
from twin.layout.fresh import fresh_row
from twin.variants import load

POWER_W, RAD_S = 1e4, 1.3


def line(delay_s: float, window_s: float) -> tuple[Any, Any, Any]:
    """PARAMETERS, ROW and WORK of a unit whose torque is late and whose current is smoothed."""
    parameters = load("bmw-i3").parameters.copy().view(np.recarray)
    parameters["torque_delay_us"], parameters["dc_window_us"] = round(delay_s * 1e6), round(window_s * 1e6)
    return parameters[0], fresh_row().view(np.recarray)[0], np.zeros(1, WORK).view(np.recarray)[0]


def smoothed(t: float, window_s: float) -> float:
    """Mean of the true power over the window before ``t``."""
    if window_s == 0.0:
        return POWER_W * float(np.sin(RAD_S * t))
    return POWER_W * float(np.cos(RAD_S * (t - window_s)) - np.cos(RAD_S * t)) / (RAD_S * window_s)


def balance(hz: float, delay_s: float, window_s: float, count: int = 400) -> Any:
    """(count, 2) modelled and measured power of one time, of a power that swings."""
    par, row, work = line(delay_s, window_s)
    pairs = []
    for time_us in drives.times(count, hz=hz):
        t = (time_us - START_US) * 1e-6
        work.electrical_w = work.mechanical_w = work.shaft_w = POWER_W * np.sin(RAD_S * (t - delay_s))
        work.dc_w = smoothed(t, window_s)
        delay.step(par, row, int(time_us), work)
        pairs.append((work.balance_electrical_w, work.balance_dc_w))
    return np.array(pairs)


@pytest.mark.parametrize("hz", [5.0, 10.0, 40.0, 200.0])
@pytest.mark.parametrize(("delay_s", "window_s"), [(0.13, 0.0), (0.03, 0.0), (0.163, 0.268), (0.0, 0.25), (1.7, 0.9)])
def test_model_and_measurement_agree_at_any_rate(hz: float, delay_s: float, window_s: float) -> None:
    pairs = balance(hz, delay_s, window_s)
    known = np.isfinite(pairs[:, 1])
    assert np.argmax(known) <= np.ceil((delay_s + window_s) * hz) + 2
    assert np.all(known[np.argmax(known) :])
    step_s = max(1.0 / hz, max(delay_s, window_s) / 6.0)
    between_samples_w = POWER_W * (RAD_S * step_s) ** 2 / 8.0
    np.testing.assert_allclose(pairs[known, 0], pairs[known, 1], atol=between_samples_w + 1e-6)


def test_at_one_sample_a_second_the_delay_is_a_share_of_the_step() -> None:
    pairs = balance(1.0, 0.163, 0.268)
    pairs = pairs[np.isfinite(pairs[:, 1])]
    unaligned_w = POWER_W * RAD_S * (0.163 - 0.134)  # as if the channels were of one time
    slow = balance(1.0, 0.0, 0.0)
    assert len(pairs) >= 396
    assert np.all(np.isfinite(slow))
    assert abs(np.mean(pairs[:, 0] - pairs[:, 1])) < 0.1 * unaligned_w


def test_without_delay_the_sample_speaks_for_itself() -> None:
    par, row, work = line(0.0, 0.0)
    work.shaft_w, work.mechanical_w, work.electrical_w, work.dc_w = 1.0, 2.0, 3.0, 4.0
    delay.step(par, row, START_US, work)
    assert (work.balance_shaft_w, work.balance_mechanical_w) == (1.0, 2.0)
    assert (work.balance_electrical_w, work.balance_dc_w) == (3.0, 4.0)
    assert row.delay_used == 0


def test_nothing_is_known_across_a_gap() -> None:
    par, row, work = line(0.163, 0.268)
    for time_us in drives.times(20):
        work.dc_w = 1e4
        delay.step(par, row, int(time_us), work)
    assert work.balance_dc_w == 1e4
    delay.step(par, row, START_US + MINUTE_US, work)
    assert np.isnan(work.balance_dc_w)


def test_an_unknown_current_stays_unknown() -> None:
    par, row, work = line(0.1, 0.0)
    for time_us in drives.times(20):
        work.dc_w = np.nan
        delay.step(par, row, int(time_us), work)
    assert np.isnan(work.balance_dc_w)
