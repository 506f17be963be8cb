"""Metrics of a worker for Prometheus. No label ever carries a unit."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import prometheus_client as prometheus
from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from schemas.results import EduState
from streams.results import Output

AGE_BUCKETS_S = (0.1, 0.3, 1, 3, 10, 30, 60, 300, 3600, 86_400)
STEP_BUCKETS_S = (0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
RESULTS = ("accepted", "duplicate", "redelivered", "late", "rejected", "tick")

prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """All metrics of one worker in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)  # process_resident_memory_bytes, process_cpu_seconds_total, …
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self.messages = prometheus.Counter(
            "edu_twin_messages", "Records by what became of them", ["result"], registry=registry
        )
        self.refused = prometheus.Counter("edu_twin_dlq", "Dead letters and late frames", ["reason"], registry=registry)
        self.points = prometheus.Counter("edu_twin_points", "Points made", ["measurement"], registry=registry)
        self.resets = prometheus.Counter(
            "edu_twin_resets", "Parts of units' states begun anew: a number was not finite", registry=registry
        )
        self.alerts = prometheus.Counter(
            "edu_twin_alerts", "Alert transitions", ["alert", "transition"], registry=registry
        )
        self.rebalances = prometheus.Counter(
            "edu_twin_rebalances", "Times partitions were taken away", registry=registry
        )
        self.age = _histogram("edu_twin_event_age_seconds", "Age of a batch's newest record", AGE_BUCKETS_S, registry)
        self.batch = _histogram("edu_twin_batch_seconds", "Processing of one batch", STEP_BUCKETS_S, registry)
        self.checkpoint = _histogram("edu_twin_checkpoint_seconds", "One checkpoint", STEP_BUCKETS_S, registry)
        self.recovery = Gauge("edu_twin_state_recovery_seconds", "Duration of the last restore", registry=registry)
        self.state = prometheus.Counter("edu_twin_state_rows", "Rows at restores", ["result"], registry=registry)
        self.model = Gauge("edu_twin_model_info", "Models in use", ["variant", "version"], registry=registry)

    def restored(self, rows: int, migrated: int, dropped: int) -> None:
        """Note what became of the rows of one partition's restore: read, of these in an older layout, unreadable."""
        for result, count in (("restored", rows), ("migrated", migrated), ("dropped", dropped)):
            self.state.labels(result).inc(count)

    def batch_done(self, began_s: float, newest_ms: int, before: Counter[str], after: Counter[str]) -> None:
        """Note one processed batch: when it began (monotonic), its newest record (ms UTC), the pipeline's counts."""
        self.batch.observe(time.monotonic() - began_s)
        self.age.observe(max(0.0, time.time() - newest_ms / 1000))
        for result in {*RESULTS, *(name for name in after if "." not in name)}:
            self.messages.labels(result).inc(after[result] - before[result])


def _histogram(name: str, text: str, buckets: tuple[float, ...], registry: CollectorRegistry) -> Histogram:
    return Histogram(name, text, buckets=buckets, registry=registry)


class Progress(NamedTuple):
    """How far an owned partition is: offsets of the next record to process, of the state that is saved, of the end."""

    processed: int | None
    saved: int | None
    end: int | None


class ProgressCollector:
    """Offsets and lag of each owned partition, taken when they are asked for."""

    def __init__(self, topic: str, progress: Callable[[], Mapping[int, Progress]]) -> None:
        self._topic = topic
        self._progress = progress

    def collect(self) -> Iterable[Metric]:
        """Called by the registry."""
        labels = ["topic", "partition"]
        processed = GaugeMetricFamily("edu_twin_processed_offset", "Next record to process", labels=labels)
        saved = GaugeMetricFamily("edu_twin_saved_offset", "Next record of the saved state", labels=labels)
        lag = GaugeMetricFamily("edu_twin_consumer_lag_records", "Records not yet processed", labels=labels)
        for partition, at in self._progress().items():
            labelled = [self._topic, str(partition)]
            if at.processed is not None:
                processed.add_metric(labelled, at.processed)
            if at.saved is not None:
                saved.add_metric(labelled, at.saved)
            if at.processed is not None and at.end is not None:
                lag.add_metric(labelled, max(0, at.end - at.processed))
        yield from (processed, saved, lag)


class CountingSink:
    """A sink that only counts, so that metrics see exactly what the other sinks get."""

    full = False
    reachable = True

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def write(self, output: Output) -> None:
        """Count."""
        metrics = self._metrics
        for refused in output.refused:
            metrics.refused.labels(refused.reject.reason.value).inc()
        for points in output.points:
            metrics.points.labels(points.measurement).inc(len(points.records))
            if points.model is EduState:
                metrics.resets.inc(int(points.records["resets"].sum()))
        for alert in output.alerts:
            metrics.alerts.labels(alert.alert, alert.transition.value).inc()
        for told in output.fleet_alerts:
            metrics.alerts.labels(told.detector, told.transition.value).inc()

    def flush(self, timeout_s: float | None = None) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing to stop."""
