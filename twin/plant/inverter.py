"""Losses and junction temperatures of the power module, device by device, from the wave form of the current."""

import math

import numpy as np

from twin.jit import kernel
from twin.plant.layout import FOSTER_TERMS, LEGS, SWITCHES, Floats, Record

POINTS = 8
_ANGLES = -0.5 * np.pi + (np.arange(POINTS) + 0.5) * np.pi / POINTS
COSINES = np.cos(_ANGLES)
"""The current's positive half wave, in the middle of eight equal pieces."""

SLOW_HZ = 5.0
"""Below this electrical frequency each device follows the current itself, 100 times a second."""
FINE_STEPS_PER_S = 100


@kernel
def device_losses(
    m: Record, current_a: float, duty: float, dc_factor: float, transistor_temp_c: float, diode_temp_c: float
) -> tuple[float, float]:
    """Power [W] of the transistor that carries ``current_a`` > 0 for ``duty`` of the time, and of the other diode.

    Conduction by threshold and slope at temperature, switching by a polynomial in the current.
    """
    warm = transistor_temp_c - 25.0
    threshold = m.transistor_threshold_v + m.threshold_v_k * warm
    slope = m.transistor_slope_ohm * (1.0 + m.slope_per_k * warm + m.slope_per_k2 * warm * warm)
    transistor = duty * (threshold + slope * current_a) * current_a
    load = current_a / m.switching_current_a
    switched = m.switching_frequency_hz * m.switching_energy_j * dc_factor
    transistor += switched * (1.0 - m.recovery_share) * (0.05 + 0.85 * load + 0.10 * load * load) * (1.0 + 0.002 * warm)
    if m.synchronous > 0.0:  # the channel of the other transistor carries the current, its body only in the dead time
        diode = (1.0 - duty) * slope * current_a * current_a
        diode += 2.0 * m.dead_time_s * m.switching_frequency_hz * m.body_diode_v * current_a
    else:
        cool = diode_temp_c - 25.0
        diode = (m.diode_threshold_v + m.threshold_v_k * cool) + m.diode_slope_ohm * (1.0 + 0.0017 * cool) * current_a
        diode *= (1.0 - duty) * current_a
    diode += switched * m.recovery_share * math.sqrt(load)
    return transistor, diode


@kernel
def leg_losses(
    m: Record,
    peak_a: float,
    active: float,
    dc_factor: float,
    transistor_temp_c: float,
    diode_temp_c: float,
    wave_w: Floats,
) -> tuple[float, float]:
    """Mean power [W] of one transistor and one diode over a turn of the field.

    ``wave_w``: (2, POINTS), filled with their powers in the pieces of the half wave. ``active``: modulation index times
    power factor; the reactive part falls out over a symmetric half wave.
    """
    transistor_w = 0.0
    diode_w = 0.0
    for point in range(POINTS):
        share = COSINES[point]
        duty = min(max(0.5 + 0.5 * active * share, 0.0), 1.0)
        t, d = device_losses(m, peak_a * share, duty, dc_factor, transistor_temp_c, diode_temp_c)
        wave_w[0, point], wave_w[1, point] = t, d
        transistor_w += t
        diode_w += d
    return 0.5 * transistor_w / POINTS, 0.5 * diode_w / POINTS


@kernel
def junction_temp(state: Record, base_temp_c: float, leg: int, switch: int) -> float:
    """Temperature [degC] of a device now."""
    temp_c = base_temp_c
    for term in range(FOSTER_TERMS):
        temp_c += state.rise_k[leg, switch, term]
    return temp_c


@kernel
def warm_device(m: Record, state: Record, leg: int, switch: int, power_w: float, decay: Floats) -> None:
    """Advance the Foster terms of one device; ``decay``: (2, 4) exp(-dt/tau) of transistor and diode."""
    diode = switch >= 2
    for term in range(FOSTER_TERMS):
        resistance = m.diode_rth_k_w[term] if diode else m.transistor_rth_k_w[term]
        kept = decay[1 if diode else 0, term]
        rise = state.rise_k[leg, switch, term]
        state.rise_k[leg, switch, term] = rise * kept + (1.0 - kept) * resistance * m.leg_rth[leg] * power_w


@kernel
def decays(m: Record, step_s: float, out: Floats) -> None:
    """Fill (2, 4) with exp(-dt/tau) of transistor and diode terms."""
    for term in range(FOSTER_TERMS):
        out[0, term] = math.exp(-step_s / m.transistor_tau_s[term])
        out[1, term] = math.exp(-step_s / m.diode_tau_s[term])


