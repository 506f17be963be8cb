"""Records that wait for a checkpoint: as they were, and in bounded memory however many days a tick closes."""

import tracemalloc
from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest

import streams.waiting_log
from streams.records import LogRecord
from streams.waiting_log import IN_MEMORY_BYTES, WaitingLog

DAY_BYTES, UNITS = 19_000, 2_000
"""A unit's day at its largest, and so many units: four times what is held in memory."""


def records(count: int, size: int) -> Iterator[LogRecord]:
    random = np.random.default_rng(5)
    for number in range(count):
        key = None if number % 7 == 0 else f"u{number}".encode()
        heads = tuple((f"ce_{k}", b"" if k else b"said \xff") for k in range(number % 3))
        yield LogRecord(key, random.bytes(size), heads)


@pytest.mark.parametrize("in_memory_bytes", [1, 3_000, 1 << 30])
def test_records_come_back_as_they_were_from_memory_and_from_a_file(in_memory_bytes: int) -> None:
    waiting, given = WaitingLog(in_memory_bytes), list(records(40, 250))
    assert (len(waiting), list(waiting)) == (0, [])
    waiting.put(given[:15])
    assert next(iter(waiting)) == given[0]
    waiting.put(given[15:])
    assert len(waiting) == len(given)
    assert list(waiting) == given
    assert list(waiting) == given, "a second time, too"


def test_days_of_thousands_of_units_wait_in_bounded_memory() -> None:
    tracemalloc.start()
    waiting = WaitingLog()
    waiting.put(records(UNITS, DAY_BYTES))
    total = sum(len(record.value) for record in waiting)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == UNITS * DAY_BYTES > 4 * IN_MEMORY_BYTES
    assert peak < 2.5 * IN_MEMORY_BYTES


class Disk(BytesIO):
    """A file on a disk with so much room."""

    room = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        fits = max(0, self.room - self.tell())
        if len(data) > fits:
            super().write(bytes(data)[:fits])
            raise OSError(28, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("room", [0, 700, 1_200, 1_203])
def test_a_full_disk_leaves_the_records_before_and_the_next_come_after_them(
    monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(streams.waiting_log, "TemporaryFile", Disk)
    monkeypatch.setattr(Disk, "room", room)
    waiting, given = WaitingLog(500), list(records(12, 250))
    with pytest.raises(OSError, match="No space"):
        waiting.put(given)
    kept = len(waiting)
    assert 2 <= kept < len(given)
    assert list(waiting) == given[:kept]
    monkeypatch.setattr(Disk, "room", 1 << 20)
    waiting.put(given[kept + 1 :])
    assert list(waiting) == given[:kept] + given[kept + 1 :]


def test_what_was_never_made_goes_silently() -> None:
    WaitingLog.__new__(WaitingLog).__del__()
