"""Which frames of a unit are taken, when, and what becomes of the others."""

from collections.abc import Iterable

import pytest

from schemas.rejects import Reason
from streams.order import FAR, HOLD_US, WINDOW, Delivery, Ordered
from streams.results import Refused
from streams.waiting import MAX_HELD_BYTES
from tests.frames import FRAME_HEADERS, FRAME_US, MINUTE_US, NOON_US, SECOND_US, codec, decoded, record, tick, value

Number = tuple[int, int]
HUGE = 1 << 62


class Line:
    """One unit's order, fed with frames by their number (boot, sequence)."""

    def __init__(self) -> None:
        self.delivery = Delivery()
        self.out = Ordered()
        self.offset = -1

    def send(self, *numbers: Number, start_us: int | None = None, **options: object) -> "Line":
        for boot, sequence in numbers:
            self.offset += 1
            message = value(boot=boot, sequence=sequence, start_us=start_us, **options)  # type: ignore[arg-type]
            (frame,) = decoded([record(message, self.offset, at_us=1 << 60)])
            self.delivery.offer(frame, self.out)
        return self

    def tick(self, time_us: int) -> bool:
        return self.delivery.tick(time_us, self.out)

    @property
    def taken(self) -> list[Number]:
        return [(frame.boot, frame.sequence) for frame in self.out.frames]

    @property
    def gaps(self) -> list[int]:
        return [frame.gaps for frame in self.out.frames]

    @property
    def reasons(self) -> list[Reason]:
        return [refused.reject.reason for refused in self.out.refused]


def numbers(sequences: Iterable[int], boot: int = 1) -> list[Number]:
    return [(boot, sequence) for sequence in sequences]


def test_frames_in_order_go_through_at_once() -> None:
    assert Line().send(*numbers(range(20))).taken == numbers(range(20))


def test_a_unit_begins_where_its_first_frame_is() -> None:
    line = Line().send((7, 500), (7, 501))
    assert line.taken == [(7, 500), (7, 501)]
    assert line.gaps == [0, 0]


def test_a_frame_ahead_waits_for_those_before_it() -> None:
    line = Line().send((1, 0), (1, 2), (1, 3))
    assert line.taken == [(1, 0)]
    assert line.delivery.held == 2
    line.send((1, 1))
    assert line.taken == numbers(range(4))
    assert line.gaps == [0, 0, 0, 0]


def test_the_window_lets_the_lowest_through_and_counts_the_hole() -> None:
    line = Line().send((1, 0), *numbers(range(4, 4 + WINDOW)))
    assert line.taken == [(1, 0)]
    line.send((1, 4 + WINDOW))
    assert line.taken == [(1, 0), *numbers(range(4, 5 + WINDOW))]
    assert line.gaps[1] == 3
    assert sum(line.gaps) == 3


def test_a_tick_lets_waiting_frames_through_two_minutes_after_the_first_one() -> None:
    line = Line().send((1, 0), (1, 2))
    assert line.tick(NOON_US)
    assert not line.tick(NOON_US + HOLD_US - 1)
    assert line.taken == [(1, 0)]
    assert line.tick(NOON_US + HOLD_US)
    assert line.taken == [(1, 0), (1, 2)]
    assert line.gaps == [0, 1]


def test_a_frame_that_moves_the_line_restarts_the_wait() -> None:
    line = Line().send((1, 0), (1, 2))
    line.tick(NOON_US)
    line.send((1, 1), (1, 4))
    line.tick(NOON_US + HOLD_US)
    assert line.taken == numbers(range(3))
    line.tick(NOON_US + 2 * HOLD_US)
    assert line.taken == [*numbers(range(3)), (1, 4)]


def test_a_frame_for_a_hole_already_passed_is_late_and_marks_the_unit() -> None:
    line = Line().send((1, 0), *numbers(range(2, 3 + WINDOW)), (1, 1))
    assert line.reasons == [Reason.LATE]
    assert line.out.refused[0].late
    assert line.delivery.late == 1


def test_a_duplicate_is_dropped_and_counted() -> None:
    line = Line().send((1, 0), (1, 1), (1, 0), (1, 1), (1, 3), (1, 3))
    assert line.out.duplicates == 3
    assert line.reasons == []
    assert line.delivery.held == 1


