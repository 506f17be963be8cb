"""Dead letters, late frames, refused lines and alerts on their way to Kafka."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumberError,
    TopicAuthorizationFailedError,
)

from schemas.alerts import Alert, Transition
from schemas.rejects import Reason, Reject
from streams.records import Message
from streams.results import Refused
from streams.sinks import SinkUnavailableError, sending
from streams.sinks.kafka import KafkaSink
from streams.sinks.kafka_messages import CUT_VALUE_BYTES, alert_message, cut, refused_line, refused_message, topics
from tests.synthetic import START_US, alert, output

TOPICS = topics("bmw")


def refused(
    value: bytes | None = b"\xff\x00", *, late: bool = False, offset: int = 41, key: bytes | None = b"u1"
) -> Refused:
    record = Message(key, value, [("content-type", b"x"), ("traceparent", b"00-1")], 1, offset)
    return Refused(record, Reject(Reason.LATE if late else Reason.MALFORMED, "not a frame"), late)


def test_topics_are_those_of_the_maker() -> None:
    assert TOPICS == (
        "edu.bmw.telemetry.v1", "edu.bmw.telemetry.late.v1", "edu.bmw.telemetry.dlq.v1", "edu.bmw.alerts.v1",
    )  # fmt: skip


def test_a_dead_letter_is_the_original_record_with_reason_and_source() -> None:
    message = refused_message(refused(), TOPICS, 3)
    assert (message.topic, message.key, message.value) == ("edu.bmw.telemetry.dlq.v1", b"u1", b"\xff\x00")
    assert message.headers == (
        ("content-type", b"x"),
        ("traceparent", b"00-1"),
        ("edu-reason", b"malformed"),
        ("edu-detail", b"not a frame"),
        ("edu-source-topic", b"edu.bmw.telemetry.v1"),
        ("edu-source-partition", b"3"),
        ("edu-source-offset", b"41"),
    )


def test_a_late_frame_goes_to_the_late_topic() -> None:
    assert refused_message(refused(late=True), TOPICS, 0).topic == "edu.bmw.telemetry.late.v1"


def test_a_record_without_value_is_marked_so() -> None:
    message = refused_message(refused(None, key=None), TOPICS, 0)
    assert message.value == b""
    assert ("edu-null-value", b"1") in message.headers


def test_a_refused_line_is_keyed_by_its_unit_without_escapes() -> None:
    line = rb"edu_state,maker=bmw,unit=u\,\ 1,variant=i3 x=1 5"
    message = refused_line(line, "422 type conflict", TOPICS)
    assert (message.topic, message.key, message.value) == (TOPICS.dead_letters, b"u, 1", line)
    assert ("edu-reason", b"sink_refused") in message.headers
    assert ("edu-detail", b"422 type conflict") in message.headers
    assert refused_line(b"nonsense", "400", TOPICS).key is None


def test_an_alert_is_a_cloudevent_in_binary_mode() -> None:
    message = alert_message(alert(time_us=START_US + 250), TOPICS)
    headers = dict(message.headers)
    assert (message.topic, message.key) == ("edu.bmw.alerts.v1", b"unit-0")
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_id"] == f"unit-0/oil_over_temperature/{START_US + 250}/opened".encode()
    assert headers["ce_source"] == b"/edu-twin/bmw"
    assert headers["ce_type"] == b"edu_twin.alert.opened.v1"
    assert headers["ce_subject"] == b"unit-0"
    assert headers["ce_time"] == b"2026-01-01T00:00:00.000250Z"
    assert headers["content-type"] == b"application/json"
    assert Alert.model_validate_json(message.value) == alert(time_us=START_US + 250)


def test_a_cut_message_keeps_where_it_came_from_and_is_small_whatever_was_large() -> None:
    record = Message(b"k" * 10**6, b"v" * 10**6, [(f"x{n}", b"h" * 1000) for n in range(1000)], 1, 9)
    message = cut(refused_message(Refused(record, Reject(Reason.TOO_LARGE, "x"), False), TOPICS, 0))
    assert message.size < CUT_VALUE_BYTES + 10_000
    assert ("edu-cut-from-bytes", b"1000000") in message.headers
    assert ("edu-source-offset", b"9") in message.headers


class Future:
    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem

    def get(self, timeout: float) -> None:
        if self.problem:
            raise self.problem


class Broker:
    """Stands for all producers made; ``script`` says what becomes of each send, then all succeed."""

    def __init__(self) -> None:
        self.script: list[Exception | None] = []
        self.connect_problems: list[Exception] = []
        self.log: list[tuple[str, bytes | None, bytes]] = []
        self.largest = 10**9
        self.producers = 0
        self.closed = threading.Semaphore(0)
        self.settings: dict[str, Any] = {}

    def make(self, **settings: Any) -> "Broker":
        if self.connect_problems:
            raise self.connect_problems.pop(0)
        self.settings = settings
        self.producers += 1
        return self

    def send(self, topic: str, value: bytes, key: bytes | None, headers: list[tuple[str, bytes]]) -> Future:
        problem = self.script.pop(0) if self.script else None
        if isinstance(problem, KafkaTimeoutError):
            raise problem
        if len(value) > self.largest:
            return Future(MessageSizeTooLargeError())
        if problem is None:
            self.log.append((topic, key, value))
        return Future(problem)

    def flush(self, timeout: float) -> None:
        pass

    def close(self, timeout: float) -> None:
        self.closed.release()


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def sink(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Iterator[KafkaSink]:
    monkeypatch.setattr(sending, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(sending, "LONGEST_PAUSE_S", 0.01)
    sink = KafkaSink(["127.0.0.1:1"], "bmw", make_producer=broker.make)
    yield sink
    sink.close()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_everything_but_points_is_sent_and_counted(sink: KafkaSink, broker: Broker) -> None:
    sink.write(output(refused=[refused(), refused(late=True), refused()], alerts=[alert()]))
    sink.refuse_line(b"a,unit=u x=1 1", "400")
    sink.flush(5)
    assert sorted(topic for topic, _, _ in broker.log) == sorted(
        [TOPICS.dead_letters, TOPICS.late, TOPICS.dead_letters, TOPICS.alerts, TOPICS.dead_letters]
    )
    assert (sink.dead_letters, sink.late, sink.alerts) == (3, 1, 1)
    assert broker.settings["acks"] == "all"
    assert broker.settings["enable_idempotence"]


def test_alerts_leave_without_a_flush(sink: KafkaSink, broker: Broker) -> None:
    sink.write(output(alerts=[alert()]))
    wait_until(lambda: len(broker.log) == 1)


@pytest.mark.parametrize(
    "script",
    [
        [OutOfOrderSequenceNumberError(), None, KafkaError("x")],
        [KafkaTimeoutError("metadata")] * 3,
        [None, TopicAuthorizationFailedError(), None, OSError("reset")],
    ],
    ids=["fatal", "no metadata", "mixed"],
)
def test_only_what_failed_is_sent_again_until_all_is_confirmed(
    script: list[Exception | None], sink: KafkaSink, broker: Broker
) -> None:
    broker.script = list(script)
    sink.write(output(refused=[refused(b"%d" % number) for number in range(6)]))
    sink.flush(10)
    assert sorted(value for _, _, value in broker.log) == [b"%d" % number for number in range(6)]
    assert sink.reachable
    assert sink.dead_letters == 6


def test_a_producer_that_failed_for_good_is_closed_and_replaced(sink: KafkaSink, broker: Broker) -> None:
    broker.script = [OutOfOrderSequenceNumberError()]
    sink.write(output(refused=[refused()]))
    sink.flush(10)
    assert broker.producers == 2
    assert broker.closed.acquire(timeout=5)


def test_a_broker_that_is_down_at_the_start_is_tried_until_it_is_up(sink: KafkaSink, broker: Broker) -> None:
    broker.connect_problems = [KafkaConnectionError() for _ in range(5)]
    sink.write(output(refused=[refused()]))
    sink.flush(10)
    assert len(broker.log) == 1


def test_a_message_too_large_is_replaced_by_its_beginning(sink: KafkaSink, broker: Broker) -> None:
    broker.largest = CUT_VALUE_BYTES
    sink.write(output(refused=[refused(b"a"), refused(b"b" * 500_000), refused(b"c")]))
    sink.flush(10)
    assert sorted(value for _, _, value in broker.log) == [b"a", b"b" * CUT_VALUE_BYTES, b"c"]


def test_while_the_broker_is_down_the_sink_is_full_and_says_so(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LONGEST_PAUSE_S", 0.01)
    broker.connect_problems = [KafkaConnectionError() for _ in range(10**4)]
    sink = KafkaSink(["127.0.0.1:1"], "bmw", full_bytes=10_000, make_producer=broker.make)
    for _ in range(100):
        sink.write(output(refused=[refused(b"x" * 500)]))
        if sink.full:
            break
    assert sink.full
    wait_until(lambda: not sink.reachable)
    with pytest.raises(SinkUnavailableError, match="KafkaConnectionError"):
        sink.flush(0.05)
    sink.close()


def test_an_output_without_messages_needs_no_broker(sink: KafkaSink, broker: Broker) -> None:
    sink.write(output())
    sink.flush(1)
    assert broker.producers == 0


def test_a_resolved_alert_has_its_own_type_and_id() -> None:
    headers = dict(alert_message(alert(transition=Transition.RESOLVED), TOPICS).headers)
    assert headers["ce_type"] == b"edu_twin.alert.resolved.v1"
    assert headers["ce_id"].endswith(b"/resolved")
