"""The Faust app of one maker: membership, assignment and life cycle around the pipelines of the owned partitions.

Faust acks every batch at once and its commits are off; the checkpoint commits. No exception ever leaves the agent: it
would drop the batch. Whatever must not go on ends the process with exit code 70.
"""

import tempfile
import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn, cast

import faust
import structlog
from faust.types import TP, StreamT

from streams import health, watchdog
from streams.checkpoint import Checkpoint, OwnedPartition
from streams.metrics import Metrics, ProgressCollector
from streams.ownership import Ownership
from streams.settings import Settings
from streams.sinks import Sink
from streams.strays import strays_as_errors
from streams.transport import BatchApp, Consumer, check_faust
from streams.vitals import Vitals
from streams.watchdog import Watchdog

EVENTS_BUFFERED = 8
"""Batches between transport and agent: each is megabytes, and waits for nothing but the agent."""
PREFETCHED_PARTITIONS = 8
log = structlog.get_logger()


class StageApp(BatchApp):
    """Station between a topic and the pipelines of its partitions; everything it needs is given to it."""

    def __init__(
        self, settings: Settings, source: str, group: str, sinks: Sequence[Sink], metrics: Metrics, **faust_options: Any
    ) -> None:
        check_faust()
        super().__init__(**_faust_settings(settings, group), **faust_options)
        self.fetch_wait_ms = settings.fetch_wait_ms
        self.fetch_bytes_in_all = settings.fetch_bytes * PREFETCHED_PARTITIONS
        self.settings = settings
        self.metrics = metrics
        self.source = settings.topic(source)
        self._sinks = sinks
        self.ownership = Ownership(
            self.new_partition,
            self.restore_partition,
            Checkpoint(sinks, self._commit, metrics.checkpoint.observe),
            interval_s=settings.checkpoint_interval_s,
            revoke_timeout_s=settings.rebalance_timeout_s / 2,
            die=self.die,
        )
        self.vitals = Vitals(settings.bootstrap, sinks, self.ownership, self)
        metrics.registry.register(ProgressCollector(self.source, self.vitals.progress))
        _wire(self)

    @abstractmethod
    def new_partition(self, number: int) -> OwnedPartition:
        """A partition with nothing in it."""

    @abstractmethod
    async def restore_partition(self, owned: OwnedPartition) -> None:
        """See ``Ownership``."""

    def die(self, reason: str) -> NoReturn:
        """End the process so that its supervisor starts it again from the last checkpoint."""
        watchdog.die(reason)

    def close_sinks(self) -> None:
        """Stop sending; what was not flushed by a checkpoint comes again."""
        for sink in self._sinks:
            sink.close()

    @property
    def reader(self) -> Consumer:
        """Faust's consumer, as what it is."""
        return cast(Consumer, self.consumer)

    @property
    def joined(self) -> bool:
        """See ``Membership``."""
        return self._assignment is not None

    @property
    def settling(self) -> bool:
        """See ``Membership``."""
        return bool(self.rebalancing)

    def starts(self) -> dict[int, int]:
        """See ``Membership``."""
        starts = self.reader.start_offsets if self._consumer else {}
        return {tp.partition: offset for tp, offset in starts.items()}

    async def end_offsets(self, partitions: Iterable[int]) -> dict[int, int]:
        """See ``Membership``."""
        ends = await self.reader.ends(*[TP(self.source, number) for number in partitions])
        return {tp.partition: end for tp, end in ends.items()}

    def blocked(self) -> bool:
        """See ``BatchApp``."""
        return self.vitals.blocked()

    def restored_marks(self) -> dict[TP, int]:
        """See ``BatchApp``."""
        return {TP(self.source, number): mark for number, mark in self.ownership.marks().items()}

    async def consume(self, stream: StreamT[Any]) -> None:
        """The agent: one event is the next batch of one partition."""
        async for event in stream.events():
            owned = self.ownership.owned.get(event.message.partition)
            if owned is None:
                continue  # nothing is acked by this: its next owner reads it
            began_s, batch, before = time.monotonic(), event.value, Counter(owned.pipeline.counts)
            try:
                owned.process(batch, self.reader.start_offsets[event.message.tp])
                self.metrics.batch_done(began_s, batch[-1].timestamp, before, owned.pipeline.counts)
            except Exception as error:
                log.exception("batch failed", partition=owned.number, offset=owned.mark)
                self.die(f"batch of partition {owned.number} failed: {error!r}")

    async def serve_health(self) -> None:
        """Start the HTTP endpoints."""
        if self.settings.health_port:
            endpoints = health.application(self.vitals.unready, self.metrics.registry)
            await health.serve(endpoints, self.settings.health_host, self.settings.health_port)

    def tasks(self) -> list[Callable[[], Awaitable[None]]]:
        """What runs beside the agent, for ever or to its end."""
        own = self.vitals.beat, self.vitals.watch_broker, self.serve_health, self.ownership.checkpoint_forever
        return list(own)

    async def on_start(self) -> None:
        """Start our tasks first: Faust's own begin only after the first restore, and /live must answer before."""
        for task in self.tasks():
            self.add_future(self._or_die(task))
        await super().on_start()

    async def _or_die(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task whose failure must not go unnoticed."""
        try:
            with strays_as_errors():
                await task()
        except Exception as error:
            name = getattr(task, "__name__", str(task))
            log.exception("task failed", task=name)
            self.die(f"task {name} failed: {error!r}")

    async def _commit(self, number: int, mark: int) -> bool:
        return await self.reader.commit_marks({TP(self.source, number): mark})


def _wire(app: StageApp) -> None:
    """Connect Faust's hooks: on_rebalance_complete is the only one awaited before seek and flow, so it restores."""
    source = app.topic(app.source, key_serializer="raw", value_serializer="raw")
    app.agent(source, name="twin", concurrency=1)(app.consume)

    @app.on_rebalance_complete.connect
    async def restore(*_: Any, **_options: Any) -> None:
        try:
            with strays_as_errors():
                await app.ownership.assign(tp.partition for tp in app.reader.assignment() if tp.topic == app.source)
        except Exception as error:  # Faust would stop in an order that can hang
            log.exception("restore failed")
            app.die(f"restore failed: {error!r}")
        app.metrics.recovery.set(app.ownership.restore_s)

    @app.on_partitions_revoked.connect
    async def give_up(*_: Any, **_options: Any) -> None:
        app.metrics.rebalances.inc()
        await app.ownership.revoke()

    @app.on_before_shutdown.connect
    async def stop(*_: Any, **_options: Any) -> None:
        await app.ownership.revoke()


def _faust_settings(settings: Settings, group: str) -> dict[str, Any]:
    return {
        "id": group,
        "broker": [f"kafka://{broker}" for broker in settings.bootstrap],
        "broker_client_id": settings.instance_id or group,
        "consumer_group_instance_id": settings.instance_id or None,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": settings.fetch_bytes,
        "broker_session_timeout": settings.session_timeout_s,
        "broker_heartbeat_interval": settings.heartbeat_interval_s,
        "broker_rebalance_timeout": settings.rebalance_timeout_s,
        "broker_request_timeout": max(40.0, settings.session_timeout_s + 5),
        "broker_max_poll_interval": settings.max_poll_interval_s,
        "broker_max_poll_records": settings.poll_records,
        "processing_guarantee": faust.types.enums.ProcessingGuarantee.AT_LEAST_ONCE,
        "stream_buffer_maxsize": EVENTS_BUFFERED,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_enabled": False,
        "store": "memory://",
        "datadir": str(Path(tempfile.gettempdir()) / "edu-twin-faust"),  # always made, never used: no tables
    }


def run(app: StageApp) -> NoReturn:
    """Run until SIGTERM (exit code 0 after a last checkpoint) or until something ends it."""
    Watchdog(app.vitals.look, app.settings.stuck_after_s).start()
    worker = faust.Worker(app, quiet=True, override_logging=False, redirect_stdouts=False)
    worker.spinner = None
    try:
        worker.execute_from_commandline()
    finally:
        app.close_sinks()
