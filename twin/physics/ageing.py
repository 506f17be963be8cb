"""Ageing by temperature and by sliding: insulation, oil, seals, brushes; and the margin of magnets (physics 5.2, 5.4).

Damage is a share of a life: sums over time and units are meaningful, and 1 is the end by the law (Miner, physics 5.5).
"""

import math

from twin.jit import kernel

BOLTZMANN_EV_K = 8.617333e-5
ZERO_C_K = 273.15
S_PER_H = 3_600.0


@kernel
def arrhenius_life_h(temp_c: float, life_h: float, at_temp_c: float, activation_ev: float) -> float:
    """Life at a temperature, known at another. Class H: 20,000 h at 180 degC, 0.9 .. 1.1 eV."""
    inverse_k = 1.0 / (temp_c + ZERO_C_K) - 1.0 / (at_temp_c + ZERO_C_K)
    return life_h * math.exp(activation_ev / BOLTZMANN_EV_K * inverse_k)


@kernel
def thermal_damage(seconds: float, temp_c: float, life_h: float, at_temp_c: float, activation_ev: float) -> float:
    """Share of life that ``seconds`` at a temperature take from insulation, field winding or oil."""
    return seconds / (S_PER_H * arrhenius_life_h(temp_c, life_h, at_temp_c, activation_ev))


@kernel
def sliding_distance_m(revolutions: float, diameter_m: float) -> float:
    """Way of a slip ring or a sealing lip."""
    return math.pi * diameter_m * abs(revolutions)


@kernel
def seal_damage(
    distance_m: float, lip_temp_c: float, life_h: float, at_temp_c: float, at_speed_m_s: float, activation_ev: float
) -> float:
    """Share of a seal's life: distance slid, faster when hot. Its life holds at a temperature and a sliding speed."""
    life_s = S_PER_H * arrhenius_life_h(lip_temp_c, life_h, at_temp_c, activation_ev)
    return distance_m / (at_speed_m_s * life_s)


@kernel
def brush_damage(distance_m: float, wear_mm_per_100_000_km: float, usable_mm: float) -> float:
    """Share of the usable brush length (to 20 % remaining) worn by sliding; the rate is uncertain by half."""
    return distance_m * 1e-8 * wear_mm_per_100_000_km / usable_mm


@kernel
def magnet_margin_a_m(
    temp_c: float,
    i_d_a: float,
    knee20_a_m: float,
    knee_coefficient: float,
    idle20_a_m: float,
    remanence_coefficient: float,
    field_per_a: float,
) -> float:
    """Distance of the field against a magnet from its knee; below 0 flux is lost for ever.

    All fields count against the magnetisation and are positive: knee and idle field (no current) at 20 degC with their
    relative coefficients per K (knee about -0.006, remanence about -0.0012), and what one ampere of -i_d adds.
    """
    knee = knee20_a_m * (1.0 + knee_coefficient * (temp_c - 20.0))
    idle = idle20_a_m * (1.0 + remanence_coefficient * (temp_c - 20.0))
    return knee - idle - field_per_a * max(-i_d_a, 0.0)
