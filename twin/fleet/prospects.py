"""How long a component of a unit will go on, in km, hours of driving and days: from what its days wore (physics 6).

A law's damage of 1 is the life that a stated share of components does not reach; the life of an average one is longer.
What the future rate of wear will be is not known either: it is as uncertain as the unit's weeks differ.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.components import Component, Law
from twin.fleet.life import Fleet, forecast, learn
from twin.fleet.lives import Peer, Running
from twin.layout import LAW_SD_LN

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

WEEK = 7
RATE_WEEKS = 13
"""The rate of wear is that of the newest so many weeks, the running one included."""
DRIFT_LN = 0.2
"""SD of the logarithm of a rate over years: another driver, another job of the vehicle."""
WEEKLY_LN, WEEKLY_WORTH = 0.5, 4.0
"""What the weeks of a unit differ by before they are seen, and how many weeks that counts for."""
OTHER_VARIANT_WEIGHT = 0.4
"""Of a peer of another variant on the same base (physics 6: 0.3 .. 0.5)."""


@dataclass(frozen=True, slots=True)
class Scatter:
    """How lives scatter about a law: SD of their logarithm, and the standard normal deviate the law's 1 stands at."""

    spread_ln: float
    deviate: float

    @property
    def median(self) -> float:
        """Damage at which half of the components have ended."""
        return math.exp(-self.deviate * self.spread_ln)


SUMMED = tuple(Component)[: len(LAW_SD_LN)]
"""Components with a damage sum; magnets have a margin instead."""
_B1, _B10, _B15 = -2.326, -1.282, -1.036
_DEVIATES = {Law.AN21: _B15, Law.ISO_281: _B10, Law.ISO_6336: _B1}
"""AN 21-001 states B15 lives, ISO 281 L10, ISO 6336 stresses of 1 % failures, the others medians of tests."""


def scatter(component: Component, law: Law) -> Scatter:
    """How lives of a component scatter about a law. ValueError for magnets, which have no damage sum."""
    if component not in SUMMED:
        raise ValueError(f"{component.name.lower()} have no damage sum: their margin is in the day record")
    return Scatter(LAW_SD_LN[component], _DEVIATES.get(law, 0.0))


@dataclass(frozen=True, slots=True)
class Wear:
    """What one component of a unit wore, day by day; days ascend, those without driving are absent.

    ``before``: damage of the part from before the first day; ``since``: number of the part's first day, those before it
    only tell how the unit is used. All arrays (n,).
    """

    day: Days  # UTC days since 1970
    km: Floats
    hours: Floats
    damage: Floats
    before: float = 0.0
    since: int = 0

    @property
    def now(self) -> float:
        """Damage so far."""
        return self.before + float(self.damage[self.since :].sum())


@dataclass(frozen=True, slots=True)
class Rates:
    """Damage per km, hour of driving and day of the calendar, and the SD of the logarithm of what they will be."""

    per_km: float
    per_hour: float
    per_day: float
    sd_ln: float


@dataclass(frozen=True, slots=True)
class Prospect:
    """Damage so far, its rates, and at LEVELS the damage it ends at and the remaining life in three clocks."""

    damage: float
    rates: Rates
    ends_at: Floats
    km: Floats
    hours: Floats
    days: Floats


def weekly_rates(km: Floats, hours: Floats, damage: Floats, span_days: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Damage per km, hour and day (n,) of units, and the SD of their logarithm; NaN without damage or distance.

    km, hours, damage: (n, weeks), the newest; span_days: (n,) days of the calendar in which they were.
    """
    total_km, total_hours, total = km.sum(axis=1), hours.sum(axis=1), damage.sum(axis=1)
    known = (total_km > 0.0) & (total_hours > 0.0) & (total > 0.0)
    driven = (km > 0.0) & (damage > 0.0)
    count = np.maximum(driven.sum(axis=1), 1)
    logs = np.log(np.where(driven, damage, 1.0) / np.where(driven, km, 1.0))
    mean = logs.sum(axis=1) / count
    seen = (np.where(driven, logs - mean[:, None], 0.0) ** 2).sum(axis=1)
    weekly = (WEEKLY_WORTH * WEEKLY_LN**2 + seen) / (WEEKLY_WORTH + count - 1.0)
    total = np.where(known, total, np.nan)
    one = np.where(known, 1.0, np.nan)
    clocks = (total / (one * total_km), total / (one * total_hours), total / span_days)
    return *clocks, one * np.sqrt(weekly / count + DRIFT_LN**2)


def rates(wear: Wear) -> Rates | None:
    """Rates of the newest RATE_WEEKS; None without damage or distance."""
    if not len(wear.day):
        return None
    first = wear.day[-1] // WEEK - RATE_WEEKS + 1
    newest = wear.day >= first * WEEK
    week = wear.day[newest] // WEEK - first
    span = np.array([float(wear.day[-1] - max(int(wear.day[0]), int(first) * WEEK) + 1)])

    def by_week(values: Floats) -> Floats:
        summed: Floats = np.bincount(week, values[newest], RATE_WEEKS).astype(np.float64)
        return summed[None]

    found = [float(one[0]) for one in weekly_rates(by_week(wear.km), by_week(wear.hours), by_week(wear.damage), span)]
    return None if math.isnan(found[0]) else Rates(*found)


def lives(component: Component, law: Law, peers: Sequence[Peer] = (), running: Running | None = None) -> Fleet:
    """How long components of a kind live, in damage by a law; the law itself is uncertain, and peers correct it.

    ``peers``: ages in damage of the same component in other units, those that ended and those that run; ``running``:
    those that run, as arrays. Raises ValueError for magnets, which have no damage sum.
    """
    known = scatter(component, law)
    return learn(peers, known.median, known.spread_ln, running=running)


def prospect(fleet: Fleet, wear: Wear) -> Prospect | None:
    """Remaining life of a component among ``lives`` of its kind, by use alone: its spread does not shrink with age.

    None where nothing wears.
    """
    found = rates(wear)
    if found is None:
        return None
    left = forecast(fleet, wear.now)
    spread = left.at_rate(found.sd_ln)
    clocks = (found.per_km, found.per_hour, found.per_day)
    return Prospect(wear.now, found, wear.now + left.quantiles(), *(spread / rate for rate in clocks))
