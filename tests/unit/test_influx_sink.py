"""The InfluxDB sink against a server that misbehaves in every way we know."""

import email.utils
import time
from collections.abc import Callable, Iterator

import pytest

from streams.sinks import SinkUnavailableError, sending
from streams.sinks.influx import BATCH_LINES, InfluxSink
from streams.sinks.influx_write import LONGEST_RETRY_AFTER_S, retry_after_s
from streams.sinks.line_protocol import LineFormatter
from tests.flaky_influx import Answer, FlakyInflux
from tests.synthetic import output, points


class Refusals:
    """Remembers refused lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[bytes, str]] = []
        self.flushes: list[float | None] = []

    def refuse_line(self, line: bytes, reason: str) -> None:
        self.lines.append((line, reason))

    def flush(self, timeout_s: float | None = None) -> None:
        self.flushes.append(timeout_s)


@pytest.fixture
def server() -> Iterator[FlakyInflux]:
    flaky = FlakyInflux()
    yield flaky
    flaky.stop()


@pytest.fixture
def refusals() -> Refusals:
    return Refusals()


@pytest.fixture
def make_sink(
    server: FlakyInflux, refusals: Refusals, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., InfluxSink]]:
    monkeypatch.setattr(sending, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(sending, "LONGEST_PAUSE_S", 0.1)
    sinks: list[InfluxSink] = []

    def make(**options: float) -> InfluxSink:
        sinks.append(InfluxSink(server.url, "token", "org", "states", refusals=refusals, **options))  # type: ignore[arg-type]
        return sinks[-1]

    yield make
    for sink in sinks:
        sink.close()


def stored(server: FlakyInflux) -> bytes:
    """All stored lines in the order of their series and times."""
    return b"\n".join(sorted(server.points.values()))


def expected(count: int) -> bytes:
    return b"\n".join(sorted(LineFormatter().lines(points(count)).splitlines()))


def wait_until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.005)


def test_flush_returns_when_every_point_is_stored(server: FlakyInflux, make_sink: Callable[..., InfluxSink]) -> None:
    sink = make_sink()
    sink.write(output(points(12_345)))
    sink.flush(10)
    assert stored(server) == expected(12_345)
    assert (sink.points_written, sink.points_refused) == (12_345, 0)
    assert max(lines for _, lines in server.requests) <= BATCH_LINES
    (query,) = server.queries
    assert "precision=us" in query
    assert "bucket=states" in query


def test_points_leave_without_a_flush_within_a_second(
    server: FlakyInflux, make_sink: Callable[..., InfluxSink]
) -> None:
    sink = make_sink()
    start = time.monotonic()
    sink.write(output(points(3)))
    wait_until(lambda: len(server.points) == 3)
    assert 0.5 < time.monotonic() - start < 2.0


def test_a_full_batch_leaves_at_once(server: FlakyInflux, make_sink: Callable[..., InfluxSink]) -> None:
    sink = make_sink(linger_s=1000.0)
    sink.write(output(points(BATCH_LINES)))
    wait_until(lambda: len(server.points) == BATCH_LINES)


@pytest.mark.parametrize(
    "answers",
    [
        [Answer(503)] * 5,
        [Answer(500), Answer(502), Answer(504), Answer(408)],
        [Answer(0)] * 3,
        [Answer(0, store=True)] * 2,
        [Answer(401), Answer(403), Answer(404), Answer(405), Answer(302)],
        [Answer(429)] * 3,
        [Answer(204, hang_s=0.6), Answer(503, hang_s=0.6)],
    ],
    ids=["503", "5xx", "reset", "stored then lost", "needs a person", "429", "timeout"],
)
def test_what_passes_is_repeated_until_stored(
    answers: list[Answer], server: FlakyInflux, make_sink: Callable[..., InfluxSink], refusals: Refusals
) -> None:
    server.script.extend(answers)
    sink = make_sink(timeout_s=0.3)
    sink.write(output(points(500)))
    sink.flush(20)
    assert stored(server) == expected(500)
    assert len(server.requests) == len(answers) + 1
    assert refusals.lines == []
    assert sink.points_written == 500
    assert sink.reachable


def test_retry_after_is_honoured(server: FlakyInflux, make_sink: Callable[..., InfluxSink]) -> None:
    server.script.append(Answer(429, retry_after="1"))
    sink = make_sink()
    sink.write(output(points(1)))
    sink.flush(10)
    (first, _), (second, _) = server.requests
    assert second - first >= 1.0


def test_retry_after_is_read_as_seconds_or_date_and_bounded() -> None:
    assert retry_after_s("2.5") == 2.5
    assert 50 < retry_after_s(email.utils.formatdate(time.time() + 60, usegmt=True)) <= 60
    assert retry_after_s(email.utils.formatdate(0, usegmt=True)) == 0.0
    assert retry_after_s("1e9") == LONGEST_RETRY_AFTER_S
    for useless in (None, "", "soon", "-3", "nan"):
        assert retry_after_s(useless) == 0.0


def test_one_bad_line_among_5000_is_refused_once_and_the_rest_stored(
    server: FlakyInflux, make_sink: Callable[..., InfluxSink], refusals: Refusals
) -> None:
    series = points(5_000)
    series.units[3_210] = "poisoned"
    server.poison = b"unit=poisoned,"
    sink = make_sink()
    sink.write(output(series))
    sink.flush(20)
    ((line, reason),) = refusals.lines
    assert line == LineFormatter().lines(series).splitlines()[3_210]
    assert reason == "400 unable to parse"
    assert len(server.points) == 4_999
    assert (sink.points_written, sink.points_refused) == (4_999, 1)
    assert len(server.requests) <= 2 * 13 + 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_bad_lines_at_both_ends_are_refused_in_order_even_when_the_server_is_flaky_meanwhile(
    status: int, server: FlakyInflux, make_sink: Callable[..., InfluxSink], refusals: Refusals
) -> None:
    series = points(101)
    for index in (0, 50, 100):
        series.units[index] = "poisoned"
    server.poison, server.poison_status = b"unit=poisoned,", status
    server.script.extend([Answer(503), Answer(status), Answer(0), Answer(503)])
    sink = make_sink()
    sink.write(output(series))
    sink.flush(20)
    lines = LineFormatter().lines(series).splitlines()
    assert [line for line, _ in refusals.lines] == [lines[index] for index in (0, 50, 100)]
    assert len(server.points) == 98


def test_a_server_that_says_it_dropped_all_lines_is_believed_without_bisection(
    server: FlakyInflux, make_sink: Callable[..., InfluxSink], refusals: Refusals
) -> None:
    server.poison, server.poison_status = b"edu_state", 422
    server.poison_message = "partial write: points beyond retention policy dropped={lines}"
    sink = make_sink()
    sink.write(output(points(800)))
    sink.flush(10)
    assert len(refusals.lines) == sink.points_refused == 800
    assert len(server.requests) == 1


def test_flush_waits_for_the_refused_lines_too(make_sink: Callable[..., InfluxSink], refusals: Refusals) -> None:
    sink = make_sink()
    sink.write(output(points(1)))
    sink.flush(5)
    sink.flush()
    assert refusals.flushes[0] is not None
    assert 0 < refusals.flushes[0] <= 5
    assert refusals.flushes[1] is None


def test_while_it_is_down_the_sink_fills_stays_bounded_and_goes_on_by_itself(
    server: FlakyInflux, make_sink: Callable[..., InfluxSink]
) -> None:
    sink = make_sink(full_lines=20_000)
    server.stop()
    written = 20_000
    for first in range(0, written, 1_000):
        assert not sink.full
        sink.write(output(points(1_000, start_us=first)))
    assert sink.full
    wait_until(lambda: not sink.reachable)
    with pytest.raises(SinkUnavailableError, match=r"influxdb: not confirmed within 0\.05 s"):
        sink.flush(0.05)
    server.start()
    sink.flush(20)
    assert sink.reachable
    assert not sink.full
    assert sink.points_written == written


def test_flush_waits_only_for_what_was_written_before(
    server: FlakyInflux, make_sink: Callable[..., InfluxSink]
) -> None:
    sink = make_sink(linger_s=1000.0)
    sink.write(output(points(10)))
    sink.flush(5)
    sink.write(output(points(20)))
    assert len(server.points) == 10
    sink.flush(5)
    assert len(server.points) == 20


def test_flush_without_points_returns_at_once_even_when_the_server_is_down(
    server: FlakyInflux, make_sink: Callable[..., InfluxSink]
) -> None:
    server.stop()
    make_sink().flush(0.1)
    server.start()


def test_close_does_not_wait_for_a_hanging_server_and_a_flush_then_says_so(
    server: FlakyInflux, make_sink: Callable[..., InfluxSink]
) -> None:
    server.script.append(Answer(204, hang_s=3.0))
    sink = make_sink(linger_s=0.0)
    sink.write(output(points(1)))
    wait_until(lambda: bool(server.requests))
    start = time.monotonic()
    sink.close()
    assert time.monotonic() - start < 1.5
    with pytest.raises(SinkUnavailableError, match="closed"):
        sink.flush(1)
    with pytest.raises(SinkUnavailableError, match="closed"):
        sink.write(output(points(1)))


def test_a_failing_keeper_of_refused_lines_stops_nothing_and_loses_nothing(
    server: FlakyInflux, make_sink: Callable[..., InfluxSink], refusals: Refusals, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[bytes] = []

    def fails_once(line: bytes, reason: str) -> None:
        calls.append(line)
        if len(calls) == 1:
            raise RuntimeError("no room")
        refusals.lines.append((line, reason))

    monkeypatch.setattr(refusals, "refuse_line", fails_once)
    server.poison = b"unit=unit-1,"
    sink = make_sink()
    sink.write(output(points(4)))
    sink.flush(10)
    assert len(refusals.lines) == 1
    assert len(server.points) == 3


def test_every_kind_of_fault_in_turn_loses_no_point(server: FlakyInflux, make_sink: Callable[..., InfluxSink]) -> None:
    kinds = [Answer(503), Answer(429, retry_after="0.01"), Answer(0), Answer(0, store=True), Answer(500, store=True)]
    server.script.extend(kinds * 8)
    sink = make_sink(linger_s=0.01)
    for batch in range(40):
        sink.write(output(points(50, units=1, start_us=batch * 10**12)))
    sink.flush(30)
    assert len(server.points) == 2_000
    assert sink.points_written == 2_000
