"""Ends the process when a station makes no progress although it has input and its sink answers.

Its supervisor restarts it. A sink that is down, a broker that is down or a rebalance are waited for: a restart would
not help.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
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
    """What the watchdog sees: how far each station is and how far its input goes, and what may hold it up."""

    beat_s: float
    """Time of the event loop's last beat, monotonic."""
    stations: Mapping[str, tuple[int, int]]
    """Name -> (offset reached, offset its input goes up to)."""
    blocked: bool = False
    """A sink is full or does not answer."""
    settling: bool = False
    """A rebalance or a restore is going on."""
    broker_answers: bool = True


@dataclass
class Judge:
    """Decides from successive looks whether something is stuck for longer than ``patience_s``."""

    patience_s: float
    _moved: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Station -> offset and when it was first seen there, or when there was last nothing to do."""
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
        """A station with input that does not move."""
        excused = look.blocked or look.settling or not look.broker_answers
        self._moved = {station: seen for station, seen in self._moved.items() if station in look.stations}
        for station, (at, end) in look.stations.items():
            seen_at, since_s = self._moved.get(station, (at, now_s))
            if excused or at >= end or at != seen_at:
                since_s = now_s
            self._moved[station] = (at, since_s)
            if now_s - since_s > self.patience_s:
                return f"{station} stays at offset {at} of {end} for {now_s - since_s:.0f} s"
        return None


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
