"""The state log against a client that goes wrong in ways a real broker shows only now and then."""

import asyncio
from typing import Any

import numpy as np
import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError

from streams import statelog
from streams.records import Cut
from streams.snapshots import Collected, Layout
from streams.statelog import StateLog, StateTopic

LAYOUT = Layout(np.dtype([("n", "<i8")]), np.dtype([("sum", "<f8")]))


class DyingConsumer:
    """As aiokafka's when the broker goes: requests fail, and ``stop`` waits for a request it has cancelled itself."""

    def __init__(self, **settings: Any) -> None: ...

    async def start(self) -> None: ...

    def assign(self, partitions: list[Any]) -> None: ...

    async def end_offsets(self, partitions: list[Any]) -> dict[Any, int]:
        raise KafkaConnectionError

    async def stop(self) -> None:
        request = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        request.cancel()
        await request


@pytest.fixture
def log() -> StateLog:
    return StateLog(StateTopic(["127.0.0.1:9"], "state", "daily", LAYOUT, 60.0), 0)


def test_a_broker_that_goes_while_the_state_is_read_is_an_error_and_no_cancellation(
    monkeypatch: pytest.MonkeyPatch, log: StateLog
) -> None:
    monkeypatch.setattr(statelog, "AIOKafkaConsumer", DyingConsumer)
    with pytest.raises(KafkaError):
        asyncio.run(log.read(Collected(LAYOUT, lambda _: None)))


def test_a_log_that_is_not_open_does_not_save(log: StateLog) -> None:
    with pytest.raises(RuntimeError, match="state of partition 0 is not owned"):
        asyncio.run(log.save(Cut([], b"", []), 7))
    assert log.mark is None


def test_giving_up_a_log_that_was_never_opened_is_no_error(log: StateLog) -> None:
    asyncio.run(log.close())
