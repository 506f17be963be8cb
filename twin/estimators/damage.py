"""What wears in the unit (M7, physics 5): per sample only turning points and turns at torque, all else once a second.

Damage is the unit's own: it goes on over trips, software and parameters, and 1 is the end of a component by its law.
Where data are missing, less than 30 seconds, or any time of a trip, are bridged: the unit went on, its cold plate as it
was and its ladder under the load that comes after, and what nobody saw is no cycle. Else it was parked: torque went
back to nothing, and what the first second after it finds is how far it has cooled; such cycles say ``bridged``.
"""

import math
from typing import Any

from twin.estimators import cycles, missing, rotor
from twin.estimators.outputs import Outputs
from twin.jit import kernel
from twin.layout import (
    BEARINGS,
    BENDING_DRIVING,
    BRUSHES,
    COOLANT_OUT,
    COOLANT_TEMP,
    DISTANCE_M,
    END_WINDING,
    FIELD_WINDING,
    INSULATION,
    JUNCTION,
    OIL,
    OIL_AGE,
    PITTING_DRIVING,
    SEAL,
    SPEED_RPM_S,
    TORQUE,
    WINDING_TEMP,
)
from twin.physics import rainflow
from twin.physics.ageing import brush_damage, magnet_margin_a_m, seal_damage, sliding_distance_m, thermal_damage
from twin.physics.bearings import BALL, LEAST_LOAD, a_iso, reference_viscosity
from twin.physics.gears import ROLLER_SLOPE, load_powers
from twin.physics.losses import HZ_PER_RPM

SECOND_US = 1_000_000
PITTING, BENDING, BEARING = 0, 2, 4
"""Places in ``row.load_turns``: two flanks, two flanks, two bearings."""
ROTOR_LIMIT = 1
"""Place of the rotor in ``par.temp_limit_c``."""


@kernel
def gap(par: Any, row: Any, day: Any, time_us: int, index: int, frame: int, out: Outputs) -> None:
    """The unit was parked until ``time_us``."""
    row.cooled = 1
    cycles.count(par, row, day, TORQUE, 0.0, time_us - 1, 1, index, frame, out)


@kernel
def sample(par: Any, row: Any, work: Any, time_us: int, interval_us: int) -> int:
    """Count the sample in ``work``; returns which quantities turn, bit by bit, for ``turn`` to follow.

    ``interval_us``: since the sample before; 0 for the first and after a rest; -1 after a short gap: too far from the
    last to count, the next does. The outputs stand aside: to hand them on costs more.
    """
    row.pull_a = max(row.pull_a, -work.i_d_a)
    if interval_us < 0:
        return 0
    if interval_us > 0:
        row.interval_us = interval_us
    turned = 0
    if not rainflow.quiet(row.torque_flow, work.shaft_nm, time_us, par.hysteresis[TORQUE]):
        turned |= 1 << TORQUE
    if row.cooled == 0 and not rainflow.quiet(row.junction_flow, work.switch_peak_c, time_us, par.hysteresis[JUNCTION]):
        turned |= 1 << JUNCTION
    return turned


@kernel
def turn(
    par: Any, row: Any, day: Any, work: Any, time_us: int, turned: int, index: int, frame: int, out: Outputs
) -> None:
    """Turning points of the sample in ``work``, and the cycles they close."""
    if turned & (1 << TORQUE):
        cycles.count(par, row, day, TORQUE, work.shaft_nm, time_us, 0, index, frame, out)
    if turned & (1 << JUNCTION):
        cycles.count(par, row, day, JUNCTION, work.switch_peak_c, time_us, 0, index, frame, out)


@kernel
def cover(par: Any, row: Any, work: Any, dt_s: float) -> None:
    """Turns at the torque of the sample in ``work`` during the ``dt_s`` before it (physics 5.3, 5.4)."""
    turns = work.speed_rpm * HZ_PER_RPM * dt_s
    pitting, bending, ball, roller = load_powers(work.torque_nm / par.load_top_nm)
    flank = 0 if work.shaft_nm >= 0.0 else 1
    row.load_turns[PITTING + flank] += turns * pitting
    row.load_turns[BENDING + flank] += turns * bending
    for bearing in range(len(BEARINGS)):
        row.load_turns[BEARING + bearing] += turns * (ball if par.bearing_kind[bearing] == BALL else roller)


