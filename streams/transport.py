"""Kafka into a Faust agent as poll batches: one event per partition and poll, its value a list of aiokafka records.

Faust's path per message costs about 90 us, this one 2 us. Faust's own acks mean nothing here: the checkpoint commits.
Private methods of Faust are overridden, so its version is pinned and its signatures are checked at the start.
"""

import asyncio
import inspect
from collections.abc import Mapping
from typing import Any

import faust
import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.strays import strays_as_errors

BLOCKED_POLL_S = 0.05
RETRY_PAUSE_S = 0.5
log = structlog.get_logger()

EXPECTED_SIGNATURES = {
    (driver.Consumer, "commit"): "(self, topics=None, start_new_transaction=True)",
    (driver.Consumer, "_commit"): "(self, offsets)",
    (driver.Consumer, "perform_seek"): "(self)",
    (driver.Consumer, "_drain_messages"): "(self, fetcher)",
    (driver.Consumer, "_wait_next_records"): "(self, timeout)",
    (driver.Consumer, "_to_message"): "(self, tp, record)",
    (driver.Consumer, "_new_consumer_thread"): "(self)",
    (driver.AIOKafkaConsumerThread, "_create_worker_consumer"): "(self, transport)",
    (driver.AIOKafkaConsumerThread, "_ensure_consumer"): "(self)",
    (faust.App, "_new_transport"): "(self)",
}


def check_faust() -> None:
    """RuntimeError when the installed Faust is not the one this transport was written for."""
    for (owner, name), expected in EXPECTED_SIGNATURES.items():
        method = getattr(owner, name, None)
        found = _plain_signature(method) if method else "nothing"
        if found != expected:
            where = f"{owner.__name__}.{name}"
            raise RuntimeError(
                f"faust-streaming {faust.__version__}: {where} is {found}, expected {expected}; install 0.15.*"
            )


def _plain_signature(method: Any) -> str:
    parameters = inspect.signature(method).parameters.values()
    return f"({', '.join(str(p.replace(annotation=p.empty)) for p in parameters)})"


class BatchApp(faust.App):
    """A Faust app on the batch transport."""

    fetch_wait_ms = 50
    fetch_bytes_in_all = 8 << 20
    isolation_level = "read_uncommitted"

    def blocked(self) -> bool:
        """True while no further batch must be handed to the agent."""
        return False

    def restored_marks(self) -> Mapping[TP, int]:
        """Offsets up to which the restored state already contains the input."""
        return {}

    def _new_transport(self) -> "Transport":
        return Transport(self.conf.broker_consumer, self)


class ConsumerThread(driver.AIOKafkaConsumerThread):
    app: BatchApp

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        # Faust's 1.5 s lets the broker park the only fetch in flight while data waits on other partitions.
        consumer = super()._create_worker_consumer(transport)
        for name, value in (
            ("_fetch_max_wait_ms", self.app.fetch_wait_ms),
            ("_fetch_max_bytes", self.app.fetch_bytes_in_all),
            ("_isolation_level", self.app.isolation_level),
        ):
            if not hasattr(consumer, name):
                raise RuntimeError(f"aiokafka's consumer has no {name} any more; install aiokafka 0.14")
            setattr(consumer, name, value)
        return consumer

    async def count_as_poll(self) -> None:
        """Tell the group coordinator that this member is alive although it takes no records."""
        with self._ensure_consumer()._subscription.fetch_context():
            pass


