"""The simulator: how fast it is, and whether its daily behaviour is what physics 7.2 and 9.1 ask for."""

import time
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.report import Row, at_least, progress, run
from twin.plant import machines
from twin.plant.layout import END, JACKET, SIGNAL_COLUMN
from twin.plant.thermal import capacities
from twin.plant.unit import Drive, SimulatedUnit, Surroundings, day_of

START_S = 1_783_296_000
DAY = day_of(START_S)
UNITS, DAYS = 24, 50
SPEED_DAYS = 6
MONDAY = 4
WARM_UP_MIN = 6
FEATURES = ("conductance", "drag")
CUSTOMERS = ("motorway", "commute", "mountain")


def speed(name: str, rate: int) -> float:
    """Unit-seconds per second of CPU, standing included in the work but not in the count."""
    unit = SimulatedUnit(machines.load(name), 1, 0, START_S, rate=rate)
    next(unit.drives(DAY, 1))  # compile
    unit = SimulatedUnit(machines.load(name), 1, 1, START_S, rate=rate)
    began_s = time.process_time()
    seconds = sum(len(drive.samples) / rate for drive in unit.drives(DAY, SPEED_DAYS if rate == 1 else 2))
    return seconds / (time.process_time() - began_s)


def daily(number: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Driving days of one unit, and per day FEATURES and USAGE: (n,), (n, 2 + 3)."""
    place = Surroundings(number, region=number % 2, plant=number % 2, batch=number // 6, customer=CUSTOMERS[number % 3])
    unit = SimulatedUnit(machines.load("bmw-gen5-rear"), 11, number, START_S, place)
    capacity = capacities(unit.parameters)
    by_day: dict[int, list[Drive]] = defaultdict(list)
    for drive in unit.drives(DAY, DAYS):
        by_day[day_of(drive.trip.start_s)].append(drive)
    days = sorted(day for day in by_day if (day - MONDAY) % 7 < 5)
    return np.array(days), np.array([features(by_day[day], capacity) for day in days])


def features(drives: Iterable[Drive], capacity: NDArray[np.float64]) -> tuple[float, ...]:
    """What a detector watches and what it corrects for, of one day, as logarithms.

    Conductance: heat that leaves the machine regressed on the winding's rise above the coolant, minute by minute.
    Drag: gear loss per turn. Usage: power, speed, coolant flow. All of it true:
    what remains is the unit, not its sensors.
    """
    product = square = 0.0
    for drive in drives:
        minutes = len(drive.truth) // 60
        loss_w = drive.truth.copper_loss_w + drive.truth.iron_loss_w + drive.truth.rotor_loss_w
        winding_c, coolant_c = drive.truth.temps_c[:, END], drive.truth.temps_c[:, JACKET]
        heat_w, rise_k, level_c = (
            values[: 60 * minutes].reshape(minutes, 60).mean(axis=1)
            for values in (loss_w, winding_c - coolant_c, winding_c)
        )
        warm = slice(WARM_UP_MIN, None)
        left_w = heat_w[1:-1] - capacity[:6].sum() * (level_c[2:] - level_c[:-2]) / 120.0
        product += float((left_w * rise_k[1:-1])[warm].sum())
        square += float((rise_k[1:-1] ** 2)[warm].sum())
    truth = np.concatenate([drive.truth for drive in drives])
    samples = np.concatenate([drive.samples for drive in drives])
    speed = samples[:, SIGNAL_COLUMN["motor_speed_rpm"]].mean()
    flow = samples[:, SIGNAL_COLUMN["coolant_flow_l_min"]].mean()
    power = np.abs(truth["shaft_power_w"]).mean()
    drag = truth["gear_loss_w"].mean() / speed
    return tuple(float(np.log(value)) for value in (product / square, drag, power, speed, flow))


def corrected(features: list[NDArray[np.float64]], column: int) -> list[NDArray[np.float64]]:
    """One feature of all units less what the day's usage explains within units (pooled regression)."""
    usage = [unit[:, len(FEATURES) :] for unit in features]
    inside_x = np.concatenate([x - x.mean(axis=0) for x in usage])
    inside_y = np.concatenate([unit[:, column] - unit[:, column].mean() for unit in features])
    slopes, *_ = np.linalg.lstsq(inside_x, inside_y, rcond=None)
    centre = np.concatenate(usage).mean(axis=0)
    return [unit[:, column] - (x - centre) @ slopes for unit, x in zip(features, usage, strict=True)]


def autocorrelation(values: NDArray[np.float64]) -> float:
    """Of neighbouring driving days, about the unit's own mean."""
    centred = values - values.mean()
    return float((centred[1:] * centred[:-1]).mean() / (centred * centred).mean())


def statistics() -> list[Row]:
    """Scatter within and between units and autocorrelation of daily features, corrected for the day's usage."""
    found = []
    for number in range(UNITS):
        progress(f"unit {number + 1} of {UNITS}, {DAYS} days")
        found.append(daily(number)[1])
    rows = []
    for column, name in enumerate(FEATURES):
        units = corrected(found, column)
        within = float(np.median([unit.std(ddof=1) for unit in units]))
        between = float(np.std([unit.mean() for unit in units], ddof=1))
        rho = float(np.mean([autocorrelation(unit) for unit in units]))
        rows.append(Row(f"daily.{name}.within_sd", within, "log", 0.028, "physics 9.1"))
        rows.append(Row(f"daily.{name}.between_sd", between, "log", 0.20, "physics 9.1"))
        close = 0.25 <= rho <= 0.55
        rows.append(Row(f"daily.{name}.autocorrelation", rho, "1", 0.40, "physics 7.2: 0.35-0.44", "0.25-0.55", close))
        rows.append(at_least(f"daily.{name}.between_over_within", between / within, "1", 3.0, 7.0, "physics 9.1"))
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
