"""What decode accepts, what it refuses and why."""

import json
from typing import Any

import numpy as np
import pytest

from schemas import telemetry_pb2
from schemas.rejects import Reason, Reject
from schemas.telemetry import MAX_FRAME_BYTES, MAX_SAMPLES
from streams.codec import Frame, Tick
from streams.identities import Bounded
from tests.frames import (
    JSON_HEADERS,
    MINUTE_US,
    NOON_US,
    OTHER_VARIANT,
    SECOND_US,
    TICK_HEADERS,
    codec,
    identity,
    record,
    signals,
    tick,
    value,
)


def changed(**fields: Any) -> bytes:
    """A good frame with some protobuf fields replaced."""
    message = telemetry_pb2.Frame.FromString(value())
    for name, content in fields.items():
        if name == "offsets_us":
            message.offsets_us[:] = content
        else:
            setattr(message, name, content)
    return message.SerializeToString()


def reason(message: bytes | None, **options: Any) -> Reason | None:
    """Why a record is refused; None when it is not."""
    item = codec().decode(record(message, **options))
    return item.reason if isinstance(item, Reject) else None


def json_reason(**changes: Any) -> Reason | None:
    document = json.loads(value(json=True)) | changes
    return reason(json.dumps(document).encode(), headers=JSON_HEADERS)


def test_a_binary_frame_comes_out_as_it_went_in() -> None:
    frame = codec().decode(record(value(sequence=7, boot=3, mean=True, ready=False, odometer_km=1234.5), offset=9))
    assert isinstance(frame, Frame)
    assert frame.identity.identity == identity()
    assert (frame.boot, frame.sequence, frame.count, frame.interval_us) == (3, 7, 10, SECOND_US)
    assert (frame.mean, frame.ready, frame.odometer_km, frame.int16) == (True, False, 1234.5, False)
    assert frame.end_us == frame.start_us + 9 * SECOND_US
    assert frame.columns.names == list(signals(1))
    assert frame.record.offset == 9


def test_json_and_binary_forms_decode_to_the_same_frame() -> None:
    binary = codec().decode(record(value(odometer_km=5.5, mean=True)))
    text = codec().decode(record(value(odometer_km=5.5, mean=True, json=True), headers=JSON_HEADERS))
    assert isinstance(binary, Frame)
    assert isinstance(text, Frame)
    assert text.block == binary.block
    assert text.identity.hash == binary.identity.hash
    for name in ("boot", "sequence", "start_us", "interval_us", "end_us", "mean", "ready", "odometer_km", "count"):
        assert getattr(text, name) == getattr(binary, name), name


def test_json_content_type_may_carry_parameters() -> None:
    headers = [("content-type", b"application/json; charset=utf-8")]
    assert reason(value(json=True), headers=headers) is None


def test_unequal_spacing_is_carried_as_offsets() -> None:
    message = changed(interval_us=0, offsets_us=[0, 1, 5, 6, 7, 8, 9, 10, 11, 400_000])
    frame = codec().decode(record(message))
    assert isinstance(frame, Frame)
    assert frame.end_us == frame.start_us + 400_000
    assert frame.times_us().tolist()[:3] == [frame.start_us, frame.start_us + 1, frame.start_us + 5]


def test_one_sample_is_a_frame() -> None:
    frame = codec().decode(record(value(count=1)))
    assert isinstance(frame, Frame)
    assert (frame.count, frame.end_us) == (1, frame.start_us)


@pytest.mark.parametrize("odometer_km", [0.0, -3.0, np.inf, np.nan])
def test_an_impossible_odometer_counts_as_not_given(odometer_km: float) -> None:
    frame = codec().decode(record(changed(odometer_km=odometer_km)))
    assert isinstance(frame, Frame)
    assert np.isnan(frame.odometer_km)


def test_a_tick_is_a_tick() -> None:
    item = codec().decode(tick(NOON_US, 4))
    assert isinstance(item, Tick)
    assert item.time_us == NOON_US


BLOCK = np.zeros(10 * 7, "<f4").tobytes()

