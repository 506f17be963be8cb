"""The day of a unit's peers: what weather, season and everybody's errors did to all of them (physics 7.2)."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.fleet import spread
from twin.fleet.features import BETWEEN_SD, N_FEATURES, NOISE_SD, Floats, Indices
from twin.fleet.rules import PeerRules
from twin.fleet.spread import NORMAL_MEDIAN, Counts
from twin.fleet.units import STRATA, Units, groups

KEPT_DAYS = 60
"""Closed days whose effects are kept for parts that come late."""
PER_NAT = 4.0
"""Stated SD are counted in quarters of a natural logarithm."""
MOST_SCALE = 4.0


class Peers(NamedTuple):
    """Of each unit and feature (n, features)."""

    effect: Floats  # of the day, on units at their own normal
    effect_se: Floats
    scatter: Floats  # of sound units about their normal, SD
    level: Floats  # centre of the units' normals,
    between: Floats  # and their spread
    scale: Floats  # the unit's stated SD over its peers', at least 1
    number: Counts  # of peers it is compared with
    stratum: Indices  # (n,), number of the closest
    first: Indices  # (strata,): one unit of each


@dataclass
class Memory:
    """Effects of closed days by closest stratum (day % KEPT_DAYS, feature), and where a variant's values lie."""

    effects: dict[str, Floats] = field(default_factory=dict)
    anchors: dict[str, Floats] = field(default_factory=dict)

    def last(self, stratum: str, day: int, days: int = 14) -> Floats:
        """Newest remembered effect (features,) of the days before; 0 if there is none."""
        kept = self.effects.get(stratum)
        newest = np.zeros(N_FEATURES)
        if kept is not None:
            for before in range(days, 0, -1):
                effect = kept[(day - before) % KEPT_DAYS]
                newest = np.where(np.isfinite(effect), effect, newest)
        return newest

    def at(self, stratum: str, day: int) -> Floats:
        """Effect (features,) of one closed day; where the stratum had none, that of the wider ones, as a unit may have
        come to its stratum since; else the stratum's newest before.
        """
        effect = np.full(N_FEATURES, np.nan)
        for wider in range(len(STRATA[0])):
            missing = np.isnan(effect)
            if missing.any():
                effect = np.where(missing, self._middle(stratum.rsplit("/", wider)[0], day), effect)
        return np.where(np.isfinite(effect), effect, self.last(stratum, day))

    def _middle(self, stratum: str, day: int) -> Floats:
        """Median effect (features,) of a day in a stratum of any level, NaN: none."""
        own = [kept[day % KEPT_DAYS] for name, kept in self.effects.items() if f"{name}/".startswith(f"{stratum}/")]
        middle = np.full(N_FEATURES, np.nan)
        if own:
            effects = np.array(own)
            known = np.isfinite(effects).any(axis=0)
            middle[known] = np.nanmedian(effects[:, known], axis=0)
        return middle

    def begin(self, day: int) -> None:
        """A day is closed: what its place held of another one is forgotten."""
        for kept in self.effects.values():
            kept[day % KEPT_DAYS] = np.nan

    def keep(self, stratum: str, day: int, effect: Floats) -> None:
        """Remember a day."""
        kept = self.effects.setdefault(stratum, np.full((KEPT_DAYS, N_FEATURES), np.nan))
        kept[day % KEPT_DAYS] = effect


def stratum_name(units: Units, at: int) -> str:
    """Words of the closest stratum of the unit in a row."""
    return "/".join(units.word(kind, at) for kind in STRATA[0])


def anchored(units: Units, index: Indices, y: Floats, memory: Memory) -> Floats:
    """Values against their variant's anchor: the first median seen, to a whole between-unit SD.

    Counts of values then share their bins over days and makers.
    """
    number, first = groups(units.rows[index], ("variant",))
    anchors = np.empty((len(first), N_FEATURES))
    for k, at in enumerate(first):
        variant = units.word("variant", int(index[at]))
        anchor = memory.anchors.setdefault(variant, np.full(N_FEATURES, np.nan))
        for feature in np.flatnonzero(np.isnan(anchor)):
            seen = y[number == k, feature]
            seen = seen[np.isfinite(seen)]
            if seen.size:
                anchor[feature] = np.round(np.median(seen) / BETWEEN_SD[feature]) * BETWEEN_SD[feature]
        anchors[k] = np.nan_to_num(anchor)
    return y - anchors[number]


def _closest(counts: Counts, parents: list[Indices], least: int) -> tuple[Counts, Counts]:
    """Counts (closest strata, k, bins) of the closest level with enough units, else of the widest; and their number."""
    chosen, level = counts, counts
    for parent in parents:
        if len(parent):
            level = spread.pool(counts, parent, int(parent.max()) + 1)
        few = spread.size(chosen) < least
        chosen = np.where(few[..., None], level[parent], chosen)
    return chosen, spread.size(chosen)


def compare(
    units: Units, index: Indices, u: NDArray[Any], y: Floats, sd: Floats, day: int, rules: PeerRules, memory: Memory
) -> Peers:
    """Peers of the units ``u`` (rows ``index``) with anchored values ``y`` and stated SD, all (n, features)."""
    stratum, first = groups(u, STRATA[0])
    parents = [groups(u, kinds)[0][first] for kinds in STRATA[1:]]
    known = (u["days"] >= 1) & (u["segment_days"] >= 1)[:, None]

    def of(values: Floats) -> tuple[Counts, Counts]:
        return _closest(spread.count(values, stratum, len(first)), parents, rules.least)

    moved, number = of(np.where(known, (y - u["baseline"]) / NOISE_SD, np.nan))
    names = [stratum_name(units, int(index[at])) for at in first]
    before = np.array([memory.last(name, day) for name in names]).reshape(len(first), N_FEATURES)
    enough = number >= rules.least
    middle, around = spread.summary(moved)
    effect = np.where(enough, middle * NOISE_SD, before)
    scatter = np.where(enough, np.maximum(around, 1.0), 1.0) * NOISE_SD
    normals, normal_number = of(np.where(known, u["baseline"], y - effect[stratum]) / BETWEEN_SD)
    normal, apart = spread.summary(normals)
    between = np.where(normal_number >= rules.least, np.maximum(apart, 0.5), 1.0) * BETWEEN_SD
    with np.errstate(divide="ignore", invalid="ignore"):
        stated = np.where(sd > 0.0, np.log(sd) * PER_NAT, np.nan)
    usual = spread.centre(of(stated)[0])
    scale = np.exp(np.nan_to_num((stated - usual[stratum]) / PER_NAT))
    for name, its in zip(names, np.where(enough, effect, np.nan), strict=True):
        memory.keep(name, day, its)
    se = np.where(enough, NORMAL_MEDIAN * scatter / np.sqrt(np.maximum(number, 1)), scatter)
    level = np.nan_to_num(normal * BETWEEN_SD)
    at = stratum
    return Peers(
        effect[at], se[at], scatter[at], level[at], between[at], np.clip(scale, 1.0, MOST_SCALE), number[at], at, first
    )
