"""The same forecast by ProgPy: its particle filter on the usual exponential growth, and its Monte-Carlo predictor.

Growth c (exp(b t) - 1) of the indicator's share of the way to its limit (Celaya et al., PHM 2011, for these MOSFETs).
The prior of b and c comes from fits to the same other devices, of which ours learns, too. Its noise is the best of six
settings tried on these very devices.
"""

import time
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from progpy import PrognosticsModel
from progpy.predictors import MonteCarlo
from progpy.state_estimators import ParticleFilter
from progpy.uncertain_data import UnweightedSamples
from scipy.optimize import curve_fit

Floats = NDArray[np.float64]

PARTICLES = 200
LEAST_SPREAD_LN = 0.5
LEVELS = (0.05, 0.5, 0.95)


class Growth(PrognosticsModel):  # type: ignore[misc]
    """State: share of the way, ln b per step, ln c, both wandering a little so that particles stay apart."""

    inputs: list[str] = []  # noqa: RUF012
    states = ["share", "ln_b", "ln_c"]  # noqa: RUF012
    outputs = ["share"]  # noqa: RUF012
    events = ["end"]  # noqa: RUF012
    is_vectorized = True
    default_parameters = {  # noqa: RUF012
        "x0": {"share": 0.0, "ln_b": 0.0, "ln_c": 0.0},
        "process_noise": {"share": 2e-3, "ln_b": 0.003, "ln_c": 0.003},
        "measurement_noise": {"share": 0.03},
    }

    def dx(self, x: Any, u: Any) -> Any:
        """d share / dt = b (share + c)."""
        growth = np.atleast_1d(np.exp(x["ln_b"]) * (x["share"] + np.exp(x["ln_c"])))
        return self.StateContainer(np.array([growth, *np.zeros((2, len(growth)))]))

    def output(self, x: Any) -> Any:
        """The share is measured."""
        return self.OutputContainer(np.array([np.atleast_1d(x["share"])]))

    def event_state(self, x: Any) -> dict[str, Any]:
        """1 at the start, 0 at the limit."""
        return {"end": 1.0 - x["share"]}

    def threshold_met(self, x: Any) -> dict[str, Any]:
        """Whether the limit is reached."""
        return {"end": np.asarray(x["share"]) >= 1.0}


def _fit(shares: Floats) -> tuple[float, float]:
    """(ln b, ln c) of one device's whole life."""
    steps = np.arange(len(shares), dtype=float)

    def grown(t: Floats, ln_b: float, ln_c: float) -> Floats:
        return np.exp(ln_c) * np.expm1(np.minimum(np.exp(ln_b) * t, 50.0))

    found, _ = curve_fit(grown, steps, shares, p0=(np.log(3.0 / len(shares)), np.log(0.05)), maxfev=20_000)
    return float(found[0]), float(found[1])


def predicted_end(shares: Floats, others: list[Floats], seed: int) -> tuple[Floats, float]:
    """End of life in steps at LEVELS, from the shares so far and whole lives of others; and the CPU seconds it took."""
    began_s = time.process_time()
    fits = np.array([_fit(other) for other in others])
    spread = np.maximum(fits.std(axis=0, ddof=1), LEAST_SPREAD_LN)
    random = np.random.default_rng(seed)
    np.random.seed(seed)  # noqa: NPY002 - ProgPy draws from the global generator
    drawn = fits.mean(axis=0) + spread * random.normal(size=(PARTICLES, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Growth(dt=1.0)
        start = UnweightedSamples([{"share": 0.0, "ln_b": ln_b, "ln_c": ln_c} for ln_b, ln_c in drawn])
        particles = ParticleFilter(model, start, num_particles=PARTICLES, measurement_noise={"share": 0.03})
        for step, share in enumerate(shares, start=1):
            particles.estimate(float(step), {}, {"share": float(share)})
        step_s = max(len(shares) / 100.0, 1.0)
        horizon = 10.0 * len(shares)
        result = MonteCarlo(model).predict(
            particles.x, lambda t, x=None: model.InputContainer({}), t0=float(len(shares)), dt=step_s, horizon=horizon,
            n_samples=PARTICLES, events=["end"],
        )  # fmt: skip
    ends = np.array([end if end is not None else len(shares) + horizon for end in result.time_of_event.key("end")])
    return np.quantile(ends.astype(float), LEVELS), time.process_time() - began_s
