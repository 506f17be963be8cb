"""What came of each unit to the fleet's log: its newest day, and which parts of its days, so that each counts once."""

from enum import Enum, auto
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.fleet.features import Indices
from twin.fleet.peers import KEPT_DAYS
from twin.fleet.units import NEVER
from twin.layout import DAY_US

PART_BITS = 42
"""Parts of a day that are told apart; further ones always count."""
MOST_DAY = 1 << (63 - PART_BITS)
"""Beyond any calendar: the year 7711."""
WHOLE_DAY_MS = DAY_US // 1_000


class Came(Enum):
    """What a part of a day is."""

    FRESH = auto()
    AGAIN = auto()
    OTHER = auto()
    """Has the number of another one, and covers some of what came and more: only one of them can count."""


class Heard:
    """By the number of the unit. A log that is copied, or written again, has records twice; a unit whose state was
    lost counts its parts from 0 again, but they begin after those that came.
    """

    def __init__(self) -> None:
        self.count = 0
        self._newest = np.zeros(0, dtype=np.int64)
        self._came = np.zeros((0, KEPT_DAYS), dtype=np.int64)  # by day % KEPT_DAYS: which day, then a bit for each part
        self._until = np.zeros((0, KEPT_DAYS), dtype=np.int32)  # ms of that day up to which parts came

    @property
    def newest(self) -> Indices:
        """(units,) the last UTC day that came, NEVER for none."""
        return self._newest[: self.count]

    def grow(self, count: int) -> None:
        """Room for units that came; never fewer than there were."""
        if count > len(self._newest):  # twice as many: coming one by one must not copy all each time
            spare = max(count, 2 * self.count) - self.count
            self._newest = np.concatenate([self.newest, np.full(spare, NEVER)])
            self._came = np.concatenate([self._came[: self.count], np.full((spare, KEPT_DAYS), -1)])
            self._until = np.concatenate([self._until[: self.count], np.zeros((spare, KEPT_DAYS), np.int32)])
        self.count = max(count, self.count)

    def part(self, at: int, day: int, part: int, span_us: tuple[int, int] = (0, 0)) -> Came:
        """Take a part of a day that covers a span of time; not FRESH when it has come before, or the day is more than
        KEPT_DAYS before another.
        """
        self._newest[at] = max(self._newest[at], day)
        place = day % KEPT_DAYS
        known = int(self._came[at, place])
        of, bits = (known >> PART_BITS, known & ((1 << PART_BITS) - 1)) if known >= 0 else (-1, 0)
        until = int(self._until[at, place])
        if day != of:
            bits, until = 0, 0
        begin, end = (min(max(time_us - day * DAY_US, 0) // 1_000, WHOLE_DAY_MS) for time_us in span_us)
        bit = 1 << part if 0 <= part < PART_BITS else 0
        if day < of:
            return Came.AGAIN
        known_number = bool(bits & bit)
        apart = end > begin >= until > 0
        self._came[at, place] = day << PART_BITS | bits | bit
        self._until[at, place] = max(until, end)
        if not known_number or apart:
            return Came.FRESH
        return Came.OTHER if end > until else Came.AGAIN

    def gone(self, at: int) -> None:
        """The unit was taken out: its silence is none."""
        self._newest[at] = NEVER

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What there is to be saved."""
        return {"heard": self.newest, "came": self._came[: self.count], "until": self._until[: self.count]}

    def restore(self, newest: NDArray[Any], came: NDArray[Any] | None, until: NDArray[Any] | None) -> None:
        """Become what ``arrays`` said; None: of a time when parts were not told apart, or not by their time."""
        fresh = np.full((len(newest), KEPT_DAYS), -1)
        self.count, self._newest, self._came = len(newest), newest, fresh if came is None else came
        whole = np.full((len(newest), KEPT_DAYS), WHOLE_DAY_MS if came is not None else 0, dtype=np.int32)
        self._until = whole if until is None else until
