"""What came of each unit to the fleet's log: its newest day, and which parts of its days, so that each counts once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.fleet.features import Indices
from twin.fleet.peers import KEPT_DAYS
from twin.fleet.units import NEVER

PART_BITS = 42
"""Parts of a day that are told apart; further ones always count."""
MOST_DAY = 1 << (63 - PART_BITS)
"""Beyond any calendar: the year 7711."""


class Heard:
    """By the number of the unit. A log that is copied, or written again, has records twice."""

    def __init__(self) -> None:
        self.count = 0
        self._newest = np.zeros(0, dtype=np.int64)
        self._came = np.zeros((0, KEPT_DAYS), dtype=np.int64)  # by day % KEPT_DAYS: which day, then a bit for each part

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
        self.count = max(count, self.count)

    def part(self, at: int, day: int, part: int) -> bool:
        """Take a part of a day; False when it has come before, or the day is more than KEPT_DAYS before another."""
        self._newest[at] = max(self._newest[at], day)
        known = int(self._came[at, day % KEPT_DAYS])
        of, bits = (known >> PART_BITS, known & ((1 << PART_BITS) - 1)) if known >= 0 else (-1, 0)
        if day != of:
            bits = 0
        bit = 1 << part if 0 <= part < PART_BITS else 0
        if day < of or bits & bit:
            return False
        self._came[at, day % KEPT_DAYS] = day << PART_BITS | bits | bit
        return True

    def gone(self, at: int) -> None:
        """The unit was taken out: its silence is none."""
        self._newest[at] = NEVER

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What there is to be saved."""
        return {"heard": self.newest, "came": self._came[: self.count]}

    def restore(self, newest: NDArray[Any], came: NDArray[Any] | None) -> None:
        """Become what ``arrays`` said; None: of a time when parts were not told apart."""
        fresh = np.full((len(newest), KEPT_DAYS), -1)
        self.count, self._newest, self._came = len(newest), newest, fresh if came is None else came
