"""Changes of a unit against its own normal: CUSUM for steps, GLR over 60 days for slow ramps (physics 7.2).

A day's residual over its SD has the part that repeats the day before taken out (AR(1)) and is clipped: one day may say
only so much. A change is real when the sum says so and its mean size is worth somebody's time.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.fleet.features import DOWN, GATE, PAGE, UP, Flags, Floats
from twin.fleet.rules import ChangeRules
from twin.fleet.units import BLOCK_DAYS, BLOCKS

FAR_SD = 6.0
"""What a day leaves behind for the next one's repetition, at most."""
NEAR_SD, NEAR_PAGES = 8.0, 1.2
"""A day's part in the mean size of a change is no larger."""
LEVEL_GAIN = 0.25
CAP = 2.0
"""Sums stay within so many limits: an alert must be able to end."""


class Changes(NamedTuple):
    """Of each unit and feature (n, features)."""

    size: Floats  # mean change since it began, signed
    sum: Floats  # of the side it is on
    ramp: Floats  # GLR statistic, 0 between the days it is computed


def whiten(u: NDArray[Any], x: Floats, day: int, rules: ChangeRules) -> Floats:
    """Standardised residuals (n, features) without what they repeat of the last valid day; remembers them."""
    seen = np.isfinite(x)
    now = np.clip(np.where(seen, x, 0.0), -FAR_SD, FAR_SD)
    gap = day - u["last_x_day"].astype(np.int64)
    rho = np.where(gap > 0, rules.autocorrelation ** np.clip(gap, 1, 60), 0.0)
    fresh = (now - rho * u["last_x"]) / np.sqrt(1.0 - rho**2)
    newest = seen & (gap > 0)
    u["last_x"] = np.where(newest, now, u["last_x"])
    u["last_x_day"] = np.where(newest, day, u["last_x_day"])
    return np.where(seen, np.clip(fresh, -rules.clip_sd, rules.clip_sd), np.nan)


def _cusum(u: NDArray[Any], side: str, said: Floats, residual: Floats, seen: Flags, rules: ChangeRules) -> None:
    """One day of one side; its mean size is over the days since the sum left zero."""
    total = np.clip(u[side] + said - rules.slack_sd, 0.0, CAP * rules.page_limit)
    risen = total > 0.0
    sums, days = u[f"{side}_sum"] + residual, np.minimum(u[f"{side}_days"] + 1, np.iinfo(np.int16).max)
    u[side] = np.where(seen, total, u[side])
    u[f"{side}_sum"] = np.where(seen, np.where(risen, sums, 0.0), u[f"{side}_sum"])
    u[f"{side}_days"] = np.where(seen, np.where(risen, days, 0), u[f"{side}_days"])


def _blocks(u: NDArray[Any], said: Floats, day: int) -> None:
    """Add a day to its block of five; blocks that have come round again are emptied."""
    number = day // BLOCK_DAYS
    newest = u["block_number"].astype(np.int64)
    for back in range(BLOCKS):
        stale = newest < number - back
        u["block"][stale, (number - back) % BLOCKS] = 0.0
        u["block_days"][stale, (number - back) % BLOCKS] = 0
    u["block_number"] = np.maximum(newest, number)
    kept = number > u["block_number"] - BLOCKS
    at = number % BLOCKS
    u["block"][kept, at] += np.nan_to_num(said[kept])
    u["block_days"][kept, at] += np.isfinite(said[kept]).astype(np.uint8)


def ramp_statistic(u: NDArray[Any], day: int) -> Floats:
    """Largest (sum x)^2 / n over beginnings at any block until today, with the sign of the sum (n, features)."""
    newest = day // BLOCK_DAYS
    best = np.zeros((len(u), u["block"].shape[2]))
    total, days = np.zeros_like(best), np.zeros_like(best)
    for back in range(BLOCKS):
        at = (newest - back) % BLOCKS
        total += u["block"][:, at]
        days += u["block_days"][:, at]
        statistic = np.sign(total) * total**2 / np.maximum(days, 1.0)
        best = np.where(np.abs(statistic) > np.abs(best), statistic, best)
    return best


def follow(u: NDArray[Any], residual: Floats, day_sd: Floats, judged: Flags, day: int, rules: ChangeRules) -> Changes:
    """Take one day: residuals (NaN: none) and their SD (n, features); ``judged``: the normal is known well enough."""
    seen = np.isfinite(residual) & judged
    x = np.where(seen, residual / day_sd, np.nan)
    said = whiten(u, x, day, rules)
    reach = np.maximum(NEAR_SD * day_sd, NEAR_PAGES * PAGE)
    near = np.where(seen, np.clip(residual, -reach, reach), 0.0)
    _cusum(u, "up", np.nan_to_num(said), near, seen, rules)
    _cusum(u, "down", -np.nan_to_num(said), near, seen, rules)
    u["level"] = np.where(seen, u["level"] + LEVEL_GAIN * (near - u["level"]), u["level"])
    _blocks(u, said, day)
    up, down = np.where(UP, u["up"], 0.0), np.where(DOWN, u["down"], 0.0)
    side = np.where(up >= down, "up", "down") == "up"
    mean_up, mean_down = (u[f"{s}_sum"] / np.maximum(u[f"{s}_days"], 1) for s in ("up", "down"))
    size = np.where(side, mean_up, mean_down).astype(np.float64)
    last_of_block = day % BLOCK_DAYS == BLOCK_DAYS - 1
    ramp = ramp_statistic(u, day) if last_of_block else np.zeros_like(size)
    ramp = np.where((ramp > 0.0) & UP, ramp, np.where((ramp < 0.0) & DOWN, ramp, 0.0))
    return Changes(size, np.maximum(up, down), ramp)


def pending(u: NDArray[Any], rules: ChangeRules) -> Flags:
    """Where a change may be under way (n, features): its days must not become normal."""
    under_way: Flags = (np.maximum(u["up"], u["down"]) >= rules.limit / 2.0) | (np.abs(u["level"]) > GATE / 2.0)
    return under_way
