"""Power devices: loss of one switch and one diode, Foster ladder, and what a turn of the field adds (physics 2.5)."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.jit import kernel
from twin.layout import FOSTER_TERMS, RIPPLE_POINTS
from twin.physics.losses import TWO_PI

SWITCH, DIODE = 0, 1
PER_PI = 1.0 / math.pi
HARMONICS = 24
_ANGLES = np.linspace(0.0, TWO_PI, 721)


@kernel
def device_terms(
    par: Any, current_a: Any, machine_w: Any, dc_voltage_v: float, switching_hz: float, warm: float, cool: float
) -> tuple[Any, Any, Any, Any]:
    """Mean power [W] of one switch and of one diode, sine modulation; two inverters share current and power.

    ``machine_w``: electrical power into the stator, negative when braking. Modulation index times power factor is
    4 P / (3 I V), so the conduction terms need no angle. (V / V_ref)^k is its binomial series to second order,
    0.3 % off at 60 % of V_ref. A MOSFET with synchronous rectification is a switch and a diode without threshold;
    twice in a switching period its body diode carries the current for the dead time.

    ``warm``, ``cool``: switch and diode over their reference temperature [K]; threshold, slope and switching energy
    change linearly (physics 3.2). Third and fourth: what goes with the square of the current over a turn, or of current
    and voltage. Numbers, or arrays when not compiled; below 0 where the formula leaves its range.
    """
    phase_a = current_a / par.inverters
    modulated_a = 4.0 * machine_w / (3.0 * dc_voltage_v * par.inverters)
    half = 0.5 * PER_PI * phase_a
    switch_v = par.switch_voltage_v * (1.0 + par.threshold_slope * warm)
    diode_v = par.diode_voltage_v * (1.0 + par.threshold_slope * cool)
    switch_ohm = par.switch_resistance_ohm * (1.0 + par.resistance_slope * warm)
    diode_ohm = par.diode_resistance_ohm * (1.0 + par.resistance_slope * cool)
    switch_square_w = switch_ohm * phase_a * (phase_a / 8.0 + PER_PI / 3.0 * modulated_a) + switch_v * modulated_a / 8.0
    switch_w = switch_v * half + switch_square_w
    diode_square_w = diode_ohm * phase_a * (phase_a / 8.0 - PER_PI / 3.0 * modulated_a) - diode_v * modulated_a / 8.0
    diode_w = diode_v * half + diode_square_w
    excess, exponent = dc_voltage_v / par.switching_voltage_v - 1.0, par.switching_exponent
    voltage_factor = 1.0 + exponent * excess * (1.0 + 0.5 * (exponent - 1.0) * excess)
    switched_a_hz = switching_hz * PER_PI * phase_a
    switched_w = switched_a_hz * par.switching_energy_j / par.switching_current_a * voltage_factor
    dead_w = switched_a_hz * 2.0 * par.dead_time_s * par.body_diode_voltage_v
    switch_w += (1.0 - par.recovery_share) * switched_w * (1.0 + par.switching_slope * warm)
    diode_w += par.recovery_share * switched_w * (1.0 + par.switching_slope * cool) + dead_w
    return switch_w, diode_w, switch_square_w, diode_square_w


@kernel
def device_losses(
    par: Any,
    current_a: float,
    machine_w: float,
    dc_voltage_v: float,
    switching_hz: float,
    switch_c: float,
    diode_c: float,
) -> tuple[float, float, float, float]:
    """The same at junction temperatures [degC], never below 0 in all."""
    warm, cool = switch_c - par.device_reference_c, diode_c - par.device_reference_c
    switch_w, diode_w, switch_square_w, diode_square_w = device_terms(
        par, current_a, machine_w, dc_voltage_v, switching_hz, warm, cool
    )
    return max(switch_w, 0.0), max(diode_w, 0.0), switch_square_w, diode_square_w


@kernel
def keep(par: Any, dt_s: float, kept: Any) -> None:
    """Fill (2, FOSTER_TERMS) with exp(-dt / tau)."""
    for device in range(2):
        for term in range(FOSTER_TERMS):
            kept[device, term] = math.exp(-dt_s / par.foster_s[device, term])


def ripple_gain(turn_per_time: NDArray[np.float64], square: bool = False) -> NDArray[np.float64]:
    """Peak over mean of a first-order term heated by the half wave of a current, per K of its mean; 0 .. pi - 1.

    ``turn_per_time``: 2 pi f tau. ``square``: by the half wave squared, as a resistance is; 0 .. 3. Exact periodic
    state from the Fourier series.
    """
    x = np.asarray(turn_per_time, np.float64)[..., None, None]
    pair = np.arange(1, HARMONICS + 1)
    if square:
        odd = 2.0 * pair - 1.0
        order = np.concatenate([[2.0], odd])
        uneven = (1.0 / odd - 0.5 / (odd + 2.0) - 0.5 / (odd - 2.0)) * (-1.0) ** (pair + 1)
        size = np.concatenate([[1.0], 4.0 / np.pi * uneven])
    else:
        order = np.concatenate([[1.0], 2.0 * pair])
        size = np.concatenate([[0.5 * np.pi], 2.0 * (-1.0) ** (pair + 1) / (4.0 * pair * pair - 1.0)])
    wave = size * np.exp(1j * order * _ANGLES[:, None]) / (1.0 + 1j * order * x)
    gain: NDArray[np.float64] = wave.real.sum(axis=-1).max(axis=-1)
    return gain


def ripple_table(foster_k_w: Any, foster_s: Any, top_hz: float) -> NDArray[np.float64]:
    """(RIPPLE_POINTS, 2, FOSTER_TERMS, 2) peak over mean [K/W] at f = top_hz (k / (RIPPLE_POINTS - 1))^2.

    The last: by the half wave, and by its square.
    """
    times_s = np.asarray(foster_s, np.float64)
    gains = _gains(times_s.tobytes(), times_s.shape, float(top_hz))
    table: NDArray[np.float64] = gains * np.asarray(foster_k_w)[..., None]
    return table


@lru_cache(maxsize=64)
def _gains(foster_s: bytes, shape: tuple[int, ...], top_hz: float) -> NDArray[np.float64]:
    """Gains of a ladder: kept, as a fit asks for the same ones each time that it tries other numbers."""
    frequency_hz = top_hz * (np.arange(RIPPLE_POINTS) / (RIPPLE_POINTS - 1)) ** 2
    turn = TWO_PI * frequency_hz[:, None, None] * np.frombuffer(foster_s).reshape(shape)
    return np.stack([ripple_gain(turn), ripple_gain(turn, square=True)], axis=-1)
