"""`python -m tests.benchmarks.stations [--json]`: what each station of a pipeline costs per frame, without servers."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from schemas.telemetry import FRAME_CONTENT_TYPE, TICK_CONTENT_TYPE
from streams.codec import Codec, Frame, encode_tick
from streams.order import Delivery, Ordered
from streams.pack import Packer
from streams.pipeline import Pipeline
from streams.records import Message
from streams.results import Output
from streams.snapshots import PRESENT, encode, layout_hash
from tests.benchmarks.report import Row, at_most, progress, run
from tests.benchmarks.traffic import FRAMES_PER_MINUTE, VARIANT, frames
from twin.twin import Twin
from twin.variants import load

MAKER = "bmw"
UNITS = 100
FRAMES_PER_UNIT = 12
POLL = 300
REPEATS = 15
GOAL_DECODE_TO_PACK_US = 10.0
GOAL_CUT_MS = 20.0
CUT_UNITS = 10_000


class Nowhere:
    """A sink that keeps nothing."""

    full = False
    reachable = True

    def write(self, output: Output) -> None: ...

    def flush(self, timeout_s: float | None = None) -> None: ...

    def close(self) -> None: ...


def records(units: int, per_unit: int, *, int16: bool) -> list[Message]:
    """Frames as the broker would hand them over."""
    headers = (("content-type", FRAME_CONTENT_TYPE.encode()),)
    now_ms = time.time_ns() // 1_000_000
    made = frames(MAKER, units, per_unit, int16=int16)
    return [Message(key, value, headers, now_ms, offset) for offset, (key, value) in enumerate(made)]


def fastest_s(action: Callable[[Any], object], prepare: Callable[[], object] = lambda: None) -> float:
    """Processor time of an action, shortest of some runs of which the first does not count."""
    times = []
    for _ in range(REPEATS + 1):
        prepared = prepare()
        start = time.thread_time()
        action(prepared)
        times.append(time.thread_time() - start)
    return min(times[1:])


def decode_all(codec: Codec, log: Sequence[Message]) -> list[Frame]:
    """Every record decoded."""
    return [item for record in log if isinstance(item := codec.decode(record), Frame)]


def decode_polls(codec: Codec, log: Sequence[Message]) -> None:
    """Every record decoded, a poll at a time, as in a pipeline: what one poll leaves in memory the next one uses."""
    for first in range(0, len(log), POLL):
        decode_all(codec, log[first : first + POLL])


def order_all(decoded: Sequence[Frame], deliveries: dict[bytes, Delivery]) -> None:
    """Every frame through its unit's order."""
    out = Ordered()
    for frame in decoded:
        deliveries[frame.identity.key].offer(frame, out)


def process_all(pipeline: Pipeline, log: Sequence[Message]) -> None:
    """Every record through a pipeline, a poll at a time."""
    for first in range(0, len(log), POLL):
        pipeline.process(log[first : first + POLL])


def station_rows(twin: Twin, *, int16: bool) -> list[Row]:
    """us per frame of 100 samples x 16 signals, station by station and all together."""
    suffix = ".int16" if int16 else ""
    progress(f"stations, {'int16' if int16 else 'float32'}")
    log = records(UNITS, FRAMES_PER_UNIT, int16=int16)
    codec, packer = Codec(MAKER, [VARIANT]), Packer()
    decoded = decode_all(codec, log)
    units = {key: row for row, key in enumerate(dict.fromkeys(frame.identity.key for frame in decoded))}
    places = [units[frame.identity.key] for frame in decoded]

    def pack() -> list[Any]:
        return [tuple(array.copy() for array in arrays) for _, *arrays in packer.pack(decoded, places, 0)]

    def fresh() -> tuple[Any, list[Any]]:
        rows = twin.new_rows()
        for _ in units:
            rows.add()
        return rows, packed

    def step(prepared: tuple[Any, list[Any]]) -> None:
        rows, portions = prepared
        for table, times_us, samples in portions:
            twin.step(rows, table, times_us, samples)

    packed = pack()
    us = {
        "decode": fastest_s(lambda _: decode_polls(codec, log)),
        "order": fastest_s(lambda fresh: order_all(decoded, fresh), lambda: {key: Delivery() for key in units}),
        "pack": fastest_s(lambda _: [None for _ in packer.pack(decoded, places, 0)]),
        "twin": fastest_s(step, fresh),
    }
    us = {name: 1e6 * seconds / len(log) for name, seconds in us.items()}
    whole = 1e6 / len(log) * fastest_s(lambda pipeline: process_all(pipeline, log), lambda: pipeline_of(twin))
    to_pack = us["decode"] + us["order"] + us["pack"]
    return [
        *[Row(f"us_per_frame.{name}{suffix}", value, "us") for name, value in us.items()],
        Row(f"us_per_frame.process{suffix}", whole, "us"),
        Row(f"us_per_frame.process_overhead{suffix}", whole - sum(us.values()), "us"),
        at_most(f"us_per_frame.decode_to_pack{suffix}", to_pack, "us", GOAL_DECODE_TO_PACK_US),
    ]


def pipeline_of(twin: Twin) -> Pipeline:
    """A pipeline of one variant without sinks that do anything."""
    return Pipeline(0, MAKER, {VARIANT: twin}, [Nowhere()])


def state_rows(twin: Twin) -> list[Row]:
    """Cut, restore and tick of many units.

    ``us_per_frame.checkpoint``: a unit that has changed is cut and encoded once a minute, and its frames of that
    minute share it.
    """
    progress(f"cut and restore of {CUT_UNITS} units")
    log = records(CUT_UNITS, 1, int16=True)
    pipeline = pipeline_of(twin)
    process_all(pipeline, log)
    snapshots = pipeline.cut().units

    def touch() -> None:
        pipeline.restore(snapshots)
        pipeline.drain()

    def silence(_: object) -> None:
        now_ms = time.time_ns() // 1_000_000
        for minute in (3, 2, 1):
            value = encode_tick((now_ms - minute * 60_000) * 1_000)
            pipeline.process([Message(None, value, (("content-type", TICK_CONTENT_TYPE.encode()),), now_ms, len(log))])

    def save(_: object) -> None:
        for snapshot in pipeline.cut().units:
            encode(snapshot, layout)

    layout = layout_hash(PRESENT)
    cut_s = fastest_s(lambda _: pipeline.cut().units, touch)
    save_us = 1e6 * fastest_s(save, touch) / CUT_UNITS
    restore_s = fastest_s(lambda fresh: fresh.restore(snapshots), lambda: pipeline_of(twin))
    return [
        at_most("cut_10k_units_ms", 1e3 * cut_s, "ms", GOAL_CUT_MS),
        Row("us_per_frame.checkpoint", save_us / FRAMES_PER_MINUTE, "us"),
        Row("restore_10k_units_ms", 1e3 * restore_s, "ms"),
        Row("tick_10k_units_ms", 1e3 * fastest_s(silence) / 3, "ms"),
    ]


def rows() -> list[Row]:
    """Every row."""
    twin = Twin(load(VARIANT))
    return [*station_rows(twin, int16=False), *station_rows(twin, int16=True), *state_rows(twin)]


if __name__ == "__main__":
    run("stations", rows)
