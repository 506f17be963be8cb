"""Signs of failure by batch, plant, firmware and hardware against the rest of the variant (physics 7.1, 7.2).

Given all signs of a variant, those of a cohort at the rest's rate are binomial by its share of the unit-days: exact for
any count. The level is divided among all cohorts and windows that are looked at, and the days of a year.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

from twin.fleet.features import Flags, Indices
from twin.fleet.rules import CohortRules
from twin.fleet.units import COHORT_KINDS, Units, groups

KEPT_DAYS = 60
LEAST_SIGNS = 3
LOOKS_PER_YEAR = 365.0 / 7.0
"""The looks of a week are nearly one: windows are longer."""


@dataclass
class Ledger:
    """Signs and unit-days of each cohort by day (day % KEPT_DAYS), as ``kind:variant/cohort`` -> (2, KEPT_DAYS)."""

    counts: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    day: int = -1

    def advance(self, day: int) -> None:
        """Forget the places of the days up to this one."""
        for gone in range(max(self.day + 1, day - KEPT_DAYS + 1), day + 1):
            for counts in self.counts.values():
                counts[:, gone % KEPT_DAYS] = 0
        self.day = max(day, self.day)

    def add(self, key: str, day: int, signs: int, units: int) -> None:
        """Take what a cohort showed on a day that is kept."""
        if day > self.day - KEPT_DAYS:
            counts = self.counts.setdefault(key, np.zeros((2, KEPT_DAYS), dtype=np.int64))
            counts[:, day % KEPT_DAYS] += signs, units

    def sums(self, days: int) -> NDArray[np.int64]:
        """(cohorts, 2) signs and unit-days of the last days, in the order of ``counts``."""
        at = np.arange(self.day - days + 1, self.day + 1) % KEPT_DAYS
        total: NDArray[np.int64] = np.array(list(self.counts.values()))[:, :, at].sum(axis=2)
        return total


class Rate(NamedTuple):
    """A cohort with more signs than the rest of its variant."""

    kind: str
    name: str
    signs: int
    expected: float
    p_value: float
    window_days: int
    level: float  # the p-value that speaks
    counts: tuple[int, int, int, int]  # signs and unit-days of the cohort and of its variant


def take(units: Units, index: Indices, signs: Flags, day: int, ledger: Ledger, rules: CohortRules) -> None:
    """Enter the signs of a day's units; a unit that has given one lately gives none."""
    rows = units.rows
    fresh = signs & (day - rows["sign_day"][index] >= rules.sign_days)
    rows["sign_day"][index[fresh]] = day
    for kind in ("variant", *COHORT_KINDS):
        number, first = groups(rows[index], ("variant", kind))
        seen, given = np.bincount(number), np.bincount(number, weights=fresh)
        for k, at in enumerate(first):
            place = int(index[at])
            variant, cohort = units.word("variant", place), units.word(kind, place)
            ledger.add(f"{kind}:{variant}/{cohort}", day, int(given[k]), int(seen[k]))


def _level(ledger: Ledger, rules: CohortRules) -> float:
    """Probability at which one test of one look speaks."""
    cohorts = sum(not key.startswith("variant:") for key in ledger.counts)
    return rules.false_per_year / (LOOKS_PER_YEAR * max(cohorts * len(rules.windows_days), 1))


def rates(ledger: Ledger, rules: CohortRules) -> list[Rate]:
    """Cohorts whose signs are too many, the least likely first."""
    place = {key: k for k, key in enumerate(ledger.counts)}
    names = [key.split(":", 1) for key in place]
    variants = [name.split("/", 1)[0] for _, name in names]
    whole = np.array([place[f"variant:{variant}/{variant}"] for variant in variants], dtype=np.int64)
    cohorts = np.array([kind != "variant" for kind, _ in names], dtype=np.bool_)
    level = _level(ledger, rules)
    found: dict[int, Rate] = {}
    for window in rules.windows_days if place else ():
        signs, days = ledger.sums(window).T
        all_signs, all_days = signs[whole], days[whole]
        tested = cohorts & (signs >= LEAST_SIGNS) & (days > 0) & (days < all_days)
        share = np.where(tested, days / np.maximum(all_days, 1), 0.5)
        p_values = np.where(tested, bdtrc(signs - 1, all_signs, share), 1.0)
        for k in np.flatnonzero(p_values < level):
            if int(k) not in found or p_values[k] < found[int(k)].p_value:
                expected = float((all_signs[k] - signs[k]) / (all_days[k] - days[k]) * days[k])
                kind, name = names[k]
                counts = (int(signs[k]), int(days[k]), int(all_signs[k]), int(all_days[k]))
                found[int(k)] = Rate(kind, name, int(signs[k]), expected, float(p_values[k]), window, level, counts)
    return sorted(found.values(), key=lambda rate: (rate.p_value, rate.kind, rate.name))


def apart(units: Units, ledger: Ledger, found: list[Rate], rules: CohortRules) -> list[Rate]:
    """One finding a cause: cohorts that are still too many without the units of the less likely ones before them.

    A plant with one bad batch, the hardware only that batch has. ``found``: of ``rates``, the least likely first.
    """
    kept: list[Rate] = []
    for rate in found:
        signs, days, all_signs, all_days = (float(count) for count in rate.counts)
        for other in kept:
            share = _share_of(units, other, rate)
            taken_signs, taken_days = share * other.counts[0], share * other.counts[1]
            same = other.name.split("/")[0] == rate.name.split("/")[0]
            signs, days = signs - taken_signs, days - taken_days
            all_signs, all_days = all_signs - same * other.counts[0], all_days - same * other.counts[1]
        left = days >= 1.0 and signs >= LEAST_SIGNS and all_days > days and all_signs >= signs
        if not kept or (left and bdtrc(np.floor(signs) - 1.0, int(all_signs), days / all_days) < _level(ledger, rules)):
            kept.append(rate)
    return kept


def _share_of(units: Units, other: Rate, rate: Rate) -> float:
    """Share of one cohort's units that are in another, too."""
    members = _members(units, other)
    return float((members & _members(units, rate)).sum() / max(int(members.sum()), 1))


def _members(units: Units, rate: Rate) -> Flags:
    variant, cohort = rate.name.split("/", 1)
    rows, words = units.rows, units.words
    there = rows["variant"] == words["variant"].index(variant)
    return np.asarray(there & (rows[rate.kind] == words[rate.kind].index(cohort)))
