"""Results to InfluxDB: nothing is lost, nothing waits for a bad line, and the input stops while it is down."""

import time
from collections.abc import Collection
from typing import Protocol

import structlog

from schemas.alerts import SERIES as ALERT_SERIES
from schemas.results import MEASUREMENT
from streams.results import Output
from streams.sinks.alert_lines import alert_lines, fleet_alert_lines
from streams.sinks.influx_write import InfluxWriter, Refusal
from streams.sinks.line_protocol import LineFormatter
from streams.sinks.sending import Sender

log = structlog.get_logger()

SERIES = frozenset({*MEASUREMENT, ALERT_SERIES})
BATCH_LINES = 5_000
FULL_LINES = 50_000
LINGER_S = 1.0
TIMEOUT_S = 10.0


class LineRefusals(Protocol):
    """Takes lines that InfluxDB refuses; the Kafka sink (dead letters) and the lake are such places."""

    def refuse_line(self, line: bytes, reason: str) -> None:
        """Keep a line; returns at once."""

    def flush(self, timeout_s: float | None = None) -> None:
        """Return when every line kept before is durable."""


class LoggedRefusals:
    """For tools that have no dead-letter topic: a refused line stands in the log."""

    def refuse_line(self, line: bytes, reason: str) -> None:
        """Log the line."""
        log.error("InfluxDB refused a line", line=line.decode("utf-8", "replace"), reason=reason)

    def flush(self, timeout_s: float | None = None) -> None:
        """Nothing waits."""


class InfluxSink:
    """Writes points and alerts of every output in batches of at most 5,000 lines.

    Repeats for ever on 429 (honouring Retry-After), 5xx, timeouts, broken connections and, with an error in the log,
    on what a person must mend (401, 403, 404). On 400, 413 and 422 it bisects down to the lines at fault and hands
    these to ``refusals``. ``series``: names of those it takes; every other is for another bucket.
    """

    def __init__(
        self,
        url: str,
        token: str,
        org: str,
        bucket: str,
        *,
        refusals: LineRefusals,
        timeout_s: float = TIMEOUT_S,
        linger_s: float = LINGER_S,
        full_lines: int = FULL_LINES,
        series: Collection[str] = SERIES,
    ) -> None:
        self.points_written = 0
        self.points_refused = 0
        self._formatter = LineFormatter()
        self._refusals = refusals
        self._series = frozenset(series)
        self._writer = InfluxWriter(url, token, org, bucket, timeout_s)
        self._sender = Sender(
            "influxdb", self._deliver, batch_weight=BATCH_LINES, full_weight=full_lines, linger_s=linger_s
        )

    def write(self, output: Output) -> None:
        """See ``Sink.write``."""
        for points in output.points:
            if points.measurement in self._series:
                self._sender.put(self._formatter.chunks(points))
        if ALERT_SERIES in self._series:
            self._sender.put(alert_lines(output.alerts))
            self._sender.put(fleet_alert_lines(output.fleet_alerts))

    @property
    def full(self) -> bool:
        """See ``Sink.full``."""
        return self._sender.full

    @property
    def reachable(self) -> bool:
        """See ``Sink.reachable``."""
        return self._sender.reachable

    def flush(self, timeout_s: float | None = None) -> None:
        """See ``Sink.flush``; refused lines are durable too when it returns."""
        start = time.monotonic()
        self._sender.flush(timeout_s)
        spent = time.monotonic() - start
        self._refusals.flush(None if timeout_s is None else max(0.0, timeout_s - spent))

    def close(self) -> None:
        """See ``Sink.close``."""
        self._sender.close()
        self._writer.close()

    def _deliver(self, chunks: list[bytes]) -> None:
        body = b"".join(chunks)
        refused = self._store(body)
        for line, reason in refused:
            self._refusals.refuse_line(line, reason)
        self.points_refused += len(refused)
        self.points_written += body.count(b"\n") - len(refused)

    def _store(self, body: bytes) -> list[tuple[bytes, str]]:
        """Store all lines but those InfluxDB refuses for good; return these, in order, with its reasons."""
        refused: list[tuple[bytes, str]] = []
        waiting = [body]
        while waiting:
            part = waiting.pop()
            refusal = self._post(part)
            if refusal is None:
                continue
            lines = part.rstrip(b"\n").split(b"\n")
            if len(lines) == 1 or refusal.dropped == len(lines):
                refused += [(line, refusal.reason) for line in lines]
            else:
                middle = len(lines) // 2
                waiting += [b"\n".join(half) + b"\n" for half in (lines[middle:], lines[:middle])]
        return refused

    def _post(self, part: bytes) -> Refusal | None:
        return self._sender.persist(lambda: self._writer.post(part))
