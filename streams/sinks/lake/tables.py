"""The lake's tables: their columns, their keys, and how an Output becomes their rows."""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import cache
from types import UnionType
from typing import Any, NamedTuple, get_args

import numpy as np
import pyarrow as pa
from pydantic import BaseModel

from schemas.alerts import Alert
from schemas.fleet_alerts import Change, FleetAlert
from schemas.loads import Load
from schemas.results import MEASUREMENT, OWN_TAGS, TAGS
from streams.results import DayParts, Output, Points
from streams.snapshots import PRESENT, describe, encode, layout_hash
from twin.layout import DAY, DAY_SUMS, ROW, SUMS

RAW_BUCKETS = 16
"""Raw frames of a day are spread over so many folders by unit, so that one unit is found without reading all."""

_TOTALS = [("day", pa.int64()), ("part", pa.int64()), ("segment", pa.int64())]
_HEADERS = pa.list_(pa.struct([("name", pa.string()), ("value", pa.binary())]))
_ORIGIN = [("partition", pa.int32()), ("offset", pa.int64())]
_RECORD = [("timestamp_ms", pa.int64()), ("key", pa.binary()), ("value", pa.binary()), ("headers", _HEADERS)]


class Table(NamedTuple):
    """Rows of one key are the same fact; the one that is last by ``newest`` is it."""

    schema: pa.Schema
    key: tuple[str, ...]
    newest: str = "offset"
    time: str = "time_us"


def _columns(model: type[BaseModel]) -> list[tuple[str, pa.DataType]]:
    columns = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
        number = pa.float64() if float in kinds else pa.int64() if int in kinds else pa.string()
        columns.append((name, number))
    return columns


def _fleet_alert_columns() -> list[tuple[str, pa.DataType]]:
    """Columns of an alert of the fleet stage; its evidence and changes are lists."""
    texts, changes = pa.list_(pa.string()), pa.list_(pa.struct(_columns(Change)))
    own = {"evidence_for": texts, "evidence_against": texts, "changes": changes}
    own |= {"is_cohort": pa.bool_(), "shadow": pa.bool_()}
    return [("time_us", pa.int64()), *((name, own.get(name, kind)) for name, kind in _columns(FleetAlert))]


def _sum_type(name: str) -> pa.DataType:
    """A matrix is a list of its lines, one after the other."""
    kind, shape = DAY[name].base, DAY[name].shape
    number = pa.from_numpy_dtype(kind)
    return pa.list_(number, int(np.prod(shape))) if shape else number


TABLES: dict[str, Table] = {
    # The key of a point is its series in InfluxDB and its time: a unit may change its variant between two frames.
    **{
        name: Table(
            pa.schema(_columns(model) + _ORIGIN),
            (*(tag for tag in (*TAGS, *OWN_TAGS) if tag in model.model_fields), "time_us"),
        )
        for name, model in MEASUREMENT.items()
    },
    "loads": Table(pa.schema(_columns(Load) + _ORIGIN), (*TAGS, "time_us", "kind", "place")),
    "day_parts": Table(
        pa.schema(
            [
                *((name, pa.string()) for name in TAGS),
                ("time_us", pa.int64()),
                ("model_version", pa.string()),
                *_TOTALS,
                *((name, pa.float64()) for name in SUMS),
                *((name, _sum_type(name)) for name in DAY_SUMS),
                *_ORIGIN,
            ]
        ),
        (*TAGS, "time_us"),
    ),
    "alerts": Table(pa.schema([*_columns(Alert), ("partition", pa.int32())]), ("id",), newest="model_version"),
    "fleet_alerts": Table(pa.schema(_fleet_alert_columns()), ("id",), newest="model_version"),
    "refused": Table(
        pa.schema([("reason", pa.string()), ("detail", pa.string()), ("late", pa.bool_()), *_ORIGIN, *_RECORD]),
        ("partition", "offset", "value"),
        time="",
    ),
    "raw_frames": Table(
        pa.schema(
            [
                ("unit", pa.string()),
                ("boot", pa.int64()),
                ("sequence", pa.int64()),
                ("time_us", pa.int64()),
                *_ORIGIN,
                *_RECORD,
            ]
        ),
        ("unit", "boot", "sequence"),
    ),
    "row_snapshots": Table(
        pa.schema(
            [
                ("unit", pa.string()),
                ("time_us", pa.int64()),
                *_ORIGIN,
                ("layout", pa.binary()),
                ("value", pa.binary()),
            ]
        ),
        ("unit", "time_us"),
    ),
}
"""Name of a folder and of its view -> its table. ``time_us`` of a raw frame is that of its first sample, of a row
snapshot that of the last sample in it; its ``value`` and ``layout`` are what the state topic would hold."""


def raw_bucket(unit: str) -> int:
    """Number of the folder a unit's raw frames are in."""
    return zlib.crc32(unit.encode()) % RAW_BUCKETS


