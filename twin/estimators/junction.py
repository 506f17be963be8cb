"""Junction temperatures of the hottest leg, sample by sample: switch and diode, mean and peak (physics 2.5).

Two ladders a device: its mean over turns of the field, and how far the peak of a turn is above. Each term of the second
follows the periodic state at the present frequency with the term's own time constant, so that at standstill, where one
switch carries the crest of the current for good, it becomes that switch's own ladder.
"""

import math
from typing import Any

from schemas.results import Validity
from twin.estimators import readings
from twin.jit import kernel
from twin.layout import COOLANT_IN_SENSOR, COVERED_S, FOSTER_TERMS, INVERTER_J, RIPPLE_POINTS
from twin.physics.junction import DIODE, SWITCH, keep

BRIDGED_US = 30_000_000
"""Less without data is a gap in the telemetry of a unit that went on; more, but for that in a trip, is a rest."""
RISE_SHARE_SD = 0.12
"""Of a junction's rise over the base: 10 % of the losses, 6 % of the thermal resistance (physics 2.6, 3.4)."""
BASE_SD_K = 1.5
"""Of the base by a module's sensor, or by coolant and cold plate, of which a third is open."""
PLATE_SHARE_SD = 0.35
SENSOR_MEAN_S = 60.0
"""Over which the module's sensor shifts the base: its lag and the load's changes average out."""
SHIFT_FADES_S = 600.0
SETTLED_S = 300.0
"""After it began anew: five times the slowest it is known by, the mean of the module's sensor."""
CREST_HOTTER = 4.0 / 3.0
"""The device at the crest resists by its own temperature, the mean's loss is that of the mean: four times over a turn's
mean, of which three are above it.
"""

_VALID = int(Validity.VALID)
_NO_DATA = int(Validity.NO_DATA)
_NO_COOLANT_TEMP = int(Validity.NO_COOLANT_TEMP)
_FILTER_RESET = int(Validity.FILTER_RESET)


@kernel
def gap(par: Any, row: Any, seconds: float) -> None:
    """A rest is longer than any ladder; the cold plate cools by its time constant. The next second finds a new base."""
    row.junction_age_s += seconds
    row.foster_k[:] = 0.0
    row.ripple_k[:] = 0.0
    row.plate_k *= math.exp(-seconds / par.plate_s)
    row.module_k *= math.exp(-seconds / SHIFT_FADES_S)
    row.module_sum_c = row.module_count = 0.0
    row.base_c = math.nan


@kernel
def temp_c(row: Any, device: int) -> float:
    """Mean junction temperature [degC] of a device; NaN before the first completed second."""
    total_c: float = row.base_c
    for term in range(FOSTER_TERMS):
        total_c += row.foster_k[device, term]
    return total_c


@kernel
def ripple_k(row: Any, device: int) -> float:
    """How far [K] the hottest moment of a turn is above the mean."""
    total_k = 0.0
    for term in range(FOSTER_TERMS):
        total_k += row.ripple_k[device, term]
    return total_k


@kernel
def lost(row: Any, work: Any) -> bool:
    """Whether the temperatures in ``work`` are no numbers though a base is known."""
    return bool(row.base_c == row.base_c) and not math.isfinite(work.switch_peak_c + work.diode_peak_c)


@kernel
def step(par: Any, row: Any, sample: Any, work: Any, dt_us: int) -> None:
    """One sample that speaks for the ``dt_us`` before it; temperatures after it go into ``work`` and the peaks."""
    if dt_us > 0:
        _advance(par, row, work, dt_us)
    work.switch_temp_c, work.diode_temp_c = temp_c(row, SWITCH), temp_c(row, DIODE)
    work.switch_peak_c = work.switch_temp_c + ripple_k(row, SWITCH)
    work.diode_peak_c = work.diode_temp_c + ripple_k(row, DIODE)
    if row.base_c == row.base_c:
        row.junction_peak_c[SWITCH] = max(row.junction_peak_c[SWITCH], work.switch_peak_c)
        row.junction_peak_c[DIODE] = max(row.junction_peak_c[DIODE], work.diode_peak_c)
    for reading in (sample.inverter_temp_1_c, sample.inverter_temp_2_c, sample.inverter_temp_3_c):
        if reading == reading:
            row.module_sum_c += reading - par.sensor_share * (work.switch_temp_c - row.base_c)
            row.module_count += 1.0


@kernel
def _advance(par: Any, row: Any, work: Any, dt_us: int) -> None:
    """Exact hold of every term: dT+ = a dT + (1 - a) R P; the factors are kept while the interval is the same."""
    if work.kept_us != dt_us:
        work.kept_us = dt_us
        keep(par, dt_us * 1e-6, work.kept)
    at = math.sqrt(min(work.field_hz / par.ripple_top_hz, 1.0)) * (RIPPLE_POINTS - 1)
    low = min(int(at), RIPPLE_POINTS - 2)
    share = at - low
    for device in range(2):
        power_w = work.switch_w if device == SWITCH else work.diode_w
        square_w = work.switch_square_w if device == SWITCH else work.diode_square_w
        line_w = power_w - square_w
        square_w *= 1.0 + CREST_HOTTER * par.resistance_slope * ripple_k(row, device)
        for term in range(FOSTER_TERMS):
            kept = work.kept[device, term]
            under, over = par.ripple_k_w[low, device, term], par.ripple_k_w[low + 1, device, term]
            gained = 1.0 - kept
            mean_k = par.foster_k_w[device, term] * power_w
            crest_k = (under[0] + share * (over[0] - under[0])) * line_w
            crest_k += (under[1] + share * (over[1] - under[1])) * square_w
            row.foster_k[device, term] = kept * row.foster_k[device, term] + gained * mean_k
            row.ripple_k[device, term] = kept * row.ripple_k[device, term] + gained * crest_k


@kernel
def close_second(par: Any, row: Any, inlet_c: float) -> None:
    """Base of the module: coolant, cold plate under the mean loss of the second, and what the module's sensor adds."""
    relative_flow = max(readings.flow(par, row) / par.nominal_flow_l_min, 0.02)
    covered_s = row.second[COVERED_S]
    loss_w = row.second[INVERTER_J] / covered_s / par.inverters if covered_s > 0.0 else 0.0
    settled_k = par.plate_k_w * loss_w / math.sqrt(relative_flow)
    row.plate_k += (settled_k - row.plate_k) / (1.0 + par.plate_s)
    row.module_k -= row.module_k / SHIFT_FADES_S
    if row.module_count > 0.0:
        if row.base_c == row.base_c:
            row.module_k += (row.module_sum_c / row.module_count - row.base_c) / SENSOR_MEAN_S
        row.module_sum_c = row.module_count = 0.0
    row.base_c = inlet_c + row.plate_k + row.module_k
    row.junction_age_s += 1.0


@kernel
def sd_k(row: Any, inlet_sd_k: float, temperature_c: float) -> float:
    """Standard deviation [K] of a junction temperature."""
    rise_k, plate_k = RISE_SHARE_SD * (temperature_c - row.base_c), PLATE_SHARE_SD * row.plate_k
    return math.sqrt(BASE_SD_K**2 + inlet_sd_k * inlet_sd_k + plate_k * plate_k + rise_k * rise_k)


@kernel
def validity(row: Any) -> int:
    """Why the junction temperatures are not what they could be."""
    if row.base_c != row.base_c:
        return _NO_DATA
    if row.junction_age_s < SETTLED_S:
        return _FILTER_RESET
    if row.reading_age_s[COOLANT_IN_SENSOR] > readings.GRACE_S:
        return _NO_COOLANT_TEMP
    return _VALID
