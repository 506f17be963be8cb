"""Assign and revoke against each other, with a state log that can be slow, fenced or away."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, ClassVar, NoReturn

import pytest
from aiokafka.errors import KafkaConnectionError, ProducerFenced

from streams import ownership
from streams.checkpoint import Checkpoint, OwnedPartition
from streams.ownership import Ownership
from streams.records import Cut, Message, Record


class DiedError(RuntimeError):
    """Instead of the end of the process."""


class FakePipeline:
    """Remembers what was restored and how much was processed."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.restored = 0

    def process(self, records: Sequence[Record]) -> None: ...

    def cut(self) -> Cut:
        return Cut([], b"", [])

    def restore(self) -> None:
        self.restored += 1


class FakeLog:
    """A state log without a broker. ``behaviour``: what to raise or await at open or save."""

    behaviour: ClassVar[dict[str, Callable[[], Coroutine[Any, Any, None]]]] = {}
    open_logs: ClassVar[set["FakeLog"]] = set()

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.mark: int | None = None

    async def _do(self, name: str) -> None:
        if name in self.behaviour:
            await self.behaviour[name]()

    async def open(self) -> None:
        await self._do("open")
        self.open_logs.add(self)

    async def read(self) -> None:
        await self._do("read")

    async def save(self, cut: Cut, mark: int) -> None:
        await self._do("save")
        self.mark = mark

    async def close(self) -> None:
        self.open_logs.discard(self)


@pytest.fixture
def pipelines() -> list[FakePipeline]:
    return []


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, pipelines: list[FakePipeline]) -> Ownership:
    monkeypatch.setattr(ownership, "RETRY_PAUSE_S", 0.01)
    monkeypatch.setattr(FakeLog, "behaviour", {})
    monkeypatch.setattr(FakeLog, "open_logs", set())

    def new_partition(number: int) -> OwnedPartition:
        pipelines.append(FakePipeline())
        return OwnedPartition(pipelines[-1], FakeLog(number))

    async def restore(owned: Any) -> None:
        await owned.state.open()
        await owned.state.read()
        owned.pipeline.restore()

    async def commit(partition: int, mark: int) -> bool:
        return True

    def die(reason: str) -> NoReturn:
        raise DiedError(reason)

    checkpoint = Checkpoint([], commit, lambda _: None)
    return Ownership(new_partition, restore, checkpoint, interval_s=0.05, revoke_timeout_s=0.2, die=die)


def worked(held: Ownership, number: int, offset: int = 0) -> OwnedPartition:
    owned = held.owned[number]
    owned.process([Message(b"u", b"", (), 0, offset)], offset)
    return owned


def test_rows_are_kept_over_a_rebalance_that_gives_the_partition_back(
    held: Ownership, pipelines: list[FakePipeline]
) -> None:
    async def story() -> None:
        await held.assign([0, 1])
        owned = worked(held, 0)
        await held.revoke()
        assert held.owned == {}
        assert owned.state.mark == 1
        await held.assign([0])
        assert held.owned[0].pipeline is owned.pipeline
        assert held.owned[0].mark is None, "reading begins where the next seek says"
        await held.revoke()
        await held.assign([1])

    asyncio.run(story())
    assert len(pipelines) == 3, "partition 1 went elsewhere in between: its rows were dropped"


def test_a_revoke_during_a_restore_undoes_it(held: Ownership) -> None:
    async def story() -> None:
        FakeLog.behaviour["read"] = lambda: asyncio.sleep(0.1)
        restoring = asyncio.create_task(held.assign([0, 1]))
        await asyncio.sleep(0.05)
        await held.revoke()
        await restoring
        assert held.owned == {}
        assert FakeLog.open_logs == set()
        await held.assign([0])
        assert sorted(held.owned) == [0]

    asyncio.run(story())


def test_a_broker_that_is_away_is_waited_for(held: Ownership) -> None:
    tries = 0

    async def away_twice() -> None:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise KafkaConnectionError

    FakeLog.behaviour["read"] = away_twice
    asyncio.run(held.assign([0]))
    assert sorted(held.owned) == [0]
    assert tries == 3


