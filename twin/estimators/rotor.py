"""Thermometer of the rotor: its field resistance or its magnet flux, from terminal voltages and currents (physics 4.3).

Both are a quantity Q = Q20 (1 + slope (T - 20 degC)). Q20 differs from unit to unit by far more than a thermometer may
err, so it is learned where the rotor's temperature is known: after a rest, when all sensors read the same. While
driving it is a considered error (physics 4.2).
"""

import math
from typing import Any

from schemas.results import Validity
from twin.estimators import consider, readings
from twin.jit import kernel
from twin.layout import AMBIENT_SENSOR, FIELD20_J, FLOW_SENSOR, ROTOR
from twin.physics.losses import TWO_PI

WINDOW_S = 10
"""Mean over which the inductance of the field winding falls out, as the energy in it comes back."""
LEAST_FIELD_SHARE = 0.3
"""Of the field current limit: below, the brushes, whose drop is not full yet, are a large part of the voltage."""
LEAST_RPM = 3_000.0
MOST_CURRENT_SHARE = 0.15
"""Of the current limit: beyond, saturation and the inductance of the d axis pass for flux."""
REST_SPAN_K = 4.0
"""Four to five sensors with offsets of 0.5 to 1 K, all at one temperature (physics 2.1)."""
REST_SD_K = 1.0
LEARN_S = 900.0
LEARN_WINDOWS = 12.0
WARMING_SHARE_SD = 0.3
"""Of the rotor's rise since the rest, which is by model only."""
INDUCTANCE_SHARE_SD = 0.3
"""Of the d inductance of the variant, which holds for one state of saturation."""
SLOPE_WINDOWS = 2_000.0
"""How many windows the slope of flux over i_d remembers."""
FLUX_NOISE_SHARE = 0.01
"""Of the flux in one sample: what the slope of flux over i_d is learned against."""
WALK_K = 0.3
"""Drift of the reference from one rest to the next (physics 4.2: 0.1 K per square root of a day, some days apart)."""
HOT_SPOT_SHARE_SD = 0.2
"""Of the field winding over its node: contacts and insulation in the slot, 17 % of each between units (physics 9.1)."""
GATE = 8.81
MOST_GATED = 30
RECENT_S = 120.0

_VALID = int(Validity.VALID)
_NO_DATA = int(Validity.NO_DATA)
_NO_FIELD_CURRENT = int(Validity.NO_FIELD_CURRENT)
_NO_ROTOR_READING = int(Validity.NO_ROTOR_READING)


@kernel
def rest_temp_c(row: Any) -> float:
    """The temperature [degC] all sensors read, the air's among them and at least two others; NaN where they do not."""
    low_c, high_c, total_c, count = math.inf, -math.inf, 0.0, 0.0
    for sensor in range(FLOW_SENSOR):
        if row.reading_age_s[sensor] <= readings.GRACE_S:
            reading = float(row.reading[sensor])
            low_c, high_c = min(low_c, reading), max(high_c, reading)
            if sensor != AMBIENT_SENSOR:  # only a witness
                total_c, count = total_c + reading, count + 1.0
    outside = row.reading_age_s[AMBIENT_SENSOR] <= readings.GRACE_S
    return total_c / count if outside and count >= 2.0 and high_c - low_c <= REST_SPAN_K else math.nan


@kernel
def start(par: Any, row: Any) -> bool:
    """The filter starts; if the unit has rested, its rotor has the temperature that all sensors show.

    Returns whether it has, by all of them.
    """
    row.rotor_excess_k = 0.0
    row.rotor_error_k = row.rotor_error_cross_k = 0.0
    row.rotor_error_k2 = consider.node_variance(par, row, ROTOR)
    row.rotor_age_s = math.inf
    row.rotor_learn_s = 0.0
    row.rotor_learn_sum_k = row.rotor_learn_count = row.rotor_learn_k2 = row.rotor_learn_weight = 0.0
    rest_c = rest_temp_c(row)
    rested = bool(rest_c == rest_c)
    if rested:
        row.rotor_rest_c = rest_c
    if rested and par.rotor_noise_sd_k > 0.0:
        row.rotor_learn_s = LEARN_S
        row.rotor_rise_k = 0.0
    return rested


