"""The same worker with one fault, for tests: ``FAULT=PLACE:N`` kills it at the N-th time it comes to that place.

``FENCE=off`` takes the fence out: the state is then written by a plain idempotent producer. ``SLOW_RESTORE=S`` makes
every restore wait S seconds after the fence, with requests under way.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams import cli, statelog
from streams.checkpoint import Checkpoint
from streams.fleet_statelog import FleetStateLog
from streams.statelog import Collector, FencedLog, StateLog

PLACES = {
    "before-flush": (Checkpoint, "flush", False),
    "between-flush-and-save": (Checkpoint, "save", False),
    "between-log-and-rows": (StateLog, "tell", True),
    "between-alerts-and-rows": (FleetStateLog, "tell", True),
    "inside-the-transaction": (FencedLog, "send", True),
    "between-save-and-ack": (Checkpoint, "ack", False),
}
"""Place -> the step that is wrapped, and whether the kill comes after the step."""


def kill_at(place: str, times: int) -> None:
    """Wrap the step so that the process dies there."""
    owner, name, after = PLACES[place]
    step = getattr(owner, name)
    seen = 0

    async def wrapped(*arguments: Any) -> Any:
        nonlocal seen
        seen += 1
        result = await step(*arguments) if after else None
        if seen == times:
            os.kill(os.getpid(), signal.SIGKILL)
        return result if after else await step(*arguments)

    setattr(owner, name, wrapped)


def slow_restore(seconds: float) -> None:
    """Wrap the reading of the state: its consumer has requests under way while something else can happen."""
    collect = FencedLog._collect

    async def wrapped(log: FencedLog, consumer: AIOKafkaConsumer, collected: Collector) -> int:
        consumer.assign([TopicPartition(log.name, log.partition)])
        await asyncio.sleep(seconds)
        return await collect(log, consumer, collected)

    FencedLog._collect = wrapped  # type: ignore[method-assign]


class UnfencedProducer(AIOKafkaProducer):  # type: ignore[misc]
    """What the state log would use if nobody had thought of a paused owner."""

    def __init__(self, *, transactional_id: str, transaction_timeout_ms: int, **settings: Any) -> None:
        super().__init__(enable_idempotence=True, **settings)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """No transaction."""
        yield


if __name__ == "__main__":
    if fault := os.environ.get("FAULT"):
        where, _, count = fault.partition(":")
        kill_at(where, int(count))
    if os.environ.get("FENCE") == "off":
        statelog.AIOKafkaProducer = UnfencedProducer
    if seconds := os.environ.get("SLOW_RESTORE"):
        slow_restore(float(seconds))
    cli.app()
