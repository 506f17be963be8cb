"""Small frames and records for tests of everything between codec and pipeline."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from schemas.telemetry import FRAME_CONTENT_TYPE, JSON_CONTENT_TYPE, TICK_CONTENT_TYPE, Identity
from streams.codec import Codec, Frame, encode_frame, encode_json, encode_tick
from streams.records import Headers, Message

MAKER = "bmw"
VARIANT = "bmw-i3"
OTHER_VARIANT = "bmw-gen5-rear"
NOON_US = 1_772_366_400_000_000
"""2026-03-01 12:00 UTC."""
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
FRAME_US = 10 * SECOND_US

FRAME_HEADERS: Headers = (("content-type", FRAME_CONTENT_TYPE.encode()),)
JSON_HEADERS: Headers = (("content-type", JSON_CONTENT_TYPE.encode()),)
TICK_HEADERS: Headers = (("content-type", TICK_CONTENT_TYPE.encode()),)


def identity(unit: str = "unit-1", **changes: Any) -> Identity:
    """An identity every check lets through."""
    facts = {"vehicle": f"car-of-{unit}", "maker": MAKER, "variant": VARIANT, "hardware": "B2", "firmware": "1.0"}
    return Identity(unit=unit, **{**facts, **changes})


def signals(count: int, seed: int = 0) -> dict[str, Any]:
    """A short drive: speed and torque that wander, DC side and two temperatures."""
    rng = np.random.default_rng(seed)
    speed = 3_000 + 500 * np.sin(np.arange(count) / 7 + seed) + rng.normal(0, 5, count)
    torque = 60 * np.sin(np.arange(count) / 3 + seed)
    return {
        "motor_speed_rpm": speed,
        "torque_nm": torque,
        "dc_voltage_v": np.full(count, 360.0),
        "dc_current_a": torque * speed * 2 * np.pi / 60 / 360 * 1.05 + 2,
        "winding_temp_c": np.full(count, 55.0),
        "coolant_in_temp_c": np.full(count, 35.0),
        "vehicle_speed_km_h": speed / 80,
    }


def value(
    unit: str = "unit-1",
    sequence: int = 0,
    *,
    boot: int = 1,
    start_us: int | None = None,
    count: int = 10,
    step_us: int = SECOND_US,
    json: bool = False,
    who: Identity | None = None,
    **options: Any,
) -> bytes:
    """An encoded frame; without ``start_us`` frame n of a boot begins n frames after noon, an hour later per boot."""
    if start_us is None:
        start_us = NOON_US + (boot - 1) * 60 * MINUTE_US + sequence * count * step_us
    times_us = start_us + np.arange(count) * step_us
    encode = encode_json if json else encode_frame
    return encode(who or identity(unit), boot, sequence, times_us, signals(count, sequence % 1_000), **options)


def record(
    value: bytes | None,
    offset: int = 0,
    *,
    key: str | None = "unit-1",
    headers: Headers = FRAME_HEADERS,
    at_us: int = 0,
) -> Message:
    """A record as the broker would keep it; appended a day after noon unless ``at_us`` is given."""
    stamp = (at_us or NOON_US + 24 * 60 * MINUTE_US) // 1_000
    return Message(None if key is None else key.encode(), value, headers, stamp, offset)


def tick(time_us: int, offset: int = 0) -> Message:
    """A tick record."""
    return Message(None, encode_tick(time_us), TICK_HEADERS, time_us // 1_000, offset)


def codec() -> Codec:
    """A codec of the maker and its variants used here."""
    return Codec(MAKER, [VARIANT, OTHER_VARIANT])


def decoded(records: Iterable[Message]) -> list[Frame]:
    """Frames of records that are all good."""
    reader = codec()
    frames = [reader.decode(one) for one in records]
    assert all(isinstance(frame, Frame) for frame in frames), frames
    return [frame for frame in frames if isinstance(frame, Frame)]


def log(records: Sequence[Message]) -> list[Message]:
    """The records with offsets in their order."""
    return [one._replace(offset=offset) for offset, one in enumerate(records)]