REFUSED: dict[str, tuple[Reason, bytes | None]] = {
    "no value": (Reason.EMPTY, None),
    "empty value": (Reason.EMPTY, b""),
    "too large": (Reason.TOO_LARGE, bytes(MAX_FRAME_BYTES + 1)),
    "random bytes": (Reason.MALFORMED, b"\xff\xfe\xfd\x00garbage"),
    "truncated": (Reason.MALFORMED, value()[:-3]),
    "no identity": (Reason.INVALID_IDENTITY, changed(identity=b"")),
    "identity of garbage": (Reason.INVALID_IDENTITY, changed(identity=b"\xff\xff")),
    "identity too long": (Reason.INVALID_IDENTITY, changed(identity=bytes(2_000))),
    "foreign maker": (Reason.FOREIGN_MAKER, value(who=identity(maker="jlr"))),
    "unknown variant": (Reason.UNKNOWN_VARIANT, value(who=identity(variant="nobody"))),
    "VIN as unit": (Reason.VIN_SHAPED_ID, value(who=identity("WBY1Z21000V307721"))),
    "VIN as vehicle": (Reason.VIN_SHAPED_ID, value(who=identity(vehicle="wby1z21000v307721"))),
    "key of another unit": (Reason.KEY_MISMATCH, value("unit-2")),
    "unknown signal": (Reason.UNKNOWN_SIGNAL, changed(signals=bytes([1, 2, 3, 4, 5, 6, 200]))),
    "signal twice": (Reason.DUPLICATE_SIGNAL, changed(signals=bytes([1, 2, 3, 4, 5, 6, 6]))),
    "no torque": (Reason.NO_REQUIRED_SIGNAL, changed(signals=bytes([1, 3, 4, 5, 6, 7, 8]))),
    "no signals": (Reason.NO_REQUIRED_SIGNAL, changed(signals=b"")),
    "no samples": (Reason.NO_SAMPLES, changed(block=b"")),
    "too many samples": (Reason.TOO_MANY_SAMPLES, changed(block=bytes((MAX_SAMPLES + 1) * 28))),
    "block cut": (Reason.BLOCK_LENGTH, changed(block=BLOCK[:-1])),
    "no interval": (Reason.BAD_INTERVAL, changed(interval_us=0)),
    "longer than its bound": (Reason.BAD_INTERVAL, changed(interval_us=(1 << 32) - 1)),
    "interval and offsets": (Reason.BAD_OFFSETS, changed(offsets_us=range(10))),
    "offsets that do not begin with 0": (Reason.BAD_OFFSETS, changed(interval_us=0, offsets_us=range(1, 11))),
    "offsets that fall": (Reason.BAD_OFFSETS, changed(interval_us=0, offsets_us=[0, 2, 1, 3, 4, 5, 6, 7, 8, 9])),
    "offsets that stand": (Reason.BAD_OFFSETS, changed(interval_us=0, offsets_us=[0, 1, 1, 3, 4, 5, 6, 7, 8, 9])),
    "fewer offsets than samples": (Reason.BLOCK_LENGTH, changed(interval_us=0, offsets_us=[0, 1])),
    "clock of 1970": (Reason.CLOCK_INVALID, changed(start_us=5)),
    "negative clock": (Reason.CLOCK_INVALID, changed(start_us=-(1 << 63))),
    "clock of the far future": (Reason.CLOCK_INVALID, changed(start_us=(1 << 63) - 1)),
    "clock of 2099": (Reason.CLOCK_AHEAD, changed(start_us=4_070_908_800_000_000)),
    "sequence beyond the bound": (Reason.MALFORMED, changed(sequence=(1 << 64) - 1)),
    "unknown form": (Reason.MALFORMED, changed(form=7, block=bytes(140))),
    "unknown sampling": (Reason.MALFORMED, changed(sampling=9)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_frame_is_refused_with_its_reason(case: str) -> None:
    expected, message = REFUSED[case]
    assert reason(message) == expected


def test_a_refused_vin_is_not_repeated_in_the_detail() -> None:
    item = codec().decode(record(value(who=identity("WBY1Z21000V307721"))))
    assert isinstance(item, Reject)
    assert "WBY" not in item.detail


@pytest.mark.parametrize(
    ("name", "content"),
    [("Content-Type", b"application/json"), ("content-type", b"text/plain"), ("content-type", None)],
)
def test_a_record_must_say_what_it_is(name: str, content: bytes) -> None:
    assert reason(value(), headers=[(name, content)]) == Reason.UNKNOWN_CONTENT_TYPE


def test_a_record_without_headers_is_refused() -> None:
    assert reason(value(), headers=[]) == Reason.UNKNOWN_CONTENT_TYPE


def test_a_frame_may_reach_up_to_five_minutes_ahead_of_the_broker() -> None:
    now_us, span_us = NOON_US, 9 * SECOND_US
    latest_us = now_us + 5 * MINUTE_US - span_us
    assert reason(value(start_us=latest_us), at_us=now_us) is None
    assert reason(value(start_us=latest_us + 1_000), at_us=now_us) == Reason.CLOCK_AHEAD


@pytest.mark.parametrize("reach_us", [5 * MINUTE_US, 5 * MINUTE_US + 1, 60 * MINUTE_US])
def test_the_last_sample_must_not_be_ahead_either(reach_us: int) -> None:
    """A frame that starts now and ends in an hour would make the unit's own next frames late for an hour."""
    sent = telemetry_pb2.Frame.FromString(value(start_us=NOON_US, count=2))
    sent.interval_us = 0
    sent.offsets_us.extend([0, reach_us])
    expected = None if reach_us == 5 * MINUTE_US else Reason.CLOCK_AHEAD
    assert reason(sent.SerializeToString(), at_us=NOON_US) == expected
    sent.offsets_us.clear()
    sent.interval_us = reach_us
    assert reason(sent.SerializeToString(), at_us=NOON_US) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"time_us": 1772366400000000}', None),
        (b'{"time_us": "1772366400000000"}', Reason.MALFORMED),
        (b'{"time_us": 1.5}', Reason.MALFORMED),
        (b'{"time_us": NaN}', Reason.MALFORMED),
        (b"{}", Reason.MALFORMED),
        (b"[[[[", Reason.MALFORMED),
        (b"[" * 100_000, Reason.MALFORMED),
        (b"\xff\xff", Reason.MALFORMED),
        (b'{"time_us": 1}', Reason.CLOCK_INVALID),
        (b'{"time_us": ' + b"9" * 30 + b"}", Reason.CLOCK_INVALID),
        (b'{"time_us": 4070908800000000}', Reason.CLOCK_AHEAD),
    ],
)
def test_a_tick_is_checked_too(content: bytes, expected: Reason | None) -> None:
    assert reason(content, headers=TICK_HEADERS) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"boot": "1"}, Reason.MALFORMED),
        ({"boot": True}, Reason.MALFORMED),
        ({"boot": -1}, Reason.MALFORMED),
        ({"sequence": 1 << 70}, Reason.MALFORMED),
        ({"start_us": 1 << 200}, Reason.CLOCK_INVALID),
        ({"interval_us": 0}, Reason.BAD_INTERVAL),
        ({"interval_us": None}, Reason.BAD_INTERVAL),
        ({"interval_us": None, "offsets_us": [0, -1]}, Reason.BAD_OFFSETS),
        ({"interval_us": None, "offsets_us": list(range(9))}, Reason.BLOCK_LENGTH),
        ({"sampling": "median"}, Reason.MALFORMED),
        ({"odometer_km": "far"}, Reason.MALFORMED),
        ({"signals": {}}, Reason.NO_REQUIRED_SIGNAL),
        ({"signals": {"motor_speed_rpm": [], "torque_nm": []}}, Reason.NO_SAMPLES),
        ({"signals": {"motor_speed_rpm": [1.0], "torque_nm": [1.0, 2.0]}}, Reason.BLOCK_LENGTH),
        ({"signals": {"motor_speed_rpm": [1.0], "torque_nm": ["2"]}}, Reason.MALFORMED),
        ({"signals": {"motor_speed_rpm": [1.0], "torque_nm": [1e300]}}, Reason.MALFORMED),
        ({"signals": {"motor_speed_rpm": [1.0], "torque_nm": [10**400]}}, Reason.MALFORMED),
        ({"signals": {"motor_speed_rpm": [1.0], "torque_nm": [1.0], "colour": [1.0]}}, Reason.UNKNOWN_SIGNAL),
        ({"identity": None}, Reason.INVALID_IDENTITY),
        ({"identity": {"unit": "unit-1"}}, Reason.INVALID_IDENTITY),
        ({"surprise": 1}, Reason.MALFORMED),
    ],
)
def test_json_is_held_to_the_contract(changes: dict[str, Any], expected: Reason) -> None:
    assert json_reason(**changes) == expected


