"""The partitions a worker owns: restored on assign, made durable and dropped on revoke, checkpointed in between."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import NoReturn

import structlog
from aiokafka.errors import KafkaError, ProducerFenced

from streams.checkpoint import Checkpoint, OwnedPartition

RETRY_PAUSE_S = 0.5
log = structlog.get_logger()
Die = Callable[[str], NoReturn]


class Ownership:
    """Assign = restore, revoke = checkpoint and drop. Nothing is shared between partitions but the sinks."""

    def __init__(
        self,
        new: Callable[[int], OwnedPartition],
        restore: Callable[[OwnedPartition], Awaitable[None]],
        checkpoint: Checkpoint,
        *,
        interval_s: float,
        revoke_timeout_s: float,
        die: Die,
    ) -> None:
        """``restore``: fences former owners and makes a partition what was saved of it, or what was saved since."""
        self.owned: dict[int, OwnedPartition] = {}
        self.restoring = False
        self.restore_s = 0.0
        self._new = new
        self._restore = restore
        self._checkpoint = checkpoint
        self._interval_s = interval_s
        self._revoke_timeout_s = revoke_timeout_s
        self._die = die
        self._kept: dict[int, OwnedPartition] = {}
        self._epoch = 0

    async def assign(self, partitions: Iterable[int]) -> None:
        """Fence former owners and restore; a revoke that comes meanwhile undoes it."""
        epoch, began, self.restoring = self._epoch, time.monotonic(), True
        opened = await asyncio.gather(*[self._open(number, epoch) for number in sorted(partitions)])
        if epoch != self._epoch:
            await asyncio.gather(*[owned.state.close() for owned in opened])
            return
        self._kept.clear()  # rows of partitions that went elsewhere
        for place, owned in enumerate(opened, start=1):
            owned.due_s = time.monotonic() + self._interval_s * place / len(opened)
        self.owned = {owned.number: owned for owned in opened}
        self.restoring, self.restore_s = False, time.monotonic() - began
        log.info("partitions restored", partitions=sorted(self.owned), s=round(self.restore_s, 3))

    async def revoke(self) -> None:
        """Make all partitions durable, within a bound, and give them up."""
        self._epoch += 1
        self.restoring = False
        leaving, self.owned = list(self.owned.values()), {}
        await asyncio.gather(*[self._leave(owned) for owned in leaving])

    async def checkpoint_forever(self) -> None:
        """Checkpoint each partition every interval, one after the other; a failure ends the process."""
        while True:
            for owned in list(self.owned.values()):
                if time.monotonic() >= owned.due_s and owned.number in self.owned:
                    await self._checkpoint_or_die(owned)
                    owned.due_s = time.monotonic() + self._interval_s * random.uniform(0.9, 1.1)  # noqa: S311
            await asyncio.sleep(min(1.0, self._interval_s / 10))

    def marks(self) -> dict[int, int]:
        """Input offset each partition's restored state goes up to."""
        return {number: owned.state.mark for number, owned in self.owned.items() if owned.state.mark is not None}

    async def _open(self, number: int, epoch: int) -> OwnedPartition:
        """Fence and restore one partition; while the broker is away, try again until a revoke comes."""
        owned = self._kept.pop(number, None)
        if owned is None:
            owned = self._new(number)
        while epoch == self._epoch:
            try:
                await self._restore(owned)
                break
            except (KafkaError, OSError) as error:
                log.warning("restore failed, trying again", partition=number, error=repr(error))
                await owned.state.close()
                await asyncio.sleep(RETRY_PAUSE_S)
        return owned

    async def _checkpoint_or_die(self, owned: OwnedPartition) -> None:
        try:
            await self._checkpoint.run(owned)
        except Exception as error:
            if self.owned.get(owned.number) is owned:
                self._die(f"checkpoint of partition {owned.number} failed: {error!r}")
            if isinstance(error, ProducerFenced) and not owned.abandoned:  # met before the leaving one could meet it
                self._die_fenced(owned, error)
            log.warning("checkpoint of a lost partition ended", partition=owned.number, error=repr(error))

    async def _leave(self, owned: OwnedPartition) -> None:
        try:
            await asyncio.wait_for(self._checkpoint.run(owned), self._revoke_timeout_s)
            if owned.durable:
                owned.forget_progress()
                self._kept[owned.number] = owned
        except ProducerFenced as error:
            self._die_fenced(owned, error)
        except Exception as error:  # sinks down, or a fenced producer's other faces: the next owner does it again
            owned.abandoned = True
            log.warning("partition given up without saving", partition=owned.number, error=repr(error))
        await owned.state.close()

    def _die_fenced(self, owned: OwnedPartition, error: ProducerFenced) -> NoReturn:
        self._die(f"partition {owned.number} belongs to another worker: {error!r}")
