"""What is asked of InfluxDB, and how often."""

from typing import Any

import pytest

from streams.serve.influx_reader import FULL_LOOK_S, LATE_ALERTS_US, LATE_US, LONGEST_S, InfluxReader
from streams.serve.reader import ReaderError, Row
from streams.settings import InfluxSettings

NEWEST_US = 1_732_000_000_000_000


class Asked(InfluxReader):
    """Remembers queries; answers with one row, or not at all."""

    def __init__(self) -> None:
        self.now_s, self.takes_s, self.queries, self.fails = 0.0, 0.0, list[str](), False
        super().__init__(InfluxSettings(), lambda: self.now_s)

    def _rows(self, query: str, series: str) -> list[Row]:
        self.queries.append(query)
        self.now_s += self.takes_s
        if self.fails:
            raise ReaderError("gone")
        row: dict[str, Any] = {"unit": "u1", "variant": "v", "maker": "m", "component": "oil", "time_us": NEWEST_US}
        return [] if series == "edu_alert" else [row]

    def asked(self) -> str:
        """The last query; nothing when there was none since."""
        return self.queries.pop() if self.queries else ""


def test_states_are_asked_whole_at_first_and_then_since_the_newest() -> None:
    reader = Asked()
    assert reader.newest("edu_state")
    assert "WHERE" not in reader.asked()
    reader.now_s = 5.0
    reader.newest("edu_state")
    assert f"WHERE time > {NEWEST_US - LATE_US}u" in reader.asked()
    reader.now_s = FULL_LOOK_S
    reader.newest("edu_state")
    assert "WHERE" not in reader.asked(), "now and then all: something may have come very late"


def test_a_whole_look_that_failed_is_made_again() -> None:
    reader = Asked()
    reader.fails = True
    with pytest.raises(ReaderError):
        reader.newest("edu_state")
    reader.asked()
    reader.fails = False
    reader.newest("edu_state")
    assert "WHERE" not in reader.asked()


def test_the_longer_an_answer_takes_the_later_the_next_is_asked_for() -> None:
    reader = Asked()
    reader.takes_s = 3.0
    for ask, expected in ((0.0, True), (5.0, True), (8.0 + 56.0, False), (8.0 + 57.0, True)):
        reader.now_s = ask
        assert bool(reader.newest("edu_day")) is expected, ask
    reader.takes_s, reader.now_s = 50.0, 100.0
    reader.newest("edu_day")
    reader.takes_s, reader.now_s = 0.001, 150.0 + LONGEST_S
    assert reader.newest("edu_day"), "but not so late that nobody looks any more"
    reader.now_s = 0.0
    for _ in range(5):
        reader.now_s += 5.0
        assert reader.newest("edu_state"), "what is quick is asked at every look"


def test_alerts_are_asked_from_two_days_before_the_newest() -> None:
    reader = Asked()
    reader.alerts()
    assert "WHERE" not in reader.asked()
    reader._newest_us["edu_alert"] = NEWEST_US
    reader.now_s = 5.0
    reader.alerts()
    assert f"WHERE time > {NEWEST_US - LATE_ALERTS_US}u" in reader.asked()
