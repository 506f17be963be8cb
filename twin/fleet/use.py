"""How the units of a day were used, for charts of cohorts; the air they drove in makes their climate."""

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np

from schemas.results import COHORT_SPREADS, COHORT_SUMS, EduDay
from twin.fleet.features import Floats

HIGHEST = COHORT_SPREADS[1:]
N_SUMS = len(COHORT_SUMS)
COLUMNS = (*COHORT_SUMS, "known_drive_wh", "known_dc_wh", "air_c_s", "air_s", *HIGHEST)
"""Of a unit's day: what adds up, the energies at half-shafts and battery whose efficiency is known, air by time, and
maxima."""
N_ADDED = COLUMNS.index(HIGHEST[0])


class DayUse:
    """Adds up the parts of each unit's days until a day is closed; what comes later is not counted."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[str, Floats]] = {}

    def add(self, point: EduDay) -> None:
        """A part of a day."""
        rows = self._rows.setdefault(point.day, {})
        known = rows.get(point.unit)
        rows[point.unit] = of(point) if known is None else _merged(known, of(point))

    def take(self, day: int) -> dict[str, Floats]:
        """Unit -> (COLUMNS,) of a day; it and earlier ones are forgotten."""
        found = self._rows.pop(day, {})
        self._rows = {one: rows for one, rows in self._rows.items() if one > day}
        return found

    def pack(self) -> tuple[list[tuple[int, list[str]]], Floats]:
        """Days with their units, and (units of all days, COLUMNS)."""
        names = [(day, list(rows)) for day, rows in sorted(self._rows.items())]
        rows = [row for _, own in sorted(self._rows.items()) for row in own.values()]
        return names, np.array(rows).reshape(-1, len(COLUMNS))

    def unpack(self, names: Sequence[tuple[int, list[str]]], rows: Floats) -> None:
        """Become what ``pack`` was called on."""
        left = iter(rows)
        self._rows = {day: {unit: next(left) for unit in units} for day, units in names}


def of(point: EduDay) -> Floats:
    """(COLUMNS,) of one part of a day; NaN: no maximum is known."""
    efficiency = point.efficiency_model or np.nan
    drive_wh, dc_wh = point.drive_energy_wh, point.drive_energy_wh / efficiency
    known = (drive_wh, dc_wh) if isfinite(dc_wh) else (0.0, 0.0)
    air = (0.0, 0.0)
    if point.ambient_temp_c is not None:
        air = (point.ambient_temp_c * point.driving_s, point.driving_s)
    highest = [getattr(point, name) for name in HIGHEST]
    return np.array(
        [*(getattr(point, name) for name in COHORT_SUMS), *known, *air, *(np.nan if x is None else x for x in highest)],
        dtype=np.float64,
    )


def air_c(use: Mapping[str, Floats]) -> Floats:
    """(units,) mean air [degC] that each of ``use`` drove in; NaN: not measured."""
    sums = np.array(list(use.values())).reshape(-1, len(COLUMNS))
    total, time_s = (sums[:, COLUMNS.index(name)] for name in ("air_c_s", "air_s"))
    return np.where(time_s > 0.0, total / np.where(time_s > 0.0, time_s, 1.0), np.nan)


def present(columns: Sequence[str], rows: Floats) -> Floats:
    """(n, COLUMNS) of rows with the columns of an earlier version; what it did not know adds nothing. ValueError for
    other columns.
    """
    if other := set(columns) - set(COLUMNS):
        raise ValueError(
            f"state of a day's use with columns that this program does not have: {', '.join(sorted(other))}"
        )
    found = np.full((len(rows), len(COLUMNS)), np.nan)
    found[:, :N_ADDED] = 0.0
    found[:, [COLUMNS.index(name) for name in columns]] = rows
    return found


def table(units: Sequence[str], use: Mapping[str, Floats]) -> Floats:
    """(units, COLUMNS), NaN for those that did not drive."""
    nothing = np.full(len(COLUMNS), np.nan)
    return np.array([use.get(unit, nothing) for unit in units]).reshape(-1, len(COLUMNS))


def _merged(one: Floats, other: Floats) -> Floats:
    return np.concatenate([one[:N_ADDED] + other[:N_ADDED], np.fmax(one[N_ADDED:], other[N_ADDED:])])