@kernel
def gap(par: Any, row: Any, seconds: int) -> None:
    """No current meanwhile."""
    row.rotor_excess_k *= math.exp(-float(seconds) / par.hot_spot_s)
    row.rotor_age_s += float(seconds)
    row.field_age_s = float(row.field_age_s) + float(seconds)
    _forget_readings(par, row, float(seconds), consider.node_variance(par, row, ROTOR))
    row.rotor_learn_s = max(row.rotor_learn_s - float(seconds), 0.0)


@kernel
def _forget_readings(par: Any, row: Any, seconds: float, model_variance: float) -> None:
    """The slow error by itself: it fades, and its variance goes back to that of the model."""
    kept = math.exp(-seconds / par.rotor_time_s)
    excess_k = HOT_SPOT_SHARE_SD * row.rotor_excess_k
    if field_unknown(par, row):
        excess_k = math.hypot(excess_k, row.field_doubt * row.rotor_excess_k)
    settled_k2 = model_variance + excess_k * excess_k
    row.rotor_error_k *= kept
    row.rotor_error_cross_k *= kept
    row.rotor_error_k2 = settled_k2 + (row.rotor_error_k2 - settled_k2) * kept * kept


@kernel
def forget(row: Any) -> None:
    """Other hardware, software or parameters: learn the reference anew."""
    row.rotor_offset_k2 = math.inf


@kernel
def temp_c(row: Any) -> float:
    """Temperature [degC] of field winding, magnets or cage: the node, the winding above it, the model's slow error."""
    hot_c: float = row.temp_c[ROTOR] + row.rotor_excess_k + row.rotor_error_k
    return hot_c


@kernel
def field_unknown(par: Any, row: Any) -> bool:
    """Whether something else has stood in for the field winding's current, too long for it to be a lost sample."""
    return bool(par.field_resistance_ohm > 0.0 and row.field_age_s > readings.GRACE_S)


@kernel
def offset_variance(par: Any, row: Any) -> float:
    """Variance [K2] of the unit's reference, as an error of a temperature of 20 degC."""
    spread_k = par.rotor_spread / par.rotor_slope
    variance: float = min(row.rotor_offset_k2, spread_k * spread_k)
    return variance


@kernel
def sample(par: Any, row: Any, values: Any) -> None:
    """Add one sample to the window: resistance by least squares over the current, flux as a mean."""
    if values.field_current_a == values.field_current_a:
        row.field_age_s = 0.0
    if par.rotor_noise_sd_k == 0.0:
        return
    if par.field_resistance_ohm > 0.0:
        field_a, field_v = values.field_current_a, values.field_voltage_v
        if field_a > LEAST_FIELD_SHARE * par.field_current_limit_a and field_v == field_v:
            row.rotor_sum += (field_v - par.brush_drop_v) * field_a
            row.rotor_weight += field_a * field_a
            row.rotor_excess_sum += field_a * field_a * row.rotor_excess_k
            row.rotor_current_sum_a += field_a
        return
    i_d, i_q, u_q = values.i_d_a, values.i_q_a, values.u_q_v
    most_a = MOST_CURRENT_SHARE * par.current_limit_a
    if abs(values.motor_speed_rpm) > LEAST_RPM and i_d * i_d + i_q * i_q < most_a * most_a and u_q == u_q:
        omega = par.pole_pairs * values.motor_speed_rpm * (TWO_PI / 60.0)
        resistance_ohm = par.phase_resistance_ohm * row.copper_factor
        flux_wb = (u_q - resistance_ohm * i_q) / omega
        row.rotor_sum += flux_wb
        row.rotor_weight += 1.0
        row.rotor_current_sum_a += i_d
        row.rotor_current_sum_a2 += i_d * i_d
        row.rotor_product_sum += i_d * flux_wb


