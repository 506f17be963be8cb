"""What goes wrong, as changes of the unit's own parameters: the physics itself knows nothing of faults.

Rows of physics 7.4 and the ageing of 9.1. A fault is a step, a ramp, or wear that grows with load to its end of life.
"""

import math

from twin.jit import kernel
from twin.plant.layout import CHANNEL, CONDUCTOR, INVERTER, JACKET, MAX_FAULTS, Floats, Record
from twin.plant.sensors import GAIN, NOISE, OFFSET

KINDS = {
    "pump": ("share of flow lost", 0.3, 1.0),
    "air_in_coolant": ("share of wetted surface lost", 0.3, 0.9),
    "fouling": ("share of convection lost", 0.3, 0.9),
    "coolant_sensor": ("K", 3.0, 40.0),
    "winding_sensor": ("K", 5.0, 40.0),
    "demagnetisation": ("share of magnet flux lost", 0.05, 0.5),
    "field_short": ("share of turns shorted", 0.02, 0.5),
    "brush_wear": ("V of additional drop", 2.0, 20.0),
    "turn_short": ("share of copper loss added", 0.05, 2.0),
    "bearing_wear": ("share of drag added", 0.5, 10.0),
    "gear_pitting": ("share of mesh loss added when driving", 0.5, 5.0),
    "oil_loss": ("share of oil lost", 0.4, 0.95),
    "resolver_offset": ("degrees electrical", 1.5, 20.0),
    "leg_ageing": ("share of thermal resistance added to leg U", 0.3, 2.0),
    "interface_dry_out": ("share of module-to-coolant conductance lost", 0.3, 0.9),
    "dc_link": ("share of series resistance added", 1.0, 10.0),
    "phase_current_gain": ("gain", 0.02, 0.2),
    "dc_current_gain": ("gain", 0.02, 0.2),
    "isolation": ("decades", 2.0, 5.0),
    "software": ("step of switching frequency and torque calibration", 0.1, 0.5),
}
"""Name -> (what its size means, size where none is given, largest size).

A dead pump is possible; a magnet, winding, film or surface is never gone altogether: beyond these sizes a unit is not
ill but a wreck, which no equation here describes.
"""

SIGNED = (
    "coolant_sensor", "winding_sensor", "resolver_offset", "phase_current_gain", "dc_current_gain", "software",
)  # fmt: skip
"""Kinds whose size may be negative, down to the largest size with the other sign."""

AGEING = ("fouling", "brush_wear", "demagnetisation", "leg_ageing", "bearing_wear", "oil_loss")
"""Kinds that can grow with load instead of with time."""

(
    PUMP,
    AIR,
    FOULING,
    COOLANT_SENSOR,
    WINDING_SENSOR,
    DEMAGNETISATION,
    FIELD_SHORT,
    BRUSH_WEAR,
    TURN_SHORT,
    BEARING_WEAR,
    GEAR_PITTING,
    OIL_LOSS,
    RESOLVER,
    LEG_AGEING,
    DRY_OUT,
    DC_LINK,
    PHASE_GAIN,
    DC_GAIN,
    ISOLATION,
    SOFTWARE,
) = range(len(KINDS))

_COOLANT_IN, _WINDING = CHANNEL["coolant_in_temp_c"], CHANNEL["winding_temp_c"]
_FIELD_V, _DC_V, _DC_A = CHANNEL["field_voltage_v"], CHANNEL["dc_voltage_v"], CHANNEL["dc_current_a"]


@kernel
def severity(fault: Record, wear: float, time_s: int) -> float:
    """Size of a fault at a second; worn: a power of four of the consumed life, as damage that feeds itself."""
    if fault.life_s > 0.0:
        life = min(wear, 1.0)
        grown: float = fault.size * life**4
        return grown
    age_s = time_s - fault.onset_s
    if age_s < 0:
        return 0.0
    share: float = min(1.0, age_s / fault.ramp_s) if fault.ramp_s > 0.0 else 1.0
    size: float = fault.size
    return size * share


