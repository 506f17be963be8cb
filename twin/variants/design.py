"""What a unit would wear that is driven by its design profile: the measure of every damage sum (physics 5.5)."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.variant import VariantFile
from schemas.variant.judgement import Cycles, Quantiles, Temperatures
from twin.layout import BEARINGS, N_COMPONENTS, wear
from twin.physics import ageing, bearings, gears
from twin.physics.operating_map import python
from twin.physics.power_module import cycles_to_failure, wears_solder

Floats = NDArray[np.float64]

_a_iso, _reference_viscosity = python(bearings.a_iso), python(bearings.reference_viscosity)
_arrhenius_life_h, _sliding_distance_m = python(ageing.arrhenius_life_h), python(ageing.sliding_distance_m)
"""As plain Python: a variant is loaded where nothing else needs the compiler."""
S_PER_H, M_PER_KM = 3_600.0, 1e3
_QUANTILES_Z = np.array([0.0, 1.2815515655446004, 2.3263478740408408])
"""Standard normal deviates of 50, 90 and 99 %."""
_Z = np.linspace(-3.0, 4.5, 31)
_TIME = np.exp(-0.5 * _Z * _Z) / np.exp(-0.5 * _Z * _Z).sum()
"""Share of the driving time at each of the deviates a profile is taken at."""


def _spread(quantiles: Quantiles | Temperatures, logarithmic: bool) -> Floats:
    """(31,) values at ``_Z``: straight lines through the quantiles, the outer ones going on; shares end at 1."""
    at = np.array([quantiles.p50.value, quantiles.p90.value, quantiles.p99.value])
    at = np.log(np.maximum(at, 1e-3)) if logarithmic else at
    slopes = np.diff(at) / np.diff(_QUANTILES_Z)
    piece = np.digitize(_Z, _QUANTILES_Z[1:2])
    values: Floats = at[piece] + slopes[piece] * (_Z - _QUANTILES_Z[piece])
    return np.minimum(np.exp(values), 1.0) if logarithmic else values


def per_metre(par: Any, file: VariantFile) -> Floats:
    """(N_COMPONENTS,) damage a metre of the design's distance; 0 where there is none of it."""
    return damage(par, file) / (M_PER_KM * file.design.distance.value)


def damage(par: Any, file: VariantFile) -> Floats:
    """(N_COMPONENTS,) damage of the whole design life; 0 where there is none of it."""
    design = file.design
    turns = M_PER_KM * design.distance.value / (2.0 * math.pi * par.wheel_radius_m) * par.gear_ratio
    worn = np.zeros(N_COMPONENTS)
    _module(par, design.junction, worn)
    _teeth_and_bearings(par, file, turns, worn)
    _heat(par, file, turns, worn)
    for cycles in design.winding.values():
        swing = (cycles.range.value / par.swing_k) ** par.swing_exponent
        worn[wear.WINDING] += cycles.count.value * swing / par.swing_cycles
    if par.brush_mm > 0.0:
        slid_m = _sliding_distance_m(turns, par.ring_m)
        worn[wear.BRUSHES] = python(ageing.brush_damage)(slid_m, par.brush_mm, par.brush_usable_mm)
    worn[par.wears == 0] = 0.0
    return worn


def _module(par: Any, classes: Mapping[str, Cycles], worn: Floats) -> None:
    for cycles in classes.values():
        range_k, low_c, rise_s = cycles.range.value, cycles.low.value, cycles.rise.value
        kind = wear.SOLDER if python(wears_solder)(rise_s) else wear.BOND_WIRES
        worn[kind] += cycles.count.value / cycles_to_failure(int(par.module_law), par, range_k, low_c, rise_s)


def _heat(par: Any, file: VariantFile, turns: float, worn: Floats) -> None:
    """Insulation, field winding and oil by driving time, the seal by the time its way takes at the law's speed."""
    design = file.design
    seconds = S_PER_H * design.driving_time.value
    sliding_s = _sliding_distance_m(turns, par.seal_m) / par.seal_m_s
    winding, rotor, oil = design.winding_temp, design.rotor_temp, design.oil_temp
    for number, (quantiles, of_s) in enumerate(
        ((winding, seconds), (rotor, seconds), (oil, seconds), (oil, sliding_s))
    ):
        law = par.arrhenius_h[number], par.arrhenius_c[number], par.arrhenius_ev[number]
        for share, temp_c in zip(_TIME, _spread(quantiles, False), strict=True):
            worn[wear.BY_HEAT[number]] += share * of_s / (S_PER_H * _arrhenius_life_h(temp_c, *law))


def _teeth_and_bearings(par: Any, file: VariantFile, turns: float, worn: Floats) -> None:
    """Torque and speed as independent of each other; films with the oil at its median temperature."""
    design = file.design
    speed_rpm = _spread(design.speed, True) * file.machine.max_speed.value
    of_turns = _TIME * speed_rpm / (_TIME * speed_rpm).sum()
    at_40c, at_100c, _ = par.oil_viscosity_mm2_s
    viscosity = python(bearings.oil_viscosity)(design.oil_temp.p50.value, at_40c, at_100c)
    braking = design.braking.value
    flanks = ((1.0 - braking, 1.0), (braking, design.braking_torque.value))
    for flank, (share, scale) in enumerate(flanks):
        load = scale * _spread(design.torque, True)
        for first, top, slope in (
            (wear.PITTING_DRIVING, par.pitting_top, gears.PITTING_SLOPE),
            (wear.BENDING_DRIVING, par.bending_top, gears.BENDING_SLOPE),
        ):
            worn[first + flank] = turns * share * top * (_TIME * load**slope).sum()
        for number, component in enumerate(BEARINGS):
            worn[component] += turns * share * _bearing(par, number, load, speed_rpm, of_turns, viscosity)


def _bearing(par: Any, number: int, load: Floats, speed_rpm: Floats, of_turns: Floats, viscosity: float) -> float:
    """Mean damage of a turn of the motor."""
    kind = int(par.bearing_kind[number])
    slope = 3.0 if kind == bearings.BALL else gears.ROLLER_SLOPE
    total = 0.0
    for rpm, of_speed in zip(speed_rpm[::3], of_turns[::3] / of_turns[::3].sum(), strict=True):
        needed = _reference_viscosity(rpm * par.bearing_turns[number], par.bearing_mm[number])
        for share, of_load in zip(load, _TIME, strict=True):
            contamination = par.bearing_fatigue[number] / max(share * par.bearing_load[number], bearings.LEAST_LOAD)
            factor = _a_iso(kind, viscosity / needed, contamination)
            total += of_speed * of_load * share**slope / factor
    return float(total * par.bearing_top[number])
