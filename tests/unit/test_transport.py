"""The batch transport: where reading begins, and that another Faust is noticed."""

import pytest

from streams import transport
from streams.transport import TP, check_faust, start_offset

TELEMETRY = TP("edu.bmw.telemetry.v1", 3)


@pytest.mark.parametrize(
    ("committed", "restored", "earliest", "expected"),
    [
        (None, None, 0, 0),
        (None, None, 17, 17),
        (0, None, 0, 0),
        (40, None, 0, 40),
        (40, 55, 0, 55),
        (55, 40, 0, 55),
        (None, 55, 0, 55),
        (40, 55, 60, 60),
    ],
    ids=["new", "old head deleted", "commit 0", "commit", "kill before ack", "old state", "no ack ever", "overrun"],
)
def test_reading_begins_after_everything_that_is_saved(
    committed: int | None, restored: int | None, earliest: int, expected: int
) -> None:
    assert start_offset(TELEMETRY, committed, restored, earliest, 100) == expected


def test_a_topic_that_was_made_anew_is_refused_with_what_to_do() -> None:
    with pytest.raises(RuntimeError, match=r"telemetry\.v1\[3\] ends at offset 5, but 55 .*new maker name"):
        start_offset(TELEMETRY, 40, 55, 0, 5)


def test_the_installed_faust_is_the_one_this_was_written_for() -> None:
    check_faust()


def test_a_faust_that_changed_a_method_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport.driver.Consumer, "_wait_next_records", lambda self, timeout, more: None)
    with pytest.raises(
        RuntimeError, match=r"_wait_next_records is \(self, timeout, more\), expected \(self, timeout\)"
    ):
        check_faust()
