"""What a lake and the fleet's log say about the indicators of units: histories for ``twin.fleet.indicators``."""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from schemas.daily import Part, Registration, ServiceEvent
from streams.log_files import Entry
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


def tracks(lake: duckdb.DuckDBPyConnection, log: Iterable[Entry] = ()) -> dict[Who, dict[Indicator, Track]]:
    """Of every (unit, variant) in the lake that has days; ``log``: entries of the fleet's log in their order."""
    whole = {(unit, variant): km for unit, variant, km in lake.execute(_WHOLE).fetchall()}
    points, driven = _by_unit(lake, _POINTS), _by_unit(lake, _DRIVEN)
    entries = list(log)
    fitted_km = {entry.unit: entry.fitted_at_km for entry in entries if isinstance(entry, Registration)}
    done: dict[str, list[ServiceEvent]] = {}
    for event in sorted((one for one in entries if isinstance(one, ServiceEvent)), key=lambda event: event.time_us):
        done.setdefault(event.unit, []).append(event)
    return {
        who: {
            one: _track(
                one,
                points[who][:, [0, 1, 2 + place]],
                days,
                whole.get(who) or 0.0,
                done.get(who[0], []),
                fitted_km.get(who[0]),
            )
            for place, one in enumerate(INDICATORS)
        }
        for who, days in driven.items()
        if who in points
    }


def outlooks(fleet: dict[Who, dict[Indicator, Track]], who: Who, design_km: float) -> list[Outlook]:
    """The indicators of a unit that tell something, the one whose end is nearest first; ``design_km``: the distance
    its variant is designed for.
    """
    found = []
    for indicator, track in fleet.get(who, {}).items():
        one = outlook(indicator, kind(_peers(fleet, who, indicator), design_km), track.history, track.driven)
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


@dataclass(frozen=True, slots=True)
class _Days:
    """What a unit drove: (n,) UTC days ascending, km and hours of each, and what the log says of its odometer."""

    day: NDArray[np.int64]
    km: Records
    hours: Records
    read: tuple[tuple[int, float], ...]
    """(day, km at its end)"""

    def unseen_km(self, begin_km: float | None, first: int, last: int) -> float:
        """Km by the odometer, from ``begin_km`` on, that the days ``first`` to ``last`` do not have."""
        found = 0.0
        for day, odometer_km in self.read:
            if begin_km is not None and first <= day <= last:
                seen = (self.day >= first) & (self.day <= day)
                found = max(found, odometer_km - begin_km - float(self.km[seen].sum()))
        return found


def _track(
    indicator: Indicator,
    points: Records,
    days: Records,
    whole_km: float,
    events: list[ServiceEvent],
    fitted_km: float | None,
) -> Track:
    """``points``: day, segment, value; ``days``: day, km, hours; ``fitted_km``: odometer when the unit was new.

    Distance that the lake does not have counts as well: what the unit itself knows of, or the odometer of an event.
    """
    read = tuple((event.time_us // DAY_US, event.odometer_km) for event in events if event.odometer_km is not None)
    driven = _Days(days[:, 0].astype(np.int64), days[:, 1], days[:, 2], read)
    points = points[np.isfinite(points[:, 2])]
    at = points[:, 0].astype(np.int64)
    done = np.array([event.time_us // DAY_US for event in events if event.action != "inspected"], np.int64)
    segment = points[:, 1].astype(np.int64) + np.searchsorted(done, at, "left")  # a day of work still is the former's
    level = levels(indicator, points[:, 2])

    def since(first: int, last: int, before_km: float, begin_km: float | None) -> tuple[History, Wear]:
        """Days from ``first`` to ``last`` of the calendar, both included."""
        before_km = max(before_km, driven.unseen_km(begin_km, first, last))
        own, of = (driven.day >= first) & (driven.day <= last), (at >= first) & (at <= last)
        day, km = driven.day[own], driven.km[own]
        at_km = before_km + np.concatenate(([0.0], np.cumsum(km)))
        history = History(at[of], at_km[np.searchsorted(day, at[of], "right")], level[of], segment[of])
        return history, Wear(day, km, driven.hours[own], km, before_km)

    first, begin_km, before_km, former = 0, fitted_km, max(whole_km - float(driven.km.sum()), 0.0), []
    for event in events:
        last = event.time_us // DAY_US
        if event.action == "replaced" and Part(event.part) in indicator.parts:
            history, life = since(first, last, before_km, begin_km)
            if life.now > 0.0:
                former.append((history, life.now, event.failed))
            first, before_km, begin_km = last + 1, 0.0, event.odometer_km
    newest = max(int(driven.day[-1]), *(day for day, _ in read), first)
    return Track(*since(first, newest, before_km, begin_km), tuple(former))
