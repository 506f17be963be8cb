"""The fleet stage as a Faust app of its own group: the maker's one-partition log through the FleetPipeline."""

from collections.abc import Sequence
from typing import Any, cast

from streams.checkpoint import OwnedPartition
from streams.fleet_pipeline import FleetPipeline
from streams.fleet_statelog import FleetStateLog
from streams.metrics import Metrics
from streams.settings import Settings
from streams.sinks import Sink
from streams.worker import StageApp
from twin.fleet.designs import Designs
from twin.fleet.rules import FleetRules


class FleetApp(StageApp):
    """One of its workers owns the partition; others stand by."""

    isolation_level = "read_committed"  # the unit stage writes parts and markers in transactions

    def __init__(
        self, settings: Settings, rules: FleetRules, sinks: Sequence[Sink], metrics: Metrics, **faust_options: Any
    ) -> None:
        self._rules = rules
        super().__init__(settings, "daily", f"{settings.group}-fleet", sinks, metrics, **faust_options)

    def new_partition(self, number: int) -> OwnedPartition:
        """See ``StageApp``."""
        return OwnedPartition(self._new_pipeline(), FleetStateLog(self.settings, number), contiguous=False)

    async def restore_partition(self, owned: OwnedPartition) -> None:
        """See ``StageApp``."""
        state = cast(FleetStateLog, owned.state)
        await state.open()
        saved = await state.read()
        owned.pipeline = pipeline = self._new_pipeline()
        if saved:
            try:
                pipeline.restore(saved.closed, saved.waiting)
            except ValueError as error:
                raise RuntimeError(self._way_out(str(error))) from error

    def _way_out(self, why: str) -> str:
        """What to do about a state that cannot be read."""
        topic, group = self.settings.topic("fleet"), f"{self.settings.group}-fleet"
        return (
            f"{topic}: {why}. Start the program that wrote it; or stop all fleet stages, delete this topic and the "
            f"consumer group {group}, run `edu-twin setup` and start again: the stage, its ages and normals then begin "
            f"with the first day its log still has"
        )

    def _new_pipeline(self) -> FleetPipeline:
        settings = self.settings
        return FleetPipeline(settings.maker, settings.partitions, self._rules, self._sinks, Designs(settings.variants))