def test_a_frame_older_than_the_memory_of_duplicates_is_late() -> None:
    line = Line().send(*numbers(range(300)), (1, 299 - 255), (1, 299 - 256))
    assert line.out.duplicates == 1
    assert line.reasons == [Reason.LATE]


def test_frame_zero_of_a_newer_boot_is_taken_at_once_and_the_older_boot_is_then_late() -> None:
    line = Line().send((1, 0), (1, 1), (2, 0), (1, 2))
    assert line.taken == [(1, 0), (1, 1), (2, 0)]
    assert line.reasons == [Reason.OLDER_BOOT]


def test_a_newer_boot_waits_while_the_older_one_has_a_hole() -> None:
    line = Line().send((1, 0), (1, 2), (2, 0), (2, 1))
    assert line.taken == [(1, 0)]
    line.send((1, 1))
    assert line.taken == [*numbers(range(3)), (2, 0), (2, 1)]
    assert sum(line.gaps) == 0


def test_a_newer_boot_without_its_first_frames_waits_for_them() -> None:
    line = Line().send((1, 0), (2, 1), (2, 2), (2, 0))
    assert line.taken == [(1, 0), (2, 0), (2, 1), (2, 2)]
    line = Line().send((1, 0), (2, 3), (2, 4))
    line.tick(NOON_US)
    line.tick(NOON_US + HOLD_US)
    assert line.taken == [(1, 0), (2, 3), (2, 4)]
    assert line.gaps == [0, 3, 0]


def test_many_frames_of_a_newer_boot_push_the_older_one_out() -> None:
    line = Line().send((1, 0), (1, 2), *numbers(range(1, 2 + WINDOW), boot=2))
    assert line.taken == [(1, 0), (1, 2), *numbers(range(1, 2 + WINDOW), boot=2)]


def test_time_before_the_end_of_the_last_frame_is_refused_beyond_a_second() -> None:
    line = Line().send((1, 0))
    end_us = line.delivery.last_end_us
    line.send((1, 1), start_us=end_us - SECOND_US)
    end_us = line.delivery.last_end_us
    line.send((1, 2), start_us=end_us - SECOND_US - 1)
    assert line.taken == [(1, 0), (1, 1)]
    assert line.reasons == [Reason.CLOCK_BACK]
    assert not line.out.refused[0].late
    line.send((1, 3), start_us=end_us + SECOND_US)
    assert line.taken[-1] == (1, 3), "the refused frame's number must be used up"


def test_a_huge_sequence_does_not_disturb_the_numbering_that_goes_on() -> None:
    line = Line().send(*numbers(range(5)))
    line.send((1, HUGE), start_us=NOON_US + 5 * FRAME_US)
    line.send(*numbers(range(5, 40)))
    assert line.taken == numbers(range(40))
    assert line.delivery.held == 0
    assert line.reasons == [Reason.CLOCK_BACK]


@pytest.mark.parametrize("stray", [(1, HUGE), ((1 << 32) - 1, 7), ((1 << 32) - 1, 0), (1, FAR + 10)])
@pytest.mark.parametrize("parked", [False, True])
def test_no_stray_number_mutes_a_unit(stray: Number, parked: bool) -> None:
    line = Line().send(*numbers(range(5)))
    line.send(stray, start_us=NOON_US + 5 * FRAME_US)
    if parked:
        line.tick(NOON_US + MINUTE_US)
        line.tick(NOON_US + MINUTE_US + HOLD_US)
        assert line.taken[-1] == stray
    expected = numbers(range(6, 30))  # number 5 has the same time as the stray frame
    line.send(*expected)
    assert [number for number in line.taken if number != stray][5:] == expected
    assert line.delivery.held == 0


def test_a_first_frame_with_a_stray_number_does_not_mute_a_unit() -> None:
    line = Line().send(((1 << 32) - 1, HUGE), start_us=NOON_US - FRAME_US)
    line.send(*numbers(range(20)))
    assert line.taken[1:] == numbers(range(20))


def test_a_jump_of_the_counter_is_followed() -> None:
    line = Line().send((1, 0), *numbers(range(5_000, 5_020)))
    assert line.taken == [(1, 0), *numbers(range(5_000, 5_020))]
    assert sum(line.gaps) == 1


