"""What the fleet stage remembers of the age of a unit's parts: what they wore, how they are used, what they show.

Days count by their date, whenever they come. A part that is replaced begins anew on the day after.
"""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.components import Ageing
from schemas.daily import RENEWS, Part
from twin.fleet.features import INDEX, Floats, Indices
from twin.fleet.indicators import AVERAGED, INDICATORS, MEDIAN_SD, share_noise
from twin.fleet.lives import FRACTIONS, Peer
from twin.fleet.prospects import RATE_WEEKS, SUMMED, WEEK
from twin.fleet.units import NEVER

N_SUMMED = len(SUMMED)
KM, HOURS, WEAR = 0, 1, slice(2, 2 + N_SUMMED)
"""Columns of what a day used: distance, driving time, damage of each summed component."""
N_USED = 2 + N_SUMMED
SHOWN = 30
"""Newest days of an indicator that tell its noise."""
WAYMARKS, FIRST_WAYMARK_KM = 16, 100.0
"""Points of its life at which an indicator is remembered: what it showed on the way teaches the others when it ends."""
OF_INDICATOR = tuple(Ageing[one.name.upper()] for one in INDICATORS)
FEATURE_OF = [INDEX[one.field] for one in INDICATORS]
_SIGN = np.array([1.0 if one.end > 0.0 else -1.0 for one in INDICATORS])
_SHOWN = (len(INDICATORS),)

AGES = np.dtype(
    [
        ("first_day", np.int32),
        ("week", np.int32),  # newest of the weeks
        ("week_used", np.float32, (RATE_WEEKS, N_USED)),  # by week % RATE_WEEKS
        ("since_day", np.int32, (len(Ageing),)),
        ("km", np.float64, (len(Ageing),)),  # since then
        ("begin_km", np.float32, (len(Ageing),)),  # odometer then, NaN: not known
        ("damage", np.float64, (N_SUMMED,)),
        ("asked", np.float32, (len(Ageing),)),  # damage, km for indicators, when peers were learned from last
        # by indicator: levels of the newest days, where the next one goes, how many of them are of this segment
        ("level", np.float32, (*_SHOWN, SHOWN)),
        ("next", np.int8, _SHOWN),
        ("segment_days", np.int16, _SHOWN),
        ("segment", np.int32, _SHOWN),
        ("shift", np.float32, _SHOWN),  # of this segment, so that it goes on where the last one ended
        ("present", np.float32, _SHOWN),  # mean of the newest days, shifted; NaN: not known
        ("best", np.float32, _SHOWN),
        ("step", np.float32, _SHOWN),  # SD of the differences of following levels
        # share of the way when the part had been driven 1, 2 .. WAYMARKS times so far; NaN: not known
        ("waymark", np.float32, (*_SHOWN, WAYMARKS)),
        ("waymark_km", np.float32, _SHOWN),
    ]
)
"""One unit; zeros with ``new``'s marks are one that nothing is known of."""


class Former(NamedTuple):
    """A part that was replaced: of which variant, what, at which age (damage, km for indicators), and if it had
    failed.
    """

    variant: str
    what: int  # Ageing
    age: float
    failed: bool
    shares: tuple[float, ...] | None = None
    """What an indicator showed at FRACTIONS of its life, NaN: not known; None: of a component, or nothing."""
    noise: float = 0.0

    def peer(self, weight: float) -> Peer:
        """As one that others learn from."""
        shares = np.array(self.shares) if self.failed and self.shares else None
        return Peer(self.age, self.failed, shares, weight, self.noise if shares is not None else 0.0)


class Replaced(NamedTuple):
    """What the log says of a unit at the end of a day: a part of it was replaced, or (None) its odometer read."""

    unit: str
    day: int
    part: str | None
    failed: bool
    odometer_km: float | None


def new(count: int) -> NDArray[Any]:
    """(count,) AGES of units never heard of."""
    found = np.zeros(count, dtype=AGES)
    found["first_day"] = found["week"] = found["since_day"] = found["segment"] = NEVER
    found["begin_km"] = found["present"] = found["step"] = np.nan
    found["best"] = np.inf
    found["waymark"], found["waymark_km"] = np.nan, FIRST_WAYMARK_KM
    return found


