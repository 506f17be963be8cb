"""The simulator: how fast it is, and whether its daily behaviour is what physics 7.2 and 9.1 ask for."""

import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.report import Row, at_least, progress, run
from twin.plant import machines
from twin.plant.layout import NODES
from twin.plant.unit import Drive, SimulatedUnit, Surroundings, day_of

START_S = 1_783_296_000
DAY = day_of(START_S)
UNITS, DAYS = 24, 50
SPEED_DAYS = 6


def speed(name: str, rate: int) -> float:
    """Unit-seconds per second of CPU, standing included in the work but not in the count."""
    unit = SimulatedUnit(machines.load(name), 1, 0, START_S, rate=rate)
    next(unit.drives(DAY, 1))  # compile
    unit = SimulatedUnit(machines.load(name), 1, 1, START_S, rate=rate)
    began_s = time.process_time()
    seconds = sum(len(drive.samples) / rate for drive in unit.drives(DAY, SPEED_DAYS if rate == 1 else 2))
    return seconds / (time.process_time() - began_s)


def daily(number: int) -> dict[int, tuple[float, float, float]]:
    """Day -> log thermal conductance of winding to coolant, log drag of the gear, mean air: what a detector watches.

    Conductance: copper and iron heat over the winding's rise, both averaged over the day's warm driving.
    """
    place = Surroundings(number, region=number % 2, plant=number % 2, batch=number // 6, customer="commute")
    unit = SimulatedUnit(machines.load("bmw-gen5-rear"), 11, number, START_S, place)
    by_day: dict[int, list[Drive]] = defaultdict(list)
    for drive in unit.drives(DAY, DAYS):
        by_day[day_of(drive.trip.start_s)].append(drive)
    return {day: features(drives) for day, drives in by_day.items()}


def features(drives: Iterable[Drive]) -> tuple[float, float, float]:
    """See ``daily``."""
    truth = np.concatenate([drive.truth[len(drive.truth) // 2 :] for drive in drives])
    temps = truth["temps_c"]
    rise_k = temps[:, NODES.index("slot_winding")] - temps[:, NODES.index("jacket_channel")]
    heat_w = truth["copper_loss_w"] + truth["iron_loss_w"]
    moving = np.abs(truth["shaft_power_w"]) > 500.0
    drag = truth["gear_loss_w"][moving].sum() / np.abs(truth["shaft_power_w"][moving]).sum()
    return float(np.log(heat_w.mean() / rise_k.mean())), float(np.log(drag)), float(temps[:, 8].mean())


def autocorrelation(values: NDArray[np.float64]) -> float:
    """Of neighbouring driving days, about the unit's own mean."""
    centred = values - values.mean()
    return float((centred[1:] * centred[:-1]).mean() / (centred * centred).mean())


def statistics() -> list[Row]:
    """Scatter within and between units and autocorrelation of daily features."""
    weekdays: list[dict[str, Any]] = []
    for number in range(UNITS):
        progress(f"unit {number + 1} of {UNITS}, {DAYS} days")
        found = daily(number)
        usual = [value for day, value in sorted(found.items()) if (day - 4) % 7 < 5]
        conductance, drag, _ = np.array(usual).T
        weekdays.append({"conductance": conductance, "drag": drag})
    rows = []
    for name in ("conductance", "drag"):
        within = float(np.median([unit[name].std(ddof=1) for unit in weekdays]))
        between = float(np.std([unit[name].mean() for unit in weekdays], ddof=1))
        rho = float(np.mean([autocorrelation(unit[name]) for unit in weekdays]))
        rows.append(Row(f"daily.{name}.within_sd", within, "log", 0.028, "physics 9.1", "", None))
        rows.append(Row(f"daily.{name}.between_sd", between, "log", 0.20, "physics 9.1", "", None))
        rows.append(Row(f"daily.{name}.autocorrelation", rho, "1", 0.40, "physics 7.2: 0.35-0.44", "", None))
        rows.append(at_least(f"daily.{name}.between_over_within", between / within, "1", 2.0))
    return rows


def rows() -> list[Row]:
    """All figures."""
    found = []
    for name in machines.names():
        progress(f"speed of {name}")
        found.append(at_least(f"unit_seconds_per_s.{name}", speed(name, 1), "1/s", 100_000.0))
    found.append(at_least("unit_seconds_per_s.10hz", speed("bmw-gen5-rear", 10), "1/s", 10_000.0))
    return found + statistics()


if __name__ == "__main__":
    run("plant", rows)
