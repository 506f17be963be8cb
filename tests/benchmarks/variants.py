"""Is a unit of another variant noticed, and a sound one of its own left alone: simulated units that set no limit.

Every variant as every other one, and as itself over customers, climates, seasons and vehicles; at 10 Hz, with sensors
missing and with faults. ``--short``: few units.
"""

import sys
from collections.abc import Iterable, Iterator

import numpy as np

from tests import swaps
from tests.benchmarks.report import Row, at_least, at_most, progress, run
from tests.swaps import CURRENTS, DAY, VOLTAGES, Telemetry, Verdict
from twin.estimators.fit import LIMIT
from twin.plant import faults, machines
from twin.plant.unit import Fault
from twin.variants import names

SHORT = "--short" in sys.argv[1:]
SEED = 6_001
HEALTHY, SWAPPED, SPECIAL = (2, 1, 1) if SHORT else (24, 3, 4)
MINUTES = 120 if SHORT else 240
ONSET_H = 6.0
"""Faults come while a mix-up is still looked for."""


def unnoticed(verdicts: Iterable[Verdict]) -> int:
    return sum(int(np.isnan(verdict.alert_min)) for verdict in verdicts)


def alarms(units: Iterable[tuple[str, Telemetry]]) -> tuple[int, int]:
    """False alarms among units heard by the twin of their own variant, and how many there were."""
    verdicts = [swaps.judged(variant, unit) for variant, unit in units]
    return len(verdicts) - unnoticed(verdicts), len(verdicts)


def of_variant(variant: str) -> Iterator[Row]:
    """Largest misfit of sound units; smallest and slowest of the units taken for another variant."""
    progress(f"{variant}: {HEALTHY} units as themselves, {SWAPPED} as each other variant")
    units = [swaps.telemetry(variant, SEED, number, MINUTES) for number in range(HEALTHY)]
    healthy = max(swaps.judged(variant, unit).misfit for unit in units)
    yield at_most(f"{variant}.healthy_max", healthy, "sum of squares", LIMIT)
    others = [name for name in names() if name != variant]
    taken = {(name, unit): swaps.judged(name, units[unit]) for name in others for unit in range(min(SWAPPED, HEALTHY))}
    (hardest, _), verdict = min(taken.items(), key=lambda item: item[1].misfit)
    yield at_least(f"{variant}.swapped_min", verdict.misfit, "sum of squares", LIMIT, of=f"as {hardest}")
    (slowest, _), verdict = max(taken.items(), key=lambda item: np.nan_to_num(item[1].alert_min, nan=np.inf))
    if np.isnan(verdict.alert_min):
        yield Row(f"{variant}.minutes_to_alert", None, "min", reference_name=f"as {slowest}: no alert", holds=False)
        return
    yield at_most(f"{variant}.minutes_to_alert", verdict.alert_min, "min of driving", MINUTES, of=f"as {slowest}")


def special() -> Iterator[Row]:
    """Sound units in other circumstances: false alarms, and what goes unnoticed when sensors are missing."""
    for name, rate, missing in (
        ("hz10", 10, ()),
        ("no_voltages", 1, VOLTAGES),
        ("no_currents", 1, VOLTAGES + CURRENTS),
    ):
        progress(f"{name}: {SPECIAL} units of each variant")
        units = [
            (variant, swaps.telemetry(variant, SEED + 1, number, MINUTES // 2, rate).without(*missing))
            for variant in machines.names()
            for number in range(SPECIAL)
        ]
        count, of = alarms(units)
        yield at_most(f"{name}.false_alarms", count, f"of {of} units", 0)
        if missing:
            first = [(variant, unit) for place, (variant, unit) in enumerate(units) if place % SPECIAL == 0]
            pairs = [(variant, unit, other) for variant, unit in first for other in names() if other != variant]
            lost = [
                f"{unit_name} as {other}" for unit_name, unit, other in pairs if unnoticed([swaps.judged(other, unit)])
            ]
            yield Row(f"{name}.unnoticed", len(lost), f"of {len(pairs)} pairs", reference_name="; ".join(lost))


def faulty() -> Iterator[Row]:
    """Each fault of physics 7.4 at its usual size, within the hours in which a mix-up is looked for."""
    kinds = list(faults.KINDS)[::5] if SHORT else list(faults.KINDS)
    raised = []
    for kind in kinds:
        progress(f"fault {kind}")
        size = faults.KINDS[kind][1]
        for number, variant in enumerate(machines.names()):
            fault = Fault(kind, size, (DAY + 29 * number % 365) * 86_400 + round(ONSET_H * 3600.0))
            unit = swaps.telemetry(variant, SEED + 2, number, MINUTES // 2, 1, fault)
            if not unnoticed([swaps.judged(variant, unit)]):
                raised.append(f"{kind} of {variant}")
    yield at_most(
        "faults.false_alarms", len(raised), f"of {len(kinds) * len(machines.names())} units", 0, of="; ".join(raised)
    )


def measure() -> list[Row]:
    rows = [row for variant in machines.names() for row in of_variant(variant)]
    return [*rows, *special(), *faulty()]


if __name__ == "__main__":
    run("variants", measure)
