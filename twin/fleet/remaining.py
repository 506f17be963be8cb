"""Remaining lives of a maker's units after a closed day: points of ``edu_life``.

What the peers teach is learned once a week and for all units of a variant: a unit's own age is among them, which next
to a fleet is nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from schemas.components import Ageing, Component, LifeSource
from schemas.results import Validity
from twin.fleet.ages import HOURS, KM, N_SUMMED, OF_INDICATOR, WEAR, ask, share, weeks
from twin.fleet.designs import Design, Designs
from twin.fleet.features import Floats, Indices
from twin.fleet.indicators import INDICATORS, Indicator, kind, share_noise
from twin.fleet.life import LEVELS, Fleet, Forecast, by_age, by_indicator
from twin.fleet.lives import Peer, Running
from twin.fleet.prospects import OTHER_VARIANT_WEIGHT, RATE_WEEKS, SUMMED, WEEK, lives, weekly_rates
from twin.fleet.state import FleetState
from twin.layout import DAY_US, LIFE

MOST_A_DAY = 1_000
"""Units whose lives are told after a day, about; with more units each is told every so many days."""
MOST_DAYS = 28
_TOGETHER = 256
"""Units that are worked out at once: their arrays stay in the cache."""
CLOCKS = ("km", "h", "d")


def due(names: Sequence[str], known: int, day: int) -> Indices:
    """Which of the units (by place) are told after a day; ``known``: units of the maker."""
    every = min(-(-known // MOST_A_DAY), MOST_DAYS)
    if every <= 1:
        return np.arange(len(names))
    return np.array([k for k, name in enumerate(names) if (crc32(name.encode()) + day) % every == 0], dtype=np.int64)


class Remaining:
    """Tells the remaining lives of a maker's units; what it holds is worked out from the state after a restart."""

    def __init__(self, designs: Designs) -> None:
        self._designs = designs
        self._learned: dict[str, _Variant | None] = {}
        self._asked = (-1, -1)

    def points(self, state: FleetState, index: Indices) -> Iterator[tuple[str, NDArray[Any]]]:
        """Yield (variant, points (n,) of ``edu_life``) of the units in the rows ``index``, as they are after
        ``state.day``. Nothing is told of a variant that there is no file of.
        """
        if state.day // WEEK != state.asked[0] // WEEK:
            ask(state.ages.rows)
            state.asked = (state.day, len(state.former))
        if state.asked != self._asked:
            self._learned, self._asked = {}, state.asked
        variants = state.units.rows["variant"][index]
        for number in np.unique(variants):
            name, own = state.units.words["variant"][number], index[variants == number]
            if name not in self._learned:
                self._learned[name] = _learn(state, name, self._designs)
            if told := self._learned[name]:
                for begin in range(0, len(own), _TOGETHER):
                    yield name, told.points(state, own[begin : begin + _TOGETHER])


def _learn(state: FleetState, name: str, designs: Designs) -> "_Variant | None":
    own = designs.of(name)
    if own is None:
        return None
    words, former = state.units.words["variant"], state.former[: state.asked[1]]
    weight = {word: 1.0 if word == name else OTHER_VARIANT_WEIGHT for word in words}
    of = {word: designs.of(word) for word in words}

    def peers(what: int) -> tuple[list[Peer], Running]:
        """Lives of the same part in all units; damage by another law than the variant's says nothing."""
        worth = dict(weight)
        if what < N_SUMMED:
            worth |= {word: 0.0 for word, one in of.items() if one is None or one.laws[what] != own.laws[what]}
        age, its = state.ages.rows["asked"][:, what].astype(np.float64), np.array([worth[word] for word in words])
        its = its[state.units.rows["variant"]]
        counted = (age > 0.0) & (its > 0.0)
        over = [one for one in former if one.what == what and worth[one.variant] > 0.0]
        lived = [one.peer(worth[one.variant]) for one in over]
        return lived, Running(age[counted], its[counted])

    usage = {one: lives(one, own.laws[one], *peers(one)) for one in SUMMED if own.wears[one]}
    indicators = []
    for what in OF_INDICATOR:
        over, running = peers(what)
        indicators.append(kind(over, own.distance_km, running))
    return _Variant(own, usage, indicators)


