"""How much of each component's life is used, how fast, and against the design profile (physics 5.5)."""

import math
from typing import Any

import numpy as np

from schemas.results import Validity
from twin.estimators import consider, cycles, junction, rotor, sampling
from twin.estimators.outputs import HEALTHS, Outputs
from twin.jit import kernel
from twin.layout import (
    BRUSHES,
    COOLANT_IN_ERROR,
    DISTANCE_M,
    DRIVE_END_BEARING,
    END_WINDING,
    FIELD_WINDING,
    GEAR_BEARING,
    INSULATION,
    LAW_SD_LN,
    MAGNETS,
    N_COMPONENTS,
    OIL,
    OIL_AGE,
    PITTING_DRIVING,
    SEAL,
    SOLDER,
    WINDING,
)
from twin.physics.ageing import BOLTZMANN_EV_K, ZERO_C_K
from twin.physics.bearings import BALL
from twin.physics.gears import BENDING_SLOPE, PITTING_SLOPE, ROLLER_SLOPE
from twin.physics.sampling import damage_correction

M_PER_1000_KM, S_PER_10_H = 1e6, 36_000.0
LEAST_M, LEAST_S = 1_000.0, 60.0
"""Below, a rate says nothing."""
MOST_AVERAGED = 0.05
"""Share of the driving time with averaged samples that a damage sum bears."""
LAW_SD = np.array([*LAW_SD_LN, np.nan])
"""The last is that of magnets, which have no sum."""
MODULE_SLOPE = 4.3
"""Exponent of range in the module's laws, about."""
SWING_K = 50.0
"""Range of a usual warm-up: an error of the coolant's temperature is a share of it."""

_VALID = int(Validity.VALID)
_NO_DATA = int(Validity.NO_DATA)
_AVERAGED = int(Validity.AVERAGED)
_FILTER_RESET = int(Validity.FILTER_RESET)


@kernel
def step(par: Any, row: Any, day: Any, index: int, frame: int, out: Outputs) -> None:
    """Put out a point of every component the unit has, as of its last sample and the seconds completed by then."""
    if row.told_us == row.time_us:  # a trip and then a day end with one sample
        return
    row.told_us = row.time_us
    for component in range(N_COMPONENTS):
        if par.wears[component] == 0:
            continue
        point = out.healths[out.cursor[HEALTHS]]
        out.health_frames[out.cursor[HEALTHS]] = frame
        out.cursor[HEALTHS] += 1
        point.row = index
        point.component = component
        point.law = par.laws[component]
        point.time_us = row.time_us
        point.segment = row.segment
        point.validity = _validity(row, component)
        point.distance_km = row.wear_m * 1e-3
        point.driving_h = row.wear_s / 3_600.0
        point.overflows = cycles.overflows(row)
        point.sampling_factor = math.nan
        if component <= SOLDER:
            point.sampling_factor, _ = damage_correction(row.interval_us * 1e-6, False)
        _sums(par, row, day, component, point)
        _magnets(row, day, component, point)


@kernel
def _rate(damage: float, way: float, least: float, unit: float) -> float:
    return damage / way * unit if way >= least else math.nan


@kernel
def _sums(par: Any, row: Any, day: Any, component: int, point: Any) -> None:
    worn = today = math.nan
    today_m = today_s = 0.0
    if component != MAGNETS:
        worn = row.wear[component]
        if day.open == 1:
            today, today_m, today_s = day.wear[component], day.sums[DISTANCE_M], day.driving_s
    point.damage = worn
    point.damage_sd_ln = sd_ln(par, row, component)
    point.per_1000_km = _rate(worn, row.wear_m, LEAST_M, M_PER_1000_KM)
    point.per_10_h = _rate(worn, row.wear_s, LEAST_S, S_PER_10_H)
    point.today_per_1000_km = _rate(today, today_m, LEAST_M, M_PER_1000_KM)
    point.today_per_10_h = _rate(today, today_s, LEAST_S, S_PER_10_H)
    per_design = 1.0 / par.design_per_m[component] if par.design_per_m[component] > 0.0 else math.nan
    point.design_ratio = _rate(worn * per_design, row.wear_m, LEAST_M, 1.0)
    point.today_design_ratio = _rate(today * per_design, today_m, LEAST_M, 1.0)