@kernel
def excess_heat_w(par: Any, row: Any) -> float:
    """Field loss [W] that the node's own temperature does not know of: the winding is hotter than its node."""
    above_k = row.rotor_excess_k + row.rotor_error_k
    heat_w: float = row.second[FIELD20_J] * par.rotor_temp_coefficient * above_k
    return heat_w


@kernel
def step(par: Any, row: Any, work: Any, model_variance: float) -> None:
    """Close one second; at the end of each window the reading teaches the reference or corrects the temperature.

    ``model_variance``: of the rotor's node [K2] with the slow error of the model, which comes and goes with the rotor's
    time constant. It is estimated beside the network: in it, the winding's sensor would pull the rotor along.
    """
    settled_k = par.hot_spot_k_w * row.second[FIELD20_J] * row.field_factor
    row.rotor_excess_k += (settled_k - row.rotor_excess_k) / (1.0 + par.hot_spot_s)
    row.rotor_age_s += 1.0
    row.field_age_s = float(row.field_age_s) + 1.0
    _forget_readings(par, row, 1.0, model_variance)
    if row.rotor_learn_s > 0.0:
        row.rotor_learn_s -= 1.0
        row.rotor_rise_k += work.slope_k_s[ROTOR]  # the model's own, without what other sensors' offsets pull
        if row.rotor_learn_s == 0.0 or row.rotor_learn_count >= LEARN_WINDOWS:
            _learn(par, row)
    if (row.closed_us // 1_000_000 + 1) % WINDOW_S == 0 and row.rotor_weight > 0.0:
        _window(par, row)
        void(row)


@kernel
def void(row: Any) -> None:
    row.rotor_sum = row.rotor_weight = row.rotor_current_sum_a = row.rotor_excess_sum = 0.0
    row.rotor_current_sum_a2 = row.rotor_product_sum = 0.0


@kernel
def _window(par: Any, row: Any) -> None:
    if par.field_resistance_ohm > 0.0:
        ratio = row.rotor_sum / row.rotor_weight / par.field_resistance_ohm
        field_a = row.rotor_weight / row.rotor_current_sum_a
        if row.rotor_learn_s > 0.0:
            row.rotor_lesson_a = field_a
        # at the current of the lesson the reference has the wrong brush drop in it
        doubt = par.brush_drop_sd_v / par.field_resistance_ohm * (1.0 / field_a - 1.0 / row.rotor_lesson_a)
        excess_k = row.rotor_excess_sum / row.rotor_weight  # as the window saw it: it changes by kelvins in one
    else:
        excess_k = row.rotor_excess_k
        inductance_h, doubt_h, d_a = _d_inductance(par, row)
        ratio = (row.rotor_sum / row.rotor_weight - inductance_h * d_a) / par.magnet_flux_wb
        doubt = doubt_h * d_a / par.magnet_flux_wb
    doubt_k = doubt / par.rotor_slope
    factor = 1.0 + par.rotor_slope * (temp_c(row) - row.rotor_excess_k + excess_k - 20.0)
    if row.rotor_learn_s > 0.0:
        warmed_k = row.rotor_rise_k + excess_k
        unsure_k2 = REST_SD_K**2 + (WARMING_SHARE_SD * warmed_k) ** 2 + doubt_k * doubt_k
        weight = 1.0 / (unsure_k2 * unsure_k2)  # what the windows share does not average out: the best ones count
        rest_factor = 1.0 + par.rotor_slope * (row.rotor_rest_c + warmed_k - 20.0)
        row.rotor_learn_sum_k += weight * (ratio / rest_factor - 1.0) / par.rotor_slope
        row.rotor_learn_k2 += weight * unsure_k2
        row.rotor_learn_weight += weight
        row.rotor_learn_count += 1.0
        return
    own = 1.0 + par.rotor_slope * row.rotor_offset_k
    error_k2 = factor * factor * offset_variance(par, row) + par.rotor_offset_sd_k**2 + doubt_k * doubt_k
    _correct(par, row, (ratio / own - factor) / par.rotor_slope, math.sqrt(error_k2))


@kernel
def _d_inductance(par: Any, row: Any) -> tuple[float, float, float]:
    """The unit's slope of flux over i_d [H], its SD, and the mean i_d [A] of the window, which adds to the slope.

    Within ten seconds the magnets keep their temperature, so what changes with i_d is inductance and saturation.
    """
    count, d_a = row.rotor_weight, row.rotor_current_sum_a / row.rotor_weight
    row.rotor_d_square += row.rotor_current_sum_a2 - count * d_a * d_a
    row.rotor_d_product += row.rotor_product_sum - d_a * row.rotor_sum
    row.rotor_d_square -= row.rotor_d_square / SLOPE_WINDOWS
    row.rotor_d_product -= row.rotor_d_product / SLOPE_WINDOWS
    noise_wb = FLUX_NOISE_SHARE * par.magnet_flux_wb
    spread_h = INDUCTANCE_SHARE_SD * par.d_inductance_h
    prior_a2 = noise_wb * noise_wb / (spread_h * spread_h)
    information = prior_a2 + row.rotor_d_square
    slope_h = (prior_a2 * par.d_inductance_h + row.rotor_d_product) / information
    return slope_h, noise_wb / math.sqrt(information), d_a


@kernel
def _learn(par: Any, row: Any) -> None:
    """One rest, one observation of the unit's reference: its windows share the error of the temperature at rest."""
    if row.rotor_learn_count > 0.0:
        seen_k2 = row.rotor_learn_k2 / row.rotor_learn_weight + par.rotor_noise_sd_k**2 / row.rotor_learn_count
        variance = offset_variance(par, row) + WALK_K * WALK_K
        gain = variance / (variance + seen_k2)
        seen_k = row.rotor_learn_sum_k / row.rotor_learn_weight
        row.rotor_offset_k += gain * (seen_k - row.rotor_offset_k)
        row.rotor_offset_k2 = (1.0 - gain) * variance
    row.rotor_learn_s = row.rotor_learn_sum_k = row.rotor_learn_count = 0.0
    row.rotor_learn_k2 = row.rotor_learn_weight = 0.0


@kernel
def _correct(par: Any, row: Any, innovation_k: float, error_k: float) -> None:
    """One reading, scalar form of physics 4.2; ``error_k``: sensitivity to the considered error, of variance 1."""
    noise_k2, cross_k = par.rotor_noise_sd_k**2, row.rotor_error_cross_k
    seen_k2 = row.rotor_error_k2 + error_k * cross_k
    variance = seen_k2 + error_k * cross_k + error_k * error_k + noise_k2
    squared = innovation_k * innovation_k / variance
    row.rotor_nis_sum += squared
    row.rotor_nis_count += 1.0
    if squared > GATE:
        row.rotor_rejected += 1
        if row.rotor_rejected > MOST_GATED:  # not the temperature: the reference is another one than was learned
            forget(row)
            row.rotor_rejected = 0
        return
    row.rotor_rejected = 0
    row.rotor_age_s = 0.0
    gain = seen_k2 / variance
    row.rotor_error_k += gain * innovation_k
    left = 1.0 - gain
    joseph_k2 = left * left * row.rotor_error_k2 - 2.0 * gain * left * error_k * cross_k
    row.rotor_error_k2 = joseph_k2 + gain * gain * (error_k * error_k + noise_k2)
    row.rotor_error_cross_k = left * cross_k - gain * error_k


@kernel
def validity(par: Any, row: Any) -> int:
    """Whether the thermometer speaks for this unit now: reference learned, and a reading not long ago."""
    if row.ready == 0:
        return _NO_DATA
    if row.rotor_age_s <= RECENT_S and row.rotor_offset_k2 < math.inf:
        return _VALID
    return _NO_FIELD_CURRENT if field_unknown(par, row) else _NO_ROTOR_READING
