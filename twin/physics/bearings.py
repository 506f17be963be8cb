"""Rolling bearings: life by ISO 281 with the lubrication factor (physics 5.3). Viscosities in mm2/s."""

import math

from twin.jit import kernel

BALL, ROLLER = 0, 1
KINDS = ("ball", "roller")
MOST_A_ISO = 50.0
MOST_KAPPA, LEAST_KAPPA = 4.0, 0.1
REVOLUTIONS = 1e6
LEAST_LOAD = 0.01
"""Of the rating: what a bearing needs so that its rollers roll; below it lasts no longer."""


@kernel
def reference_viscosity(speed_rpm: float, pitch_diameter_mm: float) -> float:
    """nu1: what the oil film needs at this speed."""
    if speed_rpm < 1_000.0:
        return 45_000.0 * math.pow(speed_rpm, -0.83) / math.sqrt(pitch_diameter_mm)
    return 4_500.0 / math.sqrt(speed_rpm * pitch_diameter_mm)


@kernel
def oil_viscosity(temp_c: float, at_40c: float, at_100c: float) -> float:
    """Walther's line through the two viscosities of a data sheet (ASTM D341)."""
    low, high = math.log10(math.log10(at_40c + 0.7)), math.log10(math.log10(at_100c + 0.7))
    slope = (low - high) / (math.log10(373.15) - math.log10(313.15))
    line = low - slope * (math.log10(temp_c + 273.15) - math.log10(313.15))
    return math.pow(10.0, math.pow(10.0, line)) - 0.7


@kernel
def a_iso(kind: int, kappa: float, contamination: float) -> float:
    """Factor on life. kappa: viscosity over reference_viscosity, held to 0.1 .. 4; contamination: e_C C_u / P."""
    kappa = min(max(kappa, LEAST_KAPPA), MOST_KAPPA)
    if kappa < 0.4:
        ball, roller, exponent = 2.2649, 1.3993, 0.054381
    elif kappa < 1.0:
        ball, roller, exponent = 1.9987, 1.2348, 0.19087
    else:
        ball, roller, exponent = 1.9987, 1.2348, 0.071739
    if kind == BALL:
        film = max(2.5671 - ball / math.pow(kappa, exponent), 0.0)
        bracket = 1.0 - math.pow(film, 0.83) * math.pow(contamination, 1.0 / 3.0)
        power = -9.3
    else:
        film = max(1.5859 - roller / math.pow(kappa, exponent), 0.0)
        bracket = 1.0 - film * math.pow(contamination, 0.4)
        power = -9.185
    if bracket <= 0.0:
        return MOST_A_ISO
    return min(0.1 * math.pow(bracket, power), MOST_A_ISO)


@kernel
def tooth_forces_n(
    torque_nm: float, pitch_diameter_m: float, pressure_rad: float, helix_rad: float
) -> tuple[float, float, float]:
    """Tangential, radial and axial force of a helical gear; what its bearings have to hold."""
    tangential = 2.0 * abs(torque_nm) / pitch_diameter_m
    return tangential, tangential * math.tan(pressure_rad) / math.cos(helix_rad), tangential * math.tan(helix_rad)


@kernel
def equivalent_load_n(radial_n: float, axial_n: float, x: float, y: float) -> float:
    """P = X F_r + Y F_a, never below the radial load."""
    return max(radial_n, x * radial_n + y * axial_n)


@kernel
def bearing_damage(
    kind: int, revolutions: float, load_n: float, rating_n: float, a_iso_factor: float, a1: float
) -> float:
    """Share of life; a1 is 1 for L10, 0.64 for L5, 0.25 for L1. rating: dynamic load rating C."""
    exponent = 3.0 if kind == BALL else 10.0 / 3.0
    return abs(revolutions) * math.pow(load_n / rating_n, exponent) / (a1 * a_iso_factor * REVOLUTIONS)
