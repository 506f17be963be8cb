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

from schemas.components import Component, LifeSource
from schemas.results import Validity
from twin.fleet.ages import HOURS, KM, N_SUMMED, OF_INDICATOR, WEAR, ask, share, weeks
from twin.fleet.designs import Design, Designs
from twin.fleet.features import Flags, Floats, Indices
from twin.fleet.indicators import INDICATORS, kind, share_noise
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
        ages, whats = state.ages.rows[own], [*self.usage, *OF_INDICATOR]
        points = _blank(ages, whats)
        use = ages["week_used"].astype(np.float64)
        use[weeks(ages["week"]) <= state.day // WEEK - RATE_WEEKS] = 0.0
        first = np.maximum(ages["first_day"], (ages["week"] - RATE_WEEKS + 1) * WEEK)
        worn = np.stack([use[..., KM if what >= N_SUMMED else WEAR.start + what] for what in whats])
        clocks = _rates(use, worn, state.day - first + 1.0)
        known = np.isfinite(clocks[-1]) & (points["age_km"] > 0.0)
        self._usage(points[: len(self.usage)], ages, known)
        self._indicators(points[len(self.usage) :], ages, known[len(self.usage) :])
        if known.any():
            _tell(points, known, self._left(points, known), clocks)
        points["row"], points["day"], points["time_us"] = own, state.day, state.day * DAY_US
        points["segment"] = state.units.rows["segment"][own]
        by_unit = points.T
        return np.asarray(by_unit[by_unit["validity"] != Validity.NOT_APPLICABLE])

    def _usage(self, points: NDArray[Any], ages: NDArray[Any], known: Flags) -> None:
        """Fill in what is worn: (components, n) points."""
        points["source"] = LifeSource.USAGE
        points["damage"] = damage = ages["damage"][:, list(self.usage)].T
        per_km = self.design.damage_per_km[list(self.usage)][:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = damage / (points["age_km"] * per_km)
        points["design_ratio"] = np.where((points["age_km"] >= 1.0) & np.isfinite(ratio), ratio, np.nan)
        worn = np.where(damage > 0.0, Validity.WARMING_UP, Validity.NOT_APPLICABLE)
        points["validity"] = np.where(known[: len(self.usage)], Validity.VALID, worn)

    def _indicators(self, points: NDArray[Any], ages: NDArray[Any], known: Flags) -> None:
        """Fill in what is shown: (indicators, n) points; ``known`` stays where the indicator tells something."""
        points["source"] = LifeSource.INDICATOR
        for k, indicator in enumerate(INDICATORS):
            points["share"][k] = share(ages, k)
            points["share_sd"][k] = share_noise(indicator, ages["step"][:, k].astype(np.float64))
        known &= np.isfinite(points["share"])
        reason = np.where(ages["segment_days"].T > 0, Validity.WARMING_UP, Validity.NOT_APPLICABLE)
        reason = np.where(np.isfinite(points["share"]), Validity.WARMING_UP, reason)
        points["validity"] = np.where(known, Validity.VALID, reason)

    def _left(self, points: NDArray[Any], known: Flags) -> Forecast:
        """Remaining lives of the points that are known, one after the other."""
        found = []
        for row, fleet in enumerate((*self.usage.values(), *self.indicators)):
            own = points[row][known[row]]
            if len(own) and row < len(self.usage):
                found.append(by_age(fleet, own["damage"]))
            elif len(own):
                found.append(by_indicator(fleet, own["age_km"], own["share"], own["share_sd"]))
        return Forecast(
            np.concatenate([one.remaining for one in found]),
            np.concatenate([one.probability for one in found]),
            np.concatenate([one.unannounced for one in found]),
        )


def _blank(ages: NDArray[Any], whats: list[Any]) -> NDArray[Any]:
    """(components, n) points of which only the parts are known."""
    points = np.zeros((len(whats), len(ages)), dtype=LIFE)
    for name in LIFE.names or ():
        if LIFE[name].kind == "f":
            points[name] = np.nan
    points["component"] = np.array(whats)[:, None]
    points["since_day"], points["age_km"] = ages["since_day"][:, whats].T, ages["km"][:, whats].T
    return points


def _rates(use: Floats, worn: Floats, span_days: Floats) -> list[Floats]:
    """Rates per km, hour and day and their spread, each (components, n); ``use`` (n, weeks, N_USED), ``worn``
    (components, n, weeks).
    """
    flat = worn.reshape(-1, RATE_WEEKS)
    km, hours = (np.tile(use[..., column], (len(worn), 1)) for column in (KM, HOURS))
    found = weekly_rates(km, hours, flat, np.tile(span_days, len(worn)))
    return [one.reshape(worn.shape[:2]) for one in found]


def _tell(points: NDArray[Any], known: Flags, left: Forecast, clocks: list[Floats]) -> None:
    """Write the quantiles of the points that are known."""
    *rates, sd_ln = (one[known] for one in clocks)
    spread, own_clock = left.at_rate(sd_ln), left.quantiles()
    in_km = (points["source"] == LifeSource.INDICATOR)[known]  # age and life are km: no rate is between them
    for clock, rate in zip(CLOCKS, rates, strict=True):
        for place, level in enumerate(LEVELS):
            quantile = spread[:, place] / rate
            if clock == "km":
                quantile = np.where(in_km, own_clock[:, place], quantile)
            points[f"remaining_{clock}_q{round(100 * level):02d}"][known] = quantile
