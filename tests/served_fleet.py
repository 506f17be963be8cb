"""A small fleet in a lake, with all that the API and the page show: generated days through the fleet stage, made-up
minutes and wear. Seconds to make, the same each time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from schemas.alerts import UnitAlert
from schemas.components import Component, Law
from schemas.daily import DayPart, Registration
from schemas.results import MEASUREMENT, EduDay
from streams.fleet_log import decode
from streams.fleet_pipeline import FleetPipeline, as_log
from streams.log_files import lines
from streams.results import Output, Points
from streams.sinks import Sink
from streams.sinks.lake import LakeSink
from tests.fleet_days import VARIANTS, Fleet, Injection
from tests.fleet_records import FIRST_DAY, MAKER, log_of, registrations
from tests.synthetic import alert
from twin.fleet.rules import FleetRules
from twin.layout import DAY_US, result_dtype

UNITS, DAYS, FAULTY_FROM = 60, 45, 30
SICK, WORN, HOT, SILENT = "u000009", "u000021", "u000030", "u000040"
"""A weak pump, worn brushes, oil above its limit, and a unit that says nothing any more."""
LAST_US = (FIRST_DAY + DAYS) * DAY_US
MINUTES = 90
"""Of driving in the last of which units have states."""
MODEL = "0.1.0+test"
LOG = "fleet.jsonl"


def make(folder: Path, units: int = UNITS) -> tuple[Path, Path]:
    """Lake and log file in a folder."""
    lake, log = folder / "lake", folder / LOG
    known = fill([LakeSink(lake)], units).registered
    log.write_text("".join(lines(known)))
    return lake, log


class Filled(NamedTuple):
    """What was registered of the fleet, and its stage at the end."""

    registered: list[Registration]
    stage: FleetPipeline


def fill(sinks: Sequence[Sink], units: int = UNITS) -> Filled:
    """The fleet into sinks, which are closed then."""
    at_day = np.array([FAULTY_FROM])
    faults = (Injection("pump", 1.5, np.array([9]), at_day), Injection("brush_wear", 1.5, np.array([20]), at_day))
    fleet = Fleet(3, units, faults)
    known = list(registrations(fleet))
    (told,) = log_of(fleet, fleet.days(DAYS, FIRST_DAY), 1)
    stage = FleetPipeline(MAKER, 1, FleetRules(), sinks)
    records = list(as_log([*known, *told]))
    stage.process(records)
    stage.drain()
    items = [decode(record) for record in records]
    variants = {name: VARIANTS[fleet.variant[k]][0] for k, name in enumerate(fleet.names)}
    days = [item.point for item in items if isinstance(item, DayPart)]
    hot = alert(HOT, LAST_US - 3_600_000_000).model_copy(update={"variant": variants[HOT]})
    series = [*_days(days), *states(variants, seed=1), *_health(variants)]
    for sink in sinks:
        sink.write(Output(0, points=series, alerts=[hot]))
        sink.flush(120)
        sink.close()
    return Filled([item for item in items if isinstance(item, Registration)], stage)


def states(variants: dict[str, str], *, seed: int, end_us: int = LAST_US) -> Iterator[Points]:
    """An hour and a half of minutes of every unit up to a time; of SILENT ten days earlier."""
    rng = np.random.default_rng(seed)
    for variant, units in _by_variant(variants):
        records, names = _blank("edu_state", len(units) * MINUTES), []
        for place, unit in enumerate(units):
            rows = records[place * MINUTES : (place + 1) * MINUTES]
            minutes = np.arange(MINUTES)
            last_us = end_us - (10 * DAY_US if unit == SILENT else 0)
            rows["time_us"] = last_us - (MINUTES - minutes) * 60_000_000
            warm = 1.0 - np.exp(-minutes / 25.0)
            for field, rise in (
                ("end_winding", 62.0),
                ("slot_winding", 51.0),
                ("rotor", 70.0),
                ("oil", 45.0),
                ("teeth", 40.0),
            ):
                wander = np.cumsum(rng.normal(0.0, 0.5, MINUTES))
                rows[f"{field}_temp_c"] = 24.0 + rise * warm + wander
                rows[f"{field}_temp_sd_k"] = 1.1 + 0.8 * np.exp(-minutes / 15.0)
            for field in ("yoke", "housing", "coolant_out"):
                rows[f"{field}_temp_c"], rows[f"{field}_temp_sd_k"] = 24.0 + 25.0 * warm, 1.3
            for field in ("switch", "diode"):
                rows[f"{field}_peak_temp_c"], rows[f"{field}_peak_temp_sd_k"] = 40.0 + 45.0 * warm, 2.2
            rows["alerts"] = int(UnitAlert.OIL_OVER_TEMPERATURE) if unit == HOT else 0
            names += [unit] * MINUTES
        yield Points(
            "edu_state", MEASUREMENT["edu_state"], MAKER, variant, MODEL, names, records, np.arange(len(records))
        )


def _days(days: Iterable[EduDay]) -> Iterator[Points]:
    by_variant: dict[str, list[EduDay]] = defaultdict(list)
    for day in days:
        by_variant[day.variant].append(day)
    for variant, own in by_variant.items():
        records = _blank("edu_day", len(own))
        for record, day in zip(records, own, strict=True):
            for name in set(records.dtype.names or ()) & EduDay.model_fields.keys():
                value = getattr(day, name)
                record[name] = np.nan if value is None else value
        records["start_us"], records["end_us"] = (
            records["time_us"] + 7 * 3_600_000_000,
            records["time_us"] + DAY_US // 2,
        )
        records["efficiency_model"], records["efficiency_model_sd"] = 0.915, 0.006
        names = [day.unit for day in own]
        yield Points("edu_day", EduDay, MAKER, variant, MODEL, names, records, np.arange(len(own)))


def _health(variants: dict[str, str]) -> Iterator[Points]:
    rng = np.random.default_rng(5)
    worn = (Component.BOND_WIRES, Component.INSULATION, Component.GEAR_BEARING, Component.OIL, Component.BRUSHES)
    for variant, units in _by_variant(variants):
        records = _blank("edu_health", len(units) * len(worn))
        records["time_us"] = LAST_US - DAY_US // 2
        records["component"] = np.tile([int(one) for one in worn], len(units))
        records["law"] = np.tile(
            [int(Law.LESIT), int(Law.ARRHENIUS), int(Law.ISO_281), int(Law.ARRHENIUS), int(Law.SLIDING)], len(units)
        )
        records["design_ratio"] = np.exp(rng.normal(-0.7, 0.5, len(records)))
        records["damage"], records["damage_sd_ln"] = 0.02 * records["design_ratio"], 0.7
        records["per_1000_km"] = records["damage"] / 6.0
        names = [unit for unit in units for _ in worn]
        yield Points(
            "edu_health", MEASUREMENT["edu_health"], MAKER, variant, MODEL, names, records, np.arange(len(records))
        )


def _by_variant(variants: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    for variant in sorted(set(variants.values())):
        yield variant, [unit for unit, own in variants.items() if own == variant]


def _blank(series: str, count: int) -> np.ndarray:  # type: ignore[type-arg]
    """Points in which no number is known and everything that says so is valid."""
    records = np.zeros(count, dtype=result_dtype(MEASUREMENT[series]))
    for name in records.dtype.names or ():
        if records.dtype[name].kind == "f":
            records[name] = np.nan
    return records
