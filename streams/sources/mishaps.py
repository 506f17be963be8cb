"""What happens to frames between a vehicle and the broker: a pure function of (unit, boot, sequence)."""

import heapq
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from streams.sources import Block
from twin.plant.noise import below, normal, uniform

_SECOND_US = 1_000_000
_LATE, _DUPLICATE, _LOST, _REORDER, _BURST, _DELAY, _CLOCK, _DRIFT = range(201, 209)


class Transport(BaseModel):
    """Chances of mishaps, per frame where nothing else is said. All zero: nothing happens."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    lost: float = Field(0.0, ge=0.0, le=1.0, description="frames that never come")
    dropout: float = Field(0.0, ge=0.0, le=1.0, description="share of samples missing, in bursts of five")
    duplicate: float = Field(0.0, ge=0.0, le=1.0, description="frames that come twice")
    reorder: float = Field(0.0, ge=0.0, le=1.0, description="frames overtaken by the next one or two")
    late: float = Field(0.0, ge=0.0, le=1.0, description="frames that come long after")
    late_minutes: float = Field(30.0, gt=0.0, le=100_000.0, description="mean delay of late frames")
    clock_step: float = Field(0.0, ge=0.0, le=1.0, description="trips in which the clock is set while driving")
    clock_step_s: float = Field(0.5, ge=0.0, le=86_400.0, description="SD of such a step")
    clock_drift_ppm: float = Field(
        0.0, ge=0.0, le=10_000.0, description="SD of the units' clock drift, set right at each start"
    )


def sendings(transport: Transport, key: np.uint64, boot: int, sequence: int, length_us: int) -> list[int]:
    """Delays [us] with which a frame is sent: none = lost, two = duplicate."""
    draw = np.uint64(below(key, boot))
    if uniform(draw, sequence, _LOST) < transport.lost:
        return []
    delay_us = 0
    if uniform(draw, sequence, _LATE) < transport.late:
        minutes = -transport.late_minutes * np.log(uniform(draw, sequence, _DELAY))
        delay_us = int(minutes * 60 * _SECOND_US) + length_us
    elif uniform(draw, sequence, _REORDER) < transport.reorder:
        delay_us = int(length_us * (1.2 + uniform(draw, sequence, _DELAY)))
    if uniform(draw, sequence, _DUPLICATE) < transport.duplicate:
        return [delay_us, delay_us + int(length_us * 0.4) + 1]
    return [delay_us]


def clock_error_us(transport: Transport, key: np.uint64, boot: int, since_s: float) -> int:
    """How far the vehicle's clock is ahead so many seconds after its start.

    The clock drifts from the start; in some trips it is set once, which is a step of ``clock_step_s``.
    """
    draw = np.uint64(below(key, boot))
    error_us = transport.clock_drift_ppm * normal(key, 0, _DRIFT) * since_s
    if uniform(draw, 0, _CLOCK) < transport.clock_step and since_s > 600.0 * uniform(draw, 1, _CLOCK):
        error_us += transport.clock_step_s * _SECOND_US * normal(draw, 2, _CLOCK)
    return int(error_us)


def with_bursts(transport: Transport, key: np.uint64, block: Block) -> Block:
    """The block with samples missing in bursts of five."""
    samples = len(block.times_us)
    if transport.dropout == 0.0 or samples < 2:
        return block
    draw = np.uint64(below(key, block.boot))
    gone = np.zeros(samples, bool)
    for start in range(0, samples, 5):
        if uniform(draw, block.sequence * 4096 + start, _BURST) < transport.dropout:
            gone[start : start + 5] = True
    if not gone.any():
        return block
    signals = {name: np.where(gone, np.nan, values) for name, values in block.signals.items()}
    return block._replace(signals=signals)


def through(
    transport: Transport, key: np.uint64, blocks: Iterable[Block], frame_us: int, trip_start_us: Any
) -> Iterator[Block]:
    """A unit's blocks as they are sent, in the order of sending. ``trip_start_us``: boot -> start of the clock."""
    waiting: list[tuple[int, int, Block]] = []
    number = 0
    for block in blocks:
        end_us = int(block.times_us[-1])
        while waiting and waiting[0][0] < end_us:
            yield heapq.heappop(waiting)[2]
        since_s = (int(block.times_us[0]) - trip_start_us(block.boot)) / _SECOND_US
        error_us = clock_error_us(transport, key, block.boot, since_s)
        shown = with_bursts(transport, key, block)._replace(times_us=block.times_us + error_us)
        for delay_us in sendings(transport, key, block.boot, block.sequence, frame_us):
            sent_us = end_us + delay_us
            heapq.heappush(waiting, (sent_us, number, shown._replace(sent_us=sent_us)))
            number += 1
    while waiting:
        yield heapq.heappop(waiting)[2]
