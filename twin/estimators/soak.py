"""Offsets of the unit's temperature sensors, learned when it has rested so long that all must read the same.

After seven hours the unit has one temperature (physics 2.1), best known by all sensors at once, each as good as its
maker promises. The inlet's bears witness only: it sits in the vehicle's pipes, as the outside air's sits in the sun or
in a garage, which does not count at all. Any two are enough if one is in the winding or the oil: coolant out and in
alone have one coolant, and what warms that would pass for the unit's temperature. Sensors that contradict each other
more than promises allow teach nothing, unless one alone stands apart from three: it is believed no more than it is
wrong, and stays visible as a published offset.
"""

import math
from typing import Any

from twin.jit import kernel
from twin.layout import COOLANT_IN_ERROR, COOLANT_IN_SENSOR, COOLANT_OUT_SENSOR, N_CORRECTING, SENSOR_ERROR

SOAK_S = 7.0 * 3_600.0
SAME_SD_K = 0.3
"""What is left of differences in the unit, and an offset that changes with temperature."""
PIPES_SD_K = 0.5
AGREE = 4.0
"""Most squared spread of agreeing sensors over that of their SDs, for each sensor after the first."""
MOST_SDS = 3.0
"""An offset of more promised SDs is not one, but a bad sensor."""
KEPT = 0.5
"""Weight of what was known: a reading is rounded and noisy."""
NEWS_K = 2.0
"""Beyond this difference to what was known, something has happened."""
WALK_K2_S = 0.1**2 / 86_400.0
"""Variance of the drift (physics 4.2)."""
OTHER_SEGMENT_S = 100.0 * 86_400.0
"""Of drift at once: the sensor may be another one."""
_ALL = -1


@kernel
def rest(row: Any, seconds: int) -> None:
    """The unit stands without samples."""
    row.rested_s = float(seconds)
    row.offset_age_s = float(row.offset_age_s) + float(seconds)


@kernel
def doubt(row: Any) -> None:
    """Other hardware: what was learned stays, less certain."""
    row.offset_age_s = float(row.offset_age_s) + OTHER_SEGMENT_S


@kernel
def applied_k(par: Any, row: Any, sensor: int) -> float:
    """What is taken off the sensor's readings [K]; nothing if it is too much to be an offset."""
    offset_k = float(row.offset_k[sensor])
    return offset_k if abs(offset_k) <= MOST_SDS * par.consider_sd[SENSOR_ERROR + sensor] else 0.0


@kernel
def sd_k(par: Any, row: Any, sensor: int) -> float:
    """SD [K] of ``offset_k``; as promised when it was never learned."""
    promised_k2 = par.consider_sd[SENSOR_ERROR + sensor] ** 2
    learned_k2 = float(row.offset_k2[sensor]) + WALK_K2_S * float(row.offset_age_s)
    return math.sqrt(min(promised_k2, learned_k2))


@kernel
def inlet_applied_k(par: Any, row: Any) -> float:
    """The same for the inlet, where its readings are compared with the unit's: 0 before a soak."""
    offset_k = float(row.inlet_offset_k)
    return offset_k if abs(offset_k) <= MOST_SDS * par.consider_sd[COOLANT_IN_ERROR] else 0.0


@kernel
def inlet_sd_k(par: Any, row: Any) -> float:
    """SD [K] of ``inlet_offset_k``: of the pipes, and what the unit was known worse by than by all its sensors."""
    weight, learned_k2 = _weight(par, row, COOLANT_IN_SENSOR), math.inf
    for sensor in range(N_CORRECTING):
        weight += _weight(par, row, sensor)
        learned_k2 = min(learned_k2, float(row.offset_k2[sensor]))
    return math.sqrt(PIPES_SD_K**2 + max(learned_k2 - SAME_SD_K**2 - 1.0 / weight, 0.0))


@kernel
def over_inlet_sd_k(par: Any, row: Any, sensor: int) -> float:
    """SD [K] of the offset between a sensor and the inlet's, each less what is taken off it.

    At a soak both are compared with one temperature, whose error falls out.
    """
    promised_k2 = par.consider_sd[SENSOR_ERROR + sensor] ** 2 + par.consider_sd[COOLANT_IN_ERROR] ** 2
    learned_k2 = SAME_SD_K**2 + PIPES_SD_K**2 + WALK_K2_S * float(row.offset_age_s)
    known = row.offset_k2[sensor] < math.inf and row.inlet_offset_k == row.inlet_offset_k
    return math.sqrt(min(promised_k2, learned_k2) if known else promised_k2)


@kernel
def told(par: Any, row: Any, sensor: int) -> tuple[float, float]:
    """Offset [K] and its SD to publish; NaN while the sensor's has not been learned."""
    if row.offset_k2[sensor] == math.inf:
        return math.nan, math.nan
    return float(row.offset_k[sensor]), sd_k(par, row, sensor)


