"""Bytes in, checked values out: ``decode`` turns any record into a Frame, a Tick or a Reject and never raises.

What a record is, its ``content-type`` header says. A record without one is refused: guessing the form of bytes would
make a broken sender look like a working one. Both forms of a frame (binary here, JSON in ``json_frames``) end in the
same checks of identity, columns, spacing and clock. An odometer that is not a positive finite number is not given.
"""

import json
from collections.abc import Collection

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from pydantic import ValidationError

from schemas import telemetry, telemetry_pb2
from schemas.rejects import Reason, Reject
from schemas.telemetry import (
    FRAME_CONTENT_TYPE,
    JSON_CONTENT_TYPE,
    MAX_CLOCK_AHEAD_US,
    MAX_FRAME_BYTES,
    MAX_SAMPLES,
    MAX_SPAN_US,
    MAX_TIME_US,
    MIN_TIME_US,
    TICK_CONTENT_TYPE,
)
from streams.columns import Layouts
from streams.encode import encode_frame, encode_json, encode_tick
from streams.frames import Frame, Tick
from streams.identities import Identities, explain, refuse
from streams.json_frames import parse_json
from streams.records import Headers, Record

__all__ = ["Codec", "Frame", "Tick", "encode_frame", "encode_json", "encode_tick"]

MAX_SEQUENCE = (1 << 63) - 2
KNOWN = (0, 1)
"""Values of the enums Form and Sampling that this contract has."""
INFINITY, NAN = float("inf"), float("nan")
_FRAME = FRAME_CONTENT_TYPE.encode()
_TICK = TICK_CONTENT_TYPE.encode()
_JSON = JSON_CONTENT_TYPE.encode()
_parse = telemetry_pb2.Frame.FromString


class Codec:
    """Decoder of one maker's stream. Keeps only bounded caches: the same record always gives the same value."""

    def __init__(self, maker: str, variants: Collection[str]) -> None:
        self.identities = Identities(maker, variants)
        self.layouts = Layouts()

    def decode(self, record: Record) -> Frame | Tick | Reject:
        """What the record says, or why it is refused."""
        value = record.value
        if not value:
            return refuse(Reason.EMPTY, "no value")
        if len(value) > MAX_FRAME_BYTES:
            return refuse(Reason.TOO_LARGE, f"{len(value)} bytes, at most {MAX_FRAME_BYTES}")
        content_type = _content_type(record.headers)
        if content_type == _FRAME:
            return self._binary(record, value)
        if content_type == _TICK:
            return _tick(record, value)
        if content_type == _JSON:
            binary = parse_json(value)
            return binary if isinstance(binary, Reject) else self._message(record, binary)
        if content_type is None:
            return refuse(Reason.UNKNOWN_CONTENT_TYPE, f"no content-type header; a frame has {FRAME_CONTENT_TYPE}")
        return refuse(Reason.UNKNOWN_CONTENT_TYPE, f"content-type {content_type!r}")

    def _binary(self, record: Record, value: bytes) -> Frame | Reject:
        try:
            message = _parse(value)
        except DecodeError as error:
            return refuse(Reason.MALFORMED, f"not an encoded Frame: {error}")
        return self._message(record, message)

    def _message(self, record: Record, message: telemetry_pb2.Frame) -> Frame | Reject:
        raw = message.identity
        identity = self.identities.known.young.get(raw) or self.identities.check(raw)
        if isinstance(identity, Reject):
            return identity
        if record.key != identity.key:
            return refuse(Reason.KEY_MISMATCH, f"the message key is not the unit {identity.identity.unit!r}")
        ids = message.signals
        columns = self.layouts.known.young.get(ids) or self.layouts.check(ids)
        if isinstance(columns, Reject):
            return columns
        block = message.block
        form = message.form
        row_bytes = columns.width * (2 if form else 4)
        count, rest = divmod(len(block), row_bytes)
        if rest:
            return refuse(Reason.BLOCK_LENGTH, f"{len(block)} bytes are no multiple of a sample's {row_bytes}")
        if not 0 < count <= MAX_SAMPLES:
            reason = Reason.TOO_MANY_SAMPLES if count else Reason.NO_SAMPLES
            return refuse(reason, f"{count} samples, allowed are 1 to {MAX_SAMPLES}")
        interval_us = message.interval_us
        offsets_us = None
        span_us = (count - 1) * interval_us
        if not interval_us or message.offsets_us:
            spacing = _offsets(message, count)
            if isinstance(spacing, Reject):
                return spacing
            offsets_us, span_us = spacing, int(spacing[-1])
        start_us, sequence, sampling = message.start_us, message.sequence, message.sampling
        if span_us > MAX_SPAN_US or sequence > MAX_SEQUENCE or form not in KNOWN or sampling not in KNOWN:
            return _numbers(message, span_us)
        wrong = _clock(start_us, start_us + span_us, record.timestamp)
        if wrong is not None:
            return wrong
        odometer_km = message.odometer_km
        return Frame(
            identity,
            message.boot,
            sequence,
            start_us,
            interval_us,
            offsets_us,
            start_us + span_us,
            count,
            columns,
            form == 1,
            block,
            sampling == 1,
            message.ready,
            odometer_km if 0.0 < odometer_km < INFINITY else NAN,
            record,
        )


