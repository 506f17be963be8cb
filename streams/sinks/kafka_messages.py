"""What the Kafka sink sends, as values: dead letters, late frames, refused lines and alerts."""

import re
from typing import NamedTuple

from schemas.alerts import Alert
from schemas.fleet_alerts import FleetAlert
from schemas.rejects import Reason
from streams.events import headers
from streams.records import LogRecord
from streams.results import Refused

LINE_CONTENT_TYPE = b"application/vnd.influxdata.line-protocol"
MAX_DETAIL = 500
CUT_VALUE_BYTES = 1 << 16
MAX_CUT_HEADERS = 20

_UNIT_TAG = re.compile(rb",unit=((?:\\.|[^,= \\])+)")


class Topics(NamedTuple):
    """Topics of one maker."""

    source: str
    late: str
    dead_letters: str
    alerts: str


def topics(maker: str, source: str = "telemetry") -> Topics:
    """The topics a maker's stage reads from and reports to."""
    return Topics(*(f"edu.{maker}.{name}.v1" for name in (source, "telemetry.late", "telemetry.dlq", "alerts")))


class Outgoing(NamedTuple):
    """One message to be sent."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]

    @property
    def size(self) -> int:
        """Bytes it takes in memory and on the wire, about."""
        return len(self.value) + len(self.key or b"") + sum(len(name) + len(text) for name, text in self.headers) + 64


def refused_message(refused: Refused, names: Topics, partition: int) -> Outgoing:
    """The record as it came, key, value and headers untouched, with headers ``edu-*`` that say why and where from.

    A record without key and value cannot be written as such: its value becomes empty and ``edu-null-value`` says so.
    """
    record, reject, late = refused
    headers = [(name, value if value is not None else b"") for name, value in record.headers]
    headers += _why(reject.reason, reject.detail)
    headers += [
        ("edu-source-topic", names.source.encode()),
        ("edu-source-partition", b"%d" % partition),
        ("edu-source-offset", b"%d" % record.offset),
    ]
    value = record.value
    if value is None:
        headers.append(("edu-null-value", b"1"))
    return Outgoing(names.late if late else names.dead_letters, record.key, value or b"", tuple(headers))


def refused_line(line: bytes, reason: str, names: Topics) -> Outgoing:
    """A line InfluxDB will never take, as a dead letter keyed by its unit."""
    tag = _UNIT_TAG.search(line)
    key = re.sub(rb"\\(.)", rb"\1", tag[1]) if tag else None
    headers = [("content-type", LINE_CONTENT_TYPE), *_why(Reason.SINK_REFUSED, reason)]
    return Outgoing(names.dead_letters, key, line, tuple(headers))


def alert_message(alert: Alert, names: Topics) -> Outgoing:
    """An alert as a CloudEvent in Kafka's binary mode; the same alert always gives the same event."""
    kind = f"edu_twin.alert.{alert.transition}.v1"
    head = headers(alert.id, alert.maker, kind, alert.unit, alert.time_us)
    return Outgoing(names.alerts, alert.unit.encode(), alert.model_dump_json().encode(), head)


def fleet_alert_record(alert: FleetAlert) -> LogRecord:
    """The same of an alert of the fleet stage; its subject is the key."""
    kind = f"edu_twin.fleet_alert.{alert.transition}.v1"
    head = headers(alert.id, alert.maker, kind, alert.subject, alert.time_us)
    return LogRecord(alert.subject.encode(), alert.model_dump_json().encode(), head)


def cut(message: Outgoing) -> Outgoing:
    """A stand-in for a message the broker finds too large: the beginnings of its parts, and how long its value was.

    The whole of it is still where ``edu-source-offset`` says, as long as that topic keeps it.
    """
    ours = [(name, text[:MAX_DETAIL]) for name, text in message.headers if name.startswith(("edu-", "content-type"))]
    size = b"%d" % len(message.value)
    headers = [*ours[-MAX_CUT_HEADERS:], ("edu-cut-from-bytes", size)]
    key = message.key[:MAX_DETAIL] if message.key else message.key
    return Outgoing(message.topic, key, message.value[:CUT_VALUE_BYTES], tuple(headers))


def _why(reason: Reason, detail: str) -> list[tuple[str, bytes]]:
    return [("edu-reason", reason.value.encode()), ("edu-detail", detail[:MAX_DETAIL].encode("utf-8", "replace"))]