class Consumer(driver.Consumer):
    """Hands over batches, commits what the checkpoint says, always seeks explicitly."""

    app: BatchApp
    _thread: ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.start_offsets: dict[TP, int] = {}
        """Where reading of each assigned partition began: the continuity check of the agent starts there."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Called by Faust's timer and at its stops: acks are only swept away, nothing is committed."""
        self._acked.clear()
        self._acked_index.clear()
        self._n_acked = 0
        return False

    async def commit_marks(self, marks: Mapping[TP, int]) -> bool:
        """Commit offsets; False when this member no longer owns one of the partitions."""
        assignment = self.assignment()
        # An empty commit is a ValueError in aiokafka, which ends the worker.
        if not marks or any(tp not in assignment for tp in marks):
            return False
        with strays_as_errors():
            return bool(await self._commit(marks))

    async def perform_seek(self) -> None:
        """Seek every partition to max(committed, restored, earliest).

        Faust seeks only where something was committed; elsewhere records that a rebalance dropped would be lost.
        """
        partitions = self.assignment()
        if not partitions:
            return
        with strays_as_errors():
            committed = await self.seek_to_committed()
            earliest, end = await self.earliest_offsets(*partitions), await self.highwaters(*partitions)
            restored = self.app.restored_marks()
            self.start_offsets = {
                tp: start_offset(tp, committed.get(tp), restored.get(tp), earliest[tp], end[tp]) for tp in partitions
            }
            await self.seek_wait(self.start_offsets)
        self._read_offset.update(self.start_offsets)

    async def ends(self, *partitions: TP) -> dict[TP, int]:
        """Offset after the last record of each partition that its readers can see.

        A topic written in transactions ends with a marker: whoever has read up to it has nothing to do.
        """
        found = dict(await self.highwaters(*partitions))
        for tp, end in found.items():
            if (await self.position(tp) or 0) >= end:
                found[tp] = self._read_offset[tp] or end
        return found

    async def _drain_messages(self, fetcher: Any) -> None:
        while not (self._stopped.is_set() or fetcher._stopped.is_set()):
            try:
                with strays_as_errors():
                    records, active = await self._wait_next_records(1.0)
            except KafkaConnectionError as error:
                log.warning("fetch failed, trying again", error=repr(error))
                await asyncio.sleep(RETRY_PAUSE_S)
                continue
            await asyncio.sleep(0)
            if not records or self.should_stop:
                continue
            if self.flow_active:
                await self._deliver(records, active)
            else:
                await self._seek_back()

    async def _seek_back(self) -> None:
        """Records that arrive during a rebalance are dropped: read them again."""
        try:
            await self.perform_seek()
        except Exception as error:  # the partitions may be gone meanwhile; resuming seeks again
            log.warning("seek during rebalance failed", error=repr(error))

    async def _deliver(self, records: Mapping[TP, list[Any]], active: set[TP] | None) -> None:
        generation = self.app.consumer_generation_id
        for tp, batch in records.items():
            await self._wait_while_blocked()
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            if not (active is None or tp in active or tp in self._buffered_partitions):
                continue
            first_wanted = self._read_offset[tp] or 0
            batch = [record for record in batch if record.offset >= first_wanted]
            if batch:
                message: Any = self._to_message(tp, batch[-1])
                message.key, message.value = None, batch
                await self.wait_first(self.callback(message), self.suspend_flow.wait())
                self._read_offset[tp] = batch[-1].offset + 1

    async def _wait_while_blocked(self) -> None:
        """Back-pressure: hold what was read, stay a member of the group, end at a rebalance or stop."""
        while self.app.blocked() and self.flow_active and not self.should_stop:
            await self._thread.call_thread(self._thread.count_as_poll)
            await asyncio.sleep(BLOCKED_POLL_S)


class Transport(driver.Transport):
    """Faust's Kafka transport with our consumer."""

    Consumer = Consumer


def start_offset(tp: TP, committed: int | None, restored: int | None, earliest: int, end: int) -> int:
    """Where to begin reading a partition.

    The restored mark was saved with the state; the commit follows it and may be behind by one checkpoint. Input that
    retention removed is lost and logged. RuntimeError when input that was processed is not in the topic any more.
    """
    wanted = max((offset for offset in (committed, restored) if offset is not None), default=earliest)
    if wanted > end:
        raise RuntimeError(
            f"{tp.topic}[{tp.partition}] ends at offset {end}, but {wanted} was reached before: the topic was made "
            f"anew or lost records. Delete its state topic and the consumer group too, or use a new maker name"
        )
    if wanted < earliest:
        log.error("input was deleted before it was read", partition=tp.partition, records=earliest - wanted)
    return max(wanted, earliest)