def _content_type(headers: Headers) -> bytes | None:
    for name, value in headers:
        if name == "content-type":
            if value is None or b";" not in value:
                return value
            return value.split(b";", 1)[0].strip()  # parameters such as charset change nothing: all text is UTF-8
    return None


def _offsets(message: telemetry_pb2.Frame, count: int) -> NDArray[np.int64] | Reject:
    """Offsets of a frame without equal spacing."""
    if message.interval_us:
        return refuse(Reason.BAD_OFFSETS, "interval_us and offsets_us are both given")
    if not message.offsets_us:
        return refuse(Reason.BAD_INTERVAL, "interval_us is 0 and offsets_us is absent")
    if len(message.offsets_us) != count:
        return refuse(Reason.BLOCK_LENGTH, f"{len(message.offsets_us)} offsets, but {count} samples in the block")
    offsets_us = np.array(message.offsets_us, np.int64)
    if offsets_us[0] != 0 or (np.diff(offsets_us) <= 0).any():
        return refuse(Reason.BAD_OFFSETS, "offsets_us must begin with 0 and rise strictly")
    return offsets_us


def _clock(start_us: int, end_us: int, timestamp_ms: int) -> Reject | None:
    """A time is refused when the clock was never set, or when its last sample is ahead of the broker's."""
    if not MIN_TIME_US <= start_us < MAX_TIME_US:
        return refuse(Reason.CLOCK_INVALID, f"{start_us} us is not a time after 2000-01-01")
    ahead_us = end_us - timestamp_ms * 1_000
    if ahead_us > MAX_CLOCK_AHEAD_US:
        return refuse(Reason.CLOCK_AHEAD, f"{ahead_us / 1e6:.0f} s ahead of the broker, at most 300")
    return None


def _numbers(message: telemetry_pb2.Frame, span_us: int) -> Reject:
    """Which of a frame's numbers is out of bounds."""
    if span_us > MAX_SPAN_US:
        return refuse(Reason.BAD_INTERVAL, f"a frame of {span_us / 1e6:.0f} s, at most {MAX_SPAN_US / 1e6:.0f} s")
    if message.sequence > MAX_SEQUENCE:
        return refuse(Reason.MALFORMED, f"sequence {message.sequence} is above {MAX_SEQUENCE}")
    return refuse(Reason.MALFORMED, f"form {message.form} or sampling {message.sampling} is not in this contract")


def _tick(record: Record, value: bytes) -> Tick | Reject:
    try:
        tick = telemetry.Tick.model_validate(json.loads(value), strict=True)
    except ValidationError as error:
        return refuse(Reason.MALFORMED, f"tick: {explain(error)}")
    except (ValueError, RecursionError) as error:
        return refuse(Reason.MALFORMED, f"tick is not JSON: {error}")
    return _clock(tick.time_us, tick.time_us, record.timestamp) or Tick(tick.time_us, record)