@kernel
def _magnets(row: Any, day: Any, component: int, point: Any) -> None:
    point.margin_a_m = point.margin_sd_a_m = point.over_limit_s = math.nan
    if component == MAGNETS:
        point.over_limit_s = row.magnets_hot_s
        if day.open == 1 and day.knee_margin_a_m < math.inf:
            point.margin_a_m = day.knee_margin_a_m
            point.margin_sd_a_m = day.knee_margin_sd_a_m


@kernel
def by_torque(component: int) -> bool:
    """Whether a component wears by counted peaks: means of samples hide them."""
    return component <= SOLDER or DRIVE_END_BEARING <= component < OIL_AGE


@kernel
def _validity(row: Any, component: int) -> int:
    """The first reason why a sum is not what it could be."""
    if row.wear_m == 0.0:  # every sample came after a gap: what wears was not seen
        return _NO_DATA
    if row.wear_resets > 0:
        return _FILTER_RESET
    if by_torque(component):
        if row.averaged == 1:
            return sampling.validity(row)
        if row.averaged_s > MOST_AVERAGED * row.wear_s:
            return _AVERAGED
    if component <= SOLDER:
        return junction.validity(row)
    if DRIVE_END_BEARING <= component < OIL_AGE:
        return _VALID
    return int(row.thermal_validity)


@kernel
def _heat_sd_ln(par: Any, row: Any, law: int, node: int, temp_c: float) -> float:
    """Arrhenius: d ln D = E / (k T^2) dT."""
    sd_k = math.sqrt(consider.node_variance(par, row, node))
    kelvin = temp_c + ZERO_C_K
    return float(par.arrhenius_ev[law] / (BOLTZMANN_EV_K * kelvin * kelvin) * sd_k)


@kernel
def sd_ln(par: Any, row: Any, component: int) -> float:
    """SD of the logarithm of a damage sum: of its law, and of what it is fed with, as known now (physics 5.5)."""
    fed = 0.0
    if component <= SOLDER:
        _, sampled = damage_correction(row.interval_us * 1e-6, False)
        inlet = math.sqrt(row.consider[COOLANT_IN_ERROR]) / SWING_K if component == SOLDER else 0.0
        fed = MODULE_SLOPE * math.hypot(junction.RISE_SHARE_SD, inlet)
        fed = math.hypot(fed, sampled) if sampled == sampled else fed
    elif component == INSULATION:
        fed = _heat_sd_ln(par, row, 0, END_WINDING, row.temp_c[END_WINDING])
    elif component == WINDING:
        variance = consider.node_variance(par, row, END_WINDING)
        fed = par.swing_exponent * math.sqrt(2.0 * variance) / SWING_K
    elif component == FIELD_WINDING:
        kelvin = rotor.temp_c(row) + ZERO_C_K
        fed = par.arrhenius_ev[1] / (BOLTZMANN_EV_K * kelvin * kelvin) * math.sqrt(row.rotor_error_k2)
    elif component in (OIL_AGE, SEAL):
        fed = _heat_sd_ln(par, row, 2 if component == OIL_AGE else 3, OIL, row.temp_c[OIL])
    elif component in (DRIVE_END_BEARING, GEAR_BEARING):
        kind = par.bearing_kind[component - DRIVE_END_BEARING]
        fed = (3.0 if kind == BALL else ROLLER_SLOPE) * par.torque_gain_sd
    elif component not in (BRUSHES, MAGNETS):
        slope = PITTING_SLOPE if component <= PITTING_DRIVING + 1 else BENDING_SLOPE
        fed = slope * par.torque_gain_sd
    return float(math.hypot(LAW_SD[component], fed))
