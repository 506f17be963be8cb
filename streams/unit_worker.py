"""The unit stage as a Faust app: telemetry of a maker through the twins of its partitions."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from numpy.typing import NDArray

from streams.checkpoint import OwnedPartition
from streams.metrics import Metrics
from streams.pipeline import Pipeline
from streams.settings import Settings
from streams.sinks import Sink
from streams.snapshots import PRESENT, Collected
from streams.statelog import StateLog, StateTopic
from streams.ticks import TickWriter
from streams.worker import StageApp
from twin.twin import Twin


class TwinApp(StageApp):
    """Each of its workers owns some of the partitions."""

    def __init__(
        self,
        settings: Settings,
        twins: Mapping[str, Twin],
        sinks: Sequence[Sink],
        metrics: Metrics,
        **faust_options: Any,
    ) -> None:
        self._twins = twins
        super().__init__(settings, "telemetry", settings.group, sinks, metrics, **faust_options)

    def new_partition(self, number: int) -> OwnedPartition:
        """See ``StageApp``."""
        return OwnedPartition(self._new_pipeline(number), StateLog(StateTopic.of(self.settings, PRESENT), number))

    async def restore_partition(self, owned: OwnedPartition) -> None:
        """See ``StageApp``."""
        state, pipeline = cast(StateLog, owned.state), cast(Pipeline, owned.pipeline)
        await state.open()
        collected = Collected(PRESENT, self._fresh_row)
        await state.read(collected)
        rows = collected.take()
        pipeline.restore(rows, collected.ledger)
        self.metrics.restored(len(rows), collected.migrated, collected.dropped)

    def tasks(self) -> list[Callable[[], Awaitable[None]]]:
        """See ``StageApp``."""
        return [*super().tasks(), self.write_ticks]

    async def write_ticks(self) -> None:
        """Write ticks from the wall clock into the partitions owned, unless a source does."""
        if self.settings.ticks == "worker":
            writer = TickWriter(self.settings.bootstrap, self.source, self.settings.tick_interval_s)
            await writer.run(lambda: list(self.ownership.owned))

    def _new_pipeline(self, number: int) -> Pipeline:
        return Pipeline(number, self.settings.maker, self._twins, self._sinks, keep_log=True)

    def _fresh_row(self, variant: str) -> NDArray[Any] | None:
        if variant not in self._twins:
            return None
        rows = self._twins[variant].new_rows()
        return rows.records[[rows.add()]]