@dataclass(frozen=True, slots=True)
class _Variant:
    """How long parts of a variant live."""

    design: Design
    usage: dict[Component, Fleet]
    indicators: list[Fleet]

    def points(self, state: FleetState, own: Indices) -> NDArray[Any]:
        """Points of some units, by unit and then component."""
        ages = state.ages.rows[own]
        first = np.maximum(ages["first_day"], (ages["week"] - RATE_WEEKS + 1) * WEEK)
        used = ages["week_used"].astype(np.float64)
        used[weeks(ages["week"]) <= state.day // WEEK - RATE_WEEKS] = 0.0
        use = _Use(used, state.day - first + 1.0)
        found = [self._usage(ages, use, component) for component in self.usage]
        found += [self._indicator(ages, use, k, one) for k, one in enumerate(INDICATORS)]
        points = np.stack(found, axis=1)
        points["row"], points["day"], points["time_us"] = own[:, None], state.day, state.day * DAY_US
        points["segment"] = state.units.rows["segment"][own][:, None]
        return np.asarray(points[points["validity"] != Validity.NOT_APPLICABLE])

    def _usage(self, ages: NDArray[Any], use: "_Use", component: Component) -> NDArray[Any]:
        damage, per_km = ages["damage"][:, component], self.design.damage_per_km[component]
        points = _blank(ages, Ageing(component), LifeSource.USAGE)
        points["damage"] = damage
        with np.errstate(divide="ignore", invalid="ignore"):
            points["design_ratio"] = np.where(points["age_km"] >= 1.0, damage / (points["age_km"] * per_km), np.nan)
        points["design_ratio"][~np.isfinite(points["design_ratio"])] = np.nan
        *clocks, sd_ln = weekly_rates(use.km, use.hours, use.damage[..., component], use.span_days)
        known = np.isfinite(sd_ln)
        worn = np.where(damage > 0.0, Validity.WARMING_UP, Validity.NOT_APPLICABLE)
        points["validity"] = np.where(known, Validity.VALID, worn)
        if known.any():
            _tell(points, known, by_age(self.usage[component], damage[known]), sd_ln, clocks)
        return points

    def _indicator(self, ages: NDArray[Any], use: "_Use", k: int, indicator: Indicator) -> NDArray[Any]:
        points = _blank(ages, OF_INDICATOR[k], LifeSource.INDICATOR)
        points["share"] = share(ages, k)
        points["share_sd"] = share_noise(indicator, ages["step"][:, k].astype(np.float64))
        *clocks, sd_ln = weekly_rates(use.km, use.hours, use.km, use.span_days)
        known = np.isfinite(points["share"]) & np.isfinite(sd_ln) & (points["age_km"] > 0.0)
        seen = known | (ages["segment_days"][:, k] > 0)
        reason = np.where(seen, Validity.WARMING_UP, Validity.NOT_APPLICABLE)
        points["validity"] = np.where(known, Validity.VALID, reason)
        if known.any():
            told = points[known]
            left = by_indicator(self.indicators[k], told["age_km"], told["share"], told["share_sd"])
            _tell(points, known, left, sd_ln, clocks)
            for place, level in enumerate(LEVELS):  # no rate is between an age in km and a life in km
                points[f"remaining_km_q{round(100 * level):02d}"][known] = left.quantiles()[:, place]
        return points


class _Use:
    """How units are used: (n, weeks) km, hours and (n, weeks, components) damage, and in how many days (n,)."""

    def __init__(self, used: Floats, span_days: Floats) -> None:
        self.km, self.hours, self.damage, self.span_days = used[..., KM], used[..., HOURS], used[..., WEAR], span_days


def _blank(ages: NDArray[Any], what: Ageing, source: LifeSource) -> NDArray[Any]:
    points = np.zeros(len(ages), dtype=LIFE)
    for name in LIFE.names or ():
        if LIFE[name].kind == "f":
            points[name] = np.nan
    points["component"], points["source"] = what, source
    points["since_day"], points["age_km"] = ages["since_day"][:, what], ages["km"][:, what]
    return points


def _tell(points: NDArray[Any], known: NDArray[np.bool_], left: Forecast, sd_ln: Floats, clocks: list[Floats]) -> None:
    """Write the quantiles of those that are known; ``sd_ln`` and ``clocks`` are of all (n,)."""
    spread = left.at_rate(sd_ln[known])
    for clock, rate in zip(CLOCKS, clocks, strict=True):
        for place, level in enumerate(LEVELS):
            points[f"remaining_{clock}_q{round(100 * level):02d}"][known] = spread[:, place] / rate[known]