def test_waiting_for_the_broker_ends_with_a_revoke(held: Ownership) -> None:
    async def away() -> None:
        raise KafkaConnectionError

    async def story() -> None:
        FakeLog.behaviour["open"] = away
        restoring = asyncio.create_task(held.assign([0]))
        await asyncio.sleep(0.05)
        await held.revoke()
        await asyncio.wait_for(restoring, 1)
        assert held.owned == {}

    asyncio.run(story())


def test_a_revoke_that_cannot_save_in_time_drops_the_rows(held: Ownership, pipelines: list[FakePipeline]) -> None:
    async def story() -> None:
        FakeLog.behaviour["save"] = lambda: asyncio.sleep(60)
        await held.assign([0])
        owned = worked(held, 0)
        await asyncio.wait_for(held.revoke(), 1)
        assert owned.abandoned
        await held.assign([0])
        assert held.owned[0] is not owned

    asyncio.run(story())
    assert len(pipelines) == 2


def test_a_fence_met_while_leaving_ends_the_process(held: Ownership) -> None:
    async def fenced() -> None:
        raise ProducerFenced

    async def story() -> None:
        FakeLog.behaviour["save"] = fenced
        await held.assign([0])
        worked(held, 0)
        await held.revoke()

    with pytest.raises(DiedError, match="belongs to another worker"):
        asyncio.run(story())


def test_a_fence_met_by_a_checkpoint_under_way_when_the_revoke_comes_ends_the_process(held: Ownership) -> None:
    async def story() -> None:
        saving, woken = asyncio.Event(), asyncio.Event()

        async def fenced() -> None:
            saving.set()
            await woken.wait()
            raise ProducerFenced

        FakeLog.behaviour["save"] = fenced
        await held.assign([0])
        worked(held, 0)
        checkpoints = asyncio.create_task(held.checkpoint_forever())
        await saving.wait()
        leaving = asyncio.create_task(held.revoke())
        await asyncio.sleep(0)
        assert held.owned == {}
        woken.set()
        await asyncio.gather(checkpoints, leaving)

    with pytest.raises(DiedError, match="belongs to another worker"):
        asyncio.run(asyncio.wait_for(story(), 2))


def test_a_fence_after_the_partition_was_given_up_ends_nothing(held: Ownership) -> None:
    async def story() -> None:
        saving = asyncio.Event()

        async def fenced_late() -> None:
            saving.set()
            await asyncio.sleep(0.4)
            raise ProducerFenced

        FakeLog.behaviour["save"] = fenced_late
        await held.assign([0])
        owned = worked(held, 0)
        checkpoints = asyncio.create_task(held.checkpoint_forever())
        await saving.wait()
        await held.revoke()
        assert owned.abandoned
        await asyncio.sleep(0.4)
        assert not checkpoints.done()
        checkpoints.cancel()

    asyncio.run(asyncio.wait_for(story(), 3))


def test_a_failed_checkpoint_of_an_owned_partition_ends_the_process(held: Ownership) -> None:
    async def full_disk() -> None:
        raise OSError("no space")

    async def story() -> None:
        FakeLog.behaviour["save"] = full_disk
        await held.assign([0])
        worked(held, 0)
        await asyncio.wait_for(held.checkpoint_forever(), 2)

    with pytest.raises(DiedError, match=r"checkpoint of partition 0 failed: OSError\('no space'\)"):
        asyncio.run(story())


def test_checkpoints_come_by_themselves(held: Ownership) -> None:
    async def story() -> None:
        saved = asyncio.Semaphore(0)

        async def note() -> None:
            saved.release()

        FakeLog.behaviour["save"] = note
        await held.assign([0, 1])
        forever = asyncio.create_task(held.checkpoint_forever())
        for number in (0, 1):
            worked(held, number)
        await saved.acquire()
        await saved.acquire()
        forever.cancel()

    asyncio.run(asyncio.wait_for(story(), 2))
