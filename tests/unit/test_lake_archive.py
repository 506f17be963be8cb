"""The raw-frame archive holds what the codec needs: a frame read back is the frame that came in."""

from pathlib import Path

import numpy as np
import pytest

from schemas.telemetry import FRAME_CONTENT_TYPE, JSON_CONTENT_TYPE, Identity
from streams.codec import Codec, Frame, encode_frame, encode_json
from streams.records import Message
from streams.sinks.lake import LakeSink, compact, connect, raw_messages
from tests.synthetic import START_US, output

IDENTITY = Identity(unit="unit-7", vehicle="vehicle-7", maker="bmw", variant="bmw-i3")
TIMES_US = START_US + 100_000 * np.arange(50)
SIGNALS = {"motor_speed_rpm": np.linspace(0, 5000, 50), "torque_nm": np.linspace(-50, 250, 50)}


def record(form: str, sequence: int) -> Message:
    """One frame of a unit in one of the forms."""
    if form == "json":
        value, content_type = encode_json(IDENTITY, 3, sequence, TIMES_US, SIGNALS), JSON_CONTENT_TYPE
    else:
        value = encode_frame(IDENTITY, 3, sequence, TIMES_US, SIGNALS, int16=form == "int16")
        content_type = FRAME_CONTENT_TYPE
    headers = [("content-type", content_type.encode()), ("traceparent", b"00-ab-cd-01")]
    return Message(b"unit-7", value, headers, START_US // 1000 + 9_000, 100 + sequence)


@pytest.mark.parametrize("form", ["float32", "int16", "json"])
def test_an_archived_frame_decodes_to_the_frame_that_was_accepted(tmp_path: Path, form: str) -> None:
    codec = Codec("bmw", ["bmw-i3"])
    records = [record(form, sequence) for sequence in range(5)]
    frames = [codec.decode(item) for item in records]
    assert all(isinstance(frame, Frame) for frame in frames)
    sink = LakeSink(tmp_path, archive_frames=True)
    sink.write(output(frames=frames, partition=2))
    sink.flush(10)
    sink.write(output(frames=frames[:2], partition=2))
    sink.flush(10)
    sink.close()
    compact(tmp_path)
    archived = list(raw_messages(connect(tmp_path), "unit-7"))
    assert archived == [(2, item) for item in records]
    for frame, (_, item) in zip(frames, archived, strict=True):
        again = Codec("bmw", ["bmw-i3"]).decode(item)
        assert isinstance(frame, Frame)
        assert isinstance(again, Frame)
        assert (again.identity, again.boot, again.sequence) == (frame.identity, frame.boot, frame.sequence)
        assert again.block == frame.block
        assert np.array_equal(again.times_us(), frame.times_us())
