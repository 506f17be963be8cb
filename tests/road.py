"""Recorded road trips of a BMW i3 as samples of a twin, and which of them score the drive's DC power."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tests import drives

RATIO, WHEEL_RADIUS_M = 9.665, 0.3446
"""How the data README turns vehicle speed into motor speed: none was recorded."""
CLEAN_ROWS = 30
"""Rows at 10 Hz for which heater and air conditioning must have been off: 3 s."""
WANTED_HEAT_W = 100.0
UNLOGGED_SHARE = 0.1
"""Of a trip's rows on which heat is asked for and none is logged (data README: A10, A16, A17): too many."""
COLUMNS = {
    "time_s": "Time [s]",
    "speed_km_h": "Velocity [km/h]",
    "torque_nm": "Motor Torque [Nm]",
    "voltage_v": "Battery Voltage [V]",
    "current_a": "Battery Current [A]",  # negative while discharging
    "heater_kw": "Heating Power CAN [kW]",
    "wanted_heat_w": "Requested Heating Power [W]",
    "cooling_kw": "AirCon Power [kW]",
    "ambient_temp_c": "Ambient Temperature [°C]",
}


@dataclass(frozen=True)
class Trip:
    """One trip at 10 Hz. ``clean``: (n,) bool, rows on which only drive and base load draw from the battery;
    ``logged_w``: (n,) heater and air conditioning as the car logs them [W]; ``heat_logged``: whether that is all of it.
    """

    name: str
    times_us: NDArray[np.int64]
    samples: NDArray[Any]
    clean: NDArray[np.bool_]
    logged_w: NDArray[np.float64]
    heat_logged: bool

    @property
    def odd(self) -> bool:
        """Whether the trip's number is odd: those are for fitting, the others for judging."""
        return int(self.name[-2:]) % 2 == 1


def trips(folder: Path) -> list[Trip]:
    """All trips in the folder, by name. Heater and air conditioning are left in the battery current."""
    found = []
    for path in sorted(folder.glob("trip*.parquet")):
        table = pq.read_table(path, columns=["trip", *COLUMNS.values()])
        names = table["trip"].to_numpy()
        column = {key: table[name].to_numpy() for key, name in COLUMNS.items()}
        for name in sorted(set(names)):
            of_trip = names == name
            found.append(_trip(str(name), {key: values[of_trip] for key, values in column.items()}))
    return found


def _trip(name: str, column: dict[str, NDArray[np.float64]]) -> Trip:
    samples = drives.blank(len(column["time_s"]))
    samples["vehicle_speed_km_h"] = column["speed_km_h"]
    samples["motor_speed_rpm"] = column["speed_km_h"] / 3.6 / WHEEL_RADIUS_M * RATIO * 60.0 / (2.0 * np.pi)
    samples["torque_nm"] = column["torque_nm"]
    samples["dc_voltage_v"] = column["voltage_v"]
    samples["dc_current_a"] = -column["current_a"]
    samples["ambient_temp_c"] = column["ambient_temp_c"]
    times_us = drives.START_US + np.round(column["time_s"] * 1e6).astype(np.int64)
    off = (column["heater_kw"] == 0.0) & (column["cooling_kw"] == 0.0) & (column["wanted_heat_w"] < WANTED_HEAT_W)
    logged_w = 1e3 * (column["heater_kw"] + column["cooling_kw"])
    unlogged = (column["heater_kw"] == 0.0) & (column["wanted_heat_w"] >= WANTED_HEAT_W)
    heat_logged = float(np.mean(unlogged)) < UNLOGGED_SHARE
    return Trip(name, times_us, samples, _for_three_seconds(off), logged_w, heat_logged)


def _for_three_seconds(off: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows at the end of CLEAN_ROWS that are all off; before a trip nothing was on."""
    on_before = np.concatenate([[0], np.cumsum(~off)])
    first = np.maximum(np.arange(1, len(off) + 1) - CLEAN_ROWS, 0)
    clean: NDArray[np.bool_] = on_before[1:] == on_before[first]
    return clean
