"""Which units a tick can matter to, so that a tick costs nothing for all others, however many ticks there are.

A tick acts on a unit in two cases only. Something came from it since the last tick that it saw: its silence begins. Or
log time has reached the next moment at which silence has a consequence: frames that wait are released, a state or a
trip is put out. For a unit as it is, those conditions hold from a certain log time on, so a tick before that time
would change nothing. Times of ticks that run back make no difference.
"""

from heapq import heapify, heappop, heappush

from streams.order import HOLD_US, Delivery
from twin.advance import TICK_DAY_US, TICK_STATE_US, TICK_TRIP_US
from twin.layout import DAY_US

HEARD = -1


class Silence:
    """Units by the offset they were last heard at, and by the log time when their silence has its next consequence."""

    def __init__(self) -> None:
        self._heard: list[tuple[int, bytes]] = []
        self._due: list[tuple[int, bytes]] = []
        self._next: dict[bytes, int] = {}  # HEARD, or the due time that counts: other entries of a unit are outdated

    def heard(self, key: bytes, offset: int) -> None:
        """Something came from a unit: the next tick that it has not seen matters to it."""
        if self._next.get(key) != HEARD:
            self._next[key] = HEARD
            heappush(self._heard, (offset, key))

    def wait(self, key: bytes, time_us: int) -> None:
        """Nothing but a frame changes a unit before log time ``time_us``."""
        self._next[key] = time_us
        heappush(self._due, (time_us, key))
        if len(self._due) > 4 * len(self._next) + 64:
            self._due = [(due_us, one) for one, due_us in self._next.items() if due_us != HEARD]
            heapify(self._due)

    def reached(self, offset: int, time_us: int) -> list[bytes]:
        """Units to which a tick at ``offset`` of ``time_us`` can matter, sorted; they are no longer waited for."""
        keys = []
        while self._heard and self._heard[0][0] < offset:
            _, key = heappop(self._heard)
            del self._next[key]
            keys.append(key)
        while self._due and self._due[0][0] <= time_us:
            due_us, key = heappop(self._due)
            if self._next.get(key) == due_us:
                del self._next[key]
                keys.append(key)
        return sorted(keys)


def next_due_us(delivery: Delivery, last_sample_us: int, time_us: int) -> int | None:
    """Log time from which a tick matters again to a unit that has just seen one of ``time_us``; None: no more.

    ``last_sample_us``: of the unit's row. A row is told it is ``min(tick, last_end_us + tick - quiet_us)``, and puts
    out a state, and later a trip, when that is more than their delay after the last sample, and a day when it is more
    than its delay after the end of the last sample's UTC day.
    """
    behind_us = max(0, delivery.quiet_us - delivery.last_end_us)
    day_end_us = ((last_sample_us - 1) // DAY_US + 1) * DAY_US
    late_us = (last_sample_us + TICK_STATE_US, last_sample_us + TICK_TRIP_US, day_end_us + TICK_DAY_US)
    due = [max(one_us + behind_us + 1, delivery.quiet_us + HOLD_US) for one_us in late_us]
    if delivery.held:
        due.append(delivery.stalled_us + HOLD_US)
    return min((one_us for one_us in due if one_us > time_us), default=None)
