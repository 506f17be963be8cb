"""Generated daily features as the records of a maker's log: parts, markers, registrations."""

from collections.abc import Iterable, Iterator
from datetime import date
from types import UnionType
from typing import Any, get_args

import numpy as np
import orjson

from schemas.daily import DayMarker, Mounting, Registration
from schemas.results import EduDay
from streams.events import headers
from streams.fleet_log import encode
from streams.records import LogRecord
from streams.results import Output
from tests.fleet_days import VARIANTS, Fleet
from twin.fleet.days import Day
from twin.fleet.features import FEATURES
from twin.layout import DAY_US


class Seen:
    """A sink that remembers."""

    full, reachable = False, True

    def __init__(self) -> None:
        self.outputs: list[Output] = []

    def write(self, output: Output) -> None:
        self.outputs.append(output)

    def flush(self, timeout_s: float | None = None) -> None: ...

    def close(self) -> None: ...


MAKER = "bmw"
FIRST_DAY = 20_000
WAY_KM = 60.0
WEAR = [3e-6, 4e-6, 1e-6, 2e-6, 1e-6, 1e-5, 5e-6, 5e-6, 2e-6, 1e-6, 2e-6, 1e-6, 8e-5, 2e-5]
"""Way and wear of every unit on every day of driving; wear by component."""


def registrations(fleet: Fleet, maker: str = MAKER) -> Iterator[LogRecord]:
    """What the maker says of its units."""
    for k, name in enumerate(fleet.names):
        variant, mounting, _ = VARIANTS[fleet.variant[k]]
        origin = {
            "plant": f"p{fleet.plant[k]}",
            "batch": f"b{fleet.batch[k]:03d}",
            "hardware": f"h{fleet.batch[k] // 8}",
        }
        facts: dict[str, Any] = {"variant": variant, "mounting": Mounting(mounting), "vehicle": f"v{fleet.car[k]:06d}"}
        yield from encode(Registration(unit=name, maker=maker, built=date(2024, 1, 1), **facts, **origin))


def parts(fleet: Fleet, day: Day, part: int = 0, maker: str = MAKER) -> list[LogRecord]:
    """The parts of a day, by unit."""
    place = {name: k for k, name in enumerate(fleet.names)}
    return [
        part_record(day, at, VARIANTS[fleet.variant[place[unit]]][0], part, maker) for at, unit in enumerate(day.units)
    ]


def part_record(day: Day, at: int, variant: str, part: int, maker: str = MAKER) -> LogRecord:
    """One unit's part; a feature that is not valid is not known."""
    time_us = day.day * DAY_US + part
    point = _BLANK | {"unit": day.units[at], "variant": variant, "maker": maker, "model_version": "test"}
    point |= {"time_us": time_us, "segment": int(day.segment[at]), "day": day.day, "part": part}
    for k, feature in enumerate(FEATURES):
        if feature.name in EduDay.model_fields:
            known = bool(day.valid[at, k])
            point[feature.name] = float(day.value[at, k]) if known else None
            point[feature.sd] = float(day.sd[at, k]) if known else None
    point |= {"distance_km": WAY_KM, "driving_s": 90.0 * WAY_KM}
    value = orjson.dumps({"point": point, "sums": {"wear": WEAR}})
    head = headers(f"{day.units[at]}/{day.day}/{part}", maker, "edu_twin.day_part.v1", day.units[at], time_us)
    return LogRecord(day.units[at].encode(), value, head)


def marker(day: int, partition: int, count: int, maker: str = MAKER) -> LogRecord:
    """A partition has put out a day."""
    return next(iter(encode(DayMarker(maker=maker, partition=partition, day=day, parts=count))))


def log_of(fleet: Fleet, days: Iterable[Day], partitions: int = 3, maker: str = MAKER) -> list[list[LogRecord]]:
    """What each partition says, in its order; units belong to partitions by their number."""
    told: list[list[LogRecord]] = [[] for _ in range(partitions)]
    for day in days:
        of_day = parts(fleet, day, maker=maker)
        for partition in range(partitions):
            own = [one for one in of_day if int(one.key[1:]) % partitions == partition]  # type: ignore[index]
            told[partition] += [*own, marker(day.day, partition, len(own), maker)]
    return told


def interleaved(told: list[list[LogRecord]], seed: int) -> list[LogRecord]:
    """One log in which each partition's records stay in their order, days about together."""
    rng = np.random.default_rng(seed)
    at, mixed = [0] * len(told), list[LogRecord]()
    while left := [k for k, records in enumerate(told) if at[k] < len(records)]:
        k = int(rng.choice(left))
        size = int(rng.integers(1, 40))
        mixed += told[k][at[k] : at[k] + size]
        at[k] += size
    return mixed


def _blank() -> dict[str, Any]:
    """A day on which nothing was measured."""
    point: dict[str, Any] = {}
    for name, field in EduDay.model_fields.items():
        kind = field.annotation
        optional = type(None) in (get_args(kind) if isinstance(kind, UnionType) else ())
        point[name] = None if optional else 0
    return point


_BLANK = _blank()