@pytest.mark.parametrize("restart_at", [None, 10, 470, 600, 1_499])
def test_a_live_frame_ahead_of_a_long_backlog_is_taken_in_its_turn(restart_at: int | None) -> None:
    reader = codec()
    line = Line().send((1, 0), (1, 1_500))
    assert line.delivery.openers.frames
    for sequence in [*range(1, 1_500), *range(1_501, 1_600)]:
        line.send((1, sequence), count=2, step_us=5 * SECOND_US)
        if sequence == restart_at:
            line.delivery = Delivery.unpack(line.delivery.pack(), reader.decode)
    assert line.taken == numbers(range(1_600))
    assert sum(line.gaps) == 0
    assert line.reasons == []


def test_openers_the_numbering_comes_near_count_as_waiting_in_sequence() -> None:
    line = Line().send((1, 0), *numbers(range(FAR + 2, FAR + 2 + WINDOW)))
    line.send((1, 3), (1, 1), (1, 2))
    waiting = line.delivery.waiting.frames
    assert [sequence for (sequence,) in waiting] == [FAR + 2, FAR + 3]
    assert len(line.delivery.openers.frames) == WINDOW - 2
    line.send(*numbers(range(4, 15)))
    assert len(waiting) == WINDOW
    assert not line.delivery.openers.frames
    assert line.taken == numbers(range(15))


def test_a_counter_that_was_reset_without_a_new_boot_is_followed() -> None:
    later = [NOON_US + (100 + n) * FRAME_US for n in range(20)]
    line = Line().send(*numbers(range(100)))
    for sequence, start_us in enumerate(later):
        line.send((1, sequence), start_us=start_us)
    assert line.taken == [*numbers(range(100)), *numbers(range(20))]


def test_a_counter_that_stands_still_loses_nothing() -> None:
    line = Line()
    for n in range(30):
        line.send((1, 0), start_us=NOON_US + n * FRAME_US)
    line.delivery.release(line.out)
    assert [frame.start_us for frame in line.out.frames] == [NOON_US + n * FRAME_US for n in range(30)]


def test_the_same_number_with_another_start_is_reported_as_reused() -> None:
    line = Line().send((1, 0), (1, 3)).send((1, 3), start_us=NOON_US + 31 * FRAME_US)
    assert line.reasons == [Reason.REUSED_SEQUENCE]
    assert line.out.refused[0].late


def test_large_frames_cannot_make_a_snapshot_too_large_for_a_message() -> None:
    line = Line().send((1, 0))
    for n in range(2, 10):
        line.send((1, n), start_us=NOON_US + n * 10 * MINUTE_US, count=5_000, step_us=1_000)
        assert line.delivery.waiting.size <= MAX_HELD_BYTES
    assert len(line.taken) > 1
    for n in range(3, 12, 2):
        line.send((n, 9), start_us=NOON_US + n * 60 * MINUTE_US, count=5_000, step_us=1_000)
        assert len(line.delivery.pack()) < 2 * MAX_HELD_BYTES + 1_000


def test_a_delivery_survives_its_bytes() -> None:
    line = Line().send(*numbers([0, 1, 4, 6]), (3, 5))
    line.tick(NOON_US)
    reader = codec()
    copy = Delivery.unpack(line.delivery.pack(), reader.decode)
    assert copy.pack() == line.delivery.pack()
    assert copy.held == line.delivery.held == 3
    other = Ordered()
    copy.release(other)
    line.out.frames.clear()
    line.delivery.release(line.out)
    assert [(f.boot, f.sequence, f.gaps, f.record) for f in other.frames] == [
        (f.boot, f.sequence, f.gaps, f.record._replace(headers=list(FRAME_HEADERS)))  # type: ignore[attr-defined]
        for f in line.out.frames
    ]


def test_what_waited_and_is_no_longer_lawful_is_refused_on_restore() -> None:
    line = Line().send((1, 0), (1, 2))
    refused: list[Refused] = []
    reader = codec()
    reader.identities.variants = frozenset()
    copy = Delivery.unpack(line.delivery.pack(), reader.decode, refused)
    assert copy.held == 0
    assert [one.reject.reason for one in refused] == [Reason.UNKNOWN_VARIANT]


def test_bytes_of_another_version_are_named_as_such() -> None:
    data = bytearray(Delivery().pack())
    data[0] = 99
    with pytest.raises(ValueError, match="version 99"):
        Delivery.unpack(bytes(data), lambda record: tick(NOON_US))