class Ages:
    """Records of a fleet's units, in the order of its units."""

    def __init__(self, rows: NDArray[Any] | None = None) -> None:
        self._store = new(0) if rows is None else rows
        self._count = len(self._store)

    @property
    def rows(self) -> NDArray[Any]:
        """(units,) AGES, to be read and written."""
        return self._store[: self._count]

    def grow(self, count: int) -> None:
        """Room for so many units; never fewer than there were."""
        if count > len(self._store):  # twice as many: coming one by one must not copy all each time
            self._store = np.concatenate([self.rows, new(max(count, 2 * self._count) - self._count)])
        self._count = max(count, self._count)


def ask(ages: NDArray[Any]) -> None:
    """Units (n,) as they are now are those that the others learn from."""
    ages["asked"] = ages["km"]
    ages["asked"][:, :N_SUMMED] = ages["damage"]


def use(ages: NDArray[Any], day: int, used: Floats) -> None:
    """Add what units (n,) used on a day (n, N_USED); to parts that are newer than the day only how the unit is used."""
    original = ages["since_day"] == ages["first_day"][:, None]
    ages["first_day"] = np.where(ages["first_day"] == NEVER, day, np.minimum(ages["first_day"], day))
    ages["since_day"] = np.where(original, ages["first_day"][:, None], ages["since_day"])
    week = day // WEEK
    newest = np.maximum(ages["week"], week)
    ages["week_used"][weeks(ages["week"]) != weeks(newest)] = 0.0
    ages["week"] = newest
    kept = np.flatnonzero(week > newest - RATE_WEEKS)
    ages["week_used"][kept, week % RATE_WEEKS] += used[kept]
    own = day >= ages["since_day"]
    ages["km"] += np.where(own, used[:, KM, None], 0.0)
    ages["damage"] += np.where(own[:, :N_SUMMED], used[:, WEAR], 0.0)


def weeks(newest: Indices) -> Indices:
    """Which weeks (n, RATE_WEEKS) are kept, by their place."""
    place = np.arange(RATE_WEEKS)
    return np.asarray(newest[:, None] - (newest[:, None] - place) % RATE_WEEKS)