@kernel
def close_second(par: Any, row: Any, day: Any, work: Any, index: int, frame: int, out: Outputs) -> None:
    """The second that ends at ``row.closed_us`` + 1 s, with its temperatures known."""
    if row.ready == 0:
        return
    time_us, bridged = row.closed_us + SECOND_US, row.cooled
    if bridged == 1:
        cycles.count(par, row, day, JUNCTION, row.base_c, time_us, 1, index, frame, out)
    row.cooled = 0
    if row.filter_age_s >= par.warm_up_s:
        cycles.count(par, row, day, WINDING_TEMP, row.temp_c[END_WINDING], time_us, bridged, index, frame, out)
        cycles.count(par, row, day, COOLANT_TEMP, row.temp_c[COOLANT_OUT], time_us, bridged, index, frame, out)
    seen_s = missing.seen_s(row)
    row.wear_m += row.second[DISTANCE_M]
    if row.moving == 1:
        row.wear_s += seen_s
        if row.averaged == 1:
            row.averaged_s += seen_s
    turns = seen_s * row.second[SPEED_RPM_S] / 60.0
    _heat(par, row, day, turns, seen_s)
    if turns > 0.0:
        _turns(par, row, day, work, turns)
    _magnets(par, row, day, seen_s)


@kernel
def _by_heat(par: Any, law: int, temp_c: float, seconds: float) -> float:
    """Share of a life that seconds at a temperature take."""
    return float(thermal_damage(seconds, temp_c, par.arrhenius_h[law], par.arrhenius_c[law], par.arrhenius_ev[law]))


@kernel
def _heat(par: Any, row: Any, day: Any, turns: float, seen_s: float) -> None:
    """Insulation, field winding and oil by the second, the seal by its way: in the order of ``BY_HEAT``."""
    cycles.add(row, day, INSULATION, _by_heat(par, 0, row.temp_c[END_WINDING], seen_s))
    if par.wears[FIELD_WINDING] == 1:
        cycles.add(row, day, FIELD_WINDING, _by_heat(par, 1, rotor.temp_c(row), seen_s))
    cycles.add(row, day, OIL_AGE, _by_heat(par, 2, row.temp_c[OIL], seen_s))
    if turns > 0.0:
        slid_m = sliding_distance_m(turns, par.seal_m)
        life_h, at_c, activation_ev = par.arrhenius_h[3], par.arrhenius_c[3], par.arrhenius_ev[3]
        worn = seal_damage(slid_m, row.temp_c[OIL], life_h, at_c, par.seal_m_s, activation_ev)
        cycles.add(row, day, SEAL, worn)


@kernel
def _turns(par: Any, row: Any, day: Any, work: Any, turns: float) -> None:
    """Teeth, bearings at their mean load and film, brushes."""
    load = row.load_turns
    for flank in range(2):
        cycles.add(row, day, PITTING_DRIVING + flank, par.pitting_top * load[PITTING + flank])
        cycles.add(row, day, BENDING_DRIVING + flank, par.bending_top * load[BENDING + flank])
    for number in range(len(BEARINGS)):
        kind, loaded = par.bearing_kind[number], load[BEARING + number]
        if loaded > 0.0:
            share = math.pow(loaded / turns, 1.0 / 3.0 if kind == BALL else 1.0 / ROLLER_SLOPE)
            pressed = max(share * par.bearing_load[number], LEAST_LOAD)
            rpm = 60.0 * turns * par.bearing_turns[number]
            kappa = work.oil_viscosity_mm2_s / reference_viscosity(rpm, par.bearing_mm[number])
            factor = a_iso(kind, kappa, par.bearing_fatigue[number] / pressed)
            cycles.add(row, day, BEARINGS[number], par.bearing_top[number] * loaded / factor)
    for k in range(len(load)):
        load[k] = 0.0
    if par.wears[BRUSHES] == 1:
        slid_m = sliding_distance_m(turns, par.ring_m)
        cycles.add(row, day, BRUSHES, brush_damage(slid_m, par.brush_mm, par.brush_usable_mm))


@kernel
def _margin_a_m(par: Any, row: Any, temp_c: float) -> float:
    """Margin of the magnets from their knee at the strongest pull of the second."""
    return float(
        magnet_margin_a_m(
            temp_c,
            -row.pull_a,
            par.knee_a_m,
            par.knee_coefficient,
            par.idle_a_m,
            par.remanence_coefficient,
            par.pull_a_m_a,
        )
    )


@kernel
def _magnets(par: Any, row: Any, day: Any, seen_s: float) -> None:
    """Margin of the field against the magnets from their knee: the least of the day, and time above the limit."""
    if par.knee_a_m > 0.0:
        temp_c = rotor.temp_c(row)
        margin_a_m = _margin_a_m(par, row, temp_c)
        row.magnets_hot_s += seen_s if temp_c > par.temp_limit_c[ROTOR_LIMIT] else 0.0
        if day.open == 1 and margin_a_m < day.knee_margin_a_m:
            day.knee_margin_a_m = margin_a_m
            day.knee_margin_sd_a_m = abs(margin_a_m - _margin_a_m(par, row, temp_c + math.sqrt(row.rotor_error_k2)))
    row.pull_a = 0.0
