"""What a partition tells the fleet of its days: every day once, when it is over, with the number of its parts."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.daily import DayMarker
from streams.ledger import Ledger
from twin.layout import DAY_US

TODAY = 20_500
HOUR_US = 3_600_000_000
GRACE_US = 6 * HOUR_US


def ledger(*days: int) -> Ledger:
    made = Ledger("bmw", 3)
    assert [marker.day for marker in made.tick(TODAY * DAY_US + GRACE_US)] == [TODAY - 2]
    made.count(days)
    return made


def told(markers: object) -> list[tuple[int, int]]:
    return [(marker.day, marker.parts) for marker in markers if isinstance(marker, DayMarker)]  # type: ignore[attr-defined]


def test_a_day_is_closed_six_hours_after_its_end_and_once() -> None:
    made = ledger(TODAY - 1, TODAY - 1, TODAY)
    assert not made.due(TODAY * DAY_US + GRACE_US)
    assert made.due(TODAY * DAY_US + GRACE_US + 1)
    assert told(made.tick(TODAY * DAY_US + GRACE_US + 1)) == [(TODAY - 1, 2)]
    assert told(made.tick(TODAY * DAY_US + GRACE_US + 1)) == []
    assert told(made.tick((TODAY + 1) * DAY_US + GRACE_US + 1)) == [(TODAY, 1)]


def test_a_partition_without_driving_says_so() -> None:
    assert told(ledger().tick((TODAY + 1) * DAY_US + GRACE_US + 1)) == [(TODAY, 0)]


def test_parts_of_a_closed_day_are_late_and_in_no_marker() -> None:
    made = ledger(TODAY - 5, TODAY)
    assert told(made.tick((TODAY + 1) * DAY_US + GRACE_US + 1)) == [(TODAY, 1)]


def test_a_jump_of_the_clock_closes_the_days_with_parts_and_the_last() -> None:
    made = ledger(TODAY, TODAY + 3)
    markers = told(made.tick((TODAY + 4_000) * DAY_US + GRACE_US + 1))
    assert markers == [(TODAY, 1), (TODAY + 3, 1), (TODAY + 3_999, 0)]


def test_a_clock_that_runs_back_closes_nothing() -> None:
    made = ledger(TODAY)
    assert told(made.tick(0)) == []
    assert told(made.tick((TODAY + 1) * DAY_US + GRACE_US + 1)) == [(TODAY, 1)]


def test_the_end_of_a_finite_input_closes_what_had_parts() -> None:
    assert told(ledger(TODAY, TODAY).finish()) == [(TODAY, 2)]
    assert told(ledger().finish()) == []


@given(st.lists(st.one_of(st.integers(TODAY - 3, TODAY + 30), st.just(None)), max_size=60), st.integers(0, 60))
def test_a_restart_anywhere_tells_the_same(steps: list[int | None], place: int) -> None:
    def run(restart: bool) -> list[tuple[int, int]]:
        made, markers, now_us = ledger(), [], TODAY * DAY_US
        for at, step in enumerate(steps):
            if restart and at == place:
                saved = made.pack()
                made = Ledger("bmw", 3)
                made.unpack(saved)
            if step is None:
                now_us += 17 * HOUR_US
                markers += told(made.tick(now_us))
            else:
                made.count([step])
        return markers

    assert run(True) == run(False)
