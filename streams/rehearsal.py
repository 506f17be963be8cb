"""Runs every kernel once on made-up frames, so that no partition waits for a compiler."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from schemas.signals import REQUIRED
from schemas.telemetry import FRAME_CONTENT_TYPE, TICK_CONTENT_TYPE, Identity
from streams.encode import encode_frame, encode_tick
from streams.pipeline import Pipeline
from streams.records import Message
from streams.results import Output
from streams.sinks.line_protocol import LineFormatter
from twin.advance import TICK_TRIP_US
from twin.twin import Twin

START_US = 1_700_000_000_000_000
SAMPLE_US = 100_000
SAMPLES = 700
"""More than a minute at 10 Hz: a state is emitted."""


class _Format:
    """A sink that formats what the InfluxDB sink would, and throws it away."""

    full = False
    reachable = True

    def __init__(self) -> None:
        self._formatter = LineFormatter()

    def write(self, output: Output) -> None:
        for points in output.points:
            for _ in self._formatter.chunks(points):
                pass

    def flush(self, timeout_s: float | None = None) -> None:
        pass

    def close(self) -> None:
        pass


def rehearse(maker: str, twins: Mapping[str, Twin]) -> Counter[str]:
    """Frames of every variant in both forms and ticks through a pipeline of its own; its counts of records by outcome.

    The second tick finds the units silent for long enough to close their trips.
    """
    pipeline = Pipeline(0, maker, twins, [_Format()])
    times_us = START_US + SAMPLE_US * np.arange(SAMPLES)
    signals = {name: np.full(SAMPLES, 50.0) for name in REQUIRED}
    content_type = [("content-type", FRAME_CONTENT_TYPE.encode())]
    messages: list[Message] = []
    end_us = int(times_us[-1])
    for variant in twins:
        for int16 in (False, True):
            unit = f"rehearsal-{variant}-{int16:d}"
            identity = Identity(unit=unit, vehicle=unit, maker=maker, variant=variant)
            value = encode_frame(identity, 0, 0, times_us, signals, int16=int16)
            messages.append(Message(unit.encode(), value, content_type, end_us // 1000, len(messages)))
    for now_us in (end_us, end_us + TICK_TRIP_US + 1):
        stamp, headers = now_us // 1000 + 1, [("content-type", TICK_CONTENT_TYPE.encode())]
        messages.append(Message(None, encode_tick(now_us), headers, stamp, len(messages)))
    pipeline.process(messages)
    pipeline.drain()
    pipeline.restore(pipeline.cut().units)
    return pipeline.counts
