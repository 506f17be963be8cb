"""Checkpoint of one partition: flush sinks -> save rows, day parts and mark -> commit the mark.

Whatever fails before the end comes again. Outputs are functions of (state, frame): writing them twice is writing
them once.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import structlog

from streams.records import Record
from streams.sinks import Sink, SinkUnavailableError

FLUSH_SLICE_S = 0.5
FLUSH_PAUSE_S = 0.05
log = structlog.get_logger()


class GapError(RuntimeError):
    """Records are missing between what was processed and what came."""


class UnfinishedError(RuntimeError):
    """An earlier checkpoint of the partition did not finish: its rows are no longer known to be dirty."""


class AbandonedError(RuntimeError):
    """The partition was given up while its checkpoint waited."""


class Work(Protocol):
    """A pipeline: takes records, and gives what must be saved of it. Its state log knows what a cut is."""

    counts: Counter[str]

    def process(self, records: Sequence[Record]) -> None: ...

    def cut(self) -> Any: ...


class State(Protocol):
    """Where cuts are saved; ``mark`` is the input offset the saved ones go up to, None when there is none."""

    partition: int
    mark: int | None

    async def save(self, cut: Any, mark: int) -> None: ...

    async def close(self) -> None: ...


class OwnedPartition:
    """An assigned partition: its pipeline, its state log, and how far both are.

    ``contiguous``: every offset holds a record. Not so in a topic that is written in transactions: their markers take
    offsets.
    """

    def __init__(self, pipeline: Work, state: State, *, contiguous: bool = True) -> None:
        self.pipeline = pipeline
        self.state = state
        self._contiguous = contiguous
        self.mark: int | None = None
        """Offset after the last record processed; None before the first."""
        self.committed: int | None = None
        self.unfinished = False
        self.abandoned = False
        self.due_s = 0.0
        self.lock = asyncio.Lock()

    @property
    def number(self) -> int:
        return self.state.partition

    @property
    def durable(self) -> bool:
        """True when everything processed is saved and committed."""
        return self.mark is None or self.mark == self.committed

    def process(self, batch: Sequence[Record], start: int) -> None:
        """Process the next records; ``start`` is where reading began. GapError when some before them are missing."""
        wanted = start if self.mark is None else self.mark
        if batch[0].offset > wanted and self._contiguous:
            raise GapError(f"partition {self.number}: wanted offset {wanted}, got {batch[0].offset}")
        if batch[0].offset < wanted:
            batch = [record for record in batch if record.offset >= wanted]
        if batch:
            self.pipeline.process(batch)
            self.mark = batch[-1].offset + 1

    def forget_progress(self) -> None:
        """Between two ownerships: the next one begins where its seek says."""
        self.mark = self.committed = None
        self.abandoned = False


Commit = Callable[[int, int], Awaitable[bool]]
"""Commit (partition, offset) for the group; False when the partition is no longer ours."""


class Checkpoint:
    """The three steps and their order. One instance serves all partitions of a worker, for they share the sinks."""

    def __init__(self, sinks: Sequence[Sink], commit: Commit, took: Callable[[float], None]) -> None:
        self._sinks = sinks
        self._commit = commit
        self._took = took  # is told the duration of each finished checkpoint, s
        self._flushing = asyncio.Lock()

    async def run(self, owned: OwnedPartition) -> None:
        """Make everything processed so far durable. After an exception the partition must be given up."""
        async with owned.lock:
            if owned.unfinished:
                raise UnfinishedError(f"partition {owned.number}: an earlier checkpoint did not finish")
            if owned.mark is None or owned.durable:
                return
            began = time.monotonic()
            owned.unfinished = True
            mark, cut = owned.mark, owned.pipeline.cut()  # one step of the loop: no batch in between
            await self.flush(owned)
            await self.save(owned, cut, mark)
            owned.unfinished = False
            await self.ack(owned, mark)
            took_s = time.monotonic() - began
            self._took(took_s)
            log.debug("checkpoint", partition=owned.number, mark=mark, s=round(took_s, 4))

    async def flush(self, owned: OwnedPartition) -> None:
        """Wait until every output is durable, as long as it takes; AbandonedError once the partition is given up."""
        async with self._flushing:
            for sink in self._sinks:
                while not owned.abandoned:
                    try:
                        await asyncio.to_thread(sink.flush, FLUSH_SLICE_S)
                        break
                    except SinkUnavailableError:
                        await asyncio.sleep(FLUSH_PAUSE_S)
        if owned.abandoned:
            raise AbandonedError(f"partition {owned.number} was given up")

    async def save(self, owned: OwnedPartition, cut: Any, mark: int) -> None:
        """Write units and mark to the state topic, day parts and markers to the fleet's log."""
        await owned.state.save(cut, mark)

    async def ack(self, owned: OwnedPartition, mark: int) -> None:
        """Commit the mark. If the group does not take it, the saved mark still holds: nothing is processed twice."""
        if await self._commit(owned.number, mark):
            owned.committed = mark