def show(ages: NDArray[Any], value: Floats, segment: Indices) -> None:
    """Take the day's published values (n, indicators) of units, NaN where there is none, and their segments (n,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.where(value > 0.0, _SIGN * np.log(np.where(value > 0.0, value, 1.0)), np.nan)
    for k in range(len(INDICATORS)):
        seen = np.flatnonzero(np.isfinite(level[:, k]))
        own = {name: ages[name][seen, k] for name in ("next", "segment_days", "segment", "shift", "present", "best")}
        first = own["segment"] != segment[seen]
        own["segment_days"][first] = 0
        ages["level"][seen, k, own["next"]] = level[seen, k]
        own["segment"], own["next"] = segment[seen], (own["next"] + 1) % SHOWN
        own["segment_days"] = np.minimum(own["segment_days"] + 1, SHOWN)
        newest = np.take_along_axis(ages["level"][seen, k], (own["next"][:, None] - 1 - np.arange(SHOWN)) % SHOWN, 1)
        mean = newest[:, :AVERAGED].mean(axis=1)
        begun = own["segment_days"] == AVERAGED
        own["shift"] = np.where(begun, np.where(np.isfinite(own["present"]), own["present"] - mean, 0.0), own["shift"])
        full = own["segment_days"] >= AVERAGED
        # until then it stays: what changed with the segment is no wear
        own["present"] = np.where(full, mean + own["shift"], own["present"])
        own["best"] = np.fmin(own["best"], own["present"])
        for name, values in own.items():
            ages[name][seen, k] = values
        ages["step"][seen[full], k] = _step(newest[full], own["segment_days"][full])
        _remember(ages, seen[full], k)


def share(ages: NDArray[Any], k: int) -> Floats:
    """Share (n,) of the way from best to limit of an indicator, above 1 beyond it; NaN: not known."""
    way = ages["present"][:, k].astype(np.float64) - ages["best"][:, k]
    return np.asarray(np.maximum(way / INDICATORS[k].limit, 0.0))


def _remember(ages: NDArray[Any], seen: Indices, k: int) -> None:
    """Note the share of units (n,) at the distance of their parts; marks lie twice as far when they do not suffice."""
    km, mark, apart = ages["km"][seen, OF_INDICATOR[k]], ages["waymark"][seen, k], ages["waymark_km"][seen, k]
    while (beyond := np.flatnonzero(km > WAYMARKS * apart)).size:
        kept = mark[beyond, 1::2]
        mark[beyond] = np.nan
        mark[beyond, : kept.shape[1]] = kept
        apart[beyond] *= 2.0
    place = np.maximum(np.ceil(km / apart).astype(np.int64) - 1, 0)
    mark[np.arange(len(seen)), place] = share(ages[seen], k)
    ages["waymark"][seen, k], ages["waymark_km"][seen, k] = mark, apart


def _on_the_way(ages: NDArray[Any], k: int, life_km: float) -> tuple[float, ...]:
    """Shares at FRACTIONS of a life, each as known by then, of a unit (an AGES of no dimension)."""
    mark = ages["waymark"][k].astype(np.float64)
    known = np.maximum.accumulate(np.where(np.isfinite(mark), np.arange(WAYMARKS), -1))
    over = np.minimum((FRACTIONS * life_km / ages["waymark_km"][k]).astype(np.int64), WAYMARKS) - 1
    at = np.where(over >= 0, known[np.maximum(over, 0)], -1)
    return tuple(np.where(at >= 0, mark[at], np.nan).tolist())


def _step(newest: Floats, count: Indices) -> Floats:
    """SD (n,) by the median of the differences between the ``count`` newest levels (n, SHOWN) of each."""
    apart = np.abs(np.diff(newest, axis=1))
    apart[np.arange(SHOWN - 1) >= count[:, None] - 1] = np.inf
    apart.sort(axis=1)
    low, high = (np.take_along_axis(apart, at[:, None], 1)[:, 0] for at in ((count - 2) // 2, (count - 1) // 2))
    return np.asarray(MEDIAN_SD * 0.5 * (low + high))


def told(ages: NDArray[Any], one: Replaced, variant: str) -> list[Former]:
    """Take an entry of the log into the unit's record (an AGES of no dimension): lives that are over.

    Days after it that are here already are known by whole weeks, up to RATE_WEEKS.
    """
    after = ages["week_used"][weeks(ages["week"][None])[0] * WEEK > one.day].astype(np.float64).sum(axis=0)
    if one.odometer_km is not None:
        read = one.odometer_km - ages["begin_km"].astype(np.float64) + after[KM]
        ages["km"] = np.where(ages["since_day"] <= one.day, np.fmax(ages["km"], read), ages["km"])
    if one.part is None:
        return []
    lives = []
    for what in _begun_anew(Part(one.part)):
        first = ages["since_day"][what] == ages["first_day"]
        if one.day < ages["since_day"][what] and not first:
            continue  # told before, or of a part before the present one: whose days were whose is not known any more
        if what < N_SUMMED:
            age = float(ages["damage"][what] - after[WEAR][what])
            ages["damage"][what] = after[WEAR][what]
        else:
            age = float(ages["km"][what] - after[KM])
        if age > 0.0 and what in OF_INDICATOR:
            k = OF_INDICATOR.index(what)
            noise = float(share_noise(INDICATORS[k], ages["step"][k].astype(np.float64)))
            shares = _on_the_way(ages, k, age) if math.isfinite(noise) else None
            lives.append(Former(variant, int(what), age, one.failed, shares, noise if shares else 0.0))
        elif age > 0.0:
            lives.append(Former(variant, int(what), age, one.failed))
        ages["since_day"][what], ages["km"][what] = one.day + 1, after[KM]
        ages["begin_km"][what] = np.nan if one.odometer_km is None else one.odometer_km
        if what in OF_INDICATOR:
            k = OF_INDICATOR.index(what)
            ages["segment_days"][k], ages["segment"][k] = 0, NEVER
            ages["present"][k], ages["step"][k], ages["best"][k] = np.nan, np.nan, np.inf
            ages["waymark"][k], ages["waymark_km"][k] = np.nan, FIRST_WAYMARK_KM
    return lives


def fitted(ages: NDArray[Any], odometer_km: float) -> None:
    """The unit (an AGES of no dimension) was fitted at so many km: parts that are still the first count from there."""
    ages["begin_km"] = np.where(ages["since_day"] == ages["first_day"], odometer_km, ages["begin_km"])


def _begun_anew(part: Part) -> Iterable[Ageing]:
    """What begins its life anew when a part is replaced."""
    renewed = {Ageing(component) for component in RENEWS.get(part, ()) if component in SUMMED}
    renewed |= {what for what, one in zip(OF_INDICATOR, INDICATORS, strict=True) if part in one.parts}
    return sorted(renewed)
