"""What tells how far a unit is on its way to an end, from its days: level, share of the way, its noise (physics 6).

Levels are logarithms against the unit's own best, so what variant and unit differ by does not matter. A new segment
(another software, sensor, parameter set) goes on where the last one ended: what changed with it is no wear.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.daily import Part
from twin.fleet.life import Fleet, forecast, learn
from twin.fleet.lives import FRACTIONS, Peer, Running
from twin.fleet.prospects import Wear, rates

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

AVERAGED = 10
"""Days of which a level is the mean; fewer tell nothing."""
MEDIAN_SD = 1.4826
FOLLOWING = 0.37
"""Correlation of following days (physics 7.2): so much less a mean of them is worth."""


class Indicator(NamedTuple):
    """A daily figure, and the change at which the life ends."""

    name: str
    field: str  # of EduDay
    validity: str
    end: float  # share of change at the end of life; negative: it falls
    season_ln: float  # SD of what averaging days does not take away
    parts: tuple[Part, ...]  # whose replacement begins it anew

    @property
    def limit(self) -> float:
        """The same as a rise of the level."""
        return abs(math.log1p(self.end))


INDICATORS = (
    Indicator(
        *("cooling", "cooling_conductance_ratio", "cooling_conductance_ratio_validity"),
        *(-0.30, 0.048, (Part.COOLANT, Part.PUMP, Part.UNIT)),
    ),
    Indicator(
        *("module", "module_resistance_ratio", "module_resistance_ratio_validity"),
        *(0.20, 0.03, (Part.POWER_MODULE, Part.UNIT)),
    ),
    # one leg of three by 20 % is 12.5 % over their mean
    Indicator(
        *("module_leg", "leg_resistance_ratio", "leg_resistance_ratio_validity"),
        *(0.125, 0.01, (Part.POWER_MODULE, Part.UNIT)),
    ),
    Indicator("magnets", "magnet_flux_20c_wb", "magnet_flux_validity", -0.03, 0.003, (Part.ROTOR, Part.UNIT)),
    Indicator("efficiency", "loss_ratio", "loss_ratio_validity", 0.20, 0.025, (Part.UNIT,)),
)
"""Ends of life of physics 6: derating begins at -30 % conductance, AQG 324 has +20 % of a module's resistance, -3 % of
flux, +20 % of losses. Drag, brushes and field winding have no such end: their damage alone counts."""


@dataclass(frozen=True, slots=True)
class History:
    """Days of one indicator since its part was new, ascending; all arrays (n,)."""

    day: Whole  # UTC days since 1970
    km: Floats  # driven since new by the end of that day
    level: Floats  # logarithm, rising towards the end of life
    segment: Whole


class Progress(NamedTuple):
    """Where an indicator is on its way: shares of the limit."""

    share: float  # above 1 beyond it
    noise: float  # SD


@dataclass(frozen=True, slots=True)
class Outlook:
    """An indicator, how far it is, and at LEVELS the remaining life in three clocks."""

    indicator: Indicator
    history: History
    progress: Progress
    age_km: float
    km: Floats
    hours: Floats
    days: Floats


def levels(indicator: Indicator, values: Floats) -> Floats:
    """Levels of published values (n,)."""
    logs: Floats = np.log(values)
    return logs if indicator.end > 0.0 else -logs


def rebased(history: History) -> Floats:
    """Levels (n,) with every segment shifted to go on where the one before ended."""
    found = history.level.copy()
    for start in np.flatnonzero(np.diff(history.segment)) + 1:
        after = found[start : start + AVERAGED]
        same = history.segment[start : start + AVERAGED] == history.segment[start]
        found[start:] -= after[same].mean() - found[max(start - AVERAGED, 0) : start].mean()
    return found


def progress(indicator: Indicator, level: Floats) -> Progress | None:
    """Share of the way from the unit's best level to the limit by levels (n,) rebased; None before AVERAGED of them."""
    if len(level) < AVERAGED:
        return None
    means = np.convolve(level, np.full(AVERAGED, 1.0 / AVERAGED), "valid")
    share = float(means[-1] - means.min()) / indicator.limit
    noise = share_noise(indicator, np.array(MEDIAN_SD * np.median(np.abs(np.diff(level)))))
    return Progress(max(share, 0.0), float(noise))


def share_noise(indicator: Indicator, step: Floats) -> Floats:
    """SD of a share by that of the differences between following levels."""
    daily_ln2 = 0.5 * step * step / (1.0 - FOLLOWING)
    mean_ln2 = daily_ln2 * (1.0 + FOLLOWING) / (1.0 - FOLLOWING) / AVERAGED
    noise: Floats = np.sqrt(2.0 * mean_ln2 + indicator.season_ln**2) / indicator.limit
    return noise


def ended(indicator: Indicator, history: History, life_km: float, weight: float = 1.0) -> Peer:
    """A life that has ended, with what its indicator showed on the way."""
    level, shares, noise = rebased(history), np.full(len(FRACTIONS), np.nan), 0.0
    for place, fraction in enumerate(FRACTIONS):
        found = progress(indicator, level[: int(np.searchsorted(history.km, fraction * life_km, "right"))])
        if found:
            shares[place], noise = found
    return Peer(life_km, shares=shares if noise > 0.0 else None, weight=weight, noise=noise)


def kind(peers: Sequence[Peer], design_km: float, running: Running | None = None) -> Fleet:
    """How long units of a kind live until this end, in km: as far as they are designed for, uncertain by a factor of e,
    until peers correct that.
    """
    return learn(peers, design_km, ends_at_limit=True, running=running)


def outlook(indicator: Indicator, fleet: Fleet, history: History, driven: Wear) -> Outlook | None:
    """Remaining life by the indicator; ``driven``: the unit's days, its ``damage`` the km since the part was new.

    None where the indicator tells nothing yet.
    """
    found, clocks = progress(indicator, rebased(history)), rates(driven)
    if found is None or clocks is None:
        return None
    left = forecast(fleet, driven.now, found.share, found.noise)
    spread = left.at_rate(clocks.sd_ln)
    return Outlook(
        indicator, history, found, driven.now, left.quantiles(), spread / clocks.per_hour, spread / clocks.per_day
    )
