"""Ticks from the wall clock: the only place where it enters, and as a record in the log."""

import asyncio
import time
from collections.abc import Callable, Iterable

import structlog
from aiokafka import AIOKafkaProducer

from schemas.telemetry import TICK_CONTENT_TYPE
from streams.encode import encode_tick
from streams.strays import strays_as_errors

HEADERS = [("content-type", TICK_CONTENT_TYPE.encode())]
SEND_TIMEOUT_S = 10.0
log = structlog.get_logger()


class TickWriter:
    """Writes "it is now T" into every partition it is given, at whole intervals of the clock."""

    def __init__(self, brokers: list[str], topic: str, interval_s: float) -> None:
        self._brokers = brokers
        self._topic = topic
        self._interval_s = interval_s

    async def run(self, partitions: Callable[[], Iterable[int]]) -> None:
        """Tick for ever. A tick that cannot be written is left out: the next one says more."""
        producer = AIOKafkaProducer(bootstrap_servers=self._brokers, enable_idempotence=True)
        await producer.start()
        try:
            while True:
                await asyncio.sleep(self._interval_s - time.time() % self._interval_s)
                value = encode_tick(time.time_ns() // 1000)
                sends = [self._send(producer, number, value) for number in partitions()]
                failed = [e for e in await asyncio.gather(*sends, return_exceptions=True) if isinstance(e, Exception)]
                if failed:
                    log.warning("ticks not written", partitions=len(failed), error=repr(failed[0]))
        finally:
            await producer.stop()

    async def _send(self, producer: AIOKafkaProducer, partition: int, value: bytes) -> None:
        with strays_as_errors():
            send = producer.send_and_wait(self._topic, value, partition=partition, headers=HEADERS)
            await asyncio.wait_for(send, SEND_TIMEOUT_S)
