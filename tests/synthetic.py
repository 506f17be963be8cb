"""Points made up for tests of the sinks: every field filled, seeded, nothing physical."""

from enum import IntEnum
from typing import Any

import numpy as np
from pydantic import BaseModel

from schemas.alerts import Alert, Transition
from schemas.results import MEASUREMENT
from streams.results import Output, Points
from twin.layout import result_dtype

START_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
MINUTE_US = 60_000_000
MODEL_VERSION = "0.1.0+abcdef"


def enumeration(model: type[BaseModel], name: str) -> type[IntEnum] | None:
    """What a column of words counts; None: a number."""
    kind = model.model_fields[name].annotation if name in model.model_fields else None
    return kind if isinstance(kind, type) and issubclass(kind, IntEnum) else None


def points(
    count: int, *, measurement: str = "edu_state", units: int = 4, seed: int = 0, start_us: int = START_US
) -> Points:
    """``count`` points of ``units`` units in turn, one a minute each, offsets 0, 1, ..."""
    model = MEASUREMENT[measurement]
    rng = np.random.default_rng(seed)
    records = np.zeros(count, dtype=result_dtype(model))
    for name in records.dtype.names or ():
        if records.dtype[name].kind == "f":
            records[name] = rng.normal(60.0, 20.0, count)
        elif words := enumeration(model, name):
            records[name] = rng.integers(0, len(words), count)
        else:
            records[name] = rng.integers(0, 100, count)
    index = np.arange(count)
    records["row"] = index % units
    records["time_us"] = start_us + (index // units) * MINUTE_US
    names = [f"unit-{number % units}" for number in range(count)]
    return Points(measurement, model, "bmw", "bmw-i3", MODEL_VERSION, names, records, index.astype(np.int64))


def output(*series: Points, partition: int = 0, **rest: Any) -> Output:
    """An Output with these points."""
    return Output(partition, points=list(series), **rest)


def alert(unit: str = "unit-0", time_us: int = START_US, transition: Transition = Transition.OPENED) -> Alert:
    """An alert of one unit."""
    name = "oil_over_temperature"
    return Alert(
        id=f"{unit}/{name}/{time_us}/{transition}",
        unit=unit,
        variant="bmw-i3",
        maker="bmw",
        alert=name,
        transition=transition,
        time_us=time_us,
        value=121.5,
        limit=120.0,
        unit_of_value="degC",
        check="oil level and cooler",
        model_version=MODEL_VERSION,
    )
