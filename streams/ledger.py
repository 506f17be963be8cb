"""What a partition has told the fleet's log: up to which UTC day its days are closed, and how many parts they had."""

import struct
from collections import Counter
from collections.abc import Iterable, Iterator

from schemas.daily import DayMarker
from twin.advance import TICK_DAY_US
from twin.layout import DAY_US

_HEADER = struct.Struct("<?qI")
_COUNT = struct.Struct("<qI")


class Ledger:
    """Counts parts of days that are not closed yet; a tick closes them, at once for all units of the partition."""

    def __init__(self, maker: str, partition: int) -> None:
        self._maker = maker
        self._partition = partition
        self._closed: int | None = None
        self._parts: Counter[int] = Counter()

    def count(self, days: Iterable[int]) -> None:
        """Count parts by their day; those of a day that is closed came late."""
        for day in days:
            if self._closed is None or day > self._closed:
                self._parts[day] += 1

    def due(self, time_us: int) -> bool:
        """Whether a tick of this time closes a day."""
        return self._closed is None or _over(time_us) > self._closed

    def tick(self, time_us: int) -> Iterator[DayMarker]:
        """Close what is over by now: a marker for each day that had parts, and for the last."""
        return self._close(_over(time_us))

    def finish(self) -> Iterator[DayMarker]:
        """Close every day that had parts: nothing comes any more."""
        if self._parts:
            yield from self._close(max(self._parts))

    def _close(self, last: int) -> Iterator[DayMarker]:
        if self._closed is not None and last <= self._closed:
            return
        for day in sorted({*(one for one in self._parts if one <= last), last}):
            yield DayMarker(maker=self._maker, partition=self._partition, day=day, parts=self._parts.pop(day, 0))
        self._closed = last

    def pack(self) -> bytes:
        """Bytes for the state topic."""
        header = _HEADER.pack(self._closed is not None, self._closed or 0, len(self._parts))
        return header + b"".join(_COUNT.pack(*one) for one in sorted(self._parts.items()))

    def unpack(self, data: bytes) -> None:
        """Become what ``pack`` made the bytes of."""
        known, closed, count = _HEADER.unpack_from(data)
        self._closed = closed if known else None
        self._parts = Counter(dict(_COUNT.iter_unpack(data[_HEADER.size : _HEADER.size + count * _COUNT.size])))


def _over(time_us: int) -> int:
    """The last UTC day that is over, and its time of grace."""
    return (time_us - TICK_DAY_US - 1) // DAY_US - 1
