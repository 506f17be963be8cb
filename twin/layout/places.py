"""Places in the arrays of the row: nodes, sensors, checks, maxima, and sizes that are fixed."""

NODES = ("end_winding", "slot_winding", "teeth", "yoke", "rotor", "oil", "housing", "coolant_out")
N_NODES = len(NODES)
END_WINDING, SLOT_WINDING, TEETH, YOKE, ROTOR, OIL, HOUSING, COOLANT_OUT = range(N_NODES)
AMBIENT = N_NODES
COOLANT_IN = N_NODES + 1
"""Far ends of edges that lead to the outside air and straight to the coolant inlet."""
MAX_EDGES = 24

SENSOR_ERRORS = ("winding_sensor", "coolant_out_sensor", "oil_sensor")
N_CONSIDER = N_NODES + len(SENSOR_ERRORS)
"""Errors known in size and not estimated (Schmidt). First one that drives each node: its heat balance is wrong by a
share of the heat that passes it; the coolant outlet's is that of the inlet temperature. Then offsets of sensors."""
COOLANT_IN_ERROR, SENSOR_ERROR = COOLANT_OUT, N_NODES

SENSORS = ("winding", "coolant_out", "oil", "coolant_in", "ambient", "flow")
"""Readings averaged over a second. The first three correct the filter, the others are its inputs."""
N_SENSORS = len(SENSORS)
WINDING_SENSOR, COOLANT_OUT_SENSOR, OIL_SENSOR, COOLANT_IN_SENSOR, AMBIENT_SENSOR, FLOW_SENSOR = range(N_SENSORS)
N_CORRECTING = 3
CORRECTING = SENSORS[:N_CORRECTING]
CORRECTING_SIGNALS = tuple(f"{name}_temp_c" for name in CORRECTING)
N_WATCHED = N_CORRECTING + 1
"""Sensors of the unit that may get stuck: the correcting ones and the inlet's."""

LASTING = ("winding", "coolant_out", "oil", "coolant", "balance", "legs", "implausible", "stuck")
"""What is told of only when it lasts (physics 7.1): residuals, then what is implausible."""
N_LASTING = len(LASTING)
LASTING_COOLANT, LASTING_BALANCE, LASTING_LEGS, LASTING_IMPLAUSIBLE, LASTING_STUCK = range(N_CORRECTING, N_LASTING)

FIT = (
    "winding",
    "coolant_out",
    "oil",
    "gear",
    "voltage",
    "frequency",
    "no_field",
    "flux_d",
    "flux_q",
    "torque",
    "i_d",
    "field",
    "field_resistance",
)
"""Checks whether the unit is of its variant: three temperature sensors, then what can be told from single samples."""
N_FIT = len(FIT)
N_FIT_SAMPLED = N_FIT - N_CORRECTING
(
    FIT_GEAR,
    FIT_VOLTAGE,
    FIT_FREQUENCY,
    FIT_NO_FIELD,
    FIT_FLUX_D,
    FIT_FLUX_Q,
    FIT_TORQUE,
    FIT_I_D,
    FIT_FIELD,
    FIT_FIELD_RESISTANCE,
) = range(N_FIT_SAMPLED)
"""Places of the sampled ones in ``fit_error`` and the sums behind it."""

MAXIMA = ("end_winding", "rotor", "oil", "switch", "diode", "torque", "speed")
N_MAXIMA = len(MAXIMA)
N_MAXIMUM_SDS = 5
"""The first of them are estimates and carry the SD of that moment, behind all values."""
FOSTER_TERMS = 4
RIPPLE_POINTS = 65
DELAY_SLOTS = 16
SAMPLED_BACK = 4
"""Samples that are remembered to tell means from point samples."""
