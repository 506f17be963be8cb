"""Telemetry for tests on real servers: which record goes where, and a publisher that stretches it over time."""

import asyncio
import threading
import time
from collections.abc import Iterable, Sequence

import numpy as np
from aiokafka import AIOKafkaProducer
from kafka.partitioner.default import murmur2

from schemas.telemetry import Identity
from streams.codec import Codec, Tick
from streams.encode import encode_frame, encode_tick
from streams.records import Message
from streams.sources.files import FileSource
from streams.sources.maps import load
from streams.sources.records import records
from tests.data import reference_data
from tests.frames import FRAME_HEADERS, FRAME_US, MINUTE_US, NOON_US, SECOND_US, TICK_HEADERS, VARIANT, signals

APPENDED_MS = (NOON_US + 1440 * MINUTE_US) // 1000


def road_trips(maker: str) -> list[Message]:
    """The 40 recorded BMW i3 trips as 20 units, with their ticks; skips where the data are not at hand."""
    column_map = load("bmw-i3-trips").model_copy(update={"maker": maker})
    return list(records(FileSource(reference_data("bmw-i3-trips"), column_map)))


def beside_made_up(messages: Iterable[Message], maker: str, units: int) -> list[Message]:
    """The messages, and a minute of made-up units after each tick: what no recorded car does, as alerts tell."""
    codec, found = Codec(maker, {VARIANT}), []
    for count, message in enumerate(messages):
        found.append(message)
        tick = codec.decode(message)
        if isinstance(tick, Tick):
            times_us = tick.time_us + np.arange(60) * SECOND_US
            for number in range(units):
                who = Identity(unit=f"u-{number:03d}", vehicle=f"car-{number}", maker=maker, variant=VARIANT)
                value = encode_frame(who, 1, count, times_us, signals(60, 1000 * number + count))
                found.append(Message(who.unit.encode(), value, FRAME_HEADERS, message.timestamp, 0))
    return found


def made_up(maker: str, units: int, frames: int, *, seed: int = 0) -> list[Message]:
    """Made-up drives: ``frames`` frames of 10 s of every unit in turn, ticks each minute and for 20 minutes after."""
    messages: list[Message] = []
    for sequence in range(frames):
        start_us = NOON_US + sequence * FRAME_US
        if start_us % MINUTE_US == 0:
            messages.append(Message(None, encode_tick(start_us), TICK_HEADERS, APPENDED_MS, 0))
        times_us = start_us + np.arange(10) * SECOND_US
        for number in range(units):
            unit = f"u-{number:03d}"
            who = Identity(unit=unit, vehicle=f"car-{number}", maker=maker, variant=VARIANT)
            value = encode_frame(who, 1, sequence, times_us, signals(10, seed + 1000 * number + sequence))
            messages.append(Message(unit.encode(), value, FRAME_HEADERS, APPENDED_MS, 0))
    end_us = NOON_US + frames * FRAME_US
    messages += [Message(None, encode_tick(end_us + n * MINUTE_US), TICK_HEADERS, APPENDED_MS, 0) for n in range(1, 21)]
    return messages


def places(message: Message, partitions: int) -> Iterable[int]:
    """Where a message goes: a unit's frames by its key, a tick into every partition."""
    if message.key is None:
        return range(partitions)
    return [(murmur2(message.key) & 0x7FFFFFFF) % partitions]


def partitioned(messages: Iterable[Message], partitions: int) -> dict[int, list[Message]]:
    """The log of each partition as the broker will keep it."""
    logs: dict[int, list[Message]] = {number: [] for number in range(partitions)}
    for message in messages:
        for number in places(message, partitions):
            logs[number].append(message._replace(offset=len(logs[number])))
    return logs


class Publisher(threading.Thread):
    """Sends messages in order, evenly over ``seconds``, or what is left at once after ``release``.

    A unit's frames go by its key, a tick goes into every partition. Survives a broker that is killed and restarted:
    the producer is idempotent and waits for it.
    """

    def __init__(
        self, bootstrap: str, topic: str, partitions: int, messages: Sequence[Message], *, seconds: float = 0.0
    ) -> None:
        super().__init__(name="publisher", daemon=True)
        self.done = 0
        self.seconds_taken = 0.0
        self._brokers, self._topic, self._partitions = bootstrap, topic, partitions
        self._messages, self._seconds = messages, seconds
        self._released = threading.Event()
        if not seconds:
            self._released.set()
        self._failure: BaseException | None = None

    @property
    def ends(self) -> dict[int, int]:
        """End offset of each partition once everything is sent."""
        logs = partitioned(self._messages, self._partitions)
        return {partition: len(log) for partition, log in logs.items() if log}

    def release(self) -> None:
        """Send what is left as fast as possible."""
        self._released.set()

    def finish(self, timeout_s: float) -> None:
        """Release and wait until the broker has confirmed everything."""
        self.release()
        self.join(timeout_s)
        assert not self.is_alive(), f"only {self.done} of {len(self._messages)} messages sent"
        if self._failure:
            raise self._failure

    def run(self) -> None:
        try:
            asyncio.run(self._send())
        except BaseException as failure:  # shown by finish()
            self._failure = failure

    async def _send(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._brokers, acks="all", enable_idempotence=True, request_timeout_ms=90_000
        )
        await producer.start()
        began = time.monotonic()
        pending: list[asyncio.Future[object]] = []
        for count, message in enumerate(self._messages):
            due = began + self._seconds * count / len(self._messages)
            if (wait := due - time.monotonic()) > 0.01 and not self._released.is_set():
                await asyncio.to_thread(self._released.wait, wait)
            for partition in places(message, self._partitions):
                headers = list(message.headers)
                pending.append(
                    await producer.send(
                        self._topic, message.value, key=message.key, partition=partition, headers=headers
                    )
                )
            self.done = count + 1
        await asyncio.gather(*pending)
        self.seconds_taken = time.monotonic() - began
        await producer.stop()
