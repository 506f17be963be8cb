"""What is asked of InfluxDB, and how often."""

from typing import Any

import pytest

from schemas.daily import Acknowledge
from streams.limits import taken
from streams.serve.influx_reader import FULL_LOOK_S, LATE_ALERTS_US, LATE_US, LONGEST_S, InfluxReader
from streams.serve.reader import ReaderError, Row
from streams.settings import InfluxSettings
from tests.synthetic import alert

NEWEST_US = 1_732_000_000_000_000


def unit_alert_row(time_us: int) -> Row:
    said = alert("u1", time_us).model_dump(mode="json")
    return {**said, "alert_id": said.pop("id"), "detector": None}


def taken_row(time_us: int) -> Row:
    made = taken(Acknowledge(maker="bmw", alert_id="u1/oil_over_temperature", time_us=time_us), "model")
    assert made
    row = made.model_dump(mode="json") | {"time_us": time_us, "evidence_for": "[]", "evidence_against": "[]"}
    return {**row, "changes": "[]", "alert_id": row["id"], "alert": row["alert_id"]}


class Asked(InfluxReader):
    """Remembers queries; answers with one row, or not at all."""

    def __init__(self) -> None:
        self.now_s, self.takes_s, self.queries, self.fails = 0.0, 0.0, list[str](), False
        self.told, self.pieces = list[Row](), list[list[Row]]()
        super().__init__(InfluxSettings(), lambda: self.now_s)

    def _rows(self, query: str, series: str) -> list[Row]:
        self.queries.append(query)
        self.now_s += self.takes_s
        if self.pieces:
            return self.pieces.pop(0)
        if self.fails:
            raise ReaderError("gone")
        row: dict[str, Any] = {"unit": "u1", "variant": "v", "maker": "m", "component": "oil", "time_us": NEWEST_US}
        return self.told if series == "edu_alert" else [row]

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
    reader.takes_s, reader.now_s = 50.0, 200.0
    assert reader.newest("edu_day")
    reader.takes_s, reader.now_s = 0.001, 250.0 + LONGEST_S - 1.0
    assert reader.newest("edu_day") == []
    reader.now_s = 250.0 + LONGEST_S
    assert reader.newest("edu_day"), "but not so late that nobody looks any more"
    reader.takes_s, reader.now_s = 50.0, FULL_LOOK_S - 20.0
    assert reader.newest("edu_day")
    reader.now_s = FULL_LOOK_S + 35.0
    assert reader.newest("edu_day"), "a whole look waits for nothing"
    assert "WHERE" not in reader.asked()
    reader.takes_s, reader.now_s = 0.001, 0.0
    for _ in range(5):
        reader.now_s += 5.0
        assert reader.newest("edu_state"), "what is quick is asked at every look"


def test_alerts_are_asked_from_two_days_before_the_newest() -> None:
    reader = Asked()
    reader.told = [unit_alert_row(NEWEST_US), taken_row(NEWEST_US + 10**15)]
    reader.alerts()
    assert "WHERE" not in reader.asked()
    reader.now_s = 5.0
    reader.alerts()
    since = f"WHERE time > {NEWEST_US - LATE_ALERTS_US}u"
    assert since in reader.asked(), "what people said of a limit has the time of its day"
    reader.takes_s = 2.0
    reader.alerts()
    reader.asked()
    assert reader.alerts() == ([], [])
    assert reader.asked() == "", "not yet"
    reader.now_s = FULL_LOOK_S
    reader.alerts()
    assert "WHERE" not in reader.asked(), "a unit whose clock is ahead, or a backlog of days, hides none for long"


def test_all_alerts_are_read_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.serve.influx_reader.MOST_ALERTS", 2)
    reader, pieces = Asked(), [[NEWEST_US, NEWEST_US - 1], [NEWEST_US - 1, NEWEST_US - 2], [NEWEST_US - 2]]
    reader.pieces = [[unit_alert_row(time_us) for time_us in piece] for piece in pieces]
    _, said = reader.alerts()
    assert [one.time_us for one in said] == [NEWEST_US - 2, NEWEST_US - 2, NEWEST_US - 1, NEWEST_US - 1, NEWEST_US]
    assert [f"time <= {NEWEST_US - at}u" in query for at, query in enumerate(reader.queries)] == [False, True, True]
