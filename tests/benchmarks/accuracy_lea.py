"""The real bench machine: published coefficients in open loop, and identified on one recording for the other.

Physics 2.2. The rows with a goal are of ``lea-pmsm`` with the machine's measured loss map; ``lea.alone`` is the shipped
variant without it.
"""

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from tests import lea
from tests.benchmarks.newton import newton_step
from tests.benchmarks.report import Row, at_most, progress
from twin.identify import free, solve, with_values
from twin.identify.open_loop import Bench, changed
from twin.identify.solve import IDENTIFIED
from twin.identify.thermal import PATTERNS, Temperatures
from twin.variants import Variant, load

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "lea-pmsm-temperature"
SHORT = "--short" in sys.argv[1:]
GOALS = {24: (1.95, 3.9), 60: (2.40, 5.5)}
PUBLISHED = {24: (1.79, 3.80), 60: (2.34, 5.43)}


def rows() -> list[Row]:
    """Mean MSE over the four temperatures and the worst error, for both recordings."""
    if not DATA.is_dir():
        return [Row("lea", None, "", reference_name="reference data lea-pmsm-temperature is not in ../shared/data")]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        mapped = lea.with_loss_map(Path(folder), DATA)
    for profile, (mse_goal, worst_goal) in GOALS.items():
        mse, worst = PUBLISHED[profile]
        mse_k2, worst_k = _errors(mapped, profile)
        name = f"lea.profile{profile}"
        found.append(at_most(f"{name}.mse_k2", mse_k2, "K2", mse_goal, mse, "published network"))
        found.append(at_most(f"{name}.worst_k", worst_k, "K", worst_goal, worst, "published network"))
    for profile in GOALS:
        mse_k2, worst_k = _errors(load("lea-pmsm"), profile)
        found.append(Row(f"lea.alone.profile{profile}.mse_k2", mse_k2, "K2", PUBLISHED[profile][0], "with its map"))
        found.append(Row(f"lea.alone.profile{profile}.worst_k", worst_k, "K", PUBLISHED[profile][1], "with its map"))
    progress("accuracy: lea identified on profile 24, and on 60, which is short and at one speed")
    fits = [(mapped, 24), (mapped, 60)] if SHORT else [(mapped, 24), (load("lea-pmsm"), 24), (mapped, 60)]
    with ProcessPoolExecutor(2) as pool:
        (values, _), *alone, (_, claimed) = pool.map(_fit, *zip(*fits, strict=True))
    mse_k2, _ = _errors(_with(mapped, values), 60)
    found.append(at_most("lea.refit24.profile60.mse_k2", mse_k2, "K2", 2.20, 2.34, "published network"))
    for values, _ in alone:
        mse_k2, _ = _errors(_with(load("lea-pmsm"), values), 60)
        found.append(Row("lea.alone.refit24.profile60.mse_k2", mse_k2, "K2", 2.34, "published network"))
    rotor = float(sum("rotor" in key for key in claimed))
    found.append(at_most("lea.refit60.rotor_numbers_identified", rotor, "1", 0.0))
    return found


def _with(variant: Variant, values: dict[str, float]) -> Variant:
    """The variant as ``edu-twin identify`` leaves it."""
    return changed(variant, with_values(variant.file, values))


def _fit(variant: Variant, profile: int) -> tuple[dict[str, float], set[str]]:
    """Values by key, and the keys the recording identifies; in the short form by the first step of the fit."""
    recorded = lea.recording(DATA, profile)
    measured_c = dict(zip(lea.NODES, recorded.measured_temp_c.T, strict=True))
    target = Temperatures(variant, [Bench(str(profile), recorded.times_us, recorded.samples, measured_c)])
    numbers = free(variant.file, PATTERNS)
    if not SHORT:
        fit = solve(numbers, target, errors=target.errors)
        known = {number.key for number, known in zip(fit.free, fit.identified, strict=True) if known}
        return fit.by_key(), known
    prior_sd = {number.key: number.sd for number in numbers}
    step = newton_step(numbers, target, target.errors, {number.key: number.value for number in numbers})
    known = {one.key for one in step if one.sd <= IDENTIFIED * prior_sd[one.key]}
    return {one.key: one.identified for one in step}, known


def _errors(variant: Variant, profile: int) -> tuple[float, float]:
    recorded = lea.recording(DATA, profile)
    error_k = lea.run(variant, recorded) - recorded.measured_temp_c
    return float(np.mean(error_k**2)), float(np.max(np.abs(error_k)))
