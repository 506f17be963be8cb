"""The real bench machine ``lea-pmsm``: open loop from the first row of each recording (physics 2.2)."""

from pathlib import Path

import numpy as np

from tests import lea
from tests.benchmarks.report import Row, at_most
from twin.variants import load

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "lea-pmsm-temperature"
GOALS = {24: (1.95, 3.9), 60: (2.40, 5.5)}
PUBLISHED = {24: (1.79, 3.80), 60: (2.34, 5.43)}


def rows() -> list[Row]:
    """Mean MSE over the four temperatures and the worst error, for both recordings."""
    if not DATA.is_dir():
        return [Row("lea", None, "", reference_name="reference data lea-pmsm-temperature is not in ../shared/data")]
    variant = load("lea-pmsm")
    found = []
    for profile, (mse_goal, worst_goal) in GOALS.items():
        recorded = lea.recording(DATA, profile)
        error_k = lea.run(variant, recorded) - recorded.measured_temp_c
        mse, worst = PUBLISHED[profile]
        name = f"lea.profile{profile}"
        found.append(at_most(f"{name}.mse_k2", float(np.mean(error_k**2)), "K2", mse_goal, mse, "published network"))
        found.append(at_most(f"{name}.worst_k", float(np.max(np.abs(error_k))), "K", worst_goal, worst, "as above"))
    return found
