"""One closed day of a fleet: (state, day) -> alerts, in an order that stands here and nowhere else."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.fleet_alerts import FleetAlert
from twin.fleet import baselines, changes, cohort_levels, cohort_rates, findings, pairs, peers, population, telling
from twin.fleet.alerts import Finding
from twin.fleet.cohort_levels import Shift
from twin.fleet.days import Day
from twin.fleet.features import N_JUDGED, Floats, Indices, observe
from twin.fleet.findings import Judged, UnitFinding
from twin.fleet.peers import Peers
from twin.fleet.rules import FleetRules
from twin.fleet.state import FleetState
from twin.fleet.units import groups, partners

MOST_SEGMENT_DAYS = 1_000


class FleetDay:
    """The fleet stage of one maker. Holds rules only; what is remembered is the state."""

    def __init__(self, rules: FleetRules) -> None:
        self.rules = rules

    def step(self, state: FleetState, day: Day, late: Sequence[Day] = ()) -> list[FleetAlert]:
        """Close a day; ``late``: parts of earlier days, which change their units but no closed day.

        Changes ``state``. Alerts come cohorts first, then units by id. Raises ValueError for a day already closed.
        """
        if day.day <= state.day:
            raise ValueError(f"day {day.day} after day {state.day}")
        state.day = day.day
        parts = [self._late(state, part) for part in sorted(late, key=lambda part: part.day)]
        state.ledger.advance(day.day)
        state.memory.begin(day.day)
        index = state.units.places(day.units)
        cohorts: list[Finding] = []
        odd: list[UnitFinding] = []
        if day.units:
            rules = self.rules.cohorts
            cohort_rates.take(state.units, index, day.signs, day.day, state.ledger, rules)
            judged, shifts, seen = self._close(state, day, index)
            rates = cohort_rates.apart(state.units, state.ledger, cohort_rates.rates(state.ledger, rules), rules)
            cohorts = findings.of_cohorts(shifts, rates, seen, day.day, self.rules)
            odd = self._odd(state, judged, seen, day.day)
            parts.append(judged)
        ones = [findings.of_units(state.units, part, day.day, self.rules) for part in parts]
        return telling.tell(state, cohorts, [*ones, odd], parts, index, day.day, self.rules)

    def _late(self, state: FleetState, part: Day) -> Judged:
        """A part that comes after its day: judged by that day's peers as they were."""
        index = state.units.places(part.units)
        u = state.units.rows[index]
        y = peers.anchored(state.units, index, observe(part.value, part.sd, part.valid)[0], state.memory)
        own = u["segment"] == part.segment  # of an earlier segment there is no normal any more
        names = [peers.stratum_name(state.units, int(at)) for at in index]
        of = {name: state.memory.at(name, part.day) for name in set(names)}
        effect = np.array([of[name] for name in names]).reshape(y.shape)
        known = (u["days"] > 0) & own[:, None]
        residual = np.where(known, y - effect - u["baseline"], np.nan)
        return self._update(state, index, u, residual, np.ones_like(y), np.zeros_like(y), part.day)

    def _close(self, state: FleetState, day: Day, index: Indices) -> tuple[Judged, list[Shift], Peers]:
        """Peers of the day, shifts of cohorts, then the units against what is left."""
        rules, units = self.rules, state.units
        u = units.rows[index]
        y, sd = observe(day.value, day.sd, day.valid)
        y = peers.anchored(units, index, y, state.memory)
        baselines.segments(u, day.segment, rules.baselines)
        seen = peers.compare(units, index, u, y, sd, day.day, rules.peers, state.memory)
        baselines.begin(u, seen, np.isfinite(y) & (u["days"] == 0))
        told = (u["segment_days"] == 0) & (u["days"] > 0).any(axis=1) & np.isfinite(y).any(axis=1)
        residual = np.where(np.isfinite(y), y - seen.effect - u["baseline"], np.nan)
        shifts = cohort_levels.segment_shifts(units, index, residual, told, state.firsts, rules.cohorts)
        for shift in shifts:
            self._renew(u, shift, seen)
        residual = np.where(np.isfinite(y) & (u["days"] > 0), y - seen.effect - u["baseline"], np.nan)
        for level in cohort_levels.level_shifts(units, index, u, residual, rules.cohorts):
            residual[level.members] -= level.shift
            shifts.append(level)
        shifts += cohort_levels.stratum_jumps(units, index, seen, day.day, state.memory, rules.cohorts)
        first = np.isfinite(y) & (u["days"] == 0)
        residual = np.where(first, y - seen.effect - u["baseline"], residual)
        u["first_day"] = np.where(u["first_day"] < 0, day.day, u["first_day"])
        u["segment_days"] = np.minimum(u["segment_days"] + np.isfinite(y).any(axis=1), MOST_SEGMENT_DAYS)
        judged = self._update(state, index, u, residual, seen.scale, seen.effect_se, day.day, seen.number)
        return judged, shifts, seen

    def _renew(self, u: NDArray[Any], shift: Shift, seen: Peers) -> None:
        """The normal of a new segment: the old one and what the firmware did to all, or a fresh one.

        What began to change before is no work of the new software: there the old normal stays.
        """
        own = shift.members
        kept = np.isfinite(shift.shift) | changes.pending(u[own], self.rules.changes)
        moved = u["baseline"][own] + np.nan_to_num(shift.shift)
        wider = u["baseline_var"][own] + np.where(np.isfinite(shift.shift), shift.error, 0.0) ** 2
        u["baseline"][own] = np.where(kept, moved, seen.level[own])
        u["baseline_var"][own] = np.where(kept, wider, seen.between[own] ** 2)
        u["days"][own] = np.where(kept, u["days"][own], 0)
        fresh = np.zeros(u["days"].shape, dtype=np.bool_)
        fresh[own] = ~kept
        baselines.forget_change(u, fresh)

    def _update(
        self,
        state: FleetState,
        index: Indices,
        u: NDArray[Any],
        residual: Floats,
        scale: Floats,
        effect_se: Floats,
        day: int,
        number: Indices | None = None,
    ) -> Judged:
        """Pairs, changes, normals; writes the rows."""
        rules = self.rules
        day_sd = baselines.scatter_sd(u) * scale
        total_sd = np.sqrt(day_sd**2 + u["baseline_var"] + effect_se**2)
        busy = changes.pending(u, rules.changes)
        x, left = pairs.difference(residual / total_sd, partners(u), busy)
        judged = u["days"] >= rules.baselines.least_days
        found = changes.follow(u, x * total_sd, total_sd * left, judged, day, rules.changes)
        busy |= changes.pending(u, rules.changes)
        baselines.learn(u, residual, busy & judged, np.hypot(day_sd, effect_se), rules.baselines, rules.changes)
        u["last_day"] = np.where(np.isfinite(residual).any(axis=1), np.maximum(u["last_day"], day), u["last_day"])
        state.units.rows[index] = u
        counted = np.zeros(residual.shape, dtype=np.int64) if number is None else number
        return Judged(index, u, found, total_sd, counted)

    def _odd(self, state: FleetState, judged: Judged, seen: Peers, day: int) -> list[UnitFinding]:
        """Once a week: who is least like the others."""
        rules = self.rules.population
        if day % rules.every_days != 0 or not len(judged.at):
            return []
        u = judged.rows
        z = np.where(u["days"] >= self.rules.peers.settled_days, u["baseline"] + u["level"] - seen.level, np.nan)
        stratum = groups(u, ("variant", "mounting"))[0]
        distance = population.distances((z / seen.between)[:, :N_JUDGED], stratum)
        listed = np.array([(state.units.names[at], False) in state.life.open for at in judged.at])
        look = population.odd(distance, stratum, u["odd_looks"].astype(np.int64), listed, rules)
        state.units.rows["odd_looks"][judged.at] = np.minimum(look.looks, 1_000)
        return findings.of_odd(state.units, judged, look, z, distance)
