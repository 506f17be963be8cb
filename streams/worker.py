"""The Faust app of one maker: membership, assignment and life cycle around the pipelines of the owned partitions.

Faust acks every batch at once and its commits are off; the checkpoint commits. No exception ever leaves the agent: it
would drop the batch. Whatever must not go on ends the process with exit code 70.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NoReturn, cast

import faust
import structlog
from faust.types import TP, StreamT
from numpy.typing import NDArray

from streams import health, watchdog
from streams.checkpoint import Checkpoint
from streams.metrics import Metrics, Progress, ProgressCollector
from streams.ownership import Ownership
from streams.pipeline import Pipeline
from streams.settings import Settings
from streams.sinks import Sink
from streams.statelog import StateTopic
from streams.ticks import TickWriter
from streams.transport import BatchApp, Consumer, check_faust
from streams.watchdog import Look, Watchdog
from twin.layout import ROW
from twin.twin import Twin

EVENTS_BUFFERED = 8
"""Batches between transport and agent: each is megabytes, and waits for nothing but the agent."""
BEAT_S = 0.5
WATCH_EVERY_S = 5.0
PREFETCHED_PARTITIONS = 8
log = structlog.get_logger()


class TwinApp(BatchApp):
    """Station between Kafka and the pipelines; everything it needs is given to it."""

    def __init__(
        self,
        settings: Settings,
        twins: Mapping[str, Twin],
        sinks: Sequence[Sink],
        metrics: Metrics,
        **faust_options: Any,
    ) -> None:
        check_faust()
        super().__init__(**_faust_settings(settings), **faust_options)
        self.fetch_wait_ms = settings.fetch_wait_ms
        self.fetch_bytes_in_all = settings.fetch_bytes * PREFETCHED_PARTITIONS
        self.settings = settings
        self.metrics = metrics
        self.source = settings.topic("telemetry")
        self._twins = twins
        self._sinks = sinks
        self._beat_s = time.monotonic()
        self._ends: dict[int, int] = {}
        self._broker_answers = False
        self.ownership = Ownership(
            StateTopic.of(settings, ROW),
            self._new_pipeline,
            self._fresh_row,
            Checkpoint(sinks, self._commit, metrics.checkpoint.observe),
            interval_s=settings.checkpoint_interval_s,
            revoke_timeout_s=settings.rebalance_timeout_s / 2,
            die=self.die,
        )
        metrics.registry.register(ProgressCollector(self.source, self.progress))
        _wire(self)

    def die(self, reason: str) -> NoReturn:
        """End the process so that its supervisor starts it again from the last checkpoint."""
        watchdog.die(reason)

    @property
    def reader(self) -> Consumer:
        """Faust's consumer, as what it is."""
        return cast(Consumer, self.consumer)

    def blocked(self) -> bool:
        """True while a sink must not get more."""
        return any(sink.full for sink in self._sinks)

    def restored_marks(self) -> dict[TP, int]:
        """See ``BatchApp``."""
        return {TP(self.source, number): mark for number, mark in self.ownership.marks().items()}

    def progress(self) -> dict[int, Progress]:
        """How far each owned partition is."""
        starts = self.reader.start_offsets if self._consumer else {}
        found = {}
        for number, owned in list(self.ownership.owned.items()):
            processed = starts.get(TP(self.source, number)) if owned.mark is None else owned.mark
            found[number] = Progress(processed, owned.state.mark, self._ends.get(number))
        return found

    def unready(self) -> list[str]:
        """Why no results come out now; empty when they do."""
        reasons = [f"sink {type(sink).__name__} does not answer" for sink in self._sinks if not sink.reachable]
        if self.blocked():
            reasons.append("blocked on a sink: no further input is taken")
        if self.ownership.restoring:
            reasons.append("restoring state")
        elif self.rebalancing:
            reasons.append("rebalancing")
        elif self._assignment is None:
            reasons.append("not yet a member of the consumer group")
        return reasons

    def look(self) -> Look:
        """What the watchdog judges by."""
        blocked = self.blocked() or not all(sink.reachable for sink in self._sinks)
        settling = self.rebalancing or self.ownership.restoring or self._assignment is None
        positions = {
            number: (at.processed, at.end)
            for number, at in self.progress().items()
            if at.processed is not None and at.end is not None
        }
        return Look(self._beat_s, positions, blocked, settling, self._broker_answers)

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

    async def beat(self) -> None:
        """Prove that the event loop runs."""
        while True:
            self._beat_s = time.monotonic()
            await asyncio.sleep(BEAT_S)

    async def watch_broker(self) -> None:
        """Ask for end offsets, independently of fetching, so that a silent stop is seen; and whether anyone answers."""
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            partitions = [TP(self.source, number) for number in self.ownership.owned]
            try:
                async with asyncio.timeout(WATCH_EVERY_S):
                    self._broker_answers = await watchdog.anyone_listens(self.settings.bootstrap)
                    if partitions and self._broker_answers:
                        ends = await self.reader.highwaters(*partitions)
                        self._ends = {tp.partition: end for tp, end in ends.items()}
            except Exception as error:  # broker away or rebalance: the old ends stay
                log.debug("end offsets unknown", error=repr(error))

    async def serve_health(self) -> None:
        """Start the HTTP endpoints."""
        if self.settings.health_port:
            endpoints = health.application(self.unready, self.metrics.registry)
            await health.serve(endpoints, self.settings.health_host, self.settings.health_port)

    async def write_ticks(self) -> None:
        """Write ticks from the wall clock into the partitions owned, unless a source does."""
        if self.settings.ticks == "worker":
            writer = TickWriter(self.settings.bootstrap, self.source, self.settings.tick_interval_s)
            await writer.run(lambda: list(self.ownership.owned))

    async def on_start(self) -> None:
        """Start our tasks first: Faust's own begin only after the first restore, and /live must answer before."""
        for task in (
            self.beat,
            self.watch_broker,
            self.serve_health,
            self.write_ticks,
            self.ownership.checkpoint_forever,
        ):
            self.add_future(self._or_die(task))
        await super().on_start()

    async def _or_die(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task whose failure must not go unnoticed."""
        try:
            await task()
        except Exception as error:
            name = getattr(task, "__name__", str(task))
            log.exception("task failed", task=name)
            self.die(f"task {name} failed: {error!r}")

    def _new_pipeline(self, number: int) -> Pipeline:
        return Pipeline(number, self.settings.maker, self._twins, self._sinks)

    def _fresh_row(self, variant: str) -> NDArray[Any] | None:
        if variant not in self._twins:
            return None
        rows = self._twins[variant].new_rows()
        return rows.records[[rows.add()]]

    async def _commit(self, number: int, mark: int) -> bool:
        return await self.reader.commit_marks({TP(self.source, number): mark})


def _wire(app: TwinApp) -> None:
    """Connect Faust's hooks; see reference in the docs: only on_rebalance_complete gates the flow."""
    source = app.topic(app.source, key_serializer="raw", value_serializer="raw")
    app.agent(source, name="twin", concurrency=1)(app.consume)

    @app.on_rebalance_complete.connect
    async def restore(*_: Any, **_options: Any) -> None:
        try:
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


def _faust_settings(settings: Settings) -> dict[str, Any]:
    return {
        "id": settings.group,
        "broker": [f"kafka://{broker}" for broker in settings.bootstrap],
        "broker_client_id": settings.instance_id or settings.group,
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
    }


def run(app: TwinApp) -> NoReturn:
    """Run until SIGTERM (exit code 0 after a last checkpoint) or until something ends it."""
    Watchdog(app.look, app.settings.stuck_after_s).start()
    worker = faust.Worker(app, quiet=True, override_logging=False, redirect_stdouts=False)
    worker.spinner = None
    worker.execute_from_commandline()
