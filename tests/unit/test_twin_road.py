"""Real road trips of a BMW i3 through the twin: are the numbers those of a car?"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from schemas.results import Validity
from tests import drives
from tests.data import reference_data
from twin.twin import Twin
from twin.variants import load

pytestmark = pytest.mark.data

COLUMNS = ["Velocity [km/h]", "Motor Torque [Nm]", "Battery Voltage [V]", "Battery Current [A]"]
COLUMNS += ["Ambient Temperature [°C]", "Heating Power CAN [kW]", "AirCon Power [kW]", "Time [s]"]


def trip(name: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Times and samples; heater and air conditioning are taken off the battery current."""
    path = reference_data("bmw-i3-trips") / f"{name[:5].replace('Trip', 'trip')}.parquet"
    table = pq.read_table(path, filters=[("trip", "=", name)], columns=COLUMNS)
    column = {key: table[key].to_numpy() for key in COLUMNS}
    samples = drives.blank(len(table))
    variant = load("bmw-i3")
    speed_m_s = column["Velocity [km/h]"] / 3.6
    samples["vehicle_speed_km_h"] = column["Velocity [km/h]"]
    samples["motor_speed_rpm"] = speed_m_s / variant.wheel_radius_m * variant.gear_ratio * 60.0 / (2.0 * np.pi)
    samples["torque_nm"] = column["Motor Torque [Nm]"]
    samples["dc_voltage_v"] = column["Battery Voltage [V]"]
    other_w = 1e3 * (column["Heating Power CAN [kW]"] + column["AirCon Power [kW]"])
    samples["dc_current_a"] = -column["Battery Current [A]"] - other_w / column["Battery Voltage [V]"]
    samples["ambient_temp_c"] = column["Ambient Temperature [°C]"]
    return drives.START_US + np.round(column["Time [s]"] * 1e6).astype(np.int64), samples


@pytest.mark.parametrize("name", ["TripA02", "TripA08", "TripA20", "TripB03", "TripB21"])
def test_efficiency_of_a_real_trip_agrees_with_its_power_balance(name: str) -> None:
    times_us, samples = trip(name)
    variant = load("bmw-i3")
    parameters = variant.parameters.copy()
    parameters["auxiliary_sd_w"] = 100.0  # only the base load is left in the current
    twin = Twin(replace(variant, parameters=parameters))
    rows = twin.new_rows()
    rows.add()
    results = twin.step(rows, drives.frames(len(samples)), times_us, samples)
    (made,) = twin.tick(rows, int(times_us[-1]) + 3_600_000_000).trips
    assert 0.85 < made["efficiency_model"] < 0.95
    assert made["efficiency_balance"] == pytest.approx(made["efficiency_model"], abs=0.02)
    spread = math.hypot(made["efficiency_balance_sd"], made["efficiency_model_sd"])
    assert abs(made["efficiency_balance"] - made["efficiency_model"]) < spread
    assert made["loss_ratio_validity"] == Validity.VALID
    assert abs(made["loss_ratio"] - 1.0) < made["loss_ratio_sd"]
    moving_km = np.nansum(samples["vehicle_speed_km_h"]) / 3.6e4
    assert made["distance_km"] == pytest.approx(moving_km, rel=1e-3)
    for node in ("end_winding", "rotor", "oil"):
        assert -10.0 < made[f"max_{node}_temp_c"] < 110.0
    spread = results.states["end_winding_temp_sd_k"]
    assert np.all(spread > 5.0), "nothing of the drive unit's temperatures is measured here: it must not look known"
