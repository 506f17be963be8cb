"""What people are told of a day's findings: cohorts first, then the units that no cohort explains (physics 7.3)."""

import numpy as np

from schemas.fleet_alerts import FleetAlert
from twin.fleet import baselines
from twin.fleet.alerts import Finding
from twin.fleet.diagnosis import Diagnosis
from twin.fleet.features import FEATURES, GATE, N_JUDGED, Indices
from twin.fleet.findings import COHORT_CHECK, Judged, UnitFinding
from twin.fleet.rules import Detector, FleetRules
from twin.fleet.state import FleetState
from twin.fleet.units import COHORT_KINDS, STRATA, Units, groups

MOST_OF = 0.8
"""Share of a storm's units that a cohort must have to give it its name."""
LEAST_STORM = 5


def tell(
    state: FleetState,
    cohorts: list[Finding],
    ones: list[list[UnitFinding]],
    judged: list[Judged],
    index: Indices,
    day: int,
    rules: FleetRules,
) -> list[FleetAlert]:
    """Pass a day's findings through the alerts' lives; resolves what is gone and expires what is silent.

    ``index``: rows of the units of the closed day itself; ``judged``: it and what came late.
    """
    life, units = state.life, state.units
    by_unit: dict[int, UnitFinding] = {}
    for one in (finding for part in ones for finding in part):
        by_unit.setdefault(one.at, one)  # changes stand before oddities
    fresh = [one for one in by_unit.values() if (one.finding.subject, False) not in life.open]
    cohorts = cohorts + _storms(units, fresh, index, rules)
    told = [alert for finding in cohorts for alert in life.take(finding, day)]
    named = {finding.subject for finding in cohorts}
    for subject in sorted({key[0] for key, alert in life.open.items() if alert.is_cohort} - named):
        told += life.rest(subject, True, day)
    kept = {at: one for at, one in by_unit.items() if not _swallowed(state, one)}
    for at in sorted(kept, key=lambda row: units.names[row]):
        told += life.take(kept[at].finding, day)
    for part in judged:
        told += _rest(state, part, kept, day, rules)
    return told + life.expire(day)


def _rest(
    state: FleetState, judged: Judged, kept: dict[int, UnitFinding], day: int, rules: FleetRules
) -> list[FleetAlert]:
    """Units with an open alert that no detector speaks of today."""
    told = []
    open_names = {subject for subject, _ in state.life.open}
    quiet = [k for k, at in enumerate(judged.at) if state.units.names[at] in open_names and int(at) not in kept]
    for k in sorted(quiet, key=lambda place: state.units.names[judged.at[place]]):
        at, unit = int(judged.at[k]), judged.rows[k]
        small = np.abs(unit["level"]) < rules.life.resolve_share * GATE
        calm = bool(small[:N_JUDGED].all()) and unit["odd_looks"] == 0
        ended = state.life.rest(state.units.names[at], calm, day, bool(unit["last_day"] == day))
        if ended:
            whole = np.ones((1, len(GATE)), dtype=np.bool_)
            row = state.units.rows[at : at + 1].copy()
            baselines.forget_change(row, whole)
            state.units.rows[at] = row[0]
        told += ended
    return told


def _swallowed(state: FleetState, one: UnitFinding) -> bool:
    """Whether an open alert of the unit's cohort or stratum tells of this feature already."""
    feature = FEATURES[one.feature].name
    if (one.finding.subject, False) in state.life.open:
        return False
    return any(
        alert.is_cohort and feature in alert.features and _belongs(state.units, one.at, alert.subject)
        for alert in state.life.open.values()
    )


def _belongs(units: Units, at: int, subject: str) -> bool:
    kind, name = subject.split(":", 1)
    words = STRATA[0] if kind == "stratum" else ("variant", kind)
    return "/".join(units.word(word, at) for word in words[: name.count("/") + 1]) == name


def _storms(units: Units, fresh: list[UnitFinding], index: Indices, rules: FleetRules) -> list[Finding]:
    """One finding where too many of a stratum's units begin with one feature on one day: the system or the software."""
    place = {int(at): k for k, at in enumerate(index)}
    stratum_of, _ = groups(units.rows[index], STRATA[1])
    present = np.bincount(stratum_of)
    storms: dict[str, list[UnitFinding]] = {}
    by_stratum: dict[tuple[int, int], list[UnitFinding]] = {}
    for one in fresh:
        if one.at in place:
            by_stratum.setdefault((int(stratum_of[place[one.at]]), one.feature), []).append(one)
    for (stratum, _), ones in sorted(by_stratum.items()):
        if len(ones) >= LEAST_STORM and len(ones) > rules.cohorts.storm_share * present[stratum]:
            storms.setdefault(_common(units, [one.at for one in ones]), []).extend(ones)
    found = []
    for subject, ones in sorted(storms.items()):
        changes = {change.feature: change for one in ones for change in one.finding.changes}
        words = (f"{len(ones)} units on one day: " + ", ".join(sorted(changes)),)
        size = max(abs(one.finding.size) for one in ones)
        found.append(
            Finding(
                *(subject, True, Detector.STORM, size, float(len(ones)), rules.cohorts.storm_share),
                *(Diagnosis("origin", 1.0, words, (), COHORT_CHECK), tuple(changes[name] for name in sorted(changes))),
                *(min(one.finding.window_from_day for one in ones), len(ones)),
            )
        )
    return found


def _common(units: Units, ats: list[int]) -> str:
    """The origin that most of the units share and the least of the fleet has; else their stratum."""
    best, rarest = "", float("inf")
    for kind in COHORT_KINDS:
        names = [f"{units.word('variant', at)}/{units.word(kind, at)}" for at in ats]
        name = max(sorted(set(names)), key=names.count)
        word = units.rows[kind][ats[names.index(name)]]
        same = units.rows["variant"] == units.rows["variant"][ats[0]]
        fleet = int((same & (units.rows[kind] == word)).sum())
        telling_one = names.count(name) >= MOST_OF * len(ats) and fleet < MOST_OF * int(same.sum())
        if word and telling_one and fleet < rarest:
            best, rarest = f"{kind}:{name}", fleet
    return best or "stratum:" + "/".join(units.word(word, ats[0]) for word in STRATA[1])
