"""What a lake and the fleet's log say about the indicators of units: histories for ``twin.fleet.indicators``."""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from schemas.daily import Part, ServiceEvent
from twin.fleet.indicators import INDICATORS, History, Indicator, Outlook, ended, kind, levels, outlook
from twin.fleet.lives import Peer
from twin.fleet.prospects import OTHER_VARIANT_WEIGHT, Wear
from twin.layout import DAY_US

Records = NDArray[np.float64]
_USABLE = "('valid', 'beyond_prior')"
_VALUES = ", ".join(
    f"CASE WHEN {one.validity} IN {_USABLE} AND {one.field} > 0 THEN {one.field} END AS {one.name}"
    for one in INDICATORS
)
_POINTS = f"SELECT unit, variant, day, segment, {_VALUES} FROM edu_day ORDER BY unit, variant, day, part"  # noqa: S608
_DRIVEN = """
    SELECT unit, variant, day, sum(distance_m) / 1000 AS km, sum(driving_s) / 3600 AS hours
    FROM day_parts GROUP BY unit, variant, day ORDER BY unit, variant, day"""
_WHOLE = "SELECT unit, variant, max(distance_km) FROM edu_health GROUP BY unit, variant"
Who = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Track:
    """One indicator of a unit since its part was new: its history, and the way driven meanwhile as ``damage``."""

    history: History
    driven: Wear
    former: tuple[tuple[History, float, bool], ...] = ()
    """Parts before it: history, life in km, whether it had failed."""


def tracks(lake: duckdb.DuckDBPyConnection, events: Iterable[ServiceEvent] = ()) -> dict[Who, dict[Indicator, Track]]:
    """Of every (unit, variant) in the lake that has days."""
    whole = {(unit, variant): km for unit, variant, km in lake.execute(_WHOLE).fetchall()}
    points, driven = _by_unit(lake, _POINTS), _by_unit(lake, _DRIVEN)
    done: dict[str, list[ServiceEvent]] = {}
    for event in sorted(events, key=lambda event: event.time_us):
        if event.action != "inspected":
            done.setdefault(event.unit, []).append(event)
    return {
        who: {
            one: _track(one, points[who][:, [0, 1, 2 + place]], days, whole.get(who) or 0.0, done.get(who[0], []))
            for place, one in enumerate(INDICATORS)
        }
        for who, days in driven.items()
        if who in points
    }


def outlooks(fleet: dict[Who, dict[Indicator, Track]], who: Who) -> list[Outlook]:
    """The indicators of a unit that tell something, the one whose end is nearest first."""
    found = []
    for indicator, track in fleet.get(who, {}).items():
        one = outlook(indicator, kind(_peers(fleet, who, indicator)), track.history, track.driven)
        if one:
            found.append(one)
    return sorted(found, key=lambda one: float(one.km[0]))


def _peers(fleet: dict[Who, dict[Indicator, Track]], who: Who, indicator: Indicator) -> list[Peer]:
    """Lives of the same part in all other units, and the unit's own former ones, in km."""
    found = []
    for other, of in fleet.items():
        track, weight = of[indicator], 1.0 if other[1] == who[1] else OTHER_VARIANT_WEIGHT
        for history, life_km, failed in track.former:
            found.append(
                ended(indicator, history, life_km, weight) if failed else Peer(life_km, ended=False, weight=weight)
            )
        if other != who and track.driven.now > 0.0:
            found.append(Peer(track.driven.now, ended=False, weight=weight))
    return found


def _by_unit(lake: duckdb.DuckDBPyConnection, query: str) -> dict[Who, Records]:
    """(unit, variant) -> the other columns (n, columns), NaN where there is none."""
    rows: dict[Who, list[tuple[float | None, ...]]] = {}
    for unit, variant, *values in lake.execute(query).fetchall():
        rows.setdefault((unit, variant), []).append(tuple(values))
    return {who: np.array(found, np.float64) for who, found in rows.items()}


def _track(indicator: Indicator, points: Records, days: Records, whole_km: float, events: list[ServiceEvent]) -> Track:
    """``points``: day, segment, value; ``days``: day, km, hours. Distance from before the first day counts as well."""
    day, km = days[:, 0].astype(np.int64), days[:, 1]
    before_km = max(whole_km - float(km.sum()), 0.0)
    points = points[np.isfinite(points[:, 2])]
    at = points[:, 0].astype(np.int64)
    done = np.array([event.time_us // DAY_US for event in events], np.int64)
    segment = points[:, 1].astype(np.int64) + np.searchsorted(done, at, "left")  # a day of work still is the former's
    level = levels(indicator, points[:, 2])

    def since(first: int, last: int, before_km: float) -> tuple[History, Wear]:
        """Days from ``first`` to ``last`` of the calendar, both included."""
        own, of = (day >= first) & (day <= last), (at >= first) & (at <= last)
        driven_km = before_km + np.concatenate(([0.0], np.cumsum(km[own])))
        history = History(at[of], driven_km[np.searchsorted(day[own], at[of], "right")], level[of], segment[of])
        return history, Wear(day[own], km[own], days[own, 2], km[own], before_km)

    first, former = int(day[0]), []
    for event in events:
        last = event.time_us // DAY_US
        if event.action == "replaced" and Part(event.part) in indicator.parts and last >= first:
            history, driven = since(first, last, before_km)
            if driven.now > 0.0:
                former.append((history, driven.now, event.failed))
            first, before_km = last + 1, 0.0
    return Track(*since(first, max(int(day[-1]), first), before_km), tuple(former))
