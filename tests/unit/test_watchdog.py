"""The watchdog ends the process only for what a restart can mend."""

from collections.abc import Mapping

import pytest

from streams.watchdog import Judge, Look

PATIENCE_S = 60.0
HALF_AN_HOUR = range(1, 1801)


def verdicts(looks: Mapping[int, Look]) -> dict[int, str]:
    judge = Judge(PATIENCE_S)
    found = {second: judge.verdict(look, float(second)) for second, look in looks.items()}
    return {second: verdict for second, verdict in found.items() if verdict}


def test_progress_is_left_alone() -> None:
    assert not verdicts({s: Look(s, {"a": (s * 10, s * 10 + 5)}) for s in HALF_AN_HOUR})


def test_no_input_is_left_alone() -> None:
    assert not verdicts({s: Look(s, {"a": (7, 7)}) for s in HALF_AN_HOUR})


def test_a_station_without_progress_is_named_after_the_patience_is_over() -> None:
    found = verdicts({s: Look(s, {"a": (s, s + 5), "b": (7, 9)}) for s in range(1, 70)})
    assert min(found) == 62
    assert found[62] == "b stays at offset 7 of 9 for 61 s"


def test_patience_begins_when_input_comes() -> None:
    assert min(verdicts({s: Look(s, {"a": (7, 7 if s < 500 else 9)}) for s in range(1, 600)})) == 560


def test_a_sink_that_is_down_is_waited_for() -> None:
    assert not verdicts({s: Look(s, {"a": (7, 9)}, blocked=True) for s in HALF_AN_HOUR})


def test_patience_begins_anew_when_the_sink_answers_again() -> None:
    found = verdicts({s: Look(s, {"a": (7, 9)}, blocked=s < 1000) for s in range(1, 1100)})
    assert min(found) == 1060


def test_a_rebalance_is_waited_for_within_patience() -> None:
    assert not verdicts({s: Look(s, {"a": (7, 9)}, settling=s % 50 != 0) for s in HALF_AN_HOUR})


def test_a_rebalance_that_does_not_end_is_named() -> None:
    found = verdicts({s: Look(s, {}, settling=True) for s in range(1, 100)})
    assert min(found) == 62
    assert found[62] == "rebalance or restore goes on for 61 s"


@pytest.mark.parametrize("settling", [False, True])
def test_a_broker_that_is_down_is_waited_for(settling: bool) -> None:
    assert not verdicts({s: Look(s, {"a": (7, 9)}, settling=settling, broker_answers=False) for s in HALF_AN_HOUR})


def test_a_station_that_comes_back_starts_with_full_patience() -> None:
    looks = {s: Look(s, {"a": (7, 9)} if s < 50 or s > 55 else {}) for s in range(1, 110)}
    assert not verdicts(looks)


def test_an_event_loop_that_hangs_is_seen_whatever_the_sinks_do() -> None:
    found = verdicts({s: Look(min(s, 100), {}, blocked=True) for s in range(1, 200)})
    assert min(found) == 161
    assert found[161] == "the event loop does not run for 61 s"


def test_a_process_that_was_stopped_as_a_whole_is_not_stuck() -> None:
    before = {s: Look(s, {"a": (7, 9)}) for s in range(1, 10)}
    first_look_after = {1000: Look(9, {"a": (7, 9)})}
    after = {s: Look(s, {"a": (s, 9 + s)}) for s in range(1001, 1100)}
    assert not verdicts(before | first_look_after | after)
