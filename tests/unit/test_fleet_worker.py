"""The fleet stage's app: a state that it cannot read says what to do."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from streams.checkpoint import OwnedPartition
from streams.fleet_pipeline import FleetPipeline
from streams.fleet_statelog import Saved
from streams.fleet_worker import FleetApp
from streams.settings import Settings
from tests.fleet_records import MAKER
from twin.fleet.rules import FleetRules


class Log:
    """A state log that another number of partitions wrote."""

    partition, mark = 0, 7

    async def open(self) -> None: ...

    async def read(self) -> Saved:
        cut = FleetPipeline(MAKER, 3, FleetRules(), []).cut()
        return Saved(cut.closed, cut.waiting, 7)


def test_a_state_that_cannot_be_read_says_which_topic_and_group_to_delete() -> None:
    settings = Settings(maker=MAKER, partitions=2)
    app: Any = SimpleNamespace(settings=settings)
    app._new_pipeline = lambda: FleetPipeline(MAKER, 2, FleetRules(), [])
    app._way_out = lambda why: FleetApp._way_out(app, why)
    owned = OwnedPartition(app._new_pipeline(), cast(Any, Log()), contiguous=False)
    with pytest.raises(RuntimeError) as refused:
        asyncio.run(FleetApp.restore_partition(app, owned))
    for said in (
        "edu.bmw.fleet.v1: state of 3 partitions, 2 are set (EDU_TWIN_PARTITIONS)",
        "delete this topic and the consumer group edu-twin-bmw-fleet",
        "`edu-twin setup`",
    ):
        assert said in str(refused.value)