def tables(outputs: Iterable[Output]) -> Iterator[tuple[str, pa.Table]]:
    """Yield (table name, rows in input order) for everything in the outputs; a name may come more than once."""
    outputs = list(outputs)
    together: dict[tuple[str, str, str, str], list[tuple[int, Points]]] = defaultdict(list)
    for output in outputs:
        for points in (*output.points, *output.loads):
            if len(points.records):
                shared = (points.measurement, points.maker, points.variant, points.model_version)
                together[shared].append((output.partition, points))
    for (measurement, *_), parts in together.items():
        yield measurement, _points(TABLES[measurement].schema, parts)
    for output in outputs:
        for days in output.daily:
            if isinstance(days, DayParts):
                yield "day_parts", _day_parts(output.partition, days)
    for name, rows in (
        ("alerts", _alerts(outputs)),
        ("fleet_alerts", _fleet_alerts(outputs)),
        ("refused", _refused(outputs)),
        ("raw_frames", _raw(outputs)),
        ("row_snapshots", _snapshots(outputs)),
    ):
        if rows:
            yield name, pa.Table.from_pylist(rows, schema=TABLES[name].schema)


@cache
def _words(kind: type[IntEnum]) -> pa.Array:
    """Names of an enumeration that counts from 0."""
    return pa.array([one.name.lower() for one in kind] + ["unknown"])


def _day_parts(partition: int, parts: DayParts) -> pa.Table:
    points, sums, count = parts.points, parts.sums, len(parts.sums)
    columns: dict[str, Any] = {name: sums["sums"][:, place] for place, name in enumerate(SUMS)}
    columns |= {name: list(sums[name].reshape(count, -1)) if DAY[name].shape else sums[name] for name in DAY_SUMS}
    columns |= {name: points.records[name] for name in ("time_us", "day", "part", "segment")}
    shared = {"maker": points.maker, "variant": points.variant, "model_version": points.model_version}
    columns |= {name: [text] * count for name, text in shared.items()}
    columns |= {"unit": points.units, "offset": points.offsets, "partition": np.full(count, partition)}
    schema = TABLES["day_parts"].schema
    return pa.Table.from_arrays([pa.array(columns[field.name], field.type) for field in schema], schema=schema)


def _points(schema: pa.Schema, parts: list[tuple[int, Points]]) -> pa.Table:
    first = parts[0][1]
    records = np.concatenate([points.records for _, points in parts], dtype=first.records.dtype)
    texts = {"maker": first.maker, "variant": first.variant, "model_version": first.model_version}
    columns = []
    for field in schema:
        if field.name == first.model.SUBJECT:
            column = pa.array([unit for _, points in parts for unit in points.units], pa.string())
        elif field.name in texts:
            column = pa.repeat(pa.scalar(texts[field.name]), len(records))
        elif field.name == "partition":
            column = pa.array(np.repeat([partition for partition, _ in parts], [len(p.records) for _, p in parts]))
        elif field.name == "offset":
            column = pa.array(np.concatenate([points.offsets for _, points in parts]))
        else:
            column = _column(first, records, field.name)
        columns.append(column.cast(field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _column(points: Points, records: np.ndarray[Any, Any], name: str) -> pa.Array:
    values = np.ascontiguousarray(records[name])
    kind = points.model.model_fields[name].annotation
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        known = (values >= 0) & (values < len(kind))
        return _words(kind).take(pa.array(np.where(known, values, len(kind))))
    return pa.array(values, from_pandas=True)  # NaN = not known = null


def _alerts(outputs: list[Output]) -> list[dict[str, Any]]:
    return [
        {**alert.model_dump(mode="json"), "partition": output.partition}
        for output in outputs
        for alert in output.alerts
    ]


def _fleet_alerts(outputs: list[Output]) -> list[dict[str, Any]]:
    alerts = (alert for output in outputs for alert in output.fleet_alerts)
    return [{**alert.model_dump(mode="json"), "time_us": alert.time_us} for alert in alerts]


def _refused(outputs: list[Output]) -> list[dict[str, Any]]:
    return [
        {
            "reason": str(refused.reject.reason.value),
            "detail": refused.reject.detail,
            "late": refused.late,
            **_record(output.partition, refused.record),
        }
        for output in outputs
        for refused in output.refused
    ]


def _raw(outputs: list[Output]) -> list[dict[str, Any]]:
    return [
        {
            "unit": frame.identity.identity.unit,
            "boot": frame.boot,
            "sequence": frame.sequence,
            "time_us": frame.start_us,
            **_record(output.partition, frame.record),
        }
        for output in outputs
        for frame in output.frames
    ]


def _snapshots(outputs: list[Output]) -> list[dict[str, Any]]:
    layout, text = layout_hash(PRESENT), describe(PRESENT)
    return [
        {
            "unit": snapshot.unit,
            "time_us": time_us,
            "partition": output.partition,
            "offset": max((frame.record.offset for frame in output.frames), default=-1),
            "layout": text,
            "value": encode(snapshot, layout)[1],
        }
        for output in outputs
        for snapshot in output.snapshots
        if (time_us := int(np.frombuffer(snapshot.row, ROW)["time_us"][0]))
    ]


def _record(partition: int, record: Any) -> dict[str, Any]:
    return {
        "partition": partition,
        "offset": record.offset,
        "timestamp_ms": record.timestamp,
        "key": record.key,
        "value": record.value,
        "headers": [{"name": name, "value": value} for name, value in record.headers],
    }
