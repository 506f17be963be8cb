"""Dead letters, late frames, refused lines and alerts to Kafka. The only place that imports kafka-python's producer."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import Any

from kafka import KafkaProducer
from kafka.errors import (
    AuthorizationError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    SaslAuthenticationFailedError,
    UnknownTopicOrPartitionError,
)

from streams.results import Output
from streams.sinks.kafka_messages import Outgoing, alert_message, cut, refused_line, refused_message, topics
from streams.sinks.sending import RetryError, Sender

BATCH_BYTES = 4 << 20
FULL_BYTES = 64 << 20
LINGER_S = 0.2
CONFIRM_S = 10.0
LARGEST_REQUEST_BYTES = 16 << 20

NEEDS_A_PERSON = (AuthorizationError, SaslAuthenticationFailedError, UnknownTopicOrPartitionError)


class KafkaSink:
    """Sends what is not a point, idempotently and with ``acks=all``; whatever fails is sent again for ever.

    ``source``: name of the topic that records come from. Alerts of the fleet stage go with its state, not here.
    ``security``: further settings of kafka-python's producer (``security_protocol``, ``sasl_mechanism``, ...).
    It also is a keeper of lines that InfluxDB refuses (``streams.sinks.influx.LineRefusals``).
    """

    def __init__(
        self,
        bootstrap: Sequence[str],
        maker: str,
        *,
        source: str = "telemetry",
        security: Mapping[str, Any] | None = None,
        confirm_s: float = CONFIRM_S,
        full_bytes: int = FULL_BYTES,
        make_producer: Callable[..., Any] = KafkaProducer,
    ) -> None:
        self.dead_letters = 0
        self.late = 0
        self.alerts = 0
        self._topics = topics(maker, source)
        self._make_producer = make_producer
        self._producer: Any = None
        self._confirm_s = confirm_s
        self._settings: dict[str, Any] = {
            "bootstrap_servers": list(bootstrap),
            "client_id": f"edu-twin-sink-{maker}",
            "acks": "all",
            "enable_idempotence": True,
            "linger_ms": 5,
            "max_block_ms": int(confirm_s * 1000),
            "delivery_timeout_ms": int(confirm_s * 1000),
            "request_timeout_ms": int(confirm_s * 500),
            "bootstrap_timeout_ms": int(confirm_s * 1000),
            "max_request_size": LARGEST_REQUEST_BYTES,
            "allow_auto_create_topics": False,
            **(security or {}),
        }
        self._sender = Sender(
            "kafka", self._deliver, batch_weight=BATCH_BYTES, full_weight=full_bytes, linger_s=LINGER_S
        )

    def write(self, output: Output) -> None:
        """See ``Sink.write``."""
        messages = [refused_message(refused, self._topics, output.partition) for refused in output.refused]
        messages += [alert_message(alert, self._topics) for alert in output.alerts]
        self._put(messages)

    def refuse_line(self, line: bytes, reason: str) -> None:
        """Make a line that InfluxDB refused a dead letter; returns at once."""
        self._put([refused_line(line, reason, self._topics)])

    @property
    def full(self) -> bool:
        """See ``Sink.full``."""
        return self._sender.full

    @property
    def reachable(self) -> bool:
        """See ``Sink.reachable``."""
        return self._sender.reachable

    def flush(self, timeout_s: float | None = None) -> None:
        """See ``Sink.flush``."""
        self._sender.flush(timeout_s)

    def close(self) -> None:
        """See ``Sink.close``."""
        self._sender.close()
        self._drop_producer()

    def _put(self, messages: list[Outgoing]) -> None:
        if messages:
            self._sender.put((message, message.size) for message in messages)

    def _deliver(self, batch: list[Outgoing]) -> None:
        waiting = list(batch)
        self._sender.persist(lambda: self._send(waiting))
        for message in batch:
            self.dead_letters += message.topic == self._topics.dead_letters
            self.late += message.topic == self._topics.late
            self.alerts += message.topic == self._topics.alerts

    def _send(self, waiting: list[Outgoing]) -> None:
        """Send all of ``waiting`` and leave in it what was not confirmed; RetryError if that is anything.

        A message whose confirmation got lost may come twice; readers know dead letters by source offset and alerts
        by id. The futures end within the delivery timeout, so no wait here is without end.
        """
        problem: Exception | None = None
        futures = []
        try:
            producer = self._producer = self._producer or self._make_producer(**self._settings)
            for topic, key, value, headers in waiting:
                futures.append(producer.send(topic, value, key, list(headers)))
            producer.flush(timeout=2 * self._confirm_s)
        except (KafkaError, OSError) as failure:
            problem = failure
        left: list[Outgoing] = []
        for message, future in zip_longest(waiting, futures):
            try:
                if future is None:
                    raise problem or KafkaError("not sent")
                future.get(timeout=2 * self._confirm_s)
            except MessageSizeTooLargeError as failure:
                left.append(cut(message))
                problem = problem or failure
            except (KafkaError, OSError) as failure:
                left.append(message)
                problem = problem or failure
        waiting[:] = left
        if problem and left:
            raise self._retry(problem, left[0].topic) from problem

    def _retry(self, problem: Exception, topic: str) -> RetryError:
        if not getattr(problem, "retriable", False):
            self._drop_producer()  # its sequence numbers may be stuck: a fresh one starts clean
        reason = f"{topic}: {type(problem).__name__}: {problem}"
        if isinstance(problem, KafkaTimeoutError | UnknownTopicOrPartitionError):
            reason += " (is the broker up, and does the topic exist? `edu-twin setup` creates it)"
        return RetryError(reason, alarm=isinstance(problem, NEEDS_A_PERSON))

    def _drop_producer(self) -> None:
        """Let the producer go; closing waits for its last batches to end, so another thread does it."""
        producer, self._producer = self._producer, None
        if producer is not None:
            threading.Thread(target=_close, args=(producer, 3 * self._confirm_s), daemon=True).start()


def _close(producer: Any, timeout_s: float) -> None:
    with suppress(KafkaError):
        producer.close(timeout=timeout_s)
