"""Daily features of simulated units, as a detector would form them (physics 4.3, 4.4), and their statistics (7.2).

All of it from the truth: what remains is the unit and its day, not its sensors.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.signals import SIGNALS
from twin.jit import kernel
from twin.plant.gear import drag_torque, mesh_loss, viscosity
from twin.plant.layout import (
    CONDUCTOR,
    END,
    GEARS,
    HOUSING,
    JACKET,
    LINKS,
    NODES,
    OIL,
    ROTOR,
    SIGNAL_COLUMN,
    SLOT,
    TEETH,
    YOKE,
)
from twin.plant.machines import Machine
from twin.plant.thermal import capacities, conductances, integrate
from twin.plant.unit import Drive, SimulatedUnit, day_of

Floats = NDArray[np.float64]
STEADY_K_S, WINDOW_S, LEAST_LOSS_W = 0.05, 60, 500.0
"""Which windows count: the slope of the winding over 60 s, and the mean loss (physics 4.4)."""
LEAST_WINDOWS = 5
LEAST_RISE_K = 2.0  # on the way to the coolant; below it a sensor's offset of 1 K is more than half of what is measured
MONDAY = 4  # day 0 of the UTC epoch was a Thursday
TO_COOLANT = np.array([0, 1, 2, 3, 4, 5, 6, 16])
"""Which LINKS the winding's heat takes to the coolant; oil and rotor are side ways."""
HARDER = 0.1


class Day(NamedTuple):
    """Logarithms of a unit's day against the nominal machine."""

    conductance: float  # winding to coolant
    drag: float  # gear, bearings, oil


@kernel
def nominal_winding(
    m: Any, resistance: float, heat_w: Floats, coolant_c: Floats, air_c: Floats, rpm: Floats, flow: Floats,
    speed_m_s: Floats, first_c: Floats, out_c: Floats,
) -> None:  # fmt: skip
    """Fill (n,) winding temperatures of the nominal machine, ``resistance`` times as far from the coolant, for the same
    losses, coolant, flow and wind.
    """
    temps_c, capacity, link_w_k = first_c.copy(), capacities(m), np.empty(LINKS.shape[0])
    for second in range(out_c.size):
        out_c[second] = 0.8 * temps_c[END] + 0.2 * temps_c[SLOT]
        temps_c[JACKET] = coolant_c[second]
        housing_w_k, _, _ = conductances(m, temps_c, rpm[second], flow[second], speed_m_s[second], link_w_k)
        link_w_k[TO_COOLANT] /= resistance
        integrate(capacity, link_w_k, housing_w_k, 0.0, 0.0, air_c[second], heat_w[second], 0.25, 4, temps_c)


@kernel
def nominal_gear_loss(m: Any, rpm: Floats, torque_nm: Floats, oil_c: Floats) -> float:
    """Energy [J] the nominal gear would have lost at the same speeds, torques and oil temperatures."""
    total_j = 0.0
    for second in range(rpm.size):
        thick = viscosity(m, oil_c[second])
        bearing_nm, churned_nm = drag_torque(m, rpm[second], thick, 1.0)
        total_j += mesh_loss(m, rpm[second], torque_nm[second], thick)
        total_j += (bearing_nm + churned_nm) * abs(rpm[second]) * np.pi / 30.0
    return total_j


def _heat(m: Any, truth: Any) -> Floats:
    """(n, NODES) heat [W] of the measured losses, dealt to the nodes as in the nominal machine."""
    heat_w = np.zeros((len(truth), len(NODES)))
    for loss, node, share in (
        ("copper", END, m.end_winding_share),
        ("copper", SLOT, 1.0 - m.end_winding_share),
        ("iron", TEETH, 0.58),
        ("iron", YOKE, 0.42),
        ("rotor", CONDUCTOR, 0.85),
        ("rotor", ROTOR, 0.15),
        ("gear", GEARS, 0.7),
        ("gear", OIL, 0.2),
        ("gear", HOUSING, 0.1),
    ):
        heat_w[:, node] += share * truth[f"{loss}_loss_w"]
    return heat_w


class Windows(NamedTuple):
    """Winding temperatures of the steady minutes that count, each (n,) [K]."""

    excess_k: Floats  # of the unit over the nominal machine
    per_resistance_k: Floats  # what a nominal machine as far again from the coolant would have more
    by_air_k: Floats  # of the nominal machine over the coolant, had it no losses


