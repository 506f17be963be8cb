"""Units of the simulator heard by twins of any variant: how well they fit, and when the twin says that they do not."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.alerts import UnitAlert
from tests import drives
from twin.estimators import fit
from twin.layout import SAMPLE
from twin.plant import machines
from twin.plant.unit import CLIMATES, Fault, SimulatedUnit, Surroundings
from twin.twin import Twin
from twin.variants import load

DAY = 20_454
MINUTE_S = 60
MISMATCH = int(UnitAlert.VARIANT_MISMATCH)
CUSTOMERS = ("motorway", "commute", "mountain", "city", "delivery")
VOLTAGES = ("u_d_v", "u_q_v")
CURRENTS = ("i_d_a", "i_q_a", "field_current_a", "field_voltage_v")


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Drives of a unit, one after the other; ``times_us`` (n,), ``samples`` (n,) SAMPLE."""

    times_us: NDArray[np.int64]
    samples: NDArray[Any]
    rate: int

    def without(self, *names: str) -> "Telemetry":
        """The same unit with fewer sensors."""
        samples = self.samples.copy()
        for name in names:
            samples[name] = np.nan
        return Telemetry(self.times_us, samples, self.rate)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Largest misfit of the drives, and minutes of driving until the alert; NaN: none."""

    misfit: float
    alert_min: float


@cache
def places(variant: str) -> tuple[tuple[str, str], ...]:
    """(vehicle, mounting) of all vehicles with the variant."""
    return tuple(
        (vehicle, mounting)
        for vehicle in machines.vehicles(variant)
        for mounting, mounted in machines.mountings(vehicle).items()
        if mounted == variant
    )


def telemetry(variant: str, seed: int, number: int, minutes: int, rate: int = 1, *faults: Fault) -> Telemetry:
    """At least so many minutes of driving; vehicle, customer, climate and season go round with the number."""
    vehicle, mounting = places(variant)[number % len(places(variant))]
    climate = list(CLIMATES)[number % len(CLIMATES)]
    customer = CUSTOMERS[(number + number // len(CUSTOMERS)) % len(CUSTOMERS)]
    place = Surroundings(number, number % 3, climate, number % 3, number % 5, customer)
    day = DAY + 29 * number % 365
    start_s = day * 86_400
    unit = SimulatedUnit(machines.load(variant, vehicle, mounting), seed, number, start_s, place, faults, rate)
    times, samples = [], []
    for drive in unit.drives(day, 30):
        tenths = drive.truth["time_s"] * 10 + drive.truth["part"]
        times.append(tenths * 100_000)
        samples.append(drive.samples)
        if sum(map(len, samples)) >= minutes * MINUTE_S * rate:
            break
    heard = np.ascontiguousarray(np.concatenate(samples)).view(SAMPLE).reshape(-1)
    return Telemetry(np.concatenate(times), heard, rate)


@cache
def twin(variant: str) -> Twin:
    return Twin(load(variant))


def judged(believed: str, unit: Telemetry) -> Verdict:
    """What the twin of variant ``believed`` makes of the unit, looked at once a minute."""
    rows = twin(believed).new_rows()
    rows.add()
    misfit, alert_min = 0.0, np.nan
    step = MINUTE_S * unit.rate
    for first in range(0, len(unit.samples), step):
        part = slice(first, first + step)
        frames = drives.frames(len(unit.samples[part]))
        results = twin(believed).step(rows, frames, unit.times_us[part], unit.samples[part])
        misfit = max(misfit, float(fit.misfit(rows.records[0])))
        opened = (results.alerts["alert"] == MISMATCH) & (results.alerts["opened"] == 1)
        if np.isnan(alert_min) and opened.any():
            alert_min = rows.records[0].segment_driven_s / MINUTE_S
    return Verdict(misfit, float(alert_min))