@pytest.mark.parametrize(
    "text",
    [
        b'{"boot": 1, "boot": 2}',
        b'{"boot": NaN}',
        b'{"boot": -Infinity}',
        b"[" * 200_000,
        b'{"boot": ' + b"9" * 10_000 + b"}",
        '{"a": "\ud800"}'.encode("utf-8", "surrogatepass"),
        b'{"identity": {"unit": "\\ud800"}}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b"null",
        b"17",
        b"[]",
    ],
)
def test_json_that_is_none_or_ambiguous_is_refused(text: bytes) -> None:
    assert reason(text, headers=JSON_HEADERS) in {Reason.MALFORMED, Reason.INVALID_IDENTITY}


def test_a_missing_sample_is_null_in_json_and_nan_in_the_block() -> None:
    document = json.loads(value(json=True, count=2))
    document["signals"]["torque_nm"][1] = None
    frame = codec().decode(record(json.dumps(document).encode(), headers=JSON_HEADERS))
    assert isinstance(frame, Frame)
    block = np.frombuffer(frame.block, "<f4").reshape(2, -1)
    assert np.isnan(block[1, frame.columns.names.index("torque_nm")])
    assert np.isnan(block).sum() == 1


def test_details_fit_into_a_header() -> None:
    document = json.loads(value(json=True)) | {"\u00fcnknown" * 1_000: 1}
    item = codec().decode(record(json.dumps(document).encode(), headers=JSON_HEADERS))
    assert isinstance(item, Reject)
    assert item.detail.isascii()
    assert len(item.detail) <= 500


def test_a_changed_firmware_changes_the_identity_hash() -> None:
    reader = codec()
    frames = [
        reader.decode(record(value(who=who)))
        for who in (identity(), identity(firmware="1.1"), identity(variant=OTHER_VARIANT), identity())
    ]
    hashes = [frame.identity.hash for frame in frames if isinstance(frame, Frame)]
    assert len(set(hashes)) == 3
    assert hashes[0] == hashes[3]


def test_a_cache_forgets_what_was_not_asked_for() -> None:
    cache: Bounded[int] = Bounded(limit=10)
    cache.put(b"kept", 1)
    for n in range(100):
        cache.put(b"%d" % n, n)
        assert cache.get(b"kept") == 1
    assert cache.get(b"0") is None
    assert len(cache.young) + len(cache.old) <= 20
