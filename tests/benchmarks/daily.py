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
LEAST_RISE_K = 3.0  # of the nominal machine; below it a sensor's offset of 1 K is more than a third
MONDAY = 4  # day 0 of the UTC epoch was a Thursday


class Day(NamedTuple):
    """Logarithms of a unit's day against the nominal machine."""

    conductance: float  # winding to coolant
    drag: float  # gear, bearings, oil


@kernel
def nominal_winding(
    m: Any, heat_w: Floats, coolant_c: Floats, air_c: Floats, rpm: Floats, flow: Floats, first_c: Floats, out_c: Floats
) -> None:
    """Fill (n,) winding temperatures of the nominal machine for the same losses, coolant and flow."""
    temps_c, capacity, link_w_k = first_c.copy(), capacities(m), np.empty(LINKS.shape[0])
    for second in range(out_c.size):
        out_c[second] = 0.8 * temps_c[END] + 0.2 * temps_c[SLOT]
        temps_c[JACKET] = coolant_c[second]
        housing_w_k, _, _ = conductances(m, temps_c, rpm[second], flow[second], 20.0, link_w_k)
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


def windows(nominal: Any, drive: Drive) -> tuple[Floats, Floats]:
    """Rise of the winding over the coolant [K] in the windows that count: of the unit and of the nominal machine."""
    truth, count = drive.truth, len(drive.truth) // WINDOW_S
    signal = {s.name: np.ascontiguousarray(drive.samples[:, SIGNAL_COLUMN[s.name]]) for s in SIGNALS}
    coolant_c = np.ascontiguousarray(truth.temps_c[:, JACKET])
    winding_c = 0.8 * truth.temps_c[:, END] + 0.2 * truth.temps_c[:, SLOT]
    nominal_c = np.empty(len(truth))
    nominal_winding(
        nominal, _heat(nominal, truth), coolant_c, signal["ambient_temp_c"], signal["motor_speed_rpm"],
        signal["coolant_flow_l_min"], truth.temps_c[0], nominal_c,
    )  # fmt: skip
    loss_w = truth.copper_loss_w + truth.iron_loss_w + truth.rotor_loss_w
    cut = [v[: count * WINDOW_S].reshape(count, WINDOW_S) for v in (winding_c, loss_w, coolant_c, nominal_c)]
    lever_s = np.arange(WINDOW_S) - 0.5 * (WINDOW_S - 1)
    slope_k_s = cut[0] @ lever_s / (lever_s @ lever_s)
    chosen = (np.abs(slope_k_s) < STEADY_K_S) & (cut[1].mean(axis=1) > LEAST_LOSS_W)
    own_k, nominal_k = (cut[0] - cut[2]).mean(axis=1), (cut[3] - cut[2]).mean(axis=1)
    chosen &= nominal_k > LEAST_RISE_K
    return own_k[chosen], nominal_k[chosen]


def of_day(nominal: Any, drives: Iterable[Drive]) -> Day | None:
    """The day's features, None where too little of it was steady.

    Conductance: the nominal machine's rise for the same losses over the unit's, G_est / G_nominal(q) by least squares.
    """
    rises, nominal_rises, lost_j, nominal_lost_j = [], [], 0.0, 0.0
    for drive in drives:
        own_k, nominal_k = windows(nominal, drive)
        rises.append(own_k)
        nominal_rises.append(nominal_k)
        truth = drive.truth
        rpm = truth.shaft_power_w / np.where(truth.torque_nm == 0.0, np.inf, truth.torque_nm) * 30.0 / np.pi
        lost_j += float(truth.gear_loss_w[rpm != 0.0].sum())
        nominal_lost_j += nominal_gear_loss(nominal, rpm, truth.torque_nm.copy(), truth.temps_c[:, OIL].copy())
    own_k, nominal_k = np.concatenate(rises), np.concatenate(nominal_rises)
    if len(own_k) < LEAST_WINDOWS or own_k @ nominal_k <= 0.0:
        return None
    return Day(float(np.log(nominal_k @ nominal_k / (own_k @ nominal_k))), float(np.log(lost_j / nominal_lost_j)))


def of_unit(machine: Machine, unit: SimulatedUnit, first_day: int, days: int) -> dict[int, Day]:
    """UTC day -> features of a unit's working days that have them."""
    by_day: dict[int, list[Drive]] = defaultdict(list)
    for drive in unit.drives(first_day, days):
        by_day[day_of(drive.trip.start_s)].append(drive)
    nominal = machine.parameters[0]
    found = {day: of_day(nominal, drives) for day, drives in by_day.items() if (day - MONDAY) % 7 < 5}
    return {day: features for day, features in found.items() if features}


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

    Robust, as few units drive too gently to be measured well: medians over the units, the means' quartiles over 1.349.
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
        float(np.subtract(*np.percentile([values.mean() for values in days], [75, 25]))) / 1.349,
        float(np.median([(c[1:] * c[:-1]).mean() / (c * c).mean() for c in centred])),
    )
