"""How long a component of a unit will go on, in km, hours of driving and days: from what its days wore (physics 6).

A law's damage of 1 is the life that a stated share of components does not reach; the life of an average one is longer.
What the future rate of wear will be is not known either: it is as uncertain as the unit's weeks differ.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.components import Component
from twin.fleet.life import Fleet, forecast, learn
from twin.fleet.lives import Peer
from twin.layout import LAW_SD_LN

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

RATE_DAYS = 90
"""The rate of wear is that of the newest so many days."""
WEEK = 7
DRIFT_LN = 0.2
"""SD of the logarithm of a rate over years: another driver, another job of the vehicle."""
WEEKLY_LN, WEEKLY_WORTH = 0.5, 4.0
"""What the weeks of a unit differ by before they are seen, and how many weeks that counts for."""
OTHER_VARIANT_WEIGHT = 0.4
"""Of a peer of another variant on the same base (physics 6: 0.3 .. 0.5)."""


@dataclass(frozen=True, slots=True)
class Law:
    """How lives scatter about a law: SD of their logarithm, and the standard normal deviate the law's 1 stands at."""

    spread_ln: float
    deviate: float

    @property
    def median(self) -> float:
        """Damage at which half of the components have ended."""
        return math.exp(-self.deviate * self.spread_ln)


_B1, _B10, _B15 = -2.326, -1.282, -1.036
_DEVIATES = {
    Component.BOND_WIRES: _B15,
    Component.SOLDER: _B15,
    Component.DRIVE_END_BEARING: _B10,
    Component.GEAR_BEARING: _B10,
    Component.PITTING_DRIVING: _B1,
    Component.PITTING_BRAKING: _B1,
    Component.BENDING_DRIVING: _B1,
    Component.BENDING_BRAKING: _B1,
}
LAWS = {
    component: Law(spread_ln, _DEVIATES.get(component, 0.0))
    for component, spread_ln in zip(Component, LAW_SD_LN, strict=False)
}
"""AN 21-001 states B15 lives, ISO 281 L10, ISO 6336 stresses of 1 % failures, the others medians. Magnets have a margin
and no sum."""


@dataclass(frozen=True, slots=True)
class Wear:
    """What one component of a unit wore, day by day; days ascend, those without driving are absent.

    ``before``: damage from before the first day. All arrays (n,).
    """

    day: Days  # UTC days since 1970
    km: Floats
    hours: Floats
    damage: Floats
    before: float = 0.0

    @property
    def now(self) -> float:
        """Damage so far."""
        return self.before + float(self.damage.sum())


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


def rates(wear: Wear) -> Rates | None:
    """Rates of the newest RATE_DAYS; None without damage or distance."""
    if not len(wear.day):
        return None
    newest = wear.day > wear.day[-1] - RATE_DAYS
    damage, km, hours = wear.damage[newest], wear.km[newest], wear.hours[newest]
    if not (damage.sum() > 0.0 and km.sum() > 0.0 and hours.sum() > 0.0):
        return None
    span_days = float(wear.day[-1] - wear.day[newest][0] + 1)
    weeks = (wear.day[newest] - wear.day[newest][0]) // WEEK
    by_week = np.bincount(weeks, damage)
    of_week = np.bincount(weeks, km)
    driven = (of_week > 0.0) & (by_week > 0.0)
    logs = np.log(by_week[driven] / of_week[driven])
    count = float(driven.sum())
    seen = float(((logs - logs.mean()) ** 2).sum())
    weekly = (WEEKLY_WORTH * WEEKLY_LN**2 + seen) / (WEEKLY_WORTH + max(count - 1.0, 0.0))
    total = float(damage.sum())
    return Rates(
        total / float(km.sum()), total / float(hours.sum()), total / span_days, math.sqrt(weekly / count + DRIFT_LN**2)
    )


def lives(component: Component, peers: Sequence[Peer] = ()) -> Fleet:
    """How long components of a kind live, in damage; the law itself is uncertain, and peers correct it.

    ``peers``: ages in damage of the same component in other units, those that ended and those that run.
    Raises ValueError for magnets, which have no damage sum.
    """
    if component not in LAWS:
        raise ValueError(f"{component.name.lower()} have no damage sum: their margin is in the day record")
    law = LAWS[component]
    return learn(peers, law.median, law.spread_ln)


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
