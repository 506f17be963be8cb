"""Histories of a unit as the API tells them."""

from collections.abc import Sequence

from schemas.api import Column, History, Series
from streams.serve.attention import time_of
from streams.serve.fields import numbers, shown, words
from streams.serve.reader import Reader, Row

DEFAULT = {
    Series.STATE: ("end_winding_temp_c", "rotor_temp_c", "oil_temp_c", "switch_peak_temp_c"),
    Series.TRIP: ("efficiency_model", "distance_km"),
    Series.DAY: ("cooling_conductance_ratio", "loss_ratio", "drag_scale", "efficiency_model"),
    Series.FLEET: ("distance", "distance_rank"),
}
"""Fields that are told when none are asked for."""


class UnknownFieldError(ValueError):
    """A field is asked for that the series does not have."""


def history(
    reader: Reader, unit: str, series: Series, asked: Sequence[str], span_us: tuple[int, int], most: int
) -> History:
    """Points of a stretch of time. UnknownFieldError, ReaderError."""
    columns = _columns(series, asked)
    fields = list(dict.fromkeys(name for column in columns for name in (column.name, column.sd) if name))
    rows, thinned = reader.history(f"edu_{series}", unit, fields, span_us, most)
    return _filled(unit, series, columns, rows, thinned)


def at(reader: Reader, unit: str, series: Series, asked: Sequence[str], time_us: int) -> History:
    """The last point at or before a time: the unit as it was then. UnknownFieldError, ReaderError."""
    columns = _columns(series, asked or (*numbers(f"edu_{series}"), *words(f"edu_{series}")))
    row = reader.before(f"edu_{series}", unit, time_us)
    return _filled(unit, series, columns, [row] if row else [], False)


def _columns(series: Series, asked: Sequence[str]) -> list[Column]:
    name = f"edu_{series}"
    known = {*numbers(name), *words(name)}
    if unknown := [field for field in asked if field not in known]:
        raise UnknownFieldError(f"{name} has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    columns = []
    for field in dict.fromkeys(asked or DEFAULT[series]):
        own = shown(name, field)
        columns.append(Column(name=field, label=own.label, unit=own.unit, sd=own.sd, values=[]))
    told = {column.name for column in columns}
    for column in list(columns):
        if column.sd and column.sd not in told:
            own = shown(name, column.sd)
            columns.append(Column(name=column.sd, label=own.label, unit=own.unit, sd=None, values=[]))
    return columns


def _filled(unit: str, series: Series, columns: list[Column], rows: Sequence[Row], thinned: bool) -> History:
    for column in columns:
        column.values = [row.get(column.name) for row in rows]
    times = [time_of(row["time_us"]) for row in rows]
    return History(unit=unit, series=series, times=times, columns=columns, thinned=thinned)
