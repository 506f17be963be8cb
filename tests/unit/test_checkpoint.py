"""Flush, save, commit: in this order, and nothing of it after a failure."""

import asyncio
from collections.abc import Sequence

import pytest

from streams.checkpoint import (
    AbandonedError,
    Checkpoint,
    GapError,
    OwnedPartition,
    UnfinishedError,
)
from streams.records import Cut, Message
from streams.sinks import SinkUnavailableError


class Journal:
    """Pipeline, state log, sink and group in one; writes down what is asked of it and fails where it is told to."""

    full = False
    partition = 3

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.fails: set[str] = set()
        self.unavailable = 0
        self.owned_by_group = True
        self.processed: list[int] = []
        self.mark: int | None = None

    def process(self, records: Sequence[Message]) -> None:
        self.processed += [record.offset for record in records]

    def cut(self) -> Cut:
        self._step("cut")
        return Cut([], b"", [])

    def flush(self, timeout_s: float | None = None) -> None:
        if self.unavailable:
            self.unavailable -= 1
            raise SinkUnavailableError("down")
        self._step("flush")

    async def save(self, cut: Cut, mark: int) -> None:
        self._step(f"save {mark}")
        self.mark = mark

    async def commit(self, partition: int, mark: int) -> bool:
        self._step(f"commit {partition} {mark}")
        return self.owned_by_group

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if name.split()[0] in self.fails:
            raise RuntimeError(name)


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def owned(journal: Journal) -> OwnedPartition:
    return OwnedPartition(journal, journal)  # type: ignore[arg-type]


@pytest.fixture
def checkpoint(journal: Journal) -> Checkpoint:
    return Checkpoint([journal], journal.commit, lambda _: None)  # type: ignore[list-item]


def batch(*offsets: int) -> list[Message]:
    return [Message(b"u", b"", (), 0, offset) for offset in offsets]


def test_the_steps_come_in_their_order(journal: Journal, owned: OwnedPartition, checkpoint: Checkpoint) -> None:
    owned.process(batch(0, 1, 2), 0)
    asyncio.run(checkpoint.run(owned))
    assert journal.steps == ["cut", "flush", "save 3", "commit 3 3"]
    assert owned.durable


def test_nothing_happens_when_nothing_was_processed(
    journal: Journal, owned: OwnedPartition, checkpoint: Checkpoint
) -> None:
    asyncio.run(checkpoint.run(owned))
    owned.process(batch(0), 0)
    asyncio.run(checkpoint.run(owned))
    asyncio.run(checkpoint.run(owned))
    assert journal.steps.count("cut") == 1


@pytest.mark.parametrize(("place", "done"), [("flush", ["cut", "flush"]), ("save", ["cut", "flush", "save 3"])])
def test_after_a_failure_nothing_is_saved_or_committed_ever(
    journal: Journal, owned: OwnedPartition, checkpoint: Checkpoint, place: str, done: list[str]
) -> None:
    journal.fails.add(place)
    owned.process(batch(0, 1, 2), 0)
    with pytest.raises(RuntimeError, match=place):
        asyncio.run(checkpoint.run(owned))
    assert journal.steps == done
    journal.fails.clear()
    owned.process(batch(3), 0)
    with pytest.raises(UnfinishedError):
        asyncio.run(checkpoint.run(owned))
    assert journal.steps == done


def test_a_commit_the_group_does_not_take_is_not_durable_and_may_be_tried_again(
    journal: Journal, owned: OwnedPartition, checkpoint: Checkpoint
) -> None:
    journal.owned_by_group = False
    owned.process(batch(0), 0)
    asyncio.run(checkpoint.run(owned))
    assert not owned.durable
    journal.owned_by_group = True
    asyncio.run(checkpoint.run(owned))
    assert owned.durable


def test_an_unavailable_sink_is_waited_for(journal: Journal, owned: OwnedPartition, checkpoint: Checkpoint) -> None:
    journal.unavailable = 3
    owned.process(batch(0), 0)
    asyncio.run(checkpoint.run(owned))
    assert journal.steps == ["cut", "flush", "save 1", "commit 3 1"]


def test_a_partition_given_up_meanwhile_is_not_saved(
    journal: Journal, owned: OwnedPartition, checkpoint: Checkpoint
) -> None:
    async def give_up_while_the_sink_is_down() -> None:
        running = asyncio.create_task(checkpoint.run(owned))
        await asyncio.sleep(0.1)
        owned.abandoned = True
        await running

    journal.unavailable = 10**9
    owned.process(batch(0), 0)
    with pytest.raises(AbandonedError):
        asyncio.run(give_up_while_the_sink_is_down())
    assert journal.steps == ["cut"]


def test_a_bound_ends_the_wait_for_a_sink(journal: Journal, owned: OwnedPartition, checkpoint: Checkpoint) -> None:
    journal.unavailable = 10**9
    owned.process(batch(0), 0)
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(checkpoint.run(owned), 0.2))
    assert journal.steps == ["cut"]


def test_a_gap_before_the_first_batch_is_noticed(owned: OwnedPartition) -> None:
    with pytest.raises(GapError, match="partition 3: wanted offset 5, got 7"):
        owned.process(batch(7, 8), 5)


def test_a_gap_between_batches_is_noticed(owned: OwnedPartition) -> None:
    owned.process(batch(5, 6), 5)
    with pytest.raises(GapError, match="wanted offset 7, got 8"):
        owned.process(batch(8), 5)


def test_records_that_come_again_are_left_out(journal: Journal, owned: OwnedPartition) -> None:
    owned.process(batch(5, 6), 5)
    owned.process(batch(5, 6, 7), 5)
    owned.process(batch(6), 5)
    assert journal.processed == [5, 6, 7]
    assert owned.mark == 8
