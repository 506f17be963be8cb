"""A shift of a whole cohort: one finding about its origin instead of one about each unit (physics 7.2, 7.4)."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.fleet import spread
from twin.fleet.baselines import scatter_sd
from twin.fleet.features import GATE, JUDGED, N_JUDGED, NOISE_SD, Flags, Floats, Indices
from twin.fleet.peers import Memory, Peers, stratum_name
from twin.fleet.rules import CohortRules
from twin.fleet.spread import NORMAL_MEDIAN, Counts
from twin.fleet.units import COHORT_KINDS, Units, groups

ROUNDS = 4
"""Cohorts looked for on one day; each is taken out before the next."""
USUAL_DAYS = 14


class Shift(NamedTuple):
    """A cohort whose units have shifted together."""

    kind: str
    name: str
    members: Indices  # places among the day's units
    shift: Floats  # (features,), 0 where there is none
    significance: float  # shift over standard error, the largest
    began: bool  # told by the first days of a new segment: from now on it is the units' normal
    error: Floats  # (features,) standard error of the shift


def _centre(r: Floats, number: Indices, cohorts: int) -> tuple[Floats, Floats, Counts]:
    counts = spread.count(r / NOISE_SD, number, cohorts)
    size = spread.size(counts)
    centre, scatter = spread.summary(counts)
    return centre * NOISE_SD, np.maximum(scatter, 1.0) * NOISE_SD, size


def segment_shifts(
    units: Units, index: Indices, residual: Floats, new: Flags, firsts: dict[str, Counts], rules: CohortRules
) -> list[Shift]:
    """What new segments brought, by firmware and variant; ``residual`` (n, features) against the normals before.

    First days of earlier units of the same firmware count too (``firsts``, updated). NaN where too few tell: of a
    single unit nobody knows whether it is the software or the unit. A few tell their normal, but make no alarm.
    """
    found = []
    members = np.flatnonzero(new)
    number, first = groups(units.rows[index[members]], ("variant", "firmware"))
    for k, at in enumerate(first):
        own = members[number == k]
        place = int(index[members[at]])
        name = f"{units.word('variant', place)}/{units.word('firmware', place)}"
        fresh = spread.count(residual[own] / NOISE_SD, np.zeros(len(own), dtype=np.int64), 1)[0]
        counts = firsts[name] = firsts.get(name, np.zeros_like(fresh)) + fresh
        size = spread.size(counts)
        middle, scatter = spread.summary(counts)
        centre = np.where(size >= rules.segment_units, middle * NOISE_SD, np.nan)
        usual = np.sqrt(np.mean(scatter_sd(units.rows[index[own]]) ** 2, axis=0))  # a few do not show their own scatter
        se = NORMAL_MEDIAN * np.maximum(scatter * NOISE_SD, usual) / np.sqrt(np.maximum(size, 1))
        significance = np.where(size >= rules.least_units, np.abs(centre) / se, 0.0)
        found.append(Shift("firmware", name, own, centre, float(significance[:N_JUDGED].max()), True, se))
    return found


def level_shifts(units: Units, index: Indices, u: NDArray[Any], residual: Floats, rules: CohortRules) -> list[Shift]:
    """Cohorts whose centre is off on this day; the clearest first, each taken out of the residuals before the next."""
    found: list[Shift] = []
    left = residual.copy()
    cohorts = [(kind, *groups(u, ("variant", kind))) for kind in COHORT_KINDS]
    for _ in range(ROUNDS):
        best: Shift | None = None
        for kind, number, first in cohorts:
            centre, scatter, size = _centre(left, number, len(first))
            significance = np.abs(centre) / (NORMAL_MEDIAN * scatter / np.sqrt(np.maximum(size, 1)))
            real = JUDGED & (size >= rules.least_units) & (np.abs(centre) >= rules.level_gates * GATE)
            significance = np.where(real, np.nan_to_num(significance), 0.0)
            k = int(significance.max(axis=1).argmax())
            most = float(significance[k].max())
            if most >= rules.level_sd and (best is None or most > best.significance):
                place = int(index[first[k]])
                name = f"{units.word('variant', place)}/{units.word(kind, place)}"
                shift = np.where(significance[k] >= rules.level_sd, centre[k], 0.0)
                se = NORMAL_MEDIAN * scatter[k] / np.sqrt(np.maximum(size[k], 1))
                best = Shift(kind, name, np.flatnonzero(number == k), shift, most, False, se)
        if best is None:
            break
        found.append(best)
        left[best.members] -= best.shift
    return found


def stratum_jumps(
    units: Units, index: Indices, peers: Peers, day: int, memory: Memory, rules: CohortRules
) -> list[Shift]:
    """Strata whose day differs from all of their last days: something happened to every unit at once."""
    found = []
    for k, at in enumerate(peers.first):
        name = stratum_name(units, int(index[at]))
        kept = memory.effects[name]
        past = np.array([kept[(day - back) % len(kept)] for back in range(1, USUAL_DAYS + 1)])
        with np.errstate(all="ignore"):
            usual = np.where(np.isfinite(past).sum(axis=0) >= USUAL_DAYS // 2, np.nan_to_num(past).sum(axis=0), np.nan)
            usual = usual / np.isfinite(past).sum(axis=0)
            swing = np.nanmax(np.where(np.isfinite(past), np.abs(past - usual), 0.0), axis=0)
        step = peers.effect[at] - usual
        real = JUDGED & (np.nan_to_num(np.abs(step)) > np.maximum(GATE, 3.0 * swing))
        if real.any():
            shift = np.where(real, step, 0.0)
            members = np.flatnonzero(peers.stratum == k)
            if len(members) >= rules.least_units:
                size = float((np.abs(shift) / NOISE_SD).max())
                found.append(Shift("stratum", name, members, shift, size, False, peers.effect_se[at]))
    return found
