"""Ends the process when a station makes no progress although it has input and its sink answers.

Its supervisor restarts it. A sink that is down, a broker that is down or a rebalance are waited for: a restart would
not help.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

import structlog

EXIT_RESTART = 70
LOOK_EVERY_S = 1.0
PAUSE_S = 10.0
"""Looks further apart than this mean that the whole process stood still: nobody could make progress."""
log = structlog.get_logger()


def die(reason: str) -> NoReturn:
    """End at once, without shutdown hooks: they could save or commit what must not be."""
    log.error("worker ends, it must be restarted", reason=reason, exit_code=EXIT_RESTART)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(EXIT_RESTART)


@dataclass(frozen=True)
class Look:
    """What the watchdog sees: ``mark`` and ``end`` offset of each partition we process, and what may hold it up."""

    beat_s: float
    """Time of the event loop's last beat, monotonic."""
    positions: Mapping[int, tuple[int, int]]
    blocked: bool = False
    """A sink is full or does not answer."""
    settling: bool = False
    """A rebalance or a restore is going on."""
    broker_answers: bool = True


@dataclass
class Judge:
    """Decides from successive looks whether something is stuck for longer than ``patience_s``."""

    patience_s: float
    _moved: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Partition -> mark and when it was first seen, or when there was last nothing to do."""
    _settling_since_s: float | None = None
    _last_look_s: float | None = None
    _resumed_s: float = float("-inf")

    def verdict(self, look: Look, now_s: float) -> str | None:
        """Why the process must end, or None. Times in seconds, monotonic."""
        if self._last_look_s is not None and now_s - self._last_look_s > PAUSE_S:
            self._resumed_s, self._settling_since_s = now_s, None
            self._moved.clear()
        self._last_look_s = now_s
        silence_s = now_s - max(look.beat_s, self._resumed_s)
        if silence_s > self.patience_s:
            return f"the event loop does not run for {silence_s:.0f} s"
        return self._settling(look, now_s) or self._standing(look, now_s)

    def _settling(self, look: Look, now_s: float) -> str | None:
        """A rebalance ends by itself as long as there is a broker, and so does a restore."""
        if not look.settling or not look.broker_answers:
            self._settling_since_s = None
            return None
        self._settling_since_s = now_s if self._settling_since_s is None else self._settling_since_s
        lasted_s = now_s - self._settling_since_s
        return f"rebalance or restore goes on for {lasted_s:.0f} s" if lasted_s > self.patience_s else None

    def _standing(self, look: Look, now_s: float) -> str | None:
        """A partition with input whose mark does not move."""
        excused = look.blocked or look.settling
        self._moved = {number: seen for number, seen in self._moved.items() if number in look.positions}
        for number, (mark, end) in look.positions.items():
            seen_mark, since_s = self._moved.get(number, (mark, now_s))
            if excused or mark >= end or mark != seen_mark:
                since_s = now_s
            self._moved[number] = (mark, since_s)
            if now_s - since_s > self.patience_s:
                return f"partition {number} stays at offset {mark} of {end} for {now_s - since_s:.0f} s"
        return None


async def anyone_listens(brokers: Iterable[str]) -> bool:
    """Whether a connection to any ``host:port`` is taken."""
    for broker in brokers:
        host, _, port = broker.rpartition(":")
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            writer.close()
            return True
    return False


class Watchdog(threading.Thread):
    """Looks from a thread of its own, so that a hanging event loop is seen too."""

    def __init__(self, look: Callable[[], Look], patience_s: float, end: Callable[[str], NoReturn] = die) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._look = look
        self._judge = Judge(patience_s)
        self._end = end

    def run(self) -> None:
        while True:
            verdict = self._judge.verdict(self._look(), time.monotonic())
            if verdict:
                self._end(verdict)
            time.sleep(LOOK_EVERY_S)
