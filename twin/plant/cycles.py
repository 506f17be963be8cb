"""A vehicle on a driving cycle: what its drive units and its battery need."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.plant.layout import TRIP, recarray
from twin.plant.machines import load, mountings
from twin.plant.unit import SimulatedUnit, Surroundings

_START_S = 1_783_296_000


class Consumption(NamedTuple):
    """Energies of one run over a cycle, per km."""

    distance_km: float
    battery_wh_km: float  # inside the battery's terminals, with auxiliaries
    units_wh_km: float  # at the inverters
    wheel_wh_km: float
    followed_m_s: float  # largest distance from the wanted speed


def consumption(vehicle: str, cycle_m_s: NDArray[np.float64], runs: int = 1) -> Consumption:
    """Drive the nominal vehicle over a cycle, (seconds,) speed [m/s]; the last of ``runs`` counts, the others warm."""
    surroundings = Surroundings(vehicle=0, cycle_m_s=np.asarray(cycle_m_s, np.float64))
    seconds = len(cycle_m_s)
    units_w = np.zeros(seconds)
    wheel_w = np.zeros(seconds)
    for mounting, variant in mountings(vehicle).items():
        machine = load(variant, vehicle, mounting)
        unit = SimulatedUnit(machine, 1, 0, _START_S, surroundings, scatter=False)
        unit.state.temps_c[:] = 24.0
        for run in range(runs):
            trip = recarray(TRIP)
            start_s = _START_S + run * (seconds + 60)
            trip[0] = (start_s, start_s + seconds, run, 0.0, 0.0, 0.0, 0.0)
            unit.state.time_s = start_s
            drive = unit.go_on(trip[0], seconds)
        truth = drive.truth
        units_w += truth.dc_power_w
        wheel_w += truth.shaft_power_w - truth.gear_loss_w
    first = load(next(iter(mountings(vehicle).values())), vehicle).parameters[0]
    carried = sum(load(v, vehicle, place).parameters[0].axle_share for place, v in mountings(vehicle).items())
    battery_w = units_w / carried + first.auxiliary_w
    battery_w += first.battery_resistance_ohm * (battery_w / first.battery_voltage_v) ** 2
    km = float(truth.distance_m[-1] - truth.distance_m[0]) / 1000.0
    followed = np.abs(drive.samples[:, -1] / 3.6 - cycle_m_s).max()
    return Consumption(
        km,
        float(battery_w.sum()) / 3600.0 / km,
        float(units_w.sum()) / 3600.0 / km,
        float(wheel_w.sum()) / 3600.0 / km,
        float(followed),
    )
