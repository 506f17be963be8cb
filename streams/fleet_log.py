"""The fleet's log on the wire: records of ``schemas.daily`` as JSON with the headers of a CloudEvent."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from hashlib import blake2b
from typing import Any

import numpy as np
import orjson
from pydantic import BaseModel, ValidationError

from schemas.alerts import Alert
from schemas.daily import LOG_TYPES, Acknowledge, DayMarker, DayPart, Registration, ServiceEvent, Snooze
from streams.events import Headers, headers
from streams.limits import limit_of
from streams.records import LogRecord, Record
from streams.results import DayParts
from twin.layout import DAY, DAY_SUMS, DAY_US, SUMS

_TYPE = {model: name for name, model in LOG_TYPES.items()}
_Own = DayMarker | Alert | Registration | ServiceEvent | Acknowledge | Snooze
Item = DayParts | _Own


def encode(item: Item) -> Iterator[LogRecord]:
    """The records of one thing that goes to the log."""
    if isinstance(item, DayParts):
        yield from _day_parts(item)
    elif isinstance(item, DayMarker):
        identity = f"{item.partition}/{item.day}"
        yield LogRecord(None, _json(item), _headers(item, identity, str(item.partition), (item.day + 1) * DAY_US))
    elif isinstance(item, ServiceEvent):
        identity = f"{item.unit}/{item.part}/{item.time_us}"
        yield LogRecord(item.unit.encode(), _json(item), _headers(item, identity, item.unit, item.time_us))
    elif isinstance(item, Alert):
        value = item.model_dump_json().encode()
        yield LogRecord(item.unit.encode(), value, _headers(item, item.id, item.unit, item.time_us))
    elif isinstance(item, Acknowledge | Snooze):
        what = f"snooze/{item.until}" if isinstance(item, Snooze) else "acknowledge"
        if limit_of(item.alert_id):  # whose id is the same for as long as the unit lives
            what += f"/{item.time_us}"
        head = _headers(item, f"{item.alert_id}/{what}", item.alert_id, item.time_us)
        yield LogRecord(item.alert_id.encode(), _json(item), head)
    else:
        value = _json(item)
        identity = f"{item.unit}/registration/{blake2b(value, digest_size=8).hexdigest()}"
        time_us = int(datetime.combine(item.built, time.min, UTC).timestamp()) * 1_000_000
        yield LogRecord(item.unit.encode(), value, _headers(item, identity, item.unit, time_us))


def decode(record: Record) -> BaseModel | str:
    """What a record of the log is, or why it is none."""
    kind = dict(record.headers).get("ce_type", b"").decode("utf-8", "replace")
    if kind not in LOG_TYPES:
        return f"not a record of the fleet's log: ce_type {kind!r}"
    try:
        return LOG_TYPES[kind].model_validate_json(record.value or b"")
    except ValidationError as error:
        return f"{kind}: {error.errors()[0]['loc']}: {error.errors()[0]['msg']}"


def _day_parts(parts: DayParts) -> Iterator[LogRecord]:
    points = parts.points
    shared = {"variant": points.variant, "maker": points.maker, "model_version": points.model_version}
    names = [name for name in points.records.dtype.names or () if name != "row"]
    for unit, record, day in zip(points.units, points.records, parts.sums, strict=True):
        point = {"unit": unit, **shared, **{name: record[name].item() for name in names}}
        sums: dict[str, Any] = dict(zip(SUMS, day["sums"].tolist(), strict=True))
        sums |= {name: np.ascontiguousarray(day[name]) if DAY[name].shape else day[name].item() for name in DAY_SUMS}
        value = orjson.dumps({"point": point, "sums": sums}, option=orjson.OPT_SERIALIZE_NUMPY)
        identity = f"{unit}/{record['day']}/{record['part']}"
        head = headers(identity, points.maker, _TYPE[DayPart], unit, int(record["time_us"]))
        yield LogRecord(unit.encode(), value, head)


def _headers(item: _Own, identity: str, subject: str, time_us: int) -> Headers:
    return headers(identity, item.maker, _TYPE[type(item)], subject, time_us)


def _json(item: BaseModel) -> bytes:
    return item.model_dump_json(exclude_defaults=True).encode()