def windows(nominal: Any, drive: Drive) -> Windows:
    """The steady minutes of a drive in which the losses tell the way to the coolant."""
    truth, count = drive.truth, len(drive.truth) // WINDOW_S
    signal = {s.name: np.ascontiguousarray(drive.samples[:, SIGNAL_COLUMN[s.name]]) for s in SIGNALS}
    coolant_c = np.ascontiguousarray(truth.temps_c[:, JACKET])
    heat_w = _heat(nominal, truth)

    def winding_c(resistance: float, heat_w: Floats) -> Floats:
        found_c = np.empty(len(truth))
        nominal_winding(
            nominal, resistance, heat_w, coolant_c, signal["ambient_temp_c"], signal["motor_speed_rpm"],
            signal["coolant_flow_l_min"], signal["vehicle_speed_km_h"] / 3.6, truth.temps_c[0], found_c,
        )  # fmt: skip
        return found_c

    own_c, nominal_c = 0.8 * truth.temps_c[:, END] + 0.2 * truth.temps_c[:, SLOT], winding_c(1.0, heat_w)
    per_resistance_k = (winding_c(1.0 + HARDER, heat_w) - nominal_c) / HARDER
    loss_w = truth.copper_loss_w + truth.iron_loss_w + truth.rotor_loss_w
    columns = (own_c, loss_w, own_c - nominal_c, per_resistance_k, winding_c(1.0, np.zeros_like(heat_w)) - coolant_c)
    cut = [column[: count * WINDOW_S].reshape(count, WINDOW_S) for column in columns]
    lever_s = np.arange(WINDOW_S) - 0.5 * (WINDOW_S - 1)
    slope_k_s = cut[0] @ lever_s / (lever_s @ lever_s)
    _, mean_loss_w, *found = (column.mean(axis=1) for column in cut)
    chosen = (np.abs(slope_k_s) < STEADY_K_S) & (mean_loss_w > LEAST_LOSS_W) & (found[1] > LEAST_RISE_K)
    return Windows(*(column[chosen] for column in found))


def conductance(days: Mapping[int, Windows]) -> dict[int, float]:
    """Logarithm of G_est / G_nominal(q) of each day, by least squares over its windows.

    How well the unit is cooled by the air is one more unknown of it, the same every day: else it would be the
    weather that is measured.
    """
    days = {day: found for day, found in days.items() if len(found.excess_k) >= LEAST_WINDOWS}
    if not days:
        return {}

    def per_day(column: int) -> list[float]:
        return [
            float(d.per_resistance_k @ d[column] / (d.per_resistance_k @ d.per_resistance_k)) for d in days.values()
        ]

    further, of_air = per_day(0), per_day(2)
    rests = [
        (d.excess_k - a * d.per_resistance_k, d.by_air_k - b * d.per_resistance_k)
        for d, a, b in zip(days.values(), further, of_air, strict=True)
    ]
    air = sum(excess @ by_air for excess, by_air in rests) / sum(by_air @ by_air for _, by_air in rests)
    resistances = [a - air * b for a, b in zip(further, of_air, strict=True)]
    return {day: -float(np.log1p(r)) for day, r in zip(days, resistances, strict=True) if r > -1.0}


def drag(nominal: Any, drives: Iterable[Drive]) -> float:
    """Logarithm of the gear's losses of a day against the nominal machine's."""
    lost_j, nominal_lost_j = 0.0, 0.0
    for drive in drives:
        truth = drive.truth
        rpm = truth.shaft_power_w / np.where(truth.torque_nm == 0.0, np.inf, truth.torque_nm) * 30.0 / np.pi
        lost_j += float(truth.gear_loss_w[rpm != 0.0].sum())
        nominal_lost_j += nominal_gear_loss(nominal, rpm, truth.torque_nm.copy(), truth.temps_c[:, OIL].copy())
    return float(np.log(lost_j / nominal_lost_j))


def of_unit(machine: Machine, unit: SimulatedUnit, first_day: int, days: int) -> dict[int, Day]:
    """UTC day -> features of a unit's working days that have them."""
    by_day: dict[int, list[Drive]] = defaultdict(list)
    for drive in unit.drives(first_day, days):
        day = day_of(drive.trip.start_s)
        if (day - MONDAY) % 7 < 5:
            by_day[day].append(drive)
    nominal = machine.parameters[0]
    steady = {day: [windows(nominal, drive) for drive in drives] for day, drives in by_day.items()}
    kappa = conductance({day: Windows(*map(np.concatenate, zip(*of, strict=True))) for day, of in steady.items()})
    return {day: Day(value, drag(nominal, by_day[day])) for day, value in kappa.items()}


def peer_referenced(units: Sequence[Mapping[int, float]], strata: Sequence[int]) -> list[dict[int, float]]:
    """Days of each unit less what its stratum has in common that day: the median deviation from the own means."""
    means = [float(np.mean(list(unit.values()))) for unit in units]
    common: dict[tuple[int, int], list[float]] = defaultdict(list)
    for unit, mean, stratum in zip(units, means, strata, strict=True):
        for day, value in unit.items():
            common[stratum, day].append(value - mean)
    median = {key: float(np.median(values)) for key, values in common.items()}
    return [
        {day: value - median[stratum, day] for day, value in unit.items()}
        for unit, stratum in zip(units, strata, strict=True)
    ]


class Scatter(NamedTuple):
    """Of a daily feature: SD of days about their unit's mean, SD of the units' means, correlation of following days.

    Of days and of following days the median over the units.
    """

    within: float
    between: float
    autocorrelation: float


def scatter(units: Sequence[Mapping[int, float]]) -> Scatter:
    """Statistics of units' days."""
    days = [np.array([unit[day] for day in sorted(unit)]) for unit in units]
    centred = [values - values.mean() for values in days]
    return Scatter(
        float(np.median([values.std(ddof=1) for values in days])),
        float(np.std([values.mean() for values in days], ddof=1)),
        float(np.median([(c[1:] * c[:-1]).mean() / (c * c).mean() for c in centred])),
    )
