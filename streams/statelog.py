"""The state of one partition in the compacted topic: fenced, restored and saved by its owner alone; and in the same
transactions what the partition tells the fleet's log, so that both are there once or not at all.

One transactional producer per owned partition, held from assign to revoke: opening it bumps the epoch of
``<state topic>-<partition>``, so that a paused former owner can never write again. Without it, such an owner overwrote
the newer rows of hundreds of units. The group is not in the name: a second group of the same maker is fenced, too.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams import snapshots
from streams.records import Cut, LogRecord, Waiting
from streams.settings import Settings
from streams.snapshots import Collected, Layout
from streams.strays import strays_as_errors

BATCH_BYTES = 512 << 10
MAX_VALUE_BYTES = 16 << 20
"""A row with its held frames; the state topic's max.message.bytes is made for it."""
ROWS_PER_SLICE = 64
FETCH_BYTES = 4 << 20
STOP_TIMEOUT_S = 5.0


class Collector(Protocol):
    """Takes the records of a state topic, in their order."""

    def put(self, key: bytes, value: bytes | None) -> None: ...


class FencedLog:
    """One partition of a compacted state topic and its transactional producer.

    ``mark`` is the input offset what is saved goes up to, None when nothing is saved.
    """

    def __init__(self, brokers: list[str], name: str, partition: int, transaction_timeout_s: float) -> None:
        self.name = name
        self.partition = partition
        self.mark: int | None = None
        self._brokers = brokers
        self._transaction_timeout_s = transaction_timeout_s
        self._end = 0
        self._producer: AIOKafkaProducer | None = None

    async def open(self) -> None:
        """Fence every former owner. Comes before ``collect``; KafkaError when the broker does not answer."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._brokers,
            transactional_id=f"{self.name}-{self.partition}",
            transaction_timeout_ms=int(self._transaction_timeout_s * 1000),
            acks="all",
            max_batch_size=BATCH_BYTES,
            max_request_size=MAX_VALUE_BYTES,
        )
        with strays_as_errors():
            await self._producer.start()
        snapshots.log.debug("state fenced", partition=self.partition)

    async def collect(self, collected: Collector) -> None:
        """Collect what was written since this log was read or saved last, up to the end; KafkaError like ``open``."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._brokers,
            group_id=None,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=50,
            max_partition_fetch_bytes=FETCH_BYTES,
        )
        with strays_as_errors():
            try:
                await consumer.start()
                self._end = await self._collect(consumer, collected)
            finally:
                await consumer.stop()

    async def _collect(self, consumer: AIOKafkaConsumer, collected: Collector) -> int:
        """Read to the end as it is now; the end."""
        partition = TopicPartition(self.name, self.partition)
        consumer.assign([partition])
        end = int((await consumer.end_offsets([partition]))[partition])
        consumer.seek(partition, self._end)
        while await consumer.position(partition) < end:
            records = await consumer.getmany(partition, timeout_ms=200)
            for record in records.get(partition, ()):
                collected.put(record.key, record.value)
            await asyncio.sleep(0)
        return end

    async def send(self, producer: AIOKafkaProducer, topic: str, partition: int, records: Iterable[LogRecord]) -> int:
        """Send inside the open transaction and wait for the broker, in slices so that no poll waits.

        Returns the offset after the last record.
        """
        deliveries, batch = [], producer.create_batch()
        for count, (key, value, headers) in enumerate(records, start=1):
            if batch.append(key=key, value=value, timestamp=None, headers=list(headers)) is None:
                deliveries.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                batch.append(key=key, value=value, timestamp=None, headers=list(headers))
            if count % ROWS_PER_SLICE == 0:
                await asyncio.sleep(0)
        deliveries.append(await producer.send_batch(batch, topic, partition=partition))
        newest = (await asyncio.gather(*deliveries))[-1]
        return int(newest.offset) + int(batch.record_count())

    async def close(self) -> None:
        """Give the partition up. Never raises: a fenced producer cannot stop in good order."""
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                with strays_as_errors():
                    await asyncio.wait_for(producer.stop(), STOP_TIMEOUT_S)
            except Exception as error:
                snapshots.log.warning("state producer did not stop", partition=self.partition, error=repr(error))

    def _opened(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise RuntimeError(f"state of partition {self.partition} is not owned")
        return self._producer


@dataclass(frozen=True)
class StateTopic:
    """Where the states of all partitions are kept, and in which layout."""

    brokers: list[str]
    name: str
    daily: str
    """The fleet's log: what goes there is written in the same transaction."""
    layout: Layout
    transaction_timeout_s: float

    @classmethod
    def of(cls, settings: Settings, layout: Layout) -> "StateTopic":
        """The state topic of the settings' maker."""
        state, daily = settings.topic("state"), settings.topic("daily")
        return cls(settings.bootstrap, state, daily, layout, settings.transaction_timeout_s)


class StateLog(FencedLog):
    """The units of one partition of the telemetry."""

    def __init__(self, topic: StateTopic, partition: int) -> None:
        super().__init__(topic.brokers, topic.name, partition, topic.transaction_timeout_s)
        self.topic = topic
        self._layout_is_written = False

    async def read(self, collected: Collected) -> None:
        """``collect`` units, their layouts and the mark."""
        await self.collect(collected)
        self._layout_is_written |= snapshots.layout_hash(self.topic.layout) in collected.layouts
        self.mark = self.mark if collected.mark is None else collected.mark

    async def save(self, cut: Cut, mark: int) -> None:
        """Write the cut and its mark in one transaction; any exception means this log must not be used again."""
        producer = self._opened()
        with strays_as_errors():
            async with producer.transaction():
                await self.tell(producer, cut.log)
                self._end = await self.send(producer, self.topic.name, self.partition, self._records(cut, mark))
        self.mark, self._layout_is_written = mark, True

    async def tell(self, producer: AIOKafkaProducer, log: Waiting) -> None:
        """Send what the fleet's log must be told, inside the open transaction."""
        if len(log):
            await self.send(producer, self.topic.daily, 0, log)

    def _records(self, cut: Cut, mark: int) -> Iterator[LogRecord]:
        if not self._layout_is_written:
            yield LogRecord(*snapshots.layout_record(self.topic.layout), ())
        layout = snapshots.layout_hash(self.topic.layout)
        for unit in cut.units:
            yield LogRecord(*snapshots.encode(unit, layout), ())
        yield LogRecord(snapshots.LEDGER_KEY, cut.ledger, ())
        yield LogRecord(*snapshots.mark_record(mark), ())
