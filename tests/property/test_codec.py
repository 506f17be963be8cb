"""No bytes whatsoever make decode raise, and no record goes through a pipeline without being counted."""

import json
import random
from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import telemetry_pb2
from schemas.rejects import Reject
from schemas.signals import SIGNALS
from streams.codec import Frame, Tick, encode_frame
from streams.pipeline import Pipeline
from streams.records import Message
from tests.frames import (
    FRAME_HEADERS,
    JSON_HEADERS,
    MAKER,
    NOON_US,
    OTHER_VARIANT,
    TICK_HEADERS,
    VARIANT,
    codec,
    identity,
    log,
    record,
    tick,
    value,
)
from tests.recording_twin import RecordingTwin

HEADERS = [FRAME_HEADERS, JSON_HEADERS, TICK_HEADERS, (), (("content-type", b"text/html"),)]
READER = codec()
ALL = settings(max_examples=300, deadline=None)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@ALL
@given(st.binary(max_size=400), st.sampled_from(HEADERS), st.none() | st.binary(max_size=20), st.integers(-1, 1 << 62))
def test_any_bytes_are_decoded_or_refused(data: bytes, headers: object, key: bytes | None, timestamp: int) -> None:
    item = READER.decode(Message(key, data, headers, timestamp, 0))  # type: ignore[arg-type]
    assert isinstance(item, Frame | Tick | Reject)


@ALL
@given(
    identity=st.binary(max_size=30) | st.just(telemetry_pb2.Frame.FromString(value()).identity),
    boot=st.integers(0, (1 << 32) - 1),
    sequence=st.integers(0, (1 << 64) - 1),
    start_us=st.integers(-(1 << 63), (1 << 63) - 1) | st.just(NOON_US),
    interval_us=st.integers(0, (1 << 32) - 1),
    offsets_us=st.lists(st.integers(0, (1 << 32) - 1), max_size=5),
    sampling=st.integers(-(1 << 31), (1 << 31) - 1),
    odometer_km=st.floats(),
    form=st.integers(-(1 << 31), (1 << 31) - 1) | st.sampled_from([0, 1]),
    signals=st.binary(max_size=30) | st.just(bytes([1, 2])),
    block=st.binary(max_size=100),
)
def test_any_fields_are_decoded_or_refused(**fields: object) -> None:
    item = READER.decode(record(telemetry_pb2.Frame(**fields).SerializeToString()))  # type: ignore[arg-type]
    assert isinstance(item, Frame | Reject)
    if isinstance(item, Frame):
        assert 0 < item.count == len(item.block) // item.columns.width // (2 if item.int16 else 4)
        assert item.start_us <= item.end_us < 1 << 63
        assert len(item.times_us()) == item.count


@ALL
@given(st.sampled_from(sorted(json.loads(value(json=True)))), json_values)
def test_any_json_value_in_any_place_is_decoded_or_refused(name: str, content: object) -> None:
    document = json.loads(value(json=True)) | {name: content}
    text = json.dumps(document).encode()
    assert isinstance(READER.decode(record(text, headers=JSON_HEADERS)), Frame | Reject)


@ALL
@given(st.data())
def test_what_is_encoded_is_decoded(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(SIGNALS[2:]), unique=True, max_size=8))
    signals = ["motor_speed_rpm", "torque_nm", *(signal.name for signal in names)]
    steps = data.draw(st.lists(st.integers(1, 5_000_000), max_size=9))
    times_us = NOON_US + np.cumsum([0, *steps])
    floats = st.floats(width=32, allow_infinity=False)
    values = {name: data.draw(st.lists(floats, min_size=len(times_us), max_size=len(times_us))) for name in signals}
    frame = READER.decode(record(encode_frame(identity(), 3, 4, times_us, values)))
    assert isinstance(frame, Frame)
    assert frame.times_us().tolist() == times_us.tolist()
    block = np.frombuffer(frame.block, "<f4").reshape(len(times_us), -1)
    assert np.array_equal(block, np.array(list(values.values()), "<f4").T, equal_nan=True)
    assert frame.columns.names == signals


def flipped(rng: random.Random, good: bytes) -> bytes:
    changed = bytearray(good)
    for _ in range(rng.randrange(1, 6)):
        changed[rng.randrange(min(len(changed), 90))] = rng.randrange(256)
    return bytes(changed)


MUTATIONS: list[Callable[[random.Random, bytes], bytes]] = [
    flipped,
    lambda rng, good: good[: rng.randrange(len(good))],
    lambda rng, good: good[rng.randrange(len(good)) :],
    lambda rng, good: rng.randbytes(rng.randrange(300)),
    lambda rng, good: good + rng.randbytes(rng.randrange(1, 40)),
    lambda rng, good: good,
]


def hostile(rng: random.Random, count: int) -> list[Message]:
    """Good frames of three units and what a broken or hostile sender makes of them."""
    records: list[Message] = []
    for n in range(count):
        unit = rng.choice(["unit-1", "unit-2", "unit-3"])
        boot, sequence = rng.choice([1, 1, 1, 2, (1 << 32) - 1]), rng.choice([n, n, n + 20, n // 2, 1 << 62, 0])
        json_form = rng.random() < 0.2
        good = value(unit, sequence, boot=boot, start_us=NOON_US + n * 2_000_000, json=json_form)
        if rng.random() < 0.1:
            records.append(tick(NOON_US + n * 2_000_000))
        if records and rng.random() < 0.1:
            records.append(rng.choice(records))
        mutated = rng.choice(MUTATIONS)(rng, good)
        headers = rng.choice([JSON_HEADERS if json_form else FRAME_HEADERS] * 8 + HEADERS)
        records.append(Message(unit.encode(), mutated, headers, NOON_US // 1_000 + n * 2_000, 0))
    return log(records)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1 << 32))
def test_every_record_is_accounted_for(seed: int) -> None:
    rng = random.Random(seed)
    twins = {name: RecordingTwin(name).as_twin() for name in (VARIANT, OTHER_VARIANT)}
    pipeline = Pipeline(0, MAKER, twins, [])
    records, given_records = hostile(rng, 200), 0
    while given_records < len(records):
        start = max(0, given_records - rng.choice([0, 0, 0, 30]))  # now and then some are delivered again
        batch = records[start : given_records + rng.randrange(1, 60)]
        before = sum(pipeline.counts[name] for name in OUTCOMES) + pipeline.held
        pipeline.process(batch)
        after = sum(pipeline.counts[name] for name in OUTCOMES) + pipeline.held
        assert after - before == len(batch)
        given_records = start + len(batch)
    for kind in ("late", "rejected"):
        named = sum(count for name, count in pipeline.counts.items() if name.startswith(f"{kind}."))
        assert named == pipeline.counts[kind]


OUTCOMES = ("accepted", "duplicate", "redelivered", "late", "rejected", "tick")
