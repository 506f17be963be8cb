"""How much junction damage is lost by slower samples: drives at 100 Hz, counted whole and resampled (physics 5.1).

WLTC and US06 in turn with hills and a driver's restless foot; torque to switch losses to the junction by four Foster
terms above a coolant that starts cold. Damage by AN 21 of rainflow cycles; what is not closed counts as halves.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from schemas.results import Validity
from tests import sampled
from tests.cycles import counted
from tests.data import reference_data
from twin.physics.power_module import an21_cycles
from twin.physics.rainflow import cycle_low, cycle_range
from twin.twin import Twin
from twin.variants import load

Floats = NDArray[np.float64]

HZ = 100
CYCLES = ("wltc_3b.csv", "us06.csv")
FOSTER_K_W = (0.01, 0.07, 0.08, 0.045)  # IGBT of a traction inverter, MathWorks EV example
FOSTER_S = (0.001, 0.03, 0.25, 1.5)
MASS_KG, RADIUS_M, RATIO = 2_200.0, 0.35, 8.774
COOLANT_C, AMBIENT_C, WARM_UP_S = 65.0, 15.0, 600.0
NOISE_K = 2.0


def junction(seed: int) -> Floats:
    """Junction temperature [degC] of one drive at HZ."""
    random = np.random.default_rng(seed)
    path = reference_data("drive-cycles") / CYCLES[seed % len(CYCLES)]
    cycle_m_s = np.loadtxt(path, delimiter=",", skiprows=1, usecols=1, encoding="utf-8-sig")
    seconds = len(cycle_m_s)
    times_s = np.arange(seconds * HZ) / HZ
    speed_m_s = np.interp(times_s, np.arange(seconds), cycle_m_s)
    pull_m_s2 = np.gradient(cycle_m_s)
    foot = np.convolve(random.normal(size=seconds * 2), (0.25, 0.5, 0.25), mode="same")  # a new thought every 0.5 s
    pull_m_s2 = np.interp(times_s, np.arange(seconds), pull_m_s2) + 0.2 * (speed_m_s > 0.5) * np.interp(
        times_s, np.arange(seconds * 2) / 2.0, foot
    )
    grade = 0.04 * random.uniform(0.5, 1.5) * np.sin(2.0 * math.pi * (times_s / 240.0 + random.random()))
    force_n = MASS_KG * (pull_m_s2 + 9.81 * grade * (speed_m_s > 0.5)) + 200.0 * (speed_m_s > 0.5)
    force_n += 0.5 * 1.2 * 0.7 * speed_m_s**2
    torque_nm = np.clip(force_n * RADIUS_M / RATIO, -250.0, 400.0)
    loss_w = 0.5 * np.abs(torque_nm) + 0.0011 * torque_nm**2
    base_c = AMBIENT_C + (COOLANT_C - AMBIENT_C) * -np.expm1(-times_s / WARM_UP_S)
    return base_c + sum(
        (_lagged(loss_w, resistance, tau_s) for resistance, tau_s in zip(FOSTER_K_W, FOSTER_S, strict=True)),
        start=np.zeros(len(times_s)),
    )


def _lagged(loss_w: Floats, resistance: float, tau_s: float) -> Floats:
    keep = math.exp(-1.0 / (HZ * tau_s))
    rise_k: Floats = lfilter([resistance * (1.0 - keep)], [1.0, -keep], loss_w)
    return rise_k


def damage(junction_c: Floats, hz: float) -> float:
    """Share of a module's life."""
    times_us = np.round(np.arange(len(junction_c)) * (1e6 / hz)).astype(np.int64)
    found = counted(junction_c, times_us, hysteresis=NOISE_K)
    return sum(
        float(cycle["count"]) / an21_cycles(cycle_range(cycle), cycle_low(cycle), float(cycle.rise_s), 1.0)
        for cycles in (found.cycles, found.halves)
        for cycle in cycles
    )


def lost(every: int, averaged: bool, drives: int, seed: int = 1) -> float:
    """Share of the damage at HZ, all drives together, that is lost with every n-th point, or the mean of n points."""
    whole = slow = 0.0
    for number in range(drives):
        whole_c = junction(seed + number)
        whole_c = whole_c[: len(whole_c) // every * every]
        slow_c = whole_c.reshape(-1, every).mean(axis=1) if averaged else whole_c[::every]
        whole += damage(whole_c, HZ)
        slow += damage(slow_c, HZ / every)
    return 1.0 - slow / whole


def told_averaged(name: str = "bmw-i3", days: int = 6) -> bool:
    """Whether a twin calls means of a second averaged, and every tenth point of the same drives not."""
    drives, twin = sampled.simulated(name, 41, 3, "commute", days, 10), Twin(load(name))
    means, _ = sampled.verdicts(twin, [sampled.means(drive, 10) for drive in drives], 1_000_000)
    points, _ = sampled.verdicts(twin, [sampled.every(drive, 10) for drive in drives], 1_000_000)
    return bool((means == Validity.AVERAGED).any() and not (points == Validity.AVERAGED).any())
