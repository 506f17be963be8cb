"""Damage and remaining life: rainflow beside pyLife, sampling, devices run to failure beside ProgPy, simulation."""

import sys
import time

import numpy as np
import pyarrow.parquet as pq
import pylife.stress.rainflow as pylife_rainflow
from numpy.typing import NDArray

from tests.benchmarks.peers.progpy_filter import predicted_end
from tests.benchmarks.prognostics import sampling, simulated
from tests.benchmarks.prognostics.recorded import Fold, Run, bearings, leave_one_out, mosfets
from tests.benchmarks.report import Row, at_least, at_most, progress, run
from tests.cycles import counted, pylife_pairs
from tests.data import reference_data

Floats = NDArray[np.float64]

JUDGED_AT = 0.6
ALONG = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
BEARINGS_AT = (0.5, 0.6, 0.7, 0.8)
FIRST, MEDIAN, LAST = 0, 2, 4  # of LEVELS: the 90 % interval and its middle
SEED = 2026


def error(ends: Floats) -> float:
    """Mean distance of the median from the end, in lives."""
    return float(np.abs(ends[:, MEDIAN] - 1.0).mean())


def holds(ends: Floats) -> NDArray[np.bool_]:
    """Whether the end lies in each 90 % interval."""
    return (ends[:, FIRST] <= 1.0) & (ends[:, LAST] >= 1.0)


def interval_score(ends: Floats) -> float:
    """Of the 90 % interval (Gneiting and Raftery 2007), in lives: width plus 20 times what it misses by."""
    low, high = ends[:, FIRST], ends[:, LAST]
    missed = np.maximum(low - 1.0, 0.0) + np.maximum(1.0 - high, 0.0)
    return float((high - low + 20.0 * missed).mean())


def predictions(folds: list[Fold], fraction: float, indicated: bool = True) -> Floats:
    """(devices, LEVELS) in lives."""
    return np.array([fold.forecast(fraction, indicated) for fold in folds])


def _shares(device: Run, limit: float, until: float = 1.0) -> Floats:
    steps = int(until * len(device.levels))
    return np.nan_to_num(device.shares(limit, np.arange(1, steps + 1) / len(device.levels)))


def progpy(folds: list[Fold], runs: int) -> tuple[float, float]:
    """ProgPy's error on the same devices, mean of so many seeds, and the CPU seconds of one."""
    errors, total_s = [], 0.0
    for fold in folds:
        others = [_shares(other, fold.limit) for other in fold.others]
        for seed in range(runs):
            end, seconds = predicted_end(_shares(fold.run, fold.limit, JUDGED_AT), others, SEED + seed)
            errors.append(abs(end[1] / len(fold.run.levels) - 1.0))
            total_s += seconds / runs
    return float(np.mean(errors)), total_s


def real_mosfets(peer_runs: int) -> list[Row]:
    """Each device predicted from all others; either forecast is timed with what it learns from their lives."""
    progress("MOSFETs")
    runs = mosfets()
    predictions(leave_one_out(runs), JUDGED_AT)  # imports and tables
    began_s = time.process_time()
    folds = leave_one_out(runs)
    ends = predictions(folds, JUDGED_AT)
    own_s = time.process_time() - began_s
    prior = predictions(folds, JUDGED_AT, indicated=False)
    progress("MOSFETs by ProgPy")
    peer_error, peer_s = progpy(folds, peer_runs)
    along = np.concatenate([predictions(folds, fraction) for fraction in ALONG])
    late = float((along[:, FIRST] > 1.0).mean())
    return [
        at_most("mosfet.error_at_60pct", error(ends), "lives", 0.3, error(prior), "life prior"),
        at_most("mosfet.error_ratio_progpy", error(ends) / peer_error, "1", 1.0),
        Row("mosfet.progpy_error_at_60pct", peer_error, "lives"),
        at_most("mosfet.time_ratio_progpy", own_s / peer_s, "1", 0.01, peer_s, "s by ProgPy"),
        at_least("mosfet.devices_in_90pct_interval", float(holds(ends).sum()), f"of {len(ends)}", 2 / 3 * len(ends)),
        at_most("mosfet.interval_score_ratio_prior", interval_score(ends) / interval_score(prior), "1", 1.0),
        at_most("mosfet.error_30_to_80pct", error(along), "lives", 0.3),
        at_most("mosfet.replaced_late", late, "1", 0.1, None, "share of 5 % quantiles after the end, 30-80 % of life"),
    ]


