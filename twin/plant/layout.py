"""Names, record types and the thermal graph of the simulated drive unit."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.signals import SIGNALS

Floats = NDArray[np.float64]
Record = Any
"""One record of a structured array: fields read and write as attributes."""

NODES = (
    "end_winding",
    "slot_winding",
    "teeth",
    "yoke",
    "rotor_conductor",
    "rotor_iron",
    "gears",
    "oil",
    "housing",
    "inverter",
    "inverter_channel",
    "jacket_channel",
    "loop",
)
"""Masses with one temperature each; the last three are coolant: under the inverter, in the jacket, in the vehicle."""

(END, SLOT, TEETH, YOKE, CONDUCTOR, ROTOR, GEARS, OIL, HOUSING, INVERTER, INVERTER_CHANNEL, JACKET, LOOP) = range(13)

LINKS = np.array(
    [
        (END, SLOT),
        (SLOT, TEETH),
        (SLOT, YOKE),
        (TEETH, YOKE),
        (YOKE, JACKET),
        (YOKE, HOUSING),
        (END, HOUSING),
        (END, CONDUCTOR),
        (CONDUCTOR, ROTOR),
        (ROTOR, TEETH),
        (ROTOR, GEARS),
        (ROTOR, HOUSING),
        (GEARS, OIL),
        (GEARS, HOUSING),
        (OIL, HOUSING),
        (OIL, JACKET),
        (HOUSING, JACKET),
        (INVERTER, INVERTER_CHANNEL),
    ],
    dtype=np.int64,
)
"""Pairs of nodes that exchange heat both ways. Coolant circulates LOOP -> INVERTER_CHANNEL -> JACKET -> LOOP."""

CHANNELS = (
    "motor_speed_rpm",
    "torque_nm",
    "dc_voltage_v",
    "dc_current_a",
    "field_current_a",
    "field_voltage_v",
    "winding_temp_c",
    "inverter_temp_1_c",
    "coolant_in_temp_c",
    "coolant_out_temp_c",
    "oil_temp_c",
    "ambient_temp_c",
    "coolant_flow_l_min",
    "pump_duty",
    "vehicle_speed_km_h",
)
"""What the unit's sensors report, in the order of the sensor tables."""

SIGNAL_COLUMN = {signal.name: position for position, signal in enumerate(SIGNALS)}
COLUMNS = np.array([SIGNAL_COLUMN[name] for name in CHANNELS], dtype=np.int64)

STATE = np.dtype(
    [
        ("temps_c", np.float64, (len(NODES),)),
        ("lagged", np.float64, (len(CHANNELS),)),
        ("time_s", np.int64),  # the state holds at the start of this second, UTC
        ("speed_m_s", np.float64),
        ("distance_m", np.float64),  # since the unit was built
        ("dc_current_a", np.float64),
        ("target_m_s", np.float64),
        ("stretch_end_s", np.int64),  # when the present stretch of road ends
        ("heat_in_j", np.float64),  # losses since the unit was built
        ("heat_out_j", np.float64),  # heat given to the air
    ]
)
"""Everything a unit carries from one second to the next."""

TRUTH = np.dtype(
    [("time_s", np.int64), ("distance_m", np.float64), ("temps_c", np.float64, (len(NODES),))]
    + [
        (f"{name}_w", np.float64)
        for name in ("copper_loss", "iron_loss", "rotor_loss", "inverter_loss", "gear_loss", "shaft_power", "dc_power")
    ]
)
"""One second of what no sensor sees: temperatures of NODES at its start, mean losses and powers."""

TRIP = np.dtype(
    [
        ("start_s", np.int64),  # UTC
        ("end_s", np.int64),  # first second after it
        ("boot", np.int64),  # boot counter of the unit's controller, rising from trip to trip
        ("motorway_share", np.float64),
        ("city_share", np.float64),
    ]
)


def recarray(dtype: np.dtype[Any], length: int = 1) -> np.recarray[Any, Any]:
    """Zeroed records whose fields read as attributes, in compiled and plain Python alike."""
    return np.zeros(length, dtype=dtype).view(np.recarray)
