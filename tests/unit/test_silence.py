"""When a tick matters to a unit."""

from streams.order import HOLD_US, Delivery
from streams.silence import Silence, next_due_us
from tests.frames import MINUTE_US, NOON_US
from twin.layout import DAY_US


def test_a_unit_is_reached_by_the_first_tick_after_it_was_heard() -> None:
    silence = Silence()
    silence.heard(b"b", 7)
    silence.heard(b"a", 5)
    silence.heard(b"a", 9)
    assert silence.reached(5, NOON_US) == []
    assert silence.reached(8, NOON_US) == [b"a", b"b"]
    assert silence.reached(10, NOON_US) == []


def test_a_silent_unit_is_reached_when_its_time_has_come_whatever_came_before() -> None:
    silence = Silence()
    silence.wait(b"a", NOON_US)
    for offset, time_us in enumerate((NOON_US - 1, 0, NOON_US - MINUTE_US)):
        assert silence.reached(offset, time_us) == []
    assert silence.reached(3, NOON_US) == [b"a"]
    assert silence.reached(4, NOON_US + MINUTE_US) == []


def test_a_unit_heard_while_its_silence_was_awaited_is_reached_once() -> None:
    silence = Silence()
    silence.wait(b"a", NOON_US)
    silence.heard(b"a", 5)
    assert silence.reached(4, NOON_US) == [], "the awaited silence has ended"
    assert silence.reached(6, NOON_US) == [b"a"]


def test_what_is_outdated_is_forgotten_even_when_log_time_stands_still() -> None:
    silence = Silence()
    for offset in range(10_000):
        silence.heard(b"a", offset)
        assert silence.reached(offset + 1, NOON_US) == [b"a"]
        silence.wait(b"a", NOON_US + MINUTE_US + offset)
    assert len(silence._due) < 100
    assert silence.reached(10_001, NOON_US + MINUTE_US + 9_998) == []
    assert silence.reached(10_001, NOON_US + MINUTE_US + 9_999) == [b"a"]


def test_a_silence_has_consequences_after_two_minutes_a_quarter_of_an_hour_and_the_end_of_the_day_then_none() -> None:
    delivery = Delivery()
    delivery.last_end_us = NOON_US
    delivery.quiet_us = quiet_us = NOON_US + 30
    state_us = next_due_us(delivery, NOON_US, quiet_us)
    assert state_us == quiet_us + HOLD_US + 1
    trip_us = next_due_us(delivery, NOON_US, state_us)
    assert trip_us == quiet_us + 15 * MINUTE_US + 1
    day_us = next_due_us(delivery, NOON_US, trip_us)
    assert day_us == (NOON_US // DAY_US + 1) * DAY_US + 6 * 60 * MINUTE_US + (quiet_us - NOON_US) + 1
    assert next_due_us(delivery, NOON_US, day_us) is None


def test_the_silence_of_a_unit_whose_samples_were_unusable_counts_from_the_last_used_one() -> None:
    delivery = Delivery()
    delivery.last_end_us = NOON_US
    delivery.quiet_us = quiet_us = NOON_US + MINUTE_US
    assert next_due_us(delivery, NOON_US - 14 * MINUTE_US, quiet_us) == quiet_us + HOLD_US
    next_us = next_due_us(delivery, NOON_US - 14 * MINUTE_US, quiet_us + HOLD_US)
    assert next_us is not None
    assert next_us > NOON_US + 6 * 60 * MINUTE_US, "the trip is out: only the day is left"