@kernel
def error_variance(par: Any, row: Any, sensor: int) -> float:
    """Variance [K2] of what is wrong with the corrected reading: a bad sensor's whole offset."""
    left_k = float(row.offset_k[sensor]) - applied_k(par, row, sensor)
    return left_k * left_k + sd_k(par, row, sensor) ** 2


@kernel
def _weight(par: Any, row: Any, sensor: int) -> float:
    """Of a reading in the mean, 1 / K2."""
    if sensor == COOLANT_IN_SENSOR:
        return float(1.0 / (par.consider_sd[COOLANT_IN_ERROR] ** 2 + PIPES_SD_K**2))
    return float(1.0 / (par.consider_sd[SENSOR_ERROR + sensor] ** 2 + par.noise_sd_k[sensor] ** 2))


@kernel
def _raw_c(par: Any, row: Any, sensor: int) -> float:
    reading_c = float(row.reading[sensor])
    return reading_c + applied_k(par, row, sensor) if sensor < N_CORRECTING else reading_c


@kernel
def _mean(par: Any, row: Any, without: int) -> tuple[float, float, float, float]:
    """Weighted mean [degC] of the unit's sensors and its inlet's, its variance, squared spread, number of sensors."""
    weight, total, square, count = 0.0, 0.0, 0.0, 0.0
    for sensor in range(COOLANT_IN_SENSOR + 1):
        if sensor != without and row.reading_age_s[sensor] == 0.0:
            w, reading_c = _weight(par, row, sensor), _raw_c(par, row, sensor)
            weight, total, square, count = weight + w, total + w * reading_c, square + w * reading_c**2, count + 1.0
    if count == 0.0:
        return math.nan, math.inf, math.inf, 0.0
    mean_c = total / weight
    return mean_c, 1.0 / weight, max(square - weight * mean_c**2, 0.0), count


@kernel
def _agreed(par: Any, row: Any) -> tuple[float, float]:
    """Temperature [degC] on which all agree, or all but one and at least three; and its variance. NaN: none."""
    mean_c, variance, spread, count = _mean(par, row, _ALL)
    if count < 2.0:
        return math.nan, math.inf
    if spread <= AGREE * (count - 1.0):
        return mean_c, variance
    best, best_spread = math.nan, AGREE * (count - 2.0)
    best_variance, others = math.inf, 0
    for sensor in range(COOLANT_IN_SENSOR + 1):
        mean_c, variance, spread, left = _mean(par, row, sensor)
        if left == count - 1.0 and left >= 3.0 and spread <= AGREE * (left - 1.0):
            others += 1
            if spread <= best_spread:
                best, best_variance, best_spread = mean_c, variance, spread
    return (best, best_variance) if others == 1 else (math.nan, math.inf)


@kernel
def _inlet(row: Any, unit_c: float) -> None:
    """The inlet's offset is watched and never taken off: the vehicle's pipes may have another temperature."""
    if row.reading_age_s[COOLANT_IN_SENSOR] != 0.0:
        return
    seen_k, known_k = row.reading[COOLANT_IN_SENSOR] - unit_c, float(row.inlet_offset_k)
    if abs(seen_k - known_k) < NEWS_K:
        seen_k = KEPT * known_k + (1.0 - KEPT) * seen_k
    row.inlet_offset_k = seen_k


@kernel
def step(par: Any, row: Any) -> tuple[float, float]:
    """Learn from the first readings after a rest; returns the unit's temperature [degC], NaN where unknown, and its SD.

    Changes ``reading`` of the sensors to what they would have read with the new offsets.
    """
    rested_s, row.rested_s = float(row.rested_s), 0.0
    if rested_s < SOAK_S or row.moving == 1:
        return math.nan, math.inf
    in_machine = False  # where all of the correcting sensors but the coolant's are
    for sensor in range(N_CORRECTING):
        in_machine |= sensor != COOLANT_OUT_SENSOR and row.reading_age_s[sensor] == 0.0
    unit_c, variance = _agreed(par, row)
    if not in_machine or unit_c != unit_c:
        return math.nan, math.inf
    for sensor in range(N_CORRECTING):
        if row.reading_age_s[sensor] != 0.0:  # not there: what was learned before keeps its age
            row.offset_k2[sensor] = float(row.offset_k2[sensor]) + WALK_K2_S * float(row.offset_age_s)
            continue
        raw_c, known_k = _raw_c(par, row, sensor), float(row.offset_k[sensor])
        seen_k = raw_c - unit_c
        if float(row.offset_k2[sensor]) < math.inf and abs(seen_k - known_k) < NEWS_K:
            seen_k = KEPT * known_k + (1.0 - KEPT) * seen_k
        row.offset_k[sensor] = seen_k
        row.offset_k2[sensor] = variance + SAME_SD_K**2
        row.reading[sensor] = raw_c - applied_k(par, row, sensor)
    _inlet(row, unit_c)
    row.offset_age_s = 0.0
    return unit_c, math.sqrt(variance + SAME_SD_K**2)