@kernel
def wear_rate(kind: int, m: Record, state: Record, rpm: float, torque_nm: float, field_a: float, tj_c: float) -> float:
    """Load against nominal load: 1 wears a life of ``life_s`` out in ``life_s`` seconds of driving."""
    temps = state.temps_c
    pace = abs(rpm) / 5000.0
    rate = 0.0
    if kind == FOULING:
        rate = math.exp((temps[JACKET] - 55.0) / 25.0)
    elif kind == BRUSH_WEAR:
        rate = pace * (0.5 + 0.5 * field_a / 8.0)
    elif kind == DEMAGNETISATION:
        rate = math.exp((temps[CONDUCTOR] - 100.0) / 12.0)
    elif kind == LEG_AGEING:
        swing = max(tj_c - temps[INVERTER], 0.0) / 20.0
        rate = swing * swing * swing * swing
    elif kind == BEARING_WEAR:
        load = abs(torque_nm) / (0.3 * m.max_torque_nm)
        rate = pace * (0.2 + load * load * load)
    elif kind == OIL_LOSS:
        rate = 0.5 + 0.5 * pace
    return rate


@kernel
def apply(kind: int, s: float, m: Record, sensors: Floats) -> None:
    """Change the present parameters and sensor table by one fault of severity ``s``."""
    if kind == PUMP:
        m.pump_health *= 1.0 - s
    elif kind == AIR:
        m.wetting *= 1.0 - s
        m.pump_health *= 1.0 - 0.3 * s
    elif kind == FOULING:
        m.wetting *= 1.0 - s
    elif kind == COOLANT_SENSOR:
        sensors[_COOLANT_IN, OFFSET] += s
    elif kind == WINDING_SENSOR:
        sensors[_WINDING, OFFSET] += s
    elif kind == DEMAGNETISATION:
        m.magnet_flux_wb *= 1.0 - s
    elif kind == FIELD_SHORT:
        m.field_resistance_20c_ohm *= 1.0 - s
        m.field_need /= 1.0 - s
    elif kind == BRUSH_WEAR:
        m.brush_drop_v += s
        sensors[_FIELD_V, NOISE] *= 1.0 + 0.7 * s
        m.isolation_ohm *= 10.0 ** (-0.4 * s)
    elif kind == TURN_SHORT:
        m.turn_short += s
    elif kind == BEARING_WEAR:
        m.bearing_wear += s
        m.vibration_m_s2 *= 1.0 + 6.0 * s
        m.vibration_kurtosis += 8.0 * s
    elif kind == GEAR_PITTING:
        m.drive_flank += s
        m.vibration_m_s2 *= 1.0 + 3.0 * s
        m.vibration_kurtosis += 3.0 * s
    elif kind == OIL_LOSS:
        m.oil_level *= 1.0 - s
        m.gear_mesh_share *= 1.0 + s * s
    else:
        apply_electric(kind, s, m, sensors)


@kernel
def apply_electric(kind: int, s: float, m: Record, sensors: Floats) -> None:
    """The same for faults of inverter, its sensors and its software."""
    if kind == RESOLVER:
        m.resolver_rad += s * math.pi / 180.0
    elif kind == LEG_AGEING:
        m.leg_rth[0] *= 1.0 + s
    elif kind == DRY_OUT:
        m.interface *= 1.0 - s
    elif kind == DC_LINK:
        sensors[_DC_V, NOISE] *= 1.0 + 2.0 * s
        sensors[_DC_A, NOISE] *= 1.0 + 2.0 * s
    elif kind == PHASE_GAIN:
        m.phase_gain += s
    elif kind == DC_GAIN:
        sensors[_DC_A, GAIN] += s
    elif kind == ISOLATION:
        m.isolation_ohm *= 10.0**-s
    elif kind == SOFTWARE:
        m.switching_frequency_hz *= 1.0 + s
        m.phase_gain += 0.1 * s


@kernel
def present(
    healthy: Record, healthy_sensors: Floats, faults: Record, wear: Floats, time_s: int, m: Record, sensors: Floats
) -> int:
    """Fill parameters and sensors as they are now; returns the bits of the kinds that are present.

    healthy, m: (1,) records; faults: (k,) FAULT. A pure function of (unit, minute, consumed life).
    """
    m[0] = healthy[0]
    sensors[:] = healthy_sensors
    bits = 0
    for index in range(faults.shape[0]):
        fault = faults[index]
        size = severity(fault, wear[index], time_s)
        if size != 0.0:
            apply(fault.kind, size, m[0], sensors)
            bits |= 1 << fault.kind
    return bits


def checked_count(number: int) -> int:
    """A unit's number of faults; ValueError when it can have no more."""
    if number > MAX_FAULTS:
        raise ValueError(f"{number} faults for one unit; at most {MAX_FAULTS}")
    return number
