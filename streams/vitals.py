"""How a worker is: what /ready tells people, what the watchdog judges by, and how far each partition is."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from streams.metrics import Progress
from streams.ownership import Ownership
from streams.sinks import Sink
from streams.strays import strays_as_errors
from streams.watchdog import Look

BEAT_S = 0.5
WATCH_EVERY_S = 5.0
log = structlog.get_logger()


class Membership(Protocol):
    """What is to be known of the consumer group."""

    @property
    def joined(self) -> bool:
        """False until partitions were assigned for the first time."""

    @property
    def settling(self) -> bool:
        """True during a rebalance."""

    def starts(self) -> Mapping[int, int]:
        """Offset at which reading of each partition began."""

    async def end_offsets(self, partitions: Iterable[int]) -> Mapping[int, int]:
        """Offset after the last record of each partition, asked from the broker now."""


class Vitals:
    """Watches a worker. ``beat`` and ``watch_broker`` run as tasks; everything else only looks."""

    def __init__(
        self, brokers: Sequence[str], sinks: Sequence[Sink], ownership: Ownership, membership: Membership
    ) -> None:
        self._brokers = brokers
        self._sinks = sinks
        self._ownership = ownership
        self._membership = membership
        self._beat_s = time.monotonic()
        self._ends: Mapping[int, int] = {}
        self._broker_answers = True

    def blocked(self) -> bool:
        """True while a sink must not get more."""
        return any(sink.full for sink in self._sinks)

    def progress(self) -> dict[int, Progress]:
        """How far each owned partition is."""
        starts, found = self._membership.starts(), {}
        for number, owned in list(self._ownership.owned.items()):
            processed = starts.get(number) if owned.mark is None else owned.mark
            found[number] = Progress(processed, owned.state.mark, self._ends.get(number))
        return found

    def unready(self) -> list[str]:
        """Why no results come out now; empty when they do."""
        reasons = [f"sink {type(sink).__name__} does not answer" for sink in self._sinks if not sink.reachable]
        if self.blocked():
            reasons.append("blocked on a sink: no further input is taken")
        if not self._broker_answers:
            reasons.append("the broker does not answer")
        if self._ownership.restoring:
            reasons.append("restoring state")
        elif self._membership.settling:
            reasons.append("rebalancing")
        elif not self._membership.joined:
            reasons.append("not yet a member of the consumer group")
        return reasons

    def look(self) -> Look:
        """What the watchdog judges by: processing has input up to the end, a checkpoint up to what is processed."""
        stations, starts = {}, self._membership.starts()
        for number, owned in list(self._ownership.owned.items()):
            start = starts.get(number)
            if start is not None:
                processed = start if owned.mark is None else owned.mark
                saved = start if owned.state.mark is None else max(start, owned.state.mark)
                stations[f"processing of partition {number}"] = processed, self._ends.get(number, 0)
                stations[f"checkpoint of partition {number}"] = saved, processed
        blocked = self.blocked() or not all(sink.reachable for sink in self._sinks)
        settling = self._ownership.restoring or self._membership.settling or not self._membership.joined
        return Look(self._beat_s, stations, blocked, settling, self._broker_answers)

    async def beat(self) -> None:
        """Prove that the event loop runs."""
        while True:
            self._beat_s = time.monotonic()
            await asyncio.sleep(BEAT_S)

    async def watch_broker(self) -> None:
        """Ask for end offsets, independently of fetching, so that a silent stop is seen; and whether anyone answers."""
        while True:
            try:
                async with asyncio.timeout(WATCH_EVERY_S):
                    self._broker_answers = await anyone_listens(self._brokers)
                    if self._ownership.owned and self._broker_answers:
                        with strays_as_errors():
                            self._ends = await self._membership.end_offsets(list(self._ownership.owned))
            except Exception as error:  # broker away or rebalance: the old ends stay
                log.debug("end offsets unknown", error=repr(error))
            await asyncio.sleep(WATCH_EVERY_S)


async def anyone_listens(brokers: Iterable[str]) -> bool:
    """Whether a connection to any ``host:port`` is taken."""
    for broker in brokers:
        host, _, port = broker.rpartition(":")
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            writer.close()
            return True
    return False
