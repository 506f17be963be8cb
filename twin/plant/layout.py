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
        (END, OIL),
        (ROTOR, OIL),
        (INVERTER, HOUSING),
    ],
    dtype=np.int64,
)
"""Pairs of nodes that exchange heat both ways. END and ROTOR to OIL: spray, zero in a machine with a jacket only.
INVERTER to HOUSING: its bolts, the way that remains when no coolant flows.

Coolant circulates LOOP -> INVERTER_CHANNEL -> JACKET -> LOOP.
"""

CHANNELS = (
    "motor_speed_rpm",
    "torque_nm",
    "dc_voltage_v",
    "dc_current_a",
    "i_d_a",
    "i_q_a",
    "u_d_v",
    "u_q_v",
    "field_current_a",
    "field_voltage_v",
    "switching_frequency_hz",
    "winding_temp_c",
    "inverter_temp_1_c",
    "inverter_temp_2_c",
    "inverter_temp_3_c",
    "coolant_in_temp_c",
    "coolant_out_temp_c",
    "oil_temp_c",
    "ambient_temp_c",
    "coolant_flow_l_min",
    "pump_duty",
    "isolation_ohm",
    "vibration_rms_m_s2",
    "vibration_kurtosis",
    "derate_reasons",
    "vehicle_speed_km_h",
)
"""What the unit's sensors report, in the order of the sensor tables."""

CHANNEL = {name: position for position, name in enumerate(CHANNELS)}
SIGNAL_COLUMN = {signal.name: position for position, signal in enumerate(SIGNALS)}
COLUMNS = np.array([SIGNAL_COLUMN[name] for name in CHANNELS], dtype=np.int64)

LEGS = 3
MAX_SYSTEMS = 2
"""Three-phase systems of a machine, each with an inverter of three legs: U, V, W of the first, then of the second."""
SWITCHES = 4
"""Devices of a leg: upper transistor, lower transistor, upper diode, lower diode."""
FOSTER_TERMS = 4
MAX_FAULTS = 6

STATE = np.dtype(
    [
        ("temps_c", np.float64, (len(NODES),)),
        ("lagged", np.float64, (len(CHANNELS),)),
        (
            "rise_k",
            np.float64,
            (MAX_SYSTEMS * LEGS, SWITCHES, FOSTER_TERMS),
        ),  # Foster terms of each device above the module's base
        ("time_s", np.int64),  # the state holds at the start of this second, UTC
        ("part", np.int64),  # and so many tenths after it (only at 10 Hz)
        ("speed_m_s", np.float64),
        ("distance_m", np.float64),  # since the unit was built
        ("dc_current_a", np.float64),
        ("angle_rad", np.float64),  # electrical angle of the current
        ("junction_temp_c", np.float64),  # highest of the last sample: what the derating goes by
        ("shut_down", np.bool_),  # no torque until what was too hot has cooled
        ("target_m_s", np.float64),
        ("stretch_end_s", np.int64),  # when the present stretch of road ends
        ("heat_in_j", np.float64),  # losses since the unit was built
        ("heat_out_j", np.float64),  # heat given to the air, and carried off by lost oil
        ("oil_level", np.float64),  # the share of oil the energy balance knows of
        ("wear", np.float64, (MAX_FAULTS,)),  # consumed life of each ageing fault; 1 = end of life
        ("wear_shown", np.float64, (MAX_FAULTS,)),  # as it was at the last full minute: what the physics feels
        ("failed_s", np.int64),  # full minute at which a life was consumed, UTC; 0 = not yet
    ]
)
"""Everything a unit carries from one second to the next."""

LOSSES = ("copper", "iron", "rotor", "inverter", "gear")

TRUTH = np.dtype(
    [
        ("time_s", np.int64),
        ("part", np.int64),
        ("distance_m", np.float64),
        ("temps_c", np.float64, (len(NODES),)),
        *((f"{name}_loss_w", np.float64) for name in LOSSES),
        ("shaft_power_w", np.float64),
        ("dc_power_w", np.float64),
        ("torque_nm", np.float64),  # at the rotor shaft
        ("junction_temp_c", np.float64),  # highest of all devices within this sample
        ("inverter_junction_temp_c", np.float64, (MAX_SYSTEMS,)),  # the same of each inverter; NaN where there is one
        ("junction_swing_k", np.float64),  # highest minus lowest of the hottest device within this sample
        ("damage", np.float64),  # largest consumed life of the unit's ageing; 1 = failed
        ("faults", np.int64),  # bit of each fault kind that is present
    ]
)
"""One sample of what no sensor sees: temperatures of NODES at its start, mean losses and powers."""

TRIP = np.dtype(
    [
        ("start_s", np.int64),  # UTC
        ("end_s", np.int64),  # first second after it
        ("boot", np.int64),  # boot counter of the unit's controller, rising from trip to trip
        ("motorway_share", np.float64),
        ("city_share", np.float64),
        ("hills", np.float64),  # 1 = gentle country, 3 = mountains
        ("stops", np.float64),  # chance that a stretch in town ends at a stop
    ]
)

CLIMATE = np.dtype(
    [
        ("mean_temp_c", np.float64),
        ("season_k", np.float64),  # amplitude of the year
        ("day_k", np.float64),  # amplitude of the day
        ("weather_k", np.float64),  # SD of the daily anomaly
    ]
)

FAULT = np.dtype(
    [
        ("kind", np.int64),
        ("size", np.float64),  # in the kind's own unit, see faults.KINDS
        ("onset_s", np.int64),  # UTC
        ("ramp_s", np.float64),  # 0: a step
        ("life_s", np.float64),  # > 0: grows with wear instead; seconds of nominal load to the end of life
    ]
)


def recarray(dtype: np.dtype[Any], length: int = 1) -> np.recarray[Any, Any]:
    """Zeroed records whose fields read as attributes, in compiled and plain Python alike."""
    return np.zeros(length, dtype=dtype).view(np.recarray)
