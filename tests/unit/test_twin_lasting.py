"""Residuals and implausible readings open an alert only when they last, and resolve only after long peace."""

from typing import Any

import numpy as np
import pytest

from schemas.alerts import LASTING_ALERTS, UnitAlert
from tests import drives, slow
from twin.estimators import drift, lasting
from twin.layout import IMPLAUSIBLE, LASTING, LASTING_BALANCE, LASTING_IMPLAUSIBLE, N_LASTING
from twin.layout.fresh import fresh_row
from twin.layout.views import as_parameters
from twin.twin import Twin
from twin.variants import load

EESM = "bmw-gen5-rear"
PAR = as_parameters(load(EESM).parameters)[0]
HOLD, LIMIT = int(PAR.lasting_s), float(PAR.lasting_limit[LASTING_BALANCE])
SEED = 7


def moving() -> Any:
    row = fresh_row().view(np.recarray)[0]
    row.moving = 1
    return row


def seconds(row: Any, count: int, sds: float) -> None:
    row.balance_sds = sds
    for _ in range(count):
        lasting.close_second(PAR, row)


def trip(row: Any, *stretches: tuple[int, float]) -> bool:
    """A trip with such a balance; whether the alert is due at its end."""
    for count, sds in stretches:
        seconds(row, count, sds)
    due = lasting.opens(PAR, row, LASTING_BALANCE)
    lasting.close_trip(PAR, row)
    return bool(due)


def test_a_residual_opens_in_its_third_trip_in_a_row_after_a_minute() -> None:
    row = moving()
    assert not trip(row, (600, 2.0 * LIMIT))
    assert not trip(row, (600, 2.0 * LIMIT))
    seconds(row, HOLD - 1, 2.0 * LIMIT)
    assert not lasting.opens(PAR, row, LASTING_BALANCE)
    seconds(row, 1, 2.0 * LIMIT)
    assert lasting.opens(PAR, row, LASTING_BALANCE)


def test_a_trip_in_between_that_is_well_begins_the_count_anew_and_one_that_cannot_tell_does_not() -> None:
    row = moving()
    for _ in range(2):
        trip(row, (HOLD, 2.0 * LIMIT))
    trip(row, (HOLD, 0.0))
    assert not trip(row, (HOLD, 2.0 * LIMIT))
    assert not trip(row, (HOLD, 2.0 * LIMIT))
    assert not trip(row, (600, float("nan")))
    assert trip(row, (HOLD, 2.0 * LIMIT))


def test_bursts_that_are_outweighed_by_peace_do_not_count() -> None:
    row = moving()
    for _ in range(20):
        assert not trip(row, *10 * [(HOLD - 1, 2.0 * LIMIT), (HOLD, 0.0)])


def test_it_resolves_after_three_trips_that_end_well_below_the_limit() -> None:
    row = moving()
    for _ in range(3):
        trip(row, (HOLD, 2.0 * LIMIT))
    for _ in range(2):
        trip(row, (HOLD, 0.1))
    trip(row, (600, 0.9 * LIMIT))  # neither over nor well below: no trip of peace
    assert not lasting.resolves(PAR, row, LASTING_BALANCE)
    trip(row, (HOLD, 0.1))
    assert lasting.resolves(PAR, row, LASTING_BALANCE)


def test_an_impossible_value_needs_no_second_trip() -> None:
    row = moving()
    row.second[IMPLAUSIBLE] = 1.0
    seconds(row, HOLD - 1, 0.0)
    assert not lasting.opens(PAR, row, LASTING_IMPLAUSIBLE)
    seconds(row, 1, 0.0)
    assert lasting.opens(PAR, row, LASTING_IMPLAUSIBLE)


def test_nothing_counts_while_the_vehicle_stands() -> None:
    row = moving()
    row.moving = 0
    seconds(row, 10 * HOLD, 2.0 * LIMIT)
    assert row.over_s.tolist() == row.fine_s.tolist() == [0] * N_LASTING


def test_what_a_window_said_is_forgotten_with_it() -> None:
    row = moving()
    row.balance_sds = row.legs_sds = 2.0 * LIMIT
    drift.restart(row)
    assert np.isnan(row.balance_sds)
    assert np.isnan(row.legs_sds)


def test_an_innovation_is_not_judged_where_the_load_is_unknown() -> None:
    row = moving()
    row.ready, row.filter_age_s, row.reading_age_s[0], row.fit_squared[0] = 1, PAR.warm_up_s, 0.0, 8.0
    assert lasting.value(PAR, row, 0) == 8.0
    row.unloaded_s = 1.0
    assert np.isnan(lasting.value(PAR, row, 0))


def test_every_rule_has_an_alert_of_its_own() -> None:
    assert len(LASTING_ALERTS) == len(set(LASTING_ALERTS)) == len(LASTING)


def alerts(faults: tuple[tuple[str, float], ...] = (), spoil: str = "", value: float = np.nan) -> set[str]:
    """What is told of three days of a unit; ``spoil``: a signal with this value, or its own, from minute 20 of each."""
    _, driven = slow.simulate(EESM, 1, 3, SEED, faults)
    if spoil:
        for samples, _ in driven:
            samples[spoil][1_200:] = samples[spoil][1_200] if np.isnan(value) else value
    return opened(driven)


def opened(driven: list[tuple[Any, Any]]) -> set[str]:
    """Names of the alerts that the days' (SAMPLE, TRUTH) open."""
    twin = Twin(load(EESM))
    rows = twin.new_rows()
    rows.add()
    found = set()
    for samples, truth in driven:
        results = twin.step(rows, drives.frames(len(samples)), slow.times_us(truth), samples)
        found |= {UnitAlert(int(one["alert"])).name or "" for one in results.alerts if one["opened"]}
    return found


def test_a_sound_unit_says_nothing() -> None:
    assert alerts() == set()


@pytest.mark.parametrize(
    ("alert", "faults"),
    [
        ("COOLANT_SENSORS_CONTRADICT", (("coolant_sensor", -10.0),)),
        ("POWER_BALANCE_RESIDUAL", (("dc_current_gain", 0.2),)),
    ],
)
def test_a_gross_fault_is_told_within_three_days(alert: str, faults: tuple[tuple[str, float], ...]) -> None:
    assert alert in alerts(faults)


def test_a_sensor_that_is_stuck_and_a_value_that_cannot_be_are_told() -> None:
    assert "SENSOR_STUCK" in alerts(spoil="winding_temp_c")
    assert "SIGNAL_IMPLAUSIBLE" in alerts(spoil="oil_temp_c", value=3_276.7)


def test_a_bad_moment_before_the_dc_side_falls_silent_does_not_last() -> None:
    _, driven = slow.simulate(EESM, 1, 3, SEED)
    for samples, _ in driven:
        current_a, moves = samples["dc_current_a"], np.abs(samples["motor_speed_rpm"]) > 500.0
        bad = 1_200 + int(np.argmax(np.convolve(moves[1_200:], np.ones(20), "valid") == 20.0))
        current_a[bad : bad + 20] += 300.0
        current_a[bad + 20 :] = np.nan
    assert opened(driven) == set()