def real_bearings() -> list[Row]:
    """Each bearing predicted from all others: the indicator allows an interval and no point."""
    progress("bearings")
    folds = leave_one_out(bearings())
    held = np.all([holds(predictions(folds, fraction)) for fraction in BEARINGS_AT], axis=0)
    middle = error(predictions(folds, JUDGED_AT))
    return [
        at_least("bearing.bearings_in_90pct_interval", float(held.sum()), f"of {len(held)}", 5 / 6 * len(held)),
        Row("bearing.error_at_60pct", middle, "lives", None, "no promise: the vibration is flat until 90 % of life"),
    ]


def simulation(fleets: int) -> list[Row]:
    """Fleets by the process the forecast assumes: at any age with an indicator, at 60 % of life, and from use alone."""
    progress(f"{fleets} simulated fleets")
    any_age = float(holds(simulated.ends(fleets, SEED, indicated=True)).mean())
    at_60 = simulated.ends(fleets, SEED + 1, indicated=True, fraction=JUDGED_AT)
    usage = float(holds(simulated.ends(fleets, SEED + 2, indicated=False)).mean())
    middle = float(np.median(np.abs(at_60[:, MEDIAN] - 1.0)))
    covered = 0.85 <= any_age <= 0.95
    return [
        Row("plant.coverage90", any_age, "1", 0.9, "stated", "0.85-0.95", covered),
        Row("plant.coverage90_at_60pct", float(holds(at_60).mean()), "1", 0.9, "stated"),
        Row("plant.coverage90_usage_only", usage, "1", 0.9, "stated"),
        at_most("plant.error_at_60pct", middle, "lives", 0.15),
    ]


def rainflow_mismatches(series: int) -> list[Row]:
    """Series whose closed cycles are not those of pyLife: random ones and the torque of every real trip."""
    progress(f"{series} random series and the real trips against pyLife")
    random = np.random.default_rng(SEED)
    given = [random.normal(size=random.integers(2, 500)).cumsum() for _ in range(series)]
    for name in ("tripA", "tripB"):
        table = pq.read_table(reference_data("bmw-i3-trips") / f"{name}.parquet")
        column = next(column for column in table.column_names if "Torque" in column)
        key = next(column for column in table.column_names if "trip" in column.lower())
        trips, torque_nm = table[key].to_numpy(), table[column].to_numpy()
        given += [torque_nm[trips == trip] for trip in np.unique(trips)]
    wrong = 0
    for values in given:
        wire = values.astype(np.float32).astype(np.float64)
        detector = pylife_rainflow.FourPointDetector(recorder=pylife_rainflow.FullRecorder())
        detector.process(wire)
        cuts = tuple(random.integers(0, len(wire), size=3).tolist())
        wrong += counted(wire, cuts=cuts).pairs() != pylife_pairs(detector)
    return [at_most("rainflow.pylife_mismatches", float(wrong), f"of {len(given)}", 0.0)]


def sampling_study(drives: int) -> list[Row]:
    """Junction damage lost against 100 Hz; averaged input has no correction, so a twin has to notice it."""
    progress(f"sampling, {drives} drives")
    point, mean = sampling.lost(100, False, drives), sampling.lost(100, True, drives)
    flagged = mean > point and sampling.told_averaged()
    return [
        at_most("sampling.point_10hz", sampling.lost(10, False, drives), "1", 0.02),
        at_most("sampling.point_1hz", point, "1", 0.08, 0.06, "physics 5.1"),
        Row("sampling.mean_1hz", mean, "1", 0.15, "physics 5.1", "larger than by points, and flagged", flagged),
    ]


def rows() -> list[Row]:
    """All figures."""
    short = "--short" in sys.argv[1:]
    found = rainflow_mismatches(200 if short else 1_000) + sampling_study(2 if short else 8)
    return found + real_mosfets(1 if short else 5) + real_bearings() + simulation(12 if short else 60)


if __name__ == "__main__":
    run("prognosis", rows)