@kernel
def turn_extremes(rth_k_w: Floats, kept: Floats, wave_w: Floats, total_k: Floats) -> tuple[float, float]:
    """Highest and lowest of a device over its mean [K] within a turn: half the pieces carry ``wave_w``, half nothing.

    ``kept``: (4,) exp(-piece/tau); ``total_k``: (2 POINTS,) scratch. Periodic: a turn ends as it began.
    """
    mean_w = 0.0
    for point in range(POINTS):
        mean_w += 0.5 * wave_w[point] / POINTS
    total_k[:] = 0.0
    for term in range(FOSTER_TERMS):
        a = kept[term]
        state_w = 0.0
        for point in range(POINTS):
            state_w = a * state_w + (1.0 - a) * wave_w[point]
        whole = a**POINTS
        state_w *= whole / (1.0 - whole * whole)
        for piece in range(2 * POINTS):
            power_w = wave_w[piece] if piece < POINTS else 0.0
            state_w = a * state_w + (1.0 - a) * power_w
            total_k[piece] += rth_k_w[term] * (state_w - mean_w)
    return total_k.max(), total_k.min()


@kernel
def fast_turning(
    m: Record,
    state: Record,
    system: int,
    base_temp_c: float,
    peak_a: float,
    active: float,
    dc_factor: float,
    frequency_hz: float,
    step_s: float,
    decay: Floats,
    seen: Floats,
) -> float:
    """One sample with the field turning fast: mean losses, and what one turn adds. Returns the inverter's loss [W].

    ``seen``: highest and lowest junction temperature [degC] of the hottest device in this sample.
    """
    total_w = 0.0
    seen[0], seen[1] = base_temp_c, base_temp_c
    wave_w, kept, total_k = np.empty((2, POINTS)), np.empty((2, FOSTER_TERMS)), np.empty(2 * POINTS)
    decays(m, 0.5 / (POINTS * frequency_hz), kept)
    for leg in range(system * LEGS, (system + 1) * LEGS):
        transistor_c, diode_c = (
            junction_temp(state, base_temp_c, leg, 0),
            junction_temp(state, base_temp_c, leg, 2),
        )
        transistor_w, diode_w = leg_losses(m, peak_a, active, dc_factor, transistor_c, diode_c, wave_w)
        for switch in range(SWITCHES):
            warm_device(m, state, leg, switch, transistor_w if switch < 2 else diode_w, decay)
        total_w += 2.0 * (transistor_w + diode_w)
        for device in range(2):
            rth_k_w = m.diode_rth_k_w if device == 1 else m.transistor_rth_k_w
            above_k, below_k = turn_extremes(rth_k_w, kept[device], wave_w[device], total_k)
            mean_c = junction_temp(state, base_temp_c, leg, 2 * device)
            high_c = mean_c + m.leg_rth[leg] * above_k
            if high_c > seen[0]:
                before_c = diode_c if device == 1 else transistor_c
                seen[0], seen[1] = high_c, min(mean_c + m.leg_rth[leg] * below_k, before_c)
    return total_w


@kernel
def slow_turning(
    m: Record,
    state: Record,
    system: int,
    base_temp_c: float,
    peak_a: float,
    active: float,
    dc_factor: float,
    frequency_hz: float,
    step_s: float,
    decay: Floats,
    seen: Floats,
) -> float:
    """The same with the field (almost) standing: every device by the current it carries, 100 steps a second.

    ``decay`` belongs to one such step. A standing field leaves one leg with the whole current. The second system is
    wound 30 degrees behind the first.
    """
    angle_rad = state.angle_rad - system * math.pi / 6.0
    steps = max(1, round(step_s * FINE_STEPS_PER_S))
    fine_s = step_s / steps
    total_w = 0.0
    seen[0], seen[1] = -1e9, 1e9
    for _ in range(steps):
        for leg in range(system * LEGS, (system + 1) * LEGS):
            current = peak_a * math.cos(angle_rad - leg * 2.0 * math.pi / 3.0)
            duty = min(max(0.5 + 0.5 * active * abs(current) / max(peak_a, 1e-9), 0.0), 1.0)
            upper = 0 if current >= 0.0 else 1
            carrying, freewheeling = upper, 3 - upper
            transistor_w, diode_w = device_losses(
                m,
                abs(current),
                duty,
                dc_factor,
                junction_temp(state, base_temp_c, leg, carrying),
                junction_temp(state, base_temp_c, leg, freewheeling),
            )
            for switch in range(SWITCHES):
                power = transistor_w if switch == carrying else diode_w if switch == freewheeling else 0.0
                warm_device(m, state, leg, switch, power, decay)
                temp_c = junction_temp(state, base_temp_c, leg, switch)
                seen[0], seen[1] = max(seen[0], temp_c), min(seen[1], temp_c)
            total_w += transistor_w + diode_w
        angle_rad += 2.0 * math.pi * frequency_hz * fine_s
    return total_w / steps
