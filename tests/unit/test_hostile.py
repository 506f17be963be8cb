"""10,000 hostile messages among good frames: each is accounted for with a reason, and the good units do not notice."""

import random
from collections import Counter

import numpy as np
import pytest

from schemas.rejects import Reason
from schemas.telemetry import Identity
from streams.codec import encode_frame, encode_tick
from streams.pipeline import Pipeline
from streams.records import Message
from streams.results import Output
from tests.hostile import BINARY, TICK, VICTIM, Sent, hostile_messages
from tests.unit.test_pipeline import Kept
from twin.twin import Twin
from twin.variants import load

MAKER, VARIANT = "bmw", "bmw-i3"
START_US = 1_767_600_000_000_000
SECOND_US = 1_000_000
NOW_US = START_US + 40 * 86_400 * SECOND_US
HOSTILE = 10_000


def good_frames(units: int = 8, count: int = 60, maker: str = MAKER) -> list[Sent]:
    """Ten-second frames of units that drive side by side, in order."""
    frames = []
    for sequence in range(count):
        times_us = START_US + sequence * 10 * SECOND_US + 100_000 * np.arange(100)
        for unit in range(units):
            wave = np.sin((np.arange(100) + 100 * sequence) / (40 + unit))
            signals = {"motor_speed_rpm": 4000 + 2000 * wave, "torque_nm": 60 * wave, "winding_temp_c": 55 + 5 * wave}
            name = f"good-{unit}"
            identity = Identity(unit=name, vehicle=f"car-{unit}", maker=maker, variant=VARIANT)
            frames.append(Sent("good", name.encode(), encode_frame(identity, 1, sequence, times_us, signals), BINARY))
    return frames


def in_log(messages: list[Sent]) -> list[Message]:
    return [Message(m.key, m.value, m.headers, NOW_US // 1_000, offset) for offset, m in enumerate(messages)]


def merged(good: list[Sent], hostile: list[Sent], seed: int) -> list[Sent]:
    """Both in one log, each keeping its own order."""
    turns = [True] * len(good) + [False] * len(hostile)
    random.Random(seed).shuffle(turns)
    sources = {True: iter(good), False: iter(hostile)}
    return [next(sources[turn]) for turn in turns]


def ticks(*minutes: int) -> list[Sent]:
    return [Sent("tick", None, encode_tick(START_US + m * 60 * SECOND_US), TICK) for m in minutes]


def run(messages: list[Sent], twin: Twin) -> tuple[Pipeline, list[Output]]:
    sink = Kept()
    pipeline = Pipeline(0, MAKER, {VARIANT: twin}, [sink])
    records = in_log(messages)
    for first in range(0, len(records), 500):
        pipeline.process(records[first : first + 500])
    return pipeline, sink.outputs


def points_of(outputs: list[Output], prefix: str) -> dict[str, list[bytes]]:
    """Bytes of every point of units with this prefix, by unit and series, without the number of the row."""
    found: dict[str, list[bytes]] = {}
    for output in outputs:
        for points in output.points:
            numbers = [name for name in points.records.dtype.names or () if name != "row"]
            for unit, record in zip(points.units, points.records, strict=True):
                if unit.startswith(prefix):
                    values = b"".join(record[name].tobytes() for name in numbers)
                    found.setdefault(f"{unit} {points.measurement}", []).append(values)
    return found


@pytest.fixture(scope="module")
def twin() -> Twin:
    return Twin(load(VARIANT))


@pytest.mark.parametrize("seed", [1, 2])
def test_ten_thousand_hostile_messages_are_accounted_for_and_hurt_nobody(twin: Twin, seed: int) -> None:
    good, end = good_frames(), ticks(60, 63, 66, 90)
    hostile = hostile_messages(HOSTILE, MAKER, VARIANT, START_US, NOW_US, seed)
    sent = merged(good, hostile, seed) + end

    pipeline, outputs = run(sent, twin)
    _, undisturbed = run(good + end, twin)

    counts = pipeline.counts
    told = [refused for output in outputs for refused in output.refused]
    accepted = Counter(frame.identity.identity.unit for output in outputs for frame in output.frames)
    assert pipeline.held == 0
    assert counts["accepted"] + counts["duplicate"] + len(told) + counts["tick"] == len(sent)
    assert all(isinstance(refused.reject.reason, Reason) and refused.reject.detail for refused in told)
    assert sum(count for unit, count in accepted.items() if not unit.startswith(VICTIM)) == len(good)
    assert points_of(outputs, "good") == points_of(undisturbed, "good")


def test_every_kind_of_attack_is_answered_by_its_own_reason(twin: Twin) -> None:
    expected = {
        "bad_name": {Reason.INVALID_IDENTITY},
        "bad_offsets": {Reason.BAD_OFFSETS, Reason.BLOCK_LENGTH},
        "block_length": {Reason.BLOCK_LENGTH},
        "clock_ahead": {Reason.CLOCK_AHEAD},
        "clock_never_set": {Reason.CLOCK_INVALID},
        "duplicate_signal": {Reason.DUPLICATE_SIGNAL},
        "empty": {Reason.EMPTY},
        "foreign_maker": {Reason.FOREIGN_MAKER},
        "huge": {Reason.TOO_MANY_SAMPLES},
        "json_deep": {Reason.MALFORMED},
        "json_nan": {Reason.MALFORMED},
        "key_mismatch": {Reason.KEY_MISMATCH},
        "malformed_tick": {Reason.MALFORMED},
        "no_content_type": {Reason.UNKNOWN_CONTENT_TYPE},
        "no_interval": {Reason.BAD_INTERVAL},
        "no_key": {Reason.KEY_MISMATCH},
        "no_required_signal": {Reason.NO_REQUIRED_SIGNAL},
        "no_samples": {Reason.NO_SAMPLES},
        "odd_content_type": {Reason.UNKNOWN_CONTENT_TYPE},
        "reaches_ahead": {Reason.CLOCK_AHEAD},
        "tick_from_the_future": {Reason.CLOCK_AHEAD},
        "unknown_signal": {Reason.UNKNOWN_SIGNAL},
        "unknown_variant": {Reason.UNKNOWN_VARIANT},
        "vin_shaped_unit": {Reason.VIN_SHAPED_ID},
        "vin_shaped_vehicle": {Reason.VIN_SHAPED_ID},
    }
    sent = hostile_messages(3_000, MAKER, VARIANT, START_US, NOW_US)
    _, outputs = run(sent, twin)
    reasons: dict[str, set[Reason]] = {}
    for output in outputs:
        for refused in output.refused:
            reasons.setdefault(sent[refused.record.offset].kind, set()).add(refused.reject.reason)
    assert {kind: reasons[kind] for kind in expected} == expected


def test_a_victim_of_wild_numbers_is_not_muted(twin: Twin) -> None:
    """Frames that go on in time are taken, whatever numbers came between."""
    wild = hostile_messages(HOSTILE, MAKER, VARIANT, START_US, NOW_US)
    sent = [m for m in wild if m.kind in ("sequence_jump", "boot_jump")]
    after = [
        Sent("good", m.key, m.value, m.headers)
        for m in hostile_messages(4_000, MAKER, VARIANT, START_US + 86_400 * SECOND_US, NOW_US)
        if m.kind == "no_content_type"
    ]
    after = [m._replace(headers=BINARY) for m in after]
    pipeline, outputs = run(sent + after + ticks(3_000, 3_003, 3_006, 3_030), twin)
    first = len(sent)
    taken = {frame.record.offset for output in outputs for frame in output.frames}
    assert pipeline.held == 0
    assert taken >= set(range(first, first + len(after)))
